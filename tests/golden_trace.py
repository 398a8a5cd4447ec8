"""Golden scenarios: a few contacts that arrive at given ticks, and what happened, told in lines to read.

A golden is a file of ``tests/golden``: a scenario with one key more, ``arrivals``, which says for each stream
when its issues arrive and, after the time, which attribute values they have (else the first that the
stream has). A key ``calendar`` gives the model kinds of day, opening hours and numbers of agents by kind of
day; see `_with_calendar`. The trace lies beside the scenario as text.
``python tests/golden_trace.py --update`` writes all traces again; read the difference before you keep it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from calendars import with_head_counts_on, with_hours, with_kinds, with_shift_on, with_single_route

from sim.engine.reference import simulate
from sim.measure.check import assert_sound
from sim.model.arrivals import Arrivals
from sim.model.order import Kind
from sim.model.records import (
    LEAVES,
    NONE,
    Chunk,
    Duty,
    DutyColumn,
    End,
    IssueColumn,
    State,
    gather,
    sort_rows,
)
from sim.model.tables import DAY, Model, StageKind, period_at
from sim.scenario.load import read
from sim.scenario.resolve import Resolved
from sim.scenario.validate import load

__all__ = ["Contact", "Engine", "Golden", "Told", "goldens", "tick", "trace"]

_FOLDER = Path(__file__).parent / "golden"
_AT_ONCE = 0  # rank inside a tick of what follows from the line before
_GOES = Kind.WORK_ENDS + 0.4  # of an agent who goes because its last contact is done
_FREED_TAKES = Kind.WORK_ENDS + 0.5  # of a waiting contact that a freed agent answers
_COMER_TAKES = Kind.DUTY_BEGINS + 0.5  # of one that an agent answers who comes at this tick
_OPENS = 0.5  # of a desk or bot that opens or closes
_DESK_TAKES = Kind.OPENS + 0.5  # of a waiting contact that finds an agent as its desk opens


class Engine(Protocol):
    """An engine: chunks of records from a model, a seed, the number of a replication, and given arrivals."""

    def __call__(
        self, model: Model, seed: int, replication: int, demand: Iterable[Arrivals] | None = None
    ) -> Iterator[Chunk]: ...

    def __hash__(self) -> int: ...


def tick(clock: str) -> int:
    """The tick of a time such as ``08:00``, ``08:00:00.000001`` or ``32:00`` (08:00 of the second day)."""
    hours, minutes, seconds = [*clock.split(":"), "0"][:3]
    whole, _, fraction = seconds.partition(".")
    return ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 1_000_000 + int(fraction.ljust(6, "0"))


def _clock(at: int) -> str:
    seconds, micro = divmod(at % DAY, 1_000_000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micro:06d}"


# ------------------------------------------------------------------------------------ the scenario
class Golden(NamedTuple):
    """A scenario, and the issues that arrive."""

    name: str
    resolved: Resolved
    demand: Arrivals
    agents: tuple[str, ...]  # names by number

    @property
    def trace_file(self) -> Path:
        """Where the trace is kept."""
        return _FOLDER / f"{self.name}.txt"

    def issue_name(self, uid: int) -> str:
        """Stream and number of an issue, such as ``web#0``."""
        stream = self.resolved.model.streams.name_hash.tolist().index(uid >> 32)
        return f"{self.resolved.labels.streams[stream]}#{uid & 0xFFFFFFFF}"


def goldens() -> list[str]:
    """Names of all golden scenarios."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def golden(name: str) -> Golden:
    """A golden scenario with its arrivals."""
    path = _FOLDER / f"{name}.yaml"
    data = read(path).data
    own = [key for key in ("arrivals", "calendar") if key in data]
    resolved = _with_calendar(load(path, sets=[f"{key}=null" for key in own]).resolved, data)
    return Golden(name, resolved, _arrivals(resolved, data["arrivals"]), tuple(_agents(resolved)))


def _with_calendar(resolved: Resolved, data: dict[str, Any]) -> Resolved:
    """The scenario with what its key ``calendar`` says.

    ``days``: kinds of the eve, the first day and so on (all alike by default). ``hours``: of a stage its
    ``open`` clock range (or by kind of day; ``closed`` is no hours) and ``closed``: ``turned away``,
    ``waits`` or a stage. ``plan``: of a kind of day the agents of shifts, or of teams from clock times on.
    """
    calendar = data.get("calendar", {})
    model, stages = resolved.model, resolved.labels.stages
    days = calendar.get("days", "day").split()
    kinds = list(dict.fromkeys(days))
    model = with_kinds(model, *(kinds.index(day) for day in days))
    for name, given in calendar.get("hours", {}).items():
        by_kind = given["open"] if isinstance(given["open"], dict) else dict.fromkeys(kinds, given["open"])
        closed, route = given["closed"], None
        if closed in stages:
            model, route = with_single_route(model, stages.index(closed))
        hours = {kinds.index(kind): _spans(words) for kind, words in by_kind.items()}
        model = with_hours(model, stages.index(name), hours, waits=closed == "waits", closed_route=route)
    for kind, numbers in calendar.get("plan", {}).items():
        for name, n in numbers.items():
            if isinstance(n, dict):
                steps = {tick(clock): number for clock, number in n.items()}
                model = with_head_counts_on(
                    model, resolved.labels.teams.index(name), kinds.index(kind), steps
                )
            else:
                shifts = [s for team in resolved.scenario.teams.values() for s in team.shifts or ()]
                model = with_shift_on(model, shifts.index(name), kinds.index(kind), n)
    return replace(resolved, flows=model)


def _spans(words: str) -> list[tuple[int, int]]:
    if words == "closed":
        return []
    begins, _, ends = words.partition("-")
    return [(tick(begins), tick(ends))]


def _arrivals(resolved: Resolved, times: dict[str, list[str]]) -> Arrivals:
    model, labels = resolved.model, resolved.labels
    rows = []
    for stream, arrivals in times.items():
        s = labels.streams.index(stream)
        for i, (at, *values) in enumerate(text.split() for text in arrivals):
            cls = _class(resolved, s, values)
            row = model.streams.entry_route[s, cls, 0]
            entry = model.routes.to[model.routes.first[row]]
            assert model.routes.below[model.routes.first[row]] == 1, f"{stream} enters at several stages"
            rows.append((tick(at), int(model.streams.name_hash[s]) << 32 | i, s, cls, int(entry)))
    table = np.array(sorted(rows), np.int64).reshape(-1, 5)
    return Arrivals(*table.T, np.full(len(rows), 0.5))  # type: ignore[call-arg]


def _class(resolved: Resolved, stream: int, values: list[str]) -> int:
    model, cls = resolved.model, 0
    for a, (_, names) in enumerate(resolved.labels.attributes):
        shares = np.diff(model.streams.share[stream, 0, a, 0], prepend=0.0)
        given = [names.index(value) for value in values if value in names]
        value = given[0] if given else int(np.argmax(shares > 0))
        cls += int(model.attributes.stride[a]) * value
    return cls


def _agents(resolved: Resolved) -> Iterator[str]:
    """By number: a shift of one agent has its name; else the place in the shift or head count follows."""
    for t, (team, given) in enumerate(resolved.scenario.teams.items()):
        n_agents = int(resolved.model.teams.n_agents[t])
        for name, n in (
            [(team, n_agents)]
            if given.shifts is None
            else [(s, max(n for _, n in k.agents.leaves())) for s, k in given.shifts.items()]
        ):
            yield from [name] if given.shifts is not None and n == 1 else [f"{name}#{i}" for i in range(n)]


# ------------------------------------------------------------------------------------- what happened
class Contact(NamedTuple):
    """A visit with names in place of numbers; None for what there is not."""

    issue: str
    attempt: int
    step: int
    stage: str
    nth: int
    cls: int
    enter: int  # ticks, as all times
    start: int | None
    end: int | None
    freed: int | None
    agent: str | None
    team: str | None
    how: End
    next: str | None  # None: leaves, or is still open


class _DutyRow(NamedTuple):
    """A duty row; see `DutyColumn`."""

    agent: int
    team: int
    state: int
    begins: int
    to: int


class Told(NamedTuple):
    """What an engine made of a golden scenario."""

    golden: Golden
    records: Chunk
    contacts: tuple[Contact, ...]  # by uid, attempt, step

    @classmethod
    def by(cls, engine: Engine, name: str) -> Told:
        """The records of an engine, after the check of records found nothing wrong with them."""
        case = golden(name)
        model = case.resolved.model
        records = sort_rows(gather(engine(model, 1, 0, [case.demand])))
        assert_sound(model, records)
        return cls(case, records, tuple(_contact(case, row) for row in records.visits.tolist()))

    def contact(self, issue: str, attempt: int = 1, step: int = 1) -> Contact:
        """One visit, such as the first of ``web#0``."""
        (found,) = [c for c in self.contacts if (c.issue, c.attempt, c.step) == (issue, attempt, step)]
        return found

    def state(self, issue: str) -> State:
        """How an issue stands."""
        (row,) = [r for r in self.records.issues.tolist() if self.golden.issue_name(r[0]) == issue]
        return State(row[IssueColumn.STATE])

    def duty(self, agent: str, *states: Duty) -> list[tuple[int, int]]:
        """From and to of an agent's duties of these states, in order."""
        number = self.golden.agents.index(agent)
        rows = [r for r in self.records.duty.tolist() if r[DutyColumn.AGENT] == number]
        return [(r[DutyColumn.FROM], r[DutyColumn.TO]) for r in rows if r[DutyColumn.STATE] in states]

    @property
    def stop(self) -> int:
        """The tick at which the simulation stopped."""
        lasting = [row for row in self.records.duty.tolist() if row[DutyColumn.STATE] != Duty.LOST_BREAK]
        ends = [contact.end for contact in self.contacts if contact.end is not None]
        end: int = self.golden.resolved.model.horizon.end
        return max([end, *ends, *(int(row[DutyColumn.TO]) for row in lasting)])


def _contact(case: Golden, row: list[int]) -> Contact:
    labels = case.resolved.labels
    uid, attempt, step, stage, nth, cls, enter, start, end, freed, agent, team, how, to = row
    return Contact(
        case.issue_name(uid),
        attempt,
        step,
        labels.stages[stage],
        nth,
        cls,
        enter,
        None if start == NONE else start,
        None if end == NONE else end,
        None if freed == NONE else freed,
        None if agent == NONE else case.agents[agent],
        None if team == NONE else labels.teams[team],
        End(how),
        None if to == LEAVES else labels.stages[to],
    )


# ------------------------------------------------------------------------------------------ the trace
class _Line(NamedTuple):
    tick: int
    rank: float  # order inside a tick: as the kinds of event
    entity: int
    text: str


def trace(told: Told) -> str:
    """The records as lines, in the order in which things happen."""
    stop = told.stop
    stories = [*_hours(told, stop), *_issues(told), *_duties(told, stop)]
    lines = [told.golden.resolved.scenario.name, ""]
    day = 0
    for line in _merged(stories):
        if line.tick > stop:
            continue
        if line.tick // DAY > day and line.tick < stop:
            day = line.tick // DAY
            lines.append(f"day {day + 1}")
        lines.append(f"{_clock(line.tick)}  {line.text}")
    lines.append(f"{_clock(stop)}  the simulation stops")
    lines += [f"                 {text}" for text in _still_open(told)]
    return "\n".join(lines) + "\n"


def _merged(stories: list[list[_Line]]) -> Iterator[_Line]:
    """All stories as one: of the next lines of all, the least comes next."""
    left = [list(reversed(story)) for story in stories if story]
    while left:
        story = min(left, key=lambda lines: lines[-1][:3])
        yield story.pop()
        left = [lines for lines in left if lines]


def _issues(told: Told) -> Iterator[list[_Line]]:
    dropped = {row[IssueColumn.ISSUE]: bool(row[IssueColumn.DROPPED]) for row in told.records.issues.tolist()}
    believes = {
        row[IssueColumn.ISSUE]: row[IssueColumn.STATE] == State.BELIEVED
        for row in told.records.issues.tolist()
    }
    kinds = dict(
        zip(told.golden.resolved.labels.stages, told.golden.resolved.model.stages.kind.tolist(), strict=True)
    )
    uids = told.records.visits[:, 0].tolist()
    for uid in dict.fromkeys(uids):
        mine = [c for c, u in zip(told.contacts, uids, strict=True) if u == uid]
        story: list[_Line] = []
        for c in mine:
            takes = _AT_ONCE if c.agent is None else _answered(told, c)
            story += [
                _Line(at, rank, _place(told, c) if rank == _DESK_TAKES else uid, f"{c.issue} {text}")
                for at, rank, text in _visit(c, kinds[c.stage], takes)
            ]
            if c is mine[-1] and c.end is not None:
                more = ", believing it is solved" if believes[uid] else ""
                more += "; the return is dropped" if dropped[uid] else ""
                story[-1] = story[-1]._replace(text=story[-1].text + more)
            if c.freed is not None and c.freed != c.end:
                number = told.golden.agents.index(c.agent or "")
                yield [_Line(c.freed, Kind.WORK_ENDS, number, f"{c.agent} is done with {c.issue}")]
        yield story


_HOW = {
    End.SOLVED: "is solved",
    End.UNSOLVED: "is not solved",
    End.ABANDONED: "gives up",
    End.TURNED_AWAY: "is turned away",
}


def _visit(c: Contact, kind: int, takes: float) -> Iterator[tuple[int, float, str]]:
    back = f"is back (attempt {c.attempt}) and " if c.attempt > 1 and c.step == 1 else ""
    yield c.enter, Kind.ARRIVES, f"{back}enters {c.stage}"
    if kind == StageKind.DESK and c.start is not None:
        yield c.start, takes, f"is answered by {c.agent}"
    elif kind == StageKind.BOT and c.start is not None and c.start > c.enter:
        yield c.start, Kind.WORK_ENDS, f"has its first reply from {c.stage}"
    if c.end is not None:
        rank = {End.ABANDONED: Kind.PATIENCE_ENDS, End.TURNED_AWAY: _AT_ONCE}.get(c.how, Kind.WORK_ENDS)
        yield c.end, rank, f"{_HOW[c.how]} and {'leaves' if c.next is None else f'goes on to {c.next}'}"


def _answered(told: Told, c: Contact) -> float:
    """The rank of an answer: by whom it was made."""
    assert c.agent is not None
    came = c.start in [begins for begins, _ in told.duty(c.agent, Duty.ON)]
    freed = any(o.agent == c.agent and o.freed == c.start and o is not c for o in told.contacts)
    if not came and not freed and c.start in _openings(told, c.stage):
        for o in told.contacts:
            left = o.end if o.start is None else o.start
            if o.stage == c.stage and o.enter < c.start and (left is None or left >= c.start):
                return _DESK_TAKES
    return _AT_ONCE if c.start == c.enter else _COMER_TAKES if came else _FREED_TAKES


def _place(told: Told, c: Contact) -> int:
    """The place of a contact in the waiting order of its desk, where nobody is always first."""
    model, stage = told.golden.resolved.model, told.golden.resolved.labels.stages.index(c.stage)
    period = int(period_at(model.calendar, np.array([c.enter]))[0])
    return c.enter - int(model.stages.head_start[stage, c.cls, period])


def _changes(told: Told, stage: str, until: int) -> Iterator[tuple[int, bool]]:
    """Ticks at which a stage opens (true) or closes."""
    model = told.golden.resolved.model
    is_open = model.stages.is_open[told.golden.resolved.labels.stages.index(stage)]
    edges = [day * DAY + int(b) for day in range(until // DAY + 1) for b in np.unique(model.calendar.begins)]
    for at in (edge for edge in edges if 0 < edge < until):
        before, now = is_open[period_at(model.calendar, np.array([at - 1, at]))]
        if before != now:
            yield at, bool(now)


def _openings(told: Told, stage: str) -> list[int]:
    return [at for at, opens in _changes(told, stage, told.stop + 1) if opens]


def _hours(told: Told, stop: int) -> Iterator[list[_Line]]:
    for number, stage in enumerate(told.golden.resolved.labels.stages):
        yield [
            _Line(at, _OPENS, number, f"{stage} {'opens' if opens else 'closes'}")
            for at, opens in _changes(told, stage, stop)
        ]


def _still_open(told: Told) -> Iterator[str]:
    for issue, c in {c.issue: c for c in told.contacts}.items():
        if told.state(issue) != State.OPEN:
            continue
        if c.how != End.NONE:
            yield f"{issue} would come back"
        elif c.agent is not None:
            yield f"{issue} is with {c.agent}"
        else:
            yield f"{issue} is at {c.stage}"


def _duties(told: Told, stop: int) -> Iterator[list[_Line]]:
    model, rows = told.golden.resolved.model, told.records.duty.tolist()
    for number, name in enumerate(told.golden.agents):
        mine = [_DutyRow(*row) for row in rows if row[DutyColumn.AGENT] == number]
        story: list[_Line] = []
        stretch = [row for row in mine if row.state != Duty.LOST_BREAK]
        for row, before, after in zip(stretch, [None, *stretch], [*stretch[1:], None], strict=False):
            named = not model.teams.is_head_count[row.team]
            went_on = before is not None and before.to == row.begins
            rank, text = _DUTY[Duty(row.state)]
            if row.state == Duty.ON and went_on:
                text = "is on duty again"
            if row.state == Duty.OVERTIME and named:
                rank = Kind.DUTY_ENDS
            story.append(_Line(row.begins, rank, number, f"{name} {text.format(_clock(row.to))}"))
            if (after is None or after.begins > row.to) and row.to < stop:
                rank = Kind.DUTY_ENDS if named and row.state != Duty.OVERTIME else _GOES
                story.append(_Line(row.to, rank, number, f"{name} goes off duty"))
        yield story
        for row in mine:
            if row.state == Duty.LOST_BREAK:
                text = f"{name} should have a break until {_clock(row.to)}; it is lost"
                yield [_Line(row.begins, Kind.DUTY_ENDS, number, text)]


_DUTY: dict[Duty, tuple[float, str]] = {
    Duty.ON: (Kind.DUTY_BEGINS, "comes on duty"),
    Duty.BREAK: (_GOES, "has a break until {}"),
    Duty.OVERTIME: (_GOES, "takes nobody else and finishes what is open"),
    Duty.ABSENT: (Kind.DUTY_BEGINS, "is absent until {}"),
    Duty.SHRINKAGE: (Kind.DUTY_BEGINS, "is planned away until {}"),
}


def main() -> None:
    """Show the traces, or write them again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="golden scenarios; all by default")
    parser.add_argument("--update", action="store_true", help="write the traces again")
    given = parser.parse_args()
    for name in given.names or goldens():
        told = Told.by(simulate, name)
        if given.update:
            told.golden.trace_file.write_text(trace(told), encoding="utf-8")
        else:
            print(trace(told))


if __name__ == "__main__":
    main()

"""How much the random scenarios try: which events share a tick, and which parts of a model matter.

``python tests/ties.py`` prints it for the scenarios on which engines are compared.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations_with_replacement
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import simpy
from engines import Drawn, difference, drawn

from sim.engine import clock, floor, reference
from sim.engine.floor import Floor, Visit
from sim.model.order import Kind
from sim.model.records import NONE, Chunk, DutyColumn, End, VisitColumn
from sim.model.tables import UNLIMITED, LineRule, Model

__all__ = ["CHANGES", "KINDS", "changed_places", "meetings", "shared_ticks"]

V, D = VisitColumn, DutyColumn

KINDS = (Kind.DUTY_ENDS, Kind.WORK_ENDS, Kind.DUTY_BEGINS, Kind.OPENS, Kind.ARRIVES, Kind.PATIENCE_ENDS)


# --------------------------------------------------------------------------- events that share a tick
def shared_ticks(case: Drawn) -> tuple[Counter[str], Chunk]:
    """Ticks at which two kinds of event happen (or one kind happens twice), by the pair of names.

    As the reference engine has them, with its records. The end of patience counts if the visit waits still
    or was answered at that very tick, an opening if somebody waits for it, an arrival if it does not follow
    at once from the event before.
    """
    at: dict[int, Counter[Kind]] = {}

    def note(tick: int, kind: int) -> None:
        at.setdefault(int(tick), Counter())[Kind(kind)] += 1

    happens, gives_up, opens = clock.happens, Floor.gives_up, Floor.opens

    def noted(event: simpy.Event, tick: int, kind: int, entity: int) -> None:
        if kind in KINDS and kind not in (Kind.OPENS, Kind.PATIENCE_ENDS):
            event.callbacks.insert(0, lambda _: note(event.env.now, kind))
        happens(event, tick, kind, entity)

    def noted_gives_up(self: Floor, visit: Visit) -> None:
        if visit.is_waiting or visit.start == self.now:
            note(self.now, Kind.PATIENCE_ENDS)
        gives_up(self, visit)

    def noted_opens(self: Floor, stage: int) -> None:
        if any(self.front(line) for line, desk in enumerate(self.desk_of) if desk == stage):
            note(self.now, Kind.OPENS)
        opens(self, stage)

    with pytest.MonkeyPatch.context() as patch:
        for module in (clock, floor, reference):
            patch.setattr(module, "happens", noted)
        patch.setattr(Floor, "gives_up", noted_gives_up)
        patch.setattr(Floor, "opens", noted_opens)
        records = case.records(reference.simulate)
    found: Counter[str] = Counter()
    for kinds in at.values():
        for one, other in combinations_with_replacement(KINDS, 2):
            if kinds[one] > (one == other) and kinds[other]:
                found[f"{one.name} & {other.name}"] += 1
    return found, records


def meetings(model: Model, records: Chunk) -> Counter[str]:
    """Rows in which events of one tick have to do with each other, by what meets."""
    v, d = records.visits, records.duty
    enter, start, end, freed = (v[:, c] for c in (V.ENTER, V.START, V.END, V.FREED))
    team, agent, stage = v[:, V.TEAM], v[:, V.AGENT], v[:, V.STAGE]
    served, waited = agent != NONE, start > enter
    gave_up = v[:, V.HOW] == End.ABANDONED
    away = v[:, V.HOW] == End.TURNED_AWAY

    def keys(*columns: np.ndarray) -> np.ndarray:
        """One number for each pair of a small number and a tick."""
        small, tick = columns
        return small * (1 << 48) + tick

    freed_then = keys(agent[served], freed[served])
    named = ~model.teams.is_head_count[d[:, D.TEAM]]
    on_ends = d[:, D.STATE] == 1
    found = {
        "answered as an agent is freed, without a wait": np.isin(keys(agent, start), freed_then)
        & served & ~waited,
        "answered as an agent is freed, after a wait": np.isin(keys(agent, start), freed_then)
        & served & waited,
        "answered as an agent comes, without a wait": np.isin(
            keys(agent, start), keys(d[on_ends, D.AGENT], d[on_ends, D.FROM])
        ) & served & ~waited,
        "answered as an agent comes, after a wait": np.isin(
            keys(agent, start), keys(d[on_ends, D.AGENT], d[on_ends, D.FROM])
        ) & served & waited,
        "gives up as another of the desk is answered": np.isin(
            keys(stage, end), keys(stage[served], start[served])
        ) & gave_up,
        "turned away as another of the desk is answered": np.isin(
            keys(stage, end), keys(stage[served & waited], start[served & waited])
        ) & away,
        "turned away as another of the desk gives up": np.isin(
            keys(stage, end), keys(stage[gave_up], end[gave_up])
        ) & away,
        "enters as others enter the same stage": np.isin(
            keys(stage, enter), _several(keys(stage, enter))
        ),
        "freed as another of the same agent": np.isin(keys(agent, freed), _several(freed_then)) & served,
        "handling ends as the agent's shift ends or break is due": np.isin(
            keys(agent, freed), keys(d[on_ends & named, D.AGENT], d[on_ends & named, D.TO])
        ) & served,
        "goes on at the tick an agent of the team next asked is freed": np.isin(
            keys(team, enter), keys(team[served], freed[served])
        ) & served & (v[:, V.STEP] > 1),
    }  # fmt: skip
    return Counter({name: int(np.count_nonzero(rows)) for name, rows in found.items()})


def _several(values: np.ndarray) -> np.ndarray:
    """The values that are there more than once."""
    unique, n = np.unique(values, return_counts=True)
    return unique[n > 1]


# ------------------------------------------------------------------------ what makes a difference
@contextmanager
def changed_places(one: Kind, other: Kind) -> Iterator[None]:
    """The reference engine with two kinds of event in each other's place in the order of a tick."""
    kinds = {kind.name: int(kind) for kind in Kind}
    kinds[one.name], kinds[other.name] = kinds[other.name], kinds[one.name]
    with pytest.MonkeyPatch.context() as patch:
        for module in (reference, floor):
            patch.setattr(module, "Kind", SimpleNamespace(**kinds))
        yield


def _in(part: str, **columns: Callable[[Any], Any]) -> Callable[[Model], Model]:
    """The model with other columns of a part, each made of the column that is there."""

    def change(model: Model) -> Model:
        table = getattr(model, part)
        made = {name: make(getattr(table, name)) for name, make in columns.items()}
        return model._replace(**{part: table._replace(**made)})

    return change


def _all(value: Any) -> Callable[[Any], Any]:
    return lambda column: np.full_like(column, value)


def _law_times(factor: float) -> Callable[[Any], Any]:
    return lambda law: law._replace(mean=law.mean * factor)


def _no_breaks(model: Model) -> Model:
    none = np.empty(0, np.int64)
    shifts = model.plan.shifts
    shifts = shifts._replace(first_break=np.zeros_like(shifts.first_break), break_due=none, break_length=none)
    return model._replace(plan=model.plan._replace(shifts=shifts))


def _as_when_full(model: Model) -> Model:
    route = model.stages.route.copy()
    route[:, 4] = route[:, 3]
    return model._replace(stages=model.stages._replace(route=route))


def _rules(one: LineRule, other: LineRule) -> Callable[[Model], Model]:
    return _in("teams", rule=lambda rule: np.where(rule == one, other, rule))


CHANGES: dict[str, Callable[[Model], Model]] = {
    "no luck": _in("stages", luck=_all(0)),
    "nobody believes": _in("stages", p_believes=_all(0)),
    "no reply": _in("stages", reply=_law_times(0)),
    "no wrap-up": _in("stages", wrap_up=_law_times(0)),
    "work twice as long": _in("stages", work=_law_times(2)),
    "half the patience": _in("stages", patience=_law_times(0.5)),
    "one chance for all": _in("stages", curve=_all(NONE), p_solved=_all(0.5)),
    "no curves": _in("stages", curve=_all(NONE)),
    "no limits": _in("stages", limit=_all(UNLIMITED)),
    "no head starts": _in("stages", head_start=_all(0)),
    "patience per visit": _in("stages", patience_per_contact=_all(False)),
    "bot time ignored": _in("stages", bot_time_counts=_all(False)),
    "least busy": _in("stages", busiest_first=_all(False)),
    "always open": _in("stages", is_open=_all(True)),
    "closed turns away": _in("stages", waits_when_closed=_all(False)),
    "closed is full": _as_when_full,
    "asks backwards": _in("lines", asks=lambda asks: asks[:, ::-1].copy()),
    "no ranks": _in("lines", rank=lambda rank: (rank > 0).astype(np.int64)),
    "one chat more": _in("teams", chats=lambda chats: chats + 1),
    "nobody absent": _in("teams", p_absent=_all(0)),
    "skill first is longest waiting": _rules(LineRule.SKILL_FIRST, LineRule.LONGEST_WAITING),
    "priority first is skill first": _rules(LineRule.PRIORITY_FIRST, LineRule.SKILL_FIRST),
    "longest waiting is skill first": _rules(LineRule.LONGEST_WAITING, LineRule.SKILL_FIRST),
    "no breaks": _no_breaks,
    "nobody returns": _in("returns", chance=_all(0)),
    "returns at once": _in("returns", after=_law_times(0)),
    "returns where they entered": _in("returns", entry_route=_all(NONE)),
    "patience renewed": _in("returns", keeps_patience=_all(False)),
    "one return": _in("returns", at_most=lambda _: 1),
    "returns followed": _in("horizon", drop_returns=lambda _: False),
    "followed for half an hour": _in("horizon", stop=lambda stop: stop - 60_000_000),
    "days alike": _in("calendar", kind=_all(0)),
}
"""Changes of a model, each of one thing that an engine reads: two that differ in it differ in records."""


def main(parts: int = 4, n: int = 50) -> None:
    """Print what the random scenarios hold, and in how many of them each change shows."""
    cases = [case for part in range(parts) for case in drawn(part, n)]
    plain = [case.records(reference.simulate) for case in cases]
    visits = [len(records.visits) for records in plain]
    print(f"{len(cases)} scenarios, {sum(case.coarse for case in cases)} coarse, {sum(visits)} visits")
    print(f"visits of a scenario: median {np.median(visits):.0f}, largest {max(visits)}")
    ticks: Counter[str] = Counter()
    scenarios: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for case, records in zip(cases, plain, strict=True):
        found, _ = shared_ticks(case)
        ticks += found
        scenarios.update(found.keys())
        found = meetings(case.model, records)
        rows += found
        scenarios.update(name for name, many in found.items() if many)
    print("\nticks at which two events happen, and scenarios that have such")
    for one, other in combinations_with_replacement(KINDS, 2):
        name = f"{one.name} & {other.name}"
        print(f"  {name:<62} {ticks[name]:>7} {scenarios[name]:>5}")
    print("\nrows, and scenarios that have such")
    for name, many in rows.items():
        print(f"  {name:<62} {many:>7} {scenarios[name]:>5}")
    print("\nscenarios in which two kinds in each other's place tell something else")
    for a, one in enumerate(KINDS):
        for other in KINDS[a + 1 :]:
            with changed_places(one, other):
                unlike = sum(
                    difference(case.records(reference.simulate), records) is not None
                    for case, records in zip(cases, plain, strict=True)
                )
            print(f"  {one.name + ' & ' + other.name:<62} {unlike:>7}")
    print("\nscenarios in which a change of the model tells something else")
    for name, change in CHANGES.items():
        unlike = sum(
            difference(case.records(reference.simulate, change(case.model)), records) is not None
            for case, records in zip(cases, plain, strict=True)
        )
        print(f"  {name:<62} {unlike:>7}")


if __name__ == "__main__":
    sys.exit(main())

"""Axioms about issues, contacts and visits: what one customer's story must look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim.measure.check_opening import turns_away
from sim.measure.check_tables import (
    Bools,
    Ints,
    RowKey,
    Violation,
    World,
    breach,
    broken,
    issue_keys,
    possible_stages,
    visit_keys,
)
from sim.model.records import LEAVES, NONE, Chunk, Duty, DutyColumn, End, IssueColumn, State, VisitColumn
from sim.model.tables import DAY, NEVER, UNLIMITED, Law, Leaving, Model, StageKind, Then, period_at

__all__ = ["AXIOMS", "check_codes", "check_contacts", "check_links"]

AXIOMS = {
    "codes": "Every number names something that exists: a stage, class, team, stream, end or state.",
    "keys": "No two visits, issues or duty rows have the same key.",
    "linked": "Every visit belongs to an issue, and every issue that enters a stage has a visit.",
    "arrivals": "The issues of a stream are numbered 0, 1, 2, ... in the order in which they are born, "
    "and are born only while the stream flows, or when the replay says.",
    "counting": "The attempts of an issue, the steps of a contact, its visits at a stage count 1, 2, 3, ...",
    "class": "An issue keeps its class, and its class has a positive share in its stream or is given.",
    "entry": "The first contact enters at the tick the issue is born, at a stage where its stream can enter.",
    "chain": "A contact that goes on enters its next stage at the tick its last visit ended; "
    "one that does not go on leaves.",
    "routes": "A contact goes on only to a stage that has a positive share after this end, for its class; "
    "who is turned away from a closed place goes by a route of its own.",
    "return_time": "A contact returns only after the one before has left, not solved.",
    "return_chance": "A contact returns only if its way of leaving has a positive chance to return.",
    "return_route": "A returning contact enters at a stage where its way of leaving can return.",
    "return_limit": "An issue returns no more often than the limit of returns.",
    "outcome": "How a visit ended agrees with its start, end, agent and the kind of its stage.",
    "solving": "A visit is solved only where the chance to solve is above 0, unsolved only if it is below 1.",
    "times": "Ticks are not negative and ordered: enter, start, end, freed.",
    "exact_times": "Where a duration has no spread, every visit takes exactly that long.",
    "patience": "Nobody gives up whose patience never ends; patience without spread ends a wait exactly.",
    "issue_state": "An issue stands as its last contact left, and closed when that contact left.",
    "attempts": "The attempts of an issue are the contacts it made.",
    "dropped": "A return is dropped only if the horizon drops returns, and could have happened.",
    "horizon": "No issue is born at or after the end (unless demand goes on), no dropped return comes back, "
    "and nothing happens after the stop.",
}


def check_codes(model: Model, records: Chunk) -> Iterator[Violation]:
    """Codes in range and keys unique; the other axioms can be read only if these hold."""
    v, i, d = VisitColumn, IssueColumn, DutyColumn
    n_stages, n_teams = len(model.stages.kind), len(model.teams.chats)
    tables: list[tuple[str, Ints, list[int], dict[str, tuple[int, int, int]]]] = [
        (
            "visit",
            records.visits,
            [v.ISSUE, v.ATTEMPT, v.STEP],
            {
                "stage": (v.STAGE, 0, n_stages),
                "class": (v.CLASS, 0, model.n_classes),
                "end": (v.HOW, 0, len(End)),
                "next stage": (v.NEXT, LEAVES, n_stages),
                "team": (v.TEAM, NONE, n_teams),
                "agent": (v.AGENT, NONE, 2**32),
            },
        ),
        (
            "issue",
            records.issues,
            [i.ISSUE],
            {
                "stream": (i.STREAM, 0, len(model.streams.name_hash)),
                "class": (i.CLASS, 0, model.n_classes),
                "state": (i.STATE, 0, len(State)),
                "dropped": (i.DROPPED, 0, 2),
            },
        ),
        (
            "duty",
            records.duty,
            [d.AGENT, d.FROM, d.STATE],
            {
                "agent": (d.AGENT, 0, 2**32),
                "team": (d.TEAM, 0, n_teams),
                "state": (d.STATE, 1, len(Duty) + 1),
            },
        ),
    ]
    for table, rows, key_columns, ranges in tables:
        keys = rows[:, key_columns]
        for name, (column, low, high) in ranges.items():
            wrong = np.flatnonzero((rows[:, column] < low) | (rows[:, column] >= high))
            if len(wrong):
                message = f"{table}: {name} is out of range"
                yield breach("codes", message, _named(table, keys[wrong]), len(wrong))
        found, times = np.unique(keys, axis=0, return_counts=True) if len(keys) else (keys, keys[:, 0])
        twice = found[times > 1]
        if len(twice):
            yield breach("keys", f"{table}: key is not unique", _named(table, twice), len(twice))


def _named(table: str, keys: Ints) -> list[RowKey]:
    return [(table, *(int(part) for part in key)) for key in keys[:5]]


def check_links(w: World) -> Iterator[Violation]:
    """Visits and issues belong together; most axioms about contacts can be read only if they do."""
    yield from broken(w, "linked", "visit", w.row == NONE, "visit of an issue that is not in the issue table")
    route = w.model.streams.entry_route[w.i.stream, w.i.cls, period_at(w.model.calendar, w.i.born)]
    can_leave = possible_stages(w.model)[route, LEAVES]
    has_visit = np.isin(w.i.issue, w.v.issue)
    yield from broken(w, "linked", "issue", ~has_visit & ~can_leave, "issue without a visit")


def check_contacts(w: World) -> Iterator[Violation]:
    """All axioms about issues, contacts and visits; every visit must have its issue."""
    for axiom in (
        _arrivals,
        _counting,
        _class,
        _entry,
        _chain,
        _routes,
        _returns,
        _outcome,
        _solving,
        _times,
        _exact_times,
        _patience,
        _issue_state,
        _horizon,
    ):
        yield from axiom(w)


def _arrivals(w: World) -> Iterator[Violation]:
    streams = w.model.streams
    wrong = (w.i.issue >> 32) != streams.name_hash[w.i.stream]
    yield from broken(w, "arrivals", "issue", wrong, "uid does not belong to the stream")
    same = np.concatenate([[False], w.i.stream[1:] == w.i.stream[:-1]])[: len(w.i.issue)]
    before = np.concatenate([[NONE], w.i.issue[:-1]])[: len(w.i.issue)]
    number = w.i.issue & 0xFFFFFFFF
    wrong = np.where(same, w.i.issue != before + 1, number != 0)
    yield from broken(w, "arrivals", "issue", wrong, "numbers of the stream's issues have a gap")
    born_before = np.concatenate([[0], w.i.born[:-1]])[: len(w.i.issue)]
    wrong = same & (w.i.born < born_before)
    yield from broken(w, "arrivals", "issue", wrong, "born before the issue numbered one less")
    given = _replayed(w)
    wrong = given.is_replayed & (w.i.born != given.tick)
    yield from broken(w, "arrivals", "issue", wrong, "not born when the replay says")
    # An arrival may be rounded up to the first tick of the next slot.
    days = w.model.calendar.kind
    flows = [
        streams.rate[w.i.stream, days[tick // DAY + 1], tick % DAY // streams.slot] > 0
        for tick in (w.i.born, w.i.born - 1)
    ]
    wrong = ~(flows[0] | flows[1] | given.is_replayed)
    yield from broken(w, "arrivals", "issue", wrong, "born while the stream does not flow")


class _Replayed(NamedTuple):
    """What the replay says of each issue."""

    is_replayed: Bools
    tick: Ints  # of the row; NONE where there is none
    value: Ints  # (n, A)
    entry: Ints


def _replayed(w: World) -> _Replayed:
    replay, issues = w.model.replay, w.i
    first, last = replay.first[issues.stream], replay.first[issues.stream + 1]
    row = first + (issues.issue & 0xFFFFFFFF)
    # One row more, which says nothing, is for issues that are not replayed.
    row = np.where(row < last, row, len(replay.tick))
    blank = np.full((1, replay.value.shape[1]), NONE)
    return _Replayed(
        last > first,
        np.append(replay.tick, NONE)[row],
        np.concatenate([replay.value, blank])[row],
        np.append(replay.entry, NONE)[row],
    )


def _counting(w: World) -> Iterator[Violation]:
    v = w.v
    before = np.arange(len(v.issue)) - 1  # of the first row the last one, which is then not used
    starts_contact = np.concatenate([np.ones(min(1, len(v.issue)), bool), w.ends_contact[:-1]])
    attempt = np.where(w.is_first, 1, v.attempt[before] + starts_contact)
    yield from broken(w, "counting", "visit", v.attempt != attempt, "attempts do not count 1, 2, 3, ...")
    step = np.where(starts_contact, 1, v.step[before] + 1)
    yield from broken(w, "counting", "visit", v.step != step, "steps do not count 1, 2, 3, ...")
    order = np.lexsort((v.step, v.stage, v.attempt, v.issue))
    group = np.stack([v.issue[order], v.attempt[order], v.stage[order]])
    new = np.concatenate([np.ones(min(1, len(order)), bool), (group[:, 1:] != group[:, :-1]).any(axis=0)])
    place = np.arange(len(order))
    nth = np.empty(len(order), np.int64)
    nth[order] = place - np.maximum.accumulate(np.where(new, place, 0)) + 1
    yield from broken(w, "counting", "visit", v.nth != nth, "visits at the stage do not count 1, 2, 3, ...")


def _class(w: World) -> Iterator[Violation]:
    yield from broken(w, "class", "visit", w.v.cls != w.i.cls[w.row], "class is not the issue's")
    attributes, share = w.model.attributes, w.model.streams.share
    period = period_at(w.model.calendar, w.i.born)
    replayed = _replayed(w).value
    values = [w.i.cls // stride % n for stride, n in zip(attributes.stride, attributes.n_values, strict=True)]
    for a, value in enumerate(values):
        given = np.zeros_like(value) if attributes.parent[a] == NONE else values[attributes.parent[a]]
        lower = np.where(value > 0, share[w.i.stream, period, a, given, value - 1], 0.0)
        wrong = (replayed[:, a] == NONE) & (share[w.i.stream, period, a, given, value] <= lower)
        yield from broken(w, "class", "issue", wrong, f"value of attribute {a} has no share in the stream")
        wrong = (replayed[:, a] != NONE) & (replayed[:, a] != value)
        yield from broken(w, "class", "issue", wrong, f"value of attribute {a} is not what the replay says")


def _entry(w: World) -> Iterator[Violation]:
    row = w.row
    wrong = w.is_first & (w.v.enter != w.i.born[row])
    yield from broken(w, "entry", "visit", wrong, "does not enter when born")
    route = w.model.streams.entry_route[w.i.stream[row], w.v.cls, period_at(w.model.calendar, w.i.born[row])]
    given = _replayed(w).entry[row]
    possible = np.where(given == NONE, possible_stages(w.model)[route, w.v.stage], w.v.stage == given)
    wrong = w.is_first & ~possible
    yield from broken(w, "entry", "visit", wrong, "the stream cannot enter at this stage")


def _chain(w: World) -> Iterator[Violation]:
    v = w.v
    goes_on = ~w.ends_contact
    after = np.minimum(np.arange(len(v.issue)) + 1, len(v.issue) - 1)
    wrong = goes_on & (v.enter[after] != v.end)
    yield from broken(w, "chain", "visit", wrong, "the next visit does not enter when this one ends")
    wrong = goes_on & (v.next != v.stage[after])
    yield from broken(w, "chain", "visit", wrong, "the next visit is at another stage")
    yield from broken(w, "chain", "visit", w.ends_contact & (v.next != LEAVES), "the next visit is missing")


def _routes(w: World) -> Iterator[Violation]:
    v = w.v
    ended = v.how != End.NONE
    way = np.where(turns_away(w) & (v.how == End.TURNED_AWAY), 4, v.how - 1)  # 4: the place is closed
    route = w.model.stages.route[v.stage, np.maximum(way, 0), v.cls, w.period]
    possible = np.where(route == NONE, v.next == LEAVES, possible_stages(w.model)[route, v.next])
    yield from broken(w, "routes", "visit", ended & ~possible, "cannot go there after this end")
    yield from broken(w, "routes", "visit", ~ended & (v.next != LEAVES), "still open, yet goes on")


def _ways_of_leaving(w: World, at: Ints) -> Bools:
    """(4, len(at)): the ways in which the contacts may have left by these visits, per `Leaving`."""
    how = w.v.how[at]
    p_believes = w.model.stages.p_believes[w.v.stage[at], w.v.cls[at], w.period[at]]
    return np.stack(
        [
            (how == End.UNSOLVED) & (p_believes > 0),
            (how == End.UNSOLVED) & (p_believes < 1),
            how == End.ABANDONED,
            how == End.TURNED_AWAY,
        ]
    )


def _returns(w: World) -> Iterator[Violation]:
    v, returns = w.v, w.model.returns
    left = np.flatnonzero(w.ends_contact & ~w.is_last)
    back = left + 1
    too_soon = np.zeros(len(v.issue), bool)
    too_soon[back] = (v.end[left] == NONE) | (v.enter[back] < v.end[left])
    yield from broken(w, "return_time", "visit", too_soon, "returns before its contact has left")
    solved = np.zeros(len(v.issue), bool)
    solved[back] = v.how[left] == End.SOLVED
    yield from broken(w, "return_time", "visit", solved, "returns after it was solved")
    possible = possible_stages(w.model)
    entered = v.stage[np.maximum.accumulate(np.where(w.is_first, np.arange(len(v.issue)), 0))]
    any_chance, any_route = np.zeros(len(left), bool), np.zeros(len(left), bool)
    period = period_at(w.model.calendar, np.maximum(v.end[left], 0))
    for way, may in zip(Leaving, _ways_of_leaving(w, left), strict=True):
        chance = may & (returns.chance[way, v.cls[left], period] > 0)
        route = returns.entry_route[way, v.cls[left], period]
        reached = np.where(route == NONE, v.stage[back] == entered[back], possible[route, v.stage[back]])
        any_chance |= chance
        any_route |= chance & reached
    for axiom, good, message in (
        ("return_chance", any_chance, "who leaves like this does not return"),
        ("return_route", any_route | ~any_chance, "cannot return to this stage"),
    ):
        wrong = np.zeros(len(v.issue), bool)
        wrong[back] = ~good
        yield from broken(w, axiom, "visit", wrong, message)
    if returns.at_most != UNLIMITED:
        wrong = w.is_last & (v.attempt - 1 > returns.at_most)
        yield from broken(w, "return_limit", "visit", wrong, "more returns than the limit")


def _outcome(w: World) -> Iterator[Violation]:
    v = w.v
    desk, delay = w.kind == StageKind.DESK, w.kind == StageKind.DELAY
    is_open, abandoned, turned_away = v.how == End.NONE, v.how == End.ABANDONED, v.how == End.TURNED_AWAY
    judged = (v.how == End.SOLVED) | (v.how == End.UNSOLVED)
    has_start, has_end, has_freed = v.start != NONE, v.end != NONE, v.freed != NONE
    has_agent, has_team = v.agent != NONE, v.team != NONE
    for wrong, message in (
        (is_open == has_end, "an open visit has no end, an ended one has"),
        ((abandoned | turned_away) & has_start, "abandoned or turned away, yet started"),
        (judged & ~has_start, "solved or unsolved, yet never started"),
        (has_agent != has_team, "agent without team or team without agent"),
        (has_agent != (desk & has_start), "an agent serves a visit that started at a desk, and no other"),
        (has_freed != (desk & judged), "an agent is freed after a visit served to its end, and only then"),
        (abandoned & ~desk, "abandoned where nobody waits for an agent"),
        (turned_away & delay, "turned away from a delay"),
        (turned_away & (v.end != v.enter), "turned away later than on arrival"),
        (delay & (v.start != v.enter), "a delay starts when it is entered"),
    ):
        yield from broken(w, "outcome", "visit", wrong, message)


def _solving(w: World) -> Iterator[Violation]:
    v, stages = w.v, w.model.stages
    flat = stages.curve[v.stage, v.cls, w.period] == NONE
    p_solved = stages.p_solved[v.stage, v.cls, w.period]
    wrong = flat & (v.how == End.SOLVED) & (p_solved <= 0)
    yield from broken(w, "solving", "visit", wrong, "solved where nothing can be")
    wrong = flat & (v.how == End.UNSOLVED) & (p_solved >= 1)
    yield from broken(w, "solving", "visit", wrong, "unsolved where everything is solved")


def _times(w: World) -> Iterator[Violation]:
    v = w.v
    yield from broken(w, "times", "visit", v.enter < 0, "enters before the simulation begins")
    so_far = v.enter
    for name, tick in (("start", v.start), ("end", v.end), ("freed", v.freed)):
        wrong = (tick != NONE) & (tick < so_far)
        yield from broken(w, "times", "visit", wrong, f"{name} comes too early")
        so_far = np.where(tick != NONE, np.maximum(tick, so_far), so_far)
    wrong = (w.i.born < 0) | ((w.i.closed != NONE) & (w.i.closed < w.i.born))
    yield from broken(w, "times", "issue", wrong, "born before the beginning or closed before born")
    yield from broken(w, "times", "duty", (w.d.begins < 0) | (w.d.ends <= w.d.begins), "duty of no length")


def _fixed(w: World, law: Law) -> tuple[Bools, Ints]:
    """Where the law of a visit has no spread, and its duration then (ticks)."""
    at = w.v.stage, w.v.cls, w.period
    mean = law.mean[at]
    # A mean beyond the end of time stands for "never"; it is no duration.
    fixed = (law.shape[at] == 0) & (mean < NEVER)
    return fixed, np.floor(np.where(fixed, mean, 0.0) + 0.5).astype(np.int64)


def _exact_times(w: World) -> Iterator[Violation]:
    v, stages = w.v, w.model.stages
    desk, bot = w.kind == StageKind.DESK, w.kind == StageKind.BOT
    for law, applies, begins, ends, name in (
        (stages.work, v.start != NONE, v.start, v.end, "session, handling or delay"),
        (stages.reply, bot, v.enter, v.start, "first reply"),
        (stages.wrap_up, desk, v.end, v.freed, "after-call work"),
    ):
        fixed, ticks = _fixed(w, law)
        wrong = applies & fixed & (begins != NONE) & (ends != NONE) & (ends - begins != ticks)
        yield from broken(w, "exact_times", "visit", wrong, f"{name} takes another time than it always takes")


def _patience(w: World) -> Iterator[Violation]:
    v, stages, shapes = w.v, w.model.stages, w.model.shapes
    # Patience of another desk or contact may be carried over; then a visit alone does not tell.
    shared = stages.patience_per_contact | stages.bot_time_counts | w.model.returns.keeps_patience.any()
    alone = (w.kind == StageKind.DESK) & ~shared[v.stage]
    at = v.stage, v.cls, w.period
    shape = stages.patience.shape[at]
    whole = (shapes.atom_from <= 0) & (shapes.atom_to >= 1) & np.isinf(shapes.atom_value)
    used = np.arange(shapes.atom_value.shape[1])[None, :] < shapes.n_atoms[:, None]
    is_never: Bools = np.any(whole & used, axis=1)
    never = is_never[shape] | (stages.patience.mean[at] >= NEVER)
    wrong = alone & never & (v.how == End.ABANDONED)
    yield from broken(w, "patience", "visit", wrong, "gave up, though patience here never ends")
    fixed, ticks = _fixed(w, stages.patience)
    fixed &= alone & ~never
    wrong = fixed & (v.how == End.ABANDONED) & (v.end - v.enter != ticks)
    yield from broken(w, "patience", "visit", wrong, "gave up at another time than patience ends")
    until = np.where(v.start != NONE, v.start, w.last)
    wrong = fixed & (v.how != End.ABANDONED) & (v.how != End.TURNED_AWAY) & (until - v.enter > ticks)
    yield from broken(w, "patience", "visit", wrong, "waited longer than patience lasts")


def _issue_state(w: World) -> Iterator[Violation]:
    at = np.flatnonzero(w.is_last)
    row, how, state = w.row[at], w.v.how[at], w.i.state[w.row[at]]
    last_end = w.v.end[at]
    is_open = state == State.OPEN
    returns, cls = w.model.returns, w.v.cls[at]
    ways = _ways_of_leaving(w, at)
    period = period_at(w.model.calendar, np.maximum(last_end, 0))
    may_return = (ways & (returns.chance[:, cls, period] > 0)).any(axis=0)
    if returns.at_most != UNLIMITED:
        may_return &= w.v.attempt[at] - 1 < returns.at_most
    agrees = np.select(
        [
            state == State.OPEN,
            state == State.SOLVED,
            state == State.BELIEVED,
            state == State.UNSOLVED,
            state == State.ABANDONED,
        ],
        [
            (how == End.NONE) | may_return,
            how == End.SOLVED,
            ways[Leaving.BELIEVED],
            ways[Leaving.UNSOLVED],
            how == End.ABANDONED,
        ],
        how == End.TURNED_AWAY,
    )
    wrong_close = w.i.closed[row] != np.where(is_open, NONE, last_end)
    for wrong, axiom, message in (
        (~agrees, "issue_state", "state does not agree with how the last contact left"),
        (wrong_close, "issue_state", "closed at another tick than its last contact left"),
        (w.i.attempts[row] != w.v.attempt[at], "attempts", "attempts are not the contacts made"),
        ((w.i.dropped[row] == 1) & ~may_return, "dropped", "dropped a return that could not happen"),
    ):
        bad = row[wrong]
        if len(bad):
            yield breach(axiom, message, issue_keys(w, bad[:5]), len(bad))
    wrong = (w.i.dropped == 1) & ((not w.model.horizon.drop_returns) | (w.i.state == State.OPEN))
    yield from broken(w, "dropped", "issue", wrong, "dropped though returns are followed, or open")


def _horizon(w: World) -> Iterator[Violation]:
    horizon, v = w.model.horizon, w.v
    last_birth = horizon.stop if horizon.then == Then.CONTINUE else horizon.end
    yield from broken(w, "horizon", "issue", w.i.born >= last_birth, "born after demand has ended")
    late = (v.enter > horizon.stop) | (v.start > horizon.stop) | (v.end > horizon.stop)
    yield from broken(w, "horizon", "visit", late, "happens after the stop")
    planned = w.d.state == Duty.LOST_BREAK
    yield from broken(w, "horizon", "duty", ~planned & (w.d.ends > horizon.stop), "duty after the stop")
    if horizon.drop_returns:
        back = np.flatnonzero((v.step == 1) & (v.attempt > 1) & (v.enter >= horizon.end))
        if len(back):
            yield breach("horizon", "returns after the end", visit_keys(w, back[:5]), len(back))

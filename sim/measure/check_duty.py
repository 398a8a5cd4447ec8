"""Axioms about agents: who is on duty when, with how many contacts, on which break."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sim.measure.check_tables import (
    Ints,
    Pieces,
    Spans,
    Violation,
    World,
    breach,
    broken,
    duty_keys,
    duty_spans,
    merged,
    open_at,
    overlay,
    visit_keys,
    work_spans,
)
from sim.model.records import NONE, Duty
from sim.model.tables import DAY

__all__ = ["AXIOMS", "breaks_pending", "check_duty"]

AXIOMS = {
    "agent_team": "An agent's number lies among the numbers of its team.",
    "eligible": "A contact is served by a team that serves its line.",
    "chats": "An agent never has more contacts at once than its team's chats.",
    "on_duty": "An agent takes a contact only while on duty.",
    "covered": "An agent works, after-call work included, only on duty or in overtime.",
    "duty_overlap": "An agent has one duty at a time; a lost break falls due during its agent's shift.",
    "overtime": "Overtime follows duty at once, and is spent with contacts that are still open.",
    "shift_plan": "A named agent is on duty, on a break or away exactly during its shifts.",
    "away": "Who is absent or planned away is so for a whole shift; absent only where there is absence, "
    "planned away as many as the plan says.",
    "breaks": "A break begins when it is due or as soon as the agent's contacts are done, "
    "and keeps its length unless its shift ends.",
    "lost_breaks": "A break is lost exactly if it could not begin before its shift ended.",
    "break_due": "An agent takes no contact while a break is due.",
    "break_empty": "An agent on a break has no contact.",
    "head_count": "A head count never has fewer agents on duty than are present by the plan less absences, "
    "and as many planned away as the plan says.",
    "debt": "A head count has more agents on duty than are present only while all of them are busy, "
    "and then whoever finishes a contact takes no other.",
    "head_count_order": "The lowest number off duty comes first and the highest idle number goes first; "
    "vacancies have numbers from the upper half.",
}


class _Shift(NamedTuple):
    """One agent's shift on one day; ticks, cut neither at 0 nor at the last tick."""

    agent: int
    begins: int
    ends: int
    number: int  # of the shift in `Shifts`
    midnight: int


def check_duty(w: World) -> Iterator[Violation]:
    """All axioms about agents."""
    yield from _numbers(w)
    yield from _work(w)
    yield from _overlaps(w)
    yield from _shift_plan(w)
    yield from _away(w)
    yield from _breaks(w)
    yield from _head_counts(w)


def _named(
    w: World, axiom: str, message: str, at: Iterable[int | np.integer], table: str
) -> Iterator[Violation]:
    found = np.unique(np.fromiter(at, np.int64))
    if len(found):
        keys = visit_keys(w, found[:5]) if table == "visit" else duty_keys(w, found[:5])
        yield breach(axiom, message, keys, len(found))


def _numbers(w: World) -> Iterator[Violation]:
    teams, v, d = w.model.teams, w.v, w.d
    for table, agent, team in (("visit", v.agent, v.team), ("duty", d.agent, d.team)):
        wrong = np.zeros(len(team), bool)
        has = np.flatnonzero(team != NONE)
        place = agent[has] - teams.first_agent[team[has]]
        wrong[has] = (place < 0) | (place >= teams.n_agents[team[has]])
        yield from broken(w, "agent_team", table, wrong, "agent's number is not one of the team's")
    wrong = np.zeros(len(v.team), bool)
    has = np.flatnonzero((w.line != NONE) & (v.team != NONE))
    wrong[has] = w.model.lines.rank[w.line[has], v.team[has]] <= 0
    yield from broken(w, "eligible", "visit", wrong, "team does not serve this line")


def _work(w: World) -> Iterator[Violation]:
    work, at = work_spans(w)
    pieces = overlay(work)
    n_chats = np.zeros(len(pieces.owner), np.int64)
    place = {int(a): int(w.model.teams.chats[t]) for a, t in zip(w.v.agent[at], w.v.team[at], strict=True)}
    n_chats[:] = [place[int(a)] for a in pieces.owner]
    over = np.flatnonzero(pieces.n_open[0] > n_chats)
    yield from _named(
        w, "chats", "more contacts at once than chats", _holding(at, work, pieces, over), "visit"
    )
    on, paid = duty_spans(w, Duty.ON), duty_spans(w, Duty.ON, Duty.OVERTIME)
    yield from _named(w, "on_duty", "takes a contact while not on duty", _not_on(w, at, on), "visit")
    breaks = duty_spans(w, Duty.BREAK)
    for layer, meets, axiom, message in (
        (paid, False, "covered", "works neither on duty nor in overtime"),
        (breaks, True, "break_empty", "has a contact on a break"),
    ):
        pieces = overlay(work, layer)
        places = np.flatnonzero((pieces.n_open[0] > 0) & ((pieces.n_open[1] > 0) == meets))
        yield from _named(w, axiom, message, _holding(at, work, pieces, places), "visit")
    overtime = duty_spans(w, Duty.OVERTIME)
    pieces = overlay(overtime, work)
    places = np.flatnonzero((pieces.n_open[0] > 0) & (pieces.n_open[1] == 0))
    rows = np.flatnonzero(w.d.state == Duty.OVERTIME)
    yield from _named(
        w, "overtime", "overtime without an open contact", _holding(rows, overtime, pieces, places), "duty"
    )
    before = {(int(a), int(t)) for a, t in zip(on.owner, on.ends, strict=True)}
    yield from _named(
        w,
        "overtime",
        "overtime does not follow duty",
        (n for n in rows if (int(w.d.agent[n]), int(w.d.begins[n])) not in before),
        "duty",
    )


def _holding(rows: Ints, spans: Spans, pieces: Pieces, places: Ints) -> list[int]:
    """Rows whose spans hold the first few of these pieces; span n belongs to row ``rows[n]``."""
    found = [rows[open_at(spans, int(pieces.owner[p]), int(pieces.begins[p]))] for p in places[:20]]
    return [int(n) for part in found for n in part]


def _not_on(w: World, at: Ints, on: Spans) -> Ints:
    """Visits among rows ``at`` that start while their agent is not on duty."""
    spans = merged(pieces := overlay(on), pieces.n_open[0] > 0)
    by_agent = _per_owner(spans)
    wrong = []
    for n, agent, start, freed in zip(at, w.v.agent[at], w.v.start[at], w.v.freed[at], strict=True):
        begins, ends = by_agent.get(int(agent), ([], []))
        k = bisect_right(begins, start) - 1
        # A contact of no length can start and end at the tick at which its agent goes. At the last tick
        # known duty is cut, and the duty of who comes then has no row.
        inside = k >= 0 and (start < ends[k] or start == ends[k] == freed)
        if not inside and start != w.last:
            wrong.append(n)
    return np.array(wrong, np.int64)


def _per_owner(spans: Spans) -> dict[int, tuple[list[int], list[int]]]:
    """Begins and ends of each owner's spans, in order; the spans must be sorted."""
    found: dict[int, tuple[list[int], list[int]]] = {}
    for owner, begins, ends in zip(*(column.tolist() for column in spans[:3]), strict=True):
        mine = found.setdefault(owner, ([], []))
        mine[0].append(begins)
        mine[1].append(ends)
    return found


def _overlaps(w: World) -> Iterator[Violation]:
    # Overtime may run into a shift that its agent does not come to; then both rows are due.
    away = (Duty.ABSENT, Duty.SHRINKAGE)
    for states in ((Duty.ON, Duty.BREAK, Duty.OVERTIME), (Duty.ON, Duty.BREAK, *away)):
        spans = duty_spans(w, *states)
        rows = np.flatnonzero(np.isin(w.d.state, states))
        pieces = overlay(spans)
        places = np.flatnonzero(pieces.n_open[0] > 1)
        found = _holding(rows, spans, pieces, places)
        yield from _named(w, "duty_overlap", "two duties at once", found, "duty")
    # A break can fall due during the one before, and be lost because that one ends with the shift.
    at_work = overlay(duty_spans(w, Duty.ON, Duty.BREAK))
    on = _per_owner(merged(at_work, at_work.n_open[0] > 0))
    lost = np.flatnonzero(w.d.state == Duty.LOST_BREAK)

    def is_at_work(agent: int, tick: int) -> bool:
        begins, ends = on.get(agent, ([], []))
        k = bisect_right(begins, tick) - 1
        return k >= 0 and tick < ends[k]

    yield from _named(
        w,
        "duty_overlap",
        "a lost break falls due while its agent is not at work",
        (n for n in lost if not is_at_work(int(w.d.agent[n]), int(w.d.begins[n]))),
        "duty",
    )


def _shifts(w: World) -> list[_Shift]:
    """Every shift of every named agent that touches the simulated time."""
    shifts = w.model.plan.shifts
    found = []
    for k in range(len(shifts.team)):
        for day in range(-1, w.last // DAY + 1):
            begins, ends = int(shifts.begins[k]) + day * DAY, int(shifts.ends[k]) + day * DAY
            if ends > 0 and begins < w.last:
                first = int(shifts.first_agent[k])
                n = int(shifts.n_scheduled[k])
                found += [_Shift(agent, begins, ends, k, day * DAY) for agent in range(first, first + n)]
    return found


def _duty_of_shifts(w: World, *states: Duty) -> Ints:
    """Duty rows of named agents in these states."""
    return np.flatnonzero(np.isin(w.d.state, states) & ~w.model.teams.is_head_count[w.d.team])


def _shift_plan(w: World) -> Iterator[Violation]:
    shifts = _shifts(w)
    planned = Spans(
        np.array([s.agent for s in shifts], np.int64),
        np.array([max(s.begins, 0) for s in shifts], np.int64),
        np.array([min(s.ends, w.last) for s in shifts], np.int64),
    )
    rows = _duty_of_shifts(w, Duty.ON, Duty.BREAK, Duty.ABSENT, Duty.SHRINKAGE)
    spans = Spans(w.d.agent[rows], w.d.begins[rows], np.minimum(w.d.ends[rows], w.last))
    pieces = overlay(planned, spans)
    wrong = np.flatnonzero((pieces.n_open[0] > 0) != (pieces.n_open[1] > 0))
    if len(wrong):
        keys = [key for p in wrong[:5] for key in duty_keys(w, rows[spans.owner == pieces.owner[p]][:1])]
        p = wrong[0]
        what = "not at work during its shift" if pieces.n_open[0, p] else "at work outside its shifts"
        message = f"agent {pieces.owner[p]} is {what} at tick {pieces.begins[p]}"
        yield breach("shift_plan", message, keys, len(wrong))


def _away_rows(w: World) -> dict[tuple[int, int], int]:
    """Rows of named agents that are absent or planned away, by (agent, from)."""
    rows = _duty_of_shifts(w, Duty.ABSENT, Duty.SHRINKAGE)
    return {(int(w.d.agent[n]), int(w.d.begins[n])): int(n) for n in rows}


def _away(w: World) -> Iterator[Violation]:
    away, shifts = _away_rows(w), w.model.plan.shifts
    wrong = (w.d.state == Duty.ABSENT) & (w.model.teams.p_absent[w.d.team] <= 0)
    yield from broken(w, "away", "duty", wrong, "absent in a team without absence")
    part: list[int] = []
    n_away: dict[tuple[int, int], int] = defaultdict(int)
    unmatched = dict(away)
    for shift in _shifts(w):
        n_away[shift.number, shift.midnight] += 0
        row = unmatched.pop((shift.agent, max(shift.begins, 0)), None)
        if row is not None:
            if w.d.ends[row] != min(shift.ends, w.last):
                part.append(row)
            n_away[shift.number, shift.midnight] += int(w.d.state[row] == Duty.SHRINKAGE)
    yield from _named(w, "away", "away for a part of a shift", [*part, *unmatched.values()], "duty")
    for (number, midnight), n in n_away.items():
        planned = int(shifts.n_scheduled[number] - shifts.n_present[number])
        if n != planned:
            yield Violation(
                "away",
                f"shift {number} of day {midnight // DAY} has {n} agents planned away, its plan {planned}",
                (),
            )


class _Break(NamedTuple):
    agent: int
    due: int
    begins: int  # first tick at or after `due` at which the agent has no contact and no other break
    ends: int
    planned_end: int
    shift: _Shift
    is_lost: bool


def _planned_breaks(w: World) -> list[_Break]:
    """Every break of a shift that was worked, with when it must begin given the contacts."""
    shifts, away = w.model.plan.shifts, _away_rows(w)
    work, _ = work_spans(w)
    pieces = overlay(work)
    busy = _per_owner(merged(pieces, pieces.n_open[0] > 0))
    found = []
    for shift in _shifts(w):
        mine = slice(shifts.first_break[shift.number], shifts.first_break[shift.number + 1])
        if mine.start == mine.stop or (shift.agent, max(shift.begins, 0)) in away:
            continue
        begins, ends = busy.get(shift.agent, ([], []))
        free_from = 0
        breaks = zip(shifts.break_due[mine].tolist(), shifts.break_length[mine].tolist(), strict=True)
        for after_midnight, length in sorted(breaks):
            planned_end = shift.midnight + after_midnight + length
            due = max(shift.midnight + after_midnight, 0)  # what lies before the beginning is cut off
            if planned_end <= 0:
                continue
            tick = max(due, free_from)
            k = bisect_right(begins, tick) - 1
            if k >= 0 and tick < ends[k]:
                tick = ends[k]
            end = min(tick + planned_end - due, shift.ends, w.last)
            is_lost = tick >= shift.ends
            found.append(_Break(shift.agent, due, tick, end, planned_end, shift, is_lost))
            free_from = tick if is_lost else end
    return found


def breaks_pending(w: World) -> Spans:
    """Time in which a break is due and waits until its agent's contacts are done, by agent."""
    waits = [(b.agent, b.due, min(b.begins, b.shift.ends)) for b in _planned_breaks(w) if b.due < b.begins]
    owner, begins, ends = np.array(waits, np.int64).reshape(-1, 3).T
    return Spans(owner, begins, ends)


def _breaks(w: World) -> Iterator[Violation]:
    planned = _planned_breaks(w)
    begun = {(b.agent, b.begins, b.ends) for b in planned if not b.is_lost and b.begins < w.last}
    lost = {(b.agent, b.due, b.planned_end) for b in planned if b.is_lost}
    # A shift that ends as the simulation stops need not have counted its breaks any more.
    open_end = {(b.agent, b.due, b.planned_end) for b in planned if b.is_lost and b.shift.ends >= w.last}
    for state, wanted, free, axiom in (
        (Duty.BREAK, begun, set[tuple[int, int, int]](), "breaks"),
        (Duty.LOST_BREAK, lost, open_end, "lost_breaks"),
    ):
        rows = np.flatnonzero(w.d.state == state)
        there = {(int(w.d.agent[n]), int(w.d.begins[n]), int(w.d.ends[n])): int(n) for n in rows}
        extra = [n for key, n in there.items() if key not in wanted]
        yield from _named(w, axiom, "this break is not as planned", extra, "duty")
        missing = sorted(wanted - there.keys() - free)
        if missing:
            agent, begins, ends = missing[0]
            yield Violation(
                axiom,
                f"agent {agent} should have this break from tick {begins} to {ends}; "
                f"{len(missing)} breaks are missing",
                (),
            )
    starts = _per_owner_starts(w)
    taken = []
    for b in planned:
        ticks, rows_of = starts.get(b.agent, ([], []))
        taken += rows_of[bisect_left(ticks, b.due) : bisect_left(ticks, min(b.begins, b.shift.ends))]
    yield from _named(w, "break_due", "takes a contact while a break is due", taken, "visit")


def _per_owner_starts(w: World) -> dict[int, tuple[list[int], list[int]]]:
    """Ticks at which each agent takes contacts, in order, and the visit rows."""
    at = np.flatnonzero(w.v.agent != NONE)
    at = at[np.lexsort((w.v.start[at], w.v.agent[at]))]
    return _per_owner(Spans(w.v.agent[at], w.v.start[at], at))


def _steps(w: World, team: int) -> tuple[Spans, Spans]:
    """Spans of the team's scheduled and present head counts, weighted, up to the last tick."""
    plan = w.model.plan.head_counts
    mine = np.flatnonzero(plan.team == team)
    days = np.arange(w.last // DAY + 1) * DAY
    begins = (days[:, None] + plan.begins[mine]).ravel()
    ends = np.minimum(np.append(begins[1:], w.last), w.last)
    owner = np.full(len(begins), team)
    scheduled, present = (np.tile(n[mine], len(days)) for n in (plan.n_scheduled, plan.n_present))
    return Spans(owner, begins, ends, scheduled), Spans(owner, begins, ends, present)


def _of_team(w: World, team: int, *states: Duty) -> Spans:
    """Duty rows of the team's agents in these states; the owner is the team."""
    chosen = np.isin(w.d.state, states) & (w.d.team == team)
    return Spans(np.full(chosen.sum(), team), w.d.begins[chosen], np.minimum(w.d.ends[chosen], w.last))


def _idle(w: World) -> Spans:
    """Time on duty without a contact, by agent."""
    pieces = overlay(duty_spans(w, Duty.ON), work_spans(w)[0])
    return merged(pieces, (pieces.n_open[0] > 0) & (pieces.n_open[1] == 0))


def _head_counts(w: World) -> Iterator[Violation]:
    teams = w.model.teams
    idle = _idle(w)
    for team in np.flatnonzero(teams.is_head_count).tolist():
        first = int(teams.first_agent[team])
        mine = (idle.owner >= first) & (idle.owner < first + int(teams.n_agents[team]))
        own_idle = Spans(idle.owner[mine], idle.begins[mine], idle.ends[mine])
        by_team = Spans(np.full(mine.sum(), team), own_idle.begins, own_idle.ends)
        scheduled, present = _steps(w, team)
        pieces = overlay(
            _of_team(w, team, Duty.ON),
            by_team,
            _of_team(w, team, Duty.ABSENT),
            _of_team(w, team, Duty.SHRINKAGE),
            scheduled,
            present,
        )
        yield from _counts(w, team, pieces)
        yield from _finishers(w, team, pieces)
        yield from _order_of_numbers(w, team, own_idle)


def _counts(w: World, team: int, pieces: Pieces) -> Iterator[Violation]:
    on, idle, absent, away, scheduled, present = pieces.n_open
    for axiom, wrong, what in (
        ("head_count", on < present - absent, "fewer on duty than present"),
        ("head_count", present < absent, "more absent than scheduled"),
        ("head_count", away != scheduled - present, "another number planned away than the plan says"),
        ("debt", (on > present - absent) & (idle > 0), "more on duty than present, and some idle"),
    ):
        at = np.flatnonzero(wrong)
        if len(at):
            tick = int(pieces.begins[at[0]])
            rows = np.flatnonzero((w.d.team == team) & (w.d.begins <= tick) & (tick < w.d.ends))
            yield breach(axiom, f"team {team} at tick {tick}: {what}", duty_keys(w, rows[:5]), len(at))


def _finishers(w: World, team: int, pieces: Pieces) -> Iterator[Violation]:
    """Who finishes a contact and stays on duty although there is debt."""
    on, _, absent, _, _, present = pieces.n_open
    rows = _per_owner(merged(duty := overlay(duty_spans(w, Duty.ON)), duty.n_open[0] > 0))
    at = np.flatnonzero((w.v.team == team) & (w.v.freed != NONE) & (w.v.freed < w.last))
    piece = np.searchsorted(pieces.begins, w.v.freed[at], side="right") - 1
    at = at[(piece >= 0) & (on > present - absent)[piece]]
    wrong = []
    for n in at:
        freed = int(w.v.freed[n])
        begins, ends = rows.get(int(w.v.agent[n]), ([], []))
        k = bisect_left(begins, freed) - 1
        if k >= 0 and freed < ends[k]:
            wrong.append(n)
    yield from _named(w, "debt", "finishes a contact and stays although too many are on duty", wrong, "visit")


def _order_of_numbers(w: World, team: int, idle: Spans) -> Iterator[Violation]:
    teams = w.model.teams
    first, n_agents = int(teams.first_agent[team]), int(teams.n_agents[team])
    away = (w.d.team == team) & np.isin(w.d.state, (Duty.ABSENT, Duty.SHRINKAGE))
    if away.any():
        working = (w.d.team == team) & ~away
        is_upper = w.d.agent >= first + n_agents // 2
        wrong = (away & ~is_upper) | (working & is_upper)
        yield from broken(w, "head_count_order", "duty", wrong, "a vacancy below or an agent above the half")
    at = np.flatnonzero((w.d.team == team) & np.isin(w.d.state, (Duty.ON, Duty.OVERTIME)))
    pieces = overlay(Spans(w.d.agent[at], w.d.begins[at], np.minimum(w.d.ends[at], w.last)))
    there = merged(pieces, pieces.n_open[0] > 0)
    on = [(int(w.d.agent[n]), int(w.d.ends[n])) for n in at if w.d.state[n] == Duty.ON]
    wrong_ticks = []
    for tick in np.unique(there.begins):
        came = there.owner[there.begins == tick]
        around = there.owner[(there.begins <= tick) & (there.ends >= tick)]
        if len(np.unique(around[around < came.max()])) < came.max() - first:
            wrong_ticks.append((int(came.max()), int(tick)))
    mine = w.v.team == team
    freed = set(zip(w.v.agent[mine].tolist(), w.v.freed[mine].tolist(), strict=True))
    gone = {(int(a), int(t)) for a, t in zip(there.owner, there.ends, strict=True) if t < w.last}
    left_idle = defaultdict(list)
    for agent, tick in gone & set(on) - freed:
        left_idle[tick].append(agent)
    for tick, agents in left_idle.items():
        # Idle when the head count fell: idle before, and not freed at that very tick.
        others = idle.owner[(idle.begins < tick) & (tick <= idle.ends)]
        stays = np.isin(others, there.owner[(there.begins < tick) & (tick < there.ends)])
        if (others[stays] > min(agents)).any():
            wrong_ticks.append((min(agents), tick))
    if wrong_ticks:
        agent, tick = wrong_ticks[0]
        rows = np.flatnonzero((w.d.agent == agent) & ((w.d.begins == tick) | (w.d.ends == tick)))
        yield breach(
            "head_count_order",
            f"agent {agent} comes or goes out of turn at tick {tick}",
            duty_keys(w, rows),
            len(wrong_ticks),
        )

"""Axioms about named agents: their shifts, absences and breaks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim.measure.check_tables import (
    Ints,
    Spans,
    Violation,
    World,
    breach,
    broken,
    duty_keys,
    named,
    overlay,
    per_owner,
    union,
    work_spans,
)
from sim.model.records import NONE, Duty
from sim.model.tables import DAY, kind_of_day

__all__ = ["AXIOMS", "breaks_pending", "check_shifts"]

AXIOMS = {
    "shift_plan": "A named agent is on duty, on a break or away exactly during its shifts.",
    "away": "Who is absent or planned away is so for a whole shift; absent only where there is absence, "
    "planned away as many as the plan says.",
    "breaks": "A break begins when it is due or as soon as the agent's contacts are done, "
    "and keeps its length unless its shift ends.",
    "lost_breaks": "A break is lost exactly if it could not begin before its shift ended.",
    "break_due": "An agent takes no contact while a break is due.",
}


class _Shift(NamedTuple):
    """One agent's shift on one day; ticks, cut neither at 0 nor at the last tick."""

    agent: int
    begins: int
    ends: int
    number: int  # of the shift in `Shifts`
    midnight: int


def check_shifts(w: World) -> Iterator[Violation]:
    """All axioms about named agents."""
    yield from _shift_plan(w)
    yield from _away(w)
    yield from _breaks(w)


def _shifts(w: World) -> list[_Shift]:
    """Every shift of every named agent that touches the simulated time."""
    shifts = w.model.plan.shifts
    found = []
    for k in range(len(shifts.team)):
        for day in range(-1, w.last // DAY + 1):
            begins, ends = int(shifts.begins[k]) + day * DAY, int(shifts.ends[k]) + day * DAY
            if ends > 0 and begins < w.last:
                first = int(shifts.first_agent[k])
                n = int(shifts.n_scheduled[k, kind_of_day(w.model.calendar, day)])
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
    yield from named(w, "away", "away for a part of a shift", [*part, *unmatched.values()], "duty")
    for (number, midnight), n in n_away.items():
        kind = kind_of_day(w.model.calendar, midnight // DAY)
        planned = int(shifts.n_scheduled[number, kind] - shifts.n_present[number, kind])
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
    busy = per_owner(union(work))
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
        yield from named(w, axiom, "this break is not as planned", extra, "duty")
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
    yield from named(w, "break_due", "takes a contact while a break is due", taken, "visit")


def _per_owner_starts(w: World) -> dict[int, tuple[list[int], list[int]]]:
    """Ticks at which each agent takes contacts, in order, and the visit rows."""
    at = np.flatnonzero(w.v.agent != NONE)
    at = at[np.lexsort((w.v.start[at], w.v.agent[at]))]
    return per_owner(Spans(w.v.agent[at], w.v.start[at], at))

"""The plan made concrete for one day: who comes, who is absent, when breaks fall due.

Absence is drawn for each place of a shift (or of a head count) and date, so it does not depend on who
else is planned. Shrinkage is planned: it takes the last places. What lies before tick 0 is cut off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import ABSENCE, absence_word, philox_block, uniforms
from sim.model.records import Duty
from sim.model.tables import DAY, Model, kind_of_day

__all__ = ["HeadCountSteps", "ShiftDuties", "head_count_steps", "shift_duties"]

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


class ShiftDuties(NamedTuple):
    """One row per agent and shift, in order of shift, then place; breaks of those who are on duty."""

    agent: Ints  # (n,)
    team: Ints  # (n,)
    begins: Ints  # (n,) tick
    ends: Ints  # (n,) tick
    duty: Ints  # (n,) `Duty`: ON, ABSENT or SHRINKAGE
    first_break: Ints  # (n + 1,) breaks of row r: first_break[r] : first_break[r + 1]
    break_due: Ints  # (b,) tick
    break_length: Ints  # (b,) ticks


class HeadCountSteps(NamedTuple):
    """Changes of head counts on one day, sorted by tick, then team. Each array is (n,)."""

    tick: Ints
    team: Ints
    present: Ints  # agents who are there
    absent: Ints  # places whose agent did not come
    shrunk: Ints  # places planned away from the queue


def _words(model: Model, team: Ints, shift_hash: Ints) -> Words:
    """The counter word of the places of each of some shifts (hash 0: of a head count), (n,)."""
    hashes = zip(model.teams.name_hash[team].tolist(), shift_hash.tolist(), strict=True)
    return np.array([absence_word(*pair) for pair in hashes], np.uint64)


def _absences(
    model: Model, seed: int, replication: int, day: int, team: Ints, word: Words, place: Ints
) -> NDArray[np.bool_]:
    """Whether places stay empty on the day, (n,); team, word of the shift and number of each."""
    is_absent = np.zeros(len(place), np.bool_)
    at = np.flatnonzero(model.teams.p_absent[team] > 0)
    if len(at):
        places = np.uint64(ABSENCE) + place[at].astype(np.uint64)
        date = (model.calendar.first_date + day) % 2**64
        lanes = philox_block(seed, replication, word[at], places, date)
        is_absent[at] = uniforms(lanes[:, 0]) < model.teams.p_absent[team[at]]
    return is_absent


def _numbered(counts: Ints) -> Ints:
    """0 ... n - 1 for each of some counts n, one after the other."""
    first = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) - np.repeat(first, counts)


class _Breaks(NamedTuple):
    """Breaks of the shifts of a day, shift by shift; what lies before tick 0 is cut off."""

    n: Ints  # (shifts,) breaks of a shift
    due: Ints  # (b,) tick
    length: Ints  # (b,) ticks


def _breaks(model: Model, midnight: int) -> _Breaks:
    shifts = model.plan.shifts
    begins = midnight + shifts.break_due
    ends = begins + shifts.break_length
    counts = ends > 0
    due = np.maximum(begins, 0)
    shift = np.repeat(np.arange(len(shifts.team)), np.diff(shifts.first_break))[counts]
    n = np.bincount(shift, minlength=len(shifts.team))
    return _Breaks(n.astype(np.int64), due[counts], (ends - due)[counts])


def shift_duties(model: Model, seed: int, replication: int, day: int) -> ShiftDuties:
    """Duties of named agents in the shifts that begin on a day.

    ``day`` -1 is the day before the start: of it the shifts that last past midnight are left. Who is
    absent or planned away has no breaks.
    """
    shifts, midnight = model.plan.shifts, day * DAY
    kind = kind_of_day(model.calendar, day)
    ends = midnight + shifts.ends
    n = np.where(ends > 0, shifts.n_scheduled[:, kind], 0)
    n_present = np.minimum(n, shifts.n_present[:, kind])
    shift, place = np.repeat(np.arange(len(n)), n), _numbered(n)
    team = shifts.team[shift]
    is_planned = place < n_present[shift]
    words = _words(model, shifts.team, shifts.name_hash)[shift]
    absent = _absences(model, seed, replication, day, team, words, place)
    duty = np.where(is_planned, np.where(absent, Duty.ABSENT, Duty.ON), Duty.SHRINKAGE).astype(np.int64)
    breaks = _breaks(model, midnight)
    n_breaks = np.where(duty == Duty.ON, breaks.n[shift], 0)
    first = (np.cumsum(breaks.n) - breaks.n)[shift]
    taken = np.repeat(first, n_breaks) + _numbered(n_breaks)
    return ShiftDuties(
        agent=shifts.first_agent[shift] + place,
        team=team,
        begins=np.maximum(midnight + shifts.begins, 0)[shift],
        ends=ends[shift],
        duty=duty,
        first_break=np.concatenate([np.zeros(1, np.int64), np.cumsum(n_breaks)]),
        break_due=breaks.due[taken],
        break_length=breaks.length[taken],
    )


def head_count_steps(model: Model, seed: int, replication: int, day: int) -> HeadCountSteps:
    """Head counts of teams without shifts on a day: at midnight, and where a number changes.

    A place that is absent on a date is so at each of the day's steps.
    """
    counts = model.plan.head_counts
    rows: list[tuple[int, int, int, int, int]] = []
    for team in np.unique(counts.team).tolist():
        here = (counts.team == team) & (counts.kind == kind_of_day(model.calendar, day))
        n_present = counts.n_present[here]
        places = np.arange(int(n_present.max()))
        word = _words(model, np.array([team]), np.zeros(1, np.int64))
        of = np.zeros_like(places)  # all of one team, and one word
        absent = _absences(model, seed, replication, day, of + team, word[of], places)
        n_absent = np.concatenate([[0], np.cumsum(absent)])[n_present]
        shrunk = counts.n_scheduled[here] - n_present
        before = None
        for begins, *numbers in zip(
            counts.begins[here].tolist(), (n_present - n_absent).tolist(), n_absent.tolist(), shrunk.tolist(),
            strict=True,
        ):  # fmt: skip
            if numbers != before:
                rows.append((day * DAY + begins, team, *numbers))
            before = numbers
    table = np.array(sorted(rows), np.int64).reshape(-1, 5)
    return HeadCountSteps(*table.T)

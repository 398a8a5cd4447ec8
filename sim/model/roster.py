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


def _absences(
    model: Model, seed: int, replication: int, day: int, team: int, shift_hash: int, n_places: int
) -> NDArray[np.bool_]:
    """Whether each place (n_places,) of a shift (0: of a head count) stays empty on the day."""
    p_absent = float(model.teams.p_absent[team])
    if p_absent <= 0:
        return np.zeros(n_places, np.bool_)
    places = np.uint64(ABSENCE) + np.arange(n_places, dtype=np.uint64)
    who = absence_word(int(model.teams.name_hash[team]), shift_hash)
    lanes = philox_block(seed, replication, who, places, (model.calendar.first_date + day) % 2**64)
    return uniforms(lanes[:, 0]) < p_absent


def _breaks(model: Model, shift: int, midnight: int) -> tuple[Ints, Ints]:
    """Ticks at which a shift's breaks are due, and their lengths; what lies before tick 0 cut off."""
    shifts = model.plan.shifts
    rows = slice(int(shifts.first_break[shift]), int(shifts.first_break[shift + 1]))
    begins = midnight + shifts.break_due[rows]
    ends = begins + shifts.break_length[rows]
    counts = ends > 0
    due = np.maximum(begins, 0)
    return due[counts], (ends - due)[counts]


def _one_shift(model: Model, seed: int, replication: int, day: int, shift: int) -> ShiftDuties:
    """Duties of the agents of one shift; none if it ends before tick 0."""
    shifts, midnight = model.plan.shifts, day * DAY
    ends = midnight + int(shifts.ends[shift])
    kind = kind_of_day(model.calendar, day)
    n = int(shifts.n_scheduled[shift, kind]) if ends > 0 else 0
    n_present = min(n, int(shifts.n_present[shift, kind]))
    team = int(shifts.team[shift])
    absent = _absences(model, seed, replication, day, team, int(shifts.name_hash[shift]), n_present)
    duty = np.full(n, Duty.SHRINKAGE, np.int64)
    duty[:n_present] = np.where(absent, Duty.ABSENT, Duty.ON)
    due, length = _breaks(model, shift, midnight)
    is_on = duty == Duty.ON
    return ShiftDuties(
        agent=int(shifts.first_agent[shift]) + np.arange(n),
        team=np.full(n, team),
        begins=np.full(n, max(midnight + int(shifts.begins[shift]), 0)),
        ends=np.full(n, ends),
        duty=duty,
        first_break=np.concatenate([np.zeros(1, np.int64), np.cumsum(is_on * len(due))]),
        break_due=np.tile(due, np.count_nonzero(is_on)),
        break_length=np.tile(length, np.count_nonzero(is_on)),
    )


def _joined(parts: list[ShiftDuties]) -> ShiftDuties:
    """All rows of several tables; an empty table where there are none."""
    if not parts:
        none = np.empty(0, np.int64)
        return ShiftDuties(none, none, none, none, none, np.zeros(1, np.int64), none, none)
    whole = ShiftDuties._make(np.concatenate(column) for column in zip(*parts, strict=True))
    n_breaks = np.concatenate([np.diff(part.first_break) for part in parts])
    return whole._replace(first_break=np.concatenate([np.zeros(1, np.int64), np.cumsum(n_breaks)]))


def shift_duties(model: Model, seed: int, replication: int, day: int) -> ShiftDuties:
    """Duties of named agents in the shifts that begin on a day.

    ``day`` -1 is the day before the start: of it the shifts that last past midnight are left. Who is
    absent or planned away has no breaks.
    """
    shifts = range(len(model.plan.shifts.team))
    return _joined([_one_shift(model, seed, replication, day, shift) for shift in shifts])


def head_count_steps(model: Model, seed: int, replication: int, day: int) -> HeadCountSteps:
    """Head counts of teams without shifts on a day: at midnight, and where a number changes.

    A place that is absent on a date is so at each of the day's steps.
    """
    counts = model.plan.head_counts
    rows: list[tuple[int, int, int, int, int]] = []
    for team in np.unique(counts.team).tolist():
        here = (counts.team == team) & (counts.kind == kind_of_day(model.calendar, day))
        n_present = counts.n_present[here]
        absent = _absences(model, seed, replication, day, team, 0, int(n_present.max()))
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

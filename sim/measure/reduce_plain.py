"""Folds rows into sums with NumPy alone: the twin of the compiled reducer where Numba is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.measure.catalogue import ISSUE_SUMS, TEAM_SUMS, VISIT_SUMS, WITHIN_SUMS
from sim.measure.reduce import ANSWERED, GAVE_UP, OPEN, Frame, Room, Sums
from sim.measure.sketch import N_BUCKETS, Sparse, bucket_of, merged
from sim.model.records import LEAVES, NONE, Chunk, Duty, DutyColumn, End, IssueColumn, State, VisitColumn

__all__ = ["PlainReducer"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BLOCK = 1 << 15  # rows handled at once: small enough for the processor's cache
_PENDING = 1 << 20  # keys kept before a sparse count is packed

_DUTY_SUMS = ("on", "break", "overtime", "absent", "shrinkage")
_DUTY_NUMBER = np.full(max(Duty) + 1, NONE, np.int64)
_DUTY_NUMBER[[Duty.ON, Duty.BREAK, Duty.OVERTIME, Duty.ABSENT, Duty.SHRINKAGE]] = range(len(_DUTY_SUMS))


class _Buckets:
    """A small table of counts, kept whole."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        self._table = np.zeros(int(np.prod(shape)) * N_BUCKETS, np.int64)

    def add(self, at: Ints) -> None:
        np.add.at(self._table, at, 1)

    def sparse(self) -> Sparse:
        at = np.flatnonzero(self._table)
        return Sparse(self.shape, at, self._table[at])


class _FewBuckets:
    """A large table of counts of which only filled places are kept."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        self._packed = Sparse(shape, np.empty(0, np.int64), np.empty(0, np.int64))
        self._pending: list[Ints] = []
        self._n_pending = 0

    def add(self, at: Ints) -> None:
        self._pending.append(at)
        self._n_pending += len(at)
        if self._n_pending > _PENDING:
            self._pack()

    def _pack(self) -> None:
        at, count = np.unique(np.concatenate([self._packed.at[:0], *self._pending]), return_counts=True)
        self._packed = merged([self._packed, Sparse(self.shape, at, count)])
        self._pending, self._n_pending = [], 0

    def sparse(self) -> Sparse:
        self._pack()
        return self._packed


class _Spans:
    """Ticks of time spans by interval and owner, split exactly at interval borders.

    With ``per_cell`` so many intervals make one cell: a group of days. A span's end b adds b's interval's
    own part up to b, and all of every interval before; its begin takes the same away. Only the two ends
    are noted; `ticks` sums the rest up.
    """

    def __init__(self, frame: Frame, n_owners: int, per_cell: int = 1) -> None:
        self._frame = frame
        self._begins = frame.first * frame.interval
        self._length = frame.interval * per_cell
        self._n_cells = -(-frame.n_intervals // per_cell)
        self._n_owners = n_owners
        self._passed = np.zeros((self._n_cells + 1) * n_owners, np.int64)
        self._part = np.zeros_like(self._passed)

    def add(self, owner: Ints, begin: Ints, end: Ints) -> None:
        """Note spans ``[begin, end)`` [ticks], clipped to the measured time."""
        for at, sign in ((end, 1), (begin, -1)):
            since = np.clip(at, self._frame.warm_up, self._frame.end) - self._begins
            interval = since // self._length
            cell = interval * self._n_owners + owner
            np.add.at(self._passed, cell, sign)
            np.add.at(self._part, cell, sign * (since - interval * self._length))

    def ticks(self) -> Ints:
        """Ticks by interval (or group of days) and owner, (K, owners)."""
        shape = (self._n_cells + 1, self._n_owners)
        passed = self._passed.reshape(shape)
        part = self._part.reshape(shape)
        later = np.cumsum(passed[::-1], axis=0)[::-1] - passed
        return (later * self._length + part)[:-1]


def _blocks(rows: NDArray[np.int64]) -> Iterator[Ints]:
    """The columns of up to `_BLOCK` rows at a time."""
    for start in range(0, len(rows), _BLOCK):
        yield np.ascontiguousarray(rows[start : start + _BLOCK].T)


def _fold(
    names: tuple[str, ...], sums: Mapping[str, tuple[Bools, Ints | None]], *tables: tuple[Ints, Ints]
) -> None:
    """Add sums to the rows of tables that ``names`` gives them.

    A sum is which rows count, and what each of them adds (None: 1); a table comes with each row's cell.
    """
    for name, (counts, amount) in sums.items():
        rows = np.flatnonzero(counts)
        added = 1 if amount is None else amount[rows]
        for table, cell in tables:
            np.add.at(table[names.index(name)], cell[rows], added)


class PlainReducer:
    """The `Reducer` in NumPy; ``room`` is what it folds into."""

    def __init__(self, room: Room) -> None:
        self._frame = frame = room.frame
        self._n_stages, self._n_classes, self._n_teams = room.n_stages, room.n_classes, room.n_teams
        self._is_desk, self._desk_of = room.is_desk, room.desk_of
        self._thresholds, self._values = room.thresholds, room.values
        self._days_per_group = room.days_per_group
        groups, n_desks, n_values = room.n_groups, room.n_desks, room.n_values

        self._n_cells = frame.n_intervals * self._n_stages
        self._n_class_cells = groups * self._n_classes * self._n_stages
        self._shape = (frame.n_intervals, self._n_stages)
        self._class_shape = (groups, self._n_classes, self._n_stages)
        n_thresholds = len(self._thresholds)
        self._visits = np.zeros((len(VISIT_SUMS), self._n_cells), np.int64)
        self._within = np.zeros((n_thresholds, len(WITHIN_SUMS), self._n_cells), np.int64)
        self._class_visits = np.zeros((len(VISIT_SUMS), self._n_class_cells), np.int64)
        self._class_within = np.zeros((n_thresholds, len(WITHIN_SUMS), self._n_class_cells), np.int64)
        self._team_counts = np.zeros((len(TEAM_SUMS), frame.n_intervals * self._n_teams), np.int64)
        self._issues = np.zeros((len(ISSUE_SUMS), frame.n_days), np.int64)
        self._class_issues = np.zeros((len(ISSUE_SUMS), groups * self._n_classes), np.int64)
        self._backlog_waiting = np.zeros(self._n_stages, np.int64)
        self._backlog_issues = 0
        self._waiting = _Spans(frame, self._n_stages)
        self._present = _Spans(frame, self._n_stages)
        per_group = frame.per_day * self._days_per_group
        self._class_waiting = _Spans(frame, self._n_classes * self._n_stages, per_group)
        self._busy = _Spans(frame, self._n_teams)
        self._duty = _Spans(frame, self._n_teams * len(_DUTY_SUMS))
        self._waits = _Buckets((groups, n_desks, 3))
        self._clock_waits = _FewBuckets((frame.per_day, n_desks, 3))
        self._value_waits = _Buckets((n_values, n_desks, 3))
        self._resolution = _Buckets((groups, 1, 1))
        self._value_resolution = _Buckets((n_values, 1, 1))

    def add(self, chunk: Chunk) -> None:
        """Fold the rows of a chunk in."""
        for columns in _blocks(chunk.visits):
            self._add_spans(columns)
            self._add_visits(columns)
        for columns in _blocks(chunk.issues):
            self._add_issues(columns)
        for columns in _blocks(chunk.duty):
            self._add_duty(columns)

    def _interval(self, ticks: Ints) -> Ints:
        return ticks // self._frame.interval - self._frame.first

    def _add_spans(self, v: Ints) -> None:
        """Waiting and work inside the measured time, whenever the visit arrived."""
        frame = self._frame
        stage, enter, start, end = (
            v[c] for c in (VisitColumn.STAGE, VisitColumn.ENTER, VisitColumn.START, VisitColumn.END)
        )
        ended = np.where(end != NONE, end, frame.end)
        self._present.add(stage, enter, ended)
        left = np.where(start != NONE, start, ended)
        # who is answered at once, or turned away, waits for no tick
        waits = np.flatnonzero(self._is_desk[stage] & ((left > enter) | (left >= frame.end)))
        at, since, until = stage[waits], enter[waits], left[waits]
        self._waiting.add(at, since, until)
        if len(self._values):
            self._class_waiting.add(v[VisitColumn.CLASS][waits] * self._n_stages + at, since, until)
        # waiting at the last measured tick; a wait still open counts as ending after it
        last = (since < frame.end) & (until >= frame.end)
        np.add.at(self._backlog_waiting, at[last], 1)

        served = np.flatnonzero((v[VisitColumn.TEAM] != NONE) & (start != NONE))
        freed = v[VisitColumn.FREED][served]
        self._busy.add(v[VisitColumn.TEAM][served], start[served], np.where(freed != NONE, freed, frame.end))

    def _add_visits(self, v: Ints) -> None:
        """Visits that arrive in the measured time."""
        frame = self._frame
        enter = v[VisitColumn.ENTER]
        measured = (enter >= frame.warm_up) & (enter < frame.end)
        if not measured.all():
            v = np.ascontiguousarray(v[:, measured])
            enter = v[VisitColumn.ENTER]
        stage, start, end, how = (
            v[c] for c in (VisitColumn.STAGE, VisitColumn.START, VisitColumn.END, VisitColumn.HOW)
        )
        interval = self._interval(enter)
        group = interval // (frame.per_day * self._days_per_group)
        cell = interval * self._n_stages + stage
        class_cell = (group * self._n_classes + v[VisitColumn.CLASS]) * self._n_stages + stage

        answered = start != NONE
        abandoned = how == End.ABANDONED
        wait = np.where(answered, start, np.where(end != NONE, end, frame.end)) - enter
        leaves_served = (v[VisitColumn.NEXT] == LEAVES) & ((how == End.SOLVED) | (how == End.UNSOLVED))
        handled = answered & (end != NONE)
        freed = v[VisitColumn.FREED]
        handling = np.where(freed != NONE, freed, end) - start
        first = v[VisitColumn.STEP] == 1
        returned = v[VisitColumn.ATTEMPT] > 1
        sums = {
            "entered": (np.ones(len(enter), np.bool_), None),
            "first": (first, None),
            "returned": (returned, None),
            "first_returned": (first & returned, None),
            "answered": (answered, None),
            "answered_waited": (answered & (wait > 0), None),
            "abandoned": (abandoned, None),
            "turned_away": (how == End.TURNED_AWAY, None),
            "open": (how == End.NONE, None),
            "handed_off": (v[VisitColumn.NEXT] != LEAVES, None),
            "ended_here": (leaves_served, None),
            "solved_here": (leaves_served & (how == End.SOLVED), None),
            "solved": (how == End.SOLVED, None),
            "wait_answered": (answered, wait),
            "wait_abandoned": (abandoned, wait),
            "handled": (handled, None),
            "handling": (handled, handling),
        }
        _fold(VISIT_SUMS, sums, (self._visits, cell), (self._class_visits, class_cell))
        for number, row in enumerate(self._thresholds):
            in_time = wait <= row[stage]
            within = {
                "answered_within": (answered & in_time, None),
                "abandoned_within": (abandoned & in_time, None),
            }
            tables = ((self._within[number], cell), (self._class_within[number], class_cell))
            _fold(WITHIN_SUMS, within, *tables)

        team = v[VisitColumn.TEAM]
        has_team = team != NONE
        of_teams = {
            "answered": (answered & has_team, None),
            "wait_answered": (answered & has_team, wait),
            "handled": (handled & has_team, None),
            "handling": (handled & has_team, handling),
        }
        _fold(TEAM_SUMS, of_teams, (self._team_counts, interval * self._n_teams + team))

        # who is turned away never waits
        rows = np.flatnonzero(self._is_desk[stage] & (how != End.TURNED_AWAY))
        ended = np.where(answered, ANSWERED, np.where(abandoned, GAVE_UP, OPEN))[rows]
        desk = self._desk_of[stage[rows]]
        bucket = ended * N_BUCKETS + bucket_of(wait[rows])
        self._add_waits(group[rows], interval[rows], v[VisitColumn.CLASS][rows], desk, bucket)

    def _add_waits(self, group: Ints, interval: Ints, klass: Ints, desk: Ints, bucket: Ints) -> None:
        n_desks = self._waits.shape[1]

        def place(owner: Ints) -> Ints:
            return (owner * n_desks + desk) * (3 * N_BUCKETS) + bucket

        self._waits.add(place(group))
        self._clock_waits.add(place((interval + self._frame.first) % self._frame.per_day))
        for value_of in self._values:
            self._value_waits.add(place(value_of[klass]))

    def _add_issues(self, i: Ints) -> None:
        frame = self._frame
        born, closed = i[IssueColumn.BORN], i[IssueColumn.CLOSED]
        self._backlog_issues += int(((born < frame.end) & ((closed == NONE) | (closed >= frame.end))).sum())
        i = np.ascontiguousarray(i[:, (born >= frame.warm_up) & (born < frame.end)])
        born, closed, state = i[IssueColumn.BORN], i[IssueColumn.CLOSED], i[IssueColumn.STATE]
        day = self._interval(born) // frame.per_day
        group = day // self._days_per_group
        class_cell = group * self._n_classes + i[IssueColumn.CLASS]
        solved = state == State.SOLVED
        took = closed - born
        sums = {
            "issues": (np.ones(len(born), np.bool_), None),
            "solved": (solved, None),
            "solved_first": (solved & (i[IssueColumn.ATTEMPTS] == 1), None),
            "believed": (state == State.BELIEVED, None),
            "open": (state == State.OPEN, None),
            "dropped": (i[IssueColumn.DROPPED] != 0, None),
            "to_resolution": (solved, took),
        }
        _fold(ISSUE_SUMS, sums, (self._issues, day), (self._class_issues, class_cell))
        rows = np.flatnonzero(solved)
        bucket = bucket_of(took[rows])
        self._resolution.add(group[rows] * N_BUCKETS + bucket)
        for value_of in self._values:
            self._value_resolution.add(value_of[i[IssueColumn.CLASS][rows]] * N_BUCKETS + bucket)

    def _add_duty(self, d: Ints) -> None:
        state, team = d[DutyColumn.STATE], d[DutyColumn.TEAM]
        rows = np.flatnonzero(state != Duty.LOST_BREAK)
        owner = team[rows] * len(_DUTY_SUMS) + _DUTY_NUMBER[state[rows]]
        self._duty.add(owner, d[DutyColumn.FROM][rows], d[DutyColumn.TO][rows])
        begins = d[DutyColumn.FROM]
        lost = np.flatnonzero(
            (state == Duty.LOST_BREAK) & (begins >= self._frame.warm_up) & (begins < self._frame.end)
        )
        np.add.at(
            self._team_counts[TEAM_SUMS.index("lost_breaks")],
            self._interval(begins[lost]) * self._n_teams + team[lost],
            1,
        )

    def _team(self) -> Ints:
        """Team sums, (TEAM_SUMS, K, T)."""
        table = self._team_counts.reshape(len(TEAM_SUMS), self._frame.n_intervals, self._n_teams).copy()
        duty = self._duty.ticks().reshape(self._frame.n_intervals, self._n_teams, len(_DUTY_SUMS))
        for number, name in enumerate(_DUTY_SUMS):
            table[TEAM_SUMS.index(name)] = duty[:, :, number]
        table[TEAM_SUMS.index("busy")] = self._busy.ticks()
        return table

    def sums(self) -> Sums:
        """What has been folded so far."""
        n_thresholds = len(self._thresholds)
        return Sums(
            frame=self._frame,
            days_per_group=self._days_per_group,
            visits=self._visits.reshape(-1, *self._shape).copy(),
            within=self._within.reshape(n_thresholds, -1, *self._shape).copy(),
            waiting=self._waiting.ticks(),
            present=self._present.ticks(),
            class_visits=self._class_visits.reshape(-1, *self._class_shape).copy(),
            class_within=self._class_within.reshape(n_thresholds, -1, *self._class_shape).copy(),
            class_waiting=self._class_waiting.ticks().reshape(self._class_shape),
            team=self._team(),
            issues=self._issues.copy(),
            class_issues=self._class_issues.reshape(len(ISSUE_SUMS), -1, self._n_classes).copy(),
            backlog_waiting=self._backlog_waiting.copy(),
            backlog_issues=self._backlog_issues,
            waits=self._waits.sparse(),
            clock_waits=self._clock_waits.sparse(),
            value_waits=self._value_waits.sparse(),
            resolution=self._resolution.sparse(),
            value_resolution=self._value_resolution.sparse(),
        )

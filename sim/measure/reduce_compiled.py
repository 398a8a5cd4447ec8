"""Folds rows into sums with the kernels of `fold`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.measure.catalogue import ISSUE_SUMS, TEAM_SUMS, VISIT_SUMS, WITHIN_SUMS
from sim.measure.fold import (
    BLOCK,
    CONTACTS,
    DUTY,
    ENDS,
    HANDLING,
    ISSUE_COLUMNS,
    PRESENT,
    SERVED,
    TEAM_BUSY,
    TEAM_COLUMNS,
    TEAM_HANDLING,
    TEAM_LOST,
    TEAM_SERVED,
    TEAM_WAIT,
    TOOK,
    WAITING,
    WAITS,
    WITHIN,
    WITHIN_COLUMNS,
    Given,
    Tables,
    Window,
    add_up,
    fold_duty,
    fold_issues,
    fold_visits,
    spread,
)
from sim.measure.reduce import Room, Sums
from sim.measure.sketch import N_BUCKETS, Sparse
from sim.model.records import Chunk, Duty, End, State

__all__ = ["CompiledReducer", "Prepared", "prepared"]

Ints = NDArray[np.int64]

_FIRST_PLACES = 128  # of blocks in the pool; it doubles when they are used up


def _pairs(names: tuple[str, ...], columns: dict[str, list[int]]) -> Ints:
    """Pairs (number of a sum, a column that it counts)."""
    return np.array([(names.index(name), c) for name, some in columns.items() for c in some], np.int64)


def _ends(*hows: End, leaves: tuple[int, ...] = (0, 1)) -> list[int]:
    return [ENDS + 2 * how + left for how in hows for left in leaves]


def _issues(*states: State, first: tuple[int, ...] = (0, 1), dropped: tuple[int, ...] = (0, 1)) -> list[int]:
    return [4 * state + 2 * one + gone for state in states for one in first for gone in dropped]


_OF_VISITS = _pairs(
    VISIT_SUMS,
    {
        "entered": _ends(*End),
        "first": [CONTACTS + 1, CONTACTS + 3],
        "returned": [CONTACTS + 2, CONTACTS + 3],
        "first_returned": [CONTACTS + 3],
        "answered": [SERVED + 1, SERVED + 2, SERVED + 3, SERVED + 4],
        "answered_waited": [SERVED + 2, SERVED + 4],
        "abandoned": _ends(End.ABANDONED),
        "turned_away": _ends(End.TURNED_AWAY),
        "open": _ends(End.NONE),
        "handed_off": _ends(*End, leaves=(0,)),
        "ended_here": _ends(End.SOLVED, End.UNSOLVED, leaves=(1,)),
        "solved_here": _ends(End.SOLVED, leaves=(1,)),
        "solved": _ends(End.SOLVED),
        "wait_answered": [WAITS + 1, WAITS + 3],
        "wait_abandoned": [WAITS + 2, WAITS + 3],
        "handled": [SERVED + 3, SERVED + 4],
        "handling": [HANDLING],
    },
)
_OF_WITHIN = _pairs(
    WITHIN_SUMS, {"answered_within": [WITHIN + 1, WITHIN + 3], "abandoned_within": [WITHIN + 2, WITHIN + 3]}
)
"""Of the first threshold; those of the others come after."""
_OF_TEAMS = _pairs(
    TEAM_SUMS,
    {
        "lost_breaks": [TEAM_LOST],
        "answered": [TEAM_SERVED + 1, TEAM_SERVED + 2],
        "wait_answered": [TEAM_WAIT],
        "handled": [TEAM_SERVED + 2],
        "handling": [TEAM_HANDLING],
    },
)
_SPANS_OF_TEAMS = {
    "on": DUTY + 2 * Duty.ON,
    "break": DUTY + 2 * Duty.BREAK,
    "overtime": DUTY + 2 * Duty.OVERTIME,
    "absent": DUTY + 2 * Duty.ABSENT,
    "shrinkage": DUTY + 2 * Duty.SHRINKAGE,
    "busy": TEAM_BUSY,
}
_OF_ISSUES = _pairs(
    ISSUE_SUMS,
    {
        "issues": _issues(*State),
        "solved": _issues(State.SOLVED),
        "solved_first": _issues(State.SOLVED, first=(1,)),
        "believed": _issues(State.BELIEVED),
        "open": _issues(State.OPEN),
        "dropped": _issues(*State, dropped=(1,)),
        "to_resolution": [TOOK],
    },
)


class Prepared(NamedTuple):
    """What is made once for all replications of a scenario."""

    room: Room
    given: Given
    within: Ints  # pairs (number of a sum, a column that it counts) for all thresholds
    groups: Ints  # (G,) first interval of each group of days
    shapes: tuple[tuple[int, int, int], ...]  # of each kind of histogram, in the order of its first bucket
    first: Ints  # (kinds + 1,) first bucket of each kind


def prepared(room: Room) -> Prepared:
    """What kernels read of a scenario."""
    frame, n_desks = room.frame, room.n_desks
    shapes = (
        (room.n_groups, n_desks, 3),
        (frame.per_day, n_desks, 3),
        (room.n_values, n_desks, 3),
        (room.n_groups, 1, 1),
        (room.n_values, 1, 1),
    )
    first = np.concatenate(([0], np.cumsum([n * d * parts for n, d, parts in shapes]))) * N_BUCKETS
    per_group = frame.per_day * room.days_per_group
    number = np.arange(frame.n_intervals + 1, dtype=np.int64)
    given = Given(
        window=Window(
            frame.warm_up, frame.end, frame.first * frame.interval, frame.interval, 1 / frame.interval
        ),
        group_ticks=per_group * frame.interval,
        n_stages=room.n_stages,
        by_group=room.n_groups > 1,
        by_class=room.n_classes > 1,
        group_of=number // per_group,
        clock_of=(number + frame.first) % frame.per_day,
        day_of=number // frame.per_day,
        is_desk=room.is_desk.astype(np.int64),
        desk_of=room.desk_of,
        thresholds=room.thresholds,
        values=np.ascontiguousarray(room.values),
        desk_buckets=n_desks * 3 * N_BUCKETS,
        waits=int(first[0]),
        clock_waits=int(first[1]),
        value_waits=int(first[2]),
        resolution=int(first[3]),
        value_resolution=int(first[4]),
    )
    step = np.array([len(WITHIN_SUMS), WITHIN_COLUMNS])
    within = np.concatenate([_OF_WITHIN + n * step for n in range(len(room.thresholds))])
    groups = np.arange(0, frame.n_intervals, per_group)
    return Prepared(room, given, within, groups, shapes, first)


def _tables(of: Prepared) -> Tables:
    """Empty tables; pages that nothing is written to take no memory."""
    room, frame = of.room, of.room.frame
    columns = WITHIN + WITHIN_COLUMNS * len(room.thresholds)
    n_groups = room.n_groups if of.given.by_class else 0
    return Tables(
        visits=np.zeros((frame.n_intervals + 1, room.n_stages, columns), np.int64),
        classes=np.zeros((n_groups + 1, room.n_classes * room.n_stages, columns), np.int64),
        teams=np.zeros((frame.n_intervals + 1, 1 + room.n_teams, TEAM_COLUMNS), np.int64),
        issues=np.zeros((frame.n_days, 1, ISSUE_COLUMNS), np.int64),
        class_issues=np.zeros((n_groups, room.n_classes, ISSUE_COLUMNS), np.int64),
        backlog=np.zeros(room.n_stages + 1, np.int64),
        place=np.zeros(of.first[-1] // BLOCK, np.int64),
        block=np.zeros(_FIRST_PLACES, np.int64),
        pool=np.zeros((_FIRST_PLACES, BLOCK), np.int64),
        n_places=np.zeros(1, np.int64),
    )


def _enlarged(tables: Tables, at_least: int) -> Tables:
    """The same with twice the places, or more."""
    n = len(tables.block)
    more = max(2 * n, at_least)
    block, pool = np.zeros(more, np.int64), np.zeros((more, BLOCK), np.int64)
    block[:n], pool[:n] = tables.block, tables.pool
    return tables._replace(block=block, pool=pool)


def _added(table: Ints, pairs: Ints, n_sums: int, n_cells: int) -> Ints:
    """Sums (n_sums, cells, owners) of the counts of a table."""
    sums = np.zeros((n_sums, n_cells, table.shape[1]), np.int64)
    add_up(table, pairs, sums)
    return sums


def _ticks(table: Ints, column: int, n_cells: int, length: int) -> Ints:
    """Ticks (cells, owners) of the spans in a column of a table."""
    ticks = np.zeros((n_cells, table.shape[1]), np.int64)
    spread(table, column, length, ticks)
    return ticks


def _without_owners(table: Sparse) -> Sparse:
    """The histograms of all owners together."""
    _, desks, parts = table.shape
    together = np.zeros(desks * parts * N_BUCKETS, np.int64)
    np.add.at(together, table.at % len(together), table.n)
    at = np.flatnonzero(together)
    return Sparse((1, desks, parts), at, together[at])


class CompiledReducer:
    """The `Reducer` of kernels."""

    def __init__(self, of: Prepared) -> None:
        self._of = of
        self._tables = _tables(of)

    def add(self, chunk: Chunk) -> None:
        """Fold the rows of a chunk in."""
        visits, issues, duty = (np.ascontiguousarray(table) for table in chunk)
        for fold, rows in ((fold_visits, visits), (fold_issues, issues)):
            n = 0
            while n < len(rows):
                n = fold(self._of.given, self._tables, rows, n)
                if n < len(rows):
                    self._tables = _enlarged(self._tables, 2 * (3 + len(self._of.given.values)))
        fold_duty(self._of.given.window, self._tables.teams, duty)

    def _sketches(self) -> list[Sparse]:
        """The filled buckets of each kind of histogram."""
        n = int(self._tables.n_places[0]) + 1
        block = self._tables.block[1:n]
        order = np.argsort(block)
        counts = self._tables.pool[1:n][order].reshape(-1)
        filled = np.flatnonzero(counts)
        at = block[order][filled // BLOCK] * BLOCK + filled % BLOCK
        counts = counts[filled]
        borders = np.searchsorted(at, self._of.first)
        kinds = zip(self._of.shapes, self._of.first[:-1], borders[:-1], borders[1:], strict=True)
        found = [Sparse(shape, at[a:b] - first, counts[a:b]) for shape, first, a, b in kinds]
        if not self._of.given.by_group:
            found[0] = _without_owners(found[1])
        return found

    def _team(self) -> Ints:
        """Team sums, (TEAM_SUMS, K, T)."""
        table, frame = self._tables.teams, self._of.room.frame
        sums = _added(table, _OF_TEAMS, len(TEAM_SUMS), frame.n_intervals)
        for name, column in _SPANS_OF_TEAMS.items():
            spread(table, column, frame.interval, sums[TEAM_SUMS.index(name)])
        return np.ascontiguousarray(sums[:, :, 1:])

    def sums(self) -> Sums:
        """What has been folded so far."""
        room, tables, groups = self._of.room, self._tables, self._of.groups
        frame = room.frame
        by_class = (room.n_groups, room.n_classes, room.n_stages)
        visits = _added(tables.visits, _OF_VISITS, len(VISIT_SUMS), frame.n_intervals)
        n_within = len(room.thresholds) * len(WITHIN_SUMS)
        within = _added(tables.visits, self._of.within, n_within, frame.n_intervals)
        waiting = _ticks(tables.visits, WAITING, frame.n_intervals, frame.interval)
        issues = _added(tables.issues, _OF_ISSUES, len(ISSUE_SUMS), frame.n_days)[:, :, 0]
        if self._of.given.by_class:
            class_visits = _added(tables.classes, _OF_VISITS, len(VISIT_SUMS), room.n_groups)
            class_within = _added(tables.classes, self._of.within, n_within, room.n_groups)
            class_waiting = _ticks(tables.classes, WAITING, room.n_groups, self._of.given.group_ticks)
            class_issues = _added(tables.class_issues, _OF_ISSUES, len(ISSUE_SUMS), room.n_groups)
        else:  # of one class, all the same figures by groups of days
            class_visits = np.add.reduceat(visits, groups, axis=1)
            class_within = np.add.reduceat(within, groups, axis=1)
            class_waiting = np.add.reduceat(waiting, groups) * (len(room.values) > 0)
            class_issues = np.add.reduceat(issues, groups // frame.per_day, axis=1)[:, :, None]
        waits, clock_waits, value_waits, resolution, value_resolution = self._sketches()
        return Sums(
            frame=frame,
            days_per_group=room.days_per_group,
            visits=visits,
            within=within.reshape(-1, len(WITHIN_SUMS), frame.n_intervals, room.n_stages),
            waiting=waiting,
            present=_ticks(tables.visits, PRESENT, frame.n_intervals, frame.interval),
            class_visits=class_visits.reshape(-1, *by_class),
            class_within=class_within.reshape(-1, len(WITHIN_SUMS), *by_class),
            class_waiting=class_waiting.reshape(by_class),
            team=self._team(),
            issues=issues,
            class_issues=class_issues,
            backlog_waiting=tables.backlog[:-1].copy(),
            backlog_issues=int(tables.backlog[-1]),
            waits=waits,
            clock_waits=clock_waits,
            value_waits=value_waits,
            resolution=resolution,
            value_resolution=value_resolution,
        )

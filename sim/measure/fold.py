"""Kernels that fold rows into counters, each row in one pass.

What a row adds lies together: a table is (cells, owners, columns), a cell an interval (or a group of days).
Many sums are counts of a few properties of a row, so rows are counted by combinations of these, one addition
for several sums; `add_up` makes the sums of the counts at the end. A time span is noted at its two ends:
``passed`` counts borders, ``part`` the ticks inside the two cells; `spread` makes ticks of these.

Histograms are sparse: buckets lie in blocks, a block gets its place in the pool when the first row falls
into it. The kernels stop before a row for which the pool might be too small; the caller enlarges it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit import inlined, int64, kernel
from sim.measure.sketch import N_BUCKETS, bucket_of_one
from sim.model.records import LEAVES, NONE, Duty, DutyColumn, End, IssueColumn, State, VisitColumn

__all__ = [
    "BLOCK",
    "CONTACTS",
    "DUTY",
    "ENDS",
    "HANDLING",
    "ISSUE_COLUMNS",
    "PRESENT",
    "SERVED",
    "TEAM_BUSY",
    "TEAM_COLUMNS",
    "TEAM_HANDLING",
    "TEAM_LOST",
    "TEAM_SERVED",
    "TEAM_WAIT",
    "TOOK",
    "WAITING",
    "WAITS",
    "WITHIN",
    "WITHIN_COLUMNS",
    "Given",
    "Tables",
    "Window",
    "add_up",
    "fold_duty",
    "fold_issues",
    "fold_visits",
    "spread",
]

Ints = NDArray[np.int64]

_HOWS = len(End)

# Columns of a cell of visits: counts by combinations, then amounts.
ENDS = 0  # + 2 x how + leaves
CONTACTS = ENDS + 2 * _HOWS  # + first + 2 x returned
SERVED = CONTACTS + 4  # + 0 where not answered, else 1 + waited + 2 x handled
WAITS = SERVED + 5  # + answered + 2 x abandoned: ticks
HANDLING = WAITS + 4  # ticks
WAITING = HANDLING + 1  # passed, part
PRESENT = WAITING + 2  # passed, part
WITHIN = PRESENT + 2  # + 4 x threshold + answered + 2 x abandoned, of those in time
WITHIN_COLUMNS = 4

# Columns of a cell of teams.
TEAM_SERVED = 0  # + answered + handled
TEAM_WAIT = 3  # ticks
TEAM_HANDLING = 4  # ticks
TEAM_LOST = 5
TEAM_BUSY = 6  # passed, part
DUTY = 8  # + 2 x state: passed, part
TEAM_COLUMNS = DUTY + 2 * len(Duty) + 2

# Columns of a cell of issues.
TOOK = 4 * len(State)  # ticks, of the solved; before it counts by 4 x state + 2 x first attempt + dropped
ISSUE_COLUMNS = TOOK + 1

_BITS = 6
BLOCK = 1 << _BITS  # buckets; divides N_BUCKETS
_IN_BLOCK = BLOCK - 1

_STAGE, _CLASS, _TEAM = int(VisitColumn.STAGE), int(VisitColumn.CLASS), int(VisitColumn.TEAM)
_ENTER, _START, _END = int(VisitColumn.ENTER), int(VisitColumn.START), int(VisitColumn.END)
_FREED, _HOW, _NEXT = int(VisitColumn.FREED), int(VisitColumn.HOW), int(VisitColumn.NEXT)
_ATTEMPT, _STEP = int(VisitColumn.ATTEMPT), int(VisitColumn.STEP)
_ABANDONED, _TURNED_AWAY = int(End.ABANDONED), int(End.TURNED_AWAY)
_I_CLASS, _BORN, _CLOSED = int(IssueColumn.CLASS), int(IssueColumn.BORN), int(IssueColumn.CLOSED)
_ATTEMPTS, _STATE, _DROPPED = int(IssueColumn.ATTEMPTS), int(IssueColumn.STATE), int(IssueColumn.DROPPED)
_SOLVED = int(State.SOLVED)
_D_TEAM, _D_STATE = int(DutyColumn.TEAM), int(DutyColumn.STATE)
_FROM, _TO, _LOST_BREAK = int(DutyColumn.FROM), int(DutyColumn.TO), int(Duty.LOST_BREAK)


class Window(NamedTuple):
    """The measured time and its intervals."""

    warm_up: int  # ticks
    end: int
    begins: int  # tick at which the first interval begins
    interval: int  # ticks
    per_tick: float  # 1 / interval


class Given(NamedTuple):
    """What kernels read: the same for all replications."""

    window: Window
    group_ticks: int  # ticks of a group of days
    n_stages: int
    by_group: bool  # waits are counted by groups of days: there are several
    by_class: bool  # visits and issues are counted by class: there are several
    group_of: Ints  # (K + 1,) group of days of an interval
    clock_of: Ints  # (K + 1,) interval of the day
    day_of: Ints  # (K + 1,)
    is_desk: Ints  # (S,) 1 at desks
    desk_of: Ints  # (S,)
    thresholds: Ints  # (1 + h, S) ticks
    values: Ints  # (A, C) value number
    desk_buckets: int  # buckets of an owner of waits: desks x 3 x N_BUCKETS
    waits: int  # first bucket of each kind of histogram
    clock_waits: int
    value_waits: int
    resolution: int
    value_resolution: int


class Tables(NamedTuple):
    """What kernels fold into."""

    visits: Ints  # (K + 1, S, columns)
    classes: Ints  # (G + 1, C x S, columns); empty with one class
    teams: Ints  # (K + 1, 1 + T, columns); the first row takes what has no team
    issues: Ints  # (days, 1, columns)
    class_issues: Ints  # (G, C, columns); empty with one class
    backlog: Ints  # (S + 1,) contacts waiting at the end; issues open at the end
    place: Ints  # (blocks,) place of a block in the pool; 0 = none yet
    block: Ints  # (places,) the block in a place
    pool: Ints  # (places, BLOCK) counts; place 0 takes what is not counted
    n_places: Ints  # (1,) places in use


@inlined
def _count(place_of: Ints, block_of: Ints, pool: Ints, n_places: int, at: int, counts: int) -> int:
    """Count (1) or do not count (0) at a bucket; the number of places in use thereafter."""
    block = at >> _BITS
    place = place_of[block] * counts
    if place == 0 and counts == 1:
        n_places += 1
        place = n_places
        place_of[block] = place
        block_of[place] = block
    pool[place, at & _IN_BLOCK] += counts
    return n_places


@inlined
def _cell_of(window: Window, since: int) -> int:
    """Number of the interval at ticks since the first began; the half keeps rounding off the borders."""
    return int64((since + 0.5) * window.per_tick)


@inlined
def _measured(window: Window, tick: int) -> int:
    """Ticks since the first interval began, clipped to the measured time."""
    return min(max(tick, window.warm_up), window.end) - window.begins


@inlined
def _note_span(
    window: Window, table: Ints, owner: int, column: int, cell: int, part: int, until: int
) -> None:
    """Note a span from ``part`` ticks inside a cell until some tick since the first interval began."""
    last = until - cell * window.interval
    if 0 <= last < window.interval:
        table[cell, owner, column + 1] += last - part
    else:
        other = _cell_of(window, until)
        table[other, owner, column] += 1
        table[other, owner, column + 1] += until - other * window.interval
        table[cell, owner, column] -= 1
        table[cell, owner, column + 1] -= part


@inlined
def _note_span_of_days(
    group_of: Ints, length: int, table: Ints, owner: int, cell: int, other: int, since: int, until: int
) -> None:
    """The same for ``WAITING`` where cells are groups of days, from one interval to another."""
    group, other_group = group_of[cell], group_of[other]
    if group != other_group:
        table[group, owner, WAITING] -= 1
        table[other_group, owner, WAITING] += 1
    table[group, owner, WAITING + 1] -= since - group * length
    table[other_group, owner, WAITING + 1] += until - other_group * length


@inlined
def _count_visit(
    thresholds: Ints, table: Ints, cell: int, owner: int, stage: int,
    ends: int, contacts: int, served: int, waits: int, wait: int, handling: int,
) -> None:  # fmt: skip
    """What a visit that arrives in the measured time adds to a cell."""
    table[cell, owner, ENDS + ends] += 1
    table[cell, owner, CONTACTS + contacts] += 1
    table[cell, owner, SERVED + served] += 1
    table[cell, owner, WAITS + waits] += wait
    table[cell, owner, HANDLING] += handling
    column = WITHIN + waits
    for number in range(len(thresholds)):
        table[cell, owner, column] += int64(wait <= thresholds[number, stage])
        column += WITHIN_COLUMNS


@kernel
def fold_visits(given: Given, tables: Tables, rows: Ints, n: int) -> int:
    """Fold visit rows from number ``n`` on; the number of the first row left."""
    window, visits, teams = given.window, tables.visits, tables.teams
    place_of, block_of, pool = tables.place, tables.block, tables.pool
    n_places = tables.n_places[0]
    enough = len(tables.block) - 3 - len(given.values)
    while n < len(rows) and n_places <= enough:
        stage, team, how = rows[n, _STAGE], rows[n, _TEAM] + 1, rows[n, _HOW]
        enter, start, end, freed = rows[n, _ENTER], rows[n, _START], rows[n, _END], rows[n, _FREED]
        klass = rows[n, _CLASS]
        is_desk = given.is_desk[stage]
        answered = int64(start != NONE)
        ended = window.end if end == NONE else end
        left = start if answered == 1 else ended

        # Waiting, being there and work inside the measured time, whenever the visit arrived.
        since = _measured(window, enter)
        cell = _cell_of(window, since)
        part = since - cell * window.interval
        waited = (_measured(window, max(left, enter)) - since) * is_desk
        _note_span(window, visits, stage, WAITING, cell, part, since + waited)
        _note_span(window, visits, stage, PRESENT, cell, part, _measured(window, ended))
        if given.by_class and waited > 0:
            _note_span_of_days(
                given.group_of, given.group_ticks, tables.classes, klass * given.n_stages + stage,
                cell, _cell_of(window, since + waited), since, since + waited,
            )  # fmt: skip
        if left >= window.end and enter < window.end:
            tables.backlog[stage] += is_desk  # waiting at the last measured tick
        done = ended if freed == NONE else freed
        begun = _measured(window, left)
        begun_cell = _cell_of(window, begun)
        free = _measured(window, done) if answered == 1 else begun
        _note_span(window, teams, team, TEAM_BUSY, begun_cell, begun - begun_cell * window.interval, free)

        if window.warm_up <= enter < window.end:
            wait = left - enter
            handled = answered * int64(end != NONE)
            handling = (done - start) * handled
            abandoned = int64(how == _ABANDONED)
            ends = 2 * how + int64(rows[n, _NEXT] == LEAVES)
            contacts = int64(rows[n, _STEP] == 1) + 2 * int64(rows[n, _ATTEMPT] > 1)
            served = answered * (1 + int64(wait > 0) + 2 * handled)
            waits = answered + 2 * abandoned
            group = given.group_of[cell]
            _count_visit(
                given.thresholds, visits, cell, stage, stage,
                ends, contacts, served, waits, wait, handling,
            )  # fmt: skip
            if given.by_class:
                _count_visit(
                    given.thresholds, tables.classes, group, klass * given.n_stages + stage, stage,
                    ends, contacts, served, waits, wait, handling,
                )  # fmt: skip
            teams[cell, team, TEAM_SERVED + answered + handled] += 1
            teams[cell, team, TEAM_WAIT] += wait * answered
            teams[cell, team, TEAM_HANDLING] += handling

            joined = is_desk * int64(how != _TURNED_AWAY)  # who is turned away never waits
            parted = (1 - answered) * (2 - abandoned)
            bucket = (given.desk_of[stage] * 3 + parted) * N_BUCKETS + bucket_of_one(wait)
            at = given.clock_waits + given.clock_of[cell] * given.desk_buckets + bucket
            n_places = _count(place_of, block_of, pool, n_places, at, joined)
            if given.by_group:
                at = given.waits + group * given.desk_buckets + bucket
                n_places = _count(place_of, block_of, pool, n_places, at, joined)
            for attribute in range(len(given.values)):
                value = given.values[attribute, klass]
                at = given.value_waits + value * given.desk_buckets + bucket
                n_places = _count(place_of, block_of, pool, n_places, at, joined)
        n += 1
    tables.n_places[0] = n_places
    return n


@kernel
def fold_issues(given: Given, tables: Tables, rows: Ints, n: int) -> int:
    """Fold issue rows from number ``n`` on; the number of the first row left."""
    n_places = tables.n_places[0]
    n_open = int64(0)
    window, place_of, block_of, pool = given.window, tables.place, tables.block, tables.pool
    enough = len(tables.block) - 2 - len(given.values)
    while n < len(rows) and n_places <= enough:
        born, closed, state = rows[n, _BORN], rows[n, _CLOSED], rows[n, _STATE]
        klass = rows[n, _I_CLASS]
        n_open += int64(born < window.end) * (1 - int64(closed != NONE) * int64(closed < window.end))
        if window.warm_up <= born < window.end:
            cell = _cell_of(window, born - window.begins)
            day, group = given.day_of[cell], given.group_of[cell]
            solved = int64(state == _SOLVED)
            took = (closed - born) * solved
            kind = 4 * state + 2 * int64(rows[n, _ATTEMPTS] == 1) + int64(rows[n, _DROPPED] != 0)
            tables.issues[day, 0, kind] += 1
            tables.issues[day, 0, TOOK] += took
            if given.by_class:
                tables.class_issues[group, klass, kind] += 1
                tables.class_issues[group, klass, TOOK] += took
            bucket = bucket_of_one(took)
            n_places = _count(
                place_of, block_of, pool, n_places, given.resolution + group * N_BUCKETS + bucket, solved
            )
            for attribute in range(len(given.values)):
                at = given.value_resolution + given.values[attribute, klass] * N_BUCKETS + bucket
                n_places = _count(place_of, block_of, pool, n_places, at, solved)
        n += 1
    tables.backlog[len(tables.backlog) - 1] += n_open
    tables.n_places[0] = n_places
    return n


@kernel
def fold_duty(window: Window, teams: Ints, rows: Ints) -> None:
    """Fold duty rows into the table of teams."""
    for n in range(len(rows)):
        team, state, begins = rows[n, _D_TEAM] + 1, rows[n, _D_STATE], rows[n, _FROM]
        since = _measured(window, begins)
        cell = _cell_of(window, since)
        if state != _LOST_BREAK:
            part = since - cell * window.interval
            until = _measured(window, rows[n, _TO])
            _note_span(window, teams, team, DUTY + 2 * state, cell, part, until)
        elif window.warm_up <= begins < window.end:
            teams[cell, team, TEAM_LOST] += 1


@kernel
def add_up(table: Ints, columns: Ints, sums: Ints) -> None:
    """Add to each sum (sums, cells, owners) the columns named in pairs (sum, column); cells as there are."""
    for pair in range(len(columns)):
        number, column = columns[pair, 0], columns[pair, 1]
        for cell in range(sums.shape[1]):
            for owner in range(sums.shape[2]):
                sums[number, cell, owner] += table[cell, owner, column]


@kernel
def spread(table: Ints, column: int, length: int, ticks: Ints) -> None:
    """Ticks (cells, owners) of the spans noted in a column; a cell has ``length`` ticks."""
    n_cells, n_owners = ticks.shape
    for owner in range(n_owners):
        passed = table[n_cells, owner, column]
        for cell in range(n_cells - 1, -1, -1):
            ticks[cell, owner] = passed * length + table[cell, owner, column + 1]
            passed += table[cell, owner, column]

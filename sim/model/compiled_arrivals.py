"""Arrivals in compiled code: the rows of `arrivals`, bit for bit.

Each stream draws its arrivals one after the other along the day's curve. A single stream writes straight
into the block that is given out; several write ahead into a buffer each, from which the earliest row is
taken again and again. Only these buffers and one block are kept, however much demand there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.jit import called, inlined, int64, kernel
from sim.model.arrivals import BELOW_1, Arrivals, value_of_all
from sim.model.compiled_draws import lanes_of, sample_of, uniform_of
from sim.model.day_curves import DayCurves, Run, day_curves
from sim.model.draws import ARRIVAL, word
from sim.model.lookup import EXPONENTIAL
from sim.model.records import NONE
from sim.model.tables import DAY, NEVER, Model, Shapes, kind_of_day

__all__ = ["ArrivalTables", "arrival_tables", "compiled_arrivals"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BLOCK_ROWS = 16_384  # no block has more rows
_ENOUGH_ROWS = 4096  # a block with so many is given out when the day ends
_BATCH_ROWS = 64  # rows whose draws are made before the rest of them is worked out
_AHEAD_ROWS = 256  # rows of each of several streams that are written ahead

_TICK, _UID, _STREAM, _CLASS, _ENTRY = range(5)  # rows of a block
_AT_MIDNIGHT = -1  # a head that is before all others: nothing of the stream's day is written yet


class _Column(IntEnum):
    """What is known of a stream between two calls; streams stand in the order of their hashes."""

    COUNT = 0  # arrivals so far
    REACHED = 1  # sum of the gaps up to the last of them, less the curves of the days before
    SLOT = 2  # slot of the day it was in
    PERIOD = 3
    HEAD = 4  # tick of the earliest row that is written ahead; NEVER when the day has no more
    NEXT = 5  # where that row stands in the buffers
    WRITTEN = 6  # end of the rows written ahead


_COUNT, _REACHED, _SLOT, _PERIOD = map(int, (_Column.COUNT, _Column.REACHED, _Column.SLOT, _Column.PERIOD))
_HEAD, _NEXT, _WRITTEN = map(int, (_Column.HEAD, _Column.NEXT, _Column.WRITTEN))


def _signed(bits: int) -> int:
    """The int64 with the bits of an unsigned word."""
    return bits - ((bits >> 63) << 64)


_ARRIVAL = _signed(ARRIVAL)


class _Tables(NamedTuple):
    """What kernels read. Streams are those of the model, but for ``order``."""

    order: Ints  # (n,) stream numbers by rising hash
    name_hash: Ints  # (n,)
    gap_shape: Ints  # (n,)
    one: Floats  # (n,) an expected arrival in the units in which gaps are summed
    slot: int  # ticks of a demand slot
    period_begins: Ints  # (P,) ticks after midnight
    word: Ints  # (A,) counter word of an attribute's draws
    n_values: Ints  # (A,)
    stride: Ints  # (A,)
    parent: Ints  # (A,)
    difficulty: int
    same: Ints  # (n, A) value number that all issues have; NONE if it is drawn
    share: Floats  # (n, P, A, V, V)
    entry_route: Ints  # (n, C, P)
    route_first: Ints  # (R + 1,)
    route_below: Floats  # (N,)
    route_to: Ints  # (N,)
    given_first: Ints  # (n + 1,)
    given_tick: Ints  # (G,)
    given_value: Ints  # (G, A)
    given_entry: Ints  # (G,)
    shapes: Shapes


class ArrivalTables(NamedTuple):
    """A model's arrivals made ready; read only, so that replications, also in threads, may share it."""

    by_day: DayCurves
    tables: _Tables


class _Today(NamedTuple):
    """A day, for kernels."""

    midnight: int  # tick
    until: int  # ticks after midnight from which on nothing arrives
    first_period: int
    last_period: int


def _ints(values: ArrayLike) -> Ints:
    """The values in an array of the one layout for which kernels are compiled."""
    return np.require(values, np.int64, ["C", "W"])


def _floats(values: ArrayLike) -> Floats:
    return np.require(values, np.float64, ["C", "W"])


def arrival_tables(model: Model) -> ArrivalTables:
    """What `compiled_arrivals` needs of a model, to be made once for all replications."""
    streams, attributes, by_day = model.streams, model.attributes, day_curves(model)
    n, n_attributes = len(streams.name_hash), len(attributes.stride)
    same = [[value_of_all(model, s, a) for a in range(n_attributes)] for s in range(n)]
    shapes = model.shapes
    return ArrivalTables(
        by_day,
        _Tables(
            order=_ints(np.argsort(streams.name_hash)),
            name_hash=_ints(streams.name_hash),
            gap_shape=_ints(streams.gap_shape),
            one=_floats(by_day.ones),
            slot=int(streams.slot),
            period_begins=_ints(model.calendar.begins),
            word=_ints([_signed(word(name)) for name in attributes.name_hash.tolist()]),
            n_values=_ints(attributes.n_values),
            stride=_ints(attributes.stride),
            parent=_ints(attributes.parent),
            difficulty=int(attributes.difficulty),
            same=_ints(same).reshape(n, n_attributes),
            share=_floats(streams.share),
            entry_route=_ints(streams.entry_route),
            route_first=_ints(model.routes.first),
            route_below=_floats(model.routes.below),
            route_to=_ints(model.routes.to),
            given_first=_ints(model.replay.first),
            given_tick=_ints(model.replay.tick),
            given_value=_ints(model.replay.value),
            given_entry=_ints(model.replay.entry),
            shapes=Shapes(
                _floats(shapes.value),
                _floats(shapes.slope),
                _ints(shapes.n_atoms),
                _floats(shapes.atom_from),
                _floats(shapes.atom_to),
                _floats(shapes.atom_value),
            ),
        ),
    )


@inlined
def _value_below(t: _Tables, s: int, period: int, a: int, above: int, u: float) -> int:
    """The value number whose share u falls in."""
    value = 0
    for v in range(t.n_values[a] - 1):
        value += u >= t.share[s, period, a, above, v]
    return value


@inlined
def _into_slice(t: _Tables, s: int, period: int, above: int, value: int, d: float) -> float:
    """The difficulty, moved into the slice of its value."""
    a = t.difficulty
    low = 0.0
    if value > 0:
        low = t.share[s, period, a, above, value - 1]
    inside = low + d * (t.share[s, period, a, above, value] - low)
    moved: float = min(max(inside, 1 - BELOW_1), BELOW_1)
    return moved


@inlined
def _entry_of(t: _Tables, route: int, u: float) -> int:
    """The stage that u chooses in a row of routes."""
    at = t.route_first[route]
    for _ in range(t.route_first[route + 1] - at - 1):
        at += u >= t.route_below[at]
    stage: int = t.route_to[at]
    return stage


@inlined
def _class_of(
    t: _Tables, run: Run, s: int, period: int, uid: int, given: int, drawn_d: float, values: Ints
) -> tuple[int, float]:
    """Class of an issue, and its difficulty; ``values`` (A,) is scratch."""
    d, cls = drawn_d, int64(0)
    for a in range(len(t.stride)):
        above = int64(0) if t.parent[a] == NONE else values[t.parent[a]]
        value = t.same[s, a]
        if a == t.difficulty:
            value = _value_below(t, s, period, a, above, d)
        elif value == NONE:
            lane = lanes_of(run[0], run[1], uid, t.word[a], 0)[0]
            value = _value_below(t, s, period, a, above, uniform_of(lane))
        if given != NONE and t.given_value[given, a] != NONE:
            value = t.given_value[given, a]
            if a == t.difficulty:
                d = _into_slice(t, s, period, above, value, d)
        values[a] = value
        cls += t.stride[a] * value
    return cls, d


@inlined
def _draw(t: _Tables, run: Run, s: int, count: int, rows: Ints, d_rows: Floats, begin: int, end: int) -> None:
    """Put into rows what is drawn: the gap as tick, the lane of the entry as entry, the difficulty.

    This is a loop of its own because these draws do not wait for each other.
    """
    gap_shape, one, stem = t.gap_shape[s], t.one[s], t.name_hash[s] << 32
    for row in range(begin, end):
        lane_0, lane_1, lane_2, _ = lanes_of(run[0], run[1], stem | count + row - begin, _ARRIVAL, 0)
        rows[_TICK, row] = int64(sample_of(t.shapes, gap_shape, lane_0) * one + 0.5)
        rows[_ENTRY, row], d_rows[row] = lane_1, uniform_of(lane_2)


@called
def _write(
    t: _Tables, run: Run, today: _Today, curves: Ints, o: int, state: Ints, values: Ints,
    rows: Ints, d_rows: Floats, begin: int, end: int,
) -> int:  # fmt: skip
    """Write the next arrivals of the o-th stream into rows ``[begin, end)``; where those of today end."""
    s, at = t.order[o], begin
    count, reached, slot, period = (
        state[o, _COUNT], state[o, _REACHED], state[o, _SLOT], state[o, _PERIOD],
    )  # fmt: skip
    first_given = t.given_first[s]
    n_given = t.given_first[s + 1] - first_given
    more = 0.0 if t.gap_shape[s] == EXPONENTIAL else 0.5  # other gaps are rounded to the nearest tick
    total = curves[s, curves.shape[1] - 1]
    low, high = curves[s, slot], curves[s, slot + 1]
    expected = float(high - low)
    period_ends = t.period_begins[period + 1] if period < today.last_period else int64(DAY)
    is_over = False
    while at < end and not is_over:
        batch = min(at + _BATCH_ROWS, end)
        if n_given > 0:
            batch = min(batch, at + n_given - count)
        is_over = batch == at
        _draw(t, run, s, count, rows, d_rows, at, batch)
        while at < batch:
            uid, given, gaps = t.name_hash[s] << 32 | count, int64(NONE), reached
            if n_given > 0:
                given = first_given + count
                tick = t.given_tick[given] - today.midnight
            else:
                gaps += rows[_TICK, at]
                if gaps >= total:
                    is_over = True
                    break
                while gaps >= high:
                    slot += 1
                    low, high = high, curves[s, slot + 1]
                    expected = float(high - low)
                inside = int64(float(gaps - low) / expected * t.slot + more)
                tick = slot * t.slot + min(inside, t.slot - 1)
            if tick >= today.until:
                is_over = True
                break
            while tick >= period_ends:
                period += 1
                period_ends = t.period_begins[period + 1] if period < today.last_period else int64(DAY)
            cls, d = _class_of(t, run, s, period, uid, given, d_rows[at], values)
            entry = _entry_of(t, t.entry_route[s, cls, period], uniform_of(rows[_ENTRY, at]))
            if given != NONE and t.given_entry[given] != NONE:
                entry = t.given_entry[given]
            rows[_TICK, at], rows[_UID, at], rows[_STREAM, at] = today.midnight + tick, uid, s
            rows[_CLASS, at], rows[_ENTRY, at], d_rows[at] = cls, entry, d
            count += 1
            reached = gaps
            at += 1
    state[o, _COUNT], state[o, _REACHED], state[o, _SLOT], state[o, _PERIOD] = count, reached, slot, period
    return at


@kernel
def _begin_day(t: _Tables, today: _Today, total: Ints, state: Ints) -> None:
    """Nothing of the day is written yet; ``total`` (n,) are the sums of gaps that the day before took."""
    for o in range(len(t.order)):
        state[o, _REACHED] -= total[t.order[o]]
        state[o, _SLOT], state[o, _PERIOD] = 0, today.first_period
        state[o, _HEAD], state[o, _NEXT], state[o, _WRITTEN] = _AT_MIDNIGHT, 0, 0


@kernel
def _fill(
    t: _Tables, run: Run, today: _Today, curves: Ints, state: Ints, values: Ints,
    ahead: Ints, d_ahead: Floats, block: Ints, d_block: Floats, begin: int,
) -> int:  # fmt: skip
    """Fill the block from row ``begin`` on with the day's next arrivals; where they end."""
    n, at, end = len(t.order), begin, len(d_block)
    if n == 1:
        at = _write(t, run, today, curves, 0, state, values, block, d_block, begin, end)
    else:
        room = len(d_ahead) // n
        earliest = int64(0)
        while at < end and earliest < NEVER:
            earliest, o = int64(NEVER), int64(0)
            for other in range(n):  # equal ticks: the lower hash, so the lower uid
                is_earlier = state[other, _HEAD] < earliest
                earliest = state[other, _HEAD] if is_earlier else earliest
                o = other if is_earlier else o
            if earliest < NEVER:
                row = state[o, _NEXT]
                if earliest != _AT_MIDNIGHT:
                    for column in range(5):
                        block[column, at] = ahead[column, row]
                    d_block[at] = d_ahead[row]
                    at += 1
                    row += 1
                if row >= state[o, _WRITTEN]:
                    row = o * room
                    state[o, _WRITTEN] = _write(
                        t, run, today, curves, o, state, values, ahead, d_ahead, row, row + room
                    )
                state[o, _NEXT] = row
                state[o, _HEAD] = ahead[_TICK, row] if row < state[o, _WRITTEN] else int64(NEVER)
    return at


def _first_state(tables: _Tables) -> Ints:
    """The state before the first day; rows given for days before it are passed over."""
    state = np.zeros((len(tables.order), len(_Column)), np.int64)
    if len(tables.given_tick):
        for o, s in enumerate(tables.order.tolist()):
            first, last = tables.given_first[s : s + 2].tolist()
            state[o, _COUNT] = np.searchsorted(tables.given_tick[first:last], 0)
    return state


def _empty(n_rows: int) -> tuple[Ints, Floats]:
    """A block of rows to be written, and the difficulties that belong to it."""
    whole = np.empty((6, n_rows), np.int64)
    return whole[:5], whole[5].view(np.float64)


def _cut(block: Ints, d_block: Floats, n_rows: int) -> Arrivals:
    return Arrivals._make([*block[:, :n_rows], d_block[:n_rows]])


def compiled_arrivals(
    model: Model, seed: int, replication: int, until_tick: int, prepared: ArrivalTables | None = None
) -> Iterator[Arrivals]:
    """`arrivals` of a model, cut into other blocks; ``prepared`` are its `arrival_tables`."""
    by_day, tables = prepared or arrival_tables(model)
    n = len(tables.order)
    if n == 0:
        return
    run = _signed(seed), _signed(replication)
    state, values, total = _first_state(tables), np.zeros(len(tables.stride), np.int64), np.zeros(n, np.int64)
    ahead, d_ahead = _empty(n * _AHEAD_ROWS if n > 1 else 0)
    block, d_block = _empty(_BLOCK_ROWS)
    at = 0
    for day in range(-(-until_tick // DAY)):
        kind = kind_of_day(model.calendar, day)
        first_period, period_after = model.calendar.first[kind : kind + 2].tolist()
        today = _Today(day * DAY, min(DAY, until_tick - day * DAY), first_period, period_after - 1)
        curves = by_day.on(day, (seed, replication))
        _begin_day(tables, today, total, state)
        is_over = False
        while not is_over:
            at = int(_fill(tables, run, today, curves, state, values, ahead, d_ahead, block, d_block, at))
            is_over = at < _BLOCK_ROWS
            if not is_over or at >= _ENOUGH_ROWS:
                yield _cut(block, d_block, at)
                block, d_block = _empty(_BLOCK_ROWS)
                at = 0
        total = np.ascontiguousarray(curves[:, -1])  # of the layout for which the kernel is compiled
    if at:
        yield _cut(block, d_block, at)

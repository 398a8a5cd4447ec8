"""When issues arrive, what they are and where they enter: blocks of arrays, made outside the engines.

Each stream is a Poisson process with a rate that changes, by inversion: the gaps between its arrivals
are unit exponentials, summed as whole multiples of 2**-32, and an arrival happens when the expected
number of arrivals since the start (rate x day factor, added up) reaches the sum. The sums are integers,
so nothing depends on how arrivals are cut into blocks; a rate that changes or is 0 needs no care.

Other gaps make a renewal process in the same way; they are summed as whole ticks at the stream's highest
rate, so that gaps of whole ticks at a constant rate give arrivals at exactly these ticks. Arrivals that are
given (`tables.Replay`) draw only what is not given of them.

References
----------
Cinlar, Introduction to Stochastic Processes (1975), chapter 4.7: time change of a Poisson process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.day_curves import Run, day_curves
from sim.model.draws import ARRIVAL, philox_block, uniforms, word
from sim.model.lookup import EXPONENTIAL, sample_shapes
from sim.model.records import NONE
from sim.model.tables import DAY, Model, Routes, kind_shares, period_at

__all__ = ["BELOW_1", "BLOCK_ROWS", "Arrivals", "arrivals", "issues_per_day", "value_of_all"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BLOCK_ROWS = 65_536
"""No block has more rows."""

BELOW_1 = 1 - 2.0**-53
"""The greatest difficulty; the least is 1 less this."""

_EXPECTED_ROWS = BLOCK_ROWS // 2


class Arrivals(NamedTuple):
    """Issues in the order in which they arrive: by tick, then uid. Each array is (n,)."""

    tick: Ints
    uid: Ints
    stream: Ints  # stream number
    cls: Ints  # class number
    entry: Ints  # stage number, or LEAVES
    d: Floats  # difficulty, uniform between 0 and 1


@dataclass
class _Source:
    """Arrivals of one stream, drawn ahead of need; ``reached`` is the sum of gaps at the last drawn."""

    number: int
    name_hash: int
    gap_shape: int
    one: float  # an expected arrival in the units in which gaps are summed
    drawn: int = 0
    reached: int = 0
    sums: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    uids: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    lanes: NDArray[np.uint64] = field(default_factory=lambda: np.empty((0, 4), np.uint64))


def _draw_until(source: _Source, model: Model, run: Run, needed: int) -> None:
    """Draw arrivals until the sum of gaps has reached ``needed``."""
    while source.reached < needed:
        expected = int((needed - source.reached) // source.one)
        i = source.drawn + np.arange(expected + 3 * isqrt(expected) + 8)
        uids = (source.name_hash << 32) | i
        lanes = philox_block(*run, uids, ARRIVAL, 0)
        gaps = sample_shapes(model.shapes, source.gap_shape, lanes[:, 0] >> np.uint64(11))
        sums = source.reached + np.cumsum((gaps * source.one + 0.5).astype(np.int64))
        source.drawn, source.reached = source.drawn + len(i), int(sums[-1])
        source.sums = np.concatenate([source.sums, sums])
        source.uids = np.concatenate([source.uids, uids])
        source.lanes = np.concatenate([source.lanes, lanes])


def _needed(curve: Ints, slot: int, until: int) -> int:
    """A sum of gaps that no arrival before ``until`` (ticks after midnight) reaches."""
    j, inside = divmod(until, slot)
    if not inside:
        return int(curve[j])
    mass = int(curve[j + 1] - curve[j])
    return int(curve[j]) + mass * inside // slot + mass // slot + 2  # a tick more than needed


def _ticks(curve: Ints, slot: int, sums: Ints, more: float) -> Ints:
    """Ticks after midnight at which the curve (expected arrivals at slot edges) reaches the sums.

    They are rounded down after ``more`` is added: 0, or 1/2 to round to the nearest.
    """
    j = np.searchsorted(curve, sums, side="right") - 1
    share = (sums - curve[j]) / (curve[j + 1] - curve[j])
    inside = np.minimum((share * slot + more).astype(np.int64), slot - 1)
    return np.asarray(j * slot + inside, np.int64)


def _take(source: _Source, curve: Ints, slot: int, until: int) -> tuple[Ints, Ints, NDArray[np.uint64]]:
    """Ticks after midnight, uids and lanes of the source's arrivals before ``until``; they are used up."""
    today = int(np.searchsorted(source.sums, curve[-1], side="left"))
    more = 0.0 if source.gap_shape == EXPONENTIAL else 0.5
    ticks = _ticks(curve, slot, source.sums[:today], more)
    n = int(np.searchsorted(ticks, until, side="left"))
    taken = ticks[:n], source.uids[:n], source.lanes[:n]
    source.sums, source.uids, source.lanes = source.sums[n:], source.uids[n:], source.lanes[n:]
    return taken


def _window_ends(curves: Ints, ones: Floats, slot: int, until: int) -> list[int]:
    """Ticks after midnight that cut a day into windows of some 32 thousand expected arrivals."""
    expected = (curves / ones[:, None]).sum(axis=0)
    expected -= expected[0]
    n = int(expected[-1] // _EXPECTED_ROWS) + 1
    cuts = np.interp(np.arange(1, n) * (expected[-1] / n), expected, np.arange(len(expected)) * slot)
    return [*sorted({int(c) for c in cuts if 0 < c < until}), until]


def _below(model: Model, stream: int, attribute: int) -> Floats:
    """Cumulative shares of an attribute's values but the last, (P, V, values - 1)."""
    n_values = model.attributes.n_values.item(attribute)
    return np.asarray(model.streams.share[stream, :, attribute, :, : n_values - 1], np.float64)


def _is_same_for_all(below: Floats) -> bool:
    return bool((below == below[:1, :1]).all())


def value_of_all(model: Model, stream: int, attribute: int) -> int:
    """The value number that an attribute has for all issues of a stream; NONE if there are several."""
    below = _below(model, stream, attribute)
    if _is_same_for_all(below) and np.all((below <= 0) | (below >= 1)):
        return int(np.count_nonzero(below[0, 0] <= 0))
    return NONE


def _drawn_values(
    model: Model, stream: int, uids: Ints, d: Floats, periods: Ints, values: list[Ints], run: Run
) -> Ints:
    """Value number of the next attribute for issues (n,) of one stream, given the values before it."""
    attributes, attribute = model.attributes, len(values)
    below = _below(model, stream, attribute)
    if attribute == attributes.difficulty:
        u = d
    elif (same := value_of_all(model, stream, attribute)) != NONE:
        return np.full(len(uids), same)
    else:
        purpose = word(int(attributes.name_hash[attribute]))
        u = uniforms(philox_block(*run, uids, purpose, 0)[:, 0])
    if _is_same_for_all(below):
        return np.asarray(np.searchsorted(below[0, 0], u, side="right"), np.int64)
    return np.asarray(
        (u[:, None] >= below[periods, _parent_value(model, attribute, values)]).sum(1), np.int64
    )


def _parent_value(model: Model, attribute: int, values: list[Ints]) -> Ints:
    """Value number (n,) on which the attribute's shares depend; 0 where they depend on none."""
    parent = int(model.attributes.parent[attribute])
    return np.zeros(1, np.int64) if parent == NONE else values[parent]


def _values(
    model: Model, stream: int, uids: Ints, d: Floats, periods: Ints, given: Ints | None, run: Run
) -> list[Ints]:
    """Value number (n,) of each attribute; where one is ``given`` (n, A), not NONE, it is that."""
    values: list[Ints] = []
    for attribute in range(len(model.attributes.stride)):
        drawn = _drawn_values(model, stream, uids, d, periods, values, run)
        own = None if given is None else given[:, attribute]
        values.append(drawn if own is None else np.where(own == NONE, drawn, own))
    return values


def _into_slice(
    model: Model, stream: int, d: Floats, periods: Ints, values: list[Ints], given: Ints
) -> Floats:
    """The difficulty (n,), moved into the slice of its value where that is given."""
    attribute = model.attributes.difficulty
    below = model.streams.share[stream, periods, attribute, _parent_value(model, attribute, values)]
    value = values[attribute]
    low = np.where(value > 0, np.take_along_axis(below, value[:, None] - 1, 1)[:, 0], 0.0)
    high = np.take_along_axis(below, value[:, None], 1)[:, 0]
    inside = np.clip(low + d * (high - low), 1 - BELOW_1, BELOW_1)
    return np.where(given[:, attribute] == NONE, d, inside)


def _entries(routes: Routes, rows: Ints, u: Floats) -> Ints:
    """Stage number (n,) that u chooses in each row of `Routes`."""
    at = routes.first[rows]
    last = routes.first[rows + 1] - 1
    for _ in range(int((last - at).max(initial=0))):
        at = at + ((at < last) & (u >= routes.below[at]))
    return routes.to[at]


def _issues(
    model: Model,
    stream: int,
    ticks: Ints,
    uids: Ints,
    lanes: NDArray[np.uint64],
    run: Run,
    rows: slice | None,
) -> Arrivals:
    """What arrivals of a stream at these ticks are and where they enter; ``rows`` of `Replay` give some."""
    d = uniforms(lanes[:, 2])
    periods = period_at(model.calendar, ticks)
    given = None if rows is None else model.replay.value[rows]
    values = _values(model, stream, uids, d, periods, given, run)
    if given is not None and model.attributes.difficulty != NONE:
        d = _into_slice(model, stream, d, periods, values, given)
    classes = np.zeros(len(uids), np.int64)
    for stride, value in zip(model.attributes.stride.tolist(), values, strict=True):
        classes += stride * value
    route = model.streams.entry_route[stream, classes, periods]
    entries = _entries(model.routes, route, uniforms(lanes[:, 1]))
    if rows is not None:
        entries = np.where(model.replay.entry[rows] == NONE, entries, model.replay.entry[rows])
    return Arrivals(ticks, uids, np.full(len(uids), stream), classes, entries, d)


def _replayed(model: Model, stream: int, begin: int, end: int, run: Run) -> Arrivals:
    """The arrivals of a stream that are given, at the ticks ``[begin, end)``."""
    first, last = model.replay.first[stream : stream + 2].tolist()
    below, above = (first + np.searchsorted(model.replay.tick[first:last], [begin, end])).tolist()
    uids = (model.streams.name_hash.item(stream) << 32) | np.arange(below - first, above - first)
    lanes = philox_block(*run, uids, ARRIVAL, 0)
    return _issues(model, stream, model.replay.tick[below:above], uids, lanes, run, slice(below, above))


def _in_order(parts: list[Arrivals]) -> Arrivals:
    """One table of all; parts come by rising stream hash, so equal ticks are in order of uid."""
    if len(parts) == 1:
        return parts[0]
    whole = Arrivals._make(np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(whole.tick, kind="stable")
    return Arrivals._make(column[order] for column in whole)


def _cut(block: Arrivals) -> Iterator[Arrivals]:
    for begin in range(0, len(block.tick), BLOCK_ROWS):
        yield Arrivals._make(column[begin : begin + BLOCK_ROWS] for column in block)


def arrivals(model: Model, seed: int, replication: int, until_tick: int) -> Iterator[Arrivals]:
    """Blocks of the issues that arrive in ``[0, until_tick)``, sorted by (tick, uid), never empty.

    A stream's arrivals depend on its own name,
    rates and shares only. A stream has at most ``2**31`` arrivals.
    """
    streams, slot, run = model.streams, model.streams.slot, (seed, replication)
    by_day, is_given = day_curves(model), np.diff(model.replay.first) > 0
    by_hash = np.argsort(streams.name_hash).tolist()
    sources = [
        _Source(s, streams.name_hash.item(s), streams.gap_shape.item(s), by_day.ones.item(s)) for s in by_hash
    ]
    base = np.zeros((len(streams.name_hash), 1), np.int64)
    for day in range(-(-until_tick // DAY) if sources else 0):
        curves = base + by_day.on(day, run)
        base = curves[:, -1:]
        begin = 0
        for until in _window_ends(curves, by_day.ones, slot, min(DAY, until_tick - day * DAY)):
            parts = []
            for source in sources:
                if is_given[source.number]:
                    span = day * DAY + begin, day * DAY + until
                    parts.append(_replayed(model, source.number, *span, run))
                    continue
                curve = curves[source.number]
                _draw_until(source, model, run, _needed(curve, slot, until))
                ticks, uids, lanes = _take(source, curve, slot, until)
                parts.append(_issues(model, source.number, day * DAY + ticks, uids, lanes, run, None))
            begin = until
            yield from _cut(_in_order(parts))


def issues_per_day(model: Model) -> float:
    """New issues expected on a day, all streams together: the mean of the time up to the end."""
    by_kind = model.streams.rate.sum(axis=(0, 2)) * model.streams.slot
    return float(by_kind @ kind_shares(model.calendar, 0, model.horizon.end))

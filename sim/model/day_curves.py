"""Expected arrivals along a day, by stream: the curves that arrivals are drawn from.

A curve counts what is expected since midnight at the edges of the day's slots, in the units in which the
stream's gaps are summed (whole numbers). What depends on the model alone is worked out once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import BUSYNESS, FORECAST, philox, philox_block, shape_key
from sim.model.lookup import EXACTLY, EXPONENTIAL, sample_shape, sample_shapes
from sim.model.tables import DAY, Model, Streams, kind_of_day

__all__ = ["DayCurves", "Run", "day_curves"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Run = tuple[int, int]
"""Seed and replication."""

_ONE = 2**32  # one expected arrival of a Poisson process, in the units in which gaps are summed
_FEW_SPANS = 32  # so many errors are drawn faster one by one


class DayCurves(NamedTuple):
    """What the curves of all days are made of; read only, so that replications may share it."""

    model: Model
    ones: Floats  # (n,) one expected arrival of each stream in the units in which its gaps are summed
    expected: Floats  # (K, n, slots) arrivals since midnight expected at the end of each slot
    plain: Ints  # (K, n, slots + 1) curves of days without busyness and forecast errors
    has_luck: bool  # whether some stream has busyness or forecast errors

    def on(self, day: int, run: Run) -> Ints:
        """The curves of a day, (n, slots + 1), from 0 at midnight."""
        kind = kind_of_day(self.model.calendar, day)
        if not self.has_luck:
            return np.asarray(self.plain[kind], np.int64)
        expected = self.expected[kind].copy()
        for s, errors in _forecast_errors(self.model, run, day):
            streams = self.model.streams
            expected[s] = np.cumsum(streams.rate[s, kind] * streams.slot * errors)
        expected *= _day_factors(self.model, run, day)[:, None]
        return _counted(expected, self.ones)


def day_curves(model: Model) -> DayCurves:
    """What the curves of the model's days are made of."""
    streams = model.streams
    ones = _ones(streams)
    expected = np.cumsum(np.moveaxis(streams.rate, 1, 0) * streams.slot, axis=2)
    has_luck = bool(streams.busy_shape.any() or streams.error_shape.any())
    return DayCurves(model, ones, expected, _counted(expected, ones), has_luck)


def _ones(streams: Streams) -> Floats:
    """One expected arrival of each stream (n,) in the units in which its gaps are summed."""
    highest = streams.rate.max(axis=(1, 2), initial=0.0)
    ticks = 1 / np.where(highest > 0, highest, 1.0)
    return np.where(streams.gap_shape == EXPONENTIAL, _ONE, ticks)


def _counted(expected: Floats, ones: Floats) -> Ints:
    """Curves (.., n, slots + 1) from expected arrivals at the end of each slot (.., n, slots)."""
    curves = np.zeros((*expected.shape[:-1], expected.shape[-1] + 1), np.int64)
    curves[..., 1:] = np.rint(expected * ones[:, None])
    return curves


def _date_word(model: Model, day: int) -> int:
    """Counter word of a day."""
    return (model.calendar.first_date + day) % 2**64


def _day_factors(model: Model, run: Run, day: int) -> Floats:
    """How busy the day is for each stream (n,), 1 on average."""
    streams, date = model.streams, _date_word(model, day)
    factors = np.ones(len(streams.name_hash))
    for s, (shape, owner) in enumerate(
        zip(streams.busy_shape.tolist(), streams.busy_hash.tolist(), strict=True)
    ):
        if shape != EXACTLY:
            lane = philox(*run, owner, BUSYNESS, date)[0]
            factors[s] = sample_shape(model.shapes, shape, shape_key(lane))
    return factors


def _forecast_errors(model: Model, run: Run, day: int) -> list[tuple[int, Floats]]:
    """Streams with forecast errors: what comes as a multiple of what is forecast, in each slot (slots,)."""
    streams, found = model.streams, []
    for s in np.flatnonzero(streams.error_shape != EXACTLY).tolist():
        span = streams.error_span.item(s)
        drawn = _drawn_errors(model, s, DAY // span, run, day)
        found.append((s, np.repeat(drawn, span // streams.slot)))
    return found


def _drawn_errors(model: Model, stream: int, n: int, run: Run, day: int) -> Floats:
    """The stream's forecast errors of a day's n spans (n,)."""
    owner, shape = model.streams.error_hash.item(stream), model.streams.error_shape.item(stream)
    date = _date_word(model, day)
    if n <= _FEW_SPANS:
        lanes = [philox(*run, owner, (FORECAST + span) % 2**64, date)[0] for span in range(n)]
        return np.array([sample_shape(model.shapes, shape, shape_key(lane)) for lane in lanes])
    words = np.uint64(FORECAST) + np.arange(n, dtype=np.uint64)
    return sample_shapes(model.shapes, shape, philox_block(*run, owner, words, date)[:, 0] >> np.uint64(11))

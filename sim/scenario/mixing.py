"""What comes and where it enters: shares of classes and of stages among the issues of a stream."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.records import NONE
from sim.model.tables import Model, period_at

__all__ = ["Mix", "class_weights", "mix_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Mix(NamedTuple):
    """What the issues of a stream are in a period."""

    weights: Floats  # (C,) share of each class
    enters: Floats  # (C, S) share of a class's issues that enter at each stage


def class_weights(model: Model, stream: int, period: int = 0) -> Floats:
    """Share of each class among the issues of a stream in a period, shape (C,)."""
    return mix_of(model, stream, period).weights


def mix_of(model: Model, stream: int, period: int) -> Mix:
    """Shares of classes and stages among the issues of a stream in a period.

    Of issues that are replayed in the period what they are given counts.
    """
    routes = _route_entries(model, stream, period)
    weights, entered = np.zeros(model.n_classes), np.zeros(routes.shape)
    for row, share in _given(model, stream, period):
        drawn = share * _drawn(model, stream, period, row[:-1])
        weights += drawn
        if row[-1] == NONE:
            entered += drawn[:, None] * routes
        else:
            entered[:, row[-1]] += drawn
    enters = np.divide(entered, weights[:, None], out=routes, where=weights[:, None] > 0)
    return Mix(weights, enters)


def _route_entries(model: Model, stream: int, period: int) -> Floats:
    """Share of each class's issues that enter at each stage by the routes of the stream, (C, S)."""
    shares = np.zeros((model.n_classes, len(model.stages.kind)))
    routes = model.routes
    for cls, row in enumerate(model.streams.entry_route[stream, :, period]):
        first, last = routes.first[row : row + 2]
        shares[cls, routes.to[first:last]] += np.diff(routes.below[first:last], prepend=0.0)
    return shares


def _drawn(model: Model, stream: int, period: int, given: Ints) -> Floats:
    """Share of each class (C,) where some values are ``given`` (A,), not NONE."""
    weights = np.ones(model.n_classes)
    shares = np.diff(model.streams.share[stream, period], axis=-1, prepend=0.0)
    attributes, classes = model.attributes, np.arange(model.n_classes)
    values = [classes // stride % n for stride, n in zip(attributes.stride, attributes.n_values, strict=True)]
    for a, value in enumerate(values):
        parent = np.zeros_like(value) if attributes.parent[a] == NONE else values[attributes.parent[a]]
        weights *= shares[a, parent, value] if given[a] == NONE else value == given[a]
    return weights


def _given(model: Model, stream: int, period: int) -> list[tuple[Ints, float]]:
    """Combinations of values and stage (A + 1,) that are given in a period, with their shares.

    One in which nothing is given where there are none.
    """
    replay = model.replay
    first, last = replay.first[stream : stream + 2]
    rows = first + np.flatnonzero(period_at(model.calendar, replay.tick[first:last]) == period)
    if not len(rows):
        return [(np.full(replay.value.shape[1] + 1, NONE), 1.0)]
    found, counts = np.unique(
        np.column_stack([replay.value[rows], replay.entry[rows]]), axis=0, return_counts=True
    )
    return list(zip(found, (counts / len(rows)).tolist(), strict=True))

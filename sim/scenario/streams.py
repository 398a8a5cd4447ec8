"""The demand of a sound scenario as arrays: streams, attributes, and arrivals given one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import hash32, stream_hash
from sim.model.laws import LawKind, LawPart
from sim.model.lookup import EXPONENTIAL
from sim.model.records import NONE
from sim.model.shapes import ShapeBook
from sim.model.tables import DAY, Attributes, Replay, Streams
from sim.scenario.classes import Classes, When
from sim.scenario.profiles import Profile
from sim.scenario.schema import Scenario
from sim.scenario.values import Route, Table
from sim.scenario.views import stages_of, streams_of

__all__ = ["DIFFICULTY", "attributes_part", "replay_part", "streams_part"]

DIFFICULTY = "difficulty"
"""The attribute whose values are slices of the number d."""

RouteRows = Callable[[Table[Route] | None, Route], list[list[int]]]
"""Rows of `Routes` by class and period of a table, or of the route where there is none."""


def attributes_part(classes: Classes) -> Attributes:
    """The attributes of a scenario's classes."""
    names = list(classes.attributes)
    return Attributes(
        name_hash=np.array([hash32(f"attribute:{name}") for name in names], np.int64),
        n_values=np.array([len(values) for values in classes.attributes.values()], np.int64),
        stride=np.array([classes.strides[name] for name in names], np.int64),
        parent=np.full(len(names), NONE),
        difficulty=names.index(DIFFICULTY) if DIFFICULTY in names else NONE,
    )


def replay_part(scenario: Scenario) -> Replay:
    """The arrivals that are given one by one."""
    none = np.zeros(0, np.int64)
    first = np.zeros(len(streams_of(scenario)) + 1, np.int64)
    return Replay(first, none, none.reshape(0, len(scenario.attributes)), none)


def streams_part(
    scenario: Scenario,
    profiles: Mapping[str, Profile],
    periods: Sequence[When],
    book: ShapeBook,
    route_rows: RouteRows,
) -> Streams:
    """The streams of a scenario, with the volumes in ``profiles``."""
    streams = streams_of(scenario)
    slot = math.gcd(*(p.slot for p in profiles.values()))
    rate = np.array(
        [np.repeat(np.array(p.volumes) * scenario.scale / p.slot, p.slot // slot) for p in profiles.values()],
        np.float64,
    )
    n = len(streams)
    only = Route({next(iter(stages_of(scenario))): 1.0})
    entry = [route_rows(stream.enters, only) for stream in streams.values()]
    return Streams(
        name_hash=np.array([stream_hash(name) for name in streams], np.int64),
        busy_hash=np.array(
            [hash32(f"busyness:{_owner(scenario, name, 'busyness')}") for name in streams], np.int64
        ),
        busy_shape=np.array([_busy_shape(book, s.busyness) for s in streams.values()], np.int64),
        error_hash=np.zeros(n, np.int64),
        error_shape=np.zeros(n, np.int64),
        error_span=np.full(n, DAY),
        gap_shape=np.full(n, EXPONENTIAL),
        slot=slot,
        rate=rate[:, None],
        share=_shares(scenario, Classes.of(scenario), len(periods)),
        entry_route=np.array(entry, np.int64).reshape(n, -1, len(periods)),
    )


def _owner(scenario: Scenario, stream: str, key: str) -> str:
    """Whose key holds for a stream: its own, or that of all streams."""
    own = scenario.demand.streams.get(stream)
    return stream if own is not None and getattr(own, key) is not None else "demand"


def _busy_shape(book: ShapeBook, cv: float | None) -> int:
    return 0 if not cv else book.add(LawPart(LawKind.GAMMA, 1.0, cv))[1]


def _shares(scenario: Scenario, classes: Classes, n_periods: int) -> NDArray[np.float64]:
    """Cumulative shares of each attribute's values in each stream, (n, P, A, V, V)."""
    streams, values = streams_of(scenario), classes.attributes
    n_values = max((len(v) for v in values.values()), default=1)
    share = np.ones((len(streams), n_periods, len(values), n_values, n_values))
    for i, stream in enumerate(streams.values()):
        for a, attribute in enumerate(values):
            shares = stream.attributes.get(attribute, scenario.attributes[attribute])
            cumulated = np.cumsum([shares.get(value, 0.0) for value in values[attribute]])
            share[i, :, a, :, : len(cumulated) - 1] = np.minimum(cumulated[:-1], 1.0)
    return share

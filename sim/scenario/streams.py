"""The demand of a sound scenario as arrays: streams, attributes, and arrivals given one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import hash32, stream_hash
from sim.model.laws import LawKind, LawPart
from sim.model.lookup import EXACTLY, EXPONENTIAL
from sim.model.records import NONE
from sim.model.shapes import ShapeBook
from sim.model.tables import DAY, Attributes, Replay, Streams
from sim.scenario.calendar import Timetable, Version
from sim.scenario.classes import Classes, When, look_up
from sim.scenario.demand_words import ForecastError
from sim.scenario.laws import LawWords
from sim.scenario.profiles import Profile
from sim.scenario.rates import rates_of
from sim.scenario.replays import Replayed, mean_volumes, rows_until
from sim.scenario.schema import Scenario
from sim.scenario.values import Route, Table
from sim.scenario.views import key_path, parent_of, simulated_days, stages_of, streams_of
from sim.units import MINUTE

__all__ = ["DIFFICULTY", "attributes_part", "lognormal_spread", "replay_part", "streams_part"]

DIFFICULTY = "difficulty"
"""The attribute whose values are slices of the number d."""

_REPLAY_SLOT = 15 * MINUTE

RouteRows = Callable[[Sequence[Table[Route] | None], Route], list[list[int]]]
"""Rows of `Routes` by class and period of a table by version, or of the route where there is none."""


def attributes_part(versions: Sequence[Version]) -> Attributes:
    """The attributes of a scenario."""
    classes = Classes.of(versions[0].scenario)
    names = list(classes.attributes)
    parents = [_parent_of(versions, name) for name in names]
    return Attributes(
        name_hash=np.array([hash32(f"attribute:{name}") for name in names], np.int64),
        n_values=np.array([len(values) for values in classes.attributes.values()], np.int64),
        stride=np.array([classes.strides[name] for name in names], np.int64),
        parent=np.array([NONE if name is None else names.index(name) for name in parents], np.int64),
        difficulty=names.index(DIFFICULTY) if DIFFICULTY in names else NONE,
    )


def _parent_of(versions: Sequence[Version], attribute: str) -> str | None:
    """The attribute on whose value the shares of another depend, in some stream."""
    found = (parent_of(version.scenario, attribute) for version in versions)
    return next(filter(None, found), None)


def replay_part(scenario: Scenario, replays: Mapping[str, Replayed]) -> Replay:
    """The arrivals that are given one by one, up to the end of the last day on which issues arrive."""
    n_attributes = len(scenario.attributes)
    none = np.zeros(0, np.int64)
    empty = Replayed(False, none, none.reshape(0, n_attributes), none)
    streams = [replays.get(name, empty) for name in streams_of(scenario)]
    parts = [(s, *rows_until(s, simulated_days(scenario))) for s in streams]
    return Replay(
        first=np.cumsum([0, *(len(rows) for _, rows, _ in parts)]).astype(np.int64),
        tick=np.concatenate([ticks for _, _, ticks in parts]),
        value=np.concatenate([s.value[rows] for s, rows, _ in parts]),
        entry=np.concatenate([s.entry[rows] for s, rows, _ in parts]),
    )


def streams_part(
    versions: Sequence[Version],
    timetable: Timetable,
    replays: Mapping[str, Replayed],
    periods: Sequence[When],
    book: ShapeBook,
    law_shape: Callable[[LawWords], int],
    route_rows: RouteRows,
) -> Streams:
    """The streams of a scenario in its versions, with the arrivals in ``replays``.

    ``law_shape`` gives the shape of a law in ``book``.
    """
    scenario = versions[0].scenario
    streams = streams_of(scenario)
    errors = [s.forecast_error or ForecastError(0.0, DAY) for s in streams.values()]
    given = _mean_profiles(scenario, timetable, replays)
    slot, rate = rates_of(versions, timetable.kinds, given, [error.span for error in errors])
    n = len(streams)
    only = Route({next(iter(stages_of(scenario))): 1.0})
    entry = [route_rows([streams_of(v.scenario)[name].enters for v in versions], only) for name in streams]
    return Streams(
        name_hash=np.array([stream_hash(name) for name in streams], np.int64),
        busy_hash=_owners(scenario, "busyness", "busyness"),
        busy_shape=np.array([_busy_shape(book, s.busyness) for s in streams.values()], np.int64),
        error_hash=_owners(scenario, "forecast_error", "forecast"),
        error_shape=np.array([_error_shape(book, error.share) for error in errors], np.int64),
        error_span=np.array([error.span for error in errors], np.int64),
        gap_shape=np.array(
            [EXPONENTIAL if s.gaps is None else law_shape(s.gaps) for s in streams.values()], np.int64
        ),
        slot=slot,
        rate=rate,
        share=_shares(versions, Classes.of(scenario), periods),
        entry_route=np.array(entry, np.int64).reshape(n, -1, len(periods)),
    )


def _mean_profiles(
    scenario: Scenario, timetable: Timetable, replays: Mapping[str, Replayed]
) -> dict[str, list[Profile]]:
    """What replayed streams bring on the mean day of each kind on which issues may arrive."""
    kinds = timetable.kind[1 : simulated_days(scenario) + 1]
    days = [[day for day, of in enumerate(kinds) if of == kind] for kind in range(len(timetable.kinds))]
    nothing = (0.0,) * (DAY // _REPLAY_SLOT)
    return {
        name: [
            Profile(_REPLAY_SLOT, mean_volumes(replayed, _REPLAY_SLOT, there) if there else nothing)
            for there in days
        ]
        for name, replayed in replays.items()
    }


def _owners(scenario: Scenario, key: str, kind: str) -> NDArray[np.int64]:
    """Hashes (n,) of whose key holds for each stream: its own, or that of all streams."""
    paths = [(name, key_path(scenario, name, key)) for name in streams_of(scenario)]
    owners = [name if "streams" in path else "demand" for name, path in paths]
    return np.array([hash32(f"{kind}:{owner}") for owner in owners], np.int64)


def lognormal_spread(error: float) -> float:
    """Coefficient of variation of the lognormal law of mean 1 with this mean absolute error E|X - 1|.

    With X = exp(s Z - s**2 / 2) and Z standard normal, E|X - 1| = 2 (P(X < 1) - E[X; X < 1])
    = 2 (Phi(s / 2) - Phi(-s / 2)) = 2 (2 Phi(s / 2) - 1). The partial expectation is in Klugman, Panjer,
    Willmot, Loss Models, appendix A.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.exp(np.random.default_rng(1).normal(size=400_000) * 0.6375 - 0.6375**2 / 2)
    >>> round(float(abs(x - 1).mean()), 2), round(float(x.std()), 2), round(lognormal_spread(0.5), 2)
    (0.5, 0.71, 0.71)
    """
    s = 2 * NormalDist().inv_cdf(0.5 + error / 4)
    return math.sqrt(math.expm1(s * s))


def _error_shape(book: ShapeBook, error: float) -> int:
    return book.add(LawPart(LawKind.LOGNORMAL, 1.0, lognormal_spread(error)))[1] if error else EXACTLY


def _busy_shape(book: ShapeBook, cv: float | None) -> int:
    return EXACTLY if not cv else book.add(LawPart(LawKind.GAMMA, 1.0, cv))[1]


def _shares(versions: Sequence[Version], classes: Classes, periods: Sequence[When]) -> NDArray[np.float64]:
    """Cumulative shares of each attribute's values in each stream, (n, P, A, V, V)."""
    streams, values = [streams_of(version.scenario) for version in versions], classes.attributes
    n_values = max((len(v) for v in values.values()), default=1)
    share = np.ones((len(streams[0]), len(periods), len(values), n_values, n_values))
    for a, (attribute, own) in enumerate(values.items()):
        parent = _parent_of(versions, attribute)
        known = {} if parent is None else {parent: values[parent]}
        rows: list[tuple[slice | int, dict[str, str]]] = [(slice(None), {})]
        if parent is not None:
            rows = [(v, {parent: given}) for v, given in enumerate(known[parent])]
        for i, name in enumerate(streams[0]):
            for p, when in enumerate(periods):
                there = versions[when.version].scenario.attributes[attribute]
                table = streams[when.version][name].attributes.get(attribute, there)
                for row, given in rows:
                    shares = look_up(table, given, when, known)
                    cumulated = np.cumsum([shares.get(value, 0.0) for value in own])
                    share[i, p, a, row, : len(own) - 1] = np.minimum(cumulated[:-1], 1.0)
    return share

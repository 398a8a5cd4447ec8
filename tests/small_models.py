"""The smallest models, for tests: one stream, one desk, one team; each test spoils one thing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.model.draws import hash32, stream_hash
from sim.model.lookup import EXPONENTIAL
from sim.model.records import NONE
from sim.model.shapes import ShapeBook
from sim.model.tables import (
    DAY,
    NEVER,
    UNLIMITED,
    Attributes,
    Calendar,
    HeadCounts,
    Horizon,
    Law,
    Lines,
    Model,
    Plan,
    Replay,
    Returns,
    Routes,
    Shapes,
    Shifts,
    StageKind,
    Stages,
    Streams,
    Teams,
    Then,
)

HOUR = DAY // 24

LEAVE_ROUTE, ENTER_ROUTE = 0, 1  # rows of `routes`


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def law(mean: float, shape: int = 0, n: int = 1, n_classes: int = 1) -> Law:
    """The same law for each of n stages (or leavings) and each class, one period."""
    size = (n, n_classes, 1)
    return Law(np.full(size, float(mean)), np.full(size, shape, np.int64))


def streams(per_hour: dict[str, float | Sequence[float]], n_classes: int = 1) -> Streams:
    """Streams by name with arrivals per hour: one number or 24."""
    names = list(per_hour)
    hourly = [np.broadcast_to(np.asarray(per_hour[s], float), 24) for s in names]
    rate = np.array(hourly).reshape(-1, 24) / HOUR
    return Streams(
        name_hash=np.array([stream_hash(s) for s in names], np.int64),
        busy_hash=np.array([hash32(f"busyness:{s}") for s in names], np.int64),
        busy_shape=np.zeros(len(names), np.int64),
        error_hash=np.zeros(len(names), np.int64),
        error_shape=np.zeros(len(names), np.int64),
        error_span=np.full(len(names), DAY),
        gap_shape=np.full(len(names), EXPONENTIAL),
        slot=HOUR,
        rate=rate[:, None],
        share=np.ones((len(names), 1, 0, 1, 1)),
        entry_route=np.full((len(names), n_classes, 1), ENTER_ROUTE, np.int64),
    )


def attributes(shares: dict[str, Sequence[float]], n_streams: int = 1) -> tuple[Attributes, np.ndarray, int]:
    """Attributes by name, their cumulative shares (streams, 1, A, V, V) and the number of classes."""
    sizes = [len(s) for s in shares.values()]
    share = np.ones((n_streams, 1, len(sizes), max(sizes), max(sizes)))
    for a, parts in enumerate(shares.values()):
        share[:, :, a, :, : len(parts) - 1] = np.cumsum(parts)[:-1]
    stride = [int(np.prod(sizes[a + 1 :])) for a in range(len(sizes))]
    names = list(shares)
    table = Attributes(
        name_hash=np.array([hash32(f"attribute:{a}") for a in names], np.int64),
        n_values=np.array(sizes, np.int64),
        stride=np.array(stride, np.int64),
        parent=np.full(len(names), NONE),
        difficulty=names.index("difficulty") if "difficulty" in names else NONE,
    )
    return table, share, int(np.prod(sizes))


def with_attributes(model: Model, shares: dict[str, Sequence[float]]) -> Model:
    """The model with attributes of the same shares in each stream (arrivals only: laws stay as they are)."""
    table, share, n_classes = attributes(shares, len(model.streams.name_hash))
    entry = np.repeat(model.streams.entry_route[:, :1], n_classes, axis=1)
    return model._replace(
        attributes=table,
        n_classes=n_classes,
        streams=model.streams._replace(share=share, entry_route=entry),
    )


def every_day(*begins: int) -> Calendar:
    """All days are alike; their periods begin at these ticks after midnight (by default one period)."""
    starts = ints(*(begins or (0,)))
    return Calendar(0, np.zeros(10_000, np.int64), ints(0, len(starts)), starts)


def no_replay(n_streams: int = 1, n_attributes: int = 0) -> Replay:
    """No stream's arrivals are given."""
    return Replay(np.zeros(n_streams + 1, np.int64), ints(), np.empty((0, n_attributes), np.int64), ints())


def shapes() -> Shapes:
    """The two shapes that every model holds: exactly and exponential."""
    return ShapeBook().shapes()


def no_shifts() -> Shifts:
    none = ints()
    agents = np.zeros((0, 1), np.int64)
    return Shifts(none, none, none, none, none, agents, agents, ints(0), none, none)


def one_desk() -> Stages:
    """One desk: exponential handling of 6 min, patience without end, every contact solved."""
    return Stages(
        kind=ints(StageKind.DESK),
        name_hash=ints(hash32("stage:chat")),
        work=law(HOUR / 10, shape=1),
        reply=law(0),
        wrap_up=law(0),
        patience=law(float(NEVER)),
        p_solved=np.ones((1, 1, 1)),
        curve=np.full((1, 1, 1), NONE),
        curves=np.empty((0, 257)),
        luck=np.zeros(1),
        p_believes=np.zeros((1, 1, 1)),
        limit=np.full((1, 1), UNLIMITED),
        head_start=np.zeros((1, 1, 1), np.int64),
        patience_per_contact=np.zeros(1, np.bool_),
        bot_time_counts=np.zeros(1, np.bool_),
        line=np.zeros((1, 1), np.int64),
        busiest_first=np.zeros(1, np.bool_),
        is_open=np.ones((1, 1), np.bool_),
        waits_when_closed=np.zeros(1, np.bool_),
        route=np.full((1, 5, 1, 1), LEAVE_ROUTE),
    )


def no_returns() -> Returns:
    return Returns(
        np.zeros((4, 1, 1)), law(0, n=4), np.full((4, 1, 1), NONE), np.zeros(4, np.bool_), UNLIMITED
    )


def one_team(n_agents: int, p_absent: float = 0.0) -> Teams:
    return Teams(
        name_hash=ints(hash32("team:own")),
        chats=ints(1),
        rule=ints(0),
        first_agent=ints(0),
        n_agents=ints(2 * n_agents),
        is_head_count=np.ones(1, np.bool_),
        p_absent=np.array([p_absent]),
    )


def small_model(per_hour: dict[str, float | Sequence[float]] | None = None, n_agents: int = 2) -> Model:
    """A day of one desk with a constant head count; streams by name with arrivals per hour."""
    demand = streams({"demand": 10.0} if per_hour is None else per_hour)
    return Model(
        horizon=Horizon(0, DAY, 8 * DAY, Then.DRAIN, False, HOUR // 4),
        n_classes=1,
        calendar=every_day(),
        streams=demand,
        replay=no_replay(len(demand.name_hash)),
        attributes=Attributes(ints(), ints(), ints(), ints(), NONE),
        stages=one_desk(),
        routes=Routes(ints(0, 1, 2), np.ones(2), ints(NONE, 0)),
        lines=Lines(ints(0), np.zeros((1, 1), np.int64), np.ones((1, 1), np.int64)),
        teams=one_team(n_agents),
        plan=Plan(no_shifts(), HeadCounts(ints(0), ints(0), ints(0), ints(n_agents), ints(n_agents))),
        returns=no_returns(),
        shapes=shapes(),
    )

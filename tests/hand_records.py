"""Records written by hand for tests of measures: a bot, two desks, two teams, two grades, in seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from small_models import every_day, no_replay, no_shifts

from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.model.labels import Labels, Target
from sim.model.lookup import EXPONENTIAL
from sim.model.records import LEAVES, NONE, Chunk, Duty, End, State
from sim.model.tables import (
    DAY,
    UNLIMITED,
    Attributes,
    HeadCounts,
    Horizon,
    Law,
    Lines,
    Model,
    Plan,
    Returns,
    Routes,
    Shapes,
    Stages,
    Streams,
    Teams,
    Then,
)
from sim.units import SECOND

__all__ = [
    "BOT",
    "CHAT",
    "EXPERTS",
    "OWN",
    "SENIORS",
    "duty",
    "folded",
    "issue",
    "labels",
    "model",
    "random_rows",
    "rows",
    "visit",
]

BOT, CHAT, EXPERTS = 0, 1, 2
OWN, SENIORS = 0, 1
_S, _C, _P, _T = 3, 2, 1, 2


def _law(n: int) -> Law:
    return Law(np.ones((n, _C, _P)), np.zeros((n, _C, _P), np.int64))


def _ints(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def model(*, warm_up_s: float = 0, end_s: float = 86_400, interval_s: float = 900) -> Model:
    """Stages assistant (bot), chat, experts (desks); teams own (2 chats each), seniors; classes = grades."""
    horizon = Horizon(
        round(warm_up_s * SECOND),
        round(end_s * SECOND),
        round(end_s * SECOND) + 7 * DAY,
        Then.DRAIN,
        False,
        round(interval_s * SECOND),
    )
    none = _ints()
    stages = Stages(
        kind=_ints(0, 1, 1), name_hash=_ints(1, 2, 3), work=_law(_S), reply=_law(_S), wrap_up=_law(_S),
        patience=_law(_S), p_solved=np.ones((_S, _C, _P)), curve=np.full((_S, _C, _P), NONE),
        curves=np.ones((0, 257)), luck=np.zeros(_S), p_believes=np.zeros((_S, _C, _P)),
        limit=np.full((_S, _P), UNLIMITED),
        head_start=np.zeros((_S, _C, _P), np.int64), patience_per_contact=np.zeros(_S, np.bool_),
        bot_time_counts=np.zeros(_S, np.bool_), line=np.array([[NONE, NONE], [0, 0], [1, 1]]),
        busiest_first=np.zeros(_S, np.bool_), is_open=np.ones((_S, _P), np.bool_),
        waits_when_closed=np.zeros(_S, np.bool_), route=np.zeros((_S, 5, _C, _P), np.int64),
    )  # fmt: skip
    return Model(
        horizon=horizon, n_classes=_C, calendar=every_day(),
        streams=Streams(_ints(7), _ints(7), _ints(0), _ints(0), _ints(0), _ints(DAY), _ints(EXPONENTIAL),
                        900 * SECOND, np.zeros((1, 1, 96)), np.ones((1, 1, 1, 2, 2)),
                        np.zeros((1, _C, 1), np.int64)),
        replay=no_replay(n_attributes=1),
        attributes=Attributes(_ints(9), _ints(2), _ints(1), _ints(NONE), 0),
        stages=stages,
        routes=Routes(_ints(0, 1), np.ones(1), _ints(LEAVES)),
        lines=Lines(_ints(CHAT, EXPERTS), np.array([[OWN, NONE], [SENIORS, NONE]]),
                    np.array([[1, 0], [0, 1]])),
        teams=Teams(_ints(5, 6), _ints(2, 1), _ints(0, 0), _ints(0, 10), _ints(10, 10), np.zeros(2, np.bool_),
                    np.zeros(2)),
        plan=Plan(no_shifts(), HeadCounts(none, none, none, none, none)),
        returns=Returns(np.zeros((4, _C, _P)), _law(4), np.full((4, _C, _P), NONE), np.zeros(4, np.bool_),
                        UNLIMITED),
        shapes=Shapes(np.ones((1, 2048)), np.zeros((1, 2048)), _ints(0), np.zeros((1, 0)), np.zeros((1, 0)),
                      np.zeros((1, 0))),
    )  # fmt: skip


def labels(
    *targets: Target, service_level: str = "all", chat_within_s: float = 20, currency: str | None = "CNY"
) -> Labels:
    """Names; own agents cost 40 an hour, seniors 54, the bot 0.5 a contact; chat in 20 s, experts in 60 s."""
    return Labels("By hand", ("assistant", "chat", "experts"), ("web",), ("own", "seniors"),
                  (("difficulty", ("standard", "complex")),), currency, (40.0, 54.0), (0.5, 0.0, 0.0),
                  (0.0, chat_within_s, 60.0), service_level, targets)  # fmt: skip


def _ticks(seconds: float | None) -> int:
    return NONE if seconds is None else round(seconds * SECOND)


def visit(
    number: int,
    stage: int,
    enter: float,
    how: End,
    *,
    answer: float | None = None,
    end: float | None = None,
    freed: float | None = None,
    team: int = NONE,
    attempt: int = 1,
    step: int = 1,
    klass: int = 0,
    to: int = LEAVES,
) -> list[int]:
    """One visit row, times in seconds; ``freed`` is ``end`` where a team served and none is given."""
    served = team != NONE
    freed = end if served and freed is None else freed
    return [2**32 + number, attempt, step, stage, 1, klass, _ticks(enter), _ticks(answer), _ticks(end),
            _ticks(freed) if served else NONE, 10 * team if served else NONE, team, int(how), to]  # fmt: skip


def issue(
    number: int, born: float, closed: float | None, state: State, *, attempts: int = 1, klass: int = 0
) -> list[int]:
    """One issue row, times in seconds."""
    return [2**32 + number, 0, klass, _ticks(born), _ticks(closed), attempts, int(state), 0]


def duty(agent: int, team: int, state: Duty, begins: float, ends: float) -> list[int]:
    """One duty row, times in seconds."""
    return [agent, team, int(state), _ticks(begins), _ticks(ends)]


def rows(
    visits: list[list[int]] | None = None,
    issues: list[list[int]] | None = None,
    duties: list[list[int]] | None = None,
) -> Chunk:
    """A chunk of rows."""
    return Chunk(np.array(visits or [], np.int64).reshape(-1, 14),
                 np.array(issues or [], np.int64).reshape(-1, 8),
                 np.array(duties or [], np.int64).reshape(-1, 5))  # fmt: skip


def random_rows(n: int, seed: int = 1, *, days: int = 3) -> Chunk:
    """Rows without much sense, over some days."""
    rng = np.random.default_rng(seed)
    enter = rng.integers(0, days * DAY, n)
    wait, work = rng.integers(0, DAY // 4, n), rng.integers(0, DAY // 3, n)
    stage = rng.integers(0, 3, n)
    how = rng.integers(0, 5, n)
    start = np.where(how <= End.UNSOLVED, enter + wait, -1)
    end = np.where(how == End.NONE, -1, enter + wait + np.where(start >= 0, work, 0))
    team = np.where((start >= 0) & (stage != BOT), stage - 1, -1)
    freed = np.where((team >= 0) & (end >= 0), end + 5, -1)
    visits = np.stack([2**32 + np.arange(n), rng.integers(1, 3, n), rng.integers(1, 3, n), stage, np.ones(n),
                       rng.integers(0, 2, n), enter, start, end, freed, team * 10, team, how,
                       rng.integers(-1, 3, n)], 1).astype(np.int64)  # fmt: skip
    closed = np.where(how == 0, -1, enter + work)
    issues = np.stack([visits[:, 0], np.zeros(n), visits[:, 5], enter, closed, visits[:, 1], how,
                       np.zeros(n)], 1).astype(np.int64)  # fmt: skip
    team, state = rng.integers(0, 2, n), rng.integers(1, 7, n)
    duties = np.stack([rng.integers(0, 20, n), team, state, enter, enter + wait], 1)
    return Chunk(visits, issues, duties)


def folded(chunk: Chunk, of: Model | None = None, named: Labels | None = None) -> Sums:
    """The sums of one chunk."""
    reducer = Reduction(of or model(), named or labels()).reducer()
    reducer.add(chunk)
    return reducer.sums()

"""A model laid out for the compiled engine: what one visit needs lies side by side.

Letters for shapes are those of `sim.model.tables`; a *queue* (Q) is the part of a line whose head start is
the same, so that it is in order of entering.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.opening import shuts
from sim.model.records import NONE
from sim.model.rules import answers, turns_away
from sim.model.tables import NEVER, Law, LineRule, Model, Shapes

__all__ = [
    "AFTER", "AT_MOST", "BELIEVES", "BOT_TIME_COUNTS", "BUSIEST_FIRST", "CHANCE", "CHATS", "CODE_QUEUE",
    "COMES_BY", "CURVE", "DROPS_RETURNS", "END", "FIRST_AGENT", "FIRST_LIST", "GROUP", "HEAD_START",
    "IS_CLOSED", "KEEPS_BUDGETS", "KEEPS_PATIENCE", "KIND", "LIMIT", "LINE", "MEAN", "N_AGENTS",
    "N_CLASSES", "N_PERIODS", "PATIENCE", "PER_CONTACT", "Packed", "REPLY", "RETURN_SHAPE", "ROUTE",
    "SHAPE", "SHUTS", "SOLVES", "STAGE", "WANTED", "WORD", "WORK", "WRAP_UP", "packed",
]  # fmt: skip

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WORK, REPLY, WRAP_UP, PATIENCE = range(4)
"""Laws of a stage."""

MEAN, SOLVES, BELIEVES = 0, 4, 5
"""Columns of `Packed.value`: means of the four laws, probabilities to solve and to believe."""

SHAPE, CURVE, CODE_QUEUE, LIMIT, IS_CLOSED, ROUTE = 0, 4, 5, 6, 7, 8
"""Columns of `Packed.code`: shapes of the four laws, ..., routes by end and, last, when closed."""

KIND, WORD, PER_CONTACT, BOT_TIME_COUNTS, BUSIEST_FIRST, SHUTS = range(6)
"""Columns of `Packed.stage`."""

CHANCE, AFTER = range(2)
"""Columns of `Packed.back_value`: chance of a return, mean of the time until it."""

RETURN_SHAPE, COMES_BY, KEEPS_PATIENCE = range(3)
"""Columns of `Packed.back_code`: shape of the time until a return, row of `routes` for its entry, whether
what is left of the patience goes on."""

STAGE, LINE, HEAD_START = range(3)
"""Columns of `Packed.queue`."""

CHATS, FIRST_AGENT, N_AGENTS, FIRST_LIST = range(4)
"""Columns of `Packed.team`; FIRST_LIST: the list of its agents without open chats."""

WANTED, GROUP = range(2)
"""Columns of `Packed.wants`: a queue, and how much a team wants it."""

END, DROPS_RETURNS, AT_MOST, KEEPS_BUDGETS, N_CLASSES, N_PERIODS = range(6)
"""Entries of `Packed.flag`."""


class Packed(NamedTuple):
    """All that the loop reads of a model."""

    value: Floats  # (S x C x P, 6) by `row_of` a stage
    code: Ints  # (S x C x P, 13)
    stage: Ints  # (S, 6)
    luck: Floats  # (S,)
    answers: Ints  # (S, P) whether who waits is answered
    curve: Floats  # (n, 257)
    route_first: Ints  # (R + 1,)
    route_below: Floats  # (N,)
    route_to: Ints  # (N,)
    back_value: Floats  # (4 x C x P, 2) by `row_of` a `Leaving`
    back_code: Ints  # (4 x C x P, 3)
    shapes: Shapes
    day_kind: Ints  # (D + 1,)
    first_period: Ints  # (K + 1,)
    begins: Ints  # (P,)
    asks: Ints  # (L, T)
    queue: Ints  # (Q, 3)
    team: Ints  # (T, 4)
    first_want: Ints  # (T + 1,) rows of `wants` of team t: first_want[t] : first_want[t + 1]
    wants: Ints  # (N, 2) sorted by group: what the team takes first
    flag: Ints  # (6,)


def _own(array: NDArray[Any]) -> NDArray[Any]:
    """A writeable copy in order, of floats or int64: any other kind of array would be compiled for anew."""
    return np.array(array, np.float64 if array.dtype.kind == "f" else np.int64, order="C")


def _laws(stages: tuple[Law, ...]) -> tuple[Floats, Ints]:
    """Means and shapes of several laws, (S, C, P, n)."""
    return np.stack([law.mean for law in stages], -1), np.stack([law.shape for law in stages], -1)


def _queues(model: Model) -> tuple[Ints, Ints]:
    """Queues (Q, 3), and the queue by stage, class and period (S, C, P)."""
    stages = model.stages
    line = np.broadcast_to(stages.line[:, :, None], stages.head_start.shape)
    at_desk = line != NONE
    pairs, number = np.unique(
        np.stack([line[at_desk], stages.head_start[at_desk]], -1).reshape(-1, 2), axis=0, return_inverse=True
    )
    queue_of = np.full(line.shape, NONE, np.int64)
    queue_of[at_desk] = number.reshape(-1)
    queues = np.column_stack([model.lines.desk[pairs[:, 0]], pairs]).astype(np.int64)
    return queues, queue_of


def _wants(model: Model, queues: Ints) -> tuple[Ints, Ints]:
    """What each team takes first, by `rules.line_key`: (T + 1,) and (N, 2)."""
    first: list[int] = [0]
    rows: list[tuple[int, int]] = []
    ranks = model.lines.rank
    for team, rule in enumerate(model.teams.rule.tolist()):
        served = []
        for queue, (_, line, head_start) in enumerate(queues.tolist()):
            rank = int(ranks[line, team])
            if rank:
                urgent = 0 if head_start == NEVER else 1
                key = {
                    LineRule.SKILL_FIRST: (rank, 0),
                    LineRule.PRIORITY_FIRST: (urgent, rank),
                    LineRule.LONGEST_WAITING: (0, 0),
                }[LineRule(rule)]
                served.append((key, queue))
        groups = sorted({key for key, _ in served})
        rows += [(queue, groups.index(key)) for key, queue in sorted(served)]
        first.append(len(rows))
    return np.array(first, np.int64), np.array(rows, np.int64).reshape(-1, 2)


def _teams(model: Model) -> Ints:
    teams = model.teams
    first_list = np.concatenate(([0], np.cumsum(teams.chats)))[:-1]
    columns = (teams.chats, teams.first_agent, teams.n_agents, first_list)
    return np.column_stack(columns).astype(np.int64)


def packed(model: Model) -> Packed:
    """Lay a model out for the loop."""
    stages, returns, horizon = model.stages, model.returns, model.horizon
    means, shapes = _laws((stages.work, stages.reply, stages.wrap_up, stages.patience))
    value = np.concatenate([means, stages.p_solved[..., None], stages.p_believes[..., None]], -1)
    queues, queue_of = _queues(model)
    closed = np.array(
        [
            [turns_away(bool(is_open), bool(waits)) for is_open in row]
            for row, waits in zip(stages.is_open, stages.waits_when_closed, strict=True)
        ],
        np.int64,
    )
    by_stage = queue_of.shape
    columns = (stages.curve, queue_of, stages.limit[:, None, :], closed[:, None, :])
    code = np.concatenate(
        [
            shapes,
            *(np.broadcast_to(c, by_stage)[..., None] for c in columns),
            np.moveaxis(stages.route, 1, -1),
        ],
        -1,
    )
    open_to_who_waits = np.array(
        [
            [answers(bool(is_open), bool(waits)) for is_open in row]
            for row, waits in zip(stages.is_open, stages.waits_when_closed, strict=True)
        ],
        np.int64,
    )
    flags = (stages.patience_per_contact, stages.bot_time_counts, stages.busiest_first, shuts(model))
    words = (stages.name_hash.astype(np.uint64) << np.uint64(32)).view(np.int64)
    by_leaving = returns.after.mean.shape
    keeps = np.broadcast_to(returns.keeps_patience[:, None, None], by_leaving)
    keeps_budgets = stages.patience_per_contact.any() or returns.keeps_patience.any()
    first_want, wants = _wants(model, queues)
    made = Packed(
        value=value.reshape(-1, value.shape[-1]),
        code=code.reshape(-1, code.shape[-1]),
        stage=np.column_stack([stages.kind, words, *flags]),
        luck=stages.luck,
        answers=open_to_who_waits,
        curve=stages.curves,
        route_first=model.routes.first,
        route_below=model.routes.below,
        route_to=model.routes.to,
        back_value=np.stack([returns.chance, returns.after.mean], -1).reshape(-1, 2),
        back_code=np.stack([returns.after.shape, returns.entry_route, keeps], -1).reshape(-1, 3),
        shapes=model.shapes,
        day_kind=model.calendar.kind,
        first_period=model.calendar.first,
        begins=model.calendar.begins,
        asks=model.lines.asks,
        queue=queues,
        team=_teams(model),
        first_want=first_want,
        wants=wants,
        flag=np.array(
            [horizon.end, horizon.drop_returns, returns.at_most, keeps_budgets, *queue_of.shape[1:]]
        ),
    )
    own = {name: _own(array) for name, array in made._asdict().items() if name != "shapes"}
    return made._replace(**own, shapes=Shapes(*(_own(column) for column in model.shapes)))

"""Expected flows through a scenario: endless loops and hours in which load is above capacity.

First contacts only, nobody gives up: what would come if everybody were answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import gcd, inf, isinf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.labels import Labels
from sim.model.records import End
from sim.model.rules import ROUTE_WHEN_CLOSED, turns_away
from sim.model.tables import DAY, UNLIMITED, Model, StageKind, n_periods
from sim.scenario.day_words import kind_weights, kind_words, kinds_met
from sim.scenario.mixing import mix_of
from sim.units import MINUTE, time_of_day

__all__ = [
    "Flows",
    "Overload",
    "Ways",
    "arrival_rates",
    "clock_words",
    "endless",
    "flows",
    "head_count_at",
    "load_slot",
    "mean_flows",
    "offered_load",
    "onward_shares",
    "overload_words",
    "overloads",
    "pool_names",
    "slot_periods",
    "ways_of",
]

Floats = NDArray[np.float64]


class Ways(NamedTuple):
    """What the steps of contacts are computed from."""

    links: Floats  # (R, S) share of each stage in each row of routes
    solved: Floats  # (S, C, P) share of visits that solve
    away: NDArray[np.bool_]  # (S, P) whether contacts that come go elsewhere at once


def ways_of(model: Model) -> Ways:
    """Where contacts go from each stage, and what it solves."""
    links = np.zeros((len(model.routes.first) - 1, len(model.stages.kind)))
    for row, (first, last) in enumerate(pairwise(model.routes.first.tolist())):
        shares = np.diff(model.routes.below[first:last], prepend=0.0)
        for to, share in zip(model.routes.to[first:last].tolist(), shares.tolist(), strict=True):
            if to >= 0:
                links[row, to] = share
    stages = model.stages
    # A curve's mean, which is that of the lines between its nodes; the last is for those without a curve.
    means = np.array([*((nodes[:-1] + nodes[1:]).mean() / 2 for nodes in stages.curves), np.nan])
    away = [
        [_turns_away(model, stage, period) for period in range(n_periods(model.calendar))]
        for stage in range(len(stages.kind))
    ]
    solved = np.where(stages.curve < 0, stages.p_solved, means[stages.curve])
    return Ways(links, solved, np.array(away, np.bool_).reshape(len(stages.kind), -1))


def _turns_away(model: Model, stage: int, period: int) -> bool:
    """Whether contacts that come go elsewhere at once, by the route of who comes when it is closed."""
    return turns_away(model.stages.is_open.item(stage, period), model.stages.waits_when_closed.item(stage))


def onward_shares(model: Model, ways: Ways, cls: int, period: int) -> Floats:
    """Share of a class's visits at i that go on to j if everybody is answered, shape (S, S)."""
    p = ways.solved[:, cls, period, None]
    solved, unsolved, closed = (
        ways.links[model.stages.route[:, row, cls, period]]
        for row in (End.SOLVED - 1, End.UNSOLVED - 1, ROUTE_WHEN_CLOSED)
    )
    return np.where(ways.away[:, period, None], closed, p * solved + (1 - p) * unsolved)


def _worst(model: Model, ways: Ways, cls: int, can_end: Mapping[End, NDArray[np.bool_]]) -> Floats:
    """The largest share of visits at i that can go on to j, whatever happens in the queues."""
    periods = range(n_periods(model.calendar))
    worst: Floats = np.max([onward_shares(model, ways, cls, period) for period in periods], axis=0)
    for end, stages in can_end.items():
        largest = ways.links[model.stages.route[:, end - 1, cls]].max(axis=1)
        worst = np.where(stages[:, None], np.maximum(worst, largest), worst)
    return worst


def _can_end(model: Model) -> dict[End, NDArray[np.bool_]]:
    """At which stages (S,) visits can end otherwise than solved or unsolved."""
    return {
        End.ABANDONED: model.stages.kind == StageKind.DESK,
        End.TURNED_AWAY: (model.stages.limit != UNLIMITED).any(axis=1),
    }


def endless(model: Model) -> list[int] | None:
    """Stages on a loop that a contact might never leave, or None.

    The worst case counts: the matrix of the largest possible shares from stage to stage needs a
    spectral radius below one.
    """
    ways, can_end, seen = ways_of(model), _can_end(model), set()
    for cls in range(model.n_classes):
        worst = _worst(model, ways, cls, can_end)
        if worst.tobytes() in seen:
            continue
        seen.add(worst.tobytes())
        if len(worst) and max(abs(np.linalg.eigvals(worst))) >= 1 - 1e-9:
            reach = np.linalg.matrix_power((worst > 0).astype(float) + np.eye(len(worst)), len(worst)) > 0
            return [
                i
                for i in range(len(worst))
                if any(worst[i, j] > 0 and reach[j, i] for j in range(len(worst)))
            ]
    return None


def load_slot(model: Model) -> int:
    """Ticks for which volumes and values stay as they are on all kinds of day; divides a demand slot."""
    return gcd(model.streams.slot, *model.calendar.begins.tolist())


def offered_load(model: Model, kind: int = 0) -> Floats:
    """Erlangs of agent time offered to each line in each `load_slot` of a kind of day, shape (L, slots)."""
    rates, slot_period = arrival_rates(model, kind), slot_periods(model, kind)
    load = np.zeros((len(model.lines.desk), len(slot_period)))
    ways = ways_of(model)
    for stream, rate in enumerate(rates):
        for period in np.unique(slot_period):
            mix = mix_of(model, stream, int(period))
            for cls in np.flatnonzero(mix.weights):
                slots = slot_period == period
                visits = _visits_per_issue(model, ways, mix.enters[cls], int(cls), int(period))
                for stage in np.flatnonzero(model.stages.kind == StageKind.DESK).tolist():
                    if ways.away[stage, period]:
                        continue
                    work = (
                        model.stages.work.mean[stage, cls, period]
                        + model.stages.wrap_up.mean[stage, cls, period]
                    )
                    line = model.stages.line[stage, cls]
                    load[line, slots] += rate[slots] * mix.weights[cls] * visits[stage] * work
    return load


class Flows(NamedTuple):
    """First contacts of a day if everybody is answered."""

    enters: Floats  # (S,) contacts that enter at each stage
    visits: Floats  # (S,) contacts that come to each stage, from anywhere
    solved: Floats  # (S,) those of them that it solves
    onward: Floats  # (S, S) those that go on from i to j
    work: Floats  # (S,) time they take there in all [ticks], after-call work included


def flows(model: Model, kind: int = 0) -> Flows:
    """Where the first contacts of a kind of day enter and go, what is solved and how long it takes."""
    n = len(model.stages.kind)
    found = Flows(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, n)), np.zeros(n))
    slot, slot_period, ways = load_slot(model), slot_periods(model, kind), ways_of(model)
    for stream, rate in enumerate(arrival_rates(model, kind)):
        for period in np.unique(slot_period).tolist():
            mix = mix_of(model, stream, period)
            for cls in np.flatnonzero(mix.weights).tolist():
                issues = rate[slot_period == period].sum() * slot * mix.weights[cls]
                found.enters[:] += issues * mix.enters[cls]
                visits = issues * _visits_per_issue(model, ways, mix.enters[cls], cls, period)
                served = visits * ~ways.away[:, period]
                stages = model.stages
                found.visits[:] += visits
                found.solved[:] += served * ways.solved[:, cls, period]
                found.onward[:] += visits[:, None] * onward_shares(model, ways, cls, period)
                found.work[:] += served * (
                    stages.work.mean[:, cls, period] + stages.wrap_up.mean[:, cls, period]
                )
    return found


def mean_flows(model: Model) -> Flows:
    """`flows` of the mean measured day."""
    parts = [(share, flows(model, kind)) for kind, share in enumerate(kind_weights(model)) if share]
    return Flows._make(
        sum((share * column for share, column in columns), np.float64(0))
        for columns in zip(*([(share, column) for column in flow] for share, flow in parts), strict=True)
    )


def _visits_per_issue(model: Model, ways: Ways, enters: Floats, cls: int, period: int) -> Floats:
    """Expected visits of a first contact at each stage, by the traffic equations."""
    onward = onward_shares(model, ways, cls, period)
    return np.asarray(np.linalg.solve(np.eye(len(onward)) - onward.T, enters))


def arrival_rates(model: Model, kind: int) -> Floats:
    """Arrivals per tick of each stream in each `load_slot` of a kind of day, shape (n, slots)."""
    return np.repeat(model.streams.rate[:, kind], model.streams.slot // load_slot(model), axis=1)


def slot_periods(model: Model, kind: int) -> NDArray[np.intp]:
    """Period of each `load_slot` of a kind of day, shape (slots,)."""
    first, last = model.calendar.first[kind : kind + 2]
    begins = model.calendar.begins[first:last]
    ticks = np.arange(0, DAY, load_slot(model))
    return np.asarray(first + np.searchsorted(begins, ticks, "right") - 1, np.intp)


def head_count_at(model: Model, team: int, tick: int, kind: int = 0) -> int:
    """Agents of a team planned to be there at a tick of a kind of day, shrinkage off, absence not."""
    counts = model.plan.head_counts
    steps = np.flatnonzero((counts.team == team) & (counts.kind == kind) & (counts.begins <= tick))
    if len(steps):
        return int(counts.n_present[steps[-1]])
    shifts = model.plan.shifts
    there = 0
    for k in np.flatnonzero(shifts.team == team):
        for at in (tick, tick + DAY):
            if shifts.begins[k] <= at < shifts.ends[k]:
                breaks = range(shifts.first_break[k], shifts.first_break[k + 1])
                on_break = any(
                    shifts.break_due[b] <= at < shifts.break_due[b] + shifts.break_length[b] for b in breaks
                )
                there += 0 if on_break else int(shifts.n_present[k, kind])
    return there


def overloads(model: Model, kind: int = 0) -> list[tuple[list[int], list[tuple[int, int, float]]]]:
    """Pools of lines with the spells of a kind of day in which offered load is above their teams' capacity.

    Returns
    -------
    list of (lines, spells)
        A pool is a set of lines linked by common teams; a spell is (from tick, to tick, highest load as a
        multiple of capacity; inf where nobody is there).
    """
    load, slot = offered_load(model, kind), load_slot(model)
    periods = slice(*model.calendar.first[kind : kind + 2].tolist())
    edges = sorted({*range(0, DAY, 15 * MINUTE), *model.calendar.begins[periods].tolist()})
    found = []
    for lines, teams in _pools(model):
        spells: list[tuple[int, int, float]] = []
        for tick, until in pairwise([*edges, DAY]):
            work = float(load[lines, tick // slot].sum())
            slots = sum(
                head_count_at(model, t, tick, kind)
                * int(model.teams.chats[t])
                * (1 - float(model.teams.p_absent[t]))
                for t in teams
            )
            if work <= slots * (1 + 1e-9) or work == 0:  # more by rounding alone is not more
                continue
            ratio = work / slots if slots else inf
            goes_on = spells and spells[-1][1] == tick and isinf(spells[-1][2]) == isinf(ratio)
            if goes_on:
                spells[-1] = (spells[-1][0], until, max(ratio, spells[-1][2]))
            else:
                spells.append((tick, until, ratio))
        if spells:
            found.append((lines, spells))
    return found


def _pools(model: Model) -> list[tuple[list[int], list[int]]]:
    """Lines and teams grouped so that no team serves lines of two groups."""
    groups: list[tuple[set[int], set[int]]] = []
    for line, ranks in enumerate(model.lines.rank):
        lines, teams = {line}, set(np.flatnonzero(ranks).tolist())
        for group in [g for g in groups if g[1] & teams]:
            lines |= group[0]
            teams |= group[1]
            groups.remove(group)
        groups.append((lines, teams))
    return [(sorted(lines), sorted(teams)) for lines, teams in groups]


def pool_names(model: Model, labels: Labels, lines: Sequence[int]) -> dict[str, tuple[str, ...]]:
    """The desks of a pool of lines, each with its teams there if others serve the rest of the desk."""
    found: dict[str, tuple[str, ...]] = {}
    for desk in dict.fromkeys(int(model.lines.desk[line]) for line in lines):
        whole = set(np.flatnonzero(model.lines.desk == desk).tolist())
        teams = model.lines.rank[sorted(whole & set(lines))].any(axis=0)
        named = tuple(labels.teams[t] for t in np.flatnonzero(teams))
        found[labels.stages[desk]] = () if whole <= set(lines) else named
    return found


class Overload(NamedTuple):
    """When the work offered to a pool of lines is above the capacity of their teams."""

    lines: list[int]
    words: str  # days and hours
    worst: float  # the highest load as a multiple of capacity


def overload_words(model: Model) -> list[Overload]:
    """Every pool that is overloaded at some time."""
    words: dict[tuple[int, ...], dict[str, list[int]]] = {}
    worst: dict[tuple[int, ...], float] = {}
    for kind in kinds_met(model):
        for lines, spells in overloads(model, kind):
            pool = tuple(lines)
            words.setdefault(pool, {}).setdefault(clock_words(spells), []).append(kind)
            worst[pool] = max(worst.get(pool, 0.0), *(ratio for *_, ratio in spells))
    is_one = len(kinds_met(model)) == 1
    return [
        Overload(
            list(pool),
            "; ".join(h if is_one else f"{kind_words(model, k)} {h}" for h, k in hours.items()),
            worst[pool],
        )
        for pool, hours in words.items()
    ]


def clock_words(spells: Sequence[tuple[int, int, float]]) -> str:
    """Spells of `overloads` in words.

    Examples
    --------
    >>> from sim.units import HOUR
    >>> clock_words([(0, 2 * HOUR, inf), (9 * HOUR, 10 * HOUR, 1.1), (20 * HOUR, 22 * HOUR, 1.25)])
    '09:00-10:00, 20:00-22:00 (up to 1.25 times capacity), 00:00-02:00 (nobody there)'
    """
    staffed = [spell for spell in spells if not isinf(spell[2])]
    worst = max((ratio for *_, ratio in staffed), default=0.0)
    parts = (
        (staffed, f"up to {worst:.3g} times capacity"),
        ([spell for spell in spells if isinf(spell[2])], "nobody there"),
    )
    return ", ".join(
        ", ".join(f"{time_of_day(begin)}-{time_of_day(end)}" for begin, end, _ in some) + f" ({words})"
        for some, words in parts
        if some
    )

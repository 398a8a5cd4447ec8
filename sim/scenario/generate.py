"""Agents that follow the forecast, as plain numbers: head counts by interval, or shifts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import ceil, inf, lcm, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.tables import DAY, Model
from sim.scenario.calendar import DayKind, Version
from sim.scenario.classes import days_of
from sim.scenario.cover import covering, evenly_covering
from sim.scenario.following import AS_BEFORE, Follow
from sim.scenario.forecast import Forecast, forecast_of
from sim.scenario.lags import STEP, STEPS
from sim.scenario.scaling import apportion
from sim.scenario.schema import Team
from sim.scenario.staff import Followed, FollowedKey, paid_time
from sim.scenario.traffic import head_count_at
from sim.theory.staffing import Target, agents_for, beta_for
from sim.units import HOUR, MINUTE

__all__ = ["followed"]

Floats = NDArray[np.float64]

_HARDLY = 0.01  # erlangs of work, and share of the mean of what comes, below which nobody need be there
_SOMETHING = 1e-3  # contacts at once: for this one agent is needed


class _Work(NamedTuple):
    """What is expected of a team in each interval (n,), in contacts at once; others' part taken off."""

    load: Floats  # erlangs
    handling: float  # minutes, wrap-up included
    patience: Floats  # mean, minutes; inf where nobody gives up
    others: Floats  # contacts at once that teams which do not follow can take of it
    is_any: NDArray[np.bool_]  # whether somebody should be there at all


def followed(
    versions: Sequence[Version], kinds: Sequence[DayKind], model: Model
) -> dict[FollowedKey, Followed]:
    """The staff of each team that follows the forecast, by version, team and kind of day.

    ``model`` has its shapes, and the plan of all teams that do not follow.
    """
    forecast = cache(lambda kind: forecast_of(model, kind))
    every = lcm(model.horizon.interval, STEP)
    found: dict[FollowedKey, Followed] = {}
    for k, kind in enumerate(kinds):
        for v in sorted({kind.whole, *(version for _, version in kind.spells)}):
            teams = versions[v].scenario.teams
            follow = [isinstance(team.agents, Follow) for team in teams.values()]
            for t, (name, team) in enumerate(teams.items()):
                if isinstance(team.agents, Follow):
                    work = _work(model, forecast(k), k, t, follow, every)
                    paid = _paid(versions[v], name, kind)
                    found[v, name, k] = _staff(team, team.agents, work, paid, every)
    return found


def _paid(version: Version, name: str, kind: DayKind) -> int:
    """Paid time (ticks) of a team on a kind of day, where it is given."""
    scenario = version.scenario
    team = scenario.teams[name]
    assert isinstance(team.agents, Follow)
    if team.agents.hours != AS_BEFORE:
        return round((team.agents.hours or 0) * scenario.scale)
    assert team.before is not None
    before = team.model_copy(update={"agents": team.before.agents, "shifts": team.before.shifts})
    return paid_time(before, kind, scenario.scale, days_of(scenario))


def _work(
    model: Model, forecast: Forecast, kind: int, team: int, follow: Sequence[bool], every: int
) -> _Work:
    """The part of the forecast that is a team's.

    Of the teams that follow, those serve a line that do it at the lowest rank, each as much as the other.
    What teams that do not follow can take at no higher rank is taken off.
    """
    per = every // STEP
    n = DAY // every
    load, came, gave_up = np.zeros(STEPS), np.zeros(STEPS), np.zeros(STEPS)
    others = np.zeros(n)
    of_line = forecast.load.reshape(-1, n, per).mean(2)
    ranks = model.lines.rank
    for line, own in enumerate(ranks[:, team].tolist()):
        willing = [rank for rank, f in zip(ranks[line].tolist(), follow, strict=True) if f and rank]
        best = min(willing, default=0)
        if own == 0 or own != best:
            continue
        part = 1 / willing.count(best)
        load += part * forecast.load[line]
        came += part * forecast.arrivals[line]
        gave_up += part * forecast.arrivals[line] * forecast.impatience[line]
        for other in range(len(follow)):
            if not follow[other] and 0 < ranks[line, other] <= best:
                whole = of_line[ranks[:, other] > 0].sum(axis=0)
                share = np.divide(of_line[line], whole, out=np.zeros(n), where=whole > 0)
                others += part * share * _room(model, other, kind, every)
    contacts = came.reshape(n, per).mean(1)
    impatience = gave_up.reshape(n, per).mean(1) / np.maximum(contacts, 1e-300)
    whole_day = max(float(came.sum()), 1e-300)
    mean_load = np.maximum(load, 0).reshape(n, per).mean(1)
    return _Work(
        load=mean_load,
        handling=float(load.sum()) / whole_day / MINUTE,
        patience=np.divide(1 / MINUTE, impatience, out=np.full(n, inf), where=impatience > 0),
        others=others,
        is_any=(mean_load >= _HARDLY) | ((contacts > 0) & (contacts >= _HARDLY * contacts.mean())),
    )


def _room(model: Model, team: int, kind: int, every: int) -> Floats:
    """Contacts at once that a team can take in each interval."""
    there = [head_count_at(model, team, tick, kind) for tick in range(0, DAY, every)]
    each = float(model.teams.chats[team]) * (1 - float(model.teams.p_absent[team]))
    return np.asarray(there, np.float64) * each


def _staff(team: Team, follow: Follow, work: _Work, paid: int, every: int) -> Followed:
    """Head counts or shifts for what is expected of a team; ``paid``: time of all agents in a day."""
    length = follow.in_shifts_of
    each = team.chats * (1 - team.absence)
    if follow.hours is not None:
        left = np.maximum(work.load - work.others, 0) / each
        agents = np.where(work.is_any, np.maximum(left, _SOMETHING), 0.0)
        if length is None:
            return Followed(every, tuple(_spread(agents, round(paid / every))))
        return _in_shifts(evenly_covering(agents.tolist(), max(1, round(paid / length)), length), length)
    needed = [_scheduled(slots / each, team.shrinkage) for slots in _slots(follow, work)]
    if length is None:
        return Followed(every, tuple(needed))
    return _in_shifts(covering(needed, length), length)


def _slots(follow: Follow, work: _Work) -> Iterator[float]:
    """Contacts at once that must be possible in each interval, those that others take off."""
    memory: dict[tuple[float, float], float] = {}
    columns = (work.load, work.patience, work.others, work.is_any)
    for load, patience, others, is_any in zip(*(column.tolist() for column in columns), strict=True):
        key = (float(f"{load:.6g}"), float(f"{patience:.6g}"))
        if is_any and key not in memory:
            memory[key] = max(_rule(follow, work.handling, *key), _SOMETHING)
        yield max(memory[key] - others, 0.0) if is_any else 0.0


def _rule(follow: Follow, handling: float, load: float, patience: float) -> float:
    """Contacts at once that must be possible under a load."""
    if follow.utilisation is not None:
        return load / follow.utilisation
    if follow.delay is not None:
        return max(load + beta_for(follow.delay, patience / handling) * sqrt(load), 1.0)
    assert follow.service_level is not None
    share, within = follow.service_level
    target = Target(service_level=share, within=within / MINUTE)
    return agents_for(target, load / handling, handling, patience)


def _scheduled(present: float, shrinkage: float) -> int:
    """The fewest agents to schedule so that enough are there once shrinkage is off."""
    needed = ceil(present - 1e-9)
    n = int(needed / (1 - shrinkage))
    while n and apportion([n], 1 - shrinkage, at_least_one=False)[0] >= needed:
        n -= 1
    while apportion([n], 1 - shrinkage, at_least_one=False)[0] < needed:
        n += 1
    return n


def _spread(weights: Floats, total: int) -> list[int]:
    """A total cut into whole parts in proportion to weights; one at least where there is any."""
    weights = weights if weights.any() else np.ones(len(weights))
    busy = weights > 0
    kept = busy.astype(np.int64) if busy.sum() <= total else np.zeros(len(weights), np.int64)
    exact = np.where(busy, weights, 0.0) / max(float(weights[busy].sum()), 1e-300) * total
    whole = np.maximum(np.floor(exact + 1e-9).astype(np.int64), kept)
    while whole.sum() != total:
        up = whole.sum() < total
        gap = np.where(busy, exact - whole, -inf) if up else np.where(whole > kept, whole - exact, -inf)
        whole[int(gap.argmax())] += 1 if up else -1
    return [int(n) for n in whole]


def _in_shifts(starts: NDArray[np.int64], length: int) -> Followed:
    begun = tuple((hour * HOUR, n) for hour, n in enumerate(starts.tolist()) if n)
    return Followed(length, (), begun or ((0, 0),))

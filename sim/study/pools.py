"""Desks and teams that hang together, and how they do in each interval of the day."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import UsageError
from sim.measure.estimate import Sample, half_width
from sim.measure.moments import found_measure
from sim.measure.preference import Better, better
from sim.measure.reduce import Sums
from sim.model.labels import Labels
from sim.model.tables import NEVER, Model, StageKind
from sim.scenario.wishes import Wish
from sim.theory.staffing import Target
from sim.units import SECOND

__all__ = [
    "Goal",
    "Level",
    "Pool",
    "Simulated",
    "handling_s",
    "level",
    "loads",
    "patience_s",
    "pools_of",
    "work_of",
]

Floats = NDArray[np.float64]

MEASURES = ("service_level", "abandoned", "wait.mean")
"""Measures that can be asked of each interval."""


class Goal(NamedTuple):
    """What each interval shall keep."""

    measure: str  # one of `MEASURES`
    bound: float  # in its unit
    within_s: float | None  # the threshold of a service level
    words: str

    @classmethod
    def of(cls, measure: str, wish: Wish) -> Goal:
        """A goal from a target's words.

        Raises
        ------
        UsageError
            If the measure is not one of `MEASURES`, or the wish is on its wrong side.
        """
        if measure not in MEASURES:
            raise UsageError(f"agents are not found for '{measure}', only for {', '.join(MEASURES)}")
        if wish.at_least != (better(measure) == Better.MORE):
            side = "at least" if better(measure) == Better.MORE else "at most"
            raise UsageError(f"'{measure} {wish.words}': write '{measure} {side} ...'")
        return cls(measure, wish.figure.value, wish.within_s, f"{measure} {wish.words}")

    def is_met(self, value: Floats) -> NDArray[np.bool_]:
        """Whether figures are good enough; where nobody came (NaN) they are."""
        good = value >= self.bound if self.measure == "service_level" else value <= self.bound
        return np.asarray(good | np.isnan(value))

    def theory(self) -> Target:
        """The same for the formulas; times in seconds."""
        if self.measure == "service_level":
            return Target(service_level=self.bound, within=self.within_s or 0.0)
        if self.measure == "abandoned":
            return Target(p_abandon=self.bound)
        return Target(mean_wait=self.bound)


class Pool(NamedTuple):
    """Desks and teams that hang together: no other team serves these desks, and no other desk has them."""

    desks: tuple[int, ...]
    teams: tuple[int, ...]


class Simulated(NamedTuple):
    """A plan and what came out."""

    model: Model
    labels: Labels
    sums: Sequence[Sums]


class Level(NamedTuple):
    """How a pool does, by interval of the plan: the desk that does worst. All of shape (I,)."""

    value: Floats
    half_width: Floats
    abandoned: Floats


def pools_of(model: Model) -> tuple[Pool, ...]:
    """The pools of a scenario, in the order of their first desk."""
    serves = model.lines.rank > 0
    pools: list[tuple[set[int], set[int]]] = []
    for desk in (int(s) for s in np.flatnonzero(model.stages.kind == StageKind.DESK)):
        teams = {int(t) for t in np.flatnonzero(serves[model.lines.desk == desk].any(axis=0))}
        linked = [pool for pool in pools if pool[1] & teams]
        pools = [pool for pool in pools if pool not in linked]
        desks = {desk}.union(*(pool[0] for pool in linked))
        pools.append((desks, teams.union(*(pool[1] for pool in linked))))
    return tuple(Pool(tuple(sorted(d)), tuple(sorted(t))) for d, t in sorted(pools, key=lambda p: min(p[0])))


def _series(sample: Sample, owner: str, key: str) -> tuple[Floats, Floats]:
    """Values (n,) and deviations (units, n) of a measure by interval of the day."""
    kinds = sample.model.stages.kind.tolist()
    measure = found_measure(f"{owner}.{key} at 00:00", sample.labels, kinds)
    labels = sample.labels
    part = (
        sample.intervals_of_stages([labels.stages.index(owner)])
        if owner in labels.stages
        else sample.intervals_of_team(labels.teams.index(owner))
    )
    found = part.estimate(measure)
    return found.value, found.deviations


def _folded(values: Floats, weights: Floats, n: int) -> Floats:
    """Weighted means of n intervals each along the last axis; NaN where there is no weight."""
    known = np.isfinite(values)
    weight = np.where(known, np.nan_to_num(weights), 0.0)
    shape = (*values.shape[:-1], -1, n)
    above = (np.where(known, values, 0.0) * weight).reshape(shape).sum(-1)
    below = weight.reshape(shape).sum(-1)
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)


def level(sample: Sample, pool: Pool, goal: Goal, n: int) -> Level:
    """How a pool does, by interval of the plan."""
    rows = []
    for desk in pool.desks:
        name = sample.labels.stages[desk]
        arrivals = _series(sample, name, "arrivals")[0]
        value, deviations = _series(sample, name, goal.measure)
        abandoned = _folded(_series(sample, name, "abandoned")[0], arrivals, n)
        width = half_width(np.nan_to_num(_folded(deviations, arrivals, n)))
        rows.append((_folded(value, arrivals, n), width, abandoned))
    values = np.array([row[0] for row in rows])
    sign = 1.0 if goal.measure == "service_level" else -1.0
    worst = np.argmin(np.where(np.isnan(values), np.inf, sign * values), axis=0)
    columns = np.arange(values.shape[1])
    return Level(*(np.array([row[k] for row in rows])[worst, columns] for k in range(3)))


def loads(sample: Sample, n: int) -> Floats:
    """Contacts that each team has in service, (T, I)."""
    return np.array(
        [_series(sample, team, "busy")[0].reshape(-1, n).mean(-1) for team in sample.labels.teams]
    )


def handling_s(sample: Sample, team: int) -> float:
    """Mean handling of a team, after-call work included, in seconds; NaN where it had nobody."""
    kinds = sample.model.stages.kind.tolist()
    measure = found_measure(f"{sample.labels.teams[team]}.handling.mean", sample.labels, kinds)
    return float(sample.team(team).estimate(measure).value)


def patience_s(model: Model, pool: Pool) -> float:
    """Mean patience at the desks of a pool in seconds, classes and periods alike; inf: nobody gives up."""
    means = model.stages.patience.mean[list(pool.desks)]
    ever = means[(means > 0) & (means < NEVER)]
    return float(ever.mean()) / SECOND if len(ever) else inf


def work_of(sample: Sample, pool: Pool) -> float:
    """Agents that the work of a pool's busiest intervals keeps busy."""
    names = [sample.labels.stages[desk] for desk in pool.desks]
    return sum(float(np.nanmax(_series(sample, name, "load")[0], initial=0.0)) for name in names)

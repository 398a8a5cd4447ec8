"""How many agents each interval of the day needs: first by Erlang A with lag, then by simulation.

The work that comes to each team, returns and hand-offs included, is measured by simulating the scenario with
more agents than it can use: the contacts in service then are the offered load with its lag. Erlang A makes
the first plan of it. Then whole plans are simulated, and each interval is lowered and raised until the least
number is found with which it meets the goal. At last the plan meets customers that it was not fitted to.

References
----------
Feldman, Mandelbaum, Massey, Whitt: Staffing of time-varying queues to achieve time-stable performance,
Management Science 54 (2008): iterative staffing that begins with infinitely many servers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import UsageError
from sim.measure.estimate import Sample, half_width
from sim.measure.moments import found_measure
from sim.measure.preference import Better, better
from sim.measure.reduce import Sums
from sim.model.labels import Labels
from sim.model.tables import DAY, NEVER, Model, StageKind
from sim.scenario.scaling import apportion, scaled
from sim.scenario.schema import Team
from sim.scenario.wishes import Wish
from sim.theory.staffing import Target, agents_for
from sim.units import SECOND, time_of_day

__all__ = [
    "Goal",
    "Level",
    "Pool",
    "Simulated",
    "Staffing",
    "pools_of",
    "scheduled_for",
    "staffed",
    "table_of",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MEASURES = ("service_level", "abandoned", "wait.mean")
"""Measures that can be asked of each interval."""

_PLENTY = 3.0  # times the work of the busiest interval: agents with which nobody waits
_MOST_PASSES = 40
_MOST_CHECKS = 8  # looks at fresh customers; what fails there is raised
_NO_END = np.iinfo(np.int64).max


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


@dataclass(frozen=True)
class Staffing:
    """What was found."""

    goal: Goal
    pools: tuple[Pool, ...]
    agents: Ints  # (T, I) agents that each team needs on duty; teams without a desk: 0
    levels: tuple[Level, ...]  # by pool, with customers that the plan was not fitted to
    by_theory: Ints  # (T, I) what Erlang A says
    n_plans: int  # simulated
    n_checks: int  # looks at fresh customers

    @property
    def missed(self) -> list[tuple[int, int]]:
        """Pool and interval where fresh customers do not find the goal met."""
        return [
            (p, int(i))
            for p, level in enumerate(self.levels)
            for i in np.flatnonzero(~self.goal.is_met(level.value))
        ]


Simulate = Callable[[Ints, int], Simulated]
"""Simulates a plan, agents on duty by team and interval, with customers 0 (those it is fitted to), 1, ..."""


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


# --- what is measured -----------------------------------------------------------------------------


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


def _level(sample: Sample, pool: Pool, goal: Goal, n: int) -> Level:
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


def _loads(sample: Sample, n: int) -> Floats:
    """Contacts that each team has in service, (T, I)."""
    return np.array(
        [_series(sample, team, "busy")[0].reshape(-1, n).mean(-1) for team in sample.labels.teams]
    )


def _handling_s(sample: Sample, team: int) -> float:
    """Mean handling of a team, after-call work included, in seconds; NaN where it had nobody."""
    kinds = sample.model.stages.kind.tolist()
    measure = found_measure(f"{sample.labels.teams[team]}.handling.mean", sample.labels, kinds)
    return float(sample.team(team).estimate(measure).value)


def _patience_s(model: Model, pool: Pool) -> float:
    """Mean patience at the desks of a pool in seconds, classes and periods alike; inf: nobody gives up."""
    means = model.stages.patience.mean[list(pool.desks)]
    ever = means[(means > 0) & (means < NEVER)]
    return float(ever.mean()) / SECOND if len(ever) else inf


# --- the first plan -------------------------------------------------------------------------------


def _plenty(model: Model, sample: Sample) -> Ints:
    """So many agents in each team that nobody waits, (T,)."""
    labels = sample.labels
    most = np.zeros(len(labels.teams))
    for pool in pools_of(model):
        load = sum(
            float(np.nanmax(_series(sample, labels.stages[d], "load")[0], initial=0.0)) for d in pool.desks
        )
        most[list(pool.teams)] = _PLENTY * load + 20
    return np.ceil(most).astype(np.int64)


def _by_theory(sample: Sample, pools: Sequence[Pool], goal: Goal, n: int) -> Ints:
    """Agents by Erlang A for the work that each team has in each interval, (T, I)."""
    model, loads, target = sample.model, _loads(sample, n), goal.theory()
    agents = np.zeros(loads.shape, np.int64)
    for pool in pools:
        patience = _patience_s(model, pool)
        for team in pool.teams:
            handling = _handling_s(sample, team)
            chats = int(model.teams.chats[team])
            for i in np.flatnonzero(loads[team] > 0):
                rate = (
                    float(loads[team, i]) / handling
                )  # of Python: NumPy's numbers warn where they grow large
                slots = agents_for(target, rate, handling, patience)
                agents[team, i] = ceil(slots / chats)
    return agents


# --- the search -----------------------------------------------------------------------------------


@dataclass
class _Search:
    """Agents of a pool by interval, (I,): what is tried, the most known to fail, the fewest known to do."""

    now: Ints
    most: int = _NO_END  # more agents than the pool can use; who fails with them is given up
    failing: Ints = field(init=False)
    meeting: Ints = field(init=False)
    step: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.failing = np.full(len(self.now), -1)
        self.meeting = np.full(len(self.now), _NO_END)
        self.step = np.maximum(np.round(0.2 * np.sqrt(self.now)).astype(np.int64), 1)

    def learns(self, is_met: NDArray[np.bool_]) -> None:
        """Take the verdicts on what was tried; what to try next is in ``now``.

        Intervals lean on their neighbours, so a verdict is never for good: the later one holds.
        """
        for i, good in enumerate(is_met):
            now = int(self.now[i])
            if good:
                self.meeting[i] = now
                self.failing[i] = min(self.failing[i], now - 1)
            else:
                self.failing[i] = now
                if self.meeting[i] <= now:
                    self.meeting[i] = _NO_END
            self.now[i] = self._next(i)

    def _next(self, i: int) -> int:
        failing, meeting = int(self.failing[i]), int(self.meeting[i])
        if meeting - failing == 1:
            return meeting
        if meeting < _NO_END and failing >= 0:
            return (meeting + failing) // 2
        step = int(self.step[i])
        self.step[i] = 2 * step
        if meeting == _NO_END:
            return max(min(failing + step, self.most), int(self.now[i]))
        return max(meeting - step, 0)


def _split(total: Ints, shares: Ints) -> Ints:
    """Agents of a pool (I,) among its teams in proportion to shares (teams, I); who had some keeps one."""
    split = np.zeros_like(shares)
    for i, n in enumerate(total):
        whole = int(shares[:, i].sum())
        counts = [int(x) for x in shares[:, i]]
        split[:, i] = apportion(counts, n / whole) if whole else [n, *[0] * (len(counts) - 1)]
    return split


def staffed(
    simulate: Simulate,
    as_it_is: Simulated,
    goal: Goal,
    length: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Staffing:
    """The least agents with which each interval of the day meets the goal.

    Parameters
    ----------
    simulate
        Simulates a plan.
    as_it_is
        The scenario as it stands, simulated a little.
    goal
        What each interval shall keep.
    length
        Ticks of an interval of the plan; a whole number of the scenario's.
    tell
        Called with what is being done.
    """
    model = as_it_is.model
    n = length // model.horizon.interval
    n_intervals = DAY // length
    pools = pools_of(model)
    tell("work that comes")
    plenty = _plenty(model, Sample(as_it_is.sums, model, as_it_is.labels))
    ample = simulate(np.repeat(plenty[:, None], n_intervals, axis=1), 0)
    first = _by_theory(Sample(ample.sums, ample.model, ample.labels), pools, goal, n)
    searches = [
        _Search(first[list(pool.teams)].sum(axis=0), int(plenty[list(pool.teams)].sum())) for pool in pools
    ]
    known: dict[bytes, list[Level]] = {}

    def levels(plan: Ints, customers: int) -> list[Level]:
        done = simulate(plan, customers)
        sample = Sample(done.sums, done.model, done.labels)
        return [_level(sample, pool, goal, n) for pool in pools]

    def plan_of(totals: Sequence[Ints]) -> Ints:
        plan = np.zeros_like(first)
        for pool, total in zip(pools, totals, strict=True):
            plan[list(pool.teams)] = _split(total, first[list(pool.teams)])
        return plan

    for number in range(_MOST_PASSES):
        tell(f"plan {number + 1}")
        plan = plan_of([search.now for search in searches])
        is_new = plan.tobytes() not in known
        if is_new:
            known[plan.tobytes()] = levels(plan, 0)
        verdicts = [goal.is_met(level.value) for level in known[plan.tobytes()]]
        before = [search.now.copy() for search in searches]
        for search, verdict in zip(searches, verdicts, strict=True):
            search.learns(verdict)
        if all((search.now == was).all() for search, was in zip(searches, before, strict=True)):
            break
    totals = [np.where(s.meeting < _NO_END, s.meeting, s.now) for s in searches]
    return _checked(levels, plan_of, totals, goal, pools, first, len(known), tell)


def _checked(
    levels: Callable[[Ints, int], list[Level]],
    plan_of: Callable[[Sequence[Ints]], Ints],
    totals: list[Ints],
    goal: Goal,
    pools: tuple[Pool, ...],
    first: Ints,
    n_plans: int,
    tell: Callable[[str], None],
) -> Staffing:
    """The plan before customers it was not fitted to; where they find the goal missed, it is raised."""
    for check in range(1, _MOST_CHECKS + 1):
        tell(f"fresh customers {check}")
        plan = plan_of(totals)
        found = levels(plan, check)
        missed = [~goal.is_met(level.value) for level in found]
        if check == _MOST_CHECKS or not any(of.any() for of in missed):
            break
        totals = [total + of * _more(total) for total, of in zip(totals, missed, strict=True)]
    return Staffing(goal, pools, plan, tuple(found), first, n_plans, check)


def _more(agents: Ints) -> Ints:
    """What an interval that is missed gets: one agent, or a fiftieth of those it has."""
    return np.maximum(np.round(0.02 * agents), 1).astype(np.int64)


# --- as a plan ------------------------------------------------------------------------------------


def scheduled_for(needed: int, team: Team, scale: float) -> int:
    """Agents to write into a plan so that, scaled and without those planned away or absent, enough are there.

    Examples
    --------
    >>> scheduled_for(7, Team(serves="chat", agents=1, shrinkage="30%"), 1.0)
    10
    """
    if needed == 0:
        return 0
    there = ceil(needed / (1 - team.absence) - 1e-9)
    n = max(int((there / (1 - team.shrinkage) - 3) / scale), 1)  # roundings up are worth 2 at most
    while apportion([scaled(n, scale)], 1 - team.shrinkage, at_least_one=False)[0] < there:
        n += 1
    return n


def table_of(agents: Sequence[int], length: int) -> dict[str, int]:
    """Agents by clock range, as a team's ``agents`` are written; equal neighbours in one range.

    Examples
    --------
    >>> table_of([2, 2, 3], DAY // 3)
    {'00:00-16:00': 2, '16:00-24:00': 3}
    """
    table = {}
    begin = 0
    for i in range(1, len(agents) + 1):
        if i == len(agents) or agents[i] != agents[begin]:
            table[f"{time_of_day(begin * length)}-{time_of_day(i * length)}"] = int(agents[begin])
            begin = i
    return table

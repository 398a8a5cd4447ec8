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
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.measure.estimate import Sample
from sim.model.tables import DAY, Model
from sim.scenario.scaling import apportion
from sim.study.pools import (
    Goal,
    Level,
    Pool,
    Simulated,
    handling_s,
    level,
    loads,
    patience_s,
    pools_of,
    work_of,
)
from sim.theory.staffing import agents_for

__all__ = ["Staffing", "staffed"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_PLENTY = 3.0  # times the work of the busiest interval: agents with which nobody waits
_MOST_PASSES = 40
_MOST_CHECKS = 8  # looks at fresh customers; what fails there is raised
_NO_END = np.iinfo(np.int64).max


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


# --- the first plan -------------------------------------------------------------------------------


def _plenty(model: Model, sample: Sample) -> Ints:
    """So many agents in each team that nobody waits, (T,)."""
    most = np.zeros(len(sample.labels.teams))
    for pool in pools_of(model):
        most[list(pool.teams)] = _PLENTY * work_of(sample, pool) + 20
    return np.ceil(most).astype(np.int64)


def _by_theory(sample: Sample, pools: Sequence[Pool], goal: Goal, n: int) -> Ints:
    """Agents by Erlang A for the work that each team has in each interval, (T, I)."""
    model, work, target = sample.model, loads(sample, n), goal.theory()
    agents = np.zeros(work.shape, np.int64)
    for pool in pools:
        patience = patience_s(model, pool)
        for team in pool.teams:
            handling = handling_s(sample, team)
            chats = int(model.teams.chats[team])
            for i in np.flatnonzero(work[team] > 0):
                rate = (
                    float(work[team, i]) / handling
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
        return [level(sample, pool, goal, n) for pool in pools]

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

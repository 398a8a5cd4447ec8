"""Simulations for `staff`, and the plan file that comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.errors import UsageError
from sim.measure.result import estimates
from sim.model.tables import DAY, Model, are_days_alike
from sim.scenario.validate import Loaded
from sim.study.executors import Workers
from sim.study.prepare import prepare
from sim.study.replications import expected_issues, sums_of_replications
from sim.study.staff import Goal, Simulated, Staffing, scheduled_for, table_of
from sim.units import duration_words

__all__ = ["StaffRuns", "default_reps", "plan_text"]

Ints = NDArray[np.int64]

_BUDGET = 20_000_000  # new issues of one plan
_FEWEST, _MOST = 20, 100  # replications: an hour of a day is an uncertain thing
_FRESH = 3  # times as many days of fresh customers: each interval is looked at for itself
_SEEDS_APART = 1_000_003  # between the seeds of customers number 0, 1, ...


def default_reps(model: Model) -> int:
    """Replications of each plan where nobody says how many: a matter of the scenario alone."""
    return int(np.clip(_BUDGET / max(expected_issues(model), 1.0), _FEWEST, _MOST))


class StaffRuns:
    """Simulates a scenario under head counts, for `staff.staffed`.

    Parameters
    ----------
    source, overlays, plan, sets
        The scenario and what is laid on it.
    goal
        Its threshold becomes that of the desks.
    length
        Ticks of an interval of the plan.
    seed, reps
        Of each simulation; fresh customers have seeds of their own.
    engine, workers
        As `replications.run_replications` has them.

    Raises
    ------
    UsageError
        If the interval does not fit, or the measured days differ from each other.
    """

    def __init__(
        self,
        source: str,
        overlays: Sequence[str],
        plan: str | None,
        sets: Sequence[str],
        goal: Goal,
        length: int,
        *,
        seed: int,
        reps: int,
        engine: str,
        workers: Workers | int | None,
    ) -> None:
        before = prepare(source, overlays, plan, sets)
        within = [] if goal.within_s is None else _thresholds(before, goal.within_s)
        self._given = source, tuple(overlays), plan, (*sets, *within)
        self.loaded = prepare(*self._given)
        self.length, self.reps = length, reps
        self._seed, self._engine, self._workers = seed, engine, workers
        self._refuse()

    def _refuse(self) -> None:
        model = self.loaded.resolved.model
        if DAY % self.length or self.length % model.horizon.interval:
            steps = duration_words(model.horizon.interval)
            raise UsageError(f"a day must be whole intervals, and an interval a multiple of {steps}")
        if model.horizon.end - model.horizon.warm_up < DAY:
            raise UsageError("a plan is for a whole day; measure one: --set horizon.measure='1 day'")
        if not are_days_alike(model):
            raise UsageError(
                "the measured days differ, and agents are found for one kind of day; "
                "measure one day: --set horizon.measure='1 day'"
            )

    def as_it_is(self) -> Simulated:
        """The scenario with the staff it has."""
        return self._simulated(self.loaded, 1, self._seed)

    def __call__(self, agents: Ints, customers: int) -> Simulated:
        """The scenario under head counts (T, I); ``customers`` numbers the days it meets."""
        loaded = prepare(*self._given[:3], (*self._given[3], *self._head_counts(agents)))
        reps = self.reps * (_FRESH if customers else 1)
        return self._simulated(loaded, reps, self._seed + customers * _SEEDS_APART)

    def _simulated(self, loaded: Loaded, reps: int, seed: int) -> Simulated:
        model, labels = loaded.resolved.model, loaded.resolved.labels
        sums = sums_of_replications(model, labels, seed, reps, self._workers, engine=self._engine)
        return Simulated(model, labels, sums)

    def _head_counts(self, agents: Ints) -> list[str]:
        """The settings that give every team of a desk its head count."""
        tables = self.tables(agents)
        return [f"teams.{name}.agents={_words(table)}" for name, table in tables.items()]

    def hours_paid(self, simulated: Simulated) -> float:
        """Agent-hours paid a day."""
        found = estimates(simulated.sums, simulated.model, simulated.labels, ["hours.paid"])
        return float(found["hours.paid"].value)

    def tables(self, agents: Ints) -> dict[str, dict[str, int]]:
        """Agents scheduled by team and clock range, for those needed on duty (T, I)."""
        scenario = self.loaded.scenario
        served = {team for row in self.loaded.resolved.model.lines.rank for team in np.flatnonzero(row)}
        return {
            name: table_of([scheduled_for(int(n), team, scenario.scale) for n in agents[t]], self.length)
            for t, (name, team) in enumerate(scenario.teams.items())
            if t in served
        }


def _thresholds(loaded: Loaded, within_s: float) -> list[str]:
    """Settings that give all desks the threshold of the goal, where they have another."""
    labels, desks = loaded.resolved.labels, loaded.scenario.desks
    return [
        f"desks.{name}.answer_within={within_s:g} s"
        for name in desks
        if labels.answer_within_s[labels.stages.index(name)] != within_s
    ]


def _words(table: dict[str, int]) -> str:
    return "{" + ", ".join(f"{hours}: {n}" for hours, n in table.items()) + "}"


def plan_text(staffing: Staffing, runs: StaffRuns) -> str:
    """The plan as a file's text."""
    name = runs.loaded.resolved.labels.scenario
    missed = f" {len(staffing.missed)} intervals still miss it." if staffing.missed else ""
    lines = [
        f"# For {name}: agents found by simulation so that every interval meets",
        f"# {staffing.goal.words}.{missed} Agents are those scheduled, with who is planned away or absent.",
        f"plan: 'Staff for {staffing.goal.words}'",
        "teams:",
    ]
    for team, table in runs.tables(staffing.agents).items():
        lines += [f"  {team}:", "    agents:"]
        lines += [f"      {hours}: {n}" for hours, n in table.items()]
    return "\n".join(lines) + "\n"

"""Our engines: the scenario of a workload, and its replications from arrays to the sums of all measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from benchmarks.counts import Counts, Prepared
from benchmarks.workloads import W1
from sim.engine import compiled, reference
from sim.jit import IS_COMPILED
from sim.measure.catalogue import VISIT_SUMS, WITHIN_SUMS
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.model.records import VisitColumn
from sim.model.tables import Model, StageKind
from sim.scenario.resolve import Resolved
from sim.scenario.validate import load
from sim.study.compiling import ready_engine
from sim.study.engines import replicate
from sim.units import MINUTE

__all__ = ["SMALL", "Work", "contacts_of", "counts_of", "prepared", "scenario", "settings", "work"]

_HERE = Path(__file__).resolve().parent
_FILES = {
    "w1": _HERE / "w1.yaml",
    "w2": _HERE / "w2.yaml",
    "baseline": _HERE.parent / "scenarios" / "support_baseline.yaml",
}
SMALL = {"w1": 61 * W1.rate, "w2": 100 / 2_161_000, "baseline": 100 / 4_400_000}
"""A size of each workload that takes no time; the scales make about a hundred contacts."""


class Work(NamedTuple):
    """A workload of some size, ready for its replications."""

    engine: str  # "compiled" or "reference"
    model: Model
    reduction: Reduction

    def sums(self, seed: int, replication: int = 0) -> Sums:
        """One replication as `supportsim run` does it: this is what is timed."""
        return replicate(self.engine, self.model, self.reduction, seed, replication, _tell_nobody)


def _tell_nobody(_: float) -> None:
    """What is told of the progress goes nowhere."""


def settings(workload: str, size: float) -> list[str]:
    """The settings (``--set``) by which a workload has its size."""
    if workload == "w1":
        return [f"horizon.measure={size / W1.rate - W1.warm_up:.9g} min"]
    return [f"scale={size:.12g}"]


def scenario(workload: str, size: float) -> Resolved:
    """A workload as arrays and labels."""
    return load(_FILES[workload], sets=settings(workload, size)).resolved


def work(engine: str, workload: str, size: float) -> Work:
    """A workload for one of our engines."""
    resolved = scenario(workload, size)
    return Work(engine, resolved.model, Reduction(resolved.model, resolved.labels))


def prepared(engine: str, workload: str, size: float, seed: int) -> Prepared:
    """A replication ready to be timed: the scenario resolved, the engine compiled and loaded."""
    begin = perf_counter()
    whole, small = work(engine, workload, size), work(engine, workload, SMALL[workload])
    load_s = perf_counter() - begin
    ready = _seconds(lambda: ready_engine(engine))  # compiles where the cache is empty
    first, again = (_seconds(lambda: small.sums(seed)) for _ in range(2))
    return Prepared(
        lambda: whole.sums(seed),
        lambda sums: counts_of(sums, whole.model, contacts_of(whole.model, seed)),
        {"load_s": load_s, "jit_s": max(ready + first - again, 0.0)},
    )


def _seconds(do: Callable[[], object]) -> float:
    begin = perf_counter()
    do()
    return perf_counter() - begin


def contacts_of(model: Model, seed: int, replication: int = 0) -> int:
    """First and repeated contacts of a replication, warm-up included, which the sums leave out.

    Another pass counts them in the records, so that counting takes no time of what is timed. The compiled
    engine makes it where there is one: both give the same records.
    """
    simulate = compiled.simulate if IS_COMPILED else reference.simulate
    chunks = simulate(model, seed, replication)
    return sum(int(np.count_nonzero(chunk.visits[:, VisitColumn.STEP] == 1)) for chunk in chunks)


def counts_of(sums: Sums, model: Model, contacts: int) -> Counts:
    """The counts that other programs give, at all desks together."""
    desks = model.stages.kind == StageKind.DESK

    def total(name: str) -> int:
        return int(sums.visits[VISIT_SUMS.index(name)][:, desks].sum())

    wait, wait_answered = total("wait_answered") + total("wait_abandoned"), total("wait_answered")
    return Counts(
        contacts=contacts,
        at_desk=total("entered"),
        answered=total("answered"),
        abandoned=total("abandoned"),
        in_20_s=int(sums.within[0, WITHIN_SUMS.index("answered_within")][:, desks].sum()),
        wait=wait / MINUTE,
        wait_answered=wait_answered / MINUTE,
    )

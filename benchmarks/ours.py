"""Our engines: the scenario of a workload, and its replications from arrays to the sums of all measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from benchmarks.counts import Counts, Prepared
from benchmarks.workloads import W1
from sim.measure.catalogue import VISIT_SUMS, WITHIN_SUMS
from sim.measure.reduce import Sums
from sim.model.records import Chunk, VisitColumn
from sim.model.tables import Model, StageKind
from sim.scenario.resolve import Resolved
from sim.scenario.validate import load
from sim.study.replications import Engine, replicate
from sim.units import MINUTE

__all__ = ["SMALL", "Counted", "counts_of", "prepared", "replicated", "scenario", "settings"]

_HERE = Path(__file__).resolve().parent
_FILES = {
    "w1": _HERE / "w1.yaml",
    "w2": _HERE / "w2.yaml",
    "baseline": _HERE.parent / "scenarios" / "support_baseline.yaml",
}
SMALL = {"w1": 61 * W1.rate, "w2": 100 / 2_161_000, "baseline": 100 / 4_400_000}
"""A size of each workload that takes no time; the scales make about a hundred contacts."""


class Counted(NamedTuple):
    """What a replication gave."""

    sums: Sums
    contacts: int  # all, warm-up included


def settings(workload: str, size: float) -> list[str]:
    """The settings (``--set``) by which a workload has its size."""
    if workload == "w1":
        return [f"horizon.measure={size / W1.rate - W1.warm_up:.9g} min"]
    return [f"scale={size:.12g}"]


def scenario(workload: str, size: float) -> Resolved:
    """A workload as arrays and labels."""
    return load(_FILES[workload], sets=settings(workload, size)).resolved


def prepared(engine: Engine, workload: str, size: float, seed: int) -> Prepared:
    """A replication ready to be timed: the scenario resolved, the engine compiled."""
    begin = perf_counter()
    whole, small = scenario(workload, size), scenario(workload, SMALL[workload])
    load_s = perf_counter() - begin
    first, again = (_seconds(lambda: replicated(engine, small, seed)) for _ in range(2))
    return Prepared(
        lambda: replicated(engine, whole, seed),
        lambda done: counts_of(done, whole.model),
        {"load_s": load_s, "jit_s": max(first - again, 0.0)},
    )


def _seconds(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


def replicated(engine: Engine, of: Resolved, seed: int, replication: int = 0) -> Counted:
    """One replication, reduced as `supportsim run` does it; counting its contacts adds less than 1 %."""
    contacts = 0

    def counting(model: Model, seed: int, replication: int) -> Iterator[Chunk]:
        nonlocal contacts
        for chunk in engine(model, seed, replication):
            contacts += int(np.count_nonzero(chunk.visits[:, VisitColumn.STEP] == 1))
            yield chunk

    sums = replicate(of.model, of.labels, seed, replication, engine=counting)
    return Counted(sums, contacts)


def counts_of(done: Counted, model: Model) -> Counts:
    """The counts that other programs give, at all desks together."""
    desks = model.stages.kind == StageKind.DESK

    def total(name: str) -> int:
        return int(done.sums.visits[VISIT_SUMS.index(name)][:, desks].sum())

    wait, wait_answered = total("wait_answered") + total("wait_abandoned"), total("wait_answered")
    return Counts(
        contacts=done.contacts,
        at_desk=total("entered"),
        answered=total("answered"),
        abandoned=total("abandoned"),
        in_20_s=int(done.sums.within[0, WITHIN_SUMS.index("answered_within")][:, desks].sum()),
        wait=wait / MINUTE,
        wait_answered=wait_answered / MINUTE,
    )

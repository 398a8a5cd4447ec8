"""Replications of a scenario: how many, on which processes, and the result document they make."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sim.engine.reference import simulate
from sim.measure.reduce import Reducer, Sums
from sim.measure.result import document
from sim.model.arrivals import issues_per_day
from sim.model.labels import Labels
from sim.model.records import Chunk, VisitColumn
from sim.model.tables import DAY, Model, are_days_alike
from sim.scenario.resolve import Resolved
from sim.study.interrupts import remembered_interrupts
from sim.study.workers import Replicate, in_processes
from sim.version import VERSION

__all__ = [
    "ENGINES",
    "Progress",
    "default_replications",
    "engine_for",
    "expected_issues",
    "replicate",
    "run_replications",
    "sums_of_replications",
]

Engine = Callable[[Model, int, int], Iterator[Chunk]]

ENGINES = ("auto", "reference")
"""Names of engines; auto takes the fastest that can do all that the scenario asks."""

_BUDGET = 400_000  # contacts: a few seconds of work
_FEWEST, _MOST = 5, 30  # replications of a day
_MANY_DAYS = 10  # days in one replication from which its days make the half-widths
_WORTH_PROCESSES = 40_000  # issues; below, starting processes costs more than it saves


@dataclass(frozen=True)
class Progress:
    """How far a study is."""

    done: int  # replications
    of: int
    share: float  # of all the work, 0..1


def engine_for(name: str) -> str:
    """The engine that a name asks for: ``auto`` is the reference engine, the only one so far."""
    assert name in ENGINES
    return "reference" if name == "auto" else name


def expected_issues(model: Model) -> float:
    """New issues expected in one replication, warm-up included."""
    return issues_per_day(model) * model.horizon.end / DAY


def default_replications(model: Model) -> int:
    """Replications simulated where nobody says how many: a matter of the scenario alone.

    A budget of contacts worth some seconds, at least 5 and at most 30 replications; one, where a
    replication measures ten days or more, all alike, and is worth the budget (its days make the half-widths).
    """
    issues = expected_issues(model)
    measured_days = (model.horizon.end - model.horizon.warm_up) / DAY
    if measured_days >= _MANY_DAYS and are_days_alike(model) and issues >= _BUDGET / _FEWEST:
        return 1
    return int(np.clip(_BUDGET / max(issues, 1.0), _FEWEST, _MOST))


def replicate(
    model: Model,
    labels: Labels,
    seed: int,
    replication: int,
    tell: Callable[[float], None] = lambda _: None,
    engine: Engine = simulate,
) -> Sums:
    """The sums of one replication; ``tell`` is called with the share of it that is done."""
    reducer = Reducer(model, labels)
    for chunk in engine(model, seed, replication):
        reducer.add(chunk)
        if len(chunk.visits):
            tell(min(float(chunk.visits[-1, VisitColumn.ENTER]) / model.horizon.end, 1.0))
    return reducer.sums()


def run_replications(
    resolved: Resolved,
    seed: int,
    replications: int,
    *,
    engine: str = "auto",
    workers: int | None = None,
    plan: str | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """The result document of replications 0 ... n - 1 of a scenario.

    Parameters
    ----------
    resolved
        The scenario.
    seed
        Key of every draw.
    replications
        How many; at least 1.
    engine
        One of `ENGINES`.
    workers
        Processes; by default one per core where the work is worth starting them. They change no byte.
    plan
        Title of the plan in use, told with the results.
    tell
        Called with the progress now and then.
    """
    model, labels = resolved.model, resolved.labels
    return document(
        sums_of_replications(model, labels, seed, replications, workers, tell),
        model,
        labels,
        version=VERSION,
        seed=seed,
        scale=resolved.scenario.scale,
        engine=engine_for(engine),
        plan=plan,
    )


def sums_of_replications(
    model: Model,
    labels: Labels,
    seed: int,
    n: int,
    workers: int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> list[Sums]:
    """The sums of replications 0 ... n - 1; parameters as `run_replications` has them."""
    if workers is None:
        is_worth_it = n > 1 and expected_issues(model) * n >= _WORTH_PROCESSES
        workers = _cores() if is_worth_it else 1
    one = partial(replicate, model, labels, seed)
    with remembered_interrupts() as check:

        def told(done: int, share: float) -> None:
            check()
            tell(Progress(done, n, share))

        if min(workers, n) > 1:
            return in_processes(one, n, workers, told)
        return [_one_of(n, k, one, told) for k in range(n)]


def _one_of(n: int, k: int, replicate: Replicate[Sums], told: Callable[[int, float], None]) -> Sums:
    """Replication k of n in this process."""
    sums = replicate(k, lambda share: told(k, (k + share) / n))
    told(k + 1, (k + 1) / n)
    return sums


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

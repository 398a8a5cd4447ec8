"""Replications of a scenario: how many, by how many workers, and the result document they make."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.measure.result import document, judged_paths
from sim.model.arrivals import issues_per_day
from sim.model.labels import Labels
from sim.model.tables import DAY, Model, are_days_alike
from sim.scenario.resolve import Resolved
from sim.study.compiling import ready_engine
from sim.study.control_variates import control_variates
from sim.study.engines import is_machine_code, replicate
from sim.study.interrupts import remembered_interrupts
from sim.study.threads import in_threads
from sim.study.workers import Replicate, in_processes
from sim.version import VERSION

__all__ = [
    "Progress",
    "default_replications",
    "document_of",
    "expected_issues",
    "results_of_replications",
    "run_replications",
    "sums_of_replications",
]

T = TypeVar("T")

_BUDGET = 4_000_000  # contacts: a few seconds of work of the compiled engine
_FEWEST, _MOST = 5, 30  # replications of a day
_MANY_DAYS = 10  # days in one replication from which its days make the half-widths
_WORTH_WORKERS = 40_000  # issues; below, starting workers costs more than it saves


@dataclass(frozen=True)
class Progress:
    """How far a study is."""

    done: int  # replications
    of: int
    share: float  # of all the work, 0..1


def expected_issues(model: Model) -> float:
    """New issues expected in one replication, warm-up included."""
    return issues_per_day(model) * model.horizon.end / DAY


def default_replications(model: Model) -> int:
    """Replications simulated where nobody says how many: a matter of the scenario alone.

    A budget of contacts worth some seconds of the compiled engine, at least 5 and at most 30 replications;
    one, where a replication measures ten days or more, all alike, and has a fifth of the budget or more
    (its days make the half-widths).
    """
    issues = expected_issues(model)
    measured_days = (model.horizon.end - model.horizon.warm_up) / DAY
    if measured_days >= _MANY_DAYS and are_days_alike(model) and issues >= _BUDGET / _FEWEST:
        return 1
    return int(np.clip(_BUDGET / max(issues, 1.0), _FEWEST, _MOST))


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
        One of `engines.ENGINES`. It changes nothing but its name in the document.
    workers
        Threads of the compiled engine, processes of the reference engine; by default one per core where the
        work is worth starting them. They change no byte.
    plan
        Title of the plan in use, told with the results.
    tell
        Called with the progress now and then.
    """
    engine = ready_engine(engine)
    sums = sums_of_replications(
        resolved.model, resolved.labels, seed, replications, workers, tell, engine=engine
    )
    return document_of(resolved, sums, seed, engine, plan)


def document_of(
    resolved: Resolved,
    sums: Sequence[Sums],
    seed: int,
    engine: str,
    plan: str | None = None,
    watched: Sequence[str] = (),
) -> dict[str, Any]:
    """The result document of replications 0 ... n - 1, with what control variates would make of it.

    Parameters
    ----------
    resolved
        The scenario.
    sums
        One for each replication, in order.
    seed, engine, plan
        Told as they are.
    watched
        Measures that somebody relies on, besides those by which every plan is judged.
    """
    model, labels = resolved.model, resolved.labels
    scale = resolved.scenario.scale
    found = document(sums, model, labels, version=VERSION, seed=seed, scale=scale, engine=engine, plan=plan,
                     watched=watched)  # fmt: skip
    paths = list(dict.fromkeys((*watched, *judged_paths(model, labels))))
    return found | {"control_variates": control_variates(sums, model, labels, seed, paths)}


def sums_of_replications(
    model: Model,
    labels: Labels,
    seed: int,
    n: int,
    workers: int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    *,
    engine: str = "auto",
) -> list[Sums]:
    """The sums of replications 0 ... n - 1; parameters as `run_replications` has them."""
    engine = ready_engine(engine)  # before there are threads
    one = partial(replicate, engine, model, Reduction(model, labels), seed)
    return results_of_replications(one, n, expected_issues(model), engine, workers, tell)


def results_of_replications(
    one: Replicate[T],
    n: int,
    n_issues: float,
    engine: str,
    workers: int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    *,
    first: int = 0,
) -> list[T]:
    """Results of replications first ... n - 1, in this order.

    Parameters
    ----------
    one
        Makes one result; for several processes it must be one that can be pickled.
    n
        The number after the last replication.
    n_issues
        New issues expected in one of them.
    engine
        That of `compiling.ready_engine`, which ``one`` uses.
    workers, tell
        As `run_replications` has them.
    first
        The first replication; those before it have been done, and count as such in the progress.
    """
    count = n - first
    if workers is None:
        workers = _cores() if count > 1 and n_issues * count >= _WORTH_WORKERS else 1
    if first:
        one = partial(_numbered, one, first)
    with remembered_interrupts() as check:

        def told(done: int, share: float) -> None:
            check()
            tell(Progress(first + done, n, (first + share * count) / n))

        if min(workers, count) > 1:
            in_workers = in_threads if is_machine_code(engine) else in_processes
            return in_workers(one, count, min(workers, count), told)
        return [_one_of(count, k, one, told) for k in range(count)]


def _numbered(one: Replicate[T], first: int, k: int, tell: Callable[[float], None]) -> T:
    """The k-th replication after those done before."""
    return one(first + k, tell)


def _one_of(n: int, k: int, one: Replicate[T], told: Callable[[int, float], None]) -> T:
    """Replication k of n in this process."""
    result = one(k, lambda share: told(k, (k + share) / n))
    told(k + 1, (k + 1) / n)
    return result


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""Replications of a scenario: how many, by how many workers, and the result document they make."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from sim.measure.folded import Folded
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.measure.result import TargetDays, document, judged_paths
from sim.model.arrivals import issues_per_day
from sim.model.labels import Labels
from sim.model.tables import DAY, Model, are_days_alike
from sim.scenario.resolve import Resolved
from sim.study.compiling import ready_engine
from sim.study.control_variates import control_variates
from sim.study.engines import is_machine_code, replicate
from sim.study.executors import Made, Replicate, Task, Workers, cores, pool_of
from sim.study.interrupts import remembered_interrupts
from sim.study.payload import SUMS, Codec
from sim.study.store import Keeps, Kept
from sim.study.tasks import Told, in_pool, in_this_thread
from sim.version import VERSION

__all__ = [
    "FoldedRun",
    "Progress",
    "default_replications",
    "document_of",
    "each_replication",
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
    workers: Workers | int | None = None,
    plan: str | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    kept: Kept[Sums] | None = None,
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
        How many, or which: by default threads of the compiled engine, processes of the reference engine, one
        per core where the work is worth starting them. They change no byte.
    plan
        Title of the plan in use, told with the results.
    tell
        Called with the progress now and then.
    kept
        Where finished replications are kept; what is there is not simulated again.
    """
    engine = ready_engine(engine)
    found = FoldedRun(resolved, seed, engine, workers, tell, kept)
    found.simulate(replications)
    return document_of(resolved, found, plan)


class FoldedRun:
    """The replications of a scenario, simulated as they are asked for; room for few is enough for many.

    Parameters
    ----------
    resolved, seed, workers, tell, kept
        As `run_replications` has them.
    engine
        That of `compiling.ready_engine`.
    """

    def __init__(
        self,
        resolved: Resolved,
        seed: int,
        engine: str,
        workers: Workers | int | None = None,
        tell: Callable[[Progress], None] = lambda _: None,
        kept: Kept[Sums] | None = None,
    ) -> None:
        self.model, self.labels = resolved.model, resolved.labels
        self.seed, self.engine, self.n = seed, engine, 0
        self._days = TargetDays(self.model, self.labels)
        self._folded = Folded(self._days.add)
        self._one = partial(replicate, engine, self.model, Reduction(self.model, self.labels), seed)
        self._given = workers, tell, kept

    def simulate(self, n: int) -> None:
        """Go on until there are ``n`` replications."""
        workers, tell, kept = self._given
        self._folded.reach(n)
        issues = expected_issues(self.model)
        for number, sums in each_replication(
            self._one, n, issues, self.engine, workers, tell, first=self.n, codec=SUMS, kept=kept
        ):
            self._folded.add(number, sums)
        self.n = n

    def units(self) -> Sequence[Sums]:
        """Sums of replications, or of groups of them where there are many."""
        return self._folded.units()

    def target_days(self) -> list[tuple[int, int]]:
        """By target, replications that meet it and those that have a figure; nothing where units are
        replications, which can be asked themselves."""
        self._folded.units()  # counts the last of them
        return self._days.counts if self._folded.size > 1 else []


def document_of(
    resolved: Resolved, found: FoldedRun, plan: str | None = None, watched: Sequence[str] = ()
) -> dict[str, Any]:
    """The result document of some replications, with what control variates would make of it.

    Parameters
    ----------
    resolved
        The scenario.
    found
        Its replications.
    plan
        Told as it is.
    watched
        Measures that somebody relies on, besides those by which every plan is judged.
    """
    model, labels, sums = found.model, found.labels, found.units()
    told = document(sums, model, labels, version=VERSION, seed=found.seed, scale=resolved.scenario.scale,
                    engine=found.engine, plan=plan, watched=watched, days=found.target_days())  # fmt: skip
    paths = list(dict.fromkeys((*watched, *judged_paths(model, labels))))
    return told | {"control_variates": control_variates(sums, model, labels, found.seed, paths)}


def sums_of_replications(
    model: Model,
    labels: Labels,
    seed: int,
    n: int,
    workers: Workers | int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    *,
    engine: str = "auto",
) -> list[Sums]:
    """The sums of replications 0 ... n - 1; parameters as `run_replications` has them."""
    engine = ready_engine(engine)  # before there are threads
    one = partial(replicate, engine, model, Reduction(model, labels), seed)
    return results_of_replications(one, n, expected_issues(model), engine, workers, tell, codec=SUMS)


def results_of_replications(
    one: Replicate[T],
    n: int,
    n_issues: float,
    engine: str,
    workers: Workers | int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    *,
    first: int = 0,
    codec: Codec[T] | None = None,
    kept: Keeps[T] | None = None,
) -> list[T]:
    """Results of replications first ... n - 1, in this order; parameters as `each_replication` has them."""
    found = dict(
        each_replication(one, n, n_issues, engine, workers, tell, first=first, codec=codec, kept=kept)
    )
    return [found[k] for k in range(first, n)]


def each_replication(
    one: Replicate[T],
    n: int,
    n_issues: float,
    engine: str,
    workers: Workers | int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    *,
    first: int = 0,
    codec: Codec[T] | None = None,
    kept: Keeps[T] | None = None,
) -> Iterator[tuple[int, T]]:
    """Number and result of replications first ... n - 1, each once, as they are done.

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
    codec
        How results travel from other processes; without it they are pickled.
    kept
        Where results are kept, with a codec of its own.
    """
    codec = kept.codec if kept else codec
    is_there = bytearray(n - first)
    for number, result in kept.read(first, n) if kept else ():
        is_there[number - first] = True
        yield number, result
    count = is_there.count(0)
    done_before = n - count
    todo = (first + k for k in range(n - first) if not is_there[k])
    with remembered_interrupts() as check:

        def told(done: int, share: float) -> None:
            check()
            tell(Progress(done_before + done, n, (done_before + done + share) / n))

        encode = codec.encode if codec else None
        task = Task(one, encode, kept is not None, partial(ready_engine, engine))
        with closing(_made(task, todo, count, count * n_issues, engine, Workers.of(workers), told)) as found:
            for number, made in found:
                if kept:
                    assert made.payload is not None
                    kept.put(number, made.payload)
                yield number, made.of(codec.decode if codec else None)


def _made(
    task: Task[T], todo: Iterable[int], count: int, n_issues: float, engine: str, workers: Workers, told: Told
) -> Generator[tuple[int, Made[T]], None, None]:
    """Results of ``count`` replications, by the workers that suit them."""
    n = workers.n
    if n is None:
        n = cores() if count > 1 and n_issues >= _WORTH_WORKERS else 1
    if not count:
        return
    pool = pool_of(task, workers, min(n, count), has_threads=is_machine_code(engine))
    yield from in_this_thread(task, todo, told) if pool is None else in_pool(task, pool, todo, told)

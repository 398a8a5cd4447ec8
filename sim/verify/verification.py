"""A verification from beginning to end: the work on several processes, the parts, the verdict."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from typing import Any

from sim.study.engines import is_machine_code
from sim.verify.installation import Check
from sim.verify.parts import (
    FALSE_ALARMS,
    Crashed,
    Job,
    Part,
    Size,
    installed,
    jobs,
    made,
    of_coverage,
    of_exact,
    of_random,
    size_of,
)
from sim.version import VERSION

__all__ = ["verification", "verified"]

Tell = Callable[[int, int], None]
"""Called with how many pieces of work are done, and of how many."""


def verification(
    checks: Sequence[Check],
    *,
    quick: bool,
    seed: int,
    engine: str,
    workers: int,
    tell: Tell = lambda *_: None,
) -> dict[str, Any]:
    """Everything that was looked at, ready for JSON.

    Parameters
    ----------
    checks
        Of the installation.
    quick
        Whether a minute's work is enough.
    seed
        Other ones give other customers and other random scenarios.
    engine
        A ready one; which holds all exact cases, and coverage.
    workers
        Processes.
    tell
        Hears of progress.
    """
    begun = time.monotonic()
    size = size_of(quick=quick, is_compiled=is_machine_code(engine))
    parts = [installed(checks), *verified(size, seed, engine, workers, tell)]
    return {
        "supportsim": VERSION,
        "seed": seed,
        "quick": quick,
        "engine": engine,
        "workers": workers,
        "seconds": round(time.monotonic() - begun, 1),
        "agrees": all(part.agrees for part in parts),
        "parts": [part.told() for part in parts],
        "false_alarms": FALSE_ALARMS,
        "left_out": list(size.left_out),
    }


def verified(size: Size, seed: int, engine: str, workers: int, tell: Tell = lambda *_: None) -> list[Part]:
    """The parts that are simulated."""
    todo = jobs(size)
    one = partial(made, size=size, seed=seed, engine=engine)
    found = dict(_results(one, todo, workers, tell))
    exact, random, coverage = (
        [found[job] for job in todo if job.part == part] for part in ("exact", "random", "coverage")
    )
    parts = [of_exact(exact, seed, size.precision), *of_random(random, seed)]
    return [*parts, of_coverage(coverage, seed)] if coverage else parts


def _results(
    one: Callable[[Job], Any], todo: Sequence[Job], workers: int, tell: Tell
) -> Iterator[tuple[Job, Any]]:
    """Each piece of work with its result, in any order; a process that dies is told as an error."""
    if workers < 2:
        for n, job in enumerate(todo):
            tell(n, len(todo))
            yield job, one(job)
        tell(len(todo), len(todo))
        return
    spawn = multiprocessing.get_context("spawn")  # the same on every system, and safe beside threads
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(min(workers, len(todo)), spawn, _ignore_interrupts)
    try:
        pending: dict[Future[Any], Job] = {pool.submit(one, job): job for job in todo}
        while pending:
            tell(len(todo) - len(pending), len(todo))
            ended, _ = wait(pending, 1.0, FIRST_COMPLETED)
            for future in ended:
                job, error = pending.pop(future), future.exception()
                yield job, Crashed(job, f"{type(error).__name__}: {error}") if error else future.result()
        tell(len(todo), len(todo))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            if child not in others:
                child.terminate()


def _ignore_interrupts() -> None:
    """What a worker does about Ctrl-C: its parent sees to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

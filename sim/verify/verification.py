"""A verification from beginning to end: the work on several processes, the parts, the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any

from sim.study.engines import is_machine_code
from sim.study.replications import results_of_replications
from sim.study.workers import Workers
from sim.verify.installation import Check
from sim.verify.parts import (
    FALSE_ALARMS,
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
    one = partial(_made, todo, size, seed, engine)
    results = results_of_replications(
        one, len(todo), inf, engine, Workers(workers, "processes"), lambda p: tell(p.done, p.of)
    )
    exact, random, coverage = (
        [result for job, result in zip(todo, results, strict=True) if job.part == part]
        for part in ("exact", "random", "coverage")
    )
    parts = [of_exact(exact, seed, size.precision), *of_random(random, seed)]
    return [*parts, of_coverage(coverage, seed)] if coverage else parts


def _made(
    todo: Sequence[Job], size: Size, seed: int, engine: str, number: int, _: Callable[[float], None]
) -> Any:
    """What the piece of work of a number gives."""
    return made(todo[number], size, seed, engine)

"""Days of the call centre of SSJ (`cases/published/ssj_call_centre.yaml`), figures day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from math import inf
from pathlib import Path

import numpy as np
from golden_trace import Engine
from numpy.typing import NDArray
from running import folded

from sim.measure.reduce import Sums
from sim.measure.result import estimates
from sim.scenario.resolve import Resolved
from sim.study.executors import Workers
from sim.study.prepare import prepare
from sim.study.replications import results_of_replications

__all__ = ["EXPECTED", "FIGURES", "WITH_ONE_MORE", "days_of", "ssj"]

Floats = NDArray[np.float64]

EXPECTED = 1660
"""Contacts expected in a day: the publisher divides by it, not by those that came."""

FIGURES = ("good", "lost", "wait")
"""Waited below 20 s however it ended; gave up; seconds of waiting. Of a day, by contact expected."""

_FILE = Path(__file__).parent / "cases" / "published" / "ssj_call_centre.yaml"
_MEASURED = 13 / 24  # of the day that figures are per
_PATHS = {"good": "service_level.any_end", "lost": "abandoned", "wait": "wait.mean"}

WITH_ONE_MORE = (
    "teams.agents.agents={08:00-09:00: 4, 09:00-10:00: 6, 10:00-12:00: 8, 12:00-13:00: 9, "
    "13:00-14:00: 7, 14:00-16:00: 8, 16:00-18:00: 6, else: 4}"
)
"""The setting that puts one agent more to work from 12:00 to 13:00."""


@cache
def ssj(*sets: str) -> Resolved:
    """The scenario, perhaps with settings."""
    return prepare(_FILE, sets=sets).resolved


def by_day(found: Resolved, sums: Sequence[Sums]) -> dict[str, Floats]:
    """Good, lost, wait and contacts of each day, (days,), from our ratios and their deviations.

    A ratio R = sum x / sum y has the deviations (x - R y) / mean y, so x = R y + deviation x mean y.
    """
    figures = estimates(sums, found.model, found.labels, ["contacts", *_PATHS.values()])
    contacts = (figures["contacts"].value + figures["contacts"].deviations) * _MEASURED
    days = {"contacts": contacts}
    for name, path in _PATHS.items():
        ratio = figures[path]
        days[name] = (ratio.value * contacts + ratio.deviations * contacts.mean()) / EXPECTED
    return days


def _one_day(engine: Engine, found: Resolved, seed: int, day: int, tell: Callable[[float], None]) -> Sums:
    """The sums of one day; ``tell`` is not called: a day takes a moment."""
    return folded(found, *engine(found.model, seed, day))


@cache
def days_of(engine: Engine, seed: int, n: int, *sets: str, workers: int = 1) -> dict[str, Floats]:
    """`by_day` of days 0 ... n - 1 of a seed. The check of records looks at other days than these."""
    found = ssj(*sets)
    one_day = partial(_one_day, engine, found, seed)
    if workers > 1:
        return by_day(found, results_of_replications(one_day, n, inf, "auto", Workers(workers, "processes")))
    return by_day(found, [one_day(day, lambda _: None) for day in range(n)])

"""How often 95 % intervals cover figures that are known exactly: a small desk, again and again.

The desk is the queue of Palm (Erlang A): Poisson arrivals, exponential handling and patience. A run is
`REPLICATIONS` replications of a working day after a warm-up; its intervals are made as the program makes
them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.measure.attainment import share_interval
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.reduction import Reduction
from sim.measure.result import estimates
from sim.scenario.resolve import Resolved
from sim.scenario.validate import load
from sim.study.engines import replicate
from sim.theory.erlang import erlang_a

__all__ = ["BLOCK", "FIGURES", "REPLICATIONS", "Covered", "block_of_runs", "covered", "truths"]

REPLICATIONS = 20  # of a run
BLOCK = 25  # runs made at a time
CONFIDENCE = 0.95

_ARRIVALS, _HANDLING_MIN, _AGENTS, _PATIENCE_MIN = 4.0, 3.0, 12, 5.0  # a minute; minutes
_SCENARIO = f"""\
name: A small desk
horizon: {{warm_up: 1 h, measure: 8 h, interval: 1 h}}
demand: {{volume: {_ARRIVALS:g}/min}}
desks:
  phone: {{handling: exponential {_HANDLING_MIN:g} min, patience: exponential {_PATIENCE_MIN:g} min}}
teams:
  agents: {{serves: phone, agents: {_AGENTS}}}
"""
FIGURES: tuple[str, ...] = ("wait.mean", "abandoned", "waiting", "occupancy")
"""The figures that are looked at; their exact values are known."""


class Covered(NamedTuple):
    """How often the intervals of a figure held what is true."""

    measure: str
    exact: float
    hits: int
    runs: int
    low: float  # of the interval of the share, whose confidence is asked for
    high: float

    @property
    def share(self) -> float:
        """The share of the runs whose interval covers."""
        return self.hits / self.runs


def truths() -> dict[str, float]:
    """The exact values of `FIGURES`, in the units of the program (shares, seconds, contacts)."""
    steady = erlang_a(_ARRIVALS, _HANDLING_MIN, _AGENTS, _PATIENCE_MIN)
    return {
        "wait.mean": 60 * steady.mean_wait,
        "abandoned": steady.p_abandon,
        "waiting": _ARRIVALS * steady.mean_wait,
        "occupancy": _ARRIVALS * (1 - steady.p_abandon) * _HANDLING_MIN / _AGENTS,
    }


@cache
def _desk() -> Resolved:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.yaml"
        path.write_text(_SCENARIO, encoding="utf-8")
        return load(path).resolved


def _estimates(engine: str, seed: int, run: int) -> Mapping[str, Estimate]:
    found = _desk()
    reduction = Reduction(found.model, found.labels)
    sums = [
        replicate(engine, found.model, reduction, seed, run * REPLICATIONS + k, lambda _: None)
        for k in range(REPLICATIONS)
    ]
    return estimates(sums, found.model, found.labels, FIGURES)


def block_of_runs(engine: str, seed: int, block: int) -> list[list[bool]]:
    """Whether the interval of each figure covers what is true, for each of `BLOCK` runs."""
    exact = truths()
    rows = []
    for run in range(block * BLOCK, (block + 1) * BLOCK):
        found = _estimates(engine, seed, run)
        rows.append([_covers(found[name], exact[name]) for name in FIGURES])
    return rows


def _covers(found: Estimate, exact: float) -> bool:
    return bool(np.abs(found.value - exact) <= half_width(found.deviations, CONFIDENCE))


def covered(rows: list[list[bool]], false_alarms: float) -> list[Covered]:
    """The coverage of each figure, with exact binomial intervals.

    Parameters
    ----------
    rows
        Of all runs, as `block_of_runs` has them.
    false_alarms
        Probability that one interval or more of the shares misses the true share.
    """
    exact = truths()
    hits = np.asarray(rows, np.int64).reshape(-1, len(FIGURES)).sum(0)
    limits = [share_interval(int(n), len(rows), 1 - false_alarms / len(FIGURES)) for n in hits]
    return [
        Covered(name, exact[name], int(n), len(rows), *limit)
        for name, n, limit in zip(FIGURES, hits, limits, strict=True)
    ]

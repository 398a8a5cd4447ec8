"""How often 95 % intervals cover what is true: ``python tests/coverage_study.py [--runs 2000]``.

Days of the call centre of SSJ (`ssj_days`), again and again: each run of 30 or 300 days gives intervals as
the program gives them (`sim.measure.result.estimates`), and it is counted how many hold the figure of all
days of all runs together. That figure's own error is that of one run over the root of the number of runs.

mild         gamma day factor of shape 400 (5 % busyness), 30 replications of a day
few strong   shape 10 (32 %), 30 replications of a day: too few
strong       shape 10, one replication of 300 days, whose days are the units
until        shape 400, from 30 days on, until the half-width of the mean wait is 10 % of it or less at two
             looks in a row; each is at a tenth (5 or more) more days than the last
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from math import ceil, inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from ssj_days import WITH_ONE_MORE, ssj

from sim.measure.estimate import Series, half_width, ratio
from sim.measure.figure import Estimate
from sim.measure.paired import difference
from sim.measure.reduce import ANSWERED, GAVE_UP, Sums
from sim.measure.reduction import Reduction
from sim.measure.result import estimates
from sim.measure.sketch import Sparse, merged, quantile
from sim.study.compiling import ready_engine
from sim.study.engines import replicate
from sim.study.executors import Workers
from sim.study.replications import results_of_replications
from sim.units import SECOND

__all__ = ["KINDS", "ROWS", "Found", "covered", "stopped_at"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RUNS = 2000
BLOCK = 20  # runs that a worker makes at a time
RATIOS = ("wait.mean", "service_level", "abandoned")
ROWS = (*RATIOS, "wait.p90", "wait.mean, one agent more", "service_level, one agent more")
STOPPED = "wait.mean, after a sequential stop"
START, MOST, PRECISION, IN_A_ROW = 30, 160, 0.1, 2
"""The sequential rule: days at the first look, at most, the half-width as a share of the figure, looks."""


class Kind(NamedTuple):
    """What is tried."""

    sets: tuple[str, ...]
    days: int  # of a run
    is_separate: bool  # a replication for each day
    seed: int
    low: float  # the shares of intervals that must cover
    high: float


_STRONG = "demand.busyness=31.6228%"
KINDS = {
    "mild": Kind((), 30, True, 71, 0.91, 0.966),
    "few strong": Kind((_STRONG,), 30, True, 72, 0.0, 1.0),
    "strong": Kind((_STRONG,), 300, False, 73, 0.90, 1.0),
    "until": Kind((), MOST, False, 74, 0.91, 0.966),
}


class Block(NamedTuple):
    """What some runs gave."""

    values: Floats  # (runs, rows)
    half_widths: Floats  # (runs, rows)
    contacts: Floats  # (runs,) a day
    levels: Floats  # (runs, 2, ratios) of both plans
    waits: Ints  # (buckets,) contacts of all runs by wait, of the first plan
    days: Floats  # (runs,) that a run took


class Found(NamedTuple):
    """Coverage of the intervals."""

    true: Floats  # (rows,)
    covers: Floats  # (rows,) share of the runs
    width: Floats  # (rows,) mean half-width
    days: float  # mean of a run


def _sums(kind: Kind, run: int, *sets: str) -> list[Sums]:
    """The days of a run, under a plan."""
    found = ssj(*kind.sets, *sets, *(() if kind.is_separate else (f"horizon.measure={kind.days} days",)))
    reduction = Reduction(found.model, found.labels)
    n = kind.days if kind.is_separate else 1
    return [
        replicate("compiled", found.model, reduction, kind.seed, run * n + k, lambda _: None)
        for k in range(n)
    ]


def _waits(sums: list[Sums]) -> Ints:
    """Contacts by wait, answered or given up."""
    table = merged([one.waits for one in sums]).of_desk(0, together=True)
    return np.asarray(table[0, [ANSWERED, GAVE_UP]].sum(0))


def _run(kind: Kind, run: int) -> Block:
    """The intervals of one run."""
    one, more = _sums(kind, run), _sums(kind, run, WITH_ONE_MORE)
    labels, model = ssj(*kind.sets).labels, ssj(*kind.sets).model
    if not kind.is_separate:
        model = ssj(*kind.sets, f"horizon.measure={kind.days} days").model
    own = estimates(one, model, labels, ["contacts", *RATIOS, "wait.p90"])
    other = estimates(more, model, labels, list(RATIOS))
    figures = [own[path] for path in (*RATIOS, "wait.p90")]
    figures += [difference(own[path], other[path]) for path in RATIOS[:2]]
    return Block(
        np.array([[float(of.value) for of in figures]]),
        np.array([[float(half_width(of.deviations)) for of in figures]]),
        np.array([float(own["contacts"].value)]),
        np.array([[[float(plan[path].value) for path in RATIOS] for plan in (own, other)]]),
        _waits(one),
        np.array([float(kind.days)]),
    )


def stopped_at(wait: Floats, contacts: Floats) -> tuple[int, Estimate]:
    """Days after which the rule stops, and the mean wait then.

    Parameters
    ----------
    wait, contacts : (days,)
        Seconds waited and contacts of each day.
    """
    n, in_a_row = START, 0
    while True:
        x, y = wait[:n], contacts[:n]
        found = ratio(Series(x.sum(), x), Series(y.sum(), y))
        is_narrow = float(half_width(found.deviations)) <= PRECISION * float(found.value)
        in_a_row = in_a_row + 1 if is_narrow else 0
        if in_a_row == IN_A_ROW or n == len(wait):
            return n, found
        n = min(n + max(ceil(n / 10), 5), len(wait))


def _run_until(kind: Kind, run: int) -> Block:
    """The interval at which one run stops."""
    found = ssj(*kind.sets, f"horizon.measure={kind.days} days")
    own = estimates(_sums(kind, run), found.model, found.labels, ["contacts", "wait.mean"])
    contacts = own["contacts"].value + own["contacts"].deviations
    wait = own["wait.mean"].value * contacts + own["wait.mean"].deviations * contacts.mean()
    n, stopped = stopped_at(wait, contacts)
    return Block(
        np.array([[float(stopped.value)]]),
        np.array([[float(half_width(stopped.deviations))]]),
        np.array([float(own["contacts"].value)]),
        np.array([[[float(own["wait.mean"].value)]]]),
        np.zeros(0, np.int64),
        np.array([float(n)]),
    )


def _block(name: str, runs: int, number: int, tell: object) -> Block:
    """Some runs one after the other."""
    kind = KINDS[name]
    make = _run_until if name == "until" else _run
    made = [make(kind, run) for run in range(number * BLOCK, min((number + 1) * BLOCK, runs))]
    return _together(made)


def _together(blocks: list[Block]) -> Block:
    values, half_widths, contacts, levels, waits, days = zip(*blocks, strict=True)
    return Block(
        np.concatenate(values),
        np.concatenate(half_widths),
        np.concatenate(contacts),
        np.concatenate(levels),
        np.sum(waits, axis=0),
        np.concatenate(days),
    )


def covered(name: str, runs: int, workers: int = 1) -> Found:
    """How often the intervals of a kind cover the figures of all days together."""
    one, n = partial(_block, name, runs), -(-runs // BLOCK)
    if workers > 1:
        blocks = results_of_replications(one, n, inf, "auto", Workers(workers, "processes"))
    else:
        blocks = [one(number, None) for number in range(n)]
    all_runs = _together(blocks)
    # every ratio has the contacts below: all days together weigh runs by them
    level = np.average(all_runs.levels, axis=0, weights=all_runs.contacts)
    true = level[0]
    if name != "until":
        at = np.flatnonzero(all_runs.waits)
        table = Sparse((1, 1, 1), at, all_runs.waits[at])
        p90 = quantile(table, 0.9, (0,), (0,), together=True)[0] / SECOND
        true = np.array([*level[0], p90, *(level[1] - level[0])[:2]])
    covers = np.abs(all_runs.values - true) <= all_runs.half_widths
    return Found(true, covers.mean(0), all_runs.half_widths.mean(0), float(all_runs.days.mean()))


def _told(name: str, row: str, found: Found, k: int, runs: int) -> tuple[str, bool]:
    """A line, and whether the coverage is as it must be."""
    kind, share = KINDS[name], float(found.covers[k])
    is_good = kind.low <= share <= kind.high
    wish = f"{kind.low:g} to {kind.high:g}" if kind.high < 1 else f"at least {kind.low:g}"
    wish = wish if kind.low else "any"
    error = sqrt(share * (1 - share) / runs)
    line = f"  {row:<36} {found.true[k]:>9.5g} ± {found.width[k]:<8.3g} covers {share:.4f} (s.e. {error:.4f})"
    return f"{line}  wanted: {wish}{'' if is_good else '  NOT MET'}", is_good


def main(argv: list[str]) -> int:
    """Say how often intervals cover; 1 if a share is not as it must be."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)} (default: all)")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"(default: {RUNS})")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    given = parser.parse_args(argv)
    ready_engine("compiled", print)
    is_good = True
    for name in given.names or KINDS:
        begun = time.monotonic()
        found = covered(name, given.runs, given.workers)
        seconds = time.monotonic() - begun
        print(f"{name}: {given.runs} runs of {found.days:.1f} days on average, {seconds:.0f} s", flush=True)
        for k, row in enumerate(ROWS if name != "until" else (STOPPED,)):
            line, good = _told(name, row, found, k, given.runs)
            is_good &= good
            print(line, flush=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

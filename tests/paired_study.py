"""What common random numbers are worth: ``python tests/paired_study.py [--days 10000]``.

The call centre of SSJ (`ssj_days`) with and without one more agent from 12:00 to 13:00: the variance of the
difference of a day where both plans have customers of their own (another seed), over that where the same
customers meet both. Numbers keyed by contact must give 97, 54 and 43 at least (contacts that wait below 20 s,
lost contacts, sum of waits): 80 % of the 121, 67 and 54 of a program written apart from this one.

The same day is simulated a second time by a small model whose numbers are taken in order of use, one stream
for each purpose, begun anew each day with the same seed for both plans, as simulators usually do it. It must
stay below all three bounds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ssj_days import EXPECTED, FIGURES, WITH_ONE_MORE, by_day, ssj

from sim.jit import IS_COMPILED
from sim.measure.reduction import Reduction
from sim.study.compiling import ready_engine
from sim.study.engines import choose_engine, replicate
from sim.study.executors import Workers
from sim.study.replications import results_of_replications

if IS_COMPILED:
    from numba import njit
else:

    def njit(function: Callable[..., Any]) -> Callable[..., Any]:
        """Plain Python where nothing is compiled."""
        return function


__all__ = ["BOUNDS", "in_order_of_use", "keyed", "ratios", "ratios_again", "simulate_in_order"]

Floats = NDArray[np.float64]
Days = dict[str, Floats]

DAYS = 10_000
SEED, OTHER_SEED = 91, 92
BLOCK = 250  # days that a worker makes at a time
BOUNDS = {"good": 97.0, "lost": 54.0, "wait": 43.0}

RATES = np.array([100, 150, 150, 180, 200, 150, 150, 150, 120, 100, 80, 70, 60], float)  # an hour, from 08:00
STAFF = np.array([4, 6, 8, 8, 8, 7, 8, 8, 6, 6, 4, 4, 4])
ONE_MORE = 4  # the hour from 12:00
HANDLING_S, PATIENCE_S, GONE_AT_ONCE, SHAPE, IN_TIME_S = 100.0, 1000.0, 0.1, 400.0, 20.0
HOUR_S = 3600.0


# ------------------------------------------------------------------------------- numbers by contact
def _block(seed: int, sets: tuple[str, ...], days: int, number: int, tell: object) -> Days:
    """Some days by the program."""
    found = ssj(*sets)
    engine, reduction = choose_engine("auto").engine, Reduction(found.model, found.labels)
    sums = [
        replicate(engine, found.model, reduction, seed, day, lambda _: None)
        for day in range(number * BLOCK, min((number + 1) * BLOCK, days))
    ]
    return by_day(found, sums)


def keyed(days: int, seed: int, *sets: str, workers: int = 1) -> Days:
    """Figures of days by the program, whose numbers belong to contacts."""
    one, n = partial(_block, seed, sets, days), -(-days // BLOCK)
    blocks = results_of_replications(one, n, inf, "auto", Workers(workers, "processes"))
    return {name: np.concatenate([block[name] for block in blocks]) for name in FIGURES}


# --------------------------------------------------------------------------- numbers in order of use
@njit
def simulate_in_order(
    arrivals: Any, staff: Any, handling: Any, patience: Any, busy_until: Any, deadline: Any, came: Any
) -> tuple[int, int, float]:
    """One day, first come first served; contacts with a wait below 20 s, lost ones, seconds waited by all.

    Parameters
    ----------
    arrivals : (n,)
        Seconds after the first hour begins, ascending.
    staff : (hours,)
        Agents; who is busy when there are fewer finishes. The last serve who is left.
    handling, patience : (n,)
        Numbers in the order in which they are used: when an agent begins, when a contact must wait.
    busy_until : (agents,), deadline, came : (n,)
        Room.
    """
    n, n_busy, head, tail, used, hour = len(arrivals), 0, 0, 0, 0, 0
    joined = 0  # patiences used
    good, lost, waited = 0, 0, 0.0
    next_arrival, next_hour = 0, HOUR_S
    while next_arrival < n or n_busy > 0 or head < tail:
        # the next event: an agent is free, the staff changes, somebody comes (in this order at one instant)
        first, ends = -1, np.inf
        for k in range(n_busy):
            if busy_until[k] < ends:
                first, ends = k, busy_until[k]
        comes = arrivals[next_arrival] if next_arrival < n else np.inf
        changes = next_hour if hour + 1 < len(staff) else np.inf
        now = min(ends, changes, comes)
        if now == np.inf:
            break
        if now == ends:
            n_busy -= 1
            busy_until[first] = busy_until[n_busy]
        elif now == changes:
            hour += 1
            next_hour += HOUR_S
        else:
            next_arrival += 1
            if n_busy < staff[hour]:
                busy_until[n_busy] = now + handling[used]
                n_busy, used, good = n_busy + 1, used + 1, good + 1
            else:
                came[tail], deadline[tail] = now, now + patience[joined]
                joined, tail = joined + 1, tail + 1
        while head < tail and (n_busy < staff[hour] or deadline[head] <= now):
            wait = min(now, deadline[head]) - came[head]
            waited += wait
            if wait < IN_TIME_S:
                good += 1
            if deadline[head] <= now:
                lost += 1
            else:
                busy_until[n_busy] = now + handling[used]
                n_busy, used = n_busy + 1, used + 1
            head += 1
    return good, lost, waited


def _arrivals(rng: np.random.Generator) -> Floats:
    """Seconds at which contacts come: the cumulative rate inverted at the sums of exponential numbers."""
    of_hour = RATES * rng.gamma(SHAPE, 1 / SHAPE)
    until = np.concatenate(([0.0], np.cumsum(of_hour)))
    at = np.cumsum(rng.exponential(size=int(until[-1] + 12 * np.sqrt(until[-1])) + 20))
    return np.asarray(np.interp(at[at < until[-1]], until, HOUR_S * np.arange(len(until))))


def _day_in_order(seed: int, day: int, staff: NDArray[np.int64]) -> tuple[int, int, float]:
    """One day; each purpose has a stream of its own, begun anew."""
    streams = [np.random.default_rng((seed, day, purpose)) for purpose in range(3)]
    arrivals = _arrivals(streams[0])
    n = len(arrivals)
    handling = streams[1].exponential(HANDLING_S, n)
    stays = streams[2].random(n) >= GONE_AT_ONCE
    patience = np.where(stays, streams[2].exponential(PATIENCE_S, n), 0.0)
    room = np.empty(staff.max() + 1), np.empty(n), np.empty(n)
    found: tuple[int, int, float] = simulate_in_order(arrivals, staff, handling, patience, *room)
    return found


def in_order_of_use(days: int, seed: int, more: int = 0) -> Days:
    """Figures of days by the small model; ``more`` agents from 12:00 to 13:00."""
    staff = STAFF.copy()
    staff[ONE_MORE] += more
    found = np.array([_day_in_order(seed, day, staff) for day in range(days)], float) / EXPECTED
    return dict(zip(FIGURES, found.T, strict=True))


# ----------------------------------------------------------------------------------------- the ratios
def ratios(one: Days, two: Days, independent: Days) -> dict[str, float]:
    """Variance of the difference with customers of their own, over that with the same customers."""
    return {
        name: float((independent[name] - one[name]).var(ddof=1) / (two[name] - one[name]).var(ddof=1))
        for name in FIGURES
    }


def ratios_again(one: Days, two: Days, independent: Days, times: int = 400) -> dict[str, Floats]:
    """Ratios of days drawn again with replacement: how far chance alone may move them."""
    rng, n = np.random.default_rng(1), len(one["good"])
    found = []
    for _ in range(times):
        at = rng.integers(0, n, n)
        found.append(
            ratios(*({name: days[name][at] for name in FIGURES} for days in (one, two, independent)))
        )
    return {name: np.array([each[name] for each in found]) for name in FIGURES}


def _print(title: str, days: tuple[Days, Days, Days]) -> dict[str, float]:
    found, again = ratios(*days), ratios_again(*days)
    print(title)
    for name, value in found.items():
        level = days[0][name].mean()
        beyond = float((again[name] < BOUNDS[name]).mean())
        print(
            f"  {name:<5} mean {level:.5f}  ratio {value:6.1f} (s.e. {again[name].std():.1f})  bound "
            f"{BOUNDS[name]:g}; below it in {beyond:.1%} of 400 draws of the days",
            flush=True,
        )
    return found


def main(argv: list[str]) -> int:
    """Say what common random numbers are worth; 1 if numbers by contact give less than they must."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--days", type=int, default=DAYS, help=f"(default: {DAYS})")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    given = parser.parse_args(argv)
    ready_engine("auto", print)
    n, begun = given.days, time.monotonic()
    by_contact = (
        keyed(n, SEED, workers=given.workers),
        keyed(n, SEED, WITH_ONE_MORE, workers=given.workers),
        keyed(n, OTHER_SEED, WITH_ONE_MORE, workers=given.workers),
    )
    found = _print(f"Numbers belong to contacts (the program), {n} days a plan", by_contact)
    in_order = in_order_of_use(n, SEED), in_order_of_use(n, SEED, 1), in_order_of_use(n, OTHER_SEED, 1)
    other = _print(f"Numbers in order of use (a small model of the same day), {n} days a plan", in_order)
    is_good = all(found[name] >= BOUNDS[name] > other[name] for name in FIGURES)
    print(f"{'As it must be' if is_good else 'NOT AS IT MUST BE'}, {time.monotonic() - begun:.0f} s")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

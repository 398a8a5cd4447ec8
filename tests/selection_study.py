"""Whether the best is picked: ``python tests/selection_study.py [--trials 1000] [--days 20]``.

Normal numbers: ten plans whose values go together (correlation 0.5), one of them better than all others by
just the indifference zone, the rest alike: the hardest case. The procedure of Kim and Nelson must pick it in
95 % of the trials. A procedure that is right in 95 % would fail that about every other time; this one is
right in more, and its seed is fixed.

Days: the call centre of SSJ with one more agent in one of ten hours, chosen as `supportsim compare --best`
does. Which is the best is known from 3,000 other days of each plan. All trials must pick it; of a procedure
that is right in 95 % only, 20 trials would do so about once in three times.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from ssj_days import ssj

from sim.measure.estimate import half_width
from sim.measure.paired import difference
from sim.measure.result import estimates
from sim.measure.selection import KimNelson
from sim.study.best import chosen, parse_best
from sim.study.compiling import ready_engine
from sim.study.meeting import Meeting
from sim.study.replications import sums_of_replications
from sim.study.variants import Variant, wanted

__all__ = ["HOURS", "Case", "best_of_long_runs", "normal_trials", "picked", "variant"]

Floats = NDArray[np.float64]

TRIALS, DAY_TRIALS = 1000, 20
PLANS, SHARE = 10, 0.95
WISH = "wait.mean within 0.1 s"
LONG_DAYS, LONG_SEED = 3000, 5_000
HOURS = tuple(range(8, 18))
STAFF = (4, 6, 8, 8, 8, 7, 8, 8, 6, 6, 4, 4, 4)  # from 08:00


class Case(NamedTuple):
    """Normal numbers to choose by."""

    name: str
    first: int  # rows of the first stage
    spread: tuple[float, float]  # standard deviations, of the first and of the last plan
    steps: float  # zones between one plan and the next below it; 0: all but the best are alike
    seed: int


CASES = (
    Case("ten rows first, equal spread", 10, (1.0, 1.0), 0.0, 11),
    Case("twenty rows first, equal spread", 20, (1.0, 1.0), 0.0, 12),
    Case("ten rows first, spread of 0.5 to 2", 10, (0.5, 2.0), 0.0, 13),
    Case("ten rows first, each plan a zone below the last", 10, (1.0, 1.0), 1.0, 14),
)
CORRELATION = 0.5
ZONE = 1 / np.sqrt(10)  # of the standard deviation


def normal_trials(case: Case, trials: int) -> tuple[float, Floats]:
    """The share of trials that pick the planted best, and the numbers (trials,) drawn in each."""
    rng = np.random.default_rng(case.seed)
    spread = np.linspace(*case.spread, PLANS)
    hits, drawn = 0, np.zeros(trials)
    for trial in range(trials):
        best = int(rng.integers(PLANS))
        behind = np.full(PLANS, ZONE)
        if case.steps:
            behind[rng.permutation(np.delete(np.arange(PLANS), best))] = ZONE * (
                1 + case.steps * np.arange(PLANS - 1)
            )
        behind[best] = 0.0
        choice = KimNelson(PLANS, ZONE, first=case.first)
        while not choice.is_decided:
            of_day = np.sqrt(CORRELATION) * rng.normal(size=(1, 1))
            own = np.sqrt(1 - CORRELATION) * rng.normal(size=(1, PLANS))
            drawn[trial] += len(choice.still_in)
            choice.add(spread * (of_day + own) - behind)
        hits += choice.still_in == [best]
    return hits / trials, drawn


def _staff(hour: int) -> str:
    """The setting that puts one agent more to work in this hour."""
    agents = [n + (at == hour) for at, n in enumerate(STAFF, 8)]
    hours = (f"{at:02d}:00-{at + 1:02d}:00: {n}" for at, n in enumerate(agents, 8))
    return f"teams.agents.agents={{{', '.join(hours)}, else: 4}}"


def variant(hour: int) -> Variant:
    """The day with one more agent in an hour."""
    return Variant(f"{hour:02d}:00", "", ssj(_staff(hour)))


def best_of_long_runs(days: int = LONG_DAYS) -> tuple[str, float, float]:
    """The plan with the lowest mean wait, how far ahead of the next [s], and the half-width of that."""
    found = {}
    for hour in HOURS:
        of = ssj(_staff(hour), f"horizon.measure={days} days")
        sums = sums_of_replications(of.model, of.labels, LONG_SEED, 1, 1)
        found[variant(hour).name] = estimates(sums, of.model, of.labels, ["wait.mean"])["wait.mean"]
    first, second = sorted(found, key=lambda name: float(found[name].value))[:2]
    apart = difference(found[first], found[second])
    return first, float(apart.value), float(half_width(apart.deviations))


def picked(seed: int) -> tuple[str, bool, list[int]]:
    """The plan that one trial picks, whether it was decided, and the days of each plan."""
    variants = [variant(hour) for hour in HOURS]
    best = parse_best(WISH)
    measures = [one for one in wanted(variants, [best.path]) if one.path == best.path]
    meeting = Meeting(variants, measures, seed, ready_engine("auto"), None, lambda _: None)
    found = chosen(meeting, best)
    days = [meeting.replications(number) for number in range(len(variants))]
    return found["name"], found["decided"], days


def main(argv: list[str]) -> int:
    """Say how often the best is picked; 1 if too seldom."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS, help=f"with normal numbers (default: {TRIALS})")
    parser.add_argument("--days", type=int, default=DAY_TRIALS, help=f"with days (default: {DAY_TRIALS})")
    given = parser.parse_args(argv)
    is_good = True
    print(f"Normal numbers, {PLANS} plans, {given.trials} trials: the planted best is picked")
    for case in CASES:
        share, drawn = normal_trials(case, given.trials)
        error = np.sqrt(share * (1 - share) / given.trials)
        is_good &= share >= SHARE
        print(
            f"  {case.name:<48} {share:.4f} (s.e. {error:.4f})  {drawn.mean():.0f} numbers a trial",
            flush=True,
        )
    ready_engine("auto", print)
    begun = time.monotonic()
    best, ahead, width = best_of_long_runs()
    print(f"Days, one more agent in one of {len(HOURS)} hours, {WISH}")
    print(f"  {LONG_DAYS} days of each: best is {best}, {ahead:.3f} ± {width:.3f} s ahead of the next")
    hits, days = 0, []
    for seed in range(1, given.days + 1):
        name, is_decided, of_plans = picked(seed)
        hits += is_decided and name == best
        days.append(of_plans)
    mean = np.array(days).mean(0)
    is_good &= hits == given.days
    print(f"  picked in {hits} of {given.days} trials, {time.monotonic() - begun:.0f} s")
    print(f"  days simulated: {', '.join(f'{hour}h {n:.0f}' for hour, n in zip(HOURS, mean, strict=True))}")
    print("As it must be" if is_good else "NOT AS IT MUST BE")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

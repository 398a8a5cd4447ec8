"""Whether plans of `staff` keep what they promise: ``python tests/staff_study.py [--scale 0.1]``.

Agents are found for the support desk so that every interval of the day answers 80 % within 20 s. The plan
must do so in every interval before the fresh customers of its own last look. Then it meets customers that no
look has seen (their seed is beyond all of them): no interval may be clearly below the target, by its 95 %
interval. With 120 intervals at the target itself, three would be so by chance; a plan stands above it.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from sim.measure.estimate import Sample
from sim.scenario.wishes import parse_wish
from sim.study.compiling import ready_engine
from sim.study.pools import Goal, level, pools_of
from sim.study.prepare import prepare
from sim.study.staff import staffed
from sim.study.staff_runs import StaffRuns, default_reps
from sim.units import HOUR

SCENARIO = "support_baseline"
OTHERS = 1_000  # number of the customers that no look has seen


def main(argv: list[str]) -> int:
    """Find agents and say how they do; 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="of the desk (default: 0.1)")
    parser.add_argument("--workers", type=int, default=2, help="threads (default: 2)")
    given = parser.parse_args(argv)
    begun = time.monotonic()
    sets = (f"scale={given.scale:g}",)
    goal = Goal.of("service_level", parse_wish("80% in 20 s"))
    reps = default_reps(prepare(SCENARIO, sets=sets).resolved.model)
    runs = StaffRuns(SCENARIO, (), None, sets, goal, HOUR, seed=1, reps=reps,
                     engine=ready_engine("auto", print), workers=given.workers)  # fmt: skip
    before = runs.as_it_is()
    found = staffed(runs, before, goal, HOUR)
    after = runs(found.agents, OTHERS)
    hours = [runs.hours_paid(of) for of in (before, after)]
    n = sum(len(of.value) for of in found.levels)
    print(f"{SCENARIO} at scale {given.scale:g}: {goal.words} in every hour of {len(found.pools)} desks")
    print(f"{hours[1]:,.0f} agent-hours a day, {hours[0]:,.0f} before")
    print(f"fresh customers, look {found.n_checks}: {n - len(found.missed)} of {n} intervals meet it")
    sample = Sample(after.sums, after.model, after.labels)
    length = HOUR // after.model.horizon.interval
    levels = [level(sample, pool, goal, length) for pool in pools_of(after.model)]
    below = sum(int((of.value < goal.bound).sum()) for of in levels)
    clearly = sum(int((of.value + of.half_width < goal.bound).sum()) for of in levels)
    least = min(float(np.nanmin(of.value)) for of in levels)
    print(f"other customers: {n - below} of {n} meet it, {clearly} clearly do not; least {100 * least:.1f} %")
    is_good = not found.missed and not clearly
    print(f"{'As it must be' if is_good else 'NOT AS IT MUST BE'}, {time.monotonic() - begun:.0f} s")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""W1 and W2 in salabim: a component for each contact, written as generators, with all monitors off."""

from __future__ import annotations

import random
from collections.abc import Generator
from functools import partial
from typing import Any

import salabim

from benchmarks.counts import Counts, Prepared
from benchmarks.workloads import W1, W2, agents_at, rates_at

__all__ = ["NAME", "prepare"]

NAME = f"salabim {salabim.__version__}"

Process = Generator[Any, Any, None]


def prepare(workload: str, size: float, seed: int) -> Prepared:
    """See `benchmarks.one`."""
    work = {"w1": _one_desk, "w2": _two_tiers}[workload]
    return Prepared(partial(work, size, random.Random(seed)))


class _Quiet(salabim.Component):  # type: ignore[misc]
    """A component that keeps no record of its states."""

    def setup(self) -> None:
        self.mode.monitor(False)
        self.status.monitor(False)


def _one_desk(size: float, rng: random.Random) -> Counts:
    salabim.yieldless(False)
    env, counts = salabim.Environment(trace=False, random_seed=""), Counts(W1.warm_up)
    agents = salabim.Resource("agents", capacity=W1.agents, monitor=False)

    class Contact(_Quiet):
        def process(self) -> Process:
            entered = env.now()
            yield self.request(agents, fail_delay=rng.expovariate(1 / W1.patience))
            counts.count(entered, env.now() - entered, not self.failed())
            if not self.failed():
                yield self.hold(rng.expovariate(1 / W1.handling))
                self.release()

    class Demand(_Quiet):
        def process(self) -> Process:
            for _ in range(int(size)):
                yield self.hold(rng.expovariate(W1.rate))
                counts.contacts += 1
                Contact()

    Demand()
    env.run()
    return counts


def _two_tiers(scale: float, rng: random.Random) -> Counts:
    salabim.yieldless(False)
    env, counts = salabim.Environment(trace=False, random_seed=""), Counts()
    head_counts = agents_at(scale)
    agents = salabim.Resource("agents", capacity=head_counts[0], monitor=False)

    class Contact(_Quiet):
        def process(self) -> Process:
            counts.contacts += 1
            if rng.random() < W2.p_bot:
                yield self.hold(W2.bot)
                if rng.random() < W2.p_contained:
                    _perhaps_back(W2.p_back)
                    return
            entered = env.now()
            yield self.request(agents, fail_delay=rng.expovariate(1 / W2.patience))
            counts.count(entered, env.now() - entered, not self.failed())
            if self.failed():
                _perhaps_back(W2.p_back_abandoned)
                return
            yield self.hold(rng.lognormvariate(W2.mu, W2.sigma))
            self.release()
            _perhaps_back(W2.p_back)

    def _perhaps_back(chance: float) -> None:
        if rng.random() < chance:
            at = env.now() + rng.expovariate(1 / W2.back_after)
            if at < W2.day:
                Contact(at=at)

    class Demand(_Quiet):
        def process(self) -> Process:
            for hour, rate in enumerate(rates_at(scale)):
                end = (hour + 1) * 60.0
                while (gap := rng.expovariate(rate)) < end - env.now():
                    yield self.hold(gap)
                    Contact()
                yield self.hold(till=end)

    class Shifts(_Quiet):
        def process(self) -> Process:
            for head_count in head_counts[1:]:
                yield self.hold(W2.shift)
                agents.set_capacity(head_count)

    Demand()
    Shifts()
    env.run()
    return counts

"""W1 and W2 as a good user of SimPy writes them: a process per contact, ``request | timeout`` to wait."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import simpy

from benchmarks.counts import Counts, Prepared
from benchmarks.workloads import W1, W2, agents_at, rates_at

__all__ = ["NAME", "prepare"]

NAME = f"plain SimPy {simpy.__version__}"

Process = Generator[simpy.Event, Any, None]


class _Pool(simpy.Resource):
    """Agents whose number may change; who is busy finishes first. SimPy has no public way to do it."""

    def set_capacity(self, agents: int) -> None:
        """From now on so many."""
        self._capacity = agents
        self._trigger_put(None)


def prepare(workload: str, size: float, seed: int) -> Prepared:
    """See `benchmarks.one`."""
    work = {"w1": _one_desk, "w2": _two_tiers}[workload]
    return Prepared(partial(work, size, random.Random(seed)))


def _one_desk(size: float, rng: random.Random) -> Counts:
    env, counts = simpy.Environment(), Counts(W1.warm_up)
    agents = simpy.Resource(env, capacity=W1.agents)
    handling, patience = 1 / W1.handling, 1 / W1.patience

    def contact() -> Process:
        entered = env.now
        with agents.request() as request:
            happened = yield request | env.timeout(rng.expovariate(patience))
            counts.count(entered, env.now - entered, request in happened)
            if request in happened:
                yield env.timeout(rng.expovariate(handling))

    def demand() -> Process:
        for _ in range(int(size)):
            yield env.timeout(rng.expovariate(W1.rate))
            counts.contacts += 1
            env.process(contact())

    env.process(demand())
    env.run()
    return counts


def _two_tiers(scale: float, rng: random.Random) -> Counts:
    env, counts = simpy.Environment(), Counts()
    head_counts = agents_at(scale)
    agents = _Pool(env, capacity=head_counts[0])
    p_bot, p_contained, mu, sigma, patience = W2.p_bot, W2.p_contained, W2.mu, W2.sigma, 1 / W2.patience

    def contact() -> Process:
        counts.contacts += 1
        if rng.random() < p_bot:
            yield env.timeout(W2.bot)
            if rng.random() < p_contained:
                perhaps_back(W2.p_back)
                return
        entered = env.now
        with agents.request() as request:
            happened = yield request | env.timeout(rng.expovariate(patience))
            is_answered = request in happened
            counts.count(entered, env.now - entered, is_answered)
            if is_answered:
                yield env.timeout(rng.lognormvariate(mu, sigma))
        perhaps_back(W2.p_back if is_answered else W2.p_back_abandoned)

    def perhaps_back(chance: float) -> None:
        if rng.random() < chance:
            delay = rng.expovariate(1 / W2.back_after)
            if env.now + delay < W2.day:
                env.process(later(delay))

    def later(delay: float) -> Process:
        yield env.timeout(delay)
        yield from contact()

    def shifts() -> Process:
        for head_count in head_counts[1:]:
            yield env.timeout(W2.shift)
            agents.set_capacity(head_count)

    env.process(shifts())
    env.process(day_of_arrivals(env, scale, rng, lambda: env.process(contact())))
    env.run()
    return counts


def day_of_arrivals(
    env: simpy.Environment, scale: float, rng: random.Random, start: Callable[[], object]
) -> Process:
    """The first contacts of W2: Poisson, a rate for each hour."""
    for hour, rate in enumerate(rates_at(scale)):
        end = (hour + 1) * 60.0
        while (gap := rng.expovariate(rate)) < end - env.now:
            yield env.timeout(gap)
            start()
        yield env.timeout(end - env.now)  # no memory: the next hour starts afresh

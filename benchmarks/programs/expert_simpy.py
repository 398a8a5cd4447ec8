"""W1 and W2 bent to what SimPy is quick at: callbacks, its own queue, agents as a number, draws in blocks.

W1 looks at patience when an agent is free, without an event of its own; W2 needs the event, since a return
after giving up has to start in time.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.events import Timeout

from benchmarks.counts import Counts, Prepared
from benchmarks.programs.plain_simpy import day_of_arrivals
from benchmarks.workloads import W1, W2, agents_at

__all__ = ["NAME", "prepare"]

NAME = f"expert SimPy {simpy.__version__}"

Process = Generator[simpy.Event, Any, None]


class _Draws:
    """Draws made in blocks by NumPy, handed out one by one."""

    def __init__(self, draw: Callable[[int], NDArray[np.float64]]) -> None:
        self._draw = draw
        self._left: list[float] = []

    def __call__(self) -> float:
        if not self._left:
            self._left = self._draw(8192).tolist()
        return self._left.pop()


def prepare(workload: str, size: float, seed: int) -> Prepared:
    """See `benchmarks.one`."""
    work = {"w1": _one_desk, "w2": _two_tiers}[workload]
    return Prepared(partial(work, size, seed))


def _one_desk(size: float, seed: int) -> Counts:
    env, counts, generator = simpy.Environment(), Counts(W1.warm_up), np.random.default_rng(seed)
    draw = _Draws(generator.standard_exponential)
    waiting: deque[tuple[float, float]] = deque()  # entered, gives up at
    free = W1.agents
    handling, patience, gap = W1.handling, W1.patience, 1 / W1.rate

    def begin() -> None:
        Timeout(env, handling * draw()).callbacks.append(finish)

    def finish(_: simpy.Event) -> None:
        nonlocal free
        now = env._now
        while waiting:
            entered, until = waiting.popleft()
            if until < now:
                counts.count(entered, until - entered, False)
            else:
                counts.count(entered, now - entered, True)
                begin()
                return
        free += 1

    def demand() -> Process:
        nonlocal free
        for _ in range(int(size)):
            yield Timeout(env, gap * draw())
            counts.contacts += 1
            if free:
                free -= 1
                counts.count(env._now, 0.0, True)
                begin()
            else:
                waiting.append((env._now, env._now + patience * draw()))

    env.process(demand())
    env.run()
    return counts


def _two_tiers(scale: float, seed: int) -> Counts:  # noqa: PLR0915 (closures over the same numbers are quickest)
    env, counts, generator = simpy.Environment(), Counts(), np.random.default_rng(seed)
    exponential, uniform = _Draws(generator.standard_exponential), _Draws(generator.random)
    mu, sigma = W2.mu, W2.sigma
    handling = _Draws(lambda n: generator.lognormal(mu, sigma, n))
    head_counts = agents_at(scale)
    head_count, busy = head_counts[0], 0
    waiting: deque[list[Any]] = deque()  # entered, whether answered or gone
    p_bot, p_contained, patience = W2.p_bot, W2.p_contained, W2.patience

    def contact(_: simpy.Event | None = None) -> None:
        counts.contacts += 1
        if uniform() < p_bot:
            Timeout(env, W2.bot).callbacks.append(leave_bot)
        else:
            enter_desk()

    def leave_bot(_: simpy.Event) -> None:
        if uniform() < p_contained:
            perhaps_back(W2.p_back)
        else:
            enter_desk()

    def enter_desk() -> None:
        nonlocal busy
        if busy < head_count:
            busy += 1
            counts.count(env._now, 0.0, True)
            Timeout(env, handling()).callbacks.append(finish)
        else:
            place = [env._now, False]
            waiting.append(place)
            Timeout(env, patience * exponential(), place).callbacks.append(give_up)

    def give_up(event: simpy.Event) -> None:
        place = event._value
        if not place[1]:
            place[1] = True
            counts.count(place[0], env._now - place[0], False)
            perhaps_back(W2.p_back_abandoned)

    def finish(_: simpy.Event) -> None:
        nonlocal busy
        perhaps_back(W2.p_back)
        busy -= 1
        answer()

    def answer() -> None:
        nonlocal busy
        while busy < head_count and waiting:
            place = waiting.popleft()
            if not place[1]:
                place[1] = True
                counts.count(place[0], env._now - place[0], True)
                busy += 1
                Timeout(env, handling()).callbacks.append(finish)

    def perhaps_back(chance: float) -> None:
        if uniform() < chance:
            delay = W2.back_after * exponential()
            if env._now + delay < W2.day:
                Timeout(env, delay).callbacks.append(contact)

    def shifts() -> Process:
        nonlocal head_count
        for following in head_counts[1:]:
            yield env.timeout(W2.shift)
            head_count = following
            answer()

    env.process(shifts())
    env.process(day_of_arrivals(env, scale, random.Random(seed), contact))
    env.run()
    return counts

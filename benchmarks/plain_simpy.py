"""The day of scenarios/two_tier_day.yaml as a plain SimPy program: one process per contact, float minutes.

Nothing of supportsim is used. Agents are a `simpy.Container` of free agents; patience is ``get | timeout``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

__all__ = ["Counts", "simulate_day"]

DAY = 1440.0  # minutes
FIRST_CONTACTS = 2_000_000  # in a day, at scale 1
PERCENT_BY_HOUR = (2.2, 1.4, 0.9, 0.6, 0.5, 0.6, 1.0, 1.8, 3.0, 4.2, 5.0, 5.2, 4.9, 4.8, 5.0, 5.2, 5.3, 5.5,
                   6.0, 7.3, 8.8, 9.0, 7.0, 4.8)  # fmt: skip
AGENTS = ((0.0, 1600), (480.0, 6200), (960.0, 9200))  # from minute, at scale 1
P_BOT, BOT_MINUTES, P_CONTAINED = 0.60, 0.25, 0.65
HANDLING_MEAN, HANDLING_CV, PATIENCE_MEAN = 5.8, 0.8, 20.0
P_RETURNS_UNSOLVED, P_RETURNS_ABANDONED, RETURN_MEAN = 0.32 * 0.30, 0.30, 240.0

Process = Generator[simpy.Event, Any, None]


@dataclass
class Counts:
    """What came out; waits in minutes, of contacts that were answered or gave up."""

    contacts: int = 0
    at_desk: int = 0
    abandoned: int = 0
    waits: float = 0.0


@dataclass
class Centre:
    """What all processes share."""

    env: simpy.Environment
    rng: random.Random
    free: simpy.Container  # agents without a contact
    counts: Counts = field(default_factory=Counts)


def simulate_day(scale: float, seed: int) -> Counts:
    """One day from empty, until everybody has left; returns that would fall after the day are dropped."""
    env = simpy.Environment()
    centre = Centre(env, random.Random(seed), simpy.Container(env, init=int(AGENTS[0][1] * scale + 0.5)))
    env.process(_demand(centre, scale, lambda: env.process(_contact(centre))))
    env.process(_head_count(centre, scale))
    env.run()
    return centre.counts


def _demand(centre: Centre, scale: float, start: Callable[[], object]) -> Process:
    for hour, percent in enumerate(PERCENT_BY_HOUR):
        rate, end = FIRST_CONTACTS * scale * percent / 100 / 60, (hour + 1) * 60.0
        while (gap := centre.rng.expovariate(rate)) < end - centre.env.now:
            yield centre.env.timeout(gap)
            start()
        yield centre.env.timeout(end - centre.env.now)  # no memory: the next hour starts afresh


def _head_count(centre: Centre, scale: float) -> Process:
    before = int(AGENTS[0][1] * scale + 0.5)
    for minute, agents in AGENTS[1:]:  # only ever more agents
        yield centre.env.timeout(minute - centre.env.now)
        now = int(agents * scale + 0.5)
        centre.free.put(now - before)
        before = now


def _contact(centre: Centre) -> Process:
    env, rng, counts = centre.env, centre.rng, centre.counts
    counts.contacts += 1
    if rng.random() < P_BOT:
        yield env.timeout(BOT_MINUTES)
        if rng.random() < P_CONTAINED:
            _perhaps_return(centre, P_RETURNS_UNSOLVED)
            return
    entered = env.now
    answer = centre.free.get(1)
    yield answer | env.timeout(rng.expovariate(1 / PATIENCE_MEAN))
    counts.at_desk += 1
    counts.waits += env.now - entered
    if not answer.triggered:
        answer.cancel()
        counts.abandoned += 1
        _perhaps_return(centre, P_RETURNS_ABANDONED)
        return
    variance = math.log(1 + HANDLING_CV**2)
    yield env.timeout(rng.lognormvariate(math.log(HANDLING_MEAN) - variance / 2, math.sqrt(variance)))
    centre.free.put(1)
    _perhaps_return(centre, P_RETURNS_UNSOLVED)


def _perhaps_return(centre: Centre, chance: float) -> None:
    if centre.rng.random() < chance:
        delay = centre.rng.expovariate(1 / RETURN_MEAN)
        if centre.env.now + delay < DAY:
            centre.env.process(_later(centre, delay))


def _later(centre: Centre, delay: float) -> Process:
    yield centre.env.timeout(delay)
    yield from _contact(centre)

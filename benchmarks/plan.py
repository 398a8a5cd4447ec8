"""What is measured: which programs on which sizes, how often, in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple, TypeVar

__all__ = ["BESIDE", "CHECKS", "PROGRAMS", "RATES", "Check", "Rate", "chosen", "in_rounds", "quick"]

PROGRAMS = {
    "compiled": "compiled",
    "reference": "reference",
    "roofline": "roofline",
    "plain": "plain_simpy",
    "expert": "expert_simpy",
    "ciw": "ciw_network",
    "salabim": "salabim_model",
}
"""Systems, and their files in `benchmarks/programs`."""

BESIDE = ("plain", "roofline")
"""Systems to which the others are held; they run where others are asked for, unless it takes long."""


class Rate(NamedTuple):
    """A program to be timed in so many rounds."""

    system: str
    workload: str
    size: float
    rounds: int
    is_long: bool = False


class Check(NamedTuple):
    """A program whose answers are looked at, with seeds 1 ... n."""

    system: str
    workload: str
    size: float
    seeds: int


T = TypeVar("T", Rate, Check)

CHECKS = tuple(
    Check(system, workload, size, seeds)
    for workload, size, seeds_of in (
        ("w1", 1e5, {"roofline": 40, "compiled": 10, "expert": 8, "plain": 4, "reference": 3, "ciw": 1,
                     "salabim": 1}),
        ("w2", 0.01, {"roofline": 40, "compiled": 10, "expert": 8, "plain": 8, "reference": 4, "ciw": 3,
                      "salabim": 2}),
    )
    for system, seeds in seeds_of.items()
)  # fmt: skip

RATES = (
    Rate("compiled", "w1", 1e6, 9),
    Rate("roofline", "w1", 1e6, 9),
    Rate("plain", "w1", 1e6, 3, is_long=True),
    Rate("expert", "w1", 1e6, 3),
    Rate("compiled", "w1", 1e5, 9),
    Rate("roofline", "w1", 1e5, 9),
    Rate("plain", "w1", 1e5, 5),
    Rate("expert", "w1", 1e5, 5),
    Rate("reference", "w1", 1e5, 3),
    Rate("ciw", "w1", 1e5, 3),
    Rate("salabim", "w1", 1e5, 3),
    Rate("compiled", "w2", 1.0, 9),
    Rate("roofline", "w2", 1.0, 9),
    Rate("plain", "w2", 1.0, 3, is_long=True),
    Rate("expert", "w2", 1.0, 3),
    Rate("compiled", "w2", 0.1, 9),
    Rate("roofline", "w2", 0.1, 9),
    Rate("plain", "w2", 0.1, 7),
    Rate("expert", "w2", 0.1, 5),
    Rate("reference", "w2", 0.1, 3),
    Rate("compiled", "w2", 0.01, 5),
    Rate("roofline", "w2", 0.01, 5),
    Rate("plain", "w2", 0.01, 5),
    Rate("expert", "w2", 0.01, 5),
    Rate("reference", "w2", 0.01, 3),
    Rate("ciw", "w2", 0.01, 3),
    Rate("salabim", "w2", 0.01, 3),
    Rate("compiled", "baseline", 1.0, 3),
    Rate("reference", "baseline", 1.0, 1),
)


def chosen(items: Collection[T], only: Collection[str]) -> list[T]:
    """The items of some systems, and of those beside which they are seen; all where nothing is asked for."""
    return [
        item
        for item in items
        if not only or item.system in only or (item.system in BESIDE and not getattr(item, "is_long", False))
    ]


def quick(items: Collection[T]) -> list[T]:
    """A try of all paths: a twentieth of the size, two rounds. The figures mean nothing."""
    smaller = []
    for item in items:
        size = item.size / (10 if item.workload == "w1" and item.size <= 1e5 else 20)
        if isinstance(item, Rate):
            smaller.append(item._replace(size=size, rounds=min(item.rounds, 2)))
        else:
            smaller.append(item._replace(size=size, seeds=min(item.seeds, 12)))
    return smaller


def in_rounds(rates: Collection[Rate]) -> Iterator[tuple[int, Rate]]:
    """Round by round of each workload, A B C ... A B C ...: all meet the same moods of the machine."""
    for workload in dict.fromkeys(rate.workload for rate in rates):
        those = [rate for rate in rates if rate.workload == workload]
        for number in range(1, max(rate.rounds for rate in those) + 1):
            yield from ((number, rate) for rate in those if number <= rate.rounds)

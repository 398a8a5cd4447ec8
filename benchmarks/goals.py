"""What the engines should reach, beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["Goal", "goals"]


class Goal(NamedTuple):
    """A figure and its bound."""

    name: str
    value: float | None  # None: not measured
    bound: float
    is_least: bool  # else the bound is the most
    aim: float | None = None  # what would be better still

    @property
    def is_met(self) -> bool | None:
        """None where it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.is_least else self.value <= self.bound


def goals(of: Mapping[str, Any]) -> Iterator[Goal]:
    """Every goal, with the figures of `benchmarks.figures.figures`."""
    over_plain = _rate(of, "compiled", "w2", 1.0, "x_plain")
    yield Goal("W2, full scale, over plain SimPy", over_plain, 200, True, aim=300)
    yield Goal("W2, full scale, over C", _rate(of, "compiled", "w2", 1.0, "x_roofline"), 0.40, True, aim=0.5)
    yield Goal("W2, scale 0.1, over plain SimPy", _rate(of, "compiled", "w2", 0.1, "x_plain"), 80, True)
    yield Goal("W1, 10^6, over plain SimPy", _rate(of, "compiled", "w1", 1e6, "x_plain"), 120, True)
    yield Goal("W1, 10^6, over C", _rate(of, "compiled", "w1", 1e6, "x_roofline"), 0.40, True)
    yield Goal("W2, rate kept from 0.1 to full scale", _kept(of), 0.85, True)
    yield Goal("two threads over one", _median(of["two_threads"]), 1.85, True)
    for small in of["small"]:
        name = f"ms beyond the contacts of a small replication, {small['workload']}"
        yield Goal(name, small["beyond_contacts_ms"], 1.0, False)
    reference = _rate(of, "reference", "w2", 0.1, "x_plain")
    yield Goal("reference engine, W2, scale 0.1, over plain SimPy", reference, 0.5, True)
    yield Goal("MB at most, full-scale baseline day", of["memory"]["baseline_day_mb"], 400, False)
    yield Goal("memory of seven days over that of one", of["memory"]["week_over_day"], 1.1, False)
    yield Goal("s from command to table, baseline", _median(of["start"]["run_baseline_s"]), 3.0, False)
    yield Goal("s to compile, the first time", of["compile"]["overhead_s"], 20.0, False)


def _median(spread: Mapping[str, float] | None) -> float | None:
    return spread["median"] if spread else None


def _rate(of: Mapping[str, Any], system: str, workload: str, size: float, key: str) -> float | None:
    for line in of["rates"]:
        if (line["system"], line["workload"], line["size"]) == (system, workload, size):
            return _median(line[key])
    return None


def _kept(of: Mapping[str, Any]) -> float | None:
    for line in of["growth"]:
        if (line["system"], line["workload"], line["from"], line["to"]) == ("compiled", "w2", 0.1, 1.0):
            return _median(line["rate_kept"])
    return None

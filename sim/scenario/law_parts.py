"""What a law in words is made of, and what the readers of its words share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sim.model.samples import Sample
from sim.units import WordsError, duration

__all__ = ["KINDS", "Component", "LawWords", "longer_than_none"]

KINDS = (
    "exactly", "exponential", "lognormal", "gamma", "weibull", "uniform", "never", "percentiles", "from",
    "scipy",
)  # fmt: skip
"""The words that a law may begin with."""


class Component(NamedTuple):
    """One part of a law; times in ticks."""

    weight: float  # share of the mixture, 0..1
    kind: str  # one of `KINDS`, except ``percentiles``, which are made of uniform parts
    mean: float = 0.0  # ticks; the value of ``exactly``; unused for ``uniform`` and ``never``
    cv: float | None = None  # standard deviation / mean
    low: float = 0.0  # ticks; uniform only
    high: float = 0.0  # ticks; uniform only
    name: str = ""  # the file of ``from``, the law of ``scipy``
    figures: tuple[float, ...] = ()  # shape parameters of a law of SciPy, in SciPy's order
    sample: Sample | None = None  # what is in the file, once it has been read
    times: float = 1.0  # what the durations of the file are multiplied with


class LawWords(NamedTuple):
    """A law as written, in ticks: a mixture of one or more components."""

    components: tuple[Component, ...]

    @property
    def is_never(self) -> bool:
        """Whether nothing but ``never`` can be drawn."""
        return all(c.kind == "never" for c in self.components)

    @property
    def mean(self) -> float:
        """Mean in ticks of the finite part (``never`` left out)."""
        finite = [c for c in self.components if c.kind != "never"]
        weight = sum(c.weight for c in finite)
        if weight == 0:
            return 0.0
        return (
            sum(c.weight * ((c.low + c.high) / 2 if c.kind == "uniform" else c.mean) for c in finite) / weight
        )

    def files(self) -> Iterator[str]:
        """The CSV files that it names."""
        yield from (c.name for c in self.components if c.kind == "from")


def longer_than_none(text: str, offset: int) -> int:
    """Ticks of a duration above 0.

    Raises
    ------
    WordsError
        If it is no duration, or 0.
    """
    ticks = duration(text, offset)
    if ticks == 0:
        raise WordsError("must be longer than 0", "write 'exactly 0 s' for no time at all", offset + 1)
    return ticks

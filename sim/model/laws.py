"""Laws of durations: what they are made of, and their distribution functions.

A law is a mixture of parts: continuous ones, single values, and never. For building models.

References
----------
Partial expectations E[X; X <= x]: Klugman, Panjer, Willmot, Loss Models, appendix A (limited moments).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import fsum, inf

import numpy as np

from sim.model.pieces import Floats, Piece, gamma_like, lognormal, uniform, weibull
from sim.model.samples import Sample, stepped
from sim.model.scipy_laws import scaled_scipy

__all__ = ["LARGEST_CV", "LawKind", "LawPart", "Mixture", "piece"]

LARGEST_CV = 20.0
"""Coefficients of variation above this are taken for mistakes."""


class LawKind(Enum):
    """What a part of a law is; the comments tell what its parameters ``a`` and ``b`` are."""

    EXPONENTIAL = "exponential"  # mean
    LOGNORMAL = "lognormal"  # mean, cv
    GAMMA = "gamma"  # mean, cv
    WEIBULL = "weibull"  # mean, cv
    UNIFORM = "uniform"  # low, high
    EXACTLY = "exactly"  # value
    NEVER = "never"
    SAMPLE = "from"  # mean; `sample` holds the measured values
    SCIPY = "scipy"  # mean; `name` and `figures` are the law of `scipy.stats` and its shape parameters


@dataclass(frozen=True)
class LawPart:
    """One part of a law: its weight, its kind and the kind's parameters (times in ticks)."""

    kind: LawKind
    a: float = 0.0
    b: float = 0.0
    weight: float = 1.0
    name: str = ""
    figures: tuple[float, ...] = ()
    sample: Sample | None = None

    @property
    def mean(self) -> float:
        """Mean in ticks; inf for never."""
        if self.kind is LawKind.NEVER:
            return inf
        return (self.a + self.b) / 2 if self.kind is LawKind.UNIFORM else self.a


def piece(part: LawPart) -> Piece:
    """The distribution functions of a part that is neither a single value nor never."""
    match part.kind:
        case LawKind.LOGNORMAL:
            return lognormal(part.a, part.b)
        case LawKind.GAMMA:
            return gamma_like(1 / part.b**2, part.a * part.b**2, 1.0, part.a)
        case LawKind.WEIBULL:
            return weibull(part.a, part.b)
        case LawKind.UNIFORM:
            return uniform(part.a, part.b)
        case LawKind.SCIPY:
            return scaled_scipy(part.name, part.figures, part.a)
        case LawKind.SAMPLE:
            assert part.sample is not None, "a sample is read before it is drawn from"
            return stepped(part.sample, part.a)
    return gamma_like(1.0, part.a, 1.0, part.a)


class Mixture:
    """A mixture of laws; ``side`` 0 asks for u (from below), 1 for w = 1 - u (from above)."""

    def __init__(self, parts: list[LawPart]) -> None:
        total = fsum(p.weight for p in parts)
        self.pieces = [(p.weight / total, piece(p)) for p in parts]
        self.has_steps = any(p.kind is LawKind.SAMPLE for p in parts)
        self.mean = fsum(p.weight / total * p.mean for p in parts)

    def share(self, x: Floats, side: int) -> Floats:
        """Probability (n,) of at most x (side 0), of more than x (side 1)."""
        return sum((weight * one.both(x)[side] for weight, one in self.pieces), np.zeros(1))

    def partial(self, x: Floats, side: int) -> Floats:
        """E[X; X <= x] (side 0), E[X; X > x] (side 1), in the unit of x (n,)."""
        return sum((weight * one.partial(x)[side] for weight, one in self.pieces), np.zeros(1))

    def partial_to(self, p: Floats, x: Floats, side: int) -> Floats:
        """Integral (n,) of the quantile function over the p nearest to the side's end; x is `quantile` of p.

        Where the distribution function steps over p at x, only a part of the step counts.
        """
        whole = self.partial(x, side)
        return whole - x * (self.share(x, side) - p) if self.has_steps else whole

    def quantile(self, p: Floats, side: int) -> Floats:
        """Where `share` is p, by bisection between the least and the greatest quantile of the pieces."""
        each = np.array([one.inverses[side](p) for _, one in self.pieces])
        low: Floats = each.min(axis=0)
        high: Floats = each.max(axis=0)
        if len(each) == 1:
            return low
        for _ in range(80):
            middle = low + (high - low) / 2
            if np.all((middle <= low) | (middle >= high)):
                break
            too_low = self.share(middle, side) < p if side == 0 else self.share(middle, side) > p
            low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
        return high

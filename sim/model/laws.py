"""Laws of durations: what they are made of, and their distribution functions.

A law is a mixture of parts: continuous ones, single values, and never. This module needs SciPy; it is
for building models.

References
----------
Partial expectations E[X; X <= x]: Klugman, Panjer, Willmot, Loss Models, appendix A (limited moments).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import exp, fsum, inf, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv, gammaln, ndtr, ndtri

__all__ = ["LARGEST_CV", "LawKind", "LawPart", "Mixture", "lognormal_cv"]

Floats = NDArray[np.float64]

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


@dataclass(frozen=True)
class LawPart:
    """One part of a law: its weight, its kind and the kind's parameters (times in ticks)."""

    kind: LawKind
    a: float = 0.0
    b: float = 0.0
    weight: float = 1.0

    @property
    def mean(self) -> float:
        """Mean in ticks; inf for never."""
        if self.kind is LawKind.NEVER:
            return inf
        return (self.a + self.b) / 2 if self.kind is LawKind.UNIFORM else self.a


def lognormal_cv(mean: float, at: float, percentile: float = 0.9) -> float:
    """Coefficient of variation of the lognormal law with this mean and this percentile.

    Two laws may fit; the one with the smaller cv is meant. From ln(at / mean) = z s - s**2 / 2, where z
    is the normal quantile and s the standard deviation of the logarithm.

    Raises
    ------
    ValueError
        No lognormal law fits, or only one with a cv above 20.

    Examples
    --------
    >>> round(lognormal_cv(6, 11), 4)
    0.6923
    """
    if not (mean > 0 and at > 0 and 0 < percentile < 1):
        raise ValueError("mean, percentile value and percentile of a lognormal law are above 0")
    z, ratio = float(ndtri(percentile)), log(at / mean)
    name = f"{100 * percentile:g} % of a lognormal law of mean {mean:g} cannot be below {at:g}"
    if 2 * ratio > z * z:
        raise ValueError(f"{name}: at most {mean * exp(z * z / 2):g}, whatever its spread")
    root = sqrt(z * z - 2 * ratio)
    positive = [s for s in (z - root, z + root) if s > 0]
    if not positive or positive[0] ** 2 > log(1 + LARGEST_CV**2):
        raise ValueError(f"{name}: that needs a coefficient of variation above {LARGEST_CV:g}")
    return sqrt(exp(positive[0] ** 2) - 1)


class _Piece(NamedTuple):
    """Functions of one continuous law; pairs are from below and from above."""

    both: Callable[[Floats], tuple[Floats, Floats]]  # P(X <= x), P(X > x)
    inverses: tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]
    partial: Callable[[Floats], tuple[Floats, Floats]]  # E[X; X <= x], E[X; X > x]


def _gamma_like(shape: float, scale: float, power: float, mean: float) -> _Piece:
    """The law of scale x G**(1 / power) with G gamma(shape): gamma, Weibull and exponential laws."""

    def of(x: Floats, more: float) -> tuple[Floats, Floats]:
        g = (x / scale) ** power
        return gammainc(shape + more, g), gammaincc(shape + more, g)

    def partial(x: Floats) -> tuple[Floats, Floats]:
        lower, upper = of(x, 1 / power)
        return mean * lower, mean * upper

    return _Piece(
        lambda x: of(x, 0.0),
        (
            lambda u: scale * gammaincinv(shape, u) ** (1 / power),
            lambda w: scale * gammainccinv(shape, w) ** (1 / power),
        ),
        partial,
    )


def _weibull(mean: float, cv: float) -> _Piece:
    def too_wide(log_power: float) -> float:
        power = exp(log_power)
        return float(gammaln(1 + 2 / power) - 2 * gammaln(1 + 1 / power)) - log(1 + cv * cv)

    power = exp(brentq(too_wide, log(0.05), log(1e4), xtol=1e-15))
    return _gamma_like(1.0, mean / exp(gammaln(1 + 1 / power)), power, mean)


def _lognormal(mean: float, cv: float) -> _Piece:
    s = sqrt(log(1 + cv * cv))
    middle = log(mean) - s * s / 2

    def z(x: Floats) -> Floats:
        with np.errstate(divide="ignore"):  # at 0 the logarithm is -inf, and all is right
            return (np.log(x) - middle) / s

    return _Piece(
        lambda x: (ndtr(z(x)), ndtr(-z(x))),
        (lambda u: np.exp(middle + s * ndtri(u)), lambda w: np.exp(middle - s * ndtri(w))),
        lambda x: (mean * ndtr(z(x) - s), mean * ndtr(s - z(x))),
    )


def _uniform(low: float, high: float) -> _Piece:
    width = high - low

    def both(x: Floats) -> tuple[Floats, Floats]:
        u = np.clip((x - low) / width, 0.0, 1.0)
        return u, 1.0 - u

    def partial(x: Floats) -> tuple[Floats, Floats]:
        inside = np.clip(x, low, high)
        return (inside - low) * (inside + low) / (2 * width), (high - inside) * (high + inside) / (2 * width)

    return _Piece(both, (lambda u: low + width * u, lambda w: high - width * w), partial)


def _piece(part: LawPart) -> _Piece:
    if part.kind is LawKind.LOGNORMAL:
        return _lognormal(part.a, part.b)
    if part.kind is LawKind.GAMMA:
        return _gamma_like(1 / part.b**2, part.a * part.b**2, 1.0, part.a)
    if part.kind is LawKind.WEIBULL:
        return _weibull(part.a, part.b)
    if part.kind is LawKind.UNIFORM:
        return _uniform(part.a, part.b)
    return _gamma_like(1.0, part.a, 1.0, part.a)


class Mixture:
    """A mixture of continuous laws; ``side`` 0 asks for u (from below), 1 for w = 1 - u (from above)."""

    def __init__(self, parts: list[LawPart]) -> None:
        total = fsum(p.weight for p in parts)
        self.pieces = [(p.weight / total, _piece(p)) for p in parts]
        self.mean = fsum(p.weight / total * p.mean for p in parts)

    def share(self, x: Floats, side: int) -> Floats:
        """Probability (n,) of at most x (side 0), of more than x (side 1)."""
        return sum((weight * piece.both(x)[side] for weight, piece in self.pieces), np.zeros(1))

    def partial(self, x: Floats, side: int) -> Floats:
        """E[X; X <= x] (side 0), E[X; X > x] (side 1), in the unit of x (n,)."""
        return sum((weight * piece.partial(x)[side] for weight, piece in self.pieces), np.zeros(1))

    def quantile(self, p: Floats, side: int) -> Floats:
        """Where `share` is p, by bisection between the least and the greatest quantile of the pieces."""
        each = np.array([piece.inverses[side](p) for _, piece in self.pieces])
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

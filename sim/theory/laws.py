"""Laws of durations as survival functions P(X > x), written apart from the laws the engines draw from.

A survival function takes an array of times (n,) and answers with an array (n,). Any such function is a
law; those below are the kinds a scenario can name.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from math import exp, inf, lgamma, log, log1p, sqrt
from typing import Protocol

import numpy as np

from sim import late_scipy as scipy
from sim.theory.checks import at_least, positive
from sim.theory.panels import Curve, Floats

__all__ = [
    "Part",
    "Sample",
    "exactly",
    "exponential",
    "gamma",
    "lognormal",
    "mixture",
    "never",
    "of_scipy",
    "survival_of",
    "uniform",
    "weibull",
]


class Sample(Protocol):
    """Measured values as multiples of their mean, and the share of each."""

    @property
    def values(self) -> Floats:
        """Rising, (n,)."""

    @property
    def shares(self) -> Floats:
        """Adding up to 1, (n,)."""


class Part(Protocol):
    """A part of a law as the model keeps it: kind, weight and the kind's parameters."""

    @property
    def kind(self) -> Enum:
        """What sort of law."""

    @property
    def a(self) -> float:
        """First parameter."""

    @property
    def b(self) -> float:
        """Second parameter."""

    @property
    def name(self) -> str:
        """Which law of SciPy."""

    @property
    def figures(self) -> tuple[float, ...]:
        """The shape parameters of a law of SciPy."""

    @property
    def sample(self) -> Sample | None:
        """Measured values."""

    @property
    def weight(self) -> float:
        """Its share of the mixture, up to a factor."""


def exactly(value: float) -> Curve:
    """Survival function of one single value.

    Examples
    --------
    >>> exactly(2.0)(np.array([0.0, 1.9, 2.0])).tolist()
    [1.0, 1.0, 0.0]
    """
    at_least(0, value=value)
    return lambda x: np.where(x < value, 1.0, 0.0)


def never() -> Curve:
    """Survival function of what never ends.

    Examples
    --------
    >>> never()(np.array([0.0, 1e9])).tolist()
    [1.0, 1.0]
    """
    return np.ones_like


def exponential(mean: float) -> Curve:
    """Survival function of the exponential law; mean 0 is no time at all, mean inf is `never`.

    Examples
    --------
    >>> exponential(2.0)(np.array([2.0])).round(6).tolist()
    [0.367879]
    """
    if mean in (0, inf):
        return exactly(0) if mean == 0 else never()
    positive(mean=mean)
    return lambda x: np.exp(-x / mean)


def gamma(mean: float, cv: float) -> Curve:
    """Survival function of the gamma law; an Erlang-k law has ``cv = k**-0.5``.

    Examples
    --------
    >>> gamma(1.0, 1.0)(np.array([1.0])).round(6).tolist()
    [0.367879]
    """
    positive(mean=mean, cv=cv)
    shape = cv**-2
    return lambda x: np.asarray(scipy.special.gammaincc(shape, x * (shape / mean)), np.float64)


def lognormal(mean: float, cv: float) -> Curve:
    """Survival function of the lognormal law.

    Examples
    --------
    >>> lognormal(1.0, 1.0)(np.array([0.5 ** 0.5])).tolist()  # the median
    [0.5]
    """
    positive(mean=mean, cv=cv)
    variance = log1p(cv * cv)
    middle, spread = log(mean) - variance / 2, sqrt(variance)

    def survival(x: Floats) -> Floats:
        with np.errstate(divide="ignore"):  # the logarithm of 0 is -inf, and all is right
            return np.asarray(scipy.special.ndtr((middle - np.log(x)) / spread), np.float64)

    return survival


def weibull(mean: float, cv: float) -> Curve:
    """Survival function of the Weibull law.

    Examples
    --------
    >>> weibull(1.0, 1.0)(np.array([1.0])).round(6).tolist()
    [0.367879]
    """
    positive(mean=mean, cv=cv)

    def too_wide(shape: float) -> float:
        return lgamma(1 + 2 / shape) - 2 * lgamma(1 + 1 / shape) - log1p(cv * cv)

    shape = float(scipy.optimize.brentq(too_wide, 0.05, 1e4, xtol=1e-15))
    scale = mean / exp(lgamma(1 + 1 / shape))
    return lambda x: np.exp(-((x / scale) ** shape))


def uniform(low: float, high: float) -> Curve:
    """Survival function of the uniform law.

    Examples
    --------
    >>> uniform(1.0, 3.0)(np.array([0.0, 2.5, 4.0])).tolist()
    [1.0, 0.25, 0.0]
    """
    at_least(0, low=low)
    positive(width=high - low)
    return lambda x: np.clip((high - x) / (high - low), 0.0, 1.0)


def of_scipy(name: str, mean: float, *figures: float) -> Curve:
    """Survival function of a law of `scipy.stats` with location 0, scaled to a mean.

    Examples
    --------
    >>> of_scipy("gamma", 1.0, 1.0)(np.array([1.0])).round(6).tolist()
    [0.367879]
    """
    positive(mean=mean)
    law = getattr(scipy.stats, name)
    scale = mean / float(law.mean(*figures))
    return lambda x: np.asarray(law.sf(x / scale, *figures), np.float64)


def mixture(*parts: tuple[float, Curve]) -> Curve:
    """Survival function of a mixture of (weight, law); weights are made to sum to 1.

    Examples
    --------
    >>> mixture((1, exactly(0)), (3, never()))(np.array([0.0])).tolist()
    [0.75]
    """
    for weight, _ in parts:
        at_least(0, weight=weight)
    total = sum(weight for weight, _ in parts)
    positive(sum_of_weights=total)
    return lambda x: sum((weight / total * law(x) for weight, law in parts), np.zeros_like(x))


def survival_of(parts: Iterable[Part]) -> Curve:
    """Survival function of a law as the model keeps it, in the unit of its parameters.

    Raises
    ------
    ValueError
        A kind that is not known here.
    """
    return mixture(*((part.weight, _of_kind(part)) for part in parts))


def _of_kind(part: Part) -> Curve:
    match part.kind.value:
        case "exponential":
            return exponential(part.a)
        case "lognormal":
            return lognormal(part.a, part.b)
        case "gamma":
            return gamma(part.a, part.b)
        case "weibull":
            return weibull(part.a, part.b)
        case "uniform":
            return uniform(part.a, part.b)
        case "exactly":
            return exactly(part.a)
        case "never":
            return never()
        case "scipy":
            return of_scipy(part.name, part.a, *part.figures)
        case "from" if part.sample is not None:
            values, shares = part.sample.values.tolist(), part.sample.shares.tolist()
            return mixture(
                *((share, exactly(part.a * value)) for value, share in zip(values, shares, strict=True))
            )
    raise ValueError(f"there is no law '{part.kind.value}' here")

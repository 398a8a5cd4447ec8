"""Distribution functions of single laws: what a mixture is put together from."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import late_scipy as scipy

__all__ = ["Floats", "Piece", "gamma_like", "lognormal", "uniform", "weibull"]

Floats = NDArray[np.float64]


class Piece(NamedTuple):
    """Functions of one law; pairs are from below and from above."""

    both: Callable[[Floats], tuple[Floats, Floats]]  # P(X <= x), P(X > x)
    inverses: tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]
    partial: Callable[[Floats], tuple[Floats, Floats]]  # E[X; X <= x], E[X; X > x]


def gamma_like(shape: float, scale: float, power: float, mean: float) -> Piece:
    """The law of scale x G**(1 / power) with G gamma(shape): gamma, Weibull and exponential laws."""

    def of(x: Floats, more: float) -> tuple[Floats, Floats]:
        g = (x / scale) ** power
        return scipy.special.gammainc(shape + more, g), scipy.special.gammaincc(shape + more, g)

    def partial(x: Floats) -> tuple[Floats, Floats]:
        lower, upper = of(x, 1 / power)
        return mean * lower, mean * upper

    return Piece(
        lambda x: of(x, 0.0),
        (
            lambda u: scale * scipy.special.gammaincinv(shape, u) ** (1 / power),
            lambda w: scale * scipy.special.gammainccinv(shape, w) ** (1 / power),
        ),
        partial,
    )


def weibull(mean: float, cv: float) -> Piece:
    """The Weibull law of this mean and coefficient of variation."""

    def too_wide(log_power: float) -> float:
        power = exp(log_power)
        return float(scipy.special.gammaln(1 + 2 / power) - 2 * scipy.special.gammaln(1 + 1 / power)) - log(
            1 + cv * cv
        )

    power = exp(scipy.optimize.brentq(too_wide, log(0.05), log(1e4), xtol=1e-15))
    return gamma_like(1.0, mean / exp(scipy.special.gammaln(1 + 1 / power)), power, mean)


def lognormal(mean: float, cv: float) -> Piece:
    """The lognormal law of this mean and coefficient of variation."""
    s = sqrt(log(1 + cv * cv))
    middle = log(mean) - s * s / 2

    def z(x: Floats) -> Floats:
        with np.errstate(divide="ignore"):  # at 0 the logarithm is -inf, and all is right
            return (np.log(x) - middle) / s

    return Piece(
        lambda x: (scipy.special.ndtr(z(x)), scipy.special.ndtr(-z(x))),
        (
            lambda u: np.exp(middle + s * scipy.special.ndtri(u)),
            lambda w: np.exp(middle - s * scipy.special.ndtri(w)),
        ),
        lambda x: (mean * scipy.special.ndtr(z(x) - s), mean * scipy.special.ndtr(s - z(x))),
    )


def uniform(low: float, high: float) -> Piece:
    """Anything between two values, equally likely."""
    width = high - low

    def both(x: Floats) -> tuple[Floats, Floats]:
        u = np.clip((x - low) / width, 0.0, 1.0)
        return u, 1.0 - u

    def partial(x: Floats) -> tuple[Floats, Floats]:
        inside = np.clip(x, low, high)
        return (inside - low) * (inside + low) / (2 * width), (high - inside) * (high + inside) / (2 * width)

    return Piece(both, (lambda u: low + width * u, lambda w: high - width * w), partial)

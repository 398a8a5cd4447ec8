"""Laws by their percentiles: the spread that goes with a mean and one, or the law that goes with two."""

from __future__ import annotations

from functools import lru_cache
from math import exp, log

import numpy as np

from sim import late_scipy as scipy
from sim.model.laws import LawKind, LawPart, piece
from sim.model.pieces import Floats

__all__ = ["LEAST_CV", "MOST_CV", "OutOfReach", "by_two", "cv_by_one"]

LEAST_CV, MOST_CV = 0.01, 10.0
"""Coefficients of variation among which a law is looked for."""


class OutOfReach(ValueError):
    """No law of the kind has these percentiles; ``low`` and ``high`` are the ends of what would do."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(f"from {low:g} to {high:g} would do")
        self.low, self.high = low, high


def _quantile(kind: LawKind, share: float, cv: float) -> float:
    """Quantile of the law of mean 1 with this coefficient of variation."""
    inverse = piece(LawPart(kind, 1.0, cv)).inverses
    # From the side on which the share is small, and so exact.
    return float(inverse[0](np.array(share)) if share <= 0.5 else inverse[1](np.array(1 - share)))


@lru_cache(maxsize=64)
def _quantiles(kind: LawKind, share: float) -> tuple[Floats, Floats]:
    """Spreads (n,), rising, and the quantile of each; the greatest quantile is among them."""

    def less(log_cv: float) -> float:
        return -_quantile(kind, share, exp(log_cv))

    spreads = np.geomspace(LEAST_CV, MOST_CV, 121)
    found = np.array([_quantile(kind, share, cv) for cv in spreads])
    top = int(found.argmax())
    if 0 < top < len(spreads) - 1:
        around = (log(spreads[top - 1]), log(spreads[top + 1]))
        best = exp(
            scipy.optimize.minimize_scalar(less, bounds=around, method="bounded", options={"xatol": 1e-9}).x
        )
        at = int(np.searchsorted(spreads, best))
        spreads = np.insert(spreads, at, best)
        found = np.insert(found, at, _quantile(kind, share, best))
    return spreads, found


def cv_by_one(kind: LawKind, mean: float, share: float, at: float) -> float:
    """Coefficient of variation of the law of a kind with this mean and this quantile.

    Where two laws fit, as where a long tail drags the ninth decile below the mean, the narrower is meant.

    Raises
    ------
    OutOfReach
        With the least and the greatest quantile that a law of this mean has.

    Examples
    --------
    >>> round(cv_by_one(LawKind.LOGNORMAL, 6, 0.9, 11), 4)
    0.6923
    """
    spreads, found = _quantiles(kind, share)
    excess = found - at / mean
    crossings = np.flatnonzero(excess[:-1] * excess[1:] <= 0)
    if not len(crossings):
        raise OutOfReach(mean * float(found.min()), mean * float(found.max()))
    first = crossings[0]
    return float(
        scipy.optimize.brentq(
            lambda cv: _quantile(kind, share, cv) - at / mean, spreads[first], spreads[first + 1], xtol=1e-14
        )
    )


def by_two(kind: LawKind, first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Mean and coefficient of variation of the law of a kind with two quantiles.

    Parameters
    ----------
    kind
        Lognormal, gamma or Weibull.
    first, second
        Share and value of each; the second share and value are the greater.

    Raises
    ------
    OutOfReach
        With the least and the greatest second value that a law with the first one has.

    Examples
    --------
    >>> mean, cv = by_two(LawKind.LOGNORMAL, (0.5, 4.0), (0.9, 11.0))
    >>> round(mean, 4), round(cv, 4)
    (5.4621, 0.9299)
    """
    (low_share, low), (high_share, high) = first, second

    def excess(log_cv: float) -> float:
        a, b = (_quantile(kind, share, exp(log_cv)) for share in (low_share, high_share))
        return a * (high / low) - b

    ends = log(LEAST_CV), log(MOST_CV)
    if excess(ends[0]) < 0 or excess(ends[1]) > 0:
        ratios = [
            _quantile(kind, high_share, cv) / max(_quantile(kind, low_share, cv), 1e-300)
            for cv in (LEAST_CV, MOST_CV)
        ]
        raise OutOfReach(low * ratios[0], low * ratios[1])
    cv = exp(scipy.optimize.brentq(excess, *ends, xtol=1e-14))
    return low / _quantile(kind, low_share, cv), cv

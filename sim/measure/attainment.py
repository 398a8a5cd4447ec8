"""On how many days a target was met.

A plan may meet its target on average and miss it on many days. Each day (or replication) has a figure of its
own; the share of days on which it is good enough has the interval of Clopper and Pearson, which never covers
less often than it says, however few the days.

References
----------
Clopper, Pearson: The use of confidence or fiducial limits illustrated in the case of the binomial,
Biometrika 26 (1934).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import late_scipy as scipy

__all__ = ["Attained", "attained", "days_met", "share_interval"]


class Attained(NamedTuple):
    """Units that meet a target."""

    met: int
    of: int  # those that have a figure
    low: float  # of the interval of their share, 0..1
    high: float

    @classmethod
    def counted(cls, met: int, of: int, confidence: float = 0.95) -> Attained | None:
        """Of these counts; None if fewer than two units have a figure."""
        return cls(met, of, *share_interval(met, of, confidence)) if of >= 2 else None

    def told(self, unit: str) -> dict[str, Any]:
        """As plain Python numbers; ``unit``: what is counted."""
        return {
            "met": self.met,
            "of": self.of,
            "unit": unit,
            "low": float(f"{self.low:.10g}"),
            "high": float(f"{self.high:.10g}"),
        }


def attained(
    own: NDArray[np.float64], bound: float, *, at_least: bool, confidence: float = 0.95
) -> Attained | None:
    """The units that meet a target; None if fewer than two have a figure.

    Parameters
    ----------
    own : (units,)
        Each unit's own figure; NaN where it has none, as on a day on which nobody came.
    bound, at_least
        What is wanted: ``own >= bound``, or ``own <= bound``.
    confidence
        Of the interval, 0..1.

    Examples
    --------
    >>> attained(np.array([0.82, 0.79, np.nan, 0.91]), 0.8, at_least=True)[:2]
    (2, 3)
    """
    return Attained.counted(*days_met(own, bound, at_least=at_least), confidence)


def days_met(own: NDArray[np.float64], bound: float, *, at_least: bool) -> tuple[int, int]:
    """How many units meet a target, and how many have a figure; parameters as `attained` has them."""
    known = own[~np.isnan(own)]
    return int(np.count_nonzero(known >= bound if at_least else known <= bound)), len(known)


def share_interval(met: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of Clopper and Pearson for a probability of which ``met`` of ``of`` cases were seen.

    Examples
    --------
    >>> [round(limit, 4) for limit in share_interval(27, 30)]
    [0.7347, 0.9789]
    """
    tail = (1 - confidence) / 2
    low = 0.0 if met == 0 else float(scipy.special.betaincinv(met, of - met + 1, tail))
    high = 1.0 if met == of else float(scipy.special.betaincinv(met + 1, of - met, 1 - tail))
    return low, high

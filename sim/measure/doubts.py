"""What makes an interval doubtful: days that differ too unevenly, too few days, days that hang together.

Skewness. Student's interval is for figures that spread evenly about their mean. By the expansion of its
distribution (Hall) an interval of 95 % from n units with skewness G covers less often by about 0.25 G^2 / n;
Cochran's rule ``n > 25 G^2`` allows one point of that, here it is two. The skewness of a few units is itself
uncertain, so nothing is said unless it is three of its standard errors (under the normal law) away from 0:
days that spread evenly raise no warning.

References
----------
Hall: The Bootstrap and Edgeworth Expansion (1992), section 2.6. Cochran: Sampling Techniques, 3rd edition
(1977), section 2.15. Standard error of the skewness of normal data: Fisher, The moments of the distribution
for normal samples of measures of departure from normality, Proceedings of the Royal Society A 130 (1930).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.stationary import FEWEST_BATCHES, batch_means

__all__ = ["Doubt", "doubts", "enough_units", "skewness", "unsettling_skewness"]

Floats = NDArray[np.float64]

_FEWEST = 5
"""Units below which nothing shows whether they spread evenly."""
_UNITS_PER_SQUARE = 12.4  # 0.247 / 0.02: points lost for a skewness of 1 and one unit, by points allowed
_ERRORS = 3.0  # standard errors of a skewness that are more than chance
_CORRELATED = 0.001  # probability of the test, below which days hang together beyond chance
_LITTLE = {"share": 0.005}
_LITTLE_OF_VALUE = 0.02
"""A half-width below this (of a share: 0.5 points; else of the value) is small even if it is somewhat off."""


class Doubt(NamedTuple):
    """Why some half-widths may be wrong."""

    code: str  # short and stable: "few_units", "skewed", "correlated", "warm_up"
    message: str
    measures: tuple[str, ...]  # paths; empty: all


def skewness(deviations: Floats) -> float:
    """Third central moment over the cubed standard deviation of (units,); NaN where there is no spread.

    Examples
    --------
    >>> round(skewness(np.array([0.0, 0.0, 0.0, 1.0])), 3)
    1.155
    """
    centred = deviations - deviations.mean() if len(deviations) else deviations
    spread = float((centred**2).mean()) if len(deviations) else 0.0
    return float((centred**3).mean()) / spread**1.5 if spread > 0 else float("nan")


def enough_units(skew: float) -> int:
    """Units with which an interval of 95 % covers at least 93 %.

    Examples
    --------
    >>> enough_units(2.0)
    50
    """
    return int(_UNITS_PER_SQUARE * skew**2) + 1


def unsettling_skewness(n: int) -> float:
    """The skewness of n units from which on their interval is doubtful.

    Examples
    --------
    >>> round(unsettling_skewness(30), 2), round(unsettling_skewness(400), 2)
    (1.56, 5.68)
    """
    standard_error = sqrt(6 * (n - 2) / ((n + 1) * (n + 3)))
    return max(sqrt(n / _UNITS_PER_SQUARE), _ERRORS * standard_error)


def doubts(figures: Mapping[str, tuple[Estimate, str]], unit: str, n_units: int) -> list[Doubt]:
    """What makes the intervals of some figures doubtful.

    Parameters
    ----------
    figures
        Estimate and unit of each measure path that a planner judges by.
    unit
        What the units are: "day" (of one run) or "replication".
    n_units
        How many there are.
    """
    known = {path: pair for path, pair in figures.items() if np.isfinite(pair[0].value)}
    if n_units < 2 or not known:
        return []
    if n_units < _FEWEST:
        message = f"half-widths from {n_units} {unit}s only; nothing shows whether they can be relied on"
        return [Doubt("few_units", message, ())]
    return [*_skewed(known, unit), *(_correlated(known) if unit == "day" else ())]


def _skewed(figures: Mapping[str, tuple[Estimate, str]], unit: str) -> list[Doubt]:
    found, enough = {}, {}
    for path, (estimate, of) in figures.items():
        deviations = _known(estimate.deviations)
        skew = skewness(deviations)
        n_units = max(estimate.rests_on or len(deviations), 3)
        if abs(skew) > unsettling_skewness(n_units) and not _is_little(estimate, of):
            found[path] = skew
            enough[path] = ceil(enough_units(skew) * estimate.per_unit)
    if not found:
        return []
    most = max(found.values(), key=abs)
    n = _round_up(max(enough.values()))
    message = (
        f"{unit}s differ so unevenly (skewness {most:.1f}) that the half-widths of {_listed(list(found))} "
        f"may be too small; it takes at least {n} {unit}s"
    )
    return [Doubt("skewed", message, tuple(found))]


def _correlated(figures: Mapping[str, tuple[Estimate, str]]) -> list[Doubt]:
    """Days of one run that resemble the day before."""
    found, wider = {}, 1.0
    for path, (estimate, unit) in figures.items():
        days = _known(estimate.deviations)
        batches = batch_means(days, _CORRELATED)
        if batches is None or (batches.size == 1 and batches.are_independent) or _is_little(estimate, unit):
            continue
        found[path] = batches
        width = float(half_width(batches.means - batches.means.mean()))
        wider = max(wider, width / float(half_width(days)))
    if not found:
        return []
    is_enough = all(batches.are_independent for batches in found.values())
    longest = max(batches.size for batches in found.values())
    told = f"by batches of {longest} days they are {wider:.1f} times as large"
    if not is_enough:
        told += f", and not even {FEWEST_BATCHES} batches are independent: a longer run or --reps is needed"
    message = (
        f"each day of this run resembles the last: the half-widths of {_listed(list(found))} are too small"
    )
    return [Doubt("correlated", f"{message}; {told}", tuple(found))]


def _known(deviations: Floats) -> Floats:
    return np.asarray(deviations[~np.isnan(deviations)])


def _is_little(estimate: Estimate, unit: str) -> bool:
    width = float(half_width(estimate.deviations))
    return width < _LITTLE.get(unit, _LITTLE_OF_VALUE * abs(float(estimate.value)))


def _round_up(n: int) -> int:
    """Two digits of it, rounded up: more would claim too much."""
    step = int(10 ** max(len(str(n)) - 2, 0))
    return -(-n // step) * step


def _listed(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{', '.join(paths[:-1])} and {paths[-1]}"

"""Differences between plans that met the same customers.

Replication k of every plan has the same customers, so the deviations of two figures may be subtracted unit
by unit: what both plans owe to a busy day falls out.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from sim.measure.estimate import standard_error
from sim.measure.figure import Estimate
from sim.measure.preference import Better

__all__ = ["Verdict", "difference", "judged", "relative_difference", "variance_ratio"]


class Verdict(Enum):
    """What the interval of a difference says of a plan."""

    BETTER = "better"
    WORSE = "worse"
    MORE = "more"  # of what is neither better nor worse
    LESS = "less"
    SAME = "same"  # not by a single tick or contact
    ALIKE = "alike"  # apart by too little to matter
    UNDECIDED = "undecided"


def difference(first: Estimate, other: Estimate) -> Estimate:
    """How much more the other has than the first, unit by unit.

    Parameters
    ----------
    first, other
        Figures of the same measure whose units are the same days with the same customers.
    """
    return Estimate(other.value - first.value, other.deviations - first.deviations)


def relative_difference(first: Estimate, other: Estimate) -> Estimate:
    """How much more the other has as a share of the first, ``other / first - 1``; NaN where the first is 0.

    The deviations are those of the ratio to first order (delta method), unit by unit.

    Parameters
    ----------
    first, other
        As `difference` has them.

    Examples
    --------
    >>> one = Estimate(np.array(10.0), np.array([-1.0, 0.0, 1.0]))
    >>> two = Estimate(np.array(8.0), np.array([-0.8, 0.1, 0.7]))
    >>> found = relative_difference(one, two)
    >>> round(float(found.value), 3), found.deviations.round(3).tolist()
    (-0.2, [0.0, 0.01, -0.01])
    """
    base = np.where(first.value == 0, np.nan, first.value)
    ratio = other.value / base
    return Estimate(ratio - 1, (other.deviations - ratio * first.deviations) / base)


def variance_ratio(first: Estimate, other: Estimate) -> NDArray[np.float64]:
    """How many times the days that independent runs would need for an interval as narrow.

    The variance of the difference of two independent figures over that of the paired difference; NaN where
    there is no spread.

    Examples
    --------
    >>> one = Estimate(np.array(5.0), np.array([-1.0, 0.0, 1.0]))
    >>> two = Estimate(np.array(6.0), np.array([-1.5, 0.5, 1.0]))
    >>> round(float(variance_ratio(one, two)), 2)
    11.0
    """
    apart = standard_error(first.deviations) ** 2 + standard_error(other.deviations) ** 2
    paired = standard_error(difference(first, other).deviations) ** 2
    return np.where(paired > 0, apart / np.where(paired > 0, paired, 1.0), np.nan)


def judged(difference: float, half_width: float, way: Better, little: float = 0.0) -> Verdict:
    """What a difference with its half-width says.

    Parameters
    ----------
    difference
        The other's figure less the first's; NaN: there is none.
    half_width
        Of its interval; NaN where it is not known.
    way
        Which way is better.
    little
        A difference that is below this for sure, be it one way or the other, does not matter.

    Examples
    --------
    >>> judged(-3.0, 1.0, Better.LESS), judged(-3.0, 4.0, Better.LESS)
    (<Verdict.BETTER: 'better'>, <Verdict.UNDECIDED: 'undecided'>)
    >>> judged(-0.3, 0.4, Better.LESS, little=1.0)
    <Verdict.ALIKE: 'alike'>
    """
    if difference == 0 and not half_width > 0:
        return Verdict.SAME
    if not np.isfinite(difference) or not np.isfinite(half_width):
        return Verdict.UNDECIDED
    if abs(difference) + half_width < little:
        return Verdict.ALIKE
    if abs(difference) <= half_width:
        return Verdict.UNDECIDED
    is_more = difference > 0
    if way == Better.NEITHER:
        return Verdict.MORE if is_more else Verdict.LESS
    return Verdict.BETTER if is_more == (way == Better.MORE) else Verdict.WORSE

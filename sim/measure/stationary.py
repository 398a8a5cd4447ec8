"""One long run whose demand never changes: how long it takes to settle, and days that are not independent.

Warm-up: MSER-5. The series is cut into means of five; the best cut is where the squared deviations of what is
left, divided by the square of its length, are least: a cut later loses data, one earlier keeps the start.

Batch means: neighbours in a series that resemble each other make its interval too narrow. Means of longer and
longer batches are taken until the test of von Neumann finds them independent; with fewer than 20 batches
nothing is said.

References
----------
White: An effective truncation heuristic for bias reduction in simulation output, Simulation 69 (1997).
White, Cobb, Spratt: A comparison of five steady-state truncation heuristics, WSC 2000 (MSER-5).
von Neumann: Distribution of the ratio of the mean square successive difference to the variance, Annals of
Mathematical Statistics 12 (1941). Fishman: Grouping observations in digital simulation, Management Science 24
(1978): batches that double until they pass.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import late_scipy as scipy

__all__ = ["FEWEST_BATCHES", "Batches", "Cut", "batch_means", "mser5", "von_neumann"]

Floats = NDArray[np.float64]

FEWEST_BATCHES = 20
"""With fewer batches their spread says too little."""

_GROUP = 5  # observations of which MSER-5 takes the mean
_LAST = 5  # means at the end at which it may not cut: so few are alike by chance


class Cut(NamedTuple):
    """What MSER-5 says of a series."""

    n: int  # observations to leave out at the start
    is_sure: bool  # whether they are at most half of the series; else it is too short to tell


class Batches(NamedTuple):
    """Means of batches of a series."""

    means: Floats  # (batches,)
    size: int  # observations in a batch
    are_independent: bool  # as far as the test can tell


def mser5(series: Floats) -> Cut:
    """Where the start of a series ends.

    Parameters
    ----------
    series : (n,)
        Observations in order of time; those that fill no group of five at the end are not looked at.

    Examples
    --------
    >>> flat = np.tile([3.0, 5.0, 4.0, 6.0, 2.0, 4.0, 4.0], 50)
    >>> mser5(np.concatenate([np.linspace(0, 3, 40), flat])).n
    40
    """
    n = len(series) // _GROUP
    if n <= _LAST:
        return Cut(0, False)
    means = series[: n * _GROUP].reshape(n, _GROUP).mean(1)
    left = n - np.arange(n - _LAST)
    # about the mean of all: sums of squares of numbers that are far from 0 lose their digits
    centred = means - means.mean()
    sums = np.cumsum(centred[::-1])[::-1][: len(left)]
    squares = np.cumsum(centred[::-1] ** 2)[::-1][: len(left)]
    spread = np.maximum(squares - sums**2 / left, 0.0) / left**2
    best = int(np.argmin(spread))
    return Cut(best * _GROUP, 2 * best <= n)


def von_neumann(series: Floats) -> float:
    """Probability that independent observations look at least as much alike from one to the next.

    The ratio of the summed squares of differences to those of deviations is 2 on average where they are
    independent, with variance 4 (n - 2) / (n^2 - 1), and near normal from 20 observations on. NaN with fewer
    than 3 observations or without any spread.

    Examples
    --------
    >>> round(von_neumann(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])), 4)
    0.0004
    """
    n = len(series)
    squares = float(((series - series.mean()) ** 2).sum()) if n > 2 else 0.0
    if squares == 0:
        return float("nan")
    ratio = float((np.diff(series) ** 2).sum()) / squares
    return float(scipy.special.ndtr((ratio - 2) / sqrt(4 * (n - 2) / (n * n - 1))))


def batch_means(series: Floats, least_probability: float = 0.05) -> Batches | None:
    """The shortest batches whose means look independent, their size doubled from 1; None: series too short.

    Parameters
    ----------
    series : (n,)
        Observations in order of time; those that fill no batch are left out at the start.
    least_probability
        Of the test of `von_neumann`, below which means are not taken as independent.

    Returns
    -------
    Batches or None
        Where no size passes, the longest batches of which there are 20.
    """
    if len(series) < FEWEST_BATCHES:
        return None
    size = 1
    while True:
        n = len(series) // size
        means = series[len(series) - n * size :].reshape(n, size).mean(1)
        passes = not von_neumann(means) < least_probability
        if passes or len(series) // (2 * size) < FEWEST_BATCHES:
            return Batches(means, size, passes)
        size *= 2

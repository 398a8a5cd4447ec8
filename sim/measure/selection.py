"""Selecting the best of several plans: they drop out one by one, until the best is left.

The procedure of Kim and Nelson (2001), "A fully sequential procedure for indifference-zone selection in
simulation", ACM TOMACS 11(3), 251-273. It goes by the variances of differences between plans, so it is valid
for plans that met the same customers, and quick where these make differences clear.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["KimNelson", "h_squared", "variances_of_differences"]

Floats = NDArray[np.float64]


def h_squared(k: int, first: int, confidence: float = 0.95) -> float:
    """The constant h^2 = 2 eta (n0 - 1), eta = ((2 alpha / (k - 1))^(-2 / (n0 - 1)) - 1) / 2.

    Parameters
    ----------
    k
        Plans, at least 2.
    first
        Observations n0 of the first stage, at least 2.
    confidence
        1 - alpha, above 1/2.

    Examples
    --------
    >>> round(h_squared(5, 10), 2), round(h_squared(10, 20), 2)
    (11.43, 11.51)
    """
    eta = ((2 * (1 - confidence) / (k - 1)) ** (-2 / (first - 1)) - 1) / 2
    return float(2 * eta * (first - 1))


def variances_of_differences(values: Floats) -> Floats:
    """Sample variance of the difference of any two plans, (k, k), from ``values`` (n, k).

    Examples
    --------
    >>> variances_of_differences(np.array([[1.0, 2.0], [5.0, 7.0]])).tolist()
    [[0.0, 0.5], [0.5, 0.0]]
    """
    apart = values[:, :, None] - values[:, None, :]
    return np.asarray(apart.var(axis=0, ddof=1))


class KimNelson:
    """Which of k plans may still be the best: that of the largest mean.

    With probability ``confidence`` or more the last one in is the best, wherever it is better than all
    others by ``zone`` at least; plans nearer than that are as good as each other to whoever asks. Values of
    a plan must be independent from row to row and about normal; those of a row may go together.

    Parameters
    ----------
    k
        Plans, at least 2.
    zone
        Indifference zone, above 0, in the unit of the values.
    confidence
        Above 1/2.
    first
        Rows before anything is said: the variances are those of these rows.

    Examples
    --------
    >>> busy = np.array([-4.0, 3.0, 5.0, -4.0, 0.5, -0.5])
    >>> found = KimNelson(2, zone=1.0, first=6)
    >>> found.add(np.stack([busy + [0, 0.2, 0, -0.2, 0, 0], busy + 3], axis=1))
    [1]
    """

    def __init__(self, k: int, zone: float, *, confidence: float = 0.95, first: int = 10) -> None:
        assert k >= 2
        assert zone > 0
        assert first >= 2
        assert 0.5 < confidence < 1
        self.k, self.zone, self.first = k, zone, first
        self.still_in = list(range(k))
        self._h_squared = h_squared(k, first, confidence)
        self._allowance = np.empty((0, 0))  # h^2 S^2 / zone^2, in rows: from so many on there is no tolerance
        self._begun: list[Floats] = []  # the first rows
        self._sum = np.zeros(k)
        self.n = 0

    @property
    def is_decided(self) -> bool:
        """Whether one alone is in."""
        return len(self.still_in) == 1

    def begin(self, variances: Floats) -> None:
        """Take the variances of differences, (k, k), of the first rows; `add` does it by itself."""
        self._allowance = self._h_squared * variances / self.zone**2

    def screen(self, n: int, means: Floats) -> list[int]:
        """Drop who is too far behind, by the means (k,) of n rows; those of plans that are out do not matter.

        Looks may be left out. A plan drops out if it is behind another that is in by more than
        ``zone / 2 (h^2 S^2 / zone^2 / n - 1)``, or by anything where that is below 0. Where nothing but equal
        means is left then, the first plan of these stays.

        Returns
        -------
        list of int
            Numbers of the plans still in, ascending.
        """
        at = np.array(self.still_in)
        allowance = np.nan_to_num(self._allowance[np.ix_(at, at)], nan=np.inf)  # of no spread that is known
        tolerance = np.maximum(self.zone / 2 * (allowance / n - 1), 0.0)
        mean = np.asarray(means)[at]
        stays = (mean[:, None] >= mean[None, :] - tolerance).all(axis=1)
        among = tolerance[np.ix_(stays, stays)]
        self.still_in = at[stays].tolist()
        if not among.any():
            self.still_in = self.still_in[:1]
        return self.still_in

    def add(self, values: Floats) -> list[int]:
        """Take rows (n, k) in, in their order; how they are cut into stages changes nothing.

        Values of plans that are out do not matter, and may be NaN.

        Returns
        -------
        list of int
            Numbers of the plans still in.
        """
        for row in values:
            if self.is_decided:
                break
            self.n += 1
            self._sum = self._sum + row
            if self.n <= self.first:
                self._begun.append(row)
            if self.n == self.first:
                self.begin(variances_of_differences(np.array(self._begun)))
            if self.n >= self.first:
                self.screen(self.n, self._sum / self.n)
        return self.still_in

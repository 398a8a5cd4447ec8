"""The spread of a quantile between days.

A quantile of all contacts together is not the mean of the days' own quantiles: busy days have more of the
long waits. What a day does to it follows from how many of its contacts lie below it. The share below is a
ratio of sums, whose deviations by day are known; they become deviations of the quantile by the slope of the
quantile function, taken between the quantiles one standard error of that share below and above.

References
----------
Woodruff: Confidence intervals for medians and other position measures, Journal of the American Statistical
Association 47 (1952). Francisco, Fuller: Quantile estimation with a complex survey design, Annals of
Statistics 19 (1991): with clusters, which days are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.measure.sketch import N_BUCKETS, Sparse, bucket_of, bucket_starts, quantile

__all__ = ["quantile_deviations", "up_to"]

Floats = NDArray[np.float64]

_STARTS = bucket_starts()
_WIDTHS = np.diff(_STARTS)
_BRACKET = 1.0  # standard errors of the share below, on either side; more reaches far into the tail
_ROUNDING = 1e-9  # a share that is uncertain by less is not


def up_to(
    table: Sparse, ticks: Floats, desks: Sequence[int], parts: Sequence[int], *, together: bool
) -> tuple[Floats, Floats]:
    """Contacts whose wait was at most ``ticks``, and all; those of one bucket are thought evenly spread.

    Parameters
    ----------
    table, desks, parts, together
        As `sketch.quantile` has them.
    ticks : (owners,) or (1,)
        A limit for each.

    Returns
    -------
    (owners,) or (1,)
        Each of the two.
    """
    owner, desk, part, bucket = np.unravel_index(table.at, (*table.shape, N_BUCKETS))
    rows = np.isin(desk, list(desks)) & np.isin(part, list(parts))
    owner = (np.zeros_like(owner) if together else owner)[rows]
    bucket, n = bucket[rows], table.n[rows].astype(np.float64)
    last = bucket_of(ticks.astype(np.int64))
    inside = np.where(_WIDTHS[last] > 1, (ticks - _STARTS[last]) / np.maximum(_WIDTHS[last] - 1, 1), 1.0)
    share = np.where(bucket < last[owner], 1.0, np.where(bucket == last[owner], inside[owner], 0.0))
    below, all_ = (np.bincount(owner, weights, len(ticks)) for weights in (n * share, n))
    return below.astype(np.float64), all_.astype(np.float64)


def quantile_deviations(
    total: Sparse,
    units: Sequence[Sparse],
    q: float,
    value: Floats,
    desks: Sequence[int],
    parts: Sequence[int],
    *,
    together: bool,
) -> Floats:
    """Deviations of a quantile by unit, (units, owners) or (units, 1) [ticks].

    Parameters
    ----------
    total, units
        Histograms of everything and of each unit.
    q, desks, parts, together
        As `sketch.quantile` has them.
    value : (owners,) or (1,)
        The quantile of everything.
    """
    deviations = np.full((len(units), len(value)), np.nan)
    is_known = ~np.isnan(value)
    if len(units) < 2 or not is_known.any():
        return deviations
    at = np.where(is_known, value, 0.0)
    counts = np.array([up_to(unit, at, desks, parts, together=together) for unit in units])
    below, all_ = counts[:, 0], counts[:, 1]  # (units, owners)
    mean = all_.mean(0)
    is_known &= mean > 0
    share = below.sum(0) / np.where(is_known, all_.sum(0), 1.0)
    apart = (below - share * all_) / np.where(is_known, mean, 1.0)
    error = np.sqrt((apart**2).sum(0) / (len(units) - 1) / len(units))
    for k in np.flatnonzero(is_known).tolist():
        own = total if together else total.of_owners(k, k + 1)
        slope = _slope(own, q, _BRACKET * float(error[k]), desks, parts)
        deviations[:, k] = -slope * apart[:, k]
    return deviations


def _slope(table: Sparse, q: float, width: float, desks: Sequence[int], parts: Sequence[int]) -> float:
    """How fast a quantile grows with its share, about ``q`` [ticks]; 0 where no share is uncertain."""
    if width < _ROUNDING:
        return 0.0
    low, high = max(q - width, 0.0), min(q + width, 1.0)
    between = [float(quantile(table, share, desks, parts, together=True)[0]) for share in (low, high)]
    return (between[1] - between[0]) / (high - low)

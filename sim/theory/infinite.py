"""Offered load of Mt/G/infinity: how many would be busy if there were always an agent free.

The number busy is Poisson with this mean. Reference: Eick, Massey, Whitt, The physics of the Mt/G/inf
queue, Operations Research 41 (1993), theorem 1: m(t) = int_0^inf rate(t - u) P(S > u) du.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, isfinite

import numpy as np

from sim.theory.checks import at_least, positive
from sim.theory.panels import Curve, Floats, Panels, at_nodes, from_zero, panels

__all__ = ["offered_load", "offered_load_exponential", "offered_load_steps"]

_ACCURACY = 1e-14


def offered_load(time: float, rate: Curve, handling: Curve) -> float:
    """Offered load at a time, for a rate that is known for all times before.

    Parameters
    ----------
    time : float
        A time.
    rate : function
        Arrivals per unit of time at an array of times (n,); at least 0, and bounded.
    handling : function
        Survival function of the handling time, (n,) to (n,).

    Returns
    -------
    float
        Erlangs, to 12 digits.

    Raises
    ------
    ValueError
        If the handling time has no finite mean.

    References
    ----------
    Eick, Massey, Whitt (1993), theorem 1.

    Examples
    --------
    10/min with a swing of 60 % over a day, 6 min exponential: at a quarter of the day the load has almost
    its peak, 60 + 36 cos(arctan(12 pi / 1440)) = 95.9877, which it reaches 5.9986 min later.

    >>> from sim.theory.laws import exponential
    >>> swing = lambda t: 10 * (1 + 0.6 * np.sin(2 * np.pi * t / 1440))
    >>> round(offered_load(360, swing, exponential(6)), 8)
    95.97534289
    """
    if not isfinite(time):
        raise ValueError(f"time must be finite, not {time}")

    def born_before(u: Floats) -> Floats:
        return np.asarray(rate(time - u) * handling(u), np.float64)

    return float(_panels(born_before, from_zero(_horizon(handling))).integrals.sum())


def _panels(curve: Curve, edges: Floats) -> Panels:
    """Panels between the edges, fine enough for 12 digits of the integral over them all."""
    width = np.diff(edges)
    size = float(at_nodes(curve, edges[:-1], width).mean(-1).dot(width))
    return panels(curve, edges, _ACCURACY * size)


def _horizon(handling: Curve) -> float:
    """A time after which nobody is left, but for a share of the mean that does not count."""
    ages = np.asarray(2.0 ** np.arange(-300, 300), np.float64)
    left = np.asarray(handling(ages), np.float64) * ages
    counts = np.flatnonzero(left > left.max() * 1e-18)
    if not left.max():
        return float(ages[0])
    if counts[-1] == len(ages) - 1:
        raise ValueError("the handling time must have a finite mean")
    return float(ages[counts[-1] + 1])


def _check_steps(edges: Sequence[float], rates: Sequence[float]) -> None:
    if len(edges) != len(rates) + 1:
        raise ValueError(f"{len(rates)} rates need {len(rates) + 1} edges, not {len(edges)}")
    if not all(a < b for a, b in pairwise(edges)):
        raise ValueError("edges must ascend")
    for value in rates:
        at_least(0, rate=value)


def offered_load_steps(time: float, edges: Sequence[float], rates: Sequence[float], handling: Curve) -> float:
    """Offered load at a time, for rates constant between edges and 0 outside.

    Parameters
    ----------
    time : float
        A time.
    edges : sequence of float
        Times (n + 1,), ascending; nobody is there at the first.
    rates : sequence of float
        Arrivals per unit of time (n,) in ``[edges[i], edges[i + 1])``.
    handling : function
        Survival function of the handling time, (n,) to (n,).

    Raises
    ------
    ValueError
        Edges that do not ascend or do not fit the rates, or a negative rate.

    References
    ----------
    Eick, Massey, Whitt (1993), theorem 1, with int P(S > u) du over each step.

    Examples
    --------
    10/h from 8 to 10 h, 30 min exactly: half an hour's arrivals are there.

    >>> from sim.theory.laws import exactly
    >>> round(offered_load_steps(9.0, [8.0, 10.0], [10.0], exactly(0.5)), 9)
    5.0
    """
    _check_steps(edges, rates)
    ages = np.array([time - edge for edge in edges if edge < time])[::-1]
    if not len(ages):
        return 0.0
    found = _panels(handling, np.unique(np.concatenate([from_zero(float(ages[-1])), ages])))
    busy = np.bincount(np.searchsorted(ages, found.left, side="right"), found.integrals, len(ages))
    # busy[0] are those of the step the time lies in, busy[i] those of the i-th step before it
    backwards = [*rates, 0.0][len(ages) - 1 :: -1]
    return float(np.asarray(backwards, np.float64).dot(busy))


def offered_load_exponential(
    time: float, edges: Sequence[float], rates: Sequence[float], mean_handling: float
) -> float:
    """`offered_load_steps` for exponential handling times, in closed form.

    Raises
    ------
    ValueError
        Edges that do not ascend or do not fit the rates, a negative rate, a mean that is not above 0.

    References
    ----------
    Eick, Massey, Whitt (1993), theorem 1; m' = rate - m / h solved step by step.

    Examples
    --------
    >>> round(offered_load_exponential(60, [0, 60], [2], 6), 6)  # 12 (1 - exp(-10))
    11.999455
    """
    positive(mean_handling=mean_handling)
    _check_steps(edges, rates)
    load = 0.0
    for begins, ends, rate in zip(edges[:-1], edges[1:], rates, strict=True):
        if begins < time:
            stays = exp(-(min(ends, time) - begins) / mean_handling)
            load = load * stays + rate * mean_handling * (1 - stays)
    return load * exp(-max(time - edges[-1], 0.0) / mean_handling)

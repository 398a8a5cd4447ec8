"""M/M/n+G: agents whose customers have patience of any law.

References
----------
Baccelli, Hebuterne, On queues with impatient customers, Performance '81 (1981). Zeltyn, Mandelbaum,
Call centers with impatient customers: many-server asymptotics of the M/M/n+G queue, Queueing Systems 51
(2005).
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf
from typing import NamedTuple

import numpy as np

from sim.errors import UnstableQueue
from sim.theory.checks import at_least, positive, whole
from sim.theory.panels import LEFT_TO_NODE, NODES, WEIGHTS, Curve, Floats, Panels, at_nodes, from_zero, panels
from sim.theory.steady import Steady

__all__ = ["mmn_g"]

_NEGLIGIBLE = 100.0  # exp(-100) of the largest density is nothing
_STEP = 2.0  # the exponent changes by no more on a panel that counts
_TOLERANCE = 1e-13


class _Offered(NamedTuple):
    """Density of the offered wait, exp(exponent) up to a factor, on panels that follow each other."""

    slope: Panels  # of the exponent: rate * survival - agents / handling
    start: Floats  # (p,) exponent at the left end of each panel; the largest of all ends is 0
    exponent: Floats  # (p, 16)
    drift: Curve  # the slope at any times


def _exponents(slope: Panels) -> tuple[Floats, Floats]:
    """Exponent at the left ends (p,) and nodes (p, 16), summed outward from its largest value.

    Summed from 0 the exponent would grow to huge numbers before the part that counts, and lose it.
    """
    rises = slope.integrals
    top = int((rises > 0).sum())  # the slope falls: rising panels come first
    start = np.concatenate([-np.cumsum(rises[:top][::-1])[::-1], [0.0], np.cumsum(rises[top:])])[:-1]
    inside = slope.values @ LEFT_TO_NODE.T * slope.width[:, None]
    return start, start[:, None] + inside


def _offered_wait(drift: Curve, unit: float, size: float) -> _Offered:
    """The density of the offered wait, from 0 to where it is negligible."""
    slope = panels(drift, from_zero(unit), _TOLERANCE, size)
    while True:
        rises = slope.integrals
        end = slope.left[-1] + slope.width[-1]
        if drift(np.array([end]))[0] < 0 and rises[rises <= 0].sum() < -_NEGLIGIBLE:
            break
        if end > unit * 2.0**200:
            raise UnstableQueue("those who never give up are more than the agents can carry")
        more = panels(drift, np.array([end, 2 * end]), _TOLERANCE, size)
        slope = Panels(*(np.concatenate(pair) for pair in zip(slope, more, strict=True)))

    while True:
        start, exponent = _exponents(slope)
        ends = np.column_stack([start, exponent, start + slope.integrals])
        change = np.where(ends.max(1) > -_NEGLIGIBLE, np.ptp(ends, axis=1), 0.0)
        pieces = np.clip(np.ceil(change / _STEP), 1, 8).astype(np.int64)
        if (pieces == 1).all():
            return _Offered(slope, start, exponent, drift)
        width = np.repeat(slope.width / pieces, pieces)
        step = np.arange(len(width)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        left = np.repeat(slope.left, pieces) + step * width
        slope = Panels(left, width, at_nodes(drift, left, width))


def _integral_up_to(offered: _Offered, factor: Curve) -> Callable[[float], tuple[float, float]]:
    """Function of t: integrals of factor * density over [0, t) and [t, end)."""
    slope = offered.slope
    density = np.exp(offered.exponent)
    parts = (at_nodes(factor, slope.left, slope.width) * density) @ WEIGHTS * slope.width
    before = np.concatenate([[0.0], np.cumsum(parts)])
    after = np.concatenate([np.cumsum(parts[::-1])[::-1], [0.0]])

    def piece(left: float, right: float, at_left: float) -> float:
        x = left + (right - left) * NODES
        exponent = at_left + LEFT_TO_NODE @ offered.drift(x) * (right - left)
        return float((factor(x) * np.exp(exponent)) @ WEIGHTS) * (right - left)

    def both(t: float) -> tuple[float, float]:
        k = int(np.searchsorted(slope.left, t, side="right")) - 1
        left, right = float(slope.left[k]), float(slope.left[k] + slope.width[k])
        if t >= right:
            return float(before[-1]), 0.0
        at_left = float(offered.start[k])
        x = left + (t - left) * NODES
        at_t = at_left + float(offered.drift(x) @ WEIGHTS) * (t - left)
        return (
            float(before[k]) + piece(left, t, at_left),
            float(after[k + 1]) + piece(t, right, at_t),
        )

    return both


def _inverse_loss(load: float, agents: int) -> float:
    """1 / B(agents - 1): the weight of the states without a wait, over that of all agents but one busy."""
    inverse = 1.0
    for n in range(1, agents):
        inverse = 1 + n / load * inverse if load else inf
    return inverse


def mmn_g(arrival_rate: float, mean_handling: float, agents: int, patience: Curve) -> Steady:
    """The steady state of M/M/n+G: patience of any law, also partly 0 (balking) or without end.

    Parameters
    ----------
    arrival_rate, mean_handling
        Per unit of time, and a time.
    agents : int
        At least 1.
    patience : function
        Survival function P(patience > x) of an array of times (n,); it must fall and may jump.

    Raises
    ------
    UnstableQueue
        If those who never give up are as many as the agents can carry.
    ValueError
        A negative or fractional number.

    References
    ----------
    Zeltyn, Mandelbaum (2005), section 3 (building blocks) and 4 (measures), after Baccelli, Hebuterne
    (1981): the offered wait has density proportional to exp(rate * int_0^x P(patience > u) du - n x/h).

    Examples
    --------
    60 agents, 20 calls/min of 3 min, all ready to wait 2 min (family M/M/n+D):

    >>> from sim.theory.laws import exactly
    >>> q = mmn_g(20, 3, 60, exactly(2))
    >>> round(q.p_wait, 10), round(q.p_abandon, 10), round(q.mean_wait, 10)
    (0.8136890933, 0.0198460754, 0.8335351687)
    """
    at_least(0, arrival_rate=arrival_rate)
    positive(mean_handling=mean_handling)
    whole(1, agents=agents)
    pace = agents / mean_handling

    def drift(x: Floats) -> Floats:
        staying = patience(x)
        if not ((staying >= 0) & (staying <= 1 + 1e-9)).all():
            raise ValueError("patience must be a survival function, between 0 and 1")
        return arrival_rate * staying - pace

    offered = _offered_wait(drift, 1 / pace, arrival_rate + pace)
    inverse = _inverse_loss(arrival_rate * mean_handling, agents)
    start = float(offered.start[0])
    of_all = _integral_up_to(offered, np.ones_like)
    of_answered = _integral_up_to(offered, patience)
    weight = arrival_rate / (inverse * exp(start) + arrival_rate * of_all(0.0)[1])
    p_wait = weight * of_all(0.0)[1]
    slope = offered.slope
    nodes = slope.nodes
    density = np.exp(offered.exponent) * WEIGHTS * slope.width[:, None] * weight
    survival = at_nodes(patience, slope.left, slope.width)
    p_abandon = float(((1 - survival) * density).sum())
    # the customer waits min(offered wait, patience), in the mean int_0^v P(patience > u) du
    width = slope.width[:, None]
    over = (survival @ WEIGHTS)[:, None] * width
    waits = np.cumsum(over, axis=0) - over + survival @ LEFT_TO_NODE.T * width
    return Steady(
        arrival_rate, mean_handling, agents, 0.0, p_wait, p_abandon,
        mean_wait=float((waits * density).sum()),
        asa=float((nodes * survival * density).sum()) / (1 - p_abandon),
        answered_by=lambda t: 1 - p_wait + weight * of_answered(t)[0],
        waiting_after=lambda t: weight * of_all(t)[1] * float(patience(np.array([t]))[0]),
    )  # fmt: skip

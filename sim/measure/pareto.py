"""Which plans are on the front: no other is better in one thing without being worse in another.

Figures are uncertain, so membership is: days are drawn again with replacement (the bootstrap), the same days
for all plans, which keeps what they owe to the same customers; the share of draws in which a plan is on the
front is its probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.measure.figure import Estimate
from sim.measure.preference import Better

__all__ = ["OFF_FROM", "ON_FROM", "Membership", "Objective", "front", "membership", "on_front"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ON_FROM, OFF_FROM = 0.95, 0.05
"""Probability from which a plan is said to be on the front, and up to which it is said to be off it."""

_RESAMPLES = 2_000
_SEED = 20_010_701
_ROUNDING = 1e-9  # of the largest figure: what differs by less differs by rounding
_BLOCK = 100  # resamples made at a time


class Membership(Enum):
    """What the probability says."""

    ON = "on"
    OFF = "off"
    UNDECIDED = "undecided"


class Objective(NamedTuple):
    """What plans are weighed by."""

    figures: Sequence[Estimate]  # one per plan, of the same units
    way: Better  # MORE or LESS
    little: float = 0.0  # a difference up to this does not count


def front(gains: Floats, little: Floats) -> Bools:
    """Plans that no other dominates.

    Another dominates a plan that is better than it by more than ``little`` in one objective, and worse than
    it by more than ``little`` in none.

    Parameters
    ----------
    gains : (..., plans, objectives)
        More is better.
    little : (objectives,)
        What does not count.

    Returns
    -------
    (..., plans)

    Examples
    --------
    >>> front(np.array([[1.0, 5.0], [2.0, 4.0], [1.0, 4.0]]), np.zeros(2)).tolist()
    [True, True, False]
    """
    lead = gains[..., None, :, :] - gains[..., :, None, :]  # [plan, other]: the other's less the plan's
    dominated = (lead >= -little).all(-1) & (lead > little).any(-1)
    return np.asarray(~dominated.any(-1))


def on_front(
    objectives: Sequence[Objective], *, resamples: int = _RESAMPLES, seed: int = _SEED
) -> Floats | None:
    """The probability (plans,) that each plan is on the front; None where there are no figures or no spread.

    Parameters
    ----------
    objectives
        Their figures must be of the same plans and the same units (days, replications).
    resamples
        Draws of as many units as there are.
    seed
        Of the draws. They are plain remainders of the generator's words, so that no version of NumPy
        changes them.

    Examples
    --------
    >>> quiet = np.array([-1.0, 0.0, 1.0])
    >>> wait = [Estimate(np.array(value), quiet) for value in (9.0, 5.0, 6.0)]
    >>> cost = [Estimate(np.array(value), 0 * quiet) for value in (100.0, 120.0, 120.0)]
    >>> on_front([Objective(wait, Better.LESS), Objective(cost, Better.LESS)]).tolist()
    [1.0, 1.0, 0.0]
    """
    signs = np.array([-1.0 if one.way == Better.LESS else 1.0 for one in objectives])
    values = np.array([[float(of.value) for of in one.figures] for one in objectives]).T
    units = {len(of.deviations) for one in objectives for of in one.figures}
    assert len(units) == 1, "figures must be of the same units"
    (n,) = units
    if n < 2 or not np.isfinite(values).all():
        return None
    # (units, plans, objectives); a unit that says nothing moves nothing
    deviations = np.array([[of.deviations for of in one.figures] for one in objectives]).T
    deviations = np.nan_to_num(deviations)
    little = np.maximum([one.little for one in objectives], _ROUNDING * np.abs(values).max(axis=0))
    words = np.random.Philox(key=seed)
    hits = np.zeros(values.shape[0], np.int64)
    done = 0
    while done < resamples:
        m = min(_BLOCK, resamples - done)
        drawn = (words.random_raw(m * n) % np.uint64(n)).astype(np.int64).reshape(m, n)
        times = np.stack([np.bincount(row, minlength=n) for row in drawn])  # how often each unit is drawn
        moved = np.tensordot(times / n, deviations, axes=1)  # (m, plans, objectives)
        hits += front(signs * (values + moved), little).sum(axis=0)
        done += m
    return np.asarray(hits / resamples)


def membership(probability: float) -> Membership:
    """What a probability to be on the front says.

    Examples
    --------
    >>> [membership(p).value for p in (0.97, 0.5, 0.05)]
    ['on', 'undecided', 'off']
    """
    if probability >= ON_FROM:
        return Membership.ON
    return Membership.OFF if probability <= OFF_FROM else Membership.UNDECIDED

"""Shifts of one length that cover what is needed: with the fewest agents, or with a number of agents.

The day is taken as one of many alike: a shift that passes midnight covers the early hours too. Shifts
begin at full hours. Covering with the fewest agents is a whole-number program (Dantzig 1954), solved
exactly; among equally small answers the one with the earlier shifts is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim import late_scipy as scipy
from sim.units import DAY, HOUR

__all__ = ["STARTS", "covering", "evenly_covering"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STARTS = DAY // HOUR
"""Full hours at which a shift may begin."""

_EARLIER = 1e-3  # how much more an agent an hour later counts; all together less than one agent
_HALVINGS = 20


def _covers(n: int, length: int) -> Floats:
    """Whether a shift that begins at each hour covers each of n intervals wholly, (n, STARTS)."""
    every = DAY // n
    into = (np.arange(n)[:, None] * every - np.arange(STARTS) * HOUR) % DAY
    return np.asarray(into + every <= length, np.float64)


def covering(needed: Sequence[int], length: int) -> Ints:
    """Agents whose shift begins at each full hour, (24,): the fewest that cover a need in each interval.

    Parameters
    ----------
    needed
        Agents in equal intervals of the day, each at most an hour long.
    length
        Ticks of a shift; from an hour to a day.

    Examples
    --------
    Three by day from 8 to 16 h, six from 12 to 14 h:

    >>> needed = [3 if 8 <= hour < 16 else 0 for hour in range(24)]
    >>> needed[12] = needed[13] = 6
    >>> starts = covering(needed, 8 * HOUR)
    >>> int(starts.sum()), int(starts[8])
    (6, 3)
    """
    need = np.asarray(needed, np.float64)
    if not need.any():
        return np.zeros(STARTS, np.int64)
    found = scipy.optimize.milp(
        1 + _EARLIER * np.arange(STARTS) / max(need.max(), 1.0),
        constraints=scipy.optimize.LinearConstraint(_covers(len(need), length), lb=need),
        integrality=np.ones(STARTS),
        bounds=scipy.optimize.Bounds(0, need.max()),
        options={"mip_rel_gap": 0.0},
    )
    assert found.x is not None, found.message
    return np.asarray(np.rint(found.x), np.int64)


def evenly_covering(load: Sequence[float], agents: int, length: int) -> Ints:
    """Where a number of agents begin their shifts, (24,), so that the busiest interval is least busy.

    Parameters
    ----------
    load
        Agents' work in equal intervals of the day.
    agents
        How many shifts there are.
    length
        Ticks of a shift.

    Examples
    --------
    Twice the work in the second half of the day:

    >>> evenly_covering([1.0] * 12 + [2.0] * 12, 9, 12 * HOUR)[[0, 12]].tolist()
    [3, 6]
    """
    work = np.asarray(load, np.float64)
    covers = _covers(len(work), length)
    if not work.any():
        work = np.ones(len(work))
    per_work, too_many = 0.0, agents * (covers.sum(axis=0).max()) / work.sum() * (1 + 1e-9)
    best = np.zeros(STARTS, np.int64)
    for _ in range(_HALVINGS):
        middle = (per_work + too_many) / 2
        starts = covering(np.ceil(work * middle - 1e-9).astype(np.int64).tolist(), length)
        if starts.sum() <= agents:
            per_work, best = middle, starts
        else:
            too_many = middle
    for _ in range(agents - int(best.sum())):  # the few who are left over help the busiest
        there = covers @ best
        busy = work / np.maximum(there, 1e-9)
        helps = covers[int(busy.argmax())] > 0
        best[int(np.where(helps, covers.T @ busy, -1.0).argmax())] += 1
    return best

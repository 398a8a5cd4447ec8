"""How a duration spreads what comes over the day: who is still there later, and when they leave.

The day is cut into steps, and taken as one of many alike: what comes late in the evening is there after
midnight too. Arrivals are even inside a step, so that nothing is lost or moved by the steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.grid import cell_edges
from sim.model.lookup import CELLS, EXACTLY, OCTAVES, SIDE
from sim.model.tables import DAY, Shapes
from sim.units import MINUTE

__all__ = ["STEP", "STEPS", "Lag", "lag_of", "passed"]

Floats = NDArray[np.float64]

STEP = 5 * MINUTE
"""Ticks of a step of the day."""

STEPS = DAY // STEP


class Lag(NamedTuple):
    """What becomes of contacts that begin something, by steps since; Fourier transforms over the day."""

    there: NDArray[np.complex128]  # (STEPS // 2 + 1,) share still at it, on the mean of the step
    ends: NDArray[np.complex128]  # (STEPS // 2 + 1,) share that ends it in the step


def _points(shapes: Shapes, mean: float, shape: int) -> tuple[Floats, Floats]:
    """Weights and values [steps] (n,) that stand for a law: the mean of each cell of its table, and atoms."""
    if shape == EXACTLY:
        return np.ones(1), np.array([mean / STEP])
    octave = np.arange(OCTAVES - 1, -1, -1)
    number = (octave[:, None] * CELLS + np.arange(CELLS)).ravel()
    cells = np.concatenate([number, SIDE + number])
    widths = np.tile(np.diff(cell_edges()), 2)
    n = shapes.n_atoms[shape]
    atoms = (shapes.atom_to - shapes.atom_from)[shape, :n]
    weights = np.concatenate([widths * (1 - atoms.sum()), atoms])
    middles = shapes.value[shape, cells] + shapes.slope[shape, cells] / 2
    values = np.concatenate([middles, shapes.atom_value[shape, :n]])
    ever = np.isfinite(values) & (weights > 0)
    return weights[ever], values[ever] * (mean / STEP)


def lag_of(shapes: Shapes, mean: float, shape: int) -> Lag:
    """The lag of a law, given by its mean [ticks] and its shape.

    With K(x) = E[(x - S)+] and J(x) = E[integral of P(S > u) from 0 to x], both over steps, of those who
    come evenly in one step K(k + 1) - 2 K(k) + K(k - 1) end k steps later, and the second difference of
    the integral of J is there on average. Whole days of a duration shift nothing; they add a full day.
    """
    weights, values = _points(shapes, mean, shape)
    days, left = np.divmod(values, STEPS)
    x = np.arange(-1.0, STEPS + 3)
    above = np.maximum(x[:, None] - left, 0.0)
    ended = above @ weights
    total = weights.sum()
    there = np.where(x > 0, total * x**2 / 2, 0.0) - (above**2 @ weights) / 2

    def folded(curve: Floats) -> Floats:
        steps = curve[2:] - 2 * curve[1:-1] + curve[:-2]
        day = steps[:STEPS].copy()
        day[: len(steps) - STEPS] += steps[STEPS:]
        return day

    return Lag(np.fft.rfft(folded(there) + weights @ days), np.fft.rfft(folded(ended)))


def passed(rate: Floats, lag: NDArray[np.complex128]) -> Floats:
    """What becomes of a rate (..., STEPS) by a transform of a `Lag`, along the day."""
    return np.asarray(np.fft.irfft(np.fft.rfft(rate) * lag, STEPS), np.float64)

"""Measured durations as a law: what a file says, neither smoothed nor fitted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import fsum

import numpy as np

from sim.model.pieces import Floats, Piece

__all__ = ["MOST_ATOMS", "Sample", "sample_of", "stepped"]

MOST_ATOMS = 64
"""A sample of so many distinct values is drawn from as it is; one of more through a table."""


@dataclass(frozen=True)
class Sample:
    """Distinct values, rising, as multiples of their mean, and the share of each; equal if the digest is."""

    digest: str
    values: Floats = field(compare=False, repr=False)  # (n,)
    shares: Floats = field(compare=False, repr=False)  # (n,) their sum is 1


def sample_of(weights: Mapping[int, float]) -> tuple[float, Sample]:
    """Mean in ticks and sample of the weight of each duration in ticks.

    Examples
    --------
    >>> mean, sample = sample_of({60: 1.0, 20: 3.0})
    >>> mean, sample.values.tolist(), sample.shares.tolist()
    (30.0, [0.6666666666666666, 2.0], [0.75, 0.25])
    """
    ticks = sorted(weights)
    total = fsum(weights.values())
    shares = np.array([weights[t] / total for t in ticks])
    mean = fsum(t * weights[t] for t in ticks) / total
    values = np.array(ticks, np.float64) / (mean or 1.0)
    # 15 figures, so that the same times in minutes and in seconds are the same sample.
    words = " ".join(f"{v:.14e} {s:.14e}" for v, s in zip(values, shares, strict=True))
    return mean, Sample(hashlib.blake2b(words.encode(), digest_size=16).hexdigest(), values, shares)


def stepped(sample: Sample, mean: float) -> Piece:
    """Functions of a sample with a mean; its distribution function rises in steps."""
    values = sample.values * mean
    up_to = np.concatenate([[0.0], np.cumsum(sample.shares)])
    beyond = np.concatenate([np.cumsum(sample.shares[::-1])[::-1], [0.0]])
    sum_up_to = np.concatenate([[0.0], np.cumsum(sample.shares * values)])
    sum_beyond = np.concatenate([np.cumsum((sample.shares * values)[::-1])[::-1], [0.0]])
    last = len(values) - 1

    def number(x: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
        return np.searchsorted(values, x, side="right")

    def from_above(w: Floats) -> Floats:
        """The least value that at most w lie above."""
        return np.asarray(values[np.minimum(len(values) - np.searchsorted(beyond[::-1], w, "right"), last)])

    return Piece(
        lambda x: (up_to[number(x)], beyond[number(x)]),
        (lambda u: values[np.minimum(np.searchsorted(up_to[1:], u), last)], from_above),
        lambda x: (sum_up_to[number(x)], sum_beyond[number(x)]),
    )

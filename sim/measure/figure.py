"""A figure with what its half-width is made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate"]


class Estimate(NamedTuple):
    """A figure, or one per interval: NaN where its denominator is 0."""

    value: NDArray[np.float64]  # (...)
    deviations: NDArray[np.float64]  # (units, ...); NaN where a unit says nothing
    per_unit: float = 1.0  # replications (or days) in a unit
    rests_on: int | None = None  # units, where the deviations are those of some of them; None: of all

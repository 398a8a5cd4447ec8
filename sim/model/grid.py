"""The octave grid of `lookup` as numbers: where its cells begin and end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.lookup import CELLS, OCTAVES

__all__ = ["cell_edges"]


def cell_edges() -> NDArray[np.float64]:
    """Edges (1025,) of the cells of one side as u, rising: 0, ..., 1/2."""
    last = np.arange(CELLS) / CELLS * 2.0**-OCTAVES
    octaves = 2.0 ** -np.arange(OCTAVES, 1, -1)
    return np.concatenate([last, np.outer(octaves, 1 + np.arange(CELLS) / CELLS).ravel(), [0.5]])

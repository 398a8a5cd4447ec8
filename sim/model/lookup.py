"""Looking a draw up in a shape's quantile table (`tables.Shapes`), for one draw or for many.

The grid. A draw is an integer k of 53 bits, standing for u = (k + 1/2) / 2**53. In the lower half m = k,
in the upper half m = 2**53 - 1 - k, so that m is small near both ends. The bit length of m says the
octave (0: u in [1/4, 1/2), 1: [1/8, 1/4), ..., 31: all that is left), the next five bits the cell, the
rest the place inside the cell: value + slope x place. The upper half is the second 1024 cells; there
the place runs downwards, from the cell's greatest value.

Atoms. Values with a probability of their own have an interval of u; the table is of what is left, and
is looked up at the place of u in what is left. Only multiplication, division, addition and rounding
are used, in one order, so that every engine finds the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.model.tables import NEVER, Shapes

__all__ = [
    "CELLS", "EXACTLY", "EXPONENTIAL", "LAST_BITS", "LAST_OCTAVE", "OCTAVES", "SIDE", "sample_shape",
    "sample_shapes", "sample_ticks", "to_ticks", "to_ticks_many", "value_at",
]  # fmt: skip

EXACTLY = 0
"""Shape id of a law that has one value; in every model."""

EXPONENTIAL = 1
"""Shape id of the exponential law; in every model."""

OCTAVES = 32
"""Octaves of u, and of 1 - u."""

CELLS = 32
"""Cells of an octave."""

_HALF = 2**52
_TOP = 2**53 - 1
SIDE = OCTAVES * CELLS
"""Cells of one half of the table."""

LAST_BITS = 21
"""m below 2**21 is the last octave, cut into cells of 2**16."""

LAST_OCTAVE = SIDE - CELLS
"""First cell of the last octave."""


def _outside_atoms(shapes: Shapes, shape_id: int, k: int) -> tuple[int, float]:
    """Place of k among what is not an atom, and 0; or -1 and the value of the atom that k falls in."""
    x = k * 2.0**-53
    below = removed = 0.0
    for a in range(shapes.n_atoms.item(shape_id)):
        begins, ends = shapes.atom_from.item(shape_id, a), shapes.atom_to.item(shape_id, a)
        if begins <= x < ends:
            return -1, shapes.atom_value.item(shape_id, a)
        removed += ends - begins
        if x >= ends:
            below += ends - begins
    return int((x - below) / (1.0 - removed) * 2.0**53), 0.0


def value_at(value: Sequence[float], slope: Sequence[float], k: int) -> float:
    """Value for the draw k (53 bits) in a table without atoms: ``value`` and ``slope`` of its 2048 cells."""
    m, cell = (k, 0) if k < _HALF else (_TOP - k, SIDE)
    bits = m.bit_length()
    if bits > LAST_BITS:
        shift = bits - 6
        cell += (52 - bits) * CELLS + (m >> shift) - CELLS
    else:
        shift = 16
        cell += LAST_OCTAVE + (m >> shift)
    width = 1 << shift
    place = ((m & (width - 1)) + 0.5) / width
    return value[cell] + slope[cell] * place


def sample_shape(shapes: Shapes, shape_id: int, k: int) -> float:
    """Value of a shape (a multiple of the law's mean; inf = never) for the draw k (53 bits)."""
    if shape_id == EXACTLY:
        return 1.0
    if shapes.n_atoms.item(shape_id):
        k, value = _outside_atoms(shapes, shape_id, k)
        if k < 0:
            return value
    return float(value_at(shapes.value[shape_id], shapes.slope[shape_id], k))


def to_ticks(mean: float, value: float) -> int:
    """Ticks of ``mean`` (ticks) times a shape's value, rounded to the nearest; `NEVER` where never."""
    ticks = mean * value + 0.5  # 0 x inf is not a number, which is not below either
    return int(ticks) if ticks < NEVER else NEVER


def sample_ticks(shapes: Shapes, mean: float, shape_id: int, k: int) -> int:
    """Sample (ticks) of a law for the draw k (53 bits)."""
    return to_ticks(mean, sample_shape(shapes, shape_id, k))


def _table_at(shapes: Shapes, shape_id: int | NDArray[np.int64], k: NDArray[np.int64]) -> NDArray[np.float64]:
    is_upper = k >= _HALF
    m = np.where(is_upper, _TOP - k, k)
    bits = np.frexp(m.astype(np.float64))[1].astype(np.int64)
    shift = np.maximum(bits - 6, 16)
    cell = (m >> shift) + np.where(bits > LAST_BITS, (51 - bits) * CELLS, LAST_OCTAVE)
    cell += is_upper * SIDE
    width = np.int64(1) << shift
    place = ((m & (width - 1)) + 0.5) / width
    row = np.asarray(shape_id) * (2 * SIDE) + cell
    values: NDArray[np.float64] = shapes.value.ravel()[row] + shapes.slope.ravel()[row] * place
    return values


def sample_shapes(
    shapes: Shapes, shape_id: int | NDArray[np.int64], k: NDArray[np.int64] | NDArray[np.uint64]
) -> NDArray[np.float64]:
    """`sample_shape` of many draws ``k`` (n,), bit for bit; ``shape_id`` is one number or (n,)."""
    k = k.astype(np.int64)
    if not np.any(shapes.n_atoms[shape_id]):
        return _table_at(shapes, shape_id, k)
    x = k * 2.0**-53
    below, removed = np.zeros(len(k)), np.zeros(len(k))
    atom, in_atom = np.zeros(len(k)), np.zeros(len(k), np.bool_)
    for begins, ends, value in zip(
        shapes.atom_from.T[:, shape_id], shapes.atom_to.T[:, shape_id], shapes.atom_value.T[:, shape_id],
        strict=True,
    ):  # fmt: skip
        here = (begins <= x) & (x < ends)
        atom, in_atom = np.where(here, value, atom), in_atom | here
        removed = removed + (ends - begins)
        below = below + np.where(x >= ends, ends - begins, 0.0)
    left = np.where(in_atom, 1.0, 1.0 - removed)  # what is left of an atom's u is not looked at
    moved = np.where(in_atom, 0, (x - below) / left * 2.0**53).astype(np.int64)
    has_atoms = shapes.n_atoms[shape_id] > 0
    moved = np.where(has_atoms, moved, k)
    values: NDArray[np.float64] = np.where(in_atom, atom, _table_at(shapes, shape_id, moved))
    return values


def to_ticks_many(mean: float | NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """`to_ticks` of many values (n,); ``mean`` (ticks) is one number or (n,)."""
    ticks = mean * np.where(np.isinf(value), 0.0, value) + 0.5
    is_never = np.isinf(value) | (ticks >= NEVER)
    whole: NDArray[np.int64] = np.where(is_never, 0.0, ticks).astype(np.int64)
    whole[is_never] = NEVER
    return whole

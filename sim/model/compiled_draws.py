"""Draws inside compiled code: the same bits as `draws` and `lookup`.

A lane is an int64 here, with the bits of the unsigned number that it is elsewhere, because the tables of
the engine are int64.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from sim.jit import IS_COMPILED, inlined, int64
from sim.model.draws import philox
from sim.model.lookup import CELLS, EXACTLY, LAST_BITS, LAST_OCTAVE, SIDE
from sim.model.tables import NEVER, Shapes

__all__ = ["Lanes", "high_uniform_of", "lanes_of", "low_uniform_of", "sample_of", "ticks_of", "uniform_of"]

Lanes = tuple[int, int, int, int]

_BITS_64 = 2**64 - 1
_BITS_53 = 2**53 - 1
_BITS_52 = 2**52 - 1
_BITS_32 = 2**32 - 1
_PER_CELL = 0.5 ** np.arange(64)  # exact, as a division by the width of a cell would be

if IS_COMPILED:
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    _MULTIPLY_0, _MULTIPLY_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
    _WEYL_0, _WEYL_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)

    @intrinsic  # type: ignore[untyped-decorator]
    def _high_product(_: Any, x: Any, y: Any) -> Any:  # noqa: ARG001 - Numba looks at the names' number
        """The upper 64 bits of the product of two uint64."""

        def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            wide = ir.IntType(128)
            a, b = (builder.zext(argument, wide) for argument in arguments)
            return builder.trunc(builder.lshr(builder.mul(a, b), ir.Constant(wide, 64)), ir.IntType(64))

        return types.uint64(types.uint64, types.uint64), code

    @inlined
    def lanes_of(seed: int, c0: int, c1: int, c2: int, c3: int) -> Lanes:
        """The lanes of a block, see `draws.philox`; words are int64 with the bits of the unsigned ones."""
        key_0, key_1 = np.uint64(seed), np.uint64(0)
        a, b, c, d = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
        for _ in range(10):
            p, q = _high_product(a, _MULTIPLY_0), _high_product(c, _MULTIPLY_1)
            a, b, c, d = q ^ b ^ key_0, c * _MULTIPLY_1, p ^ d ^ key_1, a * _MULTIPLY_0
            key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        return int64(a), int64(b), int64(c), int64(d)

else:

    def lanes_of(seed: int, c0: int, c1: int, c2: int, c3: int) -> Lanes:
        """The lanes of a block, see `draws.philox`; words are int64 with the bits of the unsigned ones."""
        words = (int(x) & _BITS_64 for x in (seed, c0, c1, c2, c3))
        a, b, c, d = (lane - ((lane >> 63) << 64) for lane in philox(*words))
        return a, b, c, d


@inlined
def uniform_of(lane: int) -> float:
    """`draws.uniform`."""
    return ((lane >> 12 & _BITS_52) + 0.5) * 2.0**-52


@inlined
def high_uniform_of(lane: int) -> float:
    """`draws.high_uniform`."""
    return ((lane >> 32 & _BITS_32) + 0.5) * 2.0**-32


@inlined
def low_uniform_of(lane: int) -> float:
    """`draws.low_uniform`."""
    return ((lane & _BITS_32) + 0.5) * 2.0**-32


@inlined
def _table_value(shapes: Shapes, shape_id: int, k: int) -> float:
    """Value of what is not an atom at the place k."""
    upper = k >> 52  # 0 or 1; nothing could foretell a branch here
    m, cell = k ^ (-upper & _BITS_53), upper * SIDE
    bits = int64(np.float64(m).view(np.int64) >> 52) - 1022  # the bit length; below 0 for m = 0
    if bits > LAST_BITS:
        shift = bits - 6
        cell += (52 - bits) * CELLS + (m >> shift) - CELLS
    else:
        shift = 16
        cell += LAST_OCTAVE + (m >> shift)
    place = ((m & ((int64(1) << shift) - 1)) + 0.5) * _PER_CELL[shift]
    value: float = shapes.value[shape_id, cell] + shapes.slope[shape_id, cell] * place
    return value


@inlined
def sample_of(shapes: Shapes, shape_id: int, lane: int) -> float:
    """`lookup.sample_shape` for a lane."""
    value = 1.0
    if shape_id != EXACTLY:
        k = lane >> 11 & _BITS_53
        in_atom = False
        if shapes.n_atoms[shape_id] > 0:
            x = k * 2.0**-53
            below = removed = 0.0
            for a in range(shapes.n_atoms[shape_id]):
                begins, ends = shapes.atom_from[shape_id, a], shapes.atom_to[shape_id, a]
                if not in_atom:
                    if begins <= x < ends:
                        in_atom, value = True, shapes.atom_value[shape_id, a]
                    removed += ends - begins
                    if x >= ends:
                        below += ends - begins
            if not in_atom:
                k = int64((x - below) / (1.0 - removed) * 2.0**53)
        if not in_atom:
            value = _table_value(shapes, shape_id, k)
    return value


@inlined
def ticks_of(shapes: Shapes, mean: float, shape_id: int, lane: int) -> int:
    """`lookup.sample_ticks` for a lane."""
    value = sample_of(shapes, shape_id, lane)
    ticks = int64(NEVER)
    if value != inf:
        exact = mean * value + 0.5
        if exact < NEVER:
            ticks = int64(exact)
    return ticks

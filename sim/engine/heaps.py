"""Binary heaps in compiled code, of rows of three numbers that are compared from left to right.

A heap is a table (n, 3) of which the first rows are in use; their number is kept elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import inlined

__all__ = ["popped", "pushed"]

Ints = NDArray[np.int64]


@inlined
def pushed(heap: Ints, n: int, tick: int, rank: int, third: int) -> None:
    """Add a row to a heap of n rows."""
    at = n
    is_above = False
    while at > 0 and not is_above:
        up = (at - 1) >> 1
        is_above = not _is_before(heap, up, tick, rank, third)
        if not is_above:
            _moves(heap, up, at)
            at = up
    heap[at, 0], heap[at, 1], heap[at, 2] = tick, rank, third


@inlined
def popped(heap: Ints, n: int) -> None:
    """Take the first row of a heap of n rows away; n - 1 are left."""
    last = n - 1
    tick, rank, third = heap[last, 0], heap[last, 1], heap[last, 2]
    at, child = 0, 1
    while child < last:
        right = child + 1
        if right < last and _is_before(heap, child, heap[right, 0], heap[right, 1], heap[right, 2]):
            child = right
        if _is_before(heap, child, tick, rank, third):
            child = last  # the last row may stand here
        else:
            _moves(heap, child, at)
            at, child = child, 2 * child + 1
    heap[at, 0], heap[at, 1], heap[at, 2] = tick, rank, third


@inlined
def _moves(heap: Ints, row: int, to: int) -> None:
    heap[to, 0], heap[to, 1], heap[to, 2] = heap[row, 0], heap[row, 1], heap[row, 2]


@inlined
def _is_before(heap: Ints, row: int, tick: int, rank: int, third: int) -> bool:
    """Whether a new row comes before that of the heap."""
    is_before = tick < heap[row, 0]
    if tick == heap[row, 0]:
        is_before = rank < heap[row, 1] or (rank == heap[row, 1] and third < heap[row, 2])
    return bool(is_before)

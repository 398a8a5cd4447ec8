"""Binary heaps of rows in compiled code; rows are compared by their first columns.

A heap is a table (n, columns) of which the first rows are in use; their number is kept elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import inlined

__all__ = ["place_in", "popped"]

Ints = NDArray[np.int64]


@inlined
def place_in(heap: Ints, n: int, tick: int, rank: int, third: int) -> int:
    """Make room in a heap of n rows for one more; the row at which it is to be written."""
    at = n
    is_above = False
    while at > 0 and not is_above:
        up = (at - 1) >> 1
        is_above = not _before(heap, up, tick, rank, third)
        if not is_above:
            for column in range(heap.shape[1]):
                heap[at, column] = heap[up, column]
            at = up
    return at


@inlined
def _before(heap: Ints, row: int, tick: int, rank: int, third: int) -> bool:
    """Whether a new row comes before that of the heap."""
    if tick != heap[row, 0]:
        is_before = tick < heap[row, 0]
    elif rank != heap[row, 1]:
        is_before = rank < heap[row, 1]
    else:
        is_before = third < heap[row, 2]
    return is_before


@inlined
def popped(heap: Ints, n: int) -> None:
    """Take the first row of a heap of n rows away; n - 1 are left."""
    last = n - 1
    tick, rank, third = heap[last, 0], heap[last, 1], heap[last, 2]
    at, child = 0, 1
    while child < last:
        right = child + 1
        if right < last and _before(heap, child, heap[right, 0], heap[right, 1], heap[right, 2]):
            child = right
        if _before(heap, child, tick, rank, third):
            child = last  # the last row may stand here
        else:
            for column in range(heap.shape[1]):
                heap[at, column] = heap[child, column]
            at, child = child, 2 * child + 1
    for column in range(heap.shape[1]):
        heap[at, column] = heap[last, column]

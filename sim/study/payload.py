"""Results of replications as bytes, and back: for the store, and for workers far away.

A payload is one array of whole numbers (how many arrays; of each its dimensions and its numbers), 64 bits
little-endian, deflated. The same result gives the same bytes on every machine.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.measure.reduce import Frame, Sums
from sim.measure.sketch import Sparse

__all__ = ["SUMS", "Codec", "arrays_of", "packed", "sums_of", "unpacked"]

T = TypeVar("T")
Ints = NDArray[np.int64]

_LEVEL = 1  # of deflating: five times smaller; higher levels take longer and save a tenth


class Codec(NamedTuple, Generic[T]):
    """How a result becomes bytes, and a result again; functions that can be pickled."""

    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]


def packed(arrays: Iterable[Ints]) -> bytes:
    """Arrays of whole numbers as bytes."""
    parts: list[Ints] = []
    for array in arrays:
        parts += [np.array([array.ndim, *array.shape], np.int64), array.ravel()]
    return zlib.compress(np.concatenate(parts).astype("<i8").tobytes(), _LEVEL)


def unpacked(payload: bytes) -> Iterator[Ints]:
    """The arrays that were packed.

    Examples
    --------
    >>> table = np.arange(6).reshape(2, 3)
    >>> [array.tolist() for array in unpacked(packed([table, np.array(7)]))]
    [[[0, 1, 2], [3, 4, 5]], 7]
    """
    numbers = np.frombuffer(zlib.decompress(payload), "<i8").astype(np.int64, copy=False)
    at = 0
    while at < len(numbers):
        n_dimensions = int(numbers[at])
        shape = tuple(int(n) for n in numbers[at + 1 : at + 1 + n_dimensions])
        at += 1 + n_dimensions
        size = int(np.prod(shape, dtype=np.int64))
        yield numbers[at : at + size].reshape(shape)
        at += size


def arrays_of(sums: Sums) -> Iterator[Ints]:
    """The arrays of which sums are made, in the order of their fields."""
    for field in fields(Sums):
        value: Any = getattr(sums, field.name)
        if isinstance(value, Sparse):
            yield np.array(value.shape, np.int64)
            yield value.at
            yield value.n
        else:
            yield np.asarray(value, np.int64)


def sums_of(arrays: Iterator[Ints]) -> Sums:
    """The sums again; takes as many arrays as they have."""
    found: dict[str, Any] = {}
    for field in fields(Sums):
        array = next(arrays)
        if field.type == "Sparse":
            owners, desks, parts = (int(n) for n in array)
            found[field.name] = Sparse((owners, desks, parts), next(arrays), next(arrays))
        elif field.type == "Frame":
            found[field.name] = Frame(*(int(n) for n in array))
        else:
            found[field.name] = int(array) if field.type == "int" else array
    return Sums(**found)


def _encode(sums: Sums) -> bytes:
    return packed(arrays_of(sums))


def _decode(payload: bytes) -> Sums:
    return sums_of(unpacked(payload))


SUMS: Codec[Sums] = Codec(_encode, _decode)
"""Of the sums of a replication."""

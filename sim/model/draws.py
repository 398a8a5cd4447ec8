"""Every random number as a pure function of who asks for what: Philox4x64-10, key ``(seed, 0)``.

A block of four 64-bit lanes belongs to a counter of four words ``c0, c1, c2, c3``; ``c0`` is always
the replication. This table says which lane of which block is which draw:

=================== ============= ============================== === ====================================
who                 c1            c2                             c3  lanes 0, 1, 2, 3
=================== ============= ============================== === ====================================
i-th issue          uid           ``ARRIVAL``                    0   gap before it; entry; difficulty d; -
attribute           uid           ``word(attribute hash)``       0   value; -; -; -
visit at a bot      uid           ``visit_word(stage hash, ..)`` 0   session; first reply; outcome and
                                                                     route; mixing of luck
visit at a desk     uid           ``visit_word(stage hash, ..)`` 0   handling; patience; outcome and
                                                                     route; after-call work
stay at a delay     uid           ``visit_word(stage hash, ..)`` 0   duration; -; outcome and route; -
leaving unsolved    uid           that of the last visit         1   returns?; delay; believes?; route
luck at a stage     uid           attempt 0, nth 0               0   luck of the issue; -; -; -
day factor          busy hash     ``BUSYNESS``                   day factor; -; -; -
forecast error      error hash    ``FORECAST + span``            error; -; -; -
absence of a place  ``absence_    ``ABSENCE + place``            day absent?; -; -; -
                    word(..)``
=================== ============= ============================== === ====================================

"Outcome and route" share a lane: the outcome takes the high 32 bits, the route the low 32 bits.
The attribute of difficulty draws nothing: its values are slices of d. A day before the start is a
negative day number, taken modulo ``2**64``.

References
----------
Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC11), section 3.3.
`numpy.random.Philox` is the same generator, but counts ``c0`` up once before its first block.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ABSENCE",
    "ARRIVAL",
    "BUSYNESS",
    "FORECAST",
    "absence_word",
    "hash32",
    "high_uniform",
    "low_uniform",
    "philox",
    "philox_block",
    "shape_key",
    "stream_hash",
    "uniform",
    "uniforms",
    "visit_word",
    "word",
]

_MULTIPLY_0 = 0xD2E7470EE14C6C93
_MULTIPLY_1 = 0xCA5A826395121157
_WEYL_0 = 0x9E3779B97F4A7C15
_WEYL_1 = 0xBB67AE8584CAA73B
_ROUNDS = 10
_BITS_64 = 2**64 - 1
_BITS_32 = 2**32 - 1
_CHUNK_ROWS = 4096  # scratch arrays of one chunk fit the second-level cache


def hash32(name: str) -> int:
    """32-bit hash of a name with its kind before it, such as ``"stage:chat"``.

    Examples
    --------
    >>> hash32("stage:chat") == hash32("team:chat")
    False
    """
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()[:4], "big")


def stream_hash(name: str) -> int:
    """31-bit hash of a stream's name, never 0: the upper half of its issues' uids."""
    return hash32(f"stream:{name}") & 0x7FFFFFFF or 1


def word(name_hash: int) -> int:
    """Counter word ``c2`` that a 32-bit hash alone makes."""
    return name_hash << 32


def visit_word(stage_hash: int, attempt: int, nth: int) -> int:
    """Counter word ``c2`` of the nth visit of an attempt to a stage; both are below 2**16."""
    return stage_hash << 32 | attempt << 16 | nth


def absence_word(team_hash: int, shift_hash: int) -> int:
    """Counter word ``c1`` of the places of a shift; ``shift_hash`` is 0 for a head count."""
    return team_hash << 32 | shift_hash


ARRIVAL = word(hash32("draw:arrival"))
"""Counter word ``c2`` of an issue's arrival."""

BUSYNESS = word(hash32("draw:busyness"))
"""Counter word ``c2`` of a day factor."""

FORECAST = word(hash32("draw:forecast"))
"""Counter word ``c2`` of the forecast error of a day's first span; add the span."""

ABSENCE = word(hash32("draw:absence"))
"""Counter word ``c2`` of the absence of place 0; add the place."""


def shape_key(lane: int) -> int:
    """The integer (53 bits) with which a shape is looked up."""
    return lane >> 11


def uniform(lane: int) -> float:
    """Uniform number strictly between 0 and 1 from a whole lane.

    It is the middle of one of ``2**52`` equal cells: a 53rd bit would make the middle of the last cell
    round to 1.

    Examples
    --------
    >>> uniform(0) > 0, uniform(2**64 - 1) < 1
    (True, True)
    """
    return ((lane >> 12) + 0.5) * 2.0**-52


def high_uniform(lane: int) -> float:
    """Uniform number strictly between 0 and 1 from the high 32 bits of a lane."""
    return ((lane >> 32) + 0.5) * 2.0**-32


def low_uniform(lane: int) -> float:
    """Uniform number strictly between 0 and 1 from the low 32 bits of a lane."""
    return ((lane & _BITS_32) + 0.5) * 2.0**-32


def uniforms(lanes: NDArray[np.uint64]) -> NDArray[np.float64]:
    """`uniform` of many lanes, same shape, bit for bit."""
    return ((lanes >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


@lru_cache(maxsize=64)
def _round_keys(seed: int) -> tuple[int, ...]:
    return tuple((seed + i * _WEYL_0) & _BITS_64 for i in range(_ROUNDS))


def _second_round_key(i: int) -> int:
    # The second half of the key is 0, so its round keys are the same for every seed.
    return (i * _WEYL_1) & _BITS_64


_S1, _S2, _S3, _S4, _S5, _S6, _S7, _S8, _S9 = (_second_round_key(i) for i in range(1, _ROUNDS))


def philox(
    seed: int, c0: int, c1: int, c2: int, c3: int,
    m0: int = _MULTIPLY_0, m1: int = _MULTIPLY_1, bits: int = _BITS_64,
) -> tuple[int, int, int, int]:  # fmt: skip
    """The four 64-bit lanes of one block.

    ``seed`` and ``c0`` ... ``c3`` are in ``[0, 2**64)``; leave the rest alone: constants are arguments
    and rounds are written out because an engine calls this for every visit.

    Examples
    --------
    >>> bits = np.random.Philox(key=[7, 0], counter=[1, 5, 3, 4])
    >>> philox(7, 2, 5, 3, 4) == tuple(int(x) for x in bits.random_raw(4))
    True
    """
    k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 = _round_keys(seed)
    p, q = c0 * m0, c2 * m1
    a, c = q >> 64 ^ c1 ^ k0, p >> 64 ^ c3
    r, s = a * m0, c * m1
    a, c = s >> 64 ^ q & bits ^ k1, r >> 64 ^ p & bits ^ _S1
    p, q = a * m0, c * m1
    a, c = q >> 64 ^ s & bits ^ k2, p >> 64 ^ r & bits ^ _S2
    r, s = a * m0, c * m1
    a, c = s >> 64 ^ q & bits ^ k3, r >> 64 ^ p & bits ^ _S3
    p, q = a * m0, c * m1
    a, c = q >> 64 ^ s & bits ^ k4, p >> 64 ^ r & bits ^ _S4
    r, s = a * m0, c * m1
    a, c = s >> 64 ^ q & bits ^ k5, r >> 64 ^ p & bits ^ _S5
    p, q = a * m0, c * m1
    a, c = q >> 64 ^ s & bits ^ k6, p >> 64 ^ r & bits ^ _S6
    r, s = a * m0, c * m1
    a, c = s >> 64 ^ q & bits ^ k7, r >> 64 ^ p & bits ^ _S7
    p, q = a * m0, c * m1
    a, c = q >> 64 ^ s & bits ^ k8, p >> 64 ^ r & bits ^ _S8
    r, s = a * m0, c * m1
    return s >> 64 ^ q & bits ^ k9, s & bits, r >> 64 ^ p & bits ^ _S9, r & bits


_Words = NDArray[np.uint64]


def _multiply(x: _Words, by: int, high: _Words, low: _Words, scratch: _Words) -> None:
    """Write both halves of the 128-bit product ``x * by``; ``x`` may be overwritten through ``low``."""
    by_high, by_low, half = np.uint64(by >> 32), np.uint64(by & _BITS_32), np.uint64(32)
    lower, middle, carry = scratch
    np.bitwise_and(x, np.uint64(_BITS_32), out=lower)
    np.right_shift(x, half, out=high)
    np.multiply(x, np.uint64(by), out=low)
    np.multiply(lower, by_low, out=carry)
    np.right_shift(carry, half, out=carry)
    np.multiply(high, by_low, out=middle)
    np.add(middle, carry, out=middle)
    np.bitwise_and(middle, np.uint64(_BITS_32), out=carry)
    np.multiply(lower, by_high, out=lower)
    np.add(lower, carry, out=lower)
    np.right_shift(lower, half, out=lower)
    np.right_shift(middle, half, out=middle)
    np.multiply(high, by_high, out=high)
    np.add(high, lower, out=high)
    np.add(high, middle, out=high)


def _scramble(seed: int, words: _Words, scratch: _Words) -> None:
    """Turn counters (4, n) into lanes, in place; ``scratch`` is (5, n)."""
    c0, c1, c2, c3 = words
    high_0, high_1 = scratch[3], scratch[4]
    for i, key in enumerate(_round_keys(seed)):
        _multiply(c0, _MULTIPLY_0, high_0, c0, scratch[:3])
        _multiply(c2, _MULTIPLY_1, high_1, c2, scratch[:3])
        # new c0, c1, c2, c3 = high_1 ^ c1 ^ key, low_1, high_0 ^ c3 ^ key, low_0
        np.bitwise_xor(high_1, c1, out=high_1)
        np.bitwise_xor(high_1, np.uint64(key), out=high_1)
        np.bitwise_xor(high_0, c3, out=high_0)
        np.bitwise_xor(high_0, np.uint64(_second_round_key(i)), out=high_0)
        c1[:], c3[:] = c2, c0
        c0[:], c2[:] = high_1, high_0


def _as_words(counter: ArrayLike) -> _Words:
    return np.asarray(counter).astype(np.uint64)


def philox_block(seed: int, c0: ArrayLike, c1: ArrayLike, c2: ArrayLike, c3: ArrayLike) -> NDArray[np.uint64]:
    """The lanes (n, 4) of n blocks; counter words are one-dimensional (n,) or single numbers.

    Signed numbers are taken modulo ``2**64``. Row i equals `philox` of the i-th words.
    """
    counters = np.broadcast_arrays(*(np.atleast_1d(_as_words(c)) for c in (c0, c1, c2, c3)))
    n = len(counters[0])
    lanes = np.empty((n, 4), np.uint64)
    words = np.empty((4, min(n, _CHUNK_ROWS)), np.uint64)
    scratch = np.empty((5, words.shape[1]), np.uint64)
    for begin in range(0, n, _CHUNK_ROWS):
        rows = min(_CHUNK_ROWS, n - begin)
        part = words[:, :rows]
        for filled, counter in zip(part, counters, strict=True):
            filled[:] = counter[begin : begin + rows]
        _scramble(seed, part, scratch[:, :rows])
        lanes[begin : begin + rows] = part.T
    return lanes

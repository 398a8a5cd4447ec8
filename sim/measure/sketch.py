"""A log-linear histogram of whole ticks: quantiles with a relative error below 1 %, merged by adding.

Bucket 0 holds exactly 0, buckets 1 to 255 one tick each; above, every power of two is cut into 128
equal buckets. A quantile is interpolated inside its bucket, so its relative error is below 1/128.
The bucket of a number is read from the exponent and the leading bits of its binary form: no
logarithm, so every machine finds the same bucket.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit import inlined, int64

__all__ = [
    "N_BUCKETS",
    "OWNERS_AT_ONCE",
    "Sparse",
    "bucket_of",
    "bucket_of_one",
    "bucket_starts",
    "merged",
    "owners_at_once",
    "quantile",
    "share_answered_within",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BITS = 7  # 2**7 buckets per power of two
_SUB = 1 << _BITS
_TOP = 42  # ticks from 2**42 (51 days) on share the last bucket
_SHIFT = 52 - _BITS  # a float64 has 52 bits after the leading one
_OFFSET = ((1023 + _BITS) << _BITS) - _SUB  # bucket of 2**_BITS is 2**_BITS

N_BUCKETS = (_TOP - _BITS + 1) * _SUB
"""Number of buckets of a histogram."""


def bucket_of(ticks: Ints) -> Ints:
    """Bucket number of each duration; ``ticks`` (n,) >= 0.

    Examples
    --------
    >>> bucket_of(np.array([0, 1, 255, 256, 257, 258], np.int64)).tolist()
    [0, 1, 255, 256, 256, 257]
    """
    leading = np.maximum(ticks, _SUB).astype(np.float64).view(np.int64) >> _SHIFT
    return np.where(ticks < _SUB, ticks, np.minimum(leading - _OFFSET, N_BUCKETS - 1))


@inlined
def bucket_of_one(ticks: int) -> int:
    """`bucket_of` for kernels; of a negative duration, which is none, the first."""
    leading = int64(np.float64(max(ticks, _SUB)).view(np.int64) >> _SHIFT)
    above = min(leading - _OFFSET, N_BUCKETS - 1)
    return max(ticks, 0) if ticks < _SUB else above


def bucket_starts() -> Ints:
    """First tick of every bucket and, last, the first tick above them all; shape (N_BUCKETS + 1,)."""
    number = np.arange(N_BUCKETS + 1, dtype=np.int64)
    octave = np.maximum(number // _SUB - 1, 0)
    return np.where(number < _SUB, number, (_SUB + number % _SUB) << octave)


OWNERS_AT_ONCE = 12
"""Owners whose histograms are worked on together: what is made on the way is several times as large."""


def owners_at_once(n_owners: int) -> list[tuple[int, int]]:
    """First owner and the one after the last of each lot.

    Examples
    --------
    >>> owners_at_once(30)
    [(0, 12), (12, 24), (24, 30)]
    """
    firsts = range(0, n_owners, OWNERS_AT_ONCE)
    return [(first, min(first + OWNERS_AT_ONCE, n_owners)) for first in firsts]


_STARTS = bucket_starts()
_WIDTHS = np.diff(_STARTS)


class Sparse(NamedTuple):
    """Histograms by owner (a day, an interval, a value), desk and part; only filled buckets are kept."""

    shape: tuple[int, int, int]  # owners, desks, parts
    at: Ints  # flat position in (owners, desks, parts, N_BUCKETS), ascending
    n: Ints  # contacts there

    def of_owners(self, first: int, last: int) -> Sparse:
        """The histograms of owners ``first`` to ``last`` - 1 alone."""
        size = self.shape[1] * self.shape[2] * N_BUCKETS
        low, high = np.searchsorted(self.at, (first * size, last * size))
        shape = (last - first, *self.shape[1:])
        return Sparse(shape, self.at[low:high] - first * size, self.n[low:high])

    def of_desk(self, desk: int, *, together: bool) -> Ints:
        """Full histograms of a desk: (owners, parts, N_BUCKETS), or (1, ...) with the owners together."""
        owner, at_desk, part, bucket = np.unravel_index(self.at, (*self.shape, N_BUCKETS))
        shape = (1 if together else self.shape[0], self.shape[2], N_BUCKETS)
        rows = at_desk == desk
        owner = np.zeros_like(owner) if together else owner
        place = np.ravel_multi_index((owner[rows], part[rows], bucket[rows]), shape)
        return _counted(place, self.n[rows], math.prod(shape)).reshape(shape)


def _counted(place: NDArray[np.intp], n: Ints, size: int) -> Ints:
    """Contacts by place (size,), ``n`` at each of ``place``; sums below 2**53, and so exact."""
    return np.bincount(place, n, size).astype(np.int64)


def merged(tables: Sequence[Sparse]) -> Sparse:
    """The sum of histograms of one shape."""
    if len(tables) == 1:
        return tables[0]
    n_owners = tables[0].shape[0]
    if n_owners > OWNERS_AT_ONCE:
        pieces = [merged([t.of_owners(*some) for t in tables]) for some in owners_at_once(n_owners)]
        size = tables[0].shape[1] * tables[0].shape[2] * N_BUCKETS
        firsts = [first for first, _ in owners_at_once(n_owners)]
        at = np.concatenate([p.at + first * size for p, first in zip(pieces, firsts, strict=True)])
        return Sparse(tables[0].shape, at, np.concatenate([p.n for p in pieces]))
    at, place = np.unique(np.concatenate([t.at for t in tables]), return_inverse=True)
    count = _counted(place, np.concatenate([t.n for t in tables]), len(at))
    return Sparse(tables[0].shape, at, count)


def quantile(
    table: Sparse, q: float, desks: Sequence[int], parts: Sequence[int], *, together: bool
) -> Floats:
    """The value [ticks] below or at which a share ``q`` of the contacts lies.

    The contact of rank ``ceil(q n)`` is taken; contacts of one bucket are thought evenly spread.

    Parameters
    ----------
    table : Sparse
        Histograms.
    q : float
        Share, 0 < q <= 1.
    desks, parts : sequence of int
        What is put together.
    together : bool
        Whether all owners are put together.

    Returns
    -------
    (owners,) or (1,)
        Ticks; NaN where there is no contact.
    """
    n_owners = 1 if together else table.shape[0]
    owner, desk, part, bucket = np.unravel_index(table.at, (*table.shape, N_BUCKETS))
    rows = np.isin(desk, list(desks)) & np.isin(part, list(parts))
    key = (np.zeros_like(owner) if together else owner)[rows] * N_BUCKETS + bucket[rows]
    at, place = np.unique(key, return_inverse=True)
    count = _counted(place, table.n[rows], len(at))
    if not len(at):
        return np.full(n_owners, np.nan)

    up_to = np.cumsum(count)
    borders = np.concatenate(([0], up_to))[np.searchsorted(at, np.arange(n_owners + 1) * N_BUCKETS)]
    total = np.diff(borders)
    # the tiny subtraction keeps 0.7 * 10 = 7.000000000000001 from asking for the eighth contact
    rank = borders[:-1] + np.clip(np.ceil(q * total * (1 - 1e-12)).astype(np.int64), 1, None)
    found = np.minimum(np.searchsorted(up_to, rank), len(at) - 1)
    among = (rank - (up_to[found] - count[found]) - 0.5) / count[found]
    bucket = at[found] % N_BUCKETS
    return np.where(total > 0, _STARTS[bucket] + (_WIDTHS[bucket] - 1) * among, np.nan)


def share_answered_within(answered: Ints, gave_up: Ints, answered_within: Ints, threshold: int) -> Floats:
    """P(offered wait <= threshold) by Kaplan and Meier (1958): giving up only hides the offered wait.

    At equal waits answers count before abandonments, as in the engines. Inside one bucket too: an
    error below the share that gives up in that bucket times the share answered there. The bucket of
    the threshold is cut exactly at it.

    Parameters
    ----------
    answered, gave_up : (..., N_BUCKETS)
        Waits that ended with an answer, and without (abandoned or still waiting at the end).
    answered_within : (...)
        Exact number answered with a wait <= threshold.
    threshold : int
        Ticks.

    Returns
    -------
    (...)
        Share; NaN where nobody waited or was answered.
    """
    last = int(bucket_of(np.array([threshold], np.int64))[0])
    events = answered[..., : last + 1].astype(np.float64)
    events[..., last] = answered_within - answered[..., :last].sum(-1)
    total = answered.sum(-1) + gave_up.sum(-1)
    gone = np.cumsum(answered[..., :last] + gave_up[..., :last], axis=-1)
    at_risk = np.broadcast_to(total[..., None], events.shape).astype(np.float64)
    at_risk[..., 1:] -= gone
    staying = np.prod(1 - events / np.maximum(at_risk, 1), axis=-1)
    return np.where(total > 0, 1 - staying, np.nan)

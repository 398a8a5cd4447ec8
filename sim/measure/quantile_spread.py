"""How far a quantile of all units together moves with each unit.

The quantile Q of a share q is where the share F(Q) of all contacts is q. A unit with x of its y contacts at Q
or below moves that share by ``(x - F y) / mean(y)``, a ratio's deviation, and so Q by that over the density
of waits at Q, the other way. The density is the rise of F over two standard errors of the share to either
side, so that the half-width is about half the interval of Woodruff (1952), "Confidence intervals for medians
and other position measures", JASA 47, for days (clusters of contacts) as Francisco and Fuller (1991) have it.
A unit's own quantile would say little: that of all is made on the busy days.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.measure.sketch import N_BUCKETS, Sparse, bucket_of, bucket_starts

__all__ = ["moves_of_quantile"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_REACH = 2.0  # standard errors of the share to either side
_STARTS = bucket_starts()


class _Held(NamedTuple):
    """The histograms that are put together, of one unit or of all."""

    owner: Ints  # (cells,) ascending
    bucket: Ints  # (cells,) ascending within an owner
    n: Floats  # (cells,) contacts

    @classmethod
    def of(cls, table: Sparse, desks: Sequence[int], parts: Sequence[int], *, together: bool) -> _Held:
        owner, desk, part, bucket = np.unravel_index(table.at, (*table.shape, N_BUCKETS))
        rows = np.isin(desk, list(desks)) & np.isin(part, list(parts))
        key = (np.zeros_like(owner) if together else owner)[rows] * N_BUCKETS + bucket[rows]
        at, place = np.unique(key, return_inverse=True)
        n = np.asarray(np.bincount(place, table.n[rows], len(at)), np.float64)
        return cls(at // N_BUCKETS, at % N_BUCKETS, n)

    def up_to(self, last: Ints) -> Floats:
        """Contacts of each owner in its bucket ``last`` (owners,) or below."""
        n = np.where(self.bucket <= last[self.owner], self.n, 0.0)
        return np.asarray(np.bincount(self.owner, n, len(last)), np.float64)

    def total(self, n_owners: int) -> Floats:
        """Contacts of each owner."""
        return np.asarray(np.bincount(self.owner, self.n, n_owners), np.float64)

    def at_share(self, share: Floats, total: Floats) -> Floats:
        """Ticks at which each owner's share ``share`` (owners,) is reached, evenly within a bucket."""
        up_to = np.cumsum(self.n)
        before = np.concatenate(([0.0], np.cumsum(total)[:-1]))
        found = np.searchsorted(up_to, before + share * total)
        cell = np.minimum(found, len(up_to) - 1)
        among = np.clip((before + share * total - (up_to[cell] - self.n[cell])) / self.n[cell], 0.0, 1.0)
        start, end = _STARTS[self.bucket[cell]], _STARTS[self.bucket[cell] + 1] - 1
        return np.asarray(start + (end - start) * among)


def moves_of_quantile(
    total: Sparse,
    units: Sequence[Sparse],
    value: Floats,
    desks: Sequence[int],
    parts: Sequence[int],
    *,
    together: bool,
) -> Floats:
    """Deviations (units, owners) of a quantile [ticks], one for each unit; their mean is 0.

    Parameters
    ----------
    total, units
        Histograms of everything, and of two units or more.
    value : (owners,)
        The quantile itself [ticks]; NaN where there is no contact.
    desks, parts, together
        As `sketch.quantile` has them.
    """
    everything = _Held.of(total, desks, parts, together=together)
    known = ~np.isnan(value)
    last = bucket_of(np.where(known, np.round(np.nan_to_num(value)), 0).astype(np.int64))
    held = [_Held.of(unit, desks, parts, together=together) for unit in units]
    below = np.array([one.up_to(last) for one in held])
    contacts = np.array([one.total(len(last)) for one in held])
    mean = np.where(contacts.sum(0) > 0, contacts.mean(0), np.nan)
    share = below.sum(0) / (mean * len(units))  # of the units: one cut short is in the total alone
    moved = (below - share * contacts) / mean
    if not len(everything.n):
        return np.asarray(moved)
    reach = _REACH * np.sqrt((moved**2).sum(0) / (len(units) * (len(units) - 1)))
    contacts_of_all = everything.total(len(last))
    low, high = np.maximum(share - reach, 0.0), np.minimum(share + reach, 1.0)
    apart = [everything.at_share(np.nan_to_num(at), contacts_of_all) for at in (low, high)]
    rise = np.where(high > low, high - low, 1.0)
    return np.where(known, -moved * (apart[1] - apart[0]) / rise, np.nan)

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


class _Cells(NamedTuple):
    """The filled buckets of histograms that are put together, in any order."""

    owner: Ints  # (cells,)
    bucket: Ints  # (cells,)
    n: Floats  # (cells,) contacts

    @classmethod
    def of(cls, table: Sparse, desks: Sequence[int], parts: Sequence[int], *, together: bool) -> _Cells:
        """Those of these desks and parts; all owners are one if they are together."""
        n_owners, n_desks, n_parts = table.shape
        is_wanted = np.zeros((n_desks, n_parts), bool)
        is_wanted[np.ix_(list(desks), list(parts))] = True
        row, bucket = np.divmod(table.at, N_BUCKETS)
        rows = is_wanted.ravel()[row % (n_desks * n_parts)]
        owner = row[rows] // (n_desks * n_parts * (n_owners if together else 1))  # together: 0
        return cls(owner, bucket[rows], table.n[rows].astype(np.float64))

    def up_to(self, last: Ints) -> Floats:
        """Contacts of each owner in its bucket ``last`` (owners,) or below."""
        n = np.where(self.bucket <= last[self.owner], self.n, 0.0)
        return np.asarray(np.bincount(self.owner, n, len(last)), np.float64)

    def total(self, n_owners: int) -> Floats:
        """Contacts of each owner."""
        return np.asarray(np.bincount(self.owner, self.n, n_owners), np.float64)

    def at_shares(self, shares: Sequence[Floats], n_owners: int) -> list[Floats]:
        """Ticks at which the shares (owners,) are reached, contacts of a bucket evenly spread."""
        at, place = np.unique(self.owner * N_BUCKETS + self.bucket, return_inverse=True)
        n = np.bincount(place, self.n, len(at))
        up_to, total = np.cumsum(n), self.total(n_owners)
        before = np.concatenate(([0.0], np.cumsum(total)[:-1]))
        found = []
        for share in shares:
            wanted = before + share * total
            cell = np.minimum(np.searchsorted(up_to, wanted), len(at) - 1)
            among = np.clip((wanted - (up_to[cell] - n[cell])) / n[cell], 0.0, 1.0)
            start, end = _STARTS[at[cell] % N_BUCKETS], _STARTS[at[cell] % N_BUCKETS + 1] - 1
            found.append(np.asarray(start + (end - start) * among))
        return found


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
    known = ~np.isnan(value)
    last = bucket_of(np.where(known, np.round(np.nan_to_num(value)), 0).astype(np.int64))
    cells = [_Cells.of(unit, desks, parts, together=together) for unit in units]
    below = np.array([unit.up_to(last) for unit in cells])
    contacts = np.array([unit.total(len(last)) for unit in cells])
    mean = np.where(contacts.sum(0) > 0, contacts.mean(0), np.nan)
    share = below.sum(0) / (mean * len(units))  # of the units: one cut short is in the total alone
    moved = np.asarray((below - share * contacts) / mean)
    if not known.any():
        return moved
    reach = _REACH * np.sqrt((moved**2).sum(0) / (len(units) * (len(units) - 1)))
    low = np.nan_to_num(np.maximum(share - reach, 0.0))
    high = np.nan_to_num(np.minimum(share + reach, 1.0))
    everything = _Cells.of(total, desks, parts, together=together)
    from_, to = everything.at_shares((low, high), len(last))
    rise = np.where(high > low, high - low, 1.0)
    return np.where(known, -moved * (to - from_) / rise, np.nan)

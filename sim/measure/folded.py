"""The sums of any number of replications in little room: added up in groups of equally many.

All sums are whole numbers, so a group holds exactly what its replications hold together. To
`sim.measure.estimate` a group is a unit, as a replication is: figures are the same, and half-widths from a
hundred groups are as good as from all replications (a t with 63 degrees of freedom is 2 % wider than with a
million). What needs each replication by itself, such as the days on which a target was met, is asked of the
replications before they are added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from sim.measure.reduce import Sums
from sim.measure.sketch import Sparse, merged

__all__ = ["MOST_UNITS", "Folded", "added", "group_size"]

MOST_UNITS = 128
"""Of more replications, groups are kept; there are then more than half as many groups."""

_AT_ONCE = 32  # replications of a group that wait to be added up: one by one would take longer


def group_size(n: int, most: int = MOST_UNITS) -> int:
    """Replications in a group, a power of two, so that ``n`` make at most ``most`` groups.

    Examples
    --------
    >>> [group_size(n) for n in (1, 128, 129, 1000, 100_000)]
    [1, 1, 2, 8, 1024]
    """
    size = 1
    while size * most < n:
        size *= 2
    return size


def added(found: Sequence[Sums]) -> Sums:
    """The sums of replications taken together; all of one scenario."""
    if len(found) == 1:
        return found[0]
    kept = ("frame", "days_per_group")
    totals = {f.name: _total([getattr(one, f.name) for one in found])
              for f in fields(Sums) if f.name not in kept}  # fmt: skip
    return replace(found[0], **totals)


def _total(found: list[Any]) -> Any:
    if isinstance(found[0], Sparse):
        return merged(found)
    return np.sum(found, axis=0) if isinstance(found[0], np.ndarray) else sum(found)


class Folded:
    """The sums of replications, by themselves or in groups, given in any order.

    Parameters
    ----------
    before
        Called with replications before they are added up, while each is still by itself: all of them sooner
        or later once there are groups, none before.
    """

    def __init__(self, before: Callable[[Sequence[Sums]], None] = lambda _: None) -> None:
        self._before = before
        self.size = 1
        self._new: dict[int, list[Sums]] = {}  # by group; not added up yet
        self._old: dict[int, Sums] = {}

    def reach(self, n: int) -> None:
        """Make room for replications 0 ... n - 1."""
        size = group_size(n)
        while self.size < size:
            self._add_up(self._new)
            self.size *= 2
            pairs: dict[int, list[Sums]] = {}
            for k in sorted(self._old):
                pairs.setdefault(k // 2, []).append(self._old[k])
            self._old = {k: added(pair) for k, pair in pairs.items()}

    def add(self, number: int, sums: Sums) -> None:
        """Take in the replication of a number below that of `reach`."""
        k = number // self.size
        waiting = self._new.setdefault(k, [])
        waiting.append(sums)
        if len(waiting) == _AT_ONCE:
            self._add_up([k])

    def units(self) -> list[Sums]:
        """Replications or groups of them, in order."""
        if self.size == 1:
            return [self._new[k][0] for k in sorted(self._new)]
        self._add_up(self._new)
        return [self._old[k] for k in sorted(self._old)]

    def _add_up(self, groups: Iterable[int]) -> None:
        """Add what is new in some groups to what is there."""
        for k in list(groups):
            new = self._new.pop(k)
            self._before(new)
            self._old[k] = added([*([self._old[k]] if k in self._old else []), *new])

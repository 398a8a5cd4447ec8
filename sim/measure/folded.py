"""The sums of any number of replications in little room.

All sums are whole numbers, so replications are added up in groups of equally many, and a group holds exactly
what its replications hold together. To `sim.measure.estimate` a group is a unit, as a replication is: figures
are the same, and half-widths from a hundred groups are as good as from all replications (a t with 50 degrees
of freedom is 2.5 % wider than with a million). Histograms of many replications are large, so there is one of
everything and those of the first replications, by which the half-widths of quantiles are told. What needs
each replication by itself, such as the days on which a target was met, is asked of the replications before
they are added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from sim.measure.reduce import Sums
from sim.measure.sketch import Sparse, merged

__all__ = ["MOST_UNITS", "Folded", "Units", "added", "group_size", "without_sketches"]

MOST_UNITS = 100
"""Of more replications, groups are kept; there are then more than half as many groups."""

_AT_ONCE = 32  # replications that wait to be added up: one by one would take longer


def group_size(n: int, most: int = MOST_UNITS) -> int:
    """Replications in a group, a power of two, so that ``n`` make at most ``most`` groups.

    Examples
    --------
    >>> [group_size(n) for n in (1, 100, 101, 1000, 100_000)]
    [1, 1, 2, 16, 1024]
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


def without_sketches(sums: Sums) -> Sums:
    """Sums without the histograms, which take most of their room.

    Nothing can then be told by them: quantiles, and the service level by offered wait.
    """
    empty: dict[str, Any] = {f.name: Sparse(table.shape, table.at[:0], table.n[:0])
             for f in fields(Sums) if isinstance(table := getattr(sums, f.name), Sparse)}  # fmt: skip
    return replace(sums, **empty)


def _sketches_of(sums: Sums) -> Sums:
    """Sums with what goes with histograms alone: who was answered in time."""
    return replace(
        sums,
        visits=sums.visits[:, :0].copy(),  # copies, or all of the table would stay
        waiting=sums.waiting[:0].copy(),
        present=sums.present[:0].copy(),
        class_visits=sums.class_visits[:, :0].copy(),
        class_waiting=sums.class_waiting[:0].copy(),
        team=sums.team[:, :0].copy(),
    )


class Units(tuple[Sums, ...]):
    """Groups of replications without their histograms; what these say is in ``first`` and ``total``."""

    first: tuple[Sums, ...]
    """Some replications by themselves: their histograms, and who was answered in time."""
    total: Sums
    """All replications together."""

    @classmethod
    def of(cls, groups: Iterable[Sums], first: Iterable[Sums], total: Sums) -> Units:
        """Units of these."""
        units = cls(groups)
        units.first, units.total = tuple(first), total
        return units


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
        self.size = 1  # replications in a group
        self._first: dict[int, Sums] = {}
        self._new: dict[int, Sums] = {}  # not added up yet
        self._groups: dict[int, Sums] = {}
        self._total: Sums | None = None

    def reach(self, n: int) -> None:
        """Make room for replications 0 ... n - 1."""
        size = group_size(n)
        if self.size == 1 < size:
            self._new = self._first
            self._first = {number: _sketches_of(sums) for number, sums in self._first.items()}
        self._add_up()
        while self.size < size:
            self.size *= 2
            pairs: dict[int, list[Sums]] = {}
            for k in sorted(self._groups):
                pairs.setdefault(k // 2, []).append(self._groups[k])
            self._groups = {k: added(pair) for k, pair in pairs.items()}

    def add(self, number: int, sums: Sums) -> None:
        """Take in the replication of a number below that of `reach`."""
        if number < MOST_UNITS:
            self._first[number] = sums if self.size == 1 else _sketches_of(sums)
        if self.size > 1:
            self._new[number] = sums
            if len(self._new) == _AT_ONCE:
                self._add_up()

    def units(self) -> Sequence[Sums]:
        """Replications or groups of them, in order."""
        first = [self._first[k] for k in sorted(self._first)]
        if self.size == 1:
            return first
        self._add_up()
        assert self._total is not None
        return Units.of((self._groups[k] for k in sorted(self._groups)), first, self._total)

    def _add_up(self) -> None:
        """Add what is new to what is there."""
        if not self._new:
            return
        new = [self._new[number] for number in sorted(self._new)]
        self._before(new)
        self._total = added([*([self._total] if self._total else []), *new])
        groups: dict[int, list[Sums]] = {}
        for number, sums in self._new.items():
            groups.setdefault(number // self.size, []).append(without_sketches(sums))
        for k, found in groups.items():
            self._groups[k] = added([*([self._groups[k]] if k in self._groups else []), *found])
        self._new = {}

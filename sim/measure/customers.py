"""What became of each customer under two plans: who got better, who worse, by how much, and who they are.

A customer is an issue; its wait is what it waited at desks in all its contacts. One plan serves it better
than another if it is solved by the one alone or, both alike, it waits less by `NOTICED` or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.records import NONE, Chunk, IssueColumn, State, VisitColumn
from sim.model.tables import DAY, Model, StageKind
from sim.units import HOUR, SECOND

__all__ = ["BETTER", "HOURS", "NOTICED", "SAME", "WORSE", "Customers", "Paired", "added", "paired"]

Ints = NDArray[np.int64]

NOTICED = 10 * SECOND
"""Ticks of waiting, more or less, from which a customer is counted as better or worse off."""

BETTER, SAME, WORSE = range(3)
HOURS = 24
_FIRST_ROOM = 1024  # issues of a stream; it doubles when they are used up
_UID = (1 << 32) - 1  # the part of a uid that numbers the issues of a stream


class Paired(NamedTuple):
    """Counts of customers, of one replication or several: adding them up is all that is needed.

    By how they fared (`BETTER`, `SAME`, `WORSE`), class and clock hour of their first contact.
    """

    n: Ints  # (3, C, 24) customers
    wait: Ints  # (3, C, 24) ticks that they wait more under the other plan
    solved: Ints  # (3, C, 24) customers solved by the other plan alone, less those by the first alone
    n_alone: Ints  # (2,) customers that only the first, only the other plan met


@dataclass
class _Stream:
    """Issues of a stream by their number."""

    wait: Ints  # ticks at desks
    born: Ints  # tick; NONE: no such issue (yet)
    cls: NDArray[np.int32]
    state: NDArray[np.int8]


class Customers:
    """The customers of one replication under one plan, folded from its records.

    Parameters
    ----------
    model
        What is simulated.
    """

    def __init__(self, model: Model) -> None:
        self._is_desk = model.stages.kind == StageKind.DESK
        self._stop = model.horizon.stop
        self._hashes = np.sort(np.asarray(model.streams.name_hash, np.int64))
        self._streams = {int(name): _room(_FIRST_ROOM) for name in self._hashes}

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a chunk in."""
        visits, issues = chunk.visits, chunk.issues
        visits = visits[self._is_desk[visits[:, VisitColumn.STAGE]]]
        for name, row in self._by_stream(visits[:, VisitColumn.ISSUE]):
            number = visits[row, VisitColumn.ISSUE] & _UID
            np.add.at(self._of(name, number).wait, number, self._waited(visits[row]))
        for name, row in self._by_stream(issues[:, IssueColumn.ISSUE]):
            number = issues[row, IssueColumn.ISSUE] & _UID
            stream = self._of(name, number)
            stream.born[number] = issues[row, IssueColumn.BORN]
            stream.cls[number] = issues[row, IssueColumn.CLASS]
            stream.state[number] = issues[row, IssueColumn.STATE]

    def streams(self) -> dict[int, _Stream]:
        """The issues of each stream, by the hash of its name."""
        return self._streams

    def _waited(self, visits: Ints) -> Ints:
        """Ticks from entering to the answer, to giving up, or to the end of the simulation."""
        start, end = visits[:, VisitColumn.START], visits[:, VisitColumn.END]
        until = np.where(start != NONE, start, np.where(end != NONE, end, self._stop))
        return np.maximum(until - visits[:, VisitColumn.ENTER], 0)

    def _by_stream(self, uids: Ints) -> list[tuple[int, NDArray[np.intp]]]:
        """Streams of which there are issues, and the rows of each."""
        which = np.searchsorted(self._hashes, uids >> 32)
        return [(int(self._hashes[s]), np.flatnonzero(which == s)) for s in np.unique(which)]

    def _of(self, name: int, number: Ints) -> _Stream:
        """A stream with room for issues of these numbers."""
        stream, most = self._streams[name], int(number.max())
        if most >= len(stream.born):
            stream = self._streams[name] = _longer(stream, max(most + 1, 2 * len(stream.born)))
        return stream


def _room(n: int) -> _Stream:
    """Room for n issues, none there."""
    return _Stream(np.zeros(n, np.int64), np.full(n, NONE), np.zeros(n, np.int32), np.zeros(n, np.int8))


def _longer(stream: _Stream, n: int) -> _Stream:
    longer, m = _room(n), len(stream.born)
    for name in ("wait", "born", "cls", "state"):
        getattr(longer, name)[:m] = getattr(stream, name)
    return longer


def paired(model: Model, first: Customers, other: Customers) -> Paired:
    """How the customers born in the measured time fared under another plan, beside the first.

    Customers that one plan alone met (of two scenarios with different demand) are only counted.
    """
    shape = (3, model.n_classes, HOURS)
    sums = [np.zeros(shape, np.int64) for _ in range(3)]
    n_alone = np.zeros(2, np.int64)
    firsts, others = first.streams(), other.streams()
    for name in sorted(firsts.keys() | others.keys()):
        one, two = (found.get(name, _room(0)) for found in (firsts, others))
        n = max(len(one.born), len(two.born))
        one, two = _longer(one, n), _longer(two, n)
        is_one, is_two = (_is_measured(model, stream.born) for stream in (one, two))
        is_both = is_one & is_two & (one.born == two.born)
        n_alone += np.array([(is_one & ~is_both).sum(), (is_two & ~is_both).sum()])
        at = np.flatnonzero(is_both)
        wait = two.wait[at] - one.wait[at]
        solved = (two.state[at] == State.SOLVED).astype(np.int64) - (one.state[at] == State.SOLVED)
        how = np.where(solved != 0, SAME - solved, SAME + np.sign(_noticed(wait)))
        cells = how, one.cls[at], one.born[at] % DAY // HOUR
        amounts = np.ones_like(wait), wait, solved
        for table, amount in zip(sums, amounts, strict=True):
            np.add.at(table, cells, amount)
    return Paired(sums[0], sums[1], sums[2], n_alone)


def added(of_replications: Sequence[Paired]) -> Paired:
    """The counts of several replications together."""
    return Paired._make(np.sum(table, axis=0) for table in zip(*of_replications, strict=True))


def _is_measured(model: Model, born: Ints) -> NDArray[np.bool_]:
    return (born >= model.horizon.warm_up) & (born < model.horizon.end)


def _noticed(wait: Ints) -> Ints:
    """Waiting more or less that customers notice; 0 for less than that."""
    return np.where(np.abs(wait) >= NOTICED, wait, 0)

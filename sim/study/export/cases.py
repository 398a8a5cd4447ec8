"""Records in the order of a file: each issue with all its visits, in the order in which issues close.

Chunks come as rows become final; what belongs to an issue that is still open is held back. So memory holds
the issues under way, and duty (a few rows per agent and day), however many contacts there are. The order does
not depend on where one chunk ends and the next begins.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.records import NONE, Chunk, DutyColumn, IssueColumn, VisitColumn

__all__ = ["Cases", "CaseStream"]

Ints = NDArray[np.int64]

_BATCH = 32_768  # visits that are taken together at least; the order does not depend on it
_OPEN = np.iinfo(np.int64).max  # closes later than all others


class Cases(NamedTuple):
    """Some issues with all their visits."""

    issues: Ints  # (m, 8)
    visits: Ints  # (n, 14) those of the first issue, then those of the next, ...
    first: Ints  # (m + 1,) visits of issue i: first[i] : first[i + 1]


class CaseStream:
    """Sorts the chunks of one replication into issues with their visits.

    Parameters
    ----------
    begins, ends
        Ticks: only issues born in [begins, ends) are given, and duty that lies in it in part.
    """

    def __init__(self, begins: int, ends: int) -> None:
        self._begins, self._ends = begins, ends
        self._visits: list[Ints] = []
        self._issues: list[Ints] = []
        self._duty: list[Ints] = []
        self._n_new = 0  # visits since issues were given last

    def add(self, chunk: Chunk) -> Cases | None:
        """Take a chunk in; issues of which nothing more will come, once there are enough."""
        self._visits.append(chunk.visits)
        self._issues.append(chunk.issues)
        duty = chunk.duty
        is_in = (duty[:, DutyColumn.FROM] < self._ends) & (duty[:, DutyColumn.TO] > self._begins)
        self._duty.append(duty[is_in])
        self._n_new += len(chunk.visits)
        if self._n_new < _BATCH:
            return None
        self._n_new = 0
        closed = _closed(np.concatenate(self._issues))
        ready = closed[closed != _OPEN]
        # Others may close at the very last of these ticks.
        return self._taken(int(ready.max())) if len(ready) else None

    def rest(self) -> Cases:
        """What is left when there are no more chunks; issues that never closed come last."""
        return self._taken(None)

    def duty(self) -> Ints:
        """All duty (k, 5) by team, agent, begin and state."""
        duty = np.concatenate([*self._duty, np.empty((0, len(DutyColumn)), np.int64)])
        keys = (DutyColumn.STATE, DutyColumn.FROM, DutyColumn.AGENT, DutyColumn.TEAM)
        return np.asarray(duty[np.lexsort([duty[:, key] for key in keys])])

    def _taken(self, before: int | None) -> Cases:
        """Issues that closed before a tick (None: all), with their visits; others stay."""
        issues = np.concatenate([*self._issues, np.empty((0, len(IssueColumn)), np.int64)])
        visits = np.concatenate([*self._visits, np.empty((0, len(VisitColumn)), np.int64)])
        closed = _closed(issues)
        is_ready = np.full(len(issues), True) if before is None else closed < before
        goes = np.isin(visits[:, VisitColumn.ISSUE], issues[is_ready, IssueColumn.ISSUE])
        self._issues, self._visits = [issues[~is_ready]], [visits[~goes]]
        issues, visits = issues[is_ready], visits[goes]
        issues = issues[np.lexsort((issues[:, IssueColumn.ISSUE], closed[is_ready]))]
        born = issues[:, IssueColumn.BORN]
        return _with_visits(issues[(self._begins <= born) & (born < self._ends)], visits)


def _closed(issues: Ints) -> Ints:
    closed = issues[:, IssueColumn.CLOSED]
    return np.where(closed == NONE, _OPEN, closed)


def _with_visits(issues: Ints, visits: Ints) -> Cases:
    """The issues in their order, and those of the visits that are theirs."""
    uids = issues[:, IssueColumn.ISSUE]
    by_uid = np.argsort(uids)
    visits = visits[np.isin(visits[:, VisitColumn.ISSUE], uids)]
    place = by_uid[np.searchsorted(uids[by_uid], visits[:, VisitColumn.ISSUE])]
    order = np.lexsort((visits[:, VisitColumn.STEP], visits[:, VisitColumn.ATTEMPT], place))
    first = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(issues)))])
    return Cases(issues, visits[order], first.astype(np.int64))

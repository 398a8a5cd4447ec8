"""What an engine tells: chunks of visit, issue and duty rows, all int64.

A row is written once, when nothing about it can change any more. Times are ticks (1 microsecond)
since the start of the simulation; ``NONE`` marks what did not happen. Two engines are equal when
their tables are equal after `sort_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NONE",
    "LEAVES",
    "Chunk",
    "Duty",
    "DutyColumn",
    "End",
    "IssueColumn",
    "State",
    "VisitColumn",
    "gather",
    "sort_rows",
]

NONE = -1
"""A tick, agent or team that there is not: not yet, or never."""

LEAVES = -1
"""The next stage of a contact that leaves."""


class End(IntEnum):
    """How a visit ended (the truth, not what anybody believes)."""

    NONE = 0  # still open when the simulation stopped
    SOLVED = 1
    UNSOLVED = 2
    ABANDONED = 3
    TURNED_AWAY = 4


class State(IntEnum):
    """How an issue stands after its last contact has left."""

    OPEN = 0  # a contact or a return was still under way when the simulation stopped
    SOLVED = 1
    BELIEVED = 2  # unsolved, but the customer believes it solved
    UNSOLVED = 3
    ABANDONED = 4
    TURNED_AWAY = 5


class Duty(IntEnum):
    """What an agent is paid for between two ticks."""

    ON = 1  # on duty: idle or with contacts
    BREAK = 2
    OVERTIME = 3  # past the end of the shift (or of a fallen head count), finishing own contacts
    ABSENT = 4  # scheduled, did not come
    SHRINKAGE = 5  # scheduled, planned away from the queue (training, meetings)
    LOST_BREAK = 6  # a break that was due (from, to as planned) and could not begin before shift end


class VisitColumn(IntEnum):
    """Columns of the visit table. Key: issue, attempt, step."""

    ISSUE = 0  # uid of the issue
    ATTEMPT = 1  # 1 for the first contact, 2 for the first return, ...
    STEP = 2  # 1 for the contact's first visit, 2 for the next, ...
    STAGE = 3  # stage number
    NTH = 4  # 1 for this contact's first visit at this stage, 2 for its second there, ...
    CLASS = 5  # class number
    ENTER = 6  # tick at which the visit arrives at the stage
    START = 7  # tick of first reply (bot), answer (desk) or ENTER (delay); NONE if never answered
    END = 8  # tick at which the contact goes on or leaves; NONE while open
    FREED = 9  # tick at which the agent is free of it (END + after-call work); NONE without agent
    AGENT = 10  # agent number; NONE where no agent served
    TEAM = 11  # team number; NONE where no agent served
    HOW = 12  # `End`
    NEXT = 13  # stage number the contact goes to; LEAVES; LEAVES also while open


class IssueColumn(IntEnum):
    """Columns of the issue table. Key: issue."""

    ISSUE = 0  # uid
    STREAM = 1  # stream number
    CLASS = 2  # class number
    BORN = 3  # tick of the first contact
    CLOSED = 4  # tick at which the last contact left; NONE while open
    ATTEMPTS = 5  # contacts made
    STATE = 6  # `State`
    DROPPED = 7  # 1 if a return fell after the end and was dropped (`returns: dropped`)


class DutyColumn(IntEnum):
    """Columns of the duty table. Key: agent, from, state."""

    AGENT = 0  # agent number
    TEAM = 1  # team number
    STATE = 2  # `Duty`
    FROM = 3  # tick, inclusive
    TO = 4  # tick, exclusive


class Chunk(NamedTuple):
    """Some rows of each table: int64 arrays of shapes (n, 14), (m, 8) and (k, 5)."""

    visits: NDArray[np.int64]
    issues: NDArray[np.int64]
    duty: NDArray[np.int64]


def _table(rows: list[NDArray[np.int64]], n_columns: int) -> NDArray[np.int64]:
    return np.concatenate(rows) if rows else np.empty((0, n_columns), np.int64)


def gather(chunks: Iterable[Chunk]) -> Chunk:
    """One chunk with all rows of many, in the order in which they came."""
    kept = list(chunks)
    return Chunk(
        _table([c.visits for c in kept], len(VisitColumn)),
        _table([c.issues for c in kept], len(IssueColumn)),
        _table([c.duty for c in kept], len(DutyColumn)),
    )


def sort_rows(chunk: Chunk) -> Chunk:
    """The same rows sorted by their keys, so that tables of two engines can be compared."""
    v, i, d = chunk
    by_visit = np.lexsort((v[:, VisitColumn.STEP], v[:, VisitColumn.ATTEMPT], v[:, VisitColumn.ISSUE]))
    by_issue = np.argsort(i[:, IssueColumn.ISSUE], kind="stable")
    by_duty = np.lexsort((d[:, DutyColumn.STATE], d[:, DutyColumn.FROM], d[:, DutyColumn.AGENT]))
    return Chunk(v[by_visit], i[by_issue], d[by_duty])

"""The three tables of an export, with names in place of numbers: visits, issues, duty."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.records import NONE, DutyColumn, End, IssueColumn, VisitColumn
from sim.model.tables import StageKind
from sim.study.export.names import DUTIES, ENDS, LEAVES_WORD, STATES, Names

__all__ = ["TABLES", "Column", "Kind", "Table", "duty_table", "issue_table", "visit_table"]

Ints = NDArray[np.int64]

TABLES = ("visits", "issues", "duty")
"""Names of the tables."""

_KINDS = tuple(kind.name.lower() for kind in StageKind)


class Kind(Enum):
    """What the numbers of a column mean; in all, `NONE` is an empty cell."""

    NUMBER = "number"
    NAME = "name"  # its place in `Column.names`
    ISSUE = "issue"  # uid
    MOMENT = "moment"  # tick: date and time
    SECONDS = "seconds"  # ticks
    FLAG = "flag"  # 0 or 1


class Column(NamedTuple):
    """One column of a table."""

    name: str
    kind: Kind
    values: Ints
    names: tuple[str, ...] = ()


class Table(NamedTuple):
    """Some rows of a table."""

    name: str
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0].values)


def visit_table(names: Names, visits: Ints) -> Table:
    """Each contact at each stage."""
    labels, at = names.labels, VisitColumn
    enter, start, end = visits[:, at.ENTER], visits[:, at.START], visits[:, at.END]
    freed, how, stage = visits[:, at.FREED], visits[:, at.HOW], visits[:, at.STAGE]
    waited_until = np.where(start == NONE, end, start)  # answered, or gone without
    handled_until = np.where(freed == NONE, end, freed)  # as in the figures: with after-call work
    to = np.where(
        how == End.NONE, NONE, np.where(visits[:, at.NEXT] == NONE, len(labels.stages), visits[:, at.NEXT])
    )
    return _table(
        names,
        "visits",
        visits[:, at.CLASS],
        [
            Column("issue", Kind.ISSUE, visits[:, at.ISSUE]),
            Column("contact", Kind.NUMBER, visits[:, at.ATTEMPT]),
            Column("step", Kind.NUMBER, visits[:, at.STEP]),
            Column("stage", Kind.NAME, stage, labels.stages),
            Column("kind", Kind.NAME, names.stage_kind[stage], _KINDS),
        ],
        [
            Column("entered", Kind.MOMENT, enter),
            Column("answered", Kind.MOMENT, start),
            Column("ended", Kind.MOMENT, end),
            Column("wait_s", Kind.SECONDS, _between(enter, waited_until)),
            Column("handling_s", Kind.SECONDS, _between(start, handled_until)),
            Column("wrap_up_s", Kind.SECONDS, _between(end, freed)),
            Column("team", Kind.NAME, visits[:, at.TEAM], labels.teams),
            Column("agent", Kind.NAME, visits[:, at.AGENT], names.agents),
            Column("outcome", Kind.NAME, how, ENDS),
            Column("next", Kind.NAME, to, (*labels.stages, LEAVES_WORD)),
            Column("measured", Kind.FLAG, _is_measured(names, enter)),
            Column("entered_s", Kind.SECONDS, enter),
        ],
    )


def issue_table(names: Names, issues: Ints) -> Table:
    """Each customer's issue, with all its contacts."""
    at = IssueColumn
    born, closed, uids = issues[:, at.BORN], issues[:, at.CLOSED], issues[:, at.ISSUE]
    return _table(
        names,
        "issues",
        issues[:, at.CLASS],
        [
            Column("issue", Kind.ISSUE, uids),
            Column("stream", Kind.NAME, names.stream(uids), names.labels.streams),
        ],
        [
            Column("began", Kind.MOMENT, born),
            Column("closed", Kind.MOMENT, closed),
            Column("contacts", Kind.NUMBER, issues[:, at.ATTEMPTS]),
            Column("state", Kind.NAME, issues[:, at.STATE], STATES),
            Column("return_dropped", Kind.FLAG, issues[:, at.DROPPED]),
            Column("measured", Kind.FLAG, _is_measured(names, born)),
            Column("began_s", Kind.SECONDS, born),
            Column("closed_s", Kind.SECONDS, closed),
        ],
    )


def duty_table(names: Names, duty: Ints) -> Table:
    """What each agent is paid for, and when."""
    at = DutyColumn
    begins, ends = duty[:, at.FROM], duty[:, at.TO]
    columns = (
        Column("team", Kind.NAME, duty[:, at.TEAM], names.labels.teams),
        Column("agent", Kind.NAME, duty[:, at.AGENT], names.agents),
        Column("duty", Kind.NAME, duty[:, at.STATE], DUTIES),
        Column("begins", Kind.MOMENT, begins),
        Column("ends", Kind.MOMENT, ends),
        Column("lasts_s", Kind.SECONDS, ends - begins),
        Column("begins_s", Kind.SECONDS, begins),
        Column("ends_s", Kind.SECONDS, ends),
    )
    return Table("duty", columns)


def _table(names: Names, name: str, classes: Ints, before: list[Column], after: list[Column]) -> Table:
    """The columns with those of the attributes in the middle; one with a name of ours is `attribute.NAME`."""
    ours = {column.name for column in (*before, *after)}
    of_customers = (
        Column(_free(attribute, ours), Kind.NAME, names.value(k, classes), values)
        for k, (attribute, values) in enumerate(names.labels.attributes)
    )
    return Table(name, (*before, *of_customers, *after))


def _free(name: str, taken: Iterable[str]) -> str:
    return f"attribute.{name}" if name.lower() in taken else name


def _between(begins: Ints, ends: Ints) -> Ints:
    return np.where((begins == NONE) | (ends == NONE), NONE, ends - begins)


def _is_measured(names: Names, ticks: Ints) -> Ints:
    """Whether what begins at these ticks counts in the figures of a run."""
    return ((names.horizon.warm_up <= ticks) & (ticks < names.horizon.end)).astype(np.int64)

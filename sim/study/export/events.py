"""Issues as stories of events, for event logs: what happened to each contact, when, where and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from sim.model.records import NONE, End, IssueColumn, VisitColumn
from sim.study.export.cases import Cases
from sim.study.export.names import ENDS, STATES, Names

__all__ = ["Event", "Story", "stories"]

ENTERS, ANSWERED, ENDED = range(3)
"""What happens in a visit; `Event.what` is one of them."""


class Event(NamedTuple):
    """A thing that happened."""

    what: int  # `ENTERS`, `ANSWERED` or `ENDED`
    time: str  # ISO 8601, to the microsecond, of no time zone
    contact: int  # 1 for the first contact, 2 for the first return, ...
    stage: int
    team: int  # NONE where no agent served
    agent: int  # NONE where no agent served
    end: str  # ENDED only: solved, unsolved, abandoned, turned away; else ""
    wrap_up: int  # ENDED only: ticks of the agent's work after it; else 0


class Story(NamedTuple):
    """An issue and its events, in order."""

    issue: str
    stream: int
    values: tuple[str, ...]  # of the attributes
    began: str
    state: str
    contacts: int
    is_measured: bool
    events: list[Event]


def stories(names: Names, cases: Cases) -> Iterator[Story]:
    """What happened to each of some issues; a visit that was under way in the end just has no end."""
    issues, visits = cases.issues, cases.visits
    at, of = VisitColumn, IssueColumn
    ticks = visits[:, [at.ENTER, at.START, at.END]]
    times = np.datetime_as_string(names.moments(ticks), unit="us").tolist()
    rows = visits[:, [at.START, at.END, at.ATTEMPT, at.STAGE, at.TEAM, at.AGENT, at.HOW, at.FREED]].tolist()
    born = issues[:, of.BORN]
    values = [
        [known[value] for value in names.value(k, issues[:, of.CLASS]).tolist()]
        for k, (_, known) in enumerate(names.labels.attributes)
    ]
    is_measured = (names.horizon.warm_up <= born) & (born < names.horizon.end)
    columns: tuple[Iterable[Any], ...] = (
        names.issues(issues[:, of.ISSUE]),
        names.stream(issues[:, of.ISSUE]).tolist(),
        zip(*values, strict=True) if values else [()] * len(issues),
        np.datetime_as_string(names.moments(born), unit="us").tolist(),
        [STATES[state] for state in issues[:, of.STATE].tolist()],
        issues[:, of.ATTEMPTS].tolist(),
        is_measured.tolist(),
    )
    first = cases.first.tolist()
    for i, said in enumerate(zip(*columns, strict=True)):
        events: list[Event] = []
        for k in range(first[i], first[i + 1]):
            events += _events(rows[k], times[k])
        issue, stream, own, began, state, contacts, counts = said
        yield Story(issue, stream, own, began, state, contacts, counts, events)


def _events(row: list[int], times: list[str]) -> Iterator[Event]:
    start, end, contact, stage, team, agent, how, freed = row
    yield Event(ENTERS, times[0], contact, stage, NONE, NONE, "", 0)
    if start != NONE:
        yield Event(ANSWERED, times[1], contact, stage, team, agent, "", 0)
    if how != End.NONE:
        yield Event(ENDED, times[2], contact, stage, team, agent, ENDS[how], max(freed - end, 0))

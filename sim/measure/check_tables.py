"""Record tables as the check of records reads them: sorted columns, spans and their overlay.

A *span* is a half-open interval of ticks with an owner (an agent, team, line or stage). `overlay`
cuts time where anything changes and counts how many spans of each layer are open in each piece, so
that most axioms become one comparison of counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.records import NONE, Chunk, Duty, End, sort_rows
from sim.model.tables import Model, StageKind, period_at

__all__ = [
    "Bools",
    "Duties",
    "Ints",
    "Issues",
    "Pieces",
    "RowKey",
    "Spans",
    "Violation",
    "Visits",
    "World",
    "breach",
    "broken",
    "duty_keys",
    "duty_spans",
    "issue_keys",
    "look",
    "merged",
    "named",
    "open_at",
    "overlay",
    "per_owner",
    "possible_stages",
    "runs",
    "union",
    "visit_keys",
    "work_spans",
]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
RowKey = tuple[str | int, ...]

_SHOWN = 5  # row keys named in a violation; its message has the full count


class Violation(NamedTuple):
    """An axiom that the tables break, and where."""

    axiom: str  # key of AXIOMS
    message: str
    rows: tuple[RowKey, ...]  # ("visit", issue, attempt, step), ("issue", uid), ("duty", agent, from, state)


class Visits(NamedTuple):
    """Columns of the visit table, sorted by issue, attempt, step; see `VisitColumn`."""

    issue: Ints
    attempt: Ints
    step: Ints
    stage: Ints
    nth: Ints
    cls: Ints
    enter: Ints
    start: Ints
    end: Ints
    freed: Ints
    agent: Ints
    team: Ints
    how: Ints
    next: Ints


class Issues(NamedTuple):
    """Columns of the issue table, sorted by uid; see `IssueColumn`."""

    issue: Ints
    stream: Ints
    cls: Ints
    born: Ints
    closed: Ints
    attempts: Ints
    state: Ints
    dropped: Ints


class Duties(NamedTuple):
    """Columns of the duty table, sorted by agent, from, state; see `DutyColumn`."""

    agent: Ints
    team: Ints
    state: Ints
    begins: Ints
    ends: Ints


class Spans(NamedTuple):
    """Half-open intervals of ticks; arrays of one length."""

    owner: Ints
    begins: Ints
    ends: Ints
    weight: Ints | None = None  # how much a span counts; None = 1 each


class Pieces(NamedTuple):
    """Time of each owner, cut where anything changes; sorted by owner and time, no piece is empty."""

    owner: Ints  # (n,)
    begins: Ints  # (n,)
    ends: Ints  # (n,)
    n_open: Ints  # (layers, n) weight of the spans open in the piece


class World(NamedTuple):
    """What the axioms read."""

    model: Model
    v: Visits
    i: Issues
    d: Duties
    last: int  # the last tick that the tables know of, at least the end: duty is cut there
    kind: Ints  # (visits,) `StageKind`
    period: Ints  # (visits,) period at ENTER
    line: Ints  # (visits,) line at a desk, else NONE
    is_first: Bools  # (visits,) first of its issue
    is_last: Bools  # (visits,) last of its issue
    ends_contact: Bools  # (visits,) last of its contact
    row: Ints  # (visits,) row of its issue in the issue table, NONE if there is none


def look(model: Model, records: Chunk) -> World:
    """The tables sorted, with what several axioms need; codes must be in range."""
    v_rows, i_rows, d_rows = sort_rows(records)
    v, i, d = Visits(*v_rows.T.copy()), Issues(*i_rows.T.copy()), Duties(*d_rows.T.copy())
    changes = v.issue[1:] != v.issue[:-1]
    leaves = changes | (v.attempt[1:] != v.attempt[:-1])
    edge = np.ones(min(1, len(v.issue)), bool)
    at = np.searchsorted(i.issue, v.issue)
    known = at < len(i.issue)
    known[known] = i.issue[at[known]] == v.issue[known]
    planned = d.state == Duty.LOST_BREAK
    seen = [v.enter, v.start, v.end, i.closed, d.ends[~planned]]
    return World(
        model,
        v,
        i,
        d,
        last=max([model.horizon.end, *(int(ticks.max()) for ticks in seen if len(ticks))]),
        kind=model.stages.kind[v.stage],
        period=period_at(model.calendar, v.enter),
        line=np.where(model.stages.kind[v.stage] == StageKind.DESK, model.stages.line[v.stage, v.cls], NONE),
        is_first=np.concatenate([edge, changes]),
        is_last=np.concatenate([changes, edge]),
        ends_contact=np.concatenate([leaves, edge]),
        row=np.where(known, at, NONE),
    )


def visit_keys(w: World, at: Ints) -> list[RowKey]:
    """Keys of the visits in rows ``at``."""
    return [("visit", int(w.v.issue[n]), int(w.v.attempt[n]), int(w.v.step[n])) for n in at]


def issue_keys(w: World, at: Ints) -> list[RowKey]:
    """Keys of the issues in rows ``at``."""
    return [("issue", int(w.i.issue[n])) for n in at]


def duty_keys(w: World, at: Ints) -> list[RowKey]:
    """Keys of the duty rows ``at``."""
    return [("duty", int(w.d.agent[n]), int(w.d.begins[n]), int(w.d.state[n])) for n in at]


def breach(axiom: str, message: str, keys: list[RowKey], n: int) -> Violation:
    """One violation for ``n`` places, naming the first few."""
    return Violation(axiom, message if n <= 1 else f"{message} ({n} times)", tuple(keys[:_SHOWN]))


def broken(w: World, axiom: str, table: str, wrong: Bools, message: str) -> Iterator[Violation]:
    """A violation if any row of the table is ``wrong``; ``table`` is visit, issue or duty."""
    at = np.flatnonzero(wrong)
    if len(at):
        keys = {"visit": visit_keys, "issue": issue_keys, "duty": duty_keys}[table]
        yield breach(axiom, message, keys(w, at[:_SHOWN]), len(at))


def named(
    w: World, axiom: str, message: str, at: Iterable[int | np.integer], table: str
) -> Iterator[Violation]:
    """A violation if there are rows ``at``, in any order, perhaps twice; ``table`` is visit or duty."""
    found = np.unique(np.fromiter(at, np.int64))
    if len(found):
        keys = visit_keys(w, found[:_SHOWN]) if table == "visit" else duty_keys(w, found[:_SHOWN])
        yield breach(axiom, message, keys, len(found))


def overlay(*layers: Spans) -> Pieces:
    """Cut each owner's time where any span begins or ends; empty spans count for nothing."""
    owner = np.concatenate([np.concatenate([s.owner, s.owner]) for s in layers])
    tick = np.concatenate([np.concatenate([s.begins, s.ends]) for s in layers])
    change = np.zeros((len(layers), len(tick)), np.int64)
    first = 0
    for n, spans in enumerate(layers):
        size = len(spans.owner)
        weight = np.ones(size, np.int64) if spans.weight is None else spans.weight
        weight = np.where(spans.begins < spans.ends, weight, 0)
        change[n, first : first + size] = weight
        change[n, first + size : first + 2 * size] = -weight
        first += 2 * size
    if not len(tick):
        return Pieces(owner, tick, tick, change)
    order = np.lexsort((tick, owner))
    owner, tick = owner[order], tick[order]
    new = np.concatenate([[True], (owner[1:] != owner[:-1]) | (tick[1:] != tick[:-1])])
    at = np.flatnonzero(new)
    # The changes of one owner add up to nought, so one running sum serves all owners.
    count = np.cumsum(np.add.reduceat(change[:, order], at, axis=1), axis=1)
    owner, tick = owner[at], tick[at]
    inside = np.flatnonzero(owner[1:] == owner[:-1])
    return Pieces(owner[inside], tick[inside], tick[inside + 1], count[:, inside])


def merged(pieces: Pieces, chosen: Bools) -> Spans:
    """The chosen pieces as spans, joined where one goes on without a gap."""
    at = np.flatnonzero(chosen)
    owner, begins, ends = pieces.owner[at], pieces.begins[at], pieces.ends[at]
    if not len(at):
        return Spans(owner, begins, ends)
    new = np.concatenate([[True], (owner[1:] != owner[:-1]) | (begins[1:] != ends[:-1])])
    final = np.concatenate([new[1:], [True]])
    return Spans(owner[new], begins[new], ends[final])


def union(spans: Spans) -> Spans:
    """The time in which at least one of an owner's spans is open, joined where one goes on without a gap."""
    pieces = overlay(spans)
    return merged(pieces, pieces.n_open[0] > 0)


def per_owner(spans: Spans) -> dict[int, tuple[list[int], list[int]]]:
    """Begins and ends of each owner's spans, in order; the spans must be sorted."""
    found: dict[int, tuple[list[int], list[int]]] = {}
    for owner, begins, ends in zip(*(column.tolist() for column in spans[:3]), strict=True):
        mine = found.setdefault(owner, ([], []))
        mine[0].append(begins)
        mine[1].append(ends)
    return found


def open_at(spans: Spans, owner: int, tick: int) -> Ints:
    """Numbers of the owner's spans that hold the tick."""
    return np.flatnonzero((spans.owner == owner) & (spans.begins <= tick) & (tick < spans.ends))


def runs(spans: Spans, owner: Ints, tick: Ints) -> Ints:
    """How many spans of each owner hold both ``tick - 1`` and ``tick``: open through all of the tick."""
    found = np.zeros(len(tick), np.int64)
    for one in np.unique(owner):
        mine, asked = spans.owner == one, owner == one
        before = np.searchsorted(np.sort(spans.begins[mine]), tick[asked], side="left")
        over = np.searchsorted(np.sort(spans.ends[mine]), tick[asked], side="right")
        found[asked] = before - over
    return found


def duty_spans(w: World, *states: Duty) -> Spans:
    """Duty rows of these states by agent, cut at the last tick known."""
    chosen = np.isin(w.d.state, states)
    return Spans(w.d.agent[chosen], w.d.begins[chosen], np.minimum(w.d.ends[chosen], w.last))


def work_spans(w: World) -> tuple[Spans, Ints]:
    """Time each served contact holds a chat of its agent, after-call work included; and the visit rows.

    An open contact holds it until the last tick known.
    """
    at = np.flatnonzero((w.v.agent != NONE) & (w.v.start != NONE))
    until = np.where(w.v.how[at] == End.NONE, w.last, w.v.freed[at])
    return Spans(w.v.agent[at], w.v.start[at], np.minimum(until, w.last)), at


def possible_stages(model: Model) -> Bools:
    """(routes, stages + 1): where a row of `routes` can lead; the last column is LEAVES."""
    first, below, to = model.routes
    row = np.repeat(np.arange(len(first) - 1), np.diff(first))
    share = np.diff(below, prepend=0.0)
    share[first[:-1]] = below[first[:-1]]
    possible = np.zeros((len(first) - 1, len(model.stages.kind) + 1), bool)
    possible[row[share > 0], to[share > 0]] = True
    return possible

"""Axioms about agents at work: who is on duty when, with how many contacts, whoever planned it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from sim.measure.check_tables import (
    Ints,
    Pieces,
    Spans,
    Violation,
    World,
    broken,
    duty_spans,
    named,
    open_at,
    overlay,
    per_owner,
    union,
    work_spans,
)
from sim.model.records import NONE, Duty

__all__ = ["AXIOMS", "check_duty"]

AXIOMS = {
    "agent_team": "An agent's number lies among the numbers of its team.",
    "eligible": "A contact is served by a team that serves its line.",
    "chats": "An agent never has more contacts at once than its team's chats.",
    "on_duty": "An agent takes a contact only while on duty.",
    "covered": "An agent works, after-call work included, only on duty or in overtime.",
    "duty_overlap": "An agent has one duty at a time; a lost break falls due during its agent's shift.",
    "overtime": "Overtime follows duty at once, and is spent with contacts that are still open.",
    "break_empty": "An agent on a break has no contact.",
}


def check_duty(w: World) -> Iterator[Violation]:
    """All axioms about agents at work."""
    yield from _numbers(w)
    yield from _work(w)
    yield from _overlaps(w)


def _numbers(w: World) -> Iterator[Violation]:
    teams, v, d = w.model.teams, w.v, w.d
    for table, agent, team in (("visit", v.agent, v.team), ("duty", d.agent, d.team)):
        wrong = np.zeros(len(team), bool)
        has = np.flatnonzero(team != NONE)
        place = agent[has] - teams.first_agent[team[has]]
        wrong[has] = (place < 0) | (place >= teams.n_agents[team[has]])
        yield from broken(w, "agent_team", table, wrong, "agent's number is not one of the team's")
    wrong = np.zeros(len(v.team), bool)
    has = np.flatnonzero((w.line != NONE) & (v.team != NONE))
    wrong[has] = w.model.lines.rank[w.line[has], v.team[has]] <= 0
    yield from broken(w, "eligible", "visit", wrong, "team does not serve this line")


def _work(w: World) -> Iterator[Violation]:
    work, at = work_spans(w)
    pieces = overlay(work)
    n_chats = np.zeros(len(pieces.owner), np.int64)
    place = {int(a): int(w.model.teams.chats[t]) for a, t in zip(w.v.agent[at], w.v.team[at], strict=True)}
    n_chats[:] = [place[int(a)] for a in pieces.owner]
    over = np.flatnonzero(pieces.n_open[0] > n_chats)
    yield from named(
        w, "chats", "more contacts at once than chats", _holding(at, work, pieces, over), "visit"
    )
    on, paid = duty_spans(w, Duty.ON), duty_spans(w, Duty.ON, Duty.OVERTIME)
    yield from named(w, "on_duty", "takes a contact while not on duty", _not_on(w, at, on), "visit")
    breaks = duty_spans(w, Duty.BREAK)
    for layer, meets, axiom, message in (
        (paid, False, "covered", "works neither on duty nor in overtime"),
        (breaks, True, "break_empty", "has a contact on a break"),
    ):
        pieces = overlay(work, layer)
        places = np.flatnonzero((pieces.n_open[0] > 0) & ((pieces.n_open[1] > 0) == meets))
        yield from named(w, axiom, message, _holding(at, work, pieces, places), "visit")
    overtime = duty_spans(w, Duty.OVERTIME)
    pieces = overlay(overtime, work)
    places = np.flatnonzero((pieces.n_open[0] > 0) & (pieces.n_open[1] == 0))
    rows = np.flatnonzero(w.d.state == Duty.OVERTIME)
    yield from named(
        w, "overtime", "overtime without an open contact", _holding(rows, overtime, pieces, places), "duty"
    )
    before = {(int(a), int(t)) for a, t in zip(on.owner, on.ends, strict=True)}
    yield from named(
        w,
        "overtime",
        "overtime does not follow duty",
        (n for n in rows if (int(w.d.agent[n]), int(w.d.begins[n])) not in before),
        "duty",
    )


def _holding(rows: Ints, spans: Spans, pieces: Pieces, places: Ints) -> list[int]:
    """Rows whose spans hold the first few of these pieces; span n belongs to row ``rows[n]``."""
    found = [rows[open_at(spans, int(pieces.owner[p]), int(pieces.begins[p]))] for p in places[:20]]
    return [int(n) for part in found for n in part]


def _not_on(w: World, at: Ints, on: Spans) -> Ints:
    """Visits among rows ``at`` that start while their agent is not on duty."""
    spans = union(on)
    by_agent = per_owner(spans)
    wrong = []
    for n, agent, start, freed in zip(at, w.v.agent[at], w.v.start[at], w.v.freed[at], strict=True):
        begins, ends = by_agent.get(int(agent), ([], []))
        k = bisect_right(begins, start) - 1
        # A contact of no length can start and end at the tick at which its agent goes. At the last tick
        # known duty is cut, and the duty of who comes then has no row.
        inside = k >= 0 and (start < ends[k] or start == ends[k] == freed)
        if not inside and start != w.last:
            wrong.append(n)
    return np.array(wrong, np.int64)


def _overlaps(w: World) -> Iterator[Violation]:
    # Overtime may run into a shift that its agent does not come to; then both rows are due.
    away = (Duty.ABSENT, Duty.SHRINKAGE)
    for states in ((Duty.ON, Duty.BREAK, Duty.OVERTIME), (Duty.ON, Duty.BREAK, *away)):
        spans = duty_spans(w, *states)
        rows = np.flatnonzero(np.isin(w.d.state, states))
        pieces = overlay(spans)
        places = np.flatnonzero(pieces.n_open[0] > 1)
        found = _holding(rows, spans, pieces, places)
        yield from named(w, "duty_overlap", "two duties at once", found, "duty")
    # A break can fall due during the one before, and be lost because that one ends with the shift.
    on = per_owner(union(duty_spans(w, Duty.ON, Duty.BREAK)))
    lost = np.flatnonzero(w.d.state == Duty.LOST_BREAK)

    def is_at_work(agent: int, tick: int) -> bool:
        begins, ends = on.get(agent, ([], []))
        k = bisect_right(begins, tick) - 1
        return k >= 0 and tick < ends[k]

    yield from named(
        w,
        "duty_overlap",
        "a lost break falls due while its agent is not at work",
        (n for n in lost if not is_at_work(int(w.d.agent[n]), int(w.d.begins[n]))),
        "duty",
    )

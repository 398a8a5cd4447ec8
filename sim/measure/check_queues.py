"""Axioms about queues: who waits, who is served by whom, who is turned away or gives up.

Records do not tell the order of events inside one tick. Every axiom here is worded so that it holds
whatever that order was, except where the total order itself decides (see `_gone`).
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Literal, NamedTuple

import numpy as np

from sim.measure.check_duty import breaks_pending
from sim.measure.check_tables import (
    Ints,
    Spans,
    Violation,
    World,
    breach,
    broken,
    duty_spans,
    merged,
    open_at,
    overlay,
    runs,
    visit_keys,
    work_spans,
)
from sim.model.records import NONE, Duty, End
from sim.model.tables import NEVER, UNLIMITED, LineRule, StageKind

__all__ = ["AXIOMS", "check_queues"]

AXIOMS = {
    "work_conserving": "Nobody waits while an agent who serves the line is on duty, takes contacts and has a "
    "free chat.",
    "line_order": "Of two contacts waiting in a line, the one with the earlier enter time less head start is "
    "answered no later.",
    "team_rule": "A freed agent takes the best contact by its team's rule among all lines the team serves.",
    "asks_order": "An arriving contact is served by the first team its line asks that has a free agent.",
    "agent_choice": "An arriving contact is served by the agent with the fewest open contacts (or the most, "
    "if the desk says so), then by the one longest at that number.",
    "abandoned": "Nobody gives up on arrival while an agent is free.",
    "queue_limit": "No more contacts wait at a desk than its limit when one joins them.",
    "bot_limit": "No more sessions run at a bot than its limit when one joins them.",
    "turned_away": "A contact is turned away only where a limit is reached and no agent is free.",
}


def check_queues(w: World) -> Iterator[Violation]:
    """All axioms about waiting and matching."""
    free = _free_spans(w)
    by_line = _by_line(w, free)
    waits, at = _waiting(w)
    yield from _work_conserving(w, waits, at, by_line)
    yield from _orders(w)
    yield from _asks_order(w, free)
    yield from _agent_choice(w)
    yield from _limits(w, waits, at)
    yield from _turned_away(w, by_line)


def _free_spans(w: World) -> Spans:
    """Time in which an agent takes contacts: on duty, no break due, a chat free; the owner is the agent."""
    work, _ = work_spans(w)
    on = duty_spans(w, Duty.ON)
    pieces = overlay(on, work, breaks_pending(w))
    teams = w.model.teams
    in_order = np.argsort(teams.first_agent, kind="stable")
    team = in_order[np.searchsorted(teams.first_agent[in_order], pieces.owner, side="right") - 1]
    n_on, n_open, n_due = pieces.n_open
    return merged(pieces, (n_on > 0) & (n_due == 0) & (n_open < teams.chats[team]))


def _of_team(w: World, spans: Spans, team: int) -> Spans:
    """The spans of the team's agents."""
    first = w.model.teams.first_agent[team]
    mine = (spans.owner >= first) & (spans.owner < first + w.model.teams.n_agents[team])
    return Spans(spans.owner[mine], spans.begins[mine], spans.ends[mine])


def _by_line(w: World, free: Spans) -> Spans:
    """Free time of every agent once for each line its team serves; the owner is the line."""
    parts = []
    for line in range(len(w.model.lines.desk)):
        for team in np.flatnonzero(w.model.lines.rank[line] > 0):
            mine = _of_team(w, free, int(team))
            parts.append(Spans(np.full(len(mine.owner), line), mine.begins, mine.ends))
    if not parts:
        return Spans(*np.empty((3, 0), np.int64))
    return Spans(
        np.concatenate([p.owner for p in parts]),
        np.concatenate([p.begins for p in parts]),
        np.concatenate([p.ends for p in parts]),
    )


def _waiting(w: World) -> tuple[Spans, Ints]:
    """Time each contact waits at a desk, by line, and the visit rows; a wait still open lasts to the end."""
    v = w.v
    at = np.flatnonzero((w.line != NONE) & (v.how != End.TURNED_AWAY))
    until = np.where(v.start[at] != NONE, v.start[at], np.where(v.end[at] != NONE, v.end[at], w.last))
    return Spans(w.line[at], v.enter[at], until), at


def _work_conserving(w: World, waits: Spans, at: Ints, by_line: Spans) -> Iterator[Violation]:
    pieces = overlay(waits, by_line)
    wrong = np.flatnonzero((pieces.n_open[0] > 0) & (pieces.n_open[1] > 0))
    if len(wrong):
        p = wrong[0]
        rows = at[open_at(waits, int(pieces.owner[p]), int(pieces.begins[p]))]
        yield breach(
            "work_conserving",
            f"waits although an agent is free at tick {pieces.begins[p]}",
            visit_keys(w, rows[:5]),
            len(wrong),
        )


def _keys(w: World) -> Ints:
    """Enter time less head start of each visit; a strict priority comes before everything else."""
    return w.v.enter - w.model.stages.head_start[w.v.stage, w.v.cls]


def _gone(w: World) -> Ints:
    """First tick at which each visit can no longer be waiting when an agent is freed.

    Work and duty events come before patience, so who gives up at a tick was still waiting for any agent
    freed at that tick. Who is answered at a tick may be answered before any other of that tick.
    """
    v = w.v
    return np.where(v.start != NONE, v.start, np.where(v.end != NONE, v.end + 1, NEVER))


def _orders(w: World) -> Iterator[Violation]:
    """Sweep over ticks with a heap of waiting contacts per line; gone ones are dropped as they come up."""
    v, lines = w.v, w.model.lines
    at = np.flatnonzero((w.line != NONE) & (v.how != End.TURNED_AWAY))
    key, gone = _keys(w).tolist(), _gone(w).tolist()
    started = at[(v.start[at] != NONE) & (v.start[at] > v.enter[at])]
    # At one tick look at those answered (0) before those who enter (1): these may have come later.
    answered = [(tick, 0, n) for tick, n in zip(v.start[started].tolist(), started.tolist(), strict=True)]
    entered = [(tick, 1, n) for tick, n in zip(v.enter[at].tolist(), at.tolist(), strict=True)]
    heaps: list[list[tuple[int, int, int]]] = [[] for _ in lines.desk]
    serves = [np.flatnonzero(lines.rank[:, team] > 0).tolist() for team in range(len(w.model.teams.chats))]
    line_of, team_of, uid = w.line.tolist(), v.team.tolist(), v.issue.tolist()
    jumped: list[tuple[int, int]] = []
    misruled: list[tuple[int, int]] = []
    for tick, enters, n in sorted(answered + entered):
        if enters:
            heappush(heaps[line_of[n]], (key[n], uid[n], n))
            continue
        for line in {line_of[n], *serves[team_of[n]]}:
            heap = heaps[line]
            while heap and gone[heap[0][2]] <= tick:
                heappop(heap)
            if not heap:
                continue
            best = heap[0][2]
            if line == line_of[n]:
                if (key[best], uid[best]) < (key[n], uid[n]):
                    jumped.append((best, n))
            elif _worth(w, best, team_of[n], key) < _worth(w, n, team_of[n], key):
                misruled.append((best, n))
    for axiom, pairs, message in (
        ("line_order", jumped, "waits while one behind it in the line is answered"),
        ("team_rule", misruled, "waits while the team answers a worse contact"),
    ):
        if pairs:
            yield breach(axiom, message, visit_keys(w, np.array(pairs[0])), len(pairs))


def _worth(w: World, n: int, team: int, key: list[int]) -> tuple[int, ...]:
    """Order in which the team takes waiting contacts; the least comes first."""
    rule = w.model.teams.rule[team]
    rank = int(w.model.lines.rank[w.line[n], team])
    place = (key[n], int(w.v.issue[n]))
    if rule == LineRule.LONGEST_WAITING:
        return place
    if rule == LineRule.SKILL_FIRST:
        return rank, *place
    is_strict = w.model.stages.head_start[w.v.stage[n], w.v.cls[n]] == NEVER
    return int(not is_strict), rank, *place


def _at_once(w: World) -> Ints:
    """Visits answered by an agent at the tick they arrive."""
    return np.flatnonzero((w.line != NONE) & (w.v.start == w.v.enter) & (w.v.team != NONE))


def _asks_order(w: World, free: Spans) -> Iterator[Violation]:
    at = _at_once(w)
    by_team = [_of_team(w, free, team) for team in range(len(w.model.teams.chats))]
    passed_over = np.zeros(len(w.v.issue), bool)
    for line in np.unique(w.line[at]):
        mine = at[w.line[at] == line]
        asked = w.model.lines.asks[line]
        asked = asked[asked != NONE]
        position = {int(team): n for n, team in enumerate(asked)}
        place = np.array([position.get(int(team), 0) for team in w.v.team[mine]])
        for n, team in enumerate(asked):
            spans = by_team[int(team)]
            one = Spans(np.zeros(len(spans.owner), np.int64), spans.begins, spans.ends)
            is_free = runs(one, np.zeros(len(mine), np.int64), w.v.enter[mine]) > 0
            passed_over[mine[(place > n) & is_free]] = True
    yield from broken(w, "asks_order", "visit", passed_over, "a team asked earlier was free")


class _Change(NamedTuple):
    """What happens to an agent at a tick."""

    tick: int
    agent: int
    chats: int  # change of its open contacts
    duty: int  # 1 comes on duty, -1 goes
    due: int  # 1 a break falls due, -1 it begins
    visit: int  # row of the visit it takes, NONE


def _changes(w: World) -> list[_Change]:
    v = w.v
    at = np.flatnonzero((v.agent != NONE) & (v.start != NONE))
    changes = [
        _Change(t, a, 1, 0, 0, n)
        for t, a, n in zip(v.start[at].tolist(), v.agent[at].tolist(), at.tolist(), strict=True)
    ]
    done = at[v.freed[at] != NONE]
    changes += [
        _Change(t, a, -1, 0, 0, NONE)
        for t, a in zip(v.freed[done].tolist(), v.agent[done].tolist(), strict=True)
    ]
    for spans, duty, due in ((duty_spans(w, Duty.ON), 1, 0), (breaks_pending(w), 0, 1)):
        for a, begins, ends in zip(*(column.tolist() for column in spans[:3]), strict=True):
            changes += [_Change(begins, a, 0, duty, due, NONE), _Change(ends, a, 0, -duty, -due, NONE)]
    changes.sort(key=lambda c: c.tick)
    return changes


class _Agents:
    """State of every agent while sweeping over the changes; arrays by agent number."""

    def __init__(self, n: int) -> None:
        self.chats = np.zeros(n, np.int64)
        self.duty = np.zeros(n, np.int64)
        self.due = np.zeros(n, np.int64)
        # The tick since which the number of open contacts is what it is, as early and as late as it can be
        # read: coming back from a break or from overtime may or may not begin it anew.
        self.since_early = np.full(n, NONE)
        self.since_late = np.full(n, NONE)
        self.touched = np.full(n, NONE)  # tick of the agent's last change

    def apply(self, change: _Change) -> None:
        """Bring the agent's state up to date."""
        a = change.agent
        self.chats[a] += change.chats
        self.duty[a] += change.duty
        self.due[a] += change.due
        if change.chats:
            self.since_early[a] = self.since_late[a] = change.tick
        elif change.duty > 0:
            self.since_late[a] = change.tick

    def touch(self, group: list[_Change]) -> set[int]:
        """Mark the agents that change at this tick; those that change more than once."""
        several = set()
        for change in group:
            if self.touched[change.agent] == change.tick:
                several.add(change.agent)
            self.touched[change.agent] = change.tick
        return several

    def better(self, a: int, own: slice, limit: int, sign: int, tick: int) -> bool:
        """Whether another agent of the team should have been taken before ``a``; state before the tick."""
        chats = sign * self.chats[own]
        mine = sign * self.chats[a]
        free = (self.duty[own] > 0) & (self.due[own] == 0) & (self.chats[own] < limit)
        free &= self.touched[own] != tick  # of others nobody knows how they were when the contact came
        longer = self.since_late[own] < self.since_early[a]
        return bool((free & ((chats < mine) | ((chats == mine) & longer))).any())


def _agent_choice(w: World) -> Iterator[Violation]:
    teams, v = w.model.teams, w.v
    agents = _Agents(int((teams.first_agent + teams.n_agents).max(initial=0)))
    at_once = set(_at_once(w).tolist())
    changes = _changes(w)
    wrong = []
    first = 0
    while first < len(changes):
        last = first + 1
        tick = changes[first].tick
        while last < len(changes) and changes[last].tick == tick:
            last += 1
        group = changes[first:last]
        first = last
        several = agents.touch(group)
        for c in group:
            if c.visit in at_once and c.agent not in several:
                team = int(v.team[c.visit])
                own = slice(int(teams.first_agent[team]), int(teams.first_agent[team] + teams.n_agents[team]))
                sign = -1 if w.model.stages.busiest_first[v.stage[c.visit]] else 1
                if agents.better(c.agent, own, int(teams.chats[team]), sign, tick):
                    wrong.append(c.visit)
        for c in group:
            agents.apply(c)
    if wrong:
        yield breach(
            "agent_choice",
            "another agent of the team should have been taken",
            visit_keys(w, np.array(wrong[:5])),
            len(wrong),
        )


def _limits(w: World, waits: Spans, at: Ints) -> Iterator[Violation]:
    v = w.v
    bots = np.flatnonzero((w.kind == StageKind.BOT) & (v.how != End.TURNED_AWAY))
    until = np.where(v.end[bots] != NONE, v.end[bots], w.last)
    for axiom, spans, rows in (
        ("queue_limit", Spans(v.stage[at], waits.begins, waits.ends), at),
        ("bot_limit", Spans(v.stage[bots], v.enter[bots], until), bots),
    ):
        limit = w.model.stages.limit[v.stage[rows], w.period[rows]]
        joins = (limit != UNLIMITED) & (spans.begins < spans.ends)
        # The last to join at a tick found all others that stay beyond the tick.
        wrong = joins & (_open_after(spans, spans.owner, spans.begins) > limit)
        if wrong.any():
            keys = visit_keys(w, rows[wrong][:5])
            yield breach(axiom, "joins although the limit is reached", keys, int(wrong.sum()))


def _open_after(spans: Spans, owner: Ints, tick: Ints) -> Ints:
    """How many spans of each owner are open just after the tick."""
    return _count(spans, owner, tick, "right")


def _open_around(spans: Spans, owner: Ints, tick: Ints) -> Ints:
    """The most spans of each owner that can have been open at any moment of the tick."""
    return _count(spans, owner, tick, "left")


def _count(spans: Spans, owner: Ints, tick: Ints, side: Literal["left", "right"]) -> Ints:
    found = np.zeros(len(tick), np.int64)
    for one in np.unique(owner):
        mine, asked = spans.owner == one, owner == one
        begun = np.searchsorted(np.sort(spans.begins[mine]), tick[asked], side="right")
        ended = np.searchsorted(np.sort(spans.ends[mine]), tick[asked], side=side)
        found[asked] = begun - ended
    return found


def _turned_away(w: World, by_line: Spans) -> Iterator[Violation]:
    v = w.v
    away = v.how == End.TURNED_AWAY
    limit = w.model.stages.limit[v.stage, w.period]
    wrong = away & (limit == UNLIMITED)
    yield from broken(w, "turned_away", "visit", wrong, "turned away where there is no limit")
    answered = np.where(v.start != NONE, v.start, v.end)
    for kind, ends in ((StageKind.BOT, v.end), (StageKind.DESK, answered)):
        there = np.flatnonzero((w.kind == kind) & ~away)
        until = np.where(ends[there] != NONE, ends[there], w.last + 1)
        spans = Spans(v.stage[there], v.enter[there], until)
        asked = np.flatnonzero((w.kind == kind) & away & (limit != UNLIMITED))
        wrong = np.zeros(len(away), bool)
        wrong[asked] = _open_around(spans, v.stage[asked], v.enter[asked]) < limit[asked]
        yield from broken(w, "turned_away", "visit", wrong, "turned away although the limit is not reached")
    at_desk = np.flatnonzero((w.line != NONE) & (v.start == NONE) & (v.end == v.enter))
    is_free = runs(by_line, w.line[at_desk], v.enter[at_desk]) > 0
    for axiom, how, message in (
        ("turned_away", End.TURNED_AWAY, "turned away though an agent is free"),
        ("abandoned", End.ABANDONED, "gives up on arrival though an agent is free"),
    ):
        wrong = np.zeros(len(away), bool)
        wrong[at_desk[is_free & (v.how[at_desk] == how)]] = True
        yield from broken(w, axiom, "visit", wrong, message)

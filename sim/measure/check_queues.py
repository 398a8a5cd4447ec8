"""Axioms about queues: who waits, who is served by whom, who is turned away or gives up.

Records do not tell the order of events inside one tick. Every axiom here is worded so that it holds
whatever that order was, except where the total order itself decides (see `_gone`).
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from sim.measure.check_opening import is_opening, is_shut, shut_spans, turns_away
from sim.measure.check_shifts import breaks_pending
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
    "free chat, unless the desk is closed.",
    "line_order": "Of two contacts waiting in a line, the one with the earlier enter time less head start is "
    "answered no later.",
    "team_rule": "A freed agent takes the best contact by its team's rule among all lines the team serves "
    "whose desks are not closed.",
    "asks_order": "A contact that arrives, or whose desk opens, is served by the first team its line asks "
    "that has a free agent.",
    "agent_choice": "A contact that arrives, or whose desk opens, is served by the agent with the fewest "
    "open contacts (or the most, if the desk says so), then by the one longest at that number.",
    "abandoned": "Nobody gives up on arrival while an agent is free.",
    "queue_limit": "No more contacts wait at a desk than its limit when one joins them.",
    "bot_limit": "No more sessions run at a bot than its limit when one joins them.",
    "turned_away": "A contact is turned away only where it comes to a closed place, "
    "or where a limit is reached and no agent is free.",
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
    pieces = overlay(waits, by_line, shut_spans(w))
    n_wait, n_free, n_shut = pieces.n_open
    wrong = np.flatnonzero((n_wait > 0) & (n_free > 0) & (n_shut == 0))
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
    return w.v.enter - w.model.stages.head_start[w.v.stage, w.v.cls, w.period]


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
    desk_of = lines.desk.tolist()
    hours = _Hours(w, started)
    for tick, enters, n in sorted(answered + entered):
        if enters:
            heappush(heaps[line_of[n]], (key[n], uid[n], n))
            continue
        for line in {line_of[n], *serves[team_of[n]]}:
            heap = heaps[line]
            # Who gives up at the tick its desk opens does not see that.
            gone_by = tick + hours.opens_at(desk_of[line], tick)
            while heap and gone[heap[0][2]] <= gone_by:
                heappop(heap)
            if not heap:
                continue
            best = heap[0][2]
            if line == line_of[n]:
                if (key[best], uid[best]) < (key[n], uid[n]):
                    jumped.append((best, n))
            elif not hours.counts(desk_of[line], desk_of[line_of[n]], tick):
                continue
            elif _worth(w, best, team_of[n], key) < _worth(w, n, team_of[n], key):
                misruled.append((best, n))
    for axiom, pairs, message in (
        ("line_order", jumped, "waits while one behind it in the line is answered"),
        ("team_rule", misruled, "waits while the team answers a worse contact"),
    ):
        if pairs:
            yield breach(axiom, message, visit_keys(w, np.array(pairs[0])), len(pairs))


class _Hours:
    """Which desks are shut, and which open, at the ticks at which somebody who waited is answered."""

    def __init__(self, w: World, started: Ints) -> None:
        ticks = np.unique(w.v.start[started])
        self.shut: set[tuple[int, int]] = set()
        self.opens: set[tuple[int, int]] = set()
        for desk in np.flatnonzero(w.model.stages.waits_when_closed).tolist():
            at_desk = np.full(len(ticks), desk)
            self.shut |= {(desk, int(tick)) for tick in ticks[is_shut(w, at_desk, ticks)]}
            self.opens |= {(desk, int(tick)) for tick in ticks[is_opening(w, at_desk, ticks)]}

    def opens_at(self, desk: int, tick: int) -> bool:
        """Whether a desk opens at the tick."""
        return (desk, tick) in self.opens

    def counts(self, passed_over: int, answered: int, tick: int) -> bool:
        """Whether the team's rule chose between contacts that wait at these two desks.

        It did not if the first was closed; nor need it have if the second opened at this tick, for then
        contacts look for agents.
        """
        return (passed_over, tick) not in self.shut and not self.opens_at(answered, tick)


def _worth(w: World, n: int, team: int, key: list[int]) -> tuple[int, ...]:
    """Order in which the team takes waiting contacts; the least comes first."""
    rule = w.model.teams.rule[team]
    rank = int(w.model.lines.rank[w.line[n], team])
    place = (key[n], int(w.v.issue[n]))
    if rule == LineRule.LONGEST_WAITING:
        return place
    if rule == LineRule.SKILL_FIRST:
        return rank, *place
    is_strict = w.model.stages.head_start[w.v.stage[n], w.v.cls[n], w.period[n]] == NEVER
    return int(not is_strict), rank, *place


def _looked(w: World) -> Ints:
    """Visits that looked for an agent and found one: on arrival, or as their desk opened.

    As a desk opens, an agent who is freed or comes at that tick may have taken the visit instead.
    """
    v = w.v
    found = (w.line != NONE) & (v.start == v.enter) & (v.team != NONE)
    if w.model.stages.waits_when_closed.any():
        at = np.flatnonzero((w.line != NONE) & (v.start > v.enter))
        at = at[is_opening(w, v.stage[at], v.start[at])]
        freed = zip(v.agent.tolist(), v.freed.tolist(), strict=True)
        came = zip(w.d.agent.tolist(), w.d.begins.tolist(), strict=True)
        chose = {*freed, *came}
        found[[n for n in at.tolist() if (int(v.agent[n]), int(v.start[n])) not in chose]] = True
    return np.flatnonzero(found)


def _asks_order(w: World, free: Spans) -> Iterator[Violation]:
    at = _looked(w)
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
            is_free = runs(one, np.zeros(len(mine), np.int64), w.v.start[mine]) > 0
            passed_over[mine[(place > n) & is_free]] = True
    yield from broken(w, "asks_order", "visit", passed_over, "a team asked earlier was free")


class _Changes(NamedTuple):
    """What happens to agents, sorted by tick; each array is (n,)."""

    tick: Ints
    agent: Ints
    chats: Ints  # change of its open contacts
    duty: Ints  # 1 comes on duty, -1 goes
    due: Ints  # 1 a break falls due, -1 it begins
    visit: Ints  # row of the visit it takes, NONE


def _changes(w: World) -> _Changes:
    v = w.v
    taken = np.flatnonzero((v.agent != NONE) & (v.start != NONE))
    done = taken[v.freed[taken] != NONE]
    parts: list[tuple[Ints | int, ...]] = [
        (v.start[taken], v.agent[taken], 1, 0, 0, taken),
        (v.freed[done], v.agent[done], -1, 0, 0, NONE),
    ]
    for spans, duty, due in ((duty_spans(w, Duty.ON), 1, 0), (breaks_pending(w), 0, 1)):
        parts.append((spans.begins, spans.owner, 0, duty, due, NONE))
        parts.append((spans.ends, spans.owner, 0, -duty, -due, NONE))
    columns = zip(*(np.broadcast_arrays(*part) for part in parts), strict=True)
    whole = [np.concatenate(column) for column in columns]
    order = np.argsort(whole[0], kind="stable")
    return _Changes(*(column[order] for column in whole))


_NOT_FREE = np.iinfo(np.int64).max
_CHATS = 1 << 56  # above every tick
_MOST_CHATS = 63


class _Agents:
    """State of every agent while sweeping over the changes; lists by agent number."""

    def __init__(self, limit: list[int], orders: set[bool]) -> None:
        n = len(limit)
        self.limit = limit  # chats
        self.chats = [0] * n
        self.duty = [0] * n
        self.due = [0] * n
        # The tick since which the number of open contacts is what it is, as early and as late as it can be
        # read: coming back from a break or from overtime may or may not begin it anew.
        self.since_early = [NONE] * n
        self.since_late = [NONE] * n
        # Place of each agent in the order in which a team's agents are taken, by whether a desk takes the
        # busiest first.
        self.place = {is_most: np.full(n, _NOT_FREE) for is_most in orders}

    def order(self, a: int, since: int, is_most: bool) -> int:
        """The place of an agent with its number of chats since a tick."""
        chats = min(max(self.chats[a], 0), _MOST_CHATS)
        return (_MOST_CHATS - chats if is_most else chats) * _CHATS + since

    def settle(self, a: int) -> None:
        """Give the agent its places after its changes at a tick."""
        is_free = self.duty[a] > 0 and self.due[a] == 0 and self.chats[a] < self.limit[a]
        for is_most, place in self.place.items():
            place[a] = self.order(a, self.since_late[a], is_most) if is_free else _NOT_FREE


def _agent_choice(w: World) -> Iterator[Violation]:
    teams, v = w.model.teams, w.v
    limit = np.zeros(int((teams.first_agent + teams.n_agents).max(initial=0)), np.int64)
    for first, n, chats in zip(teams.first_agent, teams.n_agents, teams.chats, strict=True):
        limit[first : first + n] = chats
    is_most_of = w.model.stages.busiest_first[v.stage].tolist()
    agents = _Agents(limit.tolist(), set(is_most_of))
    own = [slice(f, f + n) for f, n in zip(teams.first_agent.tolist(), teams.n_agents.tolist(), strict=True)]
    has_looked = np.zeros(len(v.issue) + 1, bool)  # the last one is for NONE
    has_looked[_looked(w)] = True
    team_of = v.team.tolist()
    changes = _changes(w)
    looked = has_looked[changes.visit].tolist()
    tick, agent, d_chats, d_duty, d_due, visit = (column.tolist() for column in changes)
    edges = [0, *(np.flatnonzero(np.diff(changes.tick)) + 1).tolist(), len(tick)]
    wrong = []
    for first, last in pairwise(edges):
        group = range(first, last)
        changed = {agent[c] for c in group}
        if any(looked[first:last]):
            for a in changed:  # of others nobody knows how they were when the contact came
                for place in agents.place.values():
                    place[a] = _NOT_FREE
        for c in group:
            if not looked[c]:
                continue
            a, n = agent[c], visit[c]
            changes_once = len(changed) == len(group) or sum(agent[k] == a for k in group) == 1
            is_most = is_most_of[n]
            best = agents.place[is_most][own[team_of[n]]].min()
            if changes_once and best < agents.order(a, agents.since_early[a], is_most):
                wrong.append(n)
        for c in group:
            a = agent[c]
            agents.chats[a] += d_chats[c]
            agents.duty[a] += d_duty[c]
            agents.due[a] += d_due[c]
            if d_chats[c]:
                agents.since_early[a] = agents.since_late[a] = tick[c]
            elif d_duty[c] > 0:
                agents.since_late[a] = tick[c]
        for a in changed:
            agents.settle(a)
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
    away &= ~turns_away(w)
    wrong = away & (limit == UNLIMITED)
    yield from broken(w, "turned_away", "visit", wrong, "turned away where there is no limit")
    answered = np.where(v.start != NONE, v.start, v.end)
    for kind, ends in ((StageKind.BOT, v.end), (StageKind.DESK, answered)):
        there = np.flatnonzero((w.kind == kind) & (v.how != End.TURNED_AWAY))
        until = np.where(ends[there] != NONE, ends[there], w.last + 1)
        spans = Spans(v.stage[there], v.enter[there], until)
        asked = np.flatnonzero((w.kind == kind) & away & (limit != UNLIMITED))
        wrong = np.zeros(len(away), bool)
        wrong[asked] = _open_around(spans, v.stage[asked], v.enter[asked]) < limit[asked]
        yield from broken(w, "turned_away", "visit", wrong, "turned away although the limit is not reached")
    at_desk = np.flatnonzero((w.line != NONE) & (v.start == NONE) & (v.end == v.enter) & ~turns_away(w))
    at_desk = at_desk[~is_shut(w, v.stage[at_desk], v.enter[at_desk])]  # nobody asks for agents while closed
    is_free = runs(by_line, w.line[at_desk], v.enter[at_desk]) > 0
    for axiom, how, message in (
        ("turned_away", End.TURNED_AWAY, "turned away though an agent is free"),
        ("abandoned", End.ABANDONED, "gives up on arrival though an agent is free"),
    ):
        wrong = np.zeros(len(away), bool)
        wrong[at_desk[is_free & (v.how[at_desk] == how)]] = True
        yield from broken(w, axiom, "visit", wrong, message)

"""The state of the compiled engine as tables of int64: issues, queues, agents, shifts, and what is pending.

Every table is made here and made larger here; compiled code only writes into them. A row of an issue is
in use from its arrival until it is closed, then free for another; a contact has a leaf of `contacts` while
it is at a bot or waits, a chat of an agent has its own leaf of `working` for good.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.packed import CHATS, N_AGENTS, Packed
from sim.engine.winner_tree import Tree, made, rebuilt
from sim.model.records import NONE, DutyColumn, IssueColumn, VisitColumn
from sim.model.tables import Model

__all__ = [
    "AGENT", "AGENT_NEXT", "AGENT_PREVIOUS", "ARRIVING", "ATTEMPT", "AT_STAGE", "BORN",
    "BOT_TICKS", "BREAK", "BUDGET", "Block", "CHAT", "CLASS", "DAY_ENDS", "DUTY", "DUTY_FROM",
    "EMPTIED", "ENDS", "ENTER", "ENTRY", "FIRST_CHAT", "FREE", "HANDLING", "HEAD", "IDLE", "KEPT",
    "LANE_2", "LANE_3", "LAST_BREAK", "LEAF", "LEVEL", "MOVING", "NEXT", "NEXT_ISSUE", "NEXT_STAGE",
    "NOW", "NTH", "N_AGENDA", "N_BLOCK", "N_DUTIES", "N_DUTY", "N_FREE", "N_ISSUES", "N_LEAVES",
    "N_OPEN", "N_VISITS", "OFF_DUTY", "OPEN", "PATIENCE_LEFT", "PERIOD", "PERIOD_ENDS", "PREVIOUS",
    "REPLICATION", "RETURNING", "ROW", "Rows", "SEED", "SEQUENCE", "SHIFT_AGENT", "SINCE", "SLOT",
    "STAGE_NOW", "START", "STATE", "STEP", "STREAM", "TAIL", "TAKES", "TEAM", "UID", "VISITED",
    "WAITING", "WRAPPING_UP", "World", "duty_margin", "grown_agenda", "grown_contacts", "grown_issues",
    "new_rows", "new_world",
]  # fmt: skip

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

UID, BORN, ENTER, START, HANDLING, LANE_2, LANE_3, BUDGET = range(8)
"""Columns of `World.issues`: what is needed whenever a visit ends, one line of the processor's cache."""

(STREAM, CLASS, ENTRY, ATTEMPT, STEP, STATE, STAGE_NOW, NTH, ROW, CHAT, LEAF, NEXT, PREVIOUS,
 NEXT_STAGE) = range(16, 30)  # fmt: skip
"""Columns of `World.numbers`: small numbers of an issue, in the line of the cache after the other."""

PATIENCE_LEFT, KEPT, BOT_TICKS, VISITED = range(4)
"""Columns of `World.history`; from VISITED on the visits of this contact at each stage, two to a number."""

FREE, AT_STAGE, WAITING, MOVING, RETURNING = range(5)
"""States of an issue: none there, a visit under way, one that waits, between two, gone till its return."""

HEAD, TAIL = range(2)
"""Columns of `World.queues` and `World.lists`: first and last of a linked list; NONE: empty."""

TEAM, OPEN, SINCE, TAKES, FIRST_CHAT, LEVEL, AGENT_NEXT, AGENT_PREVIOUS = range(8)
"""Columns of `World.agents`, one line of the cache; see `floor.Agent`. LEVEL: the list it stands in."""

DUTY, DUTY_FROM, EMPTIED = range(3)
"""Columns of `World.days`; EMPTIED: the shift that waits for the last chat."""

OFF_DUTY = 0
"""`DUTY` of an agent who is not on duty."""

SLOT, AGENT = range(2)
"""Columns of `World.chats`: the issue (or IDLE, WRAPPING_UP) and the agent."""

IDLE, WRAPPING_UP = -1, -2

SHIFT_AGENT, ENDS, BREAK, LAST_BREAK = range(4)
"""Columns of `World.shifts`: agent, ticks, the next break and the one after the last."""

(NOW, N_OPEN, PERIOD, PERIOD_ENDS, ARRIVING, NEXT_ISSUE, N_BLOCK, DAY_ENDS, N_FREE, N_LEAVES, N_AGENDA,
 N_DUTIES, SEQUENCE, N_VISITS, N_ISSUES, N_DUTY, SEED, REPLICATION) = range(18)  # fmt: skip
"""Entries of `World.clock`."""


class World(NamedTuple):
    """All that changes."""

    clock: Ints  # (18,)
    issues: Ints  # (n, 16) one row per issue in the system; the second half is that of `numbers`
    numbers: NDArray[np.int32]  # (n, 32) the same memory
    history: Ints  # (n, VISITED + words)
    difficulty: Floats  # (n,)
    free: Ints  # (n,) rows of `issues` that are free: the first clock[N_FREE]
    contacts: Tree  # ends of bot sessions and of patience
    contact: Ints  # (leaves,) row of `issues` at each leaf
    leaves: Ints  # (leaves,) leaves that are free: the first clock[N_LEAVES]
    agenda: Ints  # (n, 3) heap of returns, ends of delays and arrivals put off: tick, rank, issue
    queues: Ints  # (Q, 2) who waits
    asked: Ints  # (Q,) 1: in vain, while a desk opens
    waiting: Ints  # (S,) contacts that wait at a desk; sessions at a bot
    shut: Ints  # (S,) 1: who waits there is answered by nobody now
    agents: Ints  # (A, 8)
    days: Ints  # (A, 3) of the agents
    lists: Ints  # (n, 2) agents with a free chat, by team and open chats
    debt: Ints  # (T,) agents of a fallen head count who have still to be chosen
    working: Tree  # ends of handling and after-call work
    chats: Ints  # (chats, 2)
    duties: Ints  # (n, 3) heap of what happens to shifts and head counts: tick, rank, and what to whom
    shifts: Ints  # (n, 4)
    breaks: Ints  # (n, 2) tick due, ticks of length
    steps: Ints  # (n, 2) head counts of the day: team, agents present


class Block(NamedTuple):
    """Issues that arrive; see `sim.model.arrivals.Arrivals`."""

    tick: Ints
    uid: Ints
    stream: Ints
    cls: Ints
    entry: Ints
    d: Floats


class Rows(NamedTuple):
    """Records to be; the first clock[N_VISITS], ... rows are written."""

    visits: Ints
    issues: Ints
    duty: Ints


_LINE = 64  # bytes
_ISSUES, _CONTACTS, _AGENDA = 512, 256, 256  # rows to begin with


def new_world(model: Model, plan: Packed, seed: int, replication: int) -> World:
    """The tables at the start of a replication."""
    n_stages = len(plan.stage)
    agents, chats = _agents(plan)
    shifts, breaks, steps, duties = _rota(model)
    clock = np.zeros(18, np.int64)
    clock[ARRIVING] = NONE
    clock[[SEED, REPLICATION]] = np.array([seed, replication]).astype(np.uint64).view(np.int64)
    world = World(
        clock=clock,
        issues=_aligned(0, 16),
        numbers=_aligned(0, 16).view(np.int32),
        history=np.zeros((0, VISITED + -(-n_stages // 2)), np.int64),
        difficulty=np.zeros(0),
        free=np.zeros(0, np.int64),
        contacts=made(1),
        contact=np.zeros(0, np.int64),
        leaves=np.zeros(0, np.int64),
        agenda=np.zeros((_AGENDA, 3), np.int64),
        queues=np.full((len(plan.queue), 2), NONE, np.int64),
        asked=np.zeros(len(plan.queue), np.int64),
        waiting=np.zeros(n_stages, np.int64),
        shut=np.zeros(n_stages, np.int64),
        agents=agents,
        days=np.tile(np.array([OFF_DUTY, 0, NONE]), (len(agents), 1)),
        lists=np.full((int(plan.team[:, CHATS].sum()), 2), NONE, np.int64),
        debt=np.zeros(len(plan.team), np.int64),
        working=made(len(chats)),
        chats=chats,
        duties=duties,
        shifts=shifts,
        breaks=breaks,
        steps=steps,
    )
    return grown_contacts(grown_issues(world, _ISSUES), _CONTACTS)


def _agents(plan: Packed) -> tuple[Ints, Ints]:
    """The agents, none on duty, and their chats."""
    n_agents = plan.team[:, N_AGENTS]
    team = np.repeat(np.arange(len(plan.team)), n_agents)
    agents = _aligned(len(team), 8)
    agents[:] = 0
    agents[:, TEAM] = team
    agents[:, [LEVEL, AGENT_NEXT, AGENT_PREVIOUS]] = NONE
    n_chats = plan.team[team, CHATS]
    agents[:, FIRST_CHAT] = np.cumsum(n_chats) - n_chats
    n = int(n_chats.sum())
    chats = np.full(
        (max(n, 2), 2), [IDLE, NONE]
    )  # as many as the tree of their deadlines has leaves at least
    chats[:n, AGENT] = np.repeat(np.arange(len(team)), n_chats)
    return agents, chats


def _rota(model: Model) -> tuple[Ints, Ints, Ints, Ints]:
    """Room for three days of shifts and their breaks, a day of head counts, and all that can be pending."""
    shifts, counts = model.plan.shifts, model.plan.head_counts
    n_shifts = int(shifts.n_present.sum(axis=0).max(initial=0))
    n_breaks = int((shifts.n_present * np.diff(shifts.first_break)[:, None]).sum(axis=0).max(initial=0))
    n_opens = len(model.stages.kind) * len(model.calendar.begins)
    n_duties = 6 * n_shifts + len(counts.team) + n_opens + 1
    return (
        np.zeros((3 * n_shifts, 4), np.int64),
        np.zeros((3 * n_breaks, 2), np.int64),
        np.zeros((len(counts.team), 2), np.int64),
        np.zeros((n_duties, 3), np.int64),
    )


def _longer(table: NDArray[Any], n: int) -> NDArray[Any]:
    """A table with room for n rows that begins with those of another."""
    longer = np.empty((n, *table.shape[1:]), table.dtype)
    longer[: len(table)] = table
    return longer


def _aligned(n: int, columns: int) -> Ints:
    """A table whose rows begin at multiples of 64 bytes, where lines of the cache do."""
    room = np.empty(n * columns + _LINE // 8, np.int64)
    begin = -room.ctypes.data % _LINE // 8
    return room[begin : begin + n * columns].reshape(n, columns)


def grown_issues(world: World, n: int) -> World:
    """The world with room for n issues."""
    before, n_free = len(world.issues), int(world.clock[N_FREE])
    issues = _aligned(n, 16)
    numbers = issues.view(np.int32)
    issues[:before] = world.issues
    numbers[before:, STATE] = FREE
    free = _longer(world.free, n)
    free[n_free : n_free + n - before] = np.arange(n - 1, before - 1, -1)  # the lowest is taken first
    world.clock[N_FREE] = n_free + n - before
    return world._replace(
        issues=issues,
        numbers=numbers,
        history=_longer(world.history, n),
        difficulty=_longer(world.difficulty, n),
        free=free,
    )


def grown_contacts(world: World, n: int) -> World:
    """The world with room for n contacts at bots and in queues."""
    before, n_free = len(world.contact), int(world.clock[N_LEAVES])
    tree = made(n)
    tree.leaf[:before] = world.contacts.leaf[:before]
    rebuilt(tree, int(world.contacts.frame[1]))
    leaves = _longer(world.leaves, n)
    leaves[n_free : n_free + n - before] = np.arange(n - 1, before - 1, -1)
    world.clock[N_LEAVES] = n_free + n - before
    contact = _longer(world.contact, n)
    contact[before:] = 0
    return world._replace(contacts=tree, contact=contact, leaves=leaves)


def grown_agenda(world: World) -> World:
    """The world with room for twice as many pending returns."""
    return world._replace(agenda=_longer(world.agenda, 2 * len(world.agenda)))


def duty_margin(model: Model) -> int:
    """The most rows of duty that one event makes: two per agent of a team, or all breaks of a shift."""
    n_breaks = np.diff(model.plan.shifts.first_break).max(initial=0)
    return int(2 * model.teams.n_agents.max(initial=0) + n_breaks + 2)


def new_rows(n_visits: int, margin: int) -> Rows:
    """Room for so many visits, and for the issues and duties that go with them."""
    return Rows(
        np.empty((n_visits, len(VisitColumn)), np.int64),
        np.empty((n_visits, len(IssueColumn)), np.int64),
        np.empty((2 * margin + n_visits // 8, len(DutyColumn)), np.int64),
    )

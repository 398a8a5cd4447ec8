"""Shifts, breaks, head counts and opening hours in compiled code; the story is told in `floor`.

What happens to them waits in the heap `World.duties` in the order of `sim.model.order`.
"""

from __future__ import annotations

from sim.engine.crew import comes, leaves_list, marks, opens, writes_duty
from sim.engine.heaps import popped, pushed
from sim.engine.packed import FIRST_AGENT, N_AGENTS, Packed
from sim.engine.world import (
    BREAK,
    DUTY,
    EMPTIED,
    ENDS,
    LAST_BREAK,
    N_DUTIES,
    NOW,
    OFF_DUTY,
    OPEN,
    SEQUENCE,
    SHIFT_AGENT,
    TAKES,
    TEAM,
    Ints,
    World,
)
from sim.jit import called, inlined, kernel
from sim.model.order import Kind
from sim.model.records import NONE, Duty

__all__ = [
    "BREAK_DUE", "BREAK_ENDS", "DESK_OPENS", "HEAD_COUNT", "SHIFT_BEGINS", "SHIFT_ENDS", "emptied",
    "entity_of", "happens", "kind_of", "notes", "notes_all", "rank_of",
]  # fmt: skip

SHIFT_BEGINS, SHIFT_ENDS, BREAK_DUE, BREAK_ENDS, HEAD_COUNT, DESK_OPENS = range(6)
"""What happens: row of `World.shifts`, or of `World.steps`, or a stage."""

_ENTITY_BITS = 40
_ROW_BITS = 28  # of the third number of a row: its sequence, three bits for what, the row
_SUBJECT_BITS = _ROW_BITS + 3
_DUTY_ENDS, _DUTY_BEGINS = int(Kind.DUTY_ENDS), int(Kind.DUTY_BEGINS)
_ON, _ON_BREAK, _OVERTIME, _LOST = int(Duty.ON), int(Duty.BREAK), int(Duty.OVERTIME), int(Duty.LOST_BREAK)


@inlined
def rank_of(kind: int, entity: int) -> int:
    """Rank of an event of duty among those of its tick; see `kind_of` and `entity_of`."""
    return kind << _ENTITY_BITS | entity


@inlined
def kind_of(rank: int) -> int:
    """The kind of an event of duty."""
    return rank >> _ENTITY_BITS


@inlined
def entity_of(rank: int) -> int:
    """The entity of an event of duty."""
    return rank & ((1 << _ENTITY_BITS) - 1)


@inlined
def notes(world: World, tick: int, kind: int, entity: int, what: int, row: int) -> None:
    """Something will happen to a shift, a head count or a desk."""
    clock, duties = world.clock, world.duties
    subject = clock[SEQUENCE] << _SUBJECT_BITS | what << _ROW_BITS | row
    pushed(duties, clock[N_DUTIES], tick, rank_of(kind, entity), subject)
    clock[N_DUTIES] += 1
    clock[SEQUENCE] += 1


@kernel
def notes_all(world: World, events: Ints) -> None:
    """`notes` of many: rows of (tick, kind, entity, what, row)."""
    for i in range(len(events)):
        notes(world, events[i, 0], events[i, 1], events[i, 2], events[i, 3], events[i, 4])


@called
def happens(plan: Packed, world: World, duty: Ints) -> None:
    """The first of `World.duties` happens."""
    clock, duties, agents, shifts = world.clock, world.duties, world.agents, world.shifts
    what, row = duties[0, 2] >> _ROW_BITS & 7, duties[0, 2] & ((1 << _ROW_BITS) - 1)
    popped(duties, clock[N_DUTIES])
    clock[N_DUTIES] -= 1
    if what == HEAD_COUNT:
        _sets_head_count(plan, world, duty, world.steps[row, 0], world.steps[row, 1])
    elif what == DESK_OPENS:
        opens(plan, world, row)
    else:
        agent = shifts[row, SHIFT_AGENT]
        if what == SHIFT_BEGINS:
            marks(world, duty, agent, _ON)
            _next_break(plan, world, duty, row)
            notes(world, shifts[row, ENDS], _DUTY_ENDS, agent, SHIFT_ENDS, row)
        elif what == SHIFT_ENDS:
            agents[agent, TAKES] = 0
            leaves_list(world, agent)
            marks(world, duty, agent, _OVERTIME if agents[agent, OPEN] > 0 else OFF_DUTY)
            emptied(plan, world, duty, agent)
        elif what == BREAK_DUE:
            agents[agent, TAKES] = 0
            leaves_list(world, agent)
            if not _break_is_due(world, duty, row):
                _next_break(plan, world, duty, row)
        else:
            shifts[row, BREAK] += 1
            _next_break(plan, world, duty, row)


@called
def _next_break(plan: Packed, world: World, duty: Ints, row: int) -> None:
    """A shift goes on with its next break, or to its end."""
    shifts, breaks, now = world.shifts, world.breaks, world.clock[NOW]
    agent = shifts[row, SHIFT_AGENT]
    waits = False
    while not waits:
        if shifts[row, BREAK] == shifts[row, LAST_BREAK]:
            if now < shifts[row, ENDS]:
                comes(plan, world, duty, agent)
            waits = True
        elif breaks[shifts[row, BREAK], 0] > now:
            comes(plan, world, duty, agent)
            notes(world, breaks[shifts[row, BREAK], 0], _DUTY_ENDS, agent, BREAK_DUE, row)
            waits = True
        else:  # due as the shift begins, or fell due during the one before
            waits = _break_is_due(world, duty, row)


@inlined
def _break_is_due(world: World, duty: Ints, row: int) -> bool:
    """A break waits for the agent's last chat, or begins; else it is lost."""
    shifts, agent = world.shifts, world.shifts[row, SHIFT_AGENT]
    if world.agents[agent, OPEN] > 0 and world.clock[NOW] < shifts[row, ENDS]:
        world.days[agent, EMPTIED] = row
        waits = True
    else:
        waits = _break_begins(world, duty, row)
    return waits


@inlined
def _break_begins(world: World, duty: Ints, row: int) -> bool:
    """A break begins; it is lost where the shift is over."""
    shifts, breaks, clock = world.shifts, world.breaks, world.clock
    agent, ends, now = shifts[row, SHIFT_AGENT], shifts[row, ENDS], clock[NOW]
    due, length = breaks[shifts[row, BREAK], 0], breaks[shifts[row, BREAK], 1]
    if now >= ends:
        if length > 0:
            writes_duty(clock, duty, agent, world.agents[agent, TEAM], _LOST, due, due + length)
        shifts[row, BREAK] += 1
        begins = False
    else:
        marks(world, duty, agent, _ON_BREAK)
        notes(world, min(now + length, ends), _DUTY_BEGINS, agent, BREAK_ENDS, row)
        begins = True
    return begins


@called
def emptied(plan: Packed, world: World, duty: Ints, agent: int) -> None:
    """A shift whose break waited for the last chat, or for its end, goes on."""
    row = world.days[agent, EMPTIED]
    if row != NONE:
        world.days[agent, EMPTIED] = NONE
        if not _break_begins(world, duty, row):
            _next_break(plan, world, duty, row)


@called
def _sets_head_count(plan: Packed, world: World, duty: Ints, team: int, present: int) -> None:
    """Agents come or go until the team has its new head count; see `floor.Floor.set_head_count`."""
    agents = world.agents
    first = plan.team[team, FIRST_AGENT]
    last = first + plan.team[team, N_AGENTS]
    change = present + world.debt[team]
    for agent in range(first, last):
        change -= agents[agent, TAKES]
    if change > 0:
        forgiven = min(change, world.debt[team])
        world.debt[team] -= forgiven
        change -= forgiven
        for state in (_OVERTIME, OFF_DUTY):  # who was about to go stays first
            for agent in range(first, last):
                if change > 0 and world.days[agent, DUTY] == state:
                    comes(plan, world, duty, agent)
                    change -= 1
    elif change < 0:
        for agent in range(last - 1, first - 1, -1):
            if change < 0 and agents[agent, TAKES] == 1 and agents[agent, OPEN] == 0:
                agents[agent, TAKES] = 0
                leaves_list(world, agent)
                marks(world, duty, agent, OFF_DUTY)
                change += 1
        world.debt[team] -= change

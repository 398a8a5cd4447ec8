"""The event loop of the compiled engine: the story of an issue, told in `reference`, as one flat loop.

Five things can be next: an issue arrives, an agent's work ends, a contact's session or patience ends, the
agenda (returns, ends of delays, arrivals put off), or something of duty. Ticks decide; where several are
at one tick, `sim.model.order` does. The loop stops when something is needed that it cannot do itself, and
says what; it goes on where it stopped.
"""

from __future__ import annotations

from enum import IntEnum

from sim.engine.compiled_rules import (
    chance_at,
    destination,
    has_luck_of_issue,
    patience_budget,
    patience_left,
)
from sim.engine.crew import fills, free_agent, frees_leaf, joins, leaves_line, leaves_list, marks, takes
from sim.engine.heaps import popped, pushed
from sim.engine.packed import (
    AFTER,
    AT_MOST,
    BELIEVES,
    BOT_TIME_COUNTS,
    CHANCE,
    COMES_BY,
    CURVE,
    DROPS_RETURNS,
    END,
    IS_CLOSED,
    KEEPS_BUDGETS,
    KEEPS_PATIENCE,
    KIND,
    LIMIT,
    MEAN,
    N_CLASSES,
    N_PERIODS,
    PATIENCE,
    PER_CONTACT,
    REPLY,
    RETURN_SHAPE,
    ROUTE,
    SHAPE,
    SHUTS,
    SOLVES,
    WORD,
    WORK,
    WRAP_UP,
    Packed,
)
from sim.engine.rota import emptied, entity_of, happens, kind_of
from sim.engine.winner_tree import RANK, clears, first_leaf, first_tick, leaf_at, sets
from sim.engine.world import (
    AGENT,
    ARRIVING,
    AT_STAGE,
    ATTEMPT,
    BORN,
    BOT_TICKS,
    BUDGET,
    CHAT,
    CLASS,
    DAY_ENDS,
    DUTY,
    ENTER,
    ENTRY,
    FREE,
    HANDLING,
    IDLE,
    KEPT,
    LANE_2,
    LANE_3,
    LEAF,
    MOVING,
    N_AGENDA,
    N_BLOCK,
    N_DUTIES,
    N_DUTY,
    N_FREE,
    N_ISSUES,
    N_LEAVES,
    N_OPEN,
    N_VISITS,
    NEXT_ISSUE,
    NEXT_STAGE,
    NOW,
    NTH,
    OFF_DUTY,
    OPEN,
    PATIENCE_LEFT,
    PERIOD,
    PERIOD_ENDS,
    REPLICATION,
    RETURNING,
    ROW,
    SEED,
    SINCE,
    SLOT,
    STAGE_NOW,
    START,
    STATE,
    STEP,
    STREAM,
    TAKES,
    TEAM,
    UID,
    VISITED,
    WAITING,
    WRAPPING_UP,
    Block,
    Ints,
    Rows,
    World,
)
from sim.jit import called, fetches, has_columns, inlined, int64, kernel
from sim.model.compiled_draws import high_uniform_of, lanes_of, low_uniform_of, ticks_of, uniform_of
from sim.model.order import Kind
from sim.model.records import LEAVES, NONE, Duty, End, State
from sim.model.rules import ROUTE_WHEN_CLOSED
from sim.model.tables import DAY, NEVER, UNLIMITED, Leaving, StageKind

__all__ = ["Needs", "advance"]


class Needs(IntEnum):
    """Why the loop has stopped."""

    NOTHING = 0  # it goes on
    ISSUES = 1  # the block of arrivals is used up
    NEXT_DAY = 2  # all before clock[DAY_ENDS] has happened
    ROOM_FOR_ROWS = 3
    ROOM_FOR_ISSUES = 4
    ROOM_FOR_CONTACTS = 5
    ROOM_ON_AGENDA = 6
    NO_MORE = 7  # nothing is left of what is measured


_NOTHING, _ISSUES, _NEXT_DAY, _ROWS, _ISSUE_ROWS, _CONTACTS, _AGENDA, _NO_MORE = (int(need) for need in Needs)
_ARRIVAL, _WORK, _CONTACT, _LATER, _ROTA = range(-5, 0)  # sources of events; `Needs` are not below zero
_SERVED = 9  # an end yet to be told: solved or not
_FIRST = -(2**63)  # added to the uid in the rank of work that ends: kind 2 comes before 5 and 7
_SOLVED, _UNSOLVED, _ABANDONED, _TURNED_AWAY = (int(end) for end in End if end)
_BOT, _DESK = int(StageKind.BOT), int(StageKind.DESK)
_OVERTIME = int(Duty.OVERTIME)
_BELIEVED = int(Leaving.BELIEVED)
_WORK_ENDS, _ARRIVES, _PATIENCE_ENDS = int(Kind.WORK_ENDS), int(Kind.ARRIVES), int(Kind.PATIENCE_ENDS)
_IS_SOLVED = int(State.SOLVED)


@kernel
def advance(plan: Packed, world: World, block: Block, rows: Rows) -> int:
    """Let happen what happens until something is needed, a value of `Needs`.

    Each turn is one event, or the arrival at the next stage that follows it. It may begin a visit, end one,
    and free an agent's chat; each is done in one place, after the event itself.
    """
    clock = world.clock
    _knows_columns(plan, world, rows)
    needs = _lacks(world, rows)
    while needs == _NOTHING:
        issue, how, chat = clock[ARRIVING], 0, NONE
        if issue == NONE:
            source = _next_source(plan, world, block)
            if source == _ARRIVAL:
                _is_born(plan, world, block)
            elif source == _WORK:
                chat = first_leaf(world.working)
                issue = world.chats[chat, SLOT]
                if issue != WRAPPING_UP:
                    how = _SERVED
            elif source == _CONTACT:
                issue = world.contact[first_leaf(world.contacts)]
                how = _waits_no_longer(plan, world, issue)
            elif source == _LATER:
                issue = world.agenda[0, 2]
                how = _is_later(world, issue)
            elif source == _ROTA:
                happens(plan, world, rows.duty)
            else:
                needs = source
        if clock[ARRIVING] != NONE:
            issue = clock[ARRIVING]
            clock[ARRIVING] = NONE
            how = _arrives(plan, world, issue)
        if how != 0:
            how = _visit_ends(plan, world, rows.visits, issue, how)
            if chat != NONE and world.chats[chat, SLOT] == WRAPPING_UP:
                chat = NONE
        if chat != NONE:
            _is_freed(plan, world, rows.duty, chat)
        if how != 0:
            _goes_on(plan, world, block, rows.issues, issue, how)
        _looks_ahead(world)
        if needs == _NOTHING:
            needs = _lacks(world, rows)
    return needs


@inlined
def _knows_columns(plan: Packed, world: World, rows: Rows) -> None:
    """Say how wide the tables are."""
    has_columns(plan.value, 6)
    has_columns(plan.code, 13)
    has_columns(plan.stage, 6)
    has_columns(plan.queue, 3)
    has_columns(plan.team, 4)
    has_columns(plan.wants, 2)
    has_columns(plan.shapes.value, 2048)
    has_columns(plan.shapes.slope, 2048)
    has_columns(world.issues, 16)
    has_columns(world.numbers, 32)
    has_columns(world.contacts.leaf, 2)
    has_columns(world.working.leaf, 2)
    has_columns(world.agenda, 3)
    has_columns(world.queues, 2)
    has_columns(world.agents, 8)
    has_columns(world.lists, 2)
    has_columns(world.chats, 2)
    has_columns(rows.visits, 14)
    has_columns(rows.issues, 8)


@inlined
def _looks_ahead(world: World) -> None:
    """Have the rows fetched of issues and agents that may be next but one: memory is slow where many wait."""
    for node in range(2, 4):
        chat = leaf_at(world.working, node)
        issue = world.chats[chat, SLOT]
        if issue >= 0:
            fetches(world.issues, issue, 0)
            fetches(world.issues, issue, 8)
            fetches(world.agents, world.chats[chat, AGENT], 0)
        issue = world.contact[leaf_at(world.contacts, node)]
        fetches(world.issues, issue, 0)
        fetches(world.issues, issue, 8)


@inlined
def _lacks(world: World, rows: Rows) -> int:
    """What has to be made larger, or filled, before the next turn."""
    clock = world.clock
    needs = _NOTHING
    if clock[N_VISITS] == len(rows.visits) or clock[N_DUTY] > len(rows.duty) // 2:  # see `world.new_rows`
        needs = _ROWS
    elif clock[N_AGENDA] + 2 > len(world.agenda):
        needs = _AGENDA
    elif clock[N_LEAVES] == 0:
        needs = _CONTACTS
    elif clock[NEXT_ISSUE] == clock[N_BLOCK]:
        needs = _ISSUES
    elif clock[N_FREE] == 0:
        needs = _ISSUE_ROWS
    return needs


# ------------------------------------------------------------------------------ what is next
@inlined
def _next_source(plan: Packed, world: World, block: Block) -> int:
    """The clock moves to the next event; where it comes from, or what the loop needs (above zero)."""
    clock = world.clock
    arrival = block.tick[clock[NEXT_ISSUE]]
    work, contact = first_tick(world.working), first_tick(world.contacts)
    later = world.agenda[0, 0] if clock[N_AGENDA] > 0 else NEVER
    rota = world.duties[0, 0] if clock[N_DUTIES] > 0 else NEVER
    tick = min(arrival, work, contact, later, rota)
    if clock[N_OPEN] == 0 and min(tick, clock[DAY_ENDS]) > plan.flag[END] and tick > clock[NOW]:
        source = _NO_MORE
    elif tick >= clock[DAY_ENDS]:
        source = _NEXT_DAY
    else:
        clock[NOW] = tick
        if tick >= clock[PERIOD_ENDS]:
            _period_begins(plan, world)
        is_arrival, is_work, is_contact = arrival == tick, work == tick, contact == tick
        is_later, is_rota = later == tick, rota == tick
        if int(is_arrival) + int(is_work) + int(is_contact) + int(is_later) + int(is_rota) > 1:
            source = _first_of(
                world, block.uid[clock[NEXT_ISSUE]], is_arrival, is_work, is_contact, is_later, is_rota
            )
        elif is_work:
            source = _WORK
        elif is_arrival:
            source = _ARRIVAL
        elif is_contact:
            source = _CONTACT
        elif is_later:
            source = _LATER
        else:
            source = _ROTA
    return source


@called
def _first_of(
    world: World, uid: int, arrival: bool, work: bool, contact: bool, later: bool, rota: bool
) -> int:
    """Which of the sources that have an event at this tick comes first, by kind, then entity."""
    source, kind, entity = NONE, 99, 0
    if arrival:
        source, kind, entity = _ARRIVAL, _ARRIVES, uid
    if work:
        rank = world.working.leaf[first_leaf(world.working), RANK]
        if kind > _WORK_ENDS or (kind == _WORK_ENDS and rank < entity):
            source, kind, entity = _WORK, _WORK_ENDS, rank
    if contact:
        rank = world.contacts.leaf[first_leaf(world.contacts), RANK]
        own, who = (_WORK_ENDS, rank - _FIRST) if rank < 0 else (_PATIENCE_ENDS, rank)
        if own < kind or (own == kind and who < entity):
            source, kind, entity = _CONTACT, own, who
    if later:
        rank = world.agenda[0, 1]
        own, who = (_WORK_ENDS, rank - _FIRST) if rank < 0 else (_ARRIVES, rank)
        if own < kind or (own == kind and who < entity):
            source, kind, entity = _LATER, own, who
    if rota:
        rank = world.duties[0, 1]
        own, who = kind_of(rank), entity_of(rank)
        if own < kind or (own == kind and who < entity):
            source, kind, entity = _ROTA, own, who
    return source


@inlined
def _is_pending(world: World, block: Block) -> bool:
    """Whether something else happens at this tick."""
    clock = world.clock
    now = clock[NOW]
    return bool(
        clock[NEXT_ISSUE] == clock[N_BLOCK]  # who comes next is not known yet
        or block.tick[clock[NEXT_ISSUE]] <= now
        or first_tick(world.working) <= now
        or first_tick(world.contacts) <= now
        or (clock[N_AGENDA] > 0 and world.agenda[0, 0] <= now)
        or (clock[N_DUTIES] > 0 and world.duties[0, 0] <= now)
    )


@called
def _period_begins(plan: Packed, world: World) -> None:
    """The clock has passed into another period."""
    clock = world.clock
    day, since_midnight = clock[NOW] // DAY, clock[NOW] % DAY
    kind = plan.day_kind[day + 1]
    period, last = plan.first_period[kind], plan.first_period[kind + 1]
    while period + 1 < last and plan.begins[period + 1] <= since_midnight:
        period += 1
    clock[PERIOD] = period
    clock[PERIOD_ENDS] = day * DAY + (plan.begins[period + 1] if period + 1 < last else DAY)
    for stage in range(len(plan.stage)):
        world.shut[stage] = plan.stage[stage, SHUTS] * (1 - plan.answers[stage, period])


# ------------------------------------------------------------------------------- the story
@inlined
def _is_born(plan: Packed, world: World, block: Block) -> None:
    """An issue arrives."""
    clock, issues = world.clock, world.issues
    row = clock[NEXT_ISSUE]
    clock[NEXT_ISSUE] += 1
    clock[N_FREE] -= 1
    issue = world.free[clock[N_FREE]]
    issues[issue, UID], world.numbers[issue, STREAM], world.numbers[issue, CLASS] = (
        block.uid[row],
        block.stream[row],
        block.cls[row],
    )
    issues[issue, BORN], world.numbers[issue, ENTRY] = clock[NOW], block.entry[row]
    world.numbers[issue, STAGE_NOW] = block.entry[row]
    world.numbers[issue, ATTEMPT], world.history[issue, KEPT], world.numbers[issue, LEAF] = 0, NONE, NONE
    world.difficulty[issue] = block.d[row]
    if clock[NOW] < plan.flag[END]:
        clock[N_OPEN] += 1
    _comes_again(world, issue)
    clock[ARRIVING] = issue


@inlined
def _row_of(plan: Packed, owner: int, cls: int, period: int) -> int:
    """Row of the values of a stage (or a `Leaving`), a class and a period."""
    return int64((owner * plan.flag[N_CLASSES] + cls) * plan.flag[N_PERIODS] + period)


@inlined
def _comes_again(world: World, issue: int) -> None:
    """The next attempt: no stage visited, no time spent at bots."""
    world.numbers[issue, ATTEMPT] += 1
    world.numbers[issue, STEP] = world.history[issue, BOT_TICKS] = 0
    world.history[issue, PATIENCE_LEFT] = NONE
    world.history[issue, VISITED] = 0
    for word in range(VISITED + 1, world.history.shape[1]):
        world.history[issue, word] = 0


@inlined
def _arrives(plan: Packed, world: World, issue: int) -> int:
    """A visit begins; how it ends, if it does so at once."""
    clock, issues = world.clock, world.issues
    now, period = clock[NOW], clock[PERIOD]
    stage, cls = world.numbers[issue, STAGE_NOW], world.numbers[issue, CLASS]
    row = _row_of(plan, stage, cls, period)
    half = (stage & 1) * 32
    world.history[issue, VISITED + (stage >> 1)] += int64(1) << half
    nth = world.history[issue, VISITED + (stage >> 1)] >> half & 0x7FFFFFFF
    word = plan.stage[stage, WORD] | int64(world.numbers[issue, ATTEMPT]) << 16 | nth
    lanes = lanes_of(clock[SEED], clock[REPLICATION], issues[issue, UID], word, 0)
    world.numbers[issue, STEP] += 1
    world.numbers[issue, NTH], world.numbers[issue, ROW], issues[issue, ENTER] = nth, row, now
    issues[issue, START], world.numbers[issue, CHAT] = NONE, NONE
    issues[issue, LANE_2], issues[issue, LANE_3] = lanes[2], lanes[3]
    world.numbers[issue, STATE] = AT_STAGE
    handling = ticks_of(
        plan.shapes,
        plan.value[row, MEAN + WORK],
        plan.code[row, SHAPE + WORK],
        lanes[0],
    )
    issues[issue, HANDLING] = handling
    kind = plan.stage[stage, KIND]
    how = 0
    if plan.code[row, IS_CLOSED] != 0:
        how = _TURNED_AWAY
    elif kind == _DESK:
        how = _arrives_at_desk(plan, world, issue, lanes[1])
    elif kind == _BOT:
        limit = plan.code[row, LIMIT]
        if limit != UNLIMITED and world.waiting[stage] >= limit:
            how = _TURNED_AWAY
        else:
            reply = ticks_of(
                plan.shapes,
                plan.value[row, MEAN + REPLY],
                plan.code[row, SHAPE + REPLY],
                lanes[1],
            )
            issues[issue, START] = now + reply
            world.waiting[stage] += 1
            ends = NEVER if reply >= NEVER - handling else now + reply + handling
            _is_due(world, issue, ends, issues[issue, UID] + _FIRST)
    else:
        issues[issue, START] = now
        _later(world, now + handling, issues[issue, UID] + _FIRST, issue)
    return how


@inlined
def _is_due(world: World, issue: int, tick: int, rank: int) -> None:
    """Something will happen to a contact at a bot or in a queue."""
    clock = world.clock
    clock[N_LEAVES] -= 1
    leaf = world.leaves[clock[N_LEAVES]]
    world.contact[leaf] = issue
    world.numbers[issue, LEAF] = leaf
    sets(world.contacts, leaf, tick, rank)


@inlined
def _later(world: World, tick: int, rank: int, issue: int) -> None:
    """Something will happen to an issue that may be far away."""
    pushed(world.agenda, world.clock[N_AGENDA], tick, rank, issue)
    world.clock[N_AGENDA] += 1


@inlined
def _arrives_at_desk(plan: Packed, world: World, issue: int, patience_lane: int) -> int:
    """An agent at once, or a wait in the line; TURNED_AWAY where the line is full, else 0."""
    issues = world.issues
    stage, row = world.numbers[issue, STAGE_NOW], world.numbers[issue, ROW]
    agent = free_agent(plan, world, issue) if world.shut[stage] == 0 else NONE
    limit = plan.code[row, LIMIT]
    how = 0
    if agent == NONE and limit != UNLIMITED and world.waiting[stage] >= limit:
        how = _TURNED_AWAY
    else:
        if agent == NONE or plan.flag[KEEPS_BUDGETS] != 0:
            issues[issue, BUDGET] = _budget(plan, world, issue, patience_lane)
        if agent != NONE:
            takes(plan, world, agent, issue)
        else:
            joins(plan, world, issue)
            if issues[issue, BUDGET] != NEVER:
                _is_due(world, issue, issues[issue, ENTER] + issues[issue, BUDGET], issues[issue, UID])
    return how


@inlined
def _budget(plan: Packed, world: World, issue: int, lane: int) -> int:
    """Ticks a customer will wait: what is left of a budget that goes on, or a fresh one."""
    stage, row = world.numbers[issue, STAGE_NOW], world.numbers[issue, ROW]
    budget = world.history[issue, KEPT]
    if budget != NONE:
        world.history[issue, KEPT] = NONE
    elif world.history[issue, PATIENCE_LEFT] != NONE and plan.stage[stage, PER_CONTACT] != 0:
        budget = world.history[issue, PATIENCE_LEFT]
    else:
        fresh = ticks_of(
            plan.shapes,
            plan.value[row, MEAN + PATIENCE],
            plan.code[row, SHAPE + PATIENCE],
            lane,
        )
        budget = patience_budget(
            fresh, world.history[issue, BOT_TICKS], plan.stage[stage, BOT_TIME_COUNTS] != 0
        )
    return int64(budget)


@inlined
def _outcome(plan: Packed, world: World, issue: int) -> int:
    """Whether a served visit truly solved."""
    issues, clock = world.issues, world.clock
    stage, row = world.numbers[issue, STAGE_NOW], world.numbers[issue, ROW]
    u = high_uniform_of(issues[issue, LANE_2])
    if plan.luck[stage] > 0 and has_luck_of_issue(plan.luck[stage], uniform_of(issues[issue, LANE_3])):
        lanes = lanes_of(clock[SEED], clock[REPLICATION], issues[issue, UID], plan.stage[stage, WORD], 0)
        u = uniform_of(lanes[0])
    curve = plan.code[row, CURVE]
    p = plan.value[row, SOLVES]
    if curve != NONE:
        p = chance_at(plan.curve[curve], world.difficulty[issue])
    return _SOLVED if u < p else _UNSOLVED


@inlined
def _waits_no_longer(plan: Packed, world: World, issue: int) -> int:
    """A session at a bot is over, or a customer's patience."""
    issues = world.issues
    if world.numbers[issue, STATE] == WAITING:
        leaves_line(plan, world, issue)
        how = _ABANDONED
    else:
        frees_leaf(world, issue, world.numbers[issue, LEAF])
        world.waiting[world.numbers[issue, STAGE_NOW]] -= 1
        world.history[issue, BOT_TICKS] += world.clock[NOW] - issues[issue, ENTER]
        how = _SERVED
    return how


@inlined
def _is_later(world: World, issue: int) -> int:
    """The first of the agenda: a delay is over, or a contact arrives at a stage."""
    clock = world.clock
    popped(world.agenda, clock[N_AGENDA])
    clock[N_AGENDA] -= 1
    state = world.numbers[issue, STATE]
    how = 0
    if state == AT_STAGE:
        how = _SERVED
    else:
        if state == RETURNING:
            _comes_again(world, issue)
        clock[ARRIVING] = issue
    return how


@inlined
def _visit_ends(plan: Packed, world: World, visits: Ints, issue: int, how: int) -> int:
    """A visit is over: it is written, and after-call work begins; how it ended."""
    clock, issues = world.clock, world.issues
    now = clock[NOW]
    stage, row = world.numbers[issue, STAGE_NOW], world.numbers[issue, ROW]
    if plan.flag[KEEPS_BUDGETS] != 0 and plan.stage[stage, KIND] == _DESK and how != _TURNED_AWAY:
        answered = issues[issue, START]
        waited = (now if answered == NONE else answered) - issues[issue, ENTER]
        world.history[issue, PATIENCE_LEFT] = patience_left(issues[issue, BUDGET], waited)
    if how == _SERVED:
        how = _outcome(plan, world, issue)
    way = how - 1
    if how == _TURNED_AWAY and plan.code[row, IS_CLOSED] != 0:
        way = ROUTE_WHEN_CLOSED
    to = destination(
        plan.route_first,
        plan.route_below,
        plan.route_to,
        plan.code[row, ROUTE + way],
        low_uniform_of(issues[issue, LANE_2]),
    )
    chat = world.numbers[issue, CHAT]
    freed = NONE
    if chat != NONE:
        freed = now + ticks_of(
            plan.shapes,
            plan.value[row, MEAN + WRAP_UP],
            plan.code[row, SHAPE + WRAP_UP],
            issues[issue, LANE_3],
        )
        if freed > now:
            world.chats[chat, SLOT] = WRAPPING_UP
            sets(world.working, chat, freed, world.chats[chat, AGENT])
    _writes_visit(world, visits, issue, freed, how, to)
    world.numbers[issue, NEXT_STAGE] = to
    return how


@inlined
def _goes_on(plan: Packed, world: World, block: Block, table: Ints, issue: int, how: int) -> None:
    """A contact goes on to its next stage, or leaves."""
    issues = world.issues
    stage, to = world.numbers[issue, STAGE_NOW], world.numbers[issue, NEXT_STAGE]
    if to != LEAVES:
        world.numbers[issue, STAGE_NOW] = to
        if _is_pending(world, block):  # others of this tick come before the arrival at the next stage
            world.numbers[issue, STATE] = MOVING
            _later(world, world.clock[NOW], issues[issue, UID], issue)
        else:
            world.clock[ARRIVING] = issue
    elif how == _SOLVED:
        _closes(plan, world, table, issue, _IS_SOLVED, 0)
    else:
        _leaves_unsolved(plan, world, table, issue, stage, how)


@inlined
def _writes_visit(world: World, visits: Ints, issue: int, freed: int, how: int, to: int) -> None:
    """The row of a visit that has ended."""
    clock, issues = world.clock, world.issues
    row = clock[N_VISITS]
    clock[N_VISITS] += 1
    chat = world.numbers[issue, CHAT]
    agent = NONE
    team = NONE
    if chat != NONE:
        agent = world.chats[chat, AGENT]
        team = world.agents[agent, TEAM]
    visits[row, 0] = issues[issue, UID]
    visits[row, 1] = world.numbers[issue, ATTEMPT]
    visits[row, 2] = world.numbers[issue, STEP]
    visits[row, 3] = world.numbers[issue, STAGE_NOW]
    visits[row, 4] = world.numbers[issue, NTH]
    visits[row, 5] = world.numbers[issue, CLASS]
    visits[row, 6] = issues[issue, ENTER]
    visits[row, 7] = issues[issue, START]
    visits[row, 8] = clock[NOW]
    visits[row, 9] = freed
    visits[row, 10] = agent
    visits[row, 11] = team
    visits[row, 12] = how
    visits[row, 13] = to


@inlined
def _is_freed(plan: Packed, world: World, duty: Ints, chat: int) -> None:
    """One of an agent's chats is over: go, take a break, or take who waits."""
    agents = world.agents
    agent = world.chats[chat, AGENT]
    team = agents[agent, TEAM]
    world.chats[chat, SLOT] = IDLE
    leaves_list(world, agent)
    agents[agent, OPEN] -= 1
    agents[agent, SINCE] = world.clock[NOW]
    if agents[agent, TAKES] != 0 and world.debt[team] > 0:
        world.debt[team] -= 1
        agents[agent, TAKES] = 0
        marks(world, duty, agent, _OVERTIME)
    if agents[agent, TAKES] != 0:
        fills(plan, world, agent)
    elif agents[agent, OPEN] == 0:
        if world.days[agent, DUTY] == _OVERTIME:
            marks(world, duty, agent, OFF_DUTY)
        emptied(plan, world, duty, agent)
    if world.chats[chat, SLOT] == IDLE:
        clears(world.working, chat)


# ------------------------------------------------------------------------------ after leaving
@inlined
def _leaves_unsolved(plan: Packed, world: World, table: Ints, issue: int, stage: int, how: int) -> None:
    """A contact has left that was not solved: it comes back, or its issue is closed."""
    clock, issues = world.clock, world.issues
    now, period, cls = clock[NOW], clock[PERIOD], world.numbers[issue, CLASS]
    p_believes = plan.value[world.numbers[issue, ROW], BELIEVES]
    word = plan.stage[stage, WORD] | int64(world.numbers[issue, ATTEMPT]) << 16 | world.numbers[issue, NTH]
    lanes = lanes_of(clock[SEED], clock[REPLICATION], issues[issue, UID], word, 1)
    leaving = how - 1
    if how == _UNSOLVED and uniform_of(lanes[2]) < p_believes:
        leaving = _BELIEVED
    back = _row_of(plan, leaving, cls, period)
    at_most = plan.flag[AT_MOST]
    comes_at = NONE
    if (at_most == UNLIMITED or world.numbers[issue, ATTEMPT] <= at_most) and uniform_of(
        lanes[0]
    ) < plan.back_value[back, CHANCE]:
        comes_at = now + ticks_of(
            plan.shapes,
            plan.back_value[back, AFTER],
            plan.back_code[back, RETURN_SHAPE],
            lanes[1],
        )
    dropped = int(plan.flag[DROPS_RETURNS] != 0 and comes_at != NONE and comes_at >= plan.flag[END])
    if comes_at == NONE or dropped != 0:
        _closes(plan, world, table, issue, leaving + 2, dropped)
    else:
        row = plan.back_code[back, COMES_BY]
        entry = world.numbers[issue, ENTRY]
        if row != NONE:
            entry = destination(plan.route_first, plan.route_below, plan.route_to, row, uniform_of(lanes[3]))
        left = world.history[issue, KEPT]  # still kept: no desk was visited
        if left == NONE:
            left = world.history[issue, PATIENCE_LEFT]
        world.history[issue, KEPT] = left if plan.back_code[back, KEEPS_PATIENCE] != 0 else NONE
        world.numbers[issue, STAGE_NOW] = entry
        world.numbers[issue, STATE] = RETURNING
        _later(world, comes_at, issues[issue, UID], issue)


@inlined
def _closes(plan: Packed, world: World, table: Ints, issue: int, state: int, dropped: int) -> None:
    """An issue is over: its row is written, its place free."""
    clock, issues = world.clock, world.issues
    row = clock[N_ISSUES]
    clock[N_ISSUES] += 1
    table[row, 0] = issues[issue, UID]
    table[row, 1] = world.numbers[issue, STREAM]
    table[row, 2] = world.numbers[issue, CLASS]
    table[row, 3] = issues[issue, BORN]
    table[row, 4] = clock[NOW]
    table[row, 5] = world.numbers[issue, ATTEMPT]
    table[row, 6] = state
    table[row, 7] = dropped
    if issues[issue, BORN] < plan.flag[END]:
        clock[N_OPEN] -= 1
    world.numbers[issue, STATE] = FREE
    world.free[clock[N_FREE]] = issue
    clock[N_FREE] += 1

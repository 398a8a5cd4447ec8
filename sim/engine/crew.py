"""Who waits, who is free, and who takes whom, in compiled code; the story is told in `floor`.

Who waits stands in linked lists of issues, one per queue, in order of entering and uid; agents with a free
chat stand in linked lists, one per team and number of open chats, in order of idleness and number. So the
first is at hand, and who leaves a list does so at once.
"""

from __future__ import annotations

from sim.engine.compiled_rules import order_key
from sim.engine.packed import (
    BUSIEST_FIRST,
    CHATS,
    CODE_QUEUE,
    FIRST_LIST,
    GROUP,
    HEAD_START,
    LINE,
    STAGE,
    WANTED,
    Packed,
)
from sim.engine.winner_tree import clears, sets
from sim.engine.world import (
    AGENT_NEXT,
    AGENT_PREVIOUS,
    AT_STAGE,
    CHAT,
    DUTY,
    DUTY_FROM,
    ENTER,
    FIRST_CHAT,
    HANDLING,
    HEAD,
    IDLE,
    LEAF,
    LEVEL,
    N_DUTY,
    N_LEAVES,
    NEXT,
    NOW,
    OFF_DUTY,
    OPEN,
    PREVIOUS,
    ROW,
    SINCE,
    SLOT,
    STAGE_NOW,
    START,
    STATE,
    TAIL,
    TAKES,
    TEAM,
    UID,
    WAITING,
    Ints,
    World,
)
from sim.jit import called, inlined
from sim.model.records import NONE, Duty

__all__ = [
    "comes", "fills", "first_waiting", "free_agent", "frees_leaf", "joins", "leaves_line",
    "leaves_list", "marks", "opens", "takes", "writes_duty",
]  # fmt: skip

_ON = int(Duty.ON)


# -------------------------------------------------------------------------------------- who waits
@inlined
def joins(plan: Packed, world: World, issue: int) -> None:
    """A visit for which nobody is free stands in its queue; later ones of the same tick by uid."""
    issues, queues = world.issues, world.queues
    stage = world.numbers[issue, STAGE_NOW]
    queue = plan.code[world.numbers[issue, ROW], CODE_QUEUE]
    after = queues[queue, TAIL]
    while after != NONE and _is_before(issues, issue, after):
        after = world.numbers[after, PREVIOUS]
    if after == NONE:
        before = queues[queue, HEAD]
        queues[queue, HEAD] = issue
    else:
        before = world.numbers[after, NEXT]
        world.numbers[after, NEXT] = issue
    if before == NONE:
        queues[queue, TAIL] = issue
    else:
        world.numbers[before, PREVIOUS] = issue
    world.numbers[issue, PREVIOUS], world.numbers[issue, NEXT] = after, before
    world.numbers[issue, STATE] = WAITING
    world.waiting[stage] += 1


@inlined
def _is_before(issues: Ints, one: int, other: int) -> bool:
    """Whether one visit of a queue comes before another."""
    if issues[one, ENTER] != issues[other, ENTER]:
        is_before = issues[one, ENTER] < issues[other, ENTER]
    else:
        is_before = issues[one, UID] < issues[other, UID]
    return bool(is_before)


@inlined
def leaves_line(plan: Packed, world: World, issue: int) -> None:
    """A visit waits no longer: it is answered or gives up."""
    queues = world.queues
    stage = world.numbers[issue, STAGE_NOW]
    queue = plan.code[world.numbers[issue, ROW], CODE_QUEUE]
    before, after = world.numbers[issue, PREVIOUS], world.numbers[issue, NEXT]
    if before == NONE:
        queues[queue, HEAD] = after
    else:
        world.numbers[before, NEXT] = after
    if after == NONE:
        queues[queue, TAIL] = before
    else:
        world.numbers[after, PREVIOUS] = before
    world.numbers[issue, STATE] = AT_STAGE
    world.waiting[stage] -= 1
    leaf = world.numbers[issue, LEAF]
    if leaf != NONE:
        frees_leaf(world, issue, leaf)


@inlined
def frees_leaf(world: World, issue: int, leaf: int) -> None:
    """Nothing is pending for a contact any more."""
    clears(world.contacts, leaf)
    world.leaves[world.clock[N_LEAVES]] = leaf
    world.clock[N_LEAVES] += 1
    world.numbers[issue, LEAF] = NONE


@inlined
def first_waiting(plan: Packed, world: World, team: int) -> int:
    """The waiting visit that the team's rule puts first, or NONE."""
    issues = world.issues
    best, best_group, best_key = NONE, 0, 0
    row, last = plan.first_want[team], plan.first_want[team + 1]
    while row < last and (best == NONE or plan.wants[row, GROUP] == best_group):
        queue = plan.wants[row, WANTED]
        first = world.queues[queue, HEAD]
        if first != NONE and world.shut[plan.queue[queue, STAGE]] == 0:
            key = order_key(issues[first, ENTER], plan.queue[queue, HEAD_START])
            is_best = best == NONE or key < best_key
            if not is_best and key == best_key:
                is_best = issues[first, UID] < issues[best, UID]
            if is_best:
                best, best_group, best_key = first, plan.wants[row, GROUP], key
        row += 1
    return best


# --------------------------------------------------------------------------------- who is free
@inlined
def leaves_list(world: World, agent: int) -> None:
    """An agent is no longer among those with a free chat."""
    agents, lists = world.agents, world.lists
    level = agents[agent, LEVEL]
    if level != NONE:
        before, after = agents[agent, AGENT_PREVIOUS], agents[agent, AGENT_NEXT]
        if before == NONE:
            lists[level, HEAD] = after
        else:
            agents[before, AGENT_NEXT] = after
        if after == NONE:
            lists[level, TAIL] = before
        else:
            agents[after, AGENT_PREVIOUS] = before
        agents[agent, LEVEL] = NONE


@inlined
def _joins_list(plan: Packed, world: World, agent: int) -> None:
    """An agent who takes contacts and has a free chat stands in its list: who changed last, last."""
    agents, lists = world.agents, world.lists
    level = plan.team[agents[agent, TEAM], FIRST_LIST] + agents[agent, OPEN]
    since = agents[agent, SINCE]
    before = lists[level, TAIL]
    while before != NONE and (
        agents[before, SINCE] > since or (agents[before, SINCE] == since and before > agent)
    ):
        before = agents[before, AGENT_PREVIOUS]
    if before == NONE:
        after = lists[level, HEAD]
        lists[level, HEAD] = agent
    else:
        after = agents[before, AGENT_NEXT]
        agents[before, AGENT_NEXT] = agent
    if after == NONE:
        lists[level, TAIL] = agent
    else:
        agents[after, AGENT_PREVIOUS] = agent
    agents[agent, AGENT_PREVIOUS], agents[agent, AGENT_NEXT], agents[agent, LEVEL] = before, after, level


@inlined
def free_agent(plan: Packed, world: World, issue: int) -> int:
    """The agent an arriving visit gets, or NONE."""
    stage = world.numbers[issue, STAGE_NOW]
    queue = plan.code[world.numbers[issue, ROW], CODE_QUEUE]
    line = plan.queue[queue, LINE]
    found, asked, n_asked = NONE, 0, plan.asks.shape[1]
    while found == NONE and asked < n_asked:
        team = plan.asks[line, asked]
        if team == NONE:
            asked = n_asked
        else:
            n = plan.team[team, CHATS]
            first = plan.team[team, FIRST_LIST]
            for i in range(n):
                if found == NONE:
                    found = world.lists[first + (n - 1 - i if plan.stage[stage, BUSIEST_FIRST] else i), HEAD]
            asked += 1
    return found


@inlined
def takes(plan: Packed, world: World, agent: int, issue: int) -> None:
    """An agent answers a visit, which may have waited."""
    agents, issues, now = world.agents, world.issues, world.clock[NOW]
    if world.numbers[issue, STATE] == WAITING:
        leaves_line(plan, world, issue)
    leaves_list(world, agent)
    n_chats = plan.team[agents[agent, TEAM], CHATS]
    agents[agent, OPEN] += 1
    agents[agent, SINCE] = now
    chat = agents[agent, FIRST_CHAT]
    while world.chats[chat, SLOT] != IDLE:
        chat += 1
    world.chats[chat, SLOT] = issue
    world.numbers[issue, CHAT] = chat
    issues[issue, START] = now
    if agents[agent, OPEN] < n_chats:
        _joins_list(plan, world, agent)
    sets(world.working, chat, now + issues[issue, HANDLING], issues[issue, UID])


@inlined
def fills(plan: Packed, world: World, agent: int) -> None:
    """An agent who takes contacts takes those who wait until its chats are full."""
    agents = world.agents
    team = agents[agent, TEAM]
    n_chats = plan.team[team, CHATS]
    leaves_list(world, agent)
    waits = True
    while waits and agents[agent, OPEN] < n_chats:
        issue = first_waiting(plan, world, team)
        if issue == NONE:
            if agents[agent, LEVEL] == NONE:  # else it stands there since it took the last
                _joins_list(plan, world, agent)
            waits = False
        else:
            takes(plan, world, agent, issue)


@inlined
def marks(world: World, duty: Ints, agent: int, state: int) -> None:
    """From now on an agent is in another state of duty."""
    agents, clock = world.agents, world.clock
    now = clock[NOW]
    if world.days[agent, DUTY] != OFF_DUTY and world.days[agent, DUTY_FROM] < now:
        writes_duty(
            clock,
            duty,
            agent,
            agents[agent, TEAM],
            world.days[agent, DUTY],
            world.days[agent, DUTY_FROM],
            now,
        )
    world.days[agent, DUTY], world.days[agent, DUTY_FROM] = state, now


@inlined
def writes_duty(clock: Ints, duty: Ints, agent: int, team: int, state: int, begins: int, ends: int) -> None:
    """A row of duty."""
    row = clock[N_DUTY]
    duty[row, 0], duty[row, 1], duty[row, 2], duty[row, 3], duty[row, 4] = agent, team, state, begins, ends
    clock[N_DUTY] += 1


@called
def comes(plan: Packed, world: World, duty: Ints, agent: int) -> None:
    """An agent comes, comes back from a break, or need not go after all; and takes who waits."""
    agents = world.agents
    if agents[agent, OPEN] == 0:
        agents[agent, SINCE] = world.clock[NOW]
    agents[agent, TAKES] = 1
    marks(world, duty, agent, _ON)
    fills(plan, world, agent)


@called
def opens(plan: Packed, world: World, stage: int) -> None:
    """A desk opens: those who waited there look for agents in waiting order, as if they came now.

    Where the first of a queue finds nobody, who stands behind would not either: the queue is left out.
    """
    issues, queues = world.issues, world.queues
    is_left = True
    while is_left:
        best, best_key, best_queue = NONE, 0, NONE
        for queue in range(len(queues)):
            first = queues[queue, HEAD]
            if first != NONE and plan.queue[queue, STAGE] == stage and world.asked[queue] == 0:
                key = order_key(issues[first, ENTER], plan.queue[queue, HEAD_START])
                if (
                    best == NONE
                    or key < best_key
                    or (key == best_key and issues[first, UID] < issues[best, UID])
                ):
                    best, best_key, best_queue = first, key, queue
        is_left = best != NONE
        if is_left:
            agent = free_agent(plan, world, best)
            if agent == NONE:
                world.asked[best_queue] = 1
            else:
                takes(plan, world, agent, best)
    for queue in range(len(queues)):
        world.asked[queue] = 0

"""The compiled engine: the same records as `reference`, row for row, hundreds of times faster.

What happens is in `loop`; here is what it stops for: the next block of issues, the roster of a new day, room
in its tables, and rows to hand out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.away import Away
from sim.engine.loop import Needs, advance
from sim.engine.packed import FIRST_AGENT, Packed, packed
from sim.engine.rota import DESK_OPENS, HEAD_COUNT, SHIFT_BEGINS, notes_all
from sim.engine.winner_tree import rebuilt
from sim.engine.world import (
    AGENT,
    ATTEMPT,
    BORN,
    BREAK,
    CHAT,
    CLASS,
    DAY_ENDS,
    DUTY,
    DUTY_FROM,
    ENDS,
    ENTER,
    FREE,
    LAST_BREAK,
    MOVING,
    N_BLOCK,
    N_DUTY,
    N_ISSUES,
    N_VISITS,
    NEXT_ISSUE,
    NOW,
    NTH,
    OFF_DUTY,
    RETURNING,
    SHIFT_AGENT,
    STAGE_NOW,
    START,
    STATE,
    STEP,
    STREAM,
    TEAM,
    UID,
    Block,
    World,
    duty_margin,
    grown_agenda,
    grown_contacts,
    grown_issues,
    new_rows,
    new_world,
)
from sim.model.arrivals import Arrivals
from sim.model.compiled_arrivals import ArrivalTables, arrival_tables, compiled_arrivals
from sim.model.opening import openings
from sim.model.order import Kind
from sim.model.records import LEAVES, NONE, Chunk, Duty, End, State
from sim.model.roster import head_count_steps, shift_duties
from sim.model.tables import DAY, NEVER, Model, demand_end

__all__ = ["simulate"]

Ints = NDArray[np.int64]

_CHUNK_VISITS = 8192  # visits in a chunk of records; results do not depend on it
_NEVER = np.full(1, NEVER, np.int64)
_NO_MORE_ISSUES = Block(_NEVER, _NEVER, _NEVER, _NEVER, _NEVER, np.zeros(1))
_MOST_KEPT = 8  # models


def simulate(
    model: Model, seed: int, replication: int, demand: Iterable[Arrivals] | None = None
) -> Iterator[Chunk]:
    """Chunks of records of one replication; parameters as `reference.simulate` has them."""
    laid = _laid_out(model)
    if demand is None:
        demand = compiled_arrivals(model, seed, replication, demand_end(model.horizon), laid.arrivals)
    yield from _Compiled(laid, seed, replication, demand).run()


class _Laid(NamedTuple):
    """A model and what both halves of the engine read of it."""

    model: Model
    plan: Packed
    arrivals: ArrivalTables


_laid: list[_Laid] = []  # of the models simulated last: laying one out takes longer than a small replication


def _laid_out(model: Model) -> _Laid:
    """What is kept for a model, or made now."""
    for laid in tuple(_laid):
        if laid.model is model:
            return laid
    laid = _Laid(model, packed(model), arrival_tables(model))
    _laid[_MOST_KEPT - 1 :] = []
    _laid.insert(0, laid)
    return laid


class _Compiled:
    """One replication."""

    def __init__(self, laid: _Laid, seed: int, replication: int, demand: Iterable[Arrivals]) -> None:
        model = laid.model
        self.model, self.seed, self.replication = model, seed, replication
        self.plan = laid.plan
        self.world = new_world(model, self.plan, seed, replication)
        self.demand = iter(demand)
        self.block = _NO_MORE_ISSUES
        self.margin = duty_margin(model)
        self.rows = new_rows(_CHUNK_VISITS, self.margin)
        self.away = Away(model)
        self.day = 0

    def run(self) -> Iterator[Chunk]:
        """Simulate to the stop; a chunk whenever its rows are full."""
        horizon = self.model.horizon
        self.day_begins()
        needs = Needs.NOTHING
        stop = NONE
        while stop == NONE:
            clock = self.world.clock
            needs = Needs(advance(self.plan, self.world, self.block, self.rows))
            if needs == Needs.ISSUES:
                self.takes_issues()
            elif needs == Needs.ROOM_FOR_ROWS:
                yield self.taken()
            elif needs == Needs.ROOM_FOR_ISSUES:
                self.world = grown_issues(self.world, 2 * len(self.world.issues))
            elif needs == Needs.ROOM_FOR_CONTACTS:
                self.world = grown_contacts(self.world, 2 * len(self.world.contact))
            elif needs == Needs.ROOM_ON_AGENDA:
                self.world = grown_agenda(self.world)
            elif needs == Needs.NO_MORE:
                stop = max(int(clock[NOW]), horizon.end)
            elif clock[DAY_ENDS] == horizon.stop:
                stop = horizon.stop
            else:
                self.day += 1
                self.day_begins()
        yield self.taken()
        yield self.closed(stop, answered_by=stop if needs == Needs.NO_MORE else stop - 1)

    def takes_issues(self) -> None:
        """The next block of arrivals."""
        block = next(self.demand, None)
        self.block = _NO_MORE_ISSUES if block is None else _block(block)
        self.world.clock[[NEXT_ISSUE, N_BLOCK]] = 0, len(self.block.tick)

    def day_begins(self) -> None:
        """The plan is made concrete for the day, at the first also for the night shifts of the eve."""
        begins = self.day * DAY
        clock = self.world.clock
        clock[DAY_ENDS] = min(begins + DAY, self.model.horizon.stop)
        for tree in (self.world.contacts, self.world.working):
            rebuilt(tree, begins)
        events = [self.shifts_of(day) for day in ((-1, 0) if self.day == 0 else (self.day,))]
        events += [self.head_counts(), self.openings()]
        notes_all(self.world, np.concatenate(events))

    def shifts_of(self, day: int) -> Ints:
        """The shifts that begin on a day stand in their third of the table; what happens first to each."""
        duties = shift_duties(self.model, self.seed, self.replication, day)
        self.away.shifts(duties)
        is_on = np.flatnonzero(duties.duty == Duty.ON)
        shifts, breaks = self.world.shifts, self.world.breaks
        first = day % 3 * (len(shifts) // 3)
        first_break = day % 3 * (len(breaks) // 3)
        rows = first + np.arange(len(is_on))
        shifts[rows, SHIFT_AGENT] = duties.agent[is_on]
        shifts[rows, ENDS] = duties.ends[is_on]
        shifts[rows, BREAK] = first_break + duties.first_break[is_on]
        shifts[rows, LAST_BREAK] = first_break + duties.first_break[is_on + 1]
        n_breaks = len(duties.break_due)
        breaks[first_break : first_break + n_breaks, 0] = duties.break_due
        breaks[first_break : first_break + n_breaks, 1] = duties.break_length
        return _events(duties.begins[is_on], Kind.DUTY_BEGINS, duties.agent[is_on], SHIFT_BEGINS, rows)

    def head_counts(self) -> Ints:
        """The day's changes of head counts."""
        steps = head_count_steps(self.model, self.seed, self.replication, self.day)
        self.away.head_counts(steps)
        n = len(steps.tick)
        self.world.steps[:n, 0], self.world.steps[:n, 1] = steps.team, steps.present
        return _events(
            steps.tick, Kind.DUTY_ENDS, self.plan.team[steps.team, FIRST_AGENT], HEAD_COUNT, np.arange(n)
        )

    def openings(self) -> Ints:
        """The desks that open on the day."""
        opens = np.array(openings(self.model, self.day), np.int64).reshape(-1, 2)
        return _events(opens[:, 0], Kind.OPENS, opens[:, 1], DESK_OPENS, opens[:, 1])

    def taken(self) -> Chunk:
        """The rows that are written."""
        clock = self.world.clock
        duty = self.rows.duty[: clock[N_DUTY]]
        away = self.away.take(int(clock[NOW]))
        chunk = Chunk(
            self.rows.visits[: clock[N_VISITS]],
            self.rows.issues[: clock[N_ISSUES]],
            np.concatenate([duty, away]) if len(away) else duty,
        )
        clock[[N_VISITS, N_ISSUES, N_DUTY]] = 0
        self.rows = new_rows(_CHUNK_VISITS, self.margin)
        return chunk

    def closed(self, stop: int, answered_by: int) -> Chunk:
        """Rows for all that is open at the tick at which the simulation stops.

        ``answered_by`` is the last tick at which something could happen: no answer of a bot is later.
        """
        self.away.close(stop)
        duty = np.concatenate([_on_duty(self.world, stop), self.away.take(stop)])
        return Chunk(_open_visits(self.world, answered_by), _open_issues(self.world), duty)


def _block(block: Arrivals) -> Block:
    """Arrivals as the loop takes them: writeable and in order, or it would be compiled anew."""
    return Block._make(np.require(column, column.dtype, ["C", "W"]) for column in block)


def _events(tick: Ints, kind: Kind, entity: Ints, what: int, row: Ints) -> Ints:
    """Rows for `notes_all`."""
    n = len(tick)
    return np.column_stack([tick, np.full(n, kind), entity, np.full(n, what), row]).astype(np.int64)


def _open_issues(world: World) -> Ints:
    """Rows of the issues that are still open."""
    rows = np.flatnonzero(world.numbers[:, STATE] != FREE)
    issues, numbers, n = world.issues[rows], world.numbers[rows].astype(np.int64), len(rows)
    ends = np.full(n, NONE), numbers[:, ATTEMPT], np.full(n, State.OPEN), np.zeros(n, np.int64)
    return np.column_stack([issues[:, UID], numbers[:, STREAM], numbers[:, CLASS], issues[:, BORN], *ends])


def _open_visits(world: World, answered_by: int) -> Ints:
    """Rows of the visits that are under way."""
    rows = np.flatnonzero(~np.isin(world.numbers[:, STATE], (FREE, MOVING, RETURNING)))
    issues, numbers, n = world.issues[rows], world.numbers[rows].astype(np.int64), len(rows)
    chat = numbers[:, CHAT]
    has_agent = chat != NONE
    agent, team = np.full(n, NONE), np.full(n, NONE)
    agent[has_agent] = world.chats[chat[has_agent], AGENT]
    team[has_agent] = world.agents[agent[has_agent], TEAM]
    who = [numbers[:, column] for column in (ATTEMPT, STEP, STAGE_NOW, NTH, CLASS)]
    start = np.where(issues[:, START] > answered_by, NONE, issues[:, START])
    none = np.full(n, NONE)
    ends = np.full(n, End.NONE), np.full(n, LEAVES)
    return np.column_stack([issues[:, UID], *who, issues[:, ENTER], start, none, none, agent, team, *ends])


def _on_duty(world: World, stop: int) -> Ints:
    """Rows of the agents who are on duty."""
    days = world.days
    numbers = np.flatnonzero((days[:, DUTY] != OFF_DUTY) & (days[:, DUTY_FROM] < stop))
    team, state, since = world.agents[numbers, TEAM], days[numbers, DUTY], days[numbers, DUTY_FROM]
    return np.column_stack([numbers, team, state, since, np.full(len(numbers), stop)])

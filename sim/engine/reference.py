"""The reference engine: the story of an issue as a SimPy process; `floor` tells that of an agent.

It is the readable definition of what happens. Its order of events is `order`'s: every event is
scheduled with its kind and entity, so at one tick the least pending one is next. Its decisions are
those of `rules`. `simpy.Resource` is not used: its grants follow the order of insertion.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import simpy

from sim.engine.clock import Ledger, Story, at, happens, pack_issue, pack_visit
from sim.engine.floor import Agent, Floor, Visit
from sim.model.arrivals import Arrivals, arrivals
from sim.model.draws import high_uniform, low_uniform, philox, philox_block, shape_key, uniform, visit_word
from sim.model.lookup import EXACTLY, sample_ticks, to_ticks, to_ticks_many, value_at
from sim.model.order import Kind
from sim.model.records import LEAVES, NONE, Chunk, End, State
from sim.model.rules import (
    ROUTE_WHEN_CLOSED,
    chance_at,
    destination,
    has_luck_of_issue,
    patience_budget,
    patience_left,
    turns_away,
)
from sim.model.tables import NEVER, UNLIMITED, Law, Leaving, Model, Shapes, StageKind, demand_end

__all__ = ["simulate"]

_CHUNK_VISITS = 1024  # visits that a chunk of records has at least, but the last; results do not depend on it
_ISSUES_AT_ONCE = 1024  # whose first visits are drawn together; results do not depend on it
_LEAVING = {
    End.UNSOLVED: Leaving.UNSOLVED,
    End.ABANDONED: Leaving.ABANDONED,
    End.TURNED_AWAY: Leaving.TURNED_AWAY,
}
_STATE = {
    Leaving.BELIEVED: State.BELIEVED,
    Leaving.UNSOLVED: State.UNSOLVED,
    Leaving.ABANDONED: State.ABANDONED,
    Leaving.TURNED_AWAY: State.TURNED_AWAY,
}

Lanes = Sequence[int]
"""The four lanes of a block of draws."""


def simulate(
    model: Model, seed: int, replication: int, demand: Iterable[Arrivals] | None = None
) -> Iterator[Chunk]:
    """Chunks of records of one replication, in the order in which rows become final.

    Parameters
    ----------
    model
        The resolved scenario.
    seed, replication
        Name every draw.
    demand
        Blocks of issues by (tick, uid) that arrive in place of those drawn for the model's streams; none
        may arrive after new issues have ceased (at the end; with ``CONTINUE``, at the stop).
    """
    yield from _Reference(model, seed, replication, demand).run()


_Tables = list[tuple[Sequence[float], Sequence[float]] | None]
"""Values and slopes by shape; None: it has atoms."""


def _tables(shapes: Shapes) -> _Tables:
    # Arrays of Python's own give one number in half the time of NumPy's, and are made faster than lists.
    return [
        None if n_atoms else (array("d", value.tobytes()), array("d", slope.tobytes()))
        for n_atoms, value, slope in zip(shapes.n_atoms, shapes.value, shapes.slope, strict=True)
    ]


def _cut(blocks: Iterable[Arrivals]) -> Iterator[Arrivals]:
    """The blocks in pieces that are as lists small enough for a processor's cache."""
    for block in blocks:
        for begin in range(0, len(block.uid), _ISSUES_AT_ONCE):
            yield Arrivals._make(column[begin : begin + _ISSUES_AT_ONCE] for column in block)


class _Issue:
    """An issue and its contact under way."""

    __slots__ = (
        "attempt",
        "born",
        "bot_ticks",
        "cls",
        "d",
        "drawn",
        "entry",
        "kept",
        "patience",
        "stages",
        "stream",
        "uid",
        "visit",
    )

    def __init__(
        self, born: int, uid: int, stream: int, cls: int, d: float, entry: int, drawn: Lanes
    ) -> None:
        self.uid, self.stream, self.cls, self.d, self.entry, self.born = uid, stream, cls, d, entry, born
        self.drawn: Lanes | None = drawn  # the draws of the next visit, where they are known
        self.attempt = 0
        self.patience: int | None = None  # ticks left of this contact's budget; None: no desk visited yet
        self.kept: int | None = None  # ticks left from the last contact, for the next desk
        self.visit: Visit | None = None  # under way

    def begins_contact(self) -> None:
        """The next attempt: no stage visited, no time spent at bots."""
        self.attempt += 1
        self.stages: tuple[int, ...] = ()  # visited
        self.bot_ticks = 0
        self.patience = None


class _Sampler:
    """A law by stage, class and period, as lists: lists are faster than arrays one at a time."""

    def __init__(self, model: Model, law: Law, tables: _Tables) -> None:
        self.shapes, self.tables = model.shapes, tables
        self.mean, self.shape = law.mean.tolist(), law.shape.tolist()
        ticks = to_ticks_many(law.mean, np.ones(law.mean.shape))
        self.fixed = np.where(law.shape == EXACTLY, ticks, NONE).tolist()  # where there is one value

    def ticks(self, row: int, cls: int, period: int, lane: int) -> int:
        """The sample for a lane of a block."""
        fixed: int = self.fixed[row][cls][period]
        if fixed != NONE:
            return fixed
        mean, shape = self.mean[row][cls][period], self.shape[row][cls][period]
        table = self.tables[shape]
        if table is None:
            return sample_ticks(self.shapes, mean, shape, shape_key(lane))
        value, slope = table
        return to_ticks(mean, value_at(value, slope, shape_key(lane)))


class _Reference:
    """One replication: the bots, the delays and the stories of all issues."""

    def __init__(self, model: Model, seed: int, replication: int, demand: Iterable[Arrivals] | None) -> None:
        if demand is None:
            demand = arrivals(model, seed, replication, demand_end(model.horizon))
        self.arriving = demand
        self.env = simpy.Environment()
        self.ledger = Ledger(model)
        self.floor = Floor(self.env, model, seed, replication, self.ledger)
        self.model, self.horizon, self.seed, self.replication = model, model.horizon, seed, replication
        stages = model.stages
        tables = _tables(model.shapes)
        laws = (stages.work, stages.reply, stages.wrap_up, stages.patience, model.returns.after)
        self.work, self.reply, self.wrap_up, self.patience, self.after = (
            _Sampler(model, law, tables) for law in laws
        )
        self.period = self.floor.period
        self.is_closed = [  # to who comes, by stage and period
            [turns_away(is_open, waits) for is_open in row]
            for row, waits in zip(stages.is_open.tolist(), stages.waits_when_closed.tolist(), strict=True)
        ]
        self.is_bot = (stages.kind == StageKind.BOT).tolist()
        self.is_desk = (stages.kind == StageKind.DESK).tolist()
        self.hash = stages.name_hash.tolist()
        self.first_word = np.array([visit_word(name_hash, 1, 1) for name_hash in self.hash], np.uint64)
        self.limit, self.luck = stages.limit.tolist(), stages.luck.tolist()
        self.p_solved, self.p_believes = stages.p_solved.tolist(), stages.p_believes.tolist()
        self.curve, self.curves = stages.curve.tolist(), stages.curves.tolist()
        self.route = stages.route.tolist()
        self.route_first, self.route_below, self.route_to = (column.tolist() for column in model.routes)
        self.p_returns = model.returns.chance.tolist()
        self.entry_route = model.returns.entry_route.tolist()
        self.n_sessions = [0] * len(self.hash)  # under way, per bot
        self.open_issues: dict[int, _Issue] = {}
        self.n_open = 0  # issues born before the end that are still open
        self.pause = simpy.Event(self.env)  # enough rows for a chunk, or (value True) the run is over

    def run(self) -> Iterator[Chunk]:
        """Simulate to the stop; a chunk whenever enough visits have ended."""
        env, horizon = self.env, self.horizon
        env.process(self.floor.roster())
        env.process(self.demand())
        at(env, horizon.end, Kind.CONTROL, 0).callbacks.append(self.looks)
        at(env, horizon.stop, 0, 0).callbacks.append(self.stops)  # before all else of its tick
        while not env.run(until=self.pause):
            self.pause = simpy.Event(env)
            yield self.ledger.take(self.floor.now)
        self.close(self.floor.now)
        yield self.ledger.take(self.floor.now)

    def stops(self, _: simpy.Event) -> None:
        """The run is over, whatever is left."""
        self.pause.succeed(True)

    def looks(self, _: simpy.Event) -> None:
        """Last of a tick at or after the end: is nothing left of what is measured? Then the run is over."""
        if self.n_open == 0:
            self.pause.succeed(True)

    def close(self, stop: int) -> None:
        """Rows for all that is still open at the tick at which the simulation stops."""
        last = stop if self.n_open == 0 else stop - 1  # the last tick of which all has happened
        for issue in self.open_issues.values():
            visit = issue.visit
            if visit is not None:
                if visit.start > last:  # would have been answered after the stop
                    visit.start = NONE
                self.write(issue, visit, NONE, NONE, End.NONE, LEAVES)
            self.write_issue(issue, NONE, State.OPEN, dropped=False)
        self.floor.close(stop)
        self.ledger.away.close(stop)

    def write(self, issue: _Issue, visit: Visit, end: int, freed: int, how: End, to: int) -> None:
        """The row of a visit about which nothing can change any more."""
        agent = visit.agent
        self.ledger.visits.append(
            pack_visit(
                issue.uid,
                issue.attempt,
                visit.step,
                visit.stage,
                visit.nth,
                issue.cls,
                visit.enter,
                visit.start,
                end,
                freed,
                NONE if agent is None else agent.number,
                NONE if agent is None else agent.team,
                how,
                to,
            )
        )
        if len(self.ledger.visits) >= _CHUNK_VISITS and not self.pause.triggered:
            self.pause.succeed(False)

    def write_issue(self, issue: _Issue, closed: int, state: State, dropped: bool) -> None:
        """The row of an issue."""
        self.ledger.issues.append(
            pack_issue(issue.uid, issue.stream, issue.cls, issue.born, closed, issue.attempt, state, dropped)
        )

    # -------------------------------------------------------------------------------- the story
    def demand(self) -> Story:
        """Issues arrive, each at its tick. First visits are drawn many at a time, which costs less."""
        for block in _cut(self.arriving):
            words = self.first_word[block.entry]
            lanes = philox_block(self.seed, self.replication, block.uid, words, 0)
            of_block = (block.tick, block.uid, block.stream, block.cls, block.d, block.entry)
            columns = (column.tolist() for column in of_block)
            for issue in map(_Issue, *columns, zip(*lanes.T.tolist(), strict=True)):
                yield at(self.env, issue.born, Kind.ARRIVES, issue.uid)
                self.env.process(self.story(issue))

    def story(self, issue: _Issue) -> Story:
        """An issue: contact after contact, until it is solved or does not come back."""
        self.open_issues[issue.uid] = issue
        env, horizon = self.env, self.horizon
        is_measured = issue.born < horizon.end
        self.n_open += is_measured
        now, entry, state, dropped = issue.born, issue.entry, State.SOLVED, False
        while True:
            issue.begins_contact()
            stage = entry
            while stage != LEAVES:  # visit after visit
                visit = self.arrives(issue, stage, now)
                if self.is_let_in(issue, visit):
                    issue.visit = visit
                    now = yield visit.done
                    issue.visit = None
                    how = self.how_ended(issue, visit, now)
                else:
                    how = End.TURNED_AWAY
                stage = self.goes_to(visit, how)
                self.ends(issue, visit, how, stage, now)
                if stage != LEAVES and env.peek() <= now:  # others of this tick come before the next arrival
                    yield at(env, now, Kind.ARRIVES, issue.uid)
            if how is End.SOLVED:
                state = State.SOLVED
                break
            lanes = self.lanes_of_leaving(issue, visit)
            leaving = self.how_left(issue, visit, how, lanes)
            state = _STATE[leaving]
            comes_at = self.comes_back(issue, leaving, now, lanes)
            dropped = horizon.drop_returns and comes_at > NONE and comes_at >= horizon.end
            if comes_at == NONE or dropped:
                break
            entry = self.entry_of_return(issue, leaving, now, lanes)
            left = issue.patience if issue.kept is None else issue.kept  # still kept: no desk was visited
            issue.kept = left if self.model.returns.keeps_patience[leaving] else None
            now = yield at(env, comes_at, Kind.ARRIVES, issue.uid)
        del self.open_issues[issue.uid]
        self.write_issue(issue, now, state, dropped)
        self.n_open -= is_measured
        if self.n_open == 0 and now >= horizon.end:
            at(env, now, Kind.CONTROL, 0).callbacks.append(self.looks)

    def arrives(self, issue: _Issue, stage: int, now: int) -> Visit:
        """The visit that begins now, with its draws."""
        issue.stages += (stage,)
        nth = issue.stages.count(stage)
        lanes, issue.drawn = issue.drawn, None
        if lanes is None:
            word = visit_word(self.hash[stage], issue.attempt, nth)
            lanes = philox(self.seed, self.replication, issue.uid, word, 0)
        period = self.period(now)
        handling = self.work.ticks(stage, issue.cls, period, lanes[0])
        done = simpy.Event(self.env)
        return Visit(issue.uid, issue.cls, stage, len(issue.stages), nth, now, period, lanes, handling, done)

    def is_let_in(self, issue: _Issue, visit: Visit) -> bool:
        """Whether a visit is not turned away; then it is under way, and `Visit.done` will happen."""
        stage = visit.stage
        if self.is_closed[stage][visit.period]:
            return False
        if self.is_desk[stage]:
            return self.comes_to_desk(issue, visit)
        if self.is_bot[stage]:
            return self.comes_to_bot(visit)
        visit.start = visit.enter
        happens(visit.done, visit.enter + visit.handling, Kind.WORK_ENDS, visit.uid)
        return True

    def comes_to_bot(self, visit: Visit) -> bool:
        """A session begins, unless the bot is full."""
        stage = visit.stage
        limit = self.limit[stage][visit.period]
        if limit != UNLIMITED and self.n_sessions[stage] >= limit:
            return False
        self.n_sessions[stage] += 1
        visit.start = visit.enter + self.reply.ticks(stage, visit.cls, visit.period, visit.lanes[1])
        happens(visit.done, visit.start + visit.handling, Kind.WORK_ENDS, visit.uid)
        return True

    def comes_to_desk(self, issue: _Issue, visit: Visit) -> bool:
        """An agent at once, or a wait in the line until one is free or patience ends."""
        floor, stage = self.floor, visit.stage
        is_shut = floor.shuts[stage] and floor.is_shut(stage)
        agent = None if is_shut else floor.free_agent(visit)
        if agent is not None:
            visit.budget = self.budget(issue, visit)
            floor.takes(agent, visit)
            return True
        limit = self.limit[stage][visit.period]
        if limit != UNLIMITED and floor.n_waiting[stage] >= limit:
            return False
        visit.budget = self.budget(issue, visit)
        floor.joins(visit)
        if visit.budget != NEVER:
            patience_ends = at(self.env, visit.enter + visit.budget, Kind.PATIENCE_ENDS, visit.uid, visit)
            patience_ends.callbacks.append(self.gives_up)
        return True

    def gives_up(self, patience_ends: simpy.Event) -> None:
        """The patience of a visit is over."""
        visit = patience_ends.value
        assert isinstance(visit, Visit)
        self.floor.gives_up(visit)

    def how_ended(self, issue: _Issue, visit: Visit, now: int) -> End:
        """How a visit ended that was let in; its time is taken off the patience."""
        stage = visit.stage
        if self.is_desk[stage]:
            waited = (now if visit.agent is None else visit.start) - visit.enter
            issue.patience = patience_left(visit.budget, waited)
            if visit.agent is None:
                return End.ABANDONED
        elif self.is_bot[stage]:
            self.n_sessions[stage] -= 1
            issue.bot_ticks += now - visit.enter
        return self.outcome(issue, visit)

    def budget(self, issue: _Issue, visit: Visit) -> int:
        """Ticks a customer will wait: what is left of a budget that goes on, or a fresh one."""
        if issue.kept is not None:
            kept, issue.kept = issue.kept, None
            return kept
        if issue.patience is not None and self.model.stages.patience_per_contact[visit.stage]:
            return issue.patience
        fresh = self.patience.ticks(visit.stage, visit.cls, visit.period, visit.lanes[1])
        return patience_budget(fresh, issue.bot_ticks, bool(self.model.stages.bot_time_counts[visit.stage]))

    def outcome(self, issue: _Issue, visit: Visit) -> End:
        """Whether a served visit truly solved."""
        stage = visit.stage
        u = high_uniform(visit.lanes[2])
        if self.luck[stage] > 0 and has_luck_of_issue(self.luck[stage], uniform(visit.lanes[3])):
            u = uniform(
                philox(self.seed, self.replication, issue.uid, visit_word(self.hash[stage], 0, 0), 0)[0]
            )
        curve = self.curve[stage][visit.cls][visit.period]
        p = (
            self.p_solved[stage][visit.cls][visit.period]
            if curve == NONE
            else chance_at(self.curves[curve], issue.d)
        )
        return End.SOLVED if u < p else End.UNSOLVED

    def goes_to(self, visit: Visit, how: End) -> int:
        """The next stage, or LEAVES."""
        way = how - 1
        if how is End.TURNED_AWAY and self.is_closed[visit.stage][visit.period]:
            way = ROUTE_WHEN_CLOSED
        row = self.route[visit.stage][way][visit.cls][visit.period]
        return destination(
            self.route_first, self.route_below, self.route_to, row, low_uniform(visit.lanes[2])
        )

    def ends(self, issue: _Issue, visit: Visit, how: End, to: int, now: int) -> None:
        """The visit is over: write it, and free its agent after the after-call work."""
        agent = visit.agent
        if agent is None:
            self.write(issue, visit, now, NONE, how, to)
            return
        wrap_up = self.wrap_up.ticks(visit.stage, visit.cls, visit.period, visit.lanes[3])
        self.write(issue, visit, now, now + wrap_up, how, to)
        if wrap_up == 0:
            self.floor.is_freed(agent)
        else:
            freed = at(self.env, now + wrap_up, Kind.WORK_ENDS, agent.number, agent)
            freed.callbacks.append(self.is_freed)

    def is_freed(self, wrap_up_ends: simpy.Event) -> None:
        """The after-call work of an agent is over."""
        agent = wrap_up_ends.value
        assert isinstance(agent, Agent)
        self.floor.is_freed(agent)

    # ---------------------------------------------------------------------------- after leaving
    def lanes_of_leaving(self, issue: _Issue, visit: Visit) -> Lanes:
        """The draws of a contact that left without being solved."""
        word = visit_word(self.hash[visit.stage], issue.attempt, visit.nth)
        return philox(self.seed, self.replication, issue.uid, word, 1)

    def how_left(self, issue: _Issue, visit: Visit, how: End, lanes: Lanes) -> Leaving:
        """How a contact left that was not solved."""
        if how is End.UNSOLVED and uniform(lanes[2]) < self.p_believes[visit.stage][issue.cls][visit.period]:
            return Leaving.BELIEVED
        return _LEAVING[how]

    def comes_back(self, issue: _Issue, leaving: Leaving, now: int, lanes: Lanes) -> int:
        """The tick of the return, or NONE."""
        at_most, period = self.model.returns.at_most, self.period(now)
        is_allowed = at_most == UNLIMITED or issue.attempt <= at_most
        if not is_allowed or uniform(lanes[0]) >= self.p_returns[leaving][issue.cls][period]:
            return NONE
        return now + self.after.ticks(leaving, issue.cls, period, lanes[1])

    def entry_of_return(self, issue: _Issue, leaving: Leaving, now: int, lanes: Lanes) -> int:
        """The stage at which a return enters."""
        row = self.entry_route[leaving][issue.cls][self.period(now)]
        if row == NONE:
            return issue.entry
        return destination(self.route_first, self.route_below, self.route_to, row, uniform(lanes[3]))

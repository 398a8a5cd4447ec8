"""The floor of the reference engine: lines of waiting visits, agents, and the stories of their days."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count

import simpy

from sim.engine.clock import Ledger, Periods, Story, at, happens
from sim.model.opening import openings, shuts
from sim.model.order import Kind
from sim.model.records import NONE, Duty
from sim.model.roster import head_count_steps, shift_duties
from sim.model.rules import LineKey, answers, line_key, order_key
from sim.model.tables import DAY, NEVER, Model

__all__ = ["Agent", "Floor", "Visit"]


class Visit:
    """A visit at a stage; at a desk it may stand in a line."""

    __slots__ = (
        "agent",
        "budget",
        "cls",
        "done",
        "enter",
        "handling",
        "is_waiting",
        "lanes",
        "nth",
        "period",
        "stage",
        "start",
        "step",
        "uid",
    )

    def __init__(
        self,
        uid: int,
        cls: int,
        stage: int,
        step: int,
        nth: int,
        enter: int,
        period: int,
        lanes: Sequence[int],
        handling: int,
        done: simpy.Event,
    ) -> None:
        self.uid, self.cls, self.stage, self.step, self.nth = uid, cls, stage, step, nth
        self.enter, self.period, self.lanes = enter, period, lanes
        self.handling = handling  # ticks
        self.done = done  # happens when the visit ends
        self.start = NONE
        self.agent: Agent | None = None
        self.is_waiting = False
        self.budget = NEVER  # ticks it would wait


class Agent:
    """An agent: what it does, for how many, and since when."""

    __slots__ = ("duty", "duty_from", "emptied", "number", "open", "since", "takes", "team")

    def __init__(self, number: int, team: int) -> None:
        self.number, self.team = number, team
        self.open = 0  # chats
        self.since = 0  # tick at which `open` last changed, or at which the agent came
        self.takes = False  # on duty, no break due, not about to go
        self.duty: Duty | None = None  # None: off duty
        self.duty_from = 0
        self.emptied: simpy.Event | None = None  # a break waits for the last chat to end


_Place = tuple[int, int, int, Visit]
"""Order key, uid, a number that keeps the outdated place of a visit apart from its new one, the visit."""


class Floor:
    """Who waits, who works, and who takes whom."""

    def __init__(
        self, env: simpy.Environment, model: Model, seed: int, replication: int, ledger: Ledger
    ) -> None:
        self.env, self.model, self.seed, self.replication, self.ledger = env, model, seed, replication, ledger
        self.period = Periods(model.calendar).at
        self.answers = [  # who waits, by stage and period
            [answers(is_open, waits) for is_open in row]
            for row, waits in zip(
                model.stages.is_open.tolist(), model.stages.waits_when_closed.tolist(), strict=True
            )
        ]
        self.shuts = shuts(model).tolist()  # desks at which contacts wait while nobody may answer
        self.line_of = model.stages.line.tolist()
        self.head_start = model.stages.head_start.tolist()
        self.busiest_first = model.stages.busiest_first.tolist()
        self.desk_of = model.lines.desk.tolist()
        self.asks = [[team for team in row if team != NONE] for row in model.lines.asks.tolist()]
        self.ranks = model.lines.rank.tolist()
        self.rule = model.teams.rule.tolist()
        self.chats = model.teams.chats.tolist()
        self.first_agent = model.teams.first_agent.tolist()
        self.is_head_count = model.teams.is_head_count.tolist()
        self.lines_of_team = [
            [line for line, ranks in enumerate(self.ranks) if ranks[team]] for team in range(len(self.chats))
        ]
        self.queues: list[list[_Place]] = [
            [] for _ in self.asks
        ]  # heaps; who was taken stays till it is first
        self.joined = count()
        self.n_waiting = [0] * len(self.line_of)  # per desk
        self.agents = [
            Agent(first + i, team)
            for team, (first, n) in enumerate(
                zip(self.first_agent, model.teams.n_agents.tolist(), strict=True)
            )
            for i in range(n)
        ]
        # Agents with a free chat by team and open chats: heaps of (since, number); outdated entries stay.
        self.free: list[list[list[tuple[int, int]]]] = [[[] for _ in range(n)] for n in self.chats]
        self.debt = [0] * len(self.chats)  # agents of a fallen head count who have still to be chosen

    @property
    def now(self) -> int:
        """The tick of the event that is happening."""
        now: int = self.env.now  # type: ignore[assignment]  # every delay here is an int
        return now

    # ---------------------------------------------------------------------------- contacts and agents
    def free_agent(self, visit: Visit) -> Agent | None:
        """The agent an arriving visit gets: the first team asked that has a free chat; in it the agent
        with the fewest open chats (or most), then longest at that number, then the lowest number."""
        for team in self.asks[self.line_of[visit.stage][visit.cls]]:
            levels = self.free[team]
            for level in (
                range(len(levels) - 1, -1, -1) if self.busiest_first[visit.stage] else range(len(levels))
            ):
                heap = levels[level]
                while heap:
                    since, number = heap[0]
                    agent = self.agents[number]
                    if agent.takes and agent.open == level and agent.since == since:
                        return agent
                    heappop(heap)
        return None

    def is_shut(self, stage: int) -> bool:
        """Whether a desk that `shuts` answers nobody now."""
        return not self.answers[stage][self.period(self.now)]

    def joins(self, visit: Visit) -> None:
        """A visit for which nobody is free stands in its line."""
        visit.is_waiting = True
        self.n_waiting[visit.stage] += 1
        key = order_key(visit.enter, self.head_start[visit.stage][visit.cls][visit.period])
        heappush(
            self.queues[self.line_of[visit.stage][visit.cls]], (key, visit.uid, next(self.joined), visit)
        )

    def gives_up(self, visit: Visit) -> None:
        """A visit's patience ends; if it still waits, it leaves the line unanswered."""
        if visit.is_waiting:
            visit.is_waiting = False
            self.n_waiting[visit.stage] -= 1
            visit.done.succeed(self.now)

    def takes(self, agent: Agent, visit: Visit) -> None:
        """An agent answers a visit."""
        if visit.is_waiting:
            visit.is_waiting = False
            self.n_waiting[visit.stage] -= 1
        now = self.now
        assert agent.takes, "an agent who takes no contacts was asked"
        assert agent.open < self.chats[agent.team], "an agent without a free chat was asked"
        agent.open, agent.since = agent.open + 1, now
        visit.agent, visit.start = agent, now
        if agent.open < self.chats[agent.team]:
            heappush(self.free[agent.team][agent.open], (agent.since, agent.number))
        happens(visit.done, now + visit.handling, Kind.WORK_ENDS, visit.uid)

    def is_freed(self, agent: Agent) -> None:
        """One of an agent's chats is over: go, take a break, or take who waits."""
        agent.open, agent.since = agent.open - 1, self.now
        if agent.takes and self.debt[agent.team]:
            self.debt[agent.team] -= 1
            agent.takes = False
            self.mark(agent, Duty.OVERTIME)
        if agent.takes:
            self.fills(agent)
        elif agent.open == 0:
            if agent.duty == Duty.OVERTIME:
                self.mark(agent, None)
            if agent.emptied is not None:
                agent.emptied.succeed()
                agent.emptied = None

    def fills(self, agent: Agent) -> None:
        """An agent who takes contacts takes those who wait until its chats are full."""
        while agent.open < self.chats[agent.team]:
            visit = self.first_waiting(agent.team)
            if visit is None:
                heappush(self.free[agent.team][agent.open], (agent.since, agent.number))
                return
            self.takes(agent, visit)

    def first_waiting(self, team: int) -> Visit | None:
        """The waiting visit that the team's rule puts first."""
        best: Visit | None = None
        best_key: LineKey | None = None
        for line in self.lines_of_team[team]:
            place = self.front(line)
            if place is not None:
                key, uid, _, visit = place
                if self.shuts[visit.stage] and self.is_shut(visit.stage):
                    continue
                head_start = self.head_start[visit.stage][visit.cls][visit.period]
                wanted = line_key(self.rule[team], self.ranks[line][team], head_start, key, uid)
                if best_key is None or wanted < best_key:
                    best, best_key = visit, wanted
        return best

    def front(self, line: int) -> _Place | None:
        """The first place of a line at which somebody waits."""
        queue = self.queues[line]
        while queue and not queue[0][-1].is_waiting:
            heappop(queue)
        return queue[0] if queue else None

    def opens(self, stage: int) -> None:
        """A desk opens: those who waited there look for agents in waiting order, as if they came now."""
        lines = [line for line, desk in enumerate(self.desk_of) if desk == stage]
        while fronts := [(place, line) for line in lines if (place := self.front(line)) is not None]:
            (*_, visit), line = min(fronts)
            agent = self.free_agent(visit)
            if agent is None:
                lines.remove(line)  # who stands behind would ask the same agents
            else:
                self.takes(agent, visit)

    # ------------------------------------------------------------------------------- days of agents
    def mark(self, agent: Agent, duty: Duty | None, tick: int | None = None) -> None:
        """From now on (or from the tick) an agent is in another state of duty."""
        now = self.now if tick is None else tick
        if agent.duty is not None:
            self.ledger.duty(agent.number, agent.team, agent.duty, agent.duty_from, now)
        agent.duty, agent.duty_from = duty, now

    def roster(self) -> Story:
        """Every midnight the plan is made concrete for the day; night shifts of the eve are under way."""
        day = 0
        while True:
            for begun in (-1, 0) if day == 0 else (day,):
                self.plan(begun)
            self.env.process(self.head_counts(day))
            if opens := openings(self.model, day):
                self.env.process(self.opening_hours(opens))
            day += 1
            yield self.env.timeout(day * DAY - self.now)

    def opening_hours(self, opens: list[tuple[int, int]]) -> Story:
        """Over a day desks open, each at a tick."""
        for tick, stage in opens:
            yield at(self.env, tick, Kind.OPENS, stage)
            self.opens(stage)

    def plan(self, day: int) -> None:
        """The shifts that begin on a day: a story for each agent who comes."""
        duties = shift_duties(self.model, self.seed, self.replication, day)
        self.ledger.away.shifts(duties)
        breaks = list(zip(duties.break_due.tolist(), duties.break_length.tolist(), strict=True))
        first = duties.first_break.tolist()
        columns = (duties.agent, duties.begins, duties.ends, duties.duty)
        for row, (number, begins, ends, state) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            if state == Duty.ON:
                own = breaks[first[row] : first[row + 1]]
                self.env.process(self.shift(self.agents[number], begins, ends, own))

    def shift(self, agent: Agent, begins: int, ends: int, breaks: list[tuple[int, int]]) -> Story:
        """An agent's shift: comes, takes breaks (each due at a tick, for so many ticks), goes at the end."""
        yield at(self.env, begins, Kind.DUTY_BEGINS, agent.number)
        self.env.process(self.shift_end(agent, ends))
        self.mark(agent, Duty.ON)
        for due, length in breaks:
            if due > self.now:  # else it is due as the shift begins, or fell due during the one before
                self.comes(agent)
                yield at(self.env, due, Kind.DUTY_ENDS, agent.number)
                agent.takes = False
            if agent.open and self.now < ends:
                agent.emptied = simpy.Event(self.env)
                yield agent.emptied
            if self.now >= ends:
                self.ledger.duty(agent.number, agent.team, Duty.LOST_BREAK, due, due + length)
                continue
            self.mark(agent, Duty.BREAK)
            yield at(self.env, min(self.now + length, ends), Kind.DUTY_BEGINS, agent.number)
        if self.now < ends:
            self.comes(agent)

    def comes(self, agent: Agent) -> None:
        """An agent comes, comes back from a break, or need not go after all; and takes who waits."""
        if agent.open == 0:
            agent.since = self.now
        agent.takes = True
        self.mark(agent, Duty.ON)
        self.fills(agent)

    def shift_end(self, agent: Agent, ends: int) -> Story:
        """The shift is over: an agent takes nobody else and goes when its contacts are done."""
        yield at(self.env, ends, Kind.DUTY_ENDS, agent.number)
        agent.takes = False
        self.mark(agent, Duty.OVERTIME if agent.open else None)
        if agent.emptied is not None:
            agent.emptied.succeed()
            agent.emptied = None

    # -------------------------------------------------------------------------------- head counts
    def head_counts(self, day: int) -> Story:
        """Over a day the head counts of teams change."""
        steps = head_count_steps(self.model, self.seed, self.replication, day)
        self.ledger.away.head_counts(steps)
        columns = (steps.tick, steps.team, steps.present)
        for tick, team, present in zip(*(c.tolist() for c in columns), strict=True):
            yield at(self.env, tick, Kind.DUTY_ENDS, self.first_agent[team])
            self.set_head_count(team, present)

    def team_agents(self, team: int) -> list[Agent]:
        """The agents of a team, by number."""
        first = self.first_agent[team]
        return self.agents[first : first + int(self.model.teams.n_agents[team])]

    def set_head_count(self, team: int, present: int) -> None:
        """Agents come or go until the team has its new head count.

        A rise forgives debt, keeps who was about to go (lowest number first), then calls the lowest
        numbers off duty. At a fall idle agents go at once (highest number first); the rest is debt.
        """
        agents = self.team_agents(team)
        change = present - (sum(agent.takes for agent in agents) - self.debt[team])
        if change > 0:
            forgiven = min(change, self.debt[team])
            self.debt[team] -= forgiven
            change -= forgiven
            coming = [a for a in agents if a.duty == Duty.OVERTIME] + [a for a in agents if a.duty is None]
            for agent in coming[:change]:
                self.comes(agent)
        elif change < 0:
            idle = [a for a in reversed(agents) if a.takes and a.open == 0][:-change]
            for agent in idle:
                agent.takes = False
                self.mark(agent, None)
            self.debt[team] += -change - len(idle)

    def close(self, stop: int) -> None:
        """Rows for all who are on duty at the tick at which the simulation stops."""
        for agent in self.agents:
            self.mark(agent, None, stop)

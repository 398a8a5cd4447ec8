"""Teams as arrays: who serves which line at which rank, shifts, head counts, agent numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.model.draws import hash32
from sim.model.records import NONE
from sim.model.tables import DAY, HeadCounts, LineRule, Lines, Plan, Shifts, Teams
from sim.scenario.classes import Classes, When, look_up, periods
from sim.scenario.scaling import apportion, scaled
from sim.scenario.schema import Scenario, Team
from sim.scenario.views import break_due, rank_for, served_ranks, shift_span

__all__ = ["lines_of", "staff_of"]

_RULES = {
    "skill first": LineRule.SKILL_FIRST,
    "priority first": LineRule.PRIORITY_FIRST,
    "longest waiting": LineRule.LONGEST_WAITING,
}


def lines_of(scenario: Scenario, classes: Classes, stage_ids: Mapping[str, int]) -> tuple[Lines, np.ndarray]:
    """The lines, and the line of each class at each stage, shape (S, C); NONE where there is no queue."""
    served = served_ranks(scenario)
    teams = list(scenario.teams)
    line_of = np.full((len(stage_ids), len(classes)), NONE, np.int64)
    desks: list[int] = []
    ranks: list[tuple[int, ...]] = []
    asks: list[list[int]] = []
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    for name, desk in scenario.desks.items():
        order = [teams.index(t) for t in desk.asks] if desk.asks is not None else range(len(teams))
        for cls, values in enumerate(classes):
            by_team = tuple(rank_for(served[team], name, values) for team in teams)
            key = (stage_ids[name], by_team)
            if key not in known:
                known[key] = len(desks)
                desks.append(stage_ids[name])
                ranks.append(by_team)
                asked = [t for t in order if by_team[t]]
                asks.append(asked + [NONE] * (len(teams) - len(asked)))
            line_of[stage_ids[name], cls] = known[key]
    shape = (len(desks), len(teams))
    return Lines(
        np.array(desks, np.int64),
        np.array(asks, np.int64).reshape(shape),
        np.array(ranks, np.int64).reshape(shape),
    ), line_of


def staff_of(scenario: Scenario) -> tuple[Teams, Plan]:
    """Teams and their plan, scaled, with agents numbered team by team, shift by shift."""
    shifts: list[tuple[int, int, int, int, int, int, int]] = []
    breaks: list[list[tuple[int, int]]] = []
    counts: list[tuple[int, int, int, int]] = []
    first_agents, n_agents = [], []
    agent = 0
    for t, team in enumerate(scenario.teams.values()):
        first_agents.append(agent)
        if team.shifts is not None:
            scheduled = apportion([s.agents for s in team.shifts.values()], scenario.scale)
            present = apportion(scheduled, 1 - team.shrinkage, at_least_one=False)
            for (name, shift), n, there in zip(team.shifts.items(), scheduled, present, strict=True):
                begins, ends = shift_span(shift)
                shifts.append((t, hash32(f"shift:{name}"), begins, ends, agent, n, there))
                breaks.append(sorted((break_due(shift, b.at), b.length) for b in shift.break_))
                agent += n
        else:
            steps = _steps(team, scenario.scale)
            counts.extend(
                (t, begins, n, apportion([n], 1 - team.shrinkage, at_least_one=False)[0])
                for begins, n in steps
            )
            most = max(n for _, n in steps)
            agent += most * (2 if team.absence or team.shrinkage else 1)
        n_agents.append(agent - first_agents[-1])
    teams = Teams(
        name_hash=np.array([hash32(f"team:{name}") for name in scenario.teams], np.int64),
        chats=np.array([team.chats for team in scenario.teams.values()], np.int64),
        rule=np.array([_RULES[team.takes] for team in scenario.teams.values()], np.int64),
        first_agent=np.array(first_agents, np.int64),
        n_agents=np.array(n_agents, np.int64),
        is_head_count=np.array([team.shifts is None for team in scenario.teams.values()], np.bool_),
        p_absent=np.array([team.absence for team in scenario.teams.values()], np.float64),
    )
    return teams, Plan(_shift_table(shifts, breaks), _count_table(counts))


def _steps(team: Team, scale: float) -> list[tuple[int, int]]:
    """(tick after midnight, head count) at each change over the day."""
    assert team.agents is not None
    steps: list[tuple[int, int]] = []
    for tick in periods([team.agents]):
        n = scaled(look_up(team.agents, {}, When(tick), {}), scale)
        if not steps or steps[-1][1] != n:
            steps.append((tick, n))
    return steps


def _shift_table(
    rows: list[tuple[int, int, int, int, int, int, int]], breaks: list[list[tuple[int, int]]]
) -> Shifts:
    columns = np.array(rows, np.int64).reshape(-1, 7).T
    first = np.cumsum([0] + [len(b) for b in breaks])
    pauses = np.array([pause for b in breaks for pause in b], np.int64).reshape(-1, 2).T
    team, name_hash, begins, ends, first_agent, scheduled, present = (c.copy() for c in columns)
    return Shifts(
        team,
        name_hash,
        begins,
        ends,
        first_agent,
        scheduled[:, None],
        present[:, None],
        first.astype(np.int64),
        pauses[0].copy(),
        pauses[1].copy(),
    )


def _count_table(rows: list[tuple[int, int, int, int]]) -> HeadCounts:
    team, begins, scheduled, present = (c.copy() for c in np.array(rows, np.int64).reshape(-1, 4).T)
    assert (begins < DAY).all()
    return HeadCounts(team, np.zeros_like(team), begins, scheduled, present)

"""Teams as arrays: who serves which line at which rank, shifts, head counts, agent numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.model.draws import hash32
from sim.model.records import NONE
from sim.model.tables import DAY, HeadCounts, LineRule, Lines, Plan, Shifts, Teams
from sim.scenario.calendar import DayKind, Version
from sim.scenario.classes import Classes, When, days_of, look_up, periods
from sim.scenario.days import Days
from sim.scenario.following import Follow
from sim.scenario.scaling import apportion, scaled
from sim.scenario.schema import Scenario, Shift, Team
from sim.scenario.values import Table
from sim.scenario.views import break_due, rank_for, served_ranks, shift_span, works_in_shifts
from sim.units import time_of_day

__all__ = ["Followed", "FollowedKey", "generated_name", "lines_of", "paid_time", "staff_of"]

FollowedKey = tuple[int, str, int]
"""Version, team and kind of day."""


class Followed(NamedTuple):
    """The staff of a team that follows the forecast, on a kind of day; scaled already."""

    length: int  # ticks of an interval, or of a shift
    counts: tuple[int, ...] = ()  # agents scheduled in each interval
    starts: tuple[tuple[int, int], ...] = ()  # (ticks after midnight, agents whose shift begins then)


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


def generated_name(begins: int) -> str:
    """The name of a shift that follows from the forecast.

    Examples
    --------
    >>> generated_name(8 * DAY // 24)
    'from 08:00'
    """
    return f"from {time_of_day(begins)}"


def staff_of(
    versions: Sequence[Version], kinds: Sequence[DayKind], followed: Mapping[FollowedKey, Followed]
) -> tuple[Teams, Plan]:
    """Teams and their plan, scaled, with agents numbered team by team, shift by shift.

    Teams that follow the forecast have the staff in ``followed``; nobody where it is not there yet.
    """
    scenario = versions[0].scenario
    days = days_of(scenario)
    rows: list[_Row] = []
    counts: list[tuple[int, int, int, int, int]] = []
    first_agents, n_agents = [], []
    agent = 0
    for t, (name, team) in enumerate(scenario.teams.items()):
        first_agents.append(agent)
        each = [version.scenario.teams[name] for version in versions]
        mine = {(v, k): staff for (v, of, k), staff in followed.items() if of == name}
        if works_in_shifts(team):
            for row in _rows(t, each, kinds, scenario.scale, mine):
                rows.append(replace(row, first_agent=agent))
                agent += max(row.scheduled)
        else:
            steps = [
                step
                for k, kind in enumerate(kinds)
                for step in _steps(each, k, kind, scenario.scale, days, mine)
            ]
            counts.extend((t, *step) for step in steps)
            most = max(n for _, _, n, _ in steps)
            used = {version for kind in kinds for _, version in kind.spells}
            may_be_away = any(each[version].absence or each[version].shrinkage for version in used)
            agent += most * (2 if may_be_away else 1)
        n_agents.append(agent - first_agents[-1])
    teams = Teams(
        name_hash=np.array([hash32(f"team:{name}") for name in scenario.teams], np.int64),
        chats=np.array([team.chats for team in scenario.teams.values()], np.int64),
        rule=np.array([_RULES[team.takes] for team in scenario.teams.values()], np.int64),
        first_agent=np.array(first_agents, np.int64),
        n_agents=np.array(n_agents, np.int64),
        is_head_count=np.array([not works_in_shifts(team) for team in scenario.teams.values()], np.bool_),
        p_absent=np.array([team.absence for team in scenario.teams.values()], np.float64),
    )
    return teams, Plan(_shift_table(rows, len(kinds)), _count_table(counts))


@dataclass(frozen=True)
class _Row:
    """A shift with the same hours and breaks on all days on which it is worked."""

    team: int
    name: str
    span: tuple[int, int]
    breaks: tuple[tuple[int, int], ...]  # (due, length)
    scheduled: list[int]  # by kind of day
    present: list[int]
    first_agent: int = 0


class _Planned(NamedTuple):
    """A shift as it is worked on a kind of day."""

    name: str
    span: tuple[int, int]
    breaks: tuple[tuple[int, int], ...]  # (due, length)
    agents: int  # scheduled


def _planned(team: Team, of_day: When, scale: float, followed: Followed | None) -> list[_Planned]:
    """The shifts of a team on a kind of day."""
    if isinstance(team.agents, Follow):
        starts = followed.starts if followed else ()
        length = followed.length if followed else 0
        return [_Planned(generated_name(begin), (begin, begin + length), (), n) for begin, n in starts]
    shifts = team.shifts or {}
    scheduled = apportion([_agents(shift, of_day) for shift in shifts.values()], scale)
    return [
        _Planned(name, shift_span(shift), _breaks(shift), n)
        for (name, shift), n in zip(shifts.items(), scheduled, strict=True)
    ]


def paid_time(team: Team, kind: DayKind, scale: float, days: Days) -> int:
    """Ticks that the agents of a team with plain shifts or head counts are paid for on a kind of day."""
    if team.shifts is not None:
        shifts = _planned(team, kind.of_day, scale, None)
        return sum(shift.agents * (shift.span[1] - shift.span[0]) for shift in shifts)
    counts = team.agents
    assert isinstance(counts, Table)
    edges = [*periods([counts], kind.of_day, days), DAY]
    return sum(
        scaled(look_up(counts, {}, kind.of_day._replace(tick=begin), {}), scale) * (end - begin)
        for begin, end in pairwise(edges)
    )


def _rows(
    number: int,
    each: Sequence[Team],
    kinds: Sequence[DayKind],
    scale: float,
    followed: Mapping[tuple[int, int], Followed],
) -> list[_Row]:
    """The shifts of a team; one whose hours change has a row for each way in which it is worked."""
    by_kind = [
        _planned(each[kind.whole], kind.of_day, scale, followed.get((kind.whole, k)))
        for k, kind in enumerate(kinds)
    ]
    versions = sorted({kind.whole for kind in kinds})
    named = [
        shift
        for version in versions
        for k, kind in enumerate(kinds)
        if kind.whole == version
        for shift in by_kind[k]
    ]
    if any(isinstance(each[version].agents, Follow) for version in versions):
        named.sort(key=lambda shift: shift.span)
    rows: dict[tuple[object, ...], _Row] = {}
    for shift in named:
        nobody = [0] * len(kinds)
        row = _Row(number, shift.name, shift.span, shift.breaks, nobody, list(nobody))
        rows.setdefault(shift[:3], row)
    for k, kind in enumerate(kinds):
        planned = by_kind[k]
        scheduled = [shift.agents for shift in planned]
        present = apportion(scheduled, 1 - each[kind.whole].shrinkage, at_least_one=False)
        for shift, there in zip(planned, present, strict=True):
            row = rows[shift[:3]]
            row.scheduled[k], row.present[k] = shift.agents, there
    return list(rows.values())


def _breaks(shift: Shift) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((break_due(shift, b.at), b.length) for b in shift.break_))


def _agents(shift: Shift, when: When) -> int:
    """Agents planned for a shift that begins on a kind of day."""
    is_on = shift.on is None or any(word in when.days for word in shift.on)
    return look_up(shift.agents, {}, when, {}) if is_on else 0


def _steps(
    each: Sequence[Team],
    number: int,
    kind: DayKind,
    scale: float,
    days: Days,
    followed: Mapping[tuple[int, int], Followed],
) -> Iterator[tuple[int, int, int, int]]:
    """(kind, tick after midnight, scheduled, present) at each change of a head count over a kind of day."""
    ticks = {begins for begins, _ in kind.spells}
    for version in {version for _, version in kind.spells}:
        counts = each[version].agents
        if isinstance(counts, Table):
            ticks.update(periods([counts], kind.of_day, days))
        elif (version, number) in followed:
            ticks.update(range(0, DAY, followed[version, number].length))
    before = None
    for tick in sorted(ticks):
        when = kind.at(tick)
        n = _count_at(each[when.version], when, scale, followed.get((when.version, number)))
        there = apportion([n], 1 - each[when.version].shrinkage, at_least_one=False)[0]
        if (n, there) != before:
            yield number, tick, n, there
        before = (n, there)


def _count_at(team: Team, when: When, scale: float, followed: Followed | None) -> int:
    """The head count scheduled at a time."""
    if isinstance(team.agents, Table):
        return scaled(look_up(team.agents, {}, when, {}), scale)
    return followed.counts[when.tick // followed.length] if followed else 0


def _shift_table(rows: Sequence[_Row], n_kinds: int) -> Shifts:
    def column(values: Iterable[int]) -> np.ndarray:
        return np.array(list(values), np.int64)

    pauses = [pause for row in rows for pause in row.breaks]
    return Shifts(
        team=column(row.team for row in rows),
        name_hash=column(hash32(f"shift:{row.name}") for row in rows),
        begins=column(row.span[0] for row in rows),
        ends=column(row.span[1] for row in rows),
        first_agent=column(row.first_agent for row in rows),
        n_scheduled=np.array([row.scheduled for row in rows], np.int64).reshape(-1, n_kinds),
        n_present=np.array([row.present for row in rows], np.int64).reshape(-1, n_kinds),
        first_break=np.cumsum([0] + [len(row.breaks) for row in rows]).astype(np.int64),
        break_due=column(due for due, _ in pauses),
        break_length=column(length for _, length in pauses),
    )


def _count_table(rows: list[tuple[int, int, int, int, int]]) -> HeadCounts:
    team, kind, begins, scheduled, present = (c.copy() for c in np.array(rows, np.int64).reshape(-1, 5).T)
    assert (begins < DAY).all()
    return HeadCounts(team, kind, begins, scheduled, present)

"""Axioms about head counts: how many are there, who comes and who goes."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from sim.measure.check_tables import (
    Pieces,
    Spans,
    Violation,
    World,
    breach,
    broken,
    duty_keys,
    duty_spans,
    merged,
    named,
    overlay,
    per_owner,
    union,
    work_spans,
)
from sim.model.records import NONE, Duty
from sim.model.tables import DAY

__all__ = ["AXIOMS", "check_head_counts"]

AXIOMS = {
    "head_count": "A head count never has fewer agents on duty than are present by the plan less absences, "
    "and as many planned away as the plan says.",
    "debt": "A head count has more agents on duty than are present only while all of them are busy, "
    "and then whoever finishes a contact takes no other.",
    "head_count_order": "The lowest number off duty comes first and the highest idle number goes first; "
    "vacancies have numbers from the upper half.",
}


def check_head_counts(w: World) -> Iterator[Violation]:
    """All axioms about head counts."""
    teams = w.model.teams
    idle = _idle(w)
    for team in np.flatnonzero(teams.is_head_count).tolist():
        first = int(teams.first_agent[team])
        mine = (idle.owner >= first) & (idle.owner < first + int(teams.n_agents[team]))
        own_idle = Spans(idle.owner[mine], idle.begins[mine], idle.ends[mine])
        by_team = Spans(np.full(mine.sum(), team), own_idle.begins, own_idle.ends)
        scheduled, present = _steps(w, team)
        pieces = overlay(
            _of_team(w, team, Duty.ON),
            by_team,
            _of_team(w, team, Duty.ABSENT),
            _of_team(w, team, Duty.SHRINKAGE),
            scheduled,
            present,
        )
        yield from _counts(w, team, pieces)
        yield from _finishers(w, team, pieces)
        yield from _order_of_numbers(w, team, own_idle)


def _steps(w: World, team: int) -> tuple[Spans, Spans]:
    """Spans of the team's scheduled and present head counts, weighted, up to the last tick."""
    plan = w.model.plan.head_counts
    kinds = w.model.calendar.kind[1 : w.last // DAY + 2]
    rows = [np.flatnonzero((plan.team == team) & (plan.kind == kind)) for kind in kinds]
    mine = np.concatenate(rows)
    begins = np.repeat(np.arange(len(kinds)) * DAY, [len(r) for r in rows]) + plan.begins[mine]
    ends = np.minimum(np.append(begins[1:], w.last), w.last)
    owner = np.full(len(begins), team)
    scheduled, present = plan.n_scheduled[mine], plan.n_present[mine]
    return Spans(owner, begins, ends, scheduled), Spans(owner, begins, ends, present)


def _of_team(w: World, team: int, *states: Duty) -> Spans:
    """Duty rows of the team's agents in these states; the owner is the team."""
    chosen = np.isin(w.d.state, states) & (w.d.team == team)
    return Spans(np.full(chosen.sum(), team), w.d.begins[chosen], np.minimum(w.d.ends[chosen], w.last))


def _idle(w: World) -> Spans:
    """Time on duty without a contact, by agent."""
    pieces = overlay(duty_spans(w, Duty.ON), work_spans(w)[0])
    return merged(pieces, (pieces.n_open[0] > 0) & (pieces.n_open[1] == 0))


def _counts(w: World, team: int, pieces: Pieces) -> Iterator[Violation]:
    on, idle, absent, away, scheduled, present = pieces.n_open
    for axiom, wrong, what in (
        ("head_count", on < present - absent, "fewer on duty than present"),
        ("head_count", present < absent, "more absent than scheduled"),
        ("head_count", away != scheduled - present, "another number planned away than the plan says"),
        ("debt", (on > present - absent) & (idle > 0), "more on duty than present, and some idle"),
    ):
        at = np.flatnonzero(wrong)
        if len(at):
            tick = int(pieces.begins[at[0]])
            rows = np.flatnonzero((w.d.team == team) & (w.d.begins <= tick) & (tick < w.d.ends))
            yield breach(axiom, f"team {team} at tick {tick}: {what}", duty_keys(w, rows[:5]), len(at))


def _finishers(w: World, team: int, pieces: Pieces) -> Iterator[Violation]:
    """Who finishes a contact and stays on duty although there is debt."""
    on, _, absent, _, _, present = pieces.n_open
    rows = per_owner(union(duty_spans(w, Duty.ON)))
    at = np.flatnonzero((w.v.team == team) & (w.v.freed != NONE) & (w.v.freed < w.last))
    piece = np.searchsorted(pieces.begins, w.v.freed[at], side="right") - 1
    at = at[(piece >= 0) & (on > present - absent)[piece]]
    wrong = []
    for n in at:
        freed = int(w.v.freed[n])
        begins, ends = rows.get(int(w.v.agent[n]), ([], []))
        k = bisect_left(begins, freed) - 1
        if k >= 0 and freed < ends[k]:
            wrong.append(n)
    yield from named(w, "debt", "finishes a contact and stays although too many are on duty", wrong, "visit")


def _order_of_numbers(w: World, team: int, idle: Spans) -> Iterator[Violation]:
    teams = w.model.teams
    first, n_agents = int(teams.first_agent[team]), int(teams.n_agents[team])
    away = (w.d.team == team) & np.isin(w.d.state, (Duty.ABSENT, Duty.SHRINKAGE))
    if away.any():
        working = (w.d.team == team) & ~away
        is_upper = w.d.agent >= first + n_agents // 2
        wrong = (away & ~is_upper) | (working & is_upper)
        yield from broken(w, "head_count_order", "duty", wrong, "a vacancy below or an agent above the half")
    at = np.flatnonzero((w.d.team == team) & np.isin(w.d.state, (Duty.ON, Duty.OVERTIME)))
    there = union(Spans(w.d.agent[at], w.d.begins[at], np.minimum(w.d.ends[at], w.last)))
    on = [(int(w.d.agent[n]), int(w.d.ends[n])) for n in at if w.d.state[n] == Duty.ON]
    wrong_ticks = []
    for tick in np.unique(there.begins):
        came = there.owner[there.begins == tick]
        around = there.owner[(there.begins <= tick) & (there.ends >= tick)]
        if len(np.unique(around[around < came.max()])) < came.max() - first:
            wrong_ticks.append((int(came.max()), int(tick)))
    mine = w.v.team == team
    freed = set(zip(w.v.agent[mine].tolist(), w.v.freed[mine].tolist(), strict=True))
    gone = {(int(a), int(t)) for a, t in zip(there.owner, there.ends, strict=True) if t < w.last}
    left_idle = defaultdict(list)
    for agent, tick in gone & set(on) - freed:
        left_idle[tick].append(agent)
    for tick, agents in left_idle.items():
        # Idle when the head count fell: idle before, and not freed at that very tick.
        others = idle.owner[(idle.begins < tick) & (tick <= idle.ends)]
        stays = np.isin(others, there.owner[(there.begins < tick) & (tick < there.ends)])
        if (others[stays] > min(agents)).any():
            wrong_ticks.append((min(agents), tick))
    if wrong_ticks:
        agent, tick = wrong_ticks[0]
        rows = np.flatnonzero((w.d.agent == agent) & ((w.d.begins == tick) | (w.d.ends == tick)))
        yield breach(
            "head_count_order",
            f"agent {agent} comes or goes out of turn at tick {tick}",
            duty_keys(w, rows),
            len(wrong_ticks),
        )

"""Random scenarios: whatever the scenario, the records obey the axioms, add up and can be had again.

The examples are the same in every run; `slow` takes many more.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from golden_trace import Engine
from hypothesis import given
from numpy.typing import NDArray
from running import chunks_of, folded, issue, resolved, run_checked, same_sums, visit
from strategies import ARE_FEWER, examples, scenarios

from sim.measure.catalogue import ISSUE_SUMS, TEAM_SUMS, VISIT_SUMS
from sim.measure.check import assert_sound
from sim.measure.reduce import Sums
from sim.measure.result import document, figure
from sim.model.arrivals import arrivals
from sim.model.records import (
    LEAVES,
    NONE,
    Chunk,
    Duty,
    DutyColumn,
    End,
    IssueColumn,
    State,
    VisitColumn,
    gather,
    sort_rows,
)
from sim.model.tables import DAY, Model, StageKind, Then
from sim.scenario.resolve import Resolved
from sim.study.replications import run_replications

Scenario = dict[str, Any]
Ints = NDArray[np.int64]
V, IC, D = VisitColumn, IssueColumn, DutyColumn


# ------------------------------------------------------------------------------- what must hold
def conserved(model: Model, records: Chunk, coarse: bool) -> None:
    """Every issue that was drawn is there once; contacts and visits follow from each other."""
    horizon = model.horizon
    until = horizon.stop if horizon.then == Then.CONTINUE else horizon.end
    blocks = list(arrivals(model, 1, 0, until))
    uid = np.concatenate([np.empty(0, np.int64), *(block.uid for block in blocks)])
    born = np.concatenate([np.empty(0, np.int64), *(block.tick for block in blocks)])
    there = np.sort(issue(records, IC.ISSUE))
    if horizon.then == Then.CONTINUE:
        assert np.isin(there, uid).all()
        assert np.isin(uid[born < horizon.end], there).all()
    else:
        assert np.array_equal(there, np.sort(uid))
    assert coarse or np.isin(issue(records, IC.BORN), born).all()
    n_contacts = int(issue(records, IC.ATTEMPTS).sum())
    assert n_contacts == int((visit(records, V.STEP) == 1).sum())
    assert len(records.visits) == n_contacts + int((visit(records, V.NEXT) != LEAVES).sum())
    is_open = issue(records, IC.STATE) == State.OPEN
    assert np.array_equal(is_open, issue(records, IC.CLOSED) == NONE)


def clipped(model: Model, begins: Ints, ends: Ints) -> int:
    """Ticks of spans inside the measured time; an end that is NONE lies beyond."""
    horizon = model.horizon
    until = np.where(ends == NONE, horizon.end, np.minimum(ends, horizon.end))
    return int(np.maximum(until - np.maximum(begins, horizon.warm_up), 0).sum())


def measured(model: Model, ticks: Ints) -> NDArray[np.bool_]:
    return (ticks >= model.horizon.warm_up) & (ticks < model.horizon.end)


def totals_agree(model: Model, records: Chunk, sums: Sums) -> None:
    """The sums that measures are made of equal the records' own totals."""
    v = records.visits[measured(model, visit(records, V.ENTER))]
    for stage, kind in enumerate(model.stages.kind.tolist()):
        here = v[v[:, V.STAGE] == stage]
        answered = here[here[:, V.START] != NONE]
        gave_up = here[here[:, V.HOW] == End.ABANDONED]
        found = dict(zip(VISIT_SUMS, sums.visits[:, :, stage].sum(axis=1).tolist(), strict=True))
        assert found["entered"] == len(here)
        assert found["answered"] == len(answered)
        assert found["abandoned"] == len(gave_up)
        assert found["turned_away"] == (here[:, V.HOW] == End.TURNED_AWAY).sum()
        assert found["open"] == (here[:, V.HOW] == End.NONE).sum()
        assert found["wait_answered"] == (answered[:, V.START] - answered[:, V.ENTER]).sum()
        assert found["wait_abandoned"] == (gave_up[:, V.END] - gave_up[:, V.ENTER]).sum()
        waits_still = (here[:, V.HOW] == End.NONE) & (here[:, V.START] == NONE)
        assert len(here) == found["answered"] + found["abandoned"] + found["turned_away"] + waits_still.sum()
        if kind == StageKind.DESK:
            every = records.visits[visit(records, V.STAGE) == stage]
            left = np.where(every[:, V.START] != NONE, every[:, V.START], every[:, V.END])
            assert sums.waiting[:, stage].sum() == clipped(model, every[:, V.ENTER], left)
    of_teams = dict(zip(TEAM_SUMS, sums.team.sum(axis=1), strict=True))
    for team in range(len(model.teams.chats)):
        for state, key in ((Duty.ON, "on"), (Duty.BREAK, "break"), (Duty.OVERTIME, "overtime"),
                           (Duty.ABSENT, "absent"), (Duty.SHRINKAGE, "shrinkage")):  # fmt: skip
            rows = records.duty[(records.duty[:, D.TEAM] == team) & (records.duty[:, D.STATE] == state)]
            assert of_teams[key][team] == clipped(model, rows[:, D.FROM], rows[:, D.TO])
        served = records.visits[visit(records, V.TEAM) == team]
        assert of_teams["busy"][team] == clipped(model, served[:, V.START], served[:, V.FREED])
    i = records.issues[measured(model, issue(records, IC.BORN))]
    found = dict(zip(ISSUE_SUMS, sums.issues.sum(axis=1).tolist(), strict=True))
    assert found["issues"] == len(i)
    for stands, key in ((State.SOLVED, "solved"), (State.BELIEVED, "believed"), (State.OPEN, "open")):
        assert found[key] == (i[:, IC.STATE] == stands).sum()
    assert found["dropped"] == i[:, IC.DROPPED].sum()


def document_agrees(found: Resolved, records: Chunk, sums: Sums) -> None:
    """Some figures of the result document, worked out from the records in one line each."""
    model, labels = found.model, found.labels
    result = document([sums], model, labels, version="1", seed=1)
    days = (model.horizon.end - model.horizon.warm_up) / DAY
    v = records.visits[measured(model, visit(records, V.ENTER))]
    i = records.issues[measured(model, issue(records, IC.BORN))]
    assert figure(result, "contacts")["value"] == pytest.approx((v[:, V.STEP] == 1).sum() / days, rel=1e-9)
    assert figure(result, "issues")["value"] == pytest.approx(len(i) / days, rel=1e-9)
    if len(i):
        assert figure(result, "solved.end")["value"] == pytest.approx((i[:, IC.STATE] == State.SOLVED).mean())
    for stage, name in enumerate(labels.stages):
        here = v[v[:, V.STAGE] == stage]
        assert figure(result, f"{name}.contacts")["value"] == pytest.approx(len(here) / days, rel=1e-9)
        if model.stages.kind[stage] == StageKind.DESK and len(here):
            gave_up = (here[:, V.HOW] == End.ABANDONED).mean()
            assert figure(result, f"{name}.abandoned")["value"] == pytest.approx(gave_up, rel=1e-9)


def holds_together(engine: Engine, scenario: Scenario, coarse: bool) -> Chunk:
    """Loads, runs, obeys the axioms, is conserved, adds up; the order of rows does not matter."""
    found = resolved(scenario)
    chunks = chunks_of(engine, found.model, coarse=coarse)
    records = gather(chunks)
    assert_sound(found.model, records)
    conserved(found.model, records, coarse)
    sums = folded(found, *chunks)
    totals_agree(found.model, records, sums)
    document_agrees(found, records, sums)
    backwards = [Chunk(*(table[::-1] for table in chunk)) for chunk in reversed(chunks)]
    assert same_sums(sums, folded(found, *backwards))
    return records


def comes_out_again(engine: Engine, scenario: Scenario, coarse: bool) -> None:
    """A run can be had again; a replication is the same alone and among others, and unlike them."""
    model = resolved(scenario).model
    alone = run_checked(engine, resolved(scenario).model, 5, 2, coarse=coarse)
    among = [run_checked(engine, model, 5, replication, coarse=coarse) for replication in range(3)]
    for one, other in zip(alone, among[2], strict=True):
        assert np.array_equal(one, other)
    few = len(among[0].issues) + len(among[1].issues) < 10
    assert few or not np.array_equal(among[0].issues, among[1].issues)


# ------------------------------------------------------------------- what else is in the file
def with_more(scenario: Scenario) -> Scenario:
    """The scenario with things before all others that no contact of it ever meets.

    All visitors are solved at last, for who is not may return to any stage.
    """
    more = copy.deepcopy(scenario)
    more["attributes"] = {"sign": {"ram": "50%", "scales": "rest"}, **more.get("attributes", {})}
    for team in more["teams"].values():
        by_value = isinstance(team["serves"], dict) and not more["desks"].keys() & team["serves"].keys()
        if by_value:  # allowed only while there is one desk
            (only,) = more["desks"]
            team["serves"] = {only: team["serves"]}
    handling = {"05:00-06:10": "4 min", "else": {"ram": "gamma 3 min cv 0.9", "else": "6 min"}}
    oracle = {"session": "7 min", "solves": "33%", "unsolved": "museum"}
    more["bots"] = {"oracle": oracle, **more.get("bots", {})}
    more["desks"] = {"museum": {"handling": handling}, **more["desks"]}
    guards = {"serves": "museum", "agents": {"10:00-17:00": 2, "else": 1}, "absence": "30%"}
    more["teams"] = {"guards": guards, **more["teams"]}
    if "streams" in more["demand"]:
        visitors = {"volume": "70/day", "enters": {"oracle": "40%", "museum": "rest"}, "busyness": "30%"}
        more["demand"]["streams"] = {"visitors": visitors, **more["demand"]["streams"]}
    return more


def renamed(column: Ints, names: tuple[str, ...], known: tuple[str, ...]) -> Ints:
    """Numbers of names as numbers of the same names in another list; NONE where it has no such name."""
    number = [known.index(name) if name in known else NONE for name in names]
    return np.array([*number, NONE], np.int64)[column]


def of_scenario(records: Chunk, found: Resolved, base: Resolved) -> Chunk:
    """Rows up to the end, of issues born by then, in the numbers of the base scenario."""
    v, i, d = (table.copy() for table in sort_rows(records))
    end = found.model.horizon.end
    i[:, IC.STREAM] = renamed(i[:, IC.STREAM], found.labels.streams, base.labels.streams)
    i[:, IC.CLASS] %= base.model.n_classes
    i = i[(i[:, IC.BORN] < end) & (i[:, IC.STREAM] != NONE)]
    v = v[np.isin(v[:, V.ISSUE], i[:, IC.ISSUE])]
    v[:, V.CLASS] %= base.model.n_classes
    for column in (V.STAGE, V.NEXT):
        v[:, column] = renamed(v[:, column], found.labels.stages, base.labels.stages)
    # An agent is known by its team and place; duty ends where the simulation does, so it is cut at the end.
    d = d[(d[:, D.STATE] != Duty.LOST_BREAK) & (d[:, D.FROM] < end)]
    d[:, D.TO] = np.minimum(d[:, D.TO], end)
    for table, agent, team in ((v, V.AGENT, V.TEAM), (d, D.AGENT, D.TEAM)):
        served = table[:, agent] != NONE
        numbers = table[:, team][served]
        table[served, agent] -= found.model.teams.first_agent[numbers]
        table[:, team] = renamed(table[:, team], found.labels.teams, base.labels.teams)
    return Chunk(v, i, d[d[:, D.TEAM] != NONE])


def ignores_what_else_there_is(engine: Engine, scenario: Scenario, coarse: bool) -> None:
    """An attribute, a stream, stages and a team elsewhere in the file change no draw and no tie."""
    base, more = resolved(scenario), resolved(with_more(scenario))
    one = of_scenario(run_checked(engine, base.model, coarse=coarse), base, base)
    other = of_scenario(run_checked(engine, more.model, coarse=coarse), more, base)
    for here, there in zip(one, other, strict=True):
        assert np.array_equal(here, there)


# ------------------------------------------------------------------------------- another plan
def with_another_plan(scenario: Scenario) -> Scenario:
    """Every team has other hours and other rules."""
    other = copy.deepcopy(scenario)
    for change in other["changes"]:
        change.pop("teams", None)
        change.setdefault("returns", {})  # some part there must be
    for team in other["teams"].values():
        team.pop("shifts", None)
        team["agents"] = {"06:00-21:00": 5, "else": 3}
        team["chats"] = team.get("chats", 1) + 1
        team["takes"] = "longest waiting"
    return other


def first_visits(records: Chunk) -> Ints:
    """The first visit of every issue, sorted by issue."""
    v = sort_rows(records).visits
    return np.asarray(v[(v[:, V.ATTEMPT] == 1) & (v[:, V.STEP] == 1)])


def same_customers(engine: Engine, scenario: Scenario, coarse: bool) -> None:
    """Under another plan the same issues arrive, with the same work, luck and patience."""
    model, other = resolved(scenario).model, resolved(with_another_plan(scenario)).model
    both = [run_checked(engine, m, coarse=coarse) for m in (model, other)]
    issues = [sort_rows(records).issues[:, [IC.ISSUE, IC.STREAM, IC.CLASS, IC.BORN]] for records in both]
    issues = [table[table[:, 3] < model.horizon.end] for table in issues]
    assert np.array_equal(issues[0], issues[1])
    one, two = (v[v[:, V.ENTER] < model.horizon.end] for v in map(first_visits, both))
    for column in (V.ISSUE, V.STAGE, V.NTH, V.CLASS, V.ENTER):
        assert np.array_equal(one[:, column], two[:, column])
    judged = np.logical_and(*(np.isin(v[:, V.HOW], (End.SOLVED, End.UNSOLVED)) for v in (one, two)))
    served = judged & (one[:, V.AGENT] != NONE)
    for ends, begins, rows in ((V.END, V.START, judged), (V.FREED, V.END, served)):
        took = [(v[:, ends] - v[:, begins])[rows] for v in (one, two)]
        assert np.array_equal(took[0], took[1])
    assert np.array_equal(one[judged][:, [V.HOW, V.NEXT]], two[judged][:, [V.HOW, V.NEXT]])
    gave_up = (one[:, V.HOW] == End.ABANDONED) & (two[:, V.HOW] == End.ABANDONED)
    assert np.array_equal(one[gave_up][:, V.END], two[gave_up][:, V.END])


# ----------------------------------------------------------------------------------- the tests
def traits(records: Chunk) -> set[str]:
    """What there is to see in the records: ends, states, duties, loops, returns, ties."""
    seen = {f"end {End(how).name}" for how in np.unique(visit(records, V.HOW))}
    seen |= {f"state {State(state).name}" for state in np.unique(issue(records, IC.STATE))}
    seen |= {f"duty {Duty(state).name}" for state in np.unique(records.duty[:, D.STATE])}
    ends = visit(records, V.END)
    if (visit(records, V.NTH) > 1).any():
        seen.add("loop")
    if (visit(records, V.ATTEMPT) > 2).any():
        seen.add("several returns")
    if len(ends) > 50 and len(np.unique(ends)) < len(ends) / 2:
        seen.add("ties")
    return seen


def test_holds_together(engine: Engine) -> None:
    seen: set[str] = set()

    @examples(150)
    @given(scenarios())
    def look(example: tuple[Scenario, bool]) -> None:
        seen.update(traits(holds_together(engine, *example)))

    look()
    wanted = {f"end {end.name}" for end in End} | {f"state {state.name}" for state in State}
    wanted |= {f"duty {duty.name}" for duty in Duty} | {"loop", "several returns", "ties"}
    assert ARE_FEWER or wanted <= seen, "the examples do not reach all that they are meant for"


@examples(20)
@given(scenarios())
def test_comes_out_again(engine: Engine, example: tuple[Scenario, bool]) -> None:
    comes_out_again(engine, *example)


@examples(30)
@given(scenarios())
def test_ignores_what_else_there_is(engine: Engine, example: tuple[Scenario, bool]) -> None:
    ignores_what_else_there_is(engine, *example)


@examples(30)
@given(scenarios())
def test_same_customers(engine: Engine, example: tuple[Scenario, bool]) -> None:
    same_customers(engine, *example)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    "holds", [holds_together, comes_out_again, ignores_what_else_there_is, same_customers]
)
@examples(2000)
@given(example=scenarios())
def test_many(engine: Engine, holds: Any, example: tuple[Scenario, bool]) -> None:
    holds(engine, *example)


def test_processes_change_no_byte() -> None:
    """The document is the same whether replications run one after the other or on two processes."""
    found = resolved(
        {
            "name": "Two processes",
            "demand": {"volume": "300/day", "busyness": "20%"},
            "desks": {"chat": {"handling": "lognormal 6 min cv 0.8", "patience": "exponential 5 min"}},
            "teams": {"own": {"serves": "chat", "agents": 2, "absence": "10%"}},
        }
    )
    assert run_replications(found, 3, 4, workers=1) == run_replications(found, 3, 4, workers=2)

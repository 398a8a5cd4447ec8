"""The period that counts: a visit's is that of its ENTER, a return's that of leaving.

Models of two kinds of day, cut at noon: each of the four periods has values that tell it apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from calendars import with_edges, with_kinds, with_single_route
from golden_trace import Engine, tick
from running import resolved
from small_models import ints

from sim.measure.check import assert_sound
from sim.model.arrivals import Arrivals
from sim.model.records import NONE, Chunk, End, IssueColumn, State, VisitColumn, gather, sort_rows
from sim.model.tables import DAY, Law, Model, period_at
from sim.units import HOUR, MINUTE

V, IC = VisitColumn, IssueColumn
FIRST_MORNING, FIRST_EVENING, SECOND_MORNING, SECOND_EVENING = range(4)
BOUNDARIES = [("12:00", FIRST_MORNING), ("24:00", FIRST_EVENING), ("36:00", SECOND_MORNING)]
"""A time, and the period that ends then."""


def two_days(**other: Any) -> Model:
    """One desk of one agent, two days of two kinds, each cut at noon; handling takes 1, 2, 3 or 4 min."""
    model = resolved(
        {
            "name": "Two days",
            "horizon": {"measure": "2 days"},
            "demand": {"volume": "1/day", "enters": "phone"},
            "desks": {
                "phone": {"handling": "1 min", "wrap_up": "1 min", "solves": "100%", "patience": "1 h"},
                "other": {"handling": "1 min"},
            },
            "teams": {"own": {"serves": ["phone", "other"], "agents": 1}},
            "returns": {"unsolved": {"chance": "100%", "after": "10 min"}, "at_most": 1},
            **other,
        }
    ).model
    model = with_edges(with_kinds(model, 0, 0, 1), 12 * HOUR)
    return model._replace(stages=model.stages._replace(work=by_period(model.stages.work, 0, 1, 2, 3, 4)))


def by_period(law: Law, row: int, *minutes: float) -> Law:
    """The law with so many minutes in each of the four periods for one stage (or leaving)."""
    mean = law.mean.copy()
    mean[row] = np.array(minutes) * MINUTE
    return Law(mean, law.shape)


def run(engine: Engine, model: Model, *clocks: str) -> Chunk:
    """The records, sorted, of contacts that come to the phone at these times."""
    ticks = [tick(clock) for clock in clocks]
    n = len(ticks)
    uids = (int(model.streams.name_hash[0]) << 32) + np.arange(n)
    zeros = np.zeros(n, np.int64)
    demand = Arrivals(np.array(ticks), uids, zeros, zeros, zeros, np.full(n, 0.5))
    records = sort_rows(gather(engine(model, 1, 0, [demand])))
    assert_sound(model, records)
    return records


def column(records: Chunk, which: VisitColumn) -> list[int]:
    """A column of the visit table."""
    return [int(value) for value in records.visits[:, which]]


def just_before(clock: str) -> str:
    """A second before a time, as a time."""
    seconds = tick(clock) // 1_000_000 - 1
    return f"{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}"


def test_periods_change_at_the_clock_and_at_midnight() -> None:
    calendar = two_days().calendar
    for clock, ended in BOUNDARIES:
        assert period_at(calendar, ints(tick(clock) - 1, tick(clock))).tolist() == [ended, ended + 1]
    assert period_at(calendar, ints(2 * DAY)).tolist() == [FIRST_MORNING]  # the third day is as the first


@pytest.mark.parametrize(("clock", "ended"), BOUNDARIES)
def test_who_enters_at_the_boundary_has_the_new_values(engine: Engine, clock: str, ended: int) -> None:
    for enter, minutes in ((just_before(clock), ended + 1), (clock, ended + 2)):
        records = run(engine, two_days(), enter)
        assert records.visits[0, V.END] - records.visits[0, V.START] == minutes * MINUTE


@pytest.mark.parametrize(("clock", "ended"), BOUNDARIES)
def test_who_waits_over_the_boundary_keeps_the_values_of_entering(
    engine: Engine, clock: str, ended: int
) -> None:
    """The second waits behind the first, is answered later, and is handled and wrapped up as it entered."""
    model = two_days()
    stages = model.stages
    model = model._replace(stages=stages._replace(wrap_up=by_period(stages.wrap_up, 0, 1, 2, 3, 4)))
    records = run(engine, model, just_before(clock), just_before(clock), clock)
    assert column(records, V.START)[1] > tick(clock)
    spans = np.diff(records.visits[:, [V.START, V.END, V.FREED]], axis=1) // MINUTE
    assert spans.tolist() == [[ended + 1] * 2, [ended + 1] * 2, [ended + 2] * 2]


@pytest.mark.parametrize(("clock", "ended"), BOUNDARIES)
def test_patience_is_that_of_the_period_of_entering(engine: Engine, clock: str, ended: int) -> None:
    model = two_days(teams={"own": {"serves": ["phone", "other"], "agents": 0}})
    stages = model.stages
    model = model._replace(stages=stages._replace(patience=by_period(stages.patience, 0, 10, 20, 30, 40)))
    records = run(engine, model, just_before(clock), clock)
    assert column(records, V.HOW) == [End.ABANDONED] * 2
    waited = (records.visits[:, V.END] - records.visits[:, V.ENTER]) // MINUTE
    assert waited.tolist() == [10 * (ended + 1), 10 * (ended + 2)]


@pytest.mark.parametrize(("clock", "ended"), BOUNDARIES)
def test_the_route_and_belief_are_those_of_the_period_of_entering(
    engine: Engine, clock: str, ended: int
) -> None:
    """Until the boundary who is not solved goes on, and believes it; from then on neither."""
    model = two_days(returns={})
    model, to_other = with_single_route(model, 1)
    p_solved, believes, route = (
        part.copy() for part in (model.stages.p_solved, model.stages.p_believes, model.stages.route)
    )
    p_solved[:] = 0.0
    route[0, End.UNSOLVED - 1, :, ended] = to_other
    believes[:, :, ended] = 1.0
    model = model._replace(stages=model.stages._replace(p_solved=p_solved, p_believes=believes, route=route))
    records = run(engine, model, just_before(clock), clock)
    assert column(records, V.NEXT) == [1, NONE, NONE]
    # The first enters `other` after the boundary, and leaves it not believing.
    assert column(records, V.ENTER)[1] > tick(clock)
    assert records.issues[:, IC.STATE].tolist() == [State.UNSOLVED] * 2
    leaves = np.zeros_like(route)
    leaves[:] = route[0, End.SOLVED - 1, 0, 0]
    model = model._replace(stages=model.stages._replace(route=leaves))
    records = run(engine, model, just_before(clock), clock)
    assert records.issues[:, IC.STATE].tolist() == [State.BELIEVED, State.UNSOLVED]


@pytest.mark.parametrize(("clock", "ended"), BOUNDARIES)
def test_a_head_start_is_that_of_the_period_of_entering(engine: Engine, clock: str, ended: int) -> None:
    """The last comes after the boundary with a head start that the others do not have."""
    model = two_days()
    head_start = model.stages.head_start.copy()
    head_start[0, :, ended + 1] = HOUR
    model = model._replace(stages=model.stages._replace(head_start=head_start))
    records = run(engine, model, just_before(clock), just_before(clock), clock)
    first, second, last = column(records, V.START)
    assert first < last < second


@pytest.mark.parametrize(("clock", "ended"), BOUNDARIES)
def test_a_return_has_the_chance_delay_and_way_of_the_period_of_leaving(
    engine: Engine, clock: str, ended: int
) -> None:
    """Both enter before the boundary; the second leaves after it, and only then one returns."""
    model, to_other = with_single_route(two_days(), 1)
    returns, stages = model.returns, model.stages
    chance, entry = returns.chance.copy(), returns.entry_route.copy()
    chance[:, :, ended] = 0.0
    entry[:, :, ended + 1] = to_other
    after = returns.after
    for leaving in range(4):
        after = by_period(after, leaving, 10, 20, 30, 40)
    model = model._replace(
        returns=returns._replace(chance=chance, entry_route=entry, after=after),
        stages=stages._replace(
            p_solved=np.zeros_like(stages.p_solved), work=by_period(stages.work, 0, *[0.5 / 60] * 4)
        ),
    )
    records = run(engine, model, just_before(clock), just_before(clock))
    attempts = records.visits[:, [V.ISSUE, V.ATTEMPT]]
    assert [(int(issue) & 0xFF, int(n)) for issue, n in attempts] == [(0, 1), (1, 1), (1, 2)]
    left, back = column(records, V.END)[1], column(records, V.ENTER)[2]
    assert left >= tick(clock)
    assert back - left == 10 * (ended + 2) * MINUTE
    assert column(records, V.STAGE)[2] == 1

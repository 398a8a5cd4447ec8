"""Random scenarios with random kinds of day, values by period and opening hours: all holds together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from calendars import with_head_counts_on, with_hours, with_kinds, with_shift_on, with_single_route
from golden_trace import Engine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from running import resolved, run_checked, visit
from strategies import ARE_FEWER, examples, scenarios

from sim.model.opening import openings
from sim.model.records import NONE, Chunk, End, VisitColumn
from sim.model.tables import Law, Model, StageKind, period_at
from sim.units import DAY, HOUR

V = VisitColumn

_SPANS: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    ((0, DAY),),
    ((8 * HOUR, 18 * HOUR),),
    ((0, 6 * HOUR), (9 * HOUR, 12 * HOUR), (13 * HOUR, DAY)),
    ((9 * HOUR, 10 * HOUR), (22 * HOUR, DAY)),
    ((0, 12 * HOUR),),
)


def _other_values(draw: DrawFn, model: Model) -> Model:
    """Work, patience, head starts and chances that differ from period to period."""
    stages, n = model.stages, len(model.calendar.begins)
    factors = st.lists(st.sampled_from([1.0, 1.0, 0.5, 2.0]), min_size=n, max_size=n)
    work, patience = (Law(law.mean * np.array(draw(factors)), law.shape) for law in
                      (stages.work, stages.patience))  # fmt: skip
    back = model.returns.chance * np.minimum(np.array(draw(factors)), 1.0)
    return model._replace(
        stages=stages._replace(work=work, patience=patience),
        returns=model.returns._replace(chance=back),
        streams=model.streams._replace(
            rate=model.streams.rate * np.resize([1.0, 0.5, 1.5], model.streams.rate.shape[1])[None, :, None]
        ),
    )


def _other_plan(draw: DrawFn, model: Model) -> Model:
    """Other numbers of agents on each kind of day, not more than the scenario's."""
    shifts = model.plan.shifts
    for (shift, kind), n in np.ndenumerate(shifts.n_scheduled.copy()):
        if n and draw(st.booleans()):
            model = with_shift_on(model, shift, kind, draw(st.integers(0, int(n))))
    counts = model.plan.head_counts
    for team, kind in sorted({*zip(counts.team.tolist(), counts.kind.tolist(), strict=True)}):
        most = int(model.teams.n_agents[team]) // 2
        if draw(st.booleans()):
            steps = {0: draw(st.integers(0, most)), 10 * HOUR: draw(st.integers(0, most))}
            model = with_head_counts_on(model, team, kind, steps)
    return model


def _other_hours(draw: DrawFn, model: Model) -> Model:
    for stage, kind in enumerate(model.stages.kind.tolist()):
        if kind == StageKind.DELAY or draw(st.integers(1, 4)) == 1:
            continue
        route = None
        later = np.flatnonzero(np.arange(len(model.stages.kind)) > stage)
        if len(later) and draw(st.booleans()):
            model, route = with_single_route(model, int(draw(st.sampled_from(later.tolist()))))
        n_kinds = len(model.calendar.first) - 1
        hours = {k: draw(st.sampled_from(_SPANS)) for k in range(n_kinds)}
        waits = kind == StageKind.DESK and draw(st.booleans())
        model = with_hours(model, stage, hours, waits=waits, closed_route=route)
    return model


@st.composite
def calendars(draw: DrawFn) -> tuple[Model, bool]:
    """A model with a random calendar, and whether it is coarse (issues arrive every fifth minute)."""
    scenario, coarse = draw(scenarios())
    model: Model = resolved(scenario).model
    if len(model.calendar.first) == 2:  # else the scenario has kinds of day of its own
        model = with_kinds(model, *draw(st.sampled_from([(0,), (0, 1), (1, 0, 1, 0), (0, 0, 1, 2)])))
    return _other_hours(draw, _other_values(draw, _other_plan(draw, model))), coarse


def traits(model: Model, records: Chunk) -> set[str]:
    """What there is to see: ends at closed places, answers at openings."""
    stages = model.stages
    stage, enter, start = (visit(records, c) for c in (V.STAGE, V.ENTER, V.START))
    closed = ~stages.is_open[stage, period_at(model.calendar, enter)] & (
        stages.kind[stage] != StageKind.DELAY
    )
    waits = stages.waits_when_closed[stage]
    opened = {o for day in range(len(model.calendar.kind) - 1) for o in openings(model, day)}
    at_opening = [pair in opened for pair in zip(start.tolist(), stage.tolist(), strict=True)]
    how = visit(records, V.HOW)
    wanted: dict[str, Any] = {
        "turned away closed": closed & ~waits & (how == End.TURNED_AWAY),
        "waits closed, answered": closed & waits & (start != NONE),
        "waits closed, gives up": closed & waits & (how == End.ABANDONED),
        "answered at opening": at_opening,
        "comes at opening": [pair in opened for pair in zip(enter.tolist(), stage.tolist(), strict=True)],
    }
    return {name for name, there in wanted.items() if np.any(there)}


def test_holds_together(engine: Engine) -> None:
    seen: set[str] = set()

    @examples(80)
    @given(calendars())
    def look(example: tuple[Model, bool]) -> None:
        model, coarse = example
        seen.update(traits(model, run_checked(engine, model, coarse=coarse)))

    look()
    assert ARE_FEWER or len(seen) == 5, f"the examples reach only {sorted(seen)}"


@pytest.mark.slow
@pytest.mark.timeout(7200)
@examples(1500)
@given(example=calendars())
def test_many(engine: Engine, example: tuple[Model, bool]) -> None:
    run_checked(engine, example[0], coarse=example[1])

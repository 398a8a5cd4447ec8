"""Models with several kinds of day, more periods or opening hours, made from models that have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model.tables import DAY, Calendar, HeadCounts, Law, Model

__all__ = ["CLOSED", "with_edges", "with_head_counts_on", "with_hours", "with_kinds", "with_periods",
           "with_shift_on", "with_single_route"]  # fmt: skip

CLOSED = 4
"""Row of `Stages.route` of who comes to a closed place."""

_PERIOD_AXIS: dict[str, dict[str, int]] = {
    "streams": {"share": 1, "entry_route": 2},
    "stages": {
        "work": 2, "reply": 2, "wrap_up": 2, "patience": 2, "p_solved": 2, "curve": 2, "p_believes": 2,
        "limit": 1, "head_start": 2, "is_open": 1, "route": 3,
    },
    "returns": {"chance": 2, "after": 2, "entry_route": 2},
}  # fmt: skip


def with_periods(model: Model, copied: Sequence[int], calendar: Calendar) -> Model:
    """The model with the calendar's periods, each with the values of a period ``copied`` (P,)."""

    def taken(values: Any, axis: int) -> Any:
        if isinstance(values, Law):
            return Law(taken(values.mean, axis), taken(values.shape, axis))
        return np.take(values, copied, axis=axis)

    parts = {
        part: getattr(model, part)._replace(
            **{name: taken(getattr(getattr(model, part), name), axis) for name, axis in columns.items()}
        )
        for part, columns in _PERIOD_AXIS.items()
    }
    return model._replace(calendar=calendar, **parts)


def with_edges(model: Model, *ticks: int) -> Model:
    """The model with periods cut at more ticks after midnight, on every kind of day; no value changes."""
    old = model.calendar
    copied: list[int] = []
    first, begins = [0], []
    for kind in range(len(old.first) - 1):
        mine = old.begins[old.first[kind] : old.first[kind + 1]]
        cut = np.union1d(mine, np.array([t for t in ticks if t < DAY], np.int64))
        copied += (old.first[kind] + np.searchsorted(mine, cut, side="right") - 1).tolist()
        begins.append(cut)
        first.append(len(copied))
    return with_periods(model, copied, old._replace(first=np.array(first), begins=np.concatenate(begins)))


def with_kinds(model: Model, *kinds: int) -> Model:
    """The model of one kind of day with kinds for the eve, the first day and so on; then they begin anew.

    No value changes: all kinds are alike.
    """
    n_kinds, n_periods = max(kinds) + 1, len(model.calendar.begins)
    calendar = model.calendar._replace(
        kind=np.resize(np.array(kinds), len(model.calendar.kind)),
        first=np.arange(n_kinds + 1) * n_periods,
        begins=np.tile(model.calendar.begins, n_kinds),
    )
    model = with_periods(model, np.tile(np.arange(n_periods), n_kinds).tolist(), calendar)
    plan, counts = model.plan, model.plan.head_counts
    shifts = plan.shifts._replace(
        n_scheduled=np.repeat(plan.shifts.n_scheduled, n_kinds, axis=1),
        n_present=np.repeat(plan.shifts.n_present, n_kinds, axis=1),
    )
    many = HeadCounts._make(np.tile(column, n_kinds) for column in counts)
    many = many._replace(kind=np.repeat(np.arange(n_kinds), len(counts.team)))
    return model._replace(
        streams=model.streams._replace(rate=np.repeat(model.streams.rate, n_kinds, axis=1)),
        plan=plan._replace(shifts=shifts, head_counts=_sorted(many)),
    )


def _sorted(counts: HeadCounts) -> HeadCounts:
    order = np.lexsort((counts.begins, counts.kind, counts.team))
    return HeadCounts._make(column[order] for column in counts)


def with_shift_on(model: Model, shift: int, kind: int, n: int) -> Model:
    """The model with so many agents of a shift on a kind of day."""
    shifts = model.plan.shifts
    scheduled, present = shifts.n_scheduled.copy(), shifts.n_present.copy()
    scheduled[shift, kind] = present[shift, kind] = n
    shifts = shifts._replace(n_scheduled=scheduled, n_present=present)
    return model._replace(plan=model.plan._replace(shifts=shifts))


def with_head_counts_on(model: Model, team: int, kind: int, steps: Mapping[int, int]) -> Model:
    """The model with the head counts of a team on a kind of day: number from each tick after midnight."""
    counts = model.plan.head_counts
    others = ~((counts.team == team) & (counts.kind == kind))
    table = np.array([[team, kind, begins, n, n] for begins, n in steps.items()]).T
    joined = HeadCounts._make(
        np.concatenate([column[others], new]) for column, new in zip(counts, table, strict=True)
    )
    return model._replace(plan=model.plan._replace(head_counts=_sorted(joined)))


def with_single_route(model: Model, to: int) -> tuple[Model, int]:
    """The model with a route that leads to one stage, and its row."""
    first, below, stages = model.routes
    routes = model.routes._replace(
        first=np.append(first, first[-1] + 1), below=np.append(below, 1.0), to=np.append(stages, to)
    )
    return model._replace(routes=routes), len(first) - 1


def with_hours(
    model: Model,
    stage: int,
    hours: Mapping[int, Sequence[tuple[int, int]]],
    *,
    waits: bool = False,
    closed_route: int | None = None,
) -> Model:
    """The model with a stage that is open in these spans of each kind of day given (ticks, half open)."""
    model = with_edges(model, *(tick for spans in hours.values() for span in spans for tick in span))
    calendar, stages = model.calendar, model.stages
    is_open: NDArray[np.bool_] = stages.is_open.copy()
    for kind, spans in hours.items():
        for p in range(int(calendar.first[kind]), int(calendar.first[kind + 1])):
            is_open[stage, p] = any(begins <= calendar.begins[p] < ends for begins, ends in spans)
    waiting, route = stages.waits_when_closed.copy(), stages.route.copy()
    waiting[stage] = waits
    if closed_route is not None:
        route[stage, CLOSED] = closed_route
    return model._replace(stages=stages._replace(is_open=is_open, waits_when_closed=waiting, route=route))

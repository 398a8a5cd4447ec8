"""The plan of a scenario as CSV text, as `plan_csv` reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from math import gcd
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.model.draws import hash32
from sim.model.tables import DAY, Model, demand_end
from sim.scenario.calendar import Version
from sim.scenario.cover import STARTS
from sim.scenario.days import WEEKDAYS
from sim.scenario.plan_csv import AGENT_COLUMNS, BETWEEN_BREAKS, DAY_COLUMN, FROM, by_weekday
from sim.scenario.staff import generated_name
from sim.scenario.validate import Loaded
from sim.units import HOUR, MINUTE, SECOND, time_of_day

__all__ = ["agents_csv", "intervals_csv", "shift_names", "teams_without_shifts"]


def shift_names(versions: Sequence[Version]) -> dict[int, str]:
    """The name of every shift by its hash, those of changes and those that follow the forecast included."""
    teams = (team for version in versions for team in version.scenario.teams.values())
    written = (name for team in teams for name in team.shifts or {})
    generated = (generated_name(hour * HOUR) for hour in range(STARTS))
    return {hash32(f"shift:{name}"): name for name in (*generated, *written)}


def teams_without_shifts(loaded: Loaded) -> list[str]:
    """The teams that have a head count."""
    is_head_count = loaded.resolved.flows.teams.is_head_count
    return [
        name for name, counts in zip(loaded.scenario.teams, is_head_count.tolist(), strict=True) if counts
    ]


def intervals_csv(loaded: Loaded) -> str:
    """Agents scheduled of each team from each interval's start on; those in training and on break are in it.

    The interval is the scenario's, or as short as the plan asks for.

    Raises
    ------
    UsageError
        If the plan goes by dates, which the file cannot say.
    """
    model = loaded.resolved.flows
    days = _kinds_by_weekday(model)
    shifts, counts = model.plan.shifts, model.plan.head_counts
    step = gcd(
        model.horizon.interval, *shifts.begins.tolist(), *shifts.ends.tolist(), *counts.begins.tolist()
    )
    of_kind = {kind: _scheduled(model, kind, step) for kind in dict.fromkeys(days)}
    tables = by_weekday([of_kind[kind] for kind in days])
    rows: list[list[Any]] = []
    for day, table in tables.items() if isinstance(tables, dict) else [("", tables)]:
        for i, numbers in enumerate(table):
            rows.append([time_of_day(i * step), *([day] if day else []), *numbers])
    head = [FROM, *([DAY_COLUMN] if isinstance(tables, dict) else []), *loaded.scenario.teams]
    return _text([head, *rows])


def agents_csv(loaded: Loaded) -> str:
    """A row for each agent who works in shifts.

    Raises
    ------
    UsageError
        If the plan goes by dates, which the file cannot say, or no team works in shifts.
    """
    model, names, teams = loaded.resolved.flows, shift_names(loaded.versions), list(loaded.scenario.teams)
    days = _kinds_by_weekday(model)
    shifts = model.plan.shifts
    if not len(shifts.team):
        raise UsageError("no team works in shifts; write the plan with '--as intervals'")
    rows = []
    for k in range(len(shifts.team)):
        numbers = shifts.n_scheduled[k, days].tolist()
        begins, ends = int(shifts.begins[k]), int(shifts.ends[k])
        hours = [time_of_day(begins), _end(ends), BETWEEN_BREAKS.join(_breaks(model, k))]
        for agent in range(max(numbers)):
            on = by_weekday([agent < n for n in numbers])
            words = [day for day, works in on.items() if works] if isinstance(on, dict) else []
            rows.append(
                [teams[int(shifts.team[k])], names[int(shifts.name_hash[k])], *hours, " ".join(words)]
            )
    return _text([AGENT_COLUMNS, *rows])


def _kinds_by_weekday(model: Model) -> list[int]:
    """The kind of day of each day of the week, Monday's first; of one that is not simulated any other's."""
    calendar = model.calendar
    found: dict[int, int] = {}
    for day in range(-(-demand_end(model.horizon) // DAY)):
        kind, weekday = int(calendar.kind[day + 1]), (calendar.first_date + day) % 7
        if not _is_same_plan(model, found.setdefault(weekday, kind), kind):
            raise UsageError(
                "this plan goes by dates; a CSV file can only say what holds on days of the week"
            )
    other = next(iter(found.values()))
    return [found.get(weekday, other) for weekday in range(len(WEEKDAYS))]


def _is_same_plan(model: Model, one: int, other: int) -> bool:
    """Whether the same people work on two kinds of day."""
    counts, scheduled = model.plan.head_counts, model.plan.shifts.n_scheduled
    of_kinds = [[column[counts.kind == kind].tolist() for column in counts if column is not counts.kind]
                for kind in (one, other)]  # fmt: skip
    return of_kinds[0] == of_kinds[1] and bool((scheduled[:, one] == scheduled[:, other]).all())


def _scheduled(model: Model, kind: int, step: int) -> list[list[int]]:
    """Agents scheduled of each team in each step of a day, the day before it being of the same kind."""
    shifts, counts = model.plan.shifts, model.plan.head_counts
    ticks = np.arange(0, DAY, step)
    found = np.zeros((len(ticks), len(model.teams.chats)), np.int64)
    for k, team in enumerate(shifts.team.tolist()):
        into = (ticks - shifts.begins[k]) % DAY
        found[:, team] += np.where(into < shifts.ends[k] - shifts.begins[k], shifts.n_scheduled[k, kind], 0)
    for team in np.unique(counts.team).tolist():
        mine = np.flatnonzero((counts.team == team) & (counts.kind == kind))
        found[:, team] = counts.n_scheduled[mine][np.searchsorted(counts.begins[mine], ticks, "right") - 1]
    return [[int(n) for n in row] for row in found]


def _end(tick: int) -> str:
    return time_of_day(tick if tick <= DAY else tick - DAY)


def _breaks(model: Model, row: int) -> list[str]:
    """The breaks of a shift in words."""
    shifts = model.plan.shifts
    return [
        f"{_length(int(shifts.break_length[b]))} at {time_of_day(int(shifts.break_due[b]) % DAY)}"
        for b in range(shifts.first_break[row], shifts.first_break[row + 1])
    ]


def _length(ticks: int) -> str:
    return f"{ticks // MINUTE} min" if ticks % MINUTE == 0 else f"{ticks / SECOND:g} s"


def _text(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()

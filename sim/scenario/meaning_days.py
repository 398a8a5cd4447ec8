"""Whether days by name, opening hours and the times of changes make sense."""

from __future__ import annotations

from sim.scenario.changes import DatedChange
from sim.scenario.findings import Findings, check_name
from sim.scenario.marks import Path
from sim.scenario.meaning_tables import check_day, check_table
from sim.scenario.schema import Scenario
from sim.scenario.values import Table
from sim.scenario.views import values_by_attribute
from sim.units import DAY, MINUTE, Clock

__all__ = ["check_days", "check_open"]

_STARTS = "add the date of the first day: 'horizon: {starts: 2024-07-01}'"


def check_days(scenario: Scenario, found: Findings) -> None:
    """The scenario's own days, and when its changes hold."""
    values = {value: name for name, own in values_by_attribute(scenario).items() for value in own}
    for name, keys in scenario.days.items():
        path: Path = ("days", name)
        check_name(found, path, name)
        if name in values:
            found.add(
                "name_taken",
                path,
                f"the name '{name}' is already used as a value of '{values[name]}'",
                "a table must tell days from the values of attributes",
                on_key=True,
            )
        if scenario.horizon.starts is None and any(key.needs_date for key in keys):
            found.add("days", path, f"nobody knows on which day '{name}' is", _STARTS, on_key=True)
    names = [change.name for change in scenario.changes]
    for i, change in enumerate(scenario.changes):
        _time(scenario, found, ("changes", i), change)
        if "." in change.name or not change.name.strip():
            found.add("name", ("changes", i, "name"), "the name of a change must not be empty or contain '.'")
        elif change.name in names[:i]:
            found.add("name_taken", ("changes", i, "name"), f"the name '{change.name}' is already used")


def _time(scenario: Scenario, found: Findings, path: Path, change: DatedChange) -> None:
    for key, date in (("from", change.begins), ("to", change.ends)):
        if date is not None and scenario.horizon.starts is None:
            found.add("days", (*path, key), "nobody knows on which day this is", _STARTS)
    if change.day is not None:
        check_day(found, (*path, "when"), change.day)
    if change.clock is not None and any(tick % MINUTE for tick in change.clock):
        found.add("changes", (*path, "when"), "a change begins and ends at whole minutes")


def check_open(found: Findings, hours: Table[tuple[Clock, ...]], path: Path) -> None:
    """Opening hours: by days, spells that do not overlap and stay inside their day."""
    check_table(found, hours, path, {}, clock_allowed=False, attributes_allowed=False)
    for below, spells in hours.leaves(path):
        listed = isinstance(found.raw(below), list)
        for i, spell in enumerate(spells):
            where: Path = (*below, i) if listed else below
            if hours.entries is not None and spell.ends > DAY:
                found.add(
                    "open",
                    where,
                    "these hours pass midnight, and the day ends there",
                    "write them up to 24:00 here, and from 00:00 on the next day",
                )
            if any(_meet(spell, other) for other in spells[:i]):
                found.add("open", where, "two spells of the opening hours overlap")


def _meet(one: Clock, other: Clock) -> bool:
    return any(
        one.begins + shift < other.ends and other.begins < one.ends + shift for shift in (-DAY, 0, DAY)
    )

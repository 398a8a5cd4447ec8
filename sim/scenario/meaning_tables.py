"""Whether tables are complete and lead by known keys, and routes lead to known places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.errors import nearest
from sim.scenario.classes import faults
from sim.scenario.days import DAY_WORDS, is_day_word, parse_day
from sim.scenario.findings import Findings
from sim.scenario.marks import Path
from sim.scenario.schema import Scenario
from sim.scenario.values import LEAVES, Route, Table
from sim.scenario.views import served_ranks, stages_of

__all__ = ["check_day", "check_route", "check_table"]


def check_day(found: Findings, path: Path, word: str) -> None:
    """A word for days that is not known, or that needs the date of the first day."""
    if word in found.days.named:
        return
    if not is_day_word(word):
        found.unknown(path, word, "day", [*found.days.named, *DAY_WORDS])
    elif parse_day(word).needs_date and found.days.starts is None:
        hint = "add the date of the first day: 'horizon: {starts: 2024-07-01}'"
        found.add("days", path, f"nobody knows on which day '{word}' is", hint)


def check_table(
    found: Findings,
    table: Table[Any],
    path: Path,
    attributes: Mapping[str, tuple[str, ...]],
    clock_allowed: bool = True,
    attributes_allowed: bool = True,
) -> None:
    """Keys that are not known, and gaps, at any level of a table."""
    for fault in faults(table, attributes, clock_allowed, attributes_allowed, found.days):
        near = nearest(fault.word, fault.hint_words) if fault.word else None
        known = f"known values: {', '.join(fault.hint_words)}" if fault.hint_words else None
        found.add(
            "table",
            (*path, *fault.path),
            fault.message,
            fault.hint or (f"did you mean '{near}'?" if near else known),
            fault.on_key,
        )


def check_route(
    found: Findings,
    table: Table[Route],
    path: Path,
    scenario: Scenario,
    attributes: Mapping[str, tuple[str, ...]],
    may_leave: bool = True,
) -> None:
    """Destinations that are not known; ``may_leave``: whether a contact may leave here."""
    known = [*stages_of(scenario), *([LEAVES] if may_leave else [])]
    if table.entries is not None:
        check_table(found, table, path, attributes)
    for below, route in table.leaves(path):
        for destination in route.shares:
            if destination in known:
                continue
            single = len(route.shares) == 1 and found.layered.marks.value(below) != found.layered.marks.value(
                (*below, destination)
            )
            where: Path = below if _is_text(found.layered.data, below) or single else (*below, destination)
            if destination == LEAVES:
                found.add("route", where, "an issue cannot leave before it enters", on_key=where != below)
            elif destination in scenario.teams:
                found.add(
                    "route",
                    where,
                    f"'{destination}' is a team; contacts go to desks, bots and delays",
                    _desks_of(scenario, destination),
                    on_key=where != below,
                )
            else:
                found.unknown(where, destination, "bot, desk or delay", known, on_key=where != below)


def _desks_of(scenario: Scenario, team: str) -> str | None:
    desks = list(dict.fromkeys(desk for desk, _ in served_ranks(scenario)[team]))
    return f"write a desk that it serves: {', '.join(desks)}" if desks else None


def _is_text(data: object, path: Path) -> bool:
    for part in path:
        if not isinstance(data, dict):
            return False
        data = data.get(part)
    return isinstance(data, str)

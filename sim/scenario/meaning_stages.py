"""Whether bots, desks, delays and returns make sense."""

from __future__ import annotations

from sim.scenario.fields import WAITS
from sim.scenario.findings import Findings
from sim.scenario.laws import LawWords
from sim.scenario.marks import Path
from sim.scenario.meaning_days import check_open
from sim.scenario.meaning_tables import check_route, check_table
from sim.scenario.schema import Bot, Desk, Scenario
from sim.scenario.values import Table
from sim.scenario.views import served_ranks, values_by_attribute

__all__ = ["check_returns", "check_stages"]


def check_stages(scenario: Scenario, found: Findings) -> None:
    """The tables, laws and routes of every bot, desk and delay, and whom desks ask."""
    attributes = values_by_attribute(scenario)
    for group, stages in (("bots", scenario.bots), ("desks", scenario.desks), ("delays", scenario.delays)):
        for name, stage in stages.items():
            for key, value in stage:
                path: Path = (group, name, key)
                if not isinstance(value, Table):
                    continue
                if key == "open":
                    check_open(found, value, path)
                elif key in ("solved", "unsolved", "abandoned", "turned_away", "closed"):
                    check_route(found, value, path, scenario, attributes)
                elif key in ("at_once", "at_most_waiting"):
                    check_table(found, value, path, attributes, attributes_allowed=False)
                else:
                    check_table(found, value, path, attributes)
                if key in ("session", "first_reply", "handling", "wrap_up", "lasts"):
                    _ends(found, value, path)
    for group, places in (("bots", scenario.bots), ("desks", scenario.desks)):
        for name, place in places.items():
            _closed(found, (group, name, "closed"), place)
    for name, desk in scenario.desks.items():
        _asks(scenario, found, name, desk)


def _closed(found: Findings, path: Path, stage: Bot | Desk) -> None:
    if stage.closed is not None and stage.open is None:
        hint = "add for example 'open: 08:00-20:00'"
        found.add("open", path, "it is never closed: there are no opening hours", hint, on_key=True)
    elif stage.closed == WAITS and isinstance(stage, Bot):
        found.add("open", path, "nobody can wait at a bot", "write 'turned away', or where contacts go")


def _ends(found: Findings, table: Table[LawWords], path: Path) -> None:
    """Only patience and the like may last for ever."""
    for below, law in table.leaves(path):
        if any(c.kind == "never" for c in law.components):
            found.add("law", below, "'never' would never end", "only patience may be 'never'")


def _asks(scenario: Scenario, found: Findings, name: str, desk: Desk) -> None:
    ranks = served_ranks(scenario)
    for i, team in enumerate(desk.asks or ()):
        listed = isinstance(found.raw(("desks", name, "asks")), list)
        path: Path = ("desks", name, "asks", i) if listed else ("desks", name, "asks")
        if team not in scenario.teams:
            found.unknown(path, team, "team", scenario.teams)
        elif team in (desk.asks or ())[:i]:
            found.add("asks", path, f"the team '{team}' stands here twice")
        elif not any(desk_name == name for desk_name, _ in ranks.get(team, {})):
            found.add(
                "asks", path, f"the team '{team}' does not serve '{name}'", f"add it to teams.{team}.serves"
            )


def check_returns(scenario: Scenario, found: Findings) -> None:
    """Chances, delays and destinations of returns."""
    attributes = values_by_attribute(scenario)
    for key, rule in scenario.returns:
        if rule is None or key == "at_most":
            continue
        path: Path = ("returns", key)
        check_table(found, rule.chance, (*path, "chance"), attributes)
        check_table(found, rule.after, (*path, "after"), attributes)
        if rule.to is not None:
            check_route(found, rule.to, (*path, "to"), scenario, attributes, may_leave=False)
        for below, chance in rule.chance.leaves((*path, "chance")):
            if chance >= 1 and scenario.returns.at_most is None:
                found.add(
                    "endless",
                    below,
                    "some issues may come back for ever: a chance of 100% and no limit",
                    "add 'at_most: 3' under 'returns', or lower the chance",
                )
        for below, law in rule.after.leaves((*path, "after")):
            if any(c.kind == "never" for c in law.components):
                found.add("returns", below, "a return cannot come never", "lower the chance instead")
        if key == "abandoned" and rule.patience == "kept":
            found.add(
                "returns",
                (*path, "patience"),
                "who gave up has no patience left to keep",
                "leave it out, or write 'renewed'",
            )

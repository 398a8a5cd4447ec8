"""Whether the shares of attributes make sense: known values, and tables by one attribute above."""

from __future__ import annotations

from collections.abc import Iterator

from sim.errors import nearest
from sim.scenario.classes import attribute_of
from sim.scenario.demand_words import ValueShares
from sim.scenario.findings import Findings
from sim.scenario.marks import Path
from sim.scenario.meaning_tables import check_table
from sim.scenario.schema import Scenario
from sim.scenario.views import values_by_attribute

__all__ = ["check_attributes"]


def check_attributes(scenario: Scenario, found: Findings) -> None:
    """The shares of every attribute, at the top of the file and where streams have their own."""
    parents: dict[str, str] = {}
    for path, attribute, shares in _places(scenario):
        if attribute not in scenario.attributes:
            found.unknown(path, attribute, "attribute", scenario.attributes, on_key=True)
            continue
        _rows(scenario, found, path, attribute, shares)
        if shares.entries is not None and _parents(scenario, found, path, attribute, shares, parents):
            values = values_by_attribute(scenario)
            names = list(values)
            above = {name: values[name] for name in names[: names.index(attribute)]}
            check_table(found, shares, path, above or {attribute: values[attribute]})


def _places(scenario: Scenario) -> Iterator[tuple[Path, str, ValueShares]]:
    """Everything written as shares of an attribute: path, attribute, shares."""
    demand: Path = ("demand",)
    owners = [
        ((), scenario.attributes),
        (demand, scenario.demand.attributes),
        *(((*demand, "streams", name), s.attributes) for name, s in scenario.demand.streams.items()),
    ]
    for owner, attributes in owners:
        for attribute, shares in attributes.items():
            yield (*owner, "attributes", attribute), attribute, shares


def _rows(scenario: Scenario, found: Findings, path: Path, attribute: str, shares: ValueShares) -> None:
    """Values that the attribute does not have; the first row at the top of the file names them."""
    known = values_by_attribute(scenario)[attribute]
    for row, own in shares.leaves(path):
        for value in own:
            if value not in known:
                near = nearest(value, known)
                rest = f"known: {', '.join(known)}"
                if path[0] == "attributes":
                    rest = f"the first line has {', '.join(known)}; name '{value}' there too, perhaps with 0%"
                found.add(
                    "unknown_name",
                    (*row, value),
                    f"'{value}' is no value of '{attribute}'",
                    f"did you mean '{near}'?" if near else rest,
                    on_key=True,
                )


def _parents(
    scenario: Scenario,
    found: Findings,
    path: Path,
    attribute: str,
    shares: ValueShares,
    parents: dict[str, str],
) -> bool:
    """Whether the tables go by one attribute written above; ``parents`` are those found so far."""
    values = values_by_attribute(scenario)
    names = list(values)
    sound = True
    for below, entries in shares.tables(path):
        by = attribute_of(entries, values)
        if by is None:
            continue
        key = next(key for key in entries if key in values[by])
        if by == attribute:
            message, hint = f"the shares of '{attribute}' cannot depend on '{attribute}' itself", None
        elif names.index(by) > names.index(attribute):
            message = f"'{key}' is a value of '{by}', which stands below '{attribute}'"
            hint = f"write '{by}' above '{attribute}'"
        elif parents.setdefault(attribute, by) != by:
            message = f"the shares of '{attribute}' depend on '{parents[attribute]}' already, not on '{by}'"
            hint = "they may depend on one other attribute, the same in all streams"
        else:
            continue
        found.add("table", (*below, key), message, hint, on_key=True)
        sound = False
    return sound

"""Whether a scenario makes sense: the parts one after the other, and what belongs to no part."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from sim.errors import Problem, nearest
from sim.scenario.changes import by_name
from sim.scenario.classes import days_of
from sim.scenario.findings import MOST_CLASSES, Findings, check_name
from sim.scenario.layers import Layered
from sim.scenario.marks import Path
from sim.scenario.meaning_attributes import check_attributes
from sim.scenario.meaning_days import check_days
from sim.scenario.meaning_demand import check_demand
from sim.scenario.meaning_groups import check_groups
from sim.scenario.meaning_laws import check_laws
from sim.scenario.meaning_staff import check_teams
from sim.scenario.meaning_stages import check_returns, check_stages
from sim.scenario.schema import Scenario
from sim.scenario.views import values_by_attribute
from sim.scenario.wishes import ChangeOf, source_kind
from sim.units import DAY, MINUTE

__all__ = ["check_meaning"]


_SOURCES = ("published", "fitted", "expected", "assumed", "exact")


def check_meaning(scenario: Scenario, layered: Layered) -> list[Problem]:
    """Everything about a scenario that is well formed but makes no sense."""
    found = Findings(layered, days_of(scenario))
    _names(scenario, found)
    check_days(scenario, found)
    _classes(scenario, found)
    _horizon(scenario, found)
    check_attributes(scenario, found)
    check_demand(scenario, found)
    check_stages(scenario, found)
    check_teams(scenario, found)
    check_groups(scenario, found)
    check_returns(scenario, found)
    check_laws(scenario, found)
    _claims(scenario, found)
    _costs(scenario, found)
    _sources(scenario, found)
    return found.problems


def _names(scenario: Scenario, found: Findings) -> None:
    taken: dict[str, str] = {}
    groups: list[tuple[str, Iterable[str]]] = [
        ("bots", scenario.bots),
        ("desks", scenario.desks),
        ("delays", scenario.delays),
        ("teams", scenario.teams),
    ]
    for group, names in groups:
        for name in names:
            check_name(found, (group, name), name)
            if name in taken:
                found.add(
                    "name_taken",
                    (group, name),
                    f"the name '{name}' is already used under {taken[name]}",
                    "stages and teams need names of their own",
                    on_key=True,
                )
            taken.setdefault(name, group)
    for group, names in (("attributes", scenario.attributes), ("demand.streams", scenario.demand.streams)):
        for name in names:
            check_name(found, (*group.split("."), name), name)
    owners: dict[str, str] = {}
    for attribute, values in values_by_attribute(scenario).items():
        for value in values:
            check_name(found, _value_path(scenario, attribute, value), value)
            if value in owners:
                found.add(
                    "name_taken",
                    _value_path(scenario, attribute, value),
                    f"the value '{value}' already belongs to '{owners[value]}'",
                    "give the values of different attributes different names",
                    on_key=True,
                )
            owners.setdefault(value, attribute)


def _value_path(scenario: Scenario, attribute: str, value: str) -> Path:
    """Where a value is named first."""
    row, _ = next(scenario.attributes[attribute].leaves(("attributes", attribute)))
    return (*row, value)


def _classes(scenario: Scenario, found: Findings) -> None:
    n = prod(len(values) for values in values_by_attribute(scenario).values())
    if n > MOST_CLASSES:
        found.add(
            "attributes",
            ("attributes",),
            f"the values combine to {n:_} kinds of issues, more than {MOST_CLASSES:_}",
            "leave an attribute out, or join some of its values",
            on_key=True,
        )


def _horizon(scenario: Scenario, found: Findings) -> None:
    horizon = scenario.horizon
    if horizon.measure == 0:
        found.add("horizon", ("horizon", "measure"), "the measured time must be longer than 0")
    if horizon.interval < MINUTE or DAY % horizon.interval:
        found.add(
            "horizon",
            ("horizon", "interval"),
            "the interval must divide the day and be at least 1 min",
            "write for example 15 min, 30 min or 1 h",
        )


def _claims(scenario: Scenario, found: Findings) -> None:
    for path, claim in scenario.claims.items():
        where: Path = ("claims", path)
        ways = (("is", claim.is_), ("figures", claim.figures), ("change", claim.change))
        given = [key for key, value in ways if value is not None]
        if not given:
            found.add(
                "missing",
                where,
                "has neither 'is', 'figures' nor 'change'",
                "write for example 'is: 5%' or 'change: 17% less'",
                on_key=True,
            )
        if claim.awaits is not None and not claim.awaits.strip():
            found.add("claim", (*where, "awaits"), "does not say what must exist before it can be measured")
        if claim.within is not None and claim.within.value < 0:
            found.add("claim", (*where, "within"), "a tolerance cannot be negative")
        for more in given[1:]:
            found.add("claim", (*where, more), f"has both '{given[0]}' and '{more}'; keep one", on_key=True)
        for measure, asked in claim.asked(path).items():
            if asked.within is not None and asked.within.unit != asked.is_.unit:
                own = claim.figures is not None and claim.figures[measure].within is not None
                at: Path = (*where, "figures", measure, "within") if own else (*where, "within")
                what = "change" if asked.change else "figure"
                of = "" if claim.figures is None else f" of '{measure}'"
                hint = "write for example 'within: 3 pp'" if asked.change == ChangeOf.SHARE else None
                found.add("unit", at, f"the tolerance has another unit than the {what}{of}", hint)
        _source_words(found, (*where, "source"), claim.source)


def _source_words(found: Findings, path: Path, words: str) -> None:
    if source_kind(words) not in _SOURCES:
        found.add(
            "sources",
            path,
            f"'{words}' does not say what kind of source it is",
            f"start with {', '.join(_SOURCES)}",
        )


def _costs(scenario: Scenario, found: Findings) -> None:
    currency: str | None = None
    for group, owners, per_hour in (("teams", scenario.teams, True), ("bots", scenario.bots, False)):
        for name, owner in owners.items():
            if owner.cost is None:
                continue
            path: Path = (group, name, "cost")
            if owner.cost.per_hour != per_hour:
                found.add(
                    "cost",
                    path,
                    "a team costs money per hour" if per_hour else "a bot costs money per contact",
                    f"write '{owner.cost.amount:g} {owner.cost.currency}{'/h' if per_hour else ''}'",
                )
            currency = currency or owner.cost.currency
            if owner.cost.currency != currency:
                found.add("cost", path, f"{owner.cost.currency} here, {currency} above: use one currency")


def _sources(scenario: Scenario, found: Findings) -> None:
    for prefix, words in scenario.sources.items():
        data: object = found.layered.data
        at = 0  # where the part begins
        for part in prefix.split("."):
            data = by_name(data) if isinstance(data, list) and prefix.startswith("changes.") else data
            if not isinstance(data, dict) or part not in data:
                known = list(data) if isinstance(data, dict) else []
                near = nearest(part, known)
                before = f"'{prefix[: at - 1]}'" if at else "the scenario"
                has = f"{before} has {', '.join(known)}" if known else f"{before} has no parts"
                found.add(
                    "sources",
                    ("sources", prefix),
                    f"there is no input '{prefix}'",
                    f"did you mean '{prefix[:at]}{near}'?" if near else has,
                    on_key=True,
                )
                break
            data = data[part]
            at += len(part) + 1
        _source_words(found, ("sources", prefix), words)

"""Whether groups make sense: members that exist, of one kind, and a name of the group's own."""

from __future__ import annotations

from collections.abc import Iterable

from sim.scenario.findings import Findings, check_name
from sim.scenario.marks import Path
from sim.scenario.schema import Scenario
from sim.scenario.views import values_by_attribute

__all__ = ["check_groups"]


def check_groups(scenario: Scenario, found: Findings) -> None:
    """The name and the members of every group."""
    taken: list[tuple[str, Iterable[str]]] = [
        ("bots", scenario.bots),
        ("desks", scenario.desks),
        ("delays", scenario.delays),
        ("teams", scenario.teams),
        ("attributes", scenario.attributes),
        *((f"attributes.{attribute}", own) for attribute, own in values_by_attribute(scenario).items()),
        ("days", scenario.days),
    ]
    used = {name: where for where, names in taken for name in names}
    for name, members in scenario.groups.items():
        path: Path = ("groups", name)
        check_name(found, path, name)
        if name in used:
            found.add(
                "name_taken",
                path,
                f"the name '{name}' is already used under {used[name]}",
                "groups need names of their own",
                on_key=True,
            )
        if not members:
            found.add("group", path, "holds nobody", "write for example [chat, phone]")
        _members(scenario, found, path, members)


def _members(scenario: Scenario, found: Findings, path: Path, members: tuple[str, ...]) -> None:
    """Desks only, teams only or bots only, each once."""
    kinds: dict[str, Iterable[str]] = {"desk": scenario.desks, "team": scenario.teams, "bot": scenario.bots}
    kind_of = {name: kind for kind, names in kinds.items() for name in names}
    first = next((name for name in members if name in kind_of), None)
    listed = isinstance(found.raw(path), list)
    for i, name in enumerate(members):
        where: Path = (*path, i) if listed else path
        if name in scenario.delays:
            found.add("group", where, f"'{name}' is a delay: a group holds desks, teams or bots")
        elif name in scenario.groups and name not in kind_of:
            found.add("group", where, f"'{name}' is a group itself", "name the members of it")
        elif name not in kind_of:
            found.unknown(where, name, "desk, team or bot", kind_of)
        elif name in members[:i]:
            found.add("group", where, f"'{name}' stands here twice")
        elif first is not None and kind_of[name] != kind_of[first]:
            message = f"'{name}' is a {kind_of[name]}, '{first}' is a {kind_of[first]}"
            found.add("group", where, message, "a group holds desks only, or teams only, or bots only")

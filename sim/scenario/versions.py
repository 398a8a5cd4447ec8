"""The versions of a scenario: with those changes laid on that hold together at some time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, NamedTuple, TypeVar

from sim.errors import Problem, nearest
from sim.scenario.calendar import Version, sets_in_force
from sim.scenario.changes import TIME_KEYS, DatedChange
from sim.scenario.fields import WAITS
from sim.scenario.findings import Findings
from sim.scenario.law_files import law_files, with_samples
from sim.scenario.layers import Layered, with_parts
from sim.scenario.marks import Path, dotted
from sim.scenario.meaning import check_meaning
from sim.scenario.schema import Scenario
from sim.scenario.structure import keys_at, read_structure
from sim.scenario.views import csv_files, parent_of, profiles_of, values_by_attribute, works_in_shifts

T = TypeVar("T")

__all__ = ["Versions", "follows_from", "versions_of"]


class Versions(NamedTuple):
    """What becomes of a scenario by its changes."""

    problems: list[Problem]
    csv_files: dict[Path, FilePath]  # that changes name, by where they are named
    law_files: dict[Path, dict[str, FilePath]]  # that laws in changes name
    parts: list[tuple[tuple[int, ...], Scenario, Layered]]  # changes in force and what they make

    def versions(self) -> list[Version]:
        """The versions of a sound scenario, with their profiles read."""
        return [
            Version(changes, s, profiles_of(s, layered))
            for changes, s, layered in (
                (changes, with_samples(s, layered), layered) for changes, s, layered in self.parts
            )
        ]


def _keys(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names)


_AT_TIMES = ("sources", "no_volume", "no_shift")
"""Wrong in a scenario as written, but not with changes: for a while nothing may come or nobody work."""

_STAGE = _keys("solved", "unsolved", "believed", "solves")
_STREAM = {**_keys("volume", "by_hour", "enters"), "attributes": {"*": None}}
_RETURN = _keys("chance", "after", "to")
_MAY_CHANGE: dict[str, Any] = {
    "attributes": {"*": None},
    "demand": {**_STREAM, "streams": {"*": _STREAM}},
    "bots": {
        "*": _STAGE | _keys("session", "first_reply", "steepness", "turned_away", "at_once", "open", "closed")
    },
    "desks": {
        "*": _STAGE
        | _keys("handling", "wrap_up", "patience", "abandoned", "turned_away", "at_most_waiting")
        | _keys("head_start", "open", "closed")
    },
    "delays": {"*": _STAGE | _keys("lasts")},
    "teams": {
        "*": {
            **_keys("agents", "shrinkage"),
            "shifts": {"*": _keys("from", "to", "agents", "on", "break")},
        }
    },
    "returns": dict.fromkeys(("believed", "unsolved", "abandoned", "turned_away"), _RETURN),
}
"""What may be different at different times: a key with None and all below it; ``*`` is any name."""


def follows_from(problem: Problem, left_out: Sequence[Path]) -> bool:
    """Whether a problem may only be there because a part that could not be read was left out.

    It stands in such a part, or tells that its owner lacks something.
    """
    path, is_lack = problem.path, problem.code in ("missing", "demand")
    for gone in map(dotted, left_out):
        if f"{path}.".startswith(f"{gone}.") or (is_lack and f"{gone}.".startswith(f"{path}.")):
            return True
    return False


def versions_of(scenario: Scenario, layered: Layered) -> Versions:
    """Every version of a scenario that holds at some time, checked; each change also alone."""
    found = Findings(layered)
    refused = {i for i, change in enumerate(scenario.changes) if not _may_be_laid(found, scenario, i, change)}
    files: dict[Path, FilePath] = {}
    of_laws: dict[Path, dict[str, FilePath]] = {}
    versions: list[tuple[tuple[int, ...], Scenario, Layered]] = [((), scenario, layered)]
    alone = [(i,) for i in range(len(scenario.changes))]
    problems = found.problems
    for in_force in dict.fromkeys([*sets_in_force(scenario)[1:], *alone]):
        if refused & set(in_force):
            continue
        composed, more = with_parts(layered, [("changes", i) for i in in_force], TIME_KEYS)
        there, unread, left_out = read_structure(composed)
        more += unread
        if there is not None:
            meant = [*check_meaning(there, composed), *_differences(scenario, there, composed)]
            more += [p for p in meant if p.code not in _AT_TIMES and not follows_from(p, left_out)]
        problems += [p for p in more if p not in problems]
        if there is not None and not more:
            versions.append((in_force, there, composed))
            files |= _own(csv_files(there, composed), layered, in_force)
            of_laws |= _own(law_files(there, composed), layered, in_force)
    return Versions(problems, files, of_laws, versions)


def _own(files: Mapping[Path, T], layered: Layered, in_force: Sequence[int]) -> dict[Path, T]:
    """The files that changes name, by where they name them."""
    return {
        ("changes", i, *path): named
        for path, named in files.items()
        for i in in_force
        if ("changes", i, *path) in layered.marks.known
    }


def _may_be_laid(found: Findings, scenario: Scenario, number: int, change: DatedChange) -> bool:
    """Whether a change touches only what may be different at different times; problems are noted."""
    before = len(found.problems)
    _check_keys(found, change.data, _MAY_CHANGE, ("changes", number), ())
    teams = change.data.get("teams")
    for name, team in (teams if isinstance(teams, dict) else {}).items():
        of_shifts = name in scenario.teams and works_in_shifts(scenario.teams[name])
        for key in ("agents", "shifts", "shrinkage"):
            if change.clock is not None and of_shifts and isinstance(team, dict) and key in team:
                found.add(
                    "changes",
                    ("changes", number, "teams", name, key),
                    f"'{key}' cannot change within a day",
                    "let the change hold on whole days: leave the clock times out of 'when'",
                    on_key=True,
                )
    return len(found.problems) == before


def _check_keys(found: Findings, data: object, known: dict[str, Any], path: Path, below: Path) -> None:
    """Keys of a change that it may not have; ``below``: the path in the scenario."""
    if not isinstance(data, dict):
        if data is not None:
            found.add("type", path, "must be a map of keys")
        elif below[0] != "returns" and below[-2:-1] != ("shifts",):  # these may be missing for a while
            found.add("changes", path, "a change cannot take this away", "change what is inside it")
        return
    for key, value in data.items():
        inner, there = (*path, key), (*below, key)
        if key not in known and "*" not in known:
            _refuse(found, key, known, inner, below)
            continue
        inside = known.get(key, known.get("*"))
        if inside is not None:
            _check_keys(found, value, inside, inner, there)


def _refuse(found: Findings, key: str, known: dict[str, Any], path: Path, below: Path) -> None:
    near = nearest(key, known)
    may = f"a change may give {', '.join(known)}"
    if key in keys_at(below):
        found.add("changes", path, f"'{key}' is the same at all times", may, on_key=True)
    else:
        hint = f"did you mean '{near}'?" if near else may
        found.add("unknown_key", path, f"unknown key '{key}'", hint, on_key=True)


def _differences(base: Scenario, there: Scenario, composed: Layered) -> list[Problem]:
    """What differs between two versions although it must not."""
    found = Findings(composed)
    after = values_by_attribute(there)
    for name, values in values_by_attribute(base).items():
        if name in after and after[name] != values:
            found.add(
                "changes",
                ("attributes", name),
                f"the values of '{name}' are the same at all times: {', '.join(values)}",
                "change their shares; 0% is a share too",
                on_key=True,
            )
    for name in base.attributes:
        one, other = parent_of(base, name), parent_of(there, name) if name in there.attributes else None
        if None not in (one, other) and one != other:
            message = f"the shares of '{name}' depend on '{one}' at all times"
            found.add("changes", ("attributes", name), message, on_key=True)
    for name, team in base.teams.items():
        if name in there.teams and works_in_shifts(there.teams[name]) != works_in_shifts(team):
            kind = "shifts" if works_in_shifts(team) else "a head count"
            path: Path = ("teams", name, "agents" if works_in_shifts(team) else "shifts")
            found.add("changes", path, f"the team has {kind} at all times", on_key=True)
    for group in ("bots", "desks"):
        for name, stage in getattr(base, group).items():
            other = getattr(there, group).get(name)
            if other is not None and (other.closed == WAITS) != (stage.closed == WAITS):
                path = (group, name, "closed")
                found.add(
                    "changes", path, "whether those who come when it is closed wait is the same at all times"
                )
    return found.problems

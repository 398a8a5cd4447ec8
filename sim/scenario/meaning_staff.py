"""Whether teams make sense: what they serve, their shifts and head counts; is every desk served?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice, product

from sim.scenario.findings import MOST_CLASSES, Findings, check_name
from sim.scenario.following import AS_BEFORE, Follow
from sim.scenario.marks import Path
from sim.scenario.meaning_tables import check_day, check_table
from sim.scenario.schema import Before, Scenario, Shift, Team
from sim.scenario.values import ELSE, Table
from sim.scenario.views import Served, break_due, served_ranks, shift_span, values_by_attribute
from sim.units import DAY, HOUR

__all__ = ["check_teams"]

_MOST_AGENTS = 1_000_000  # of a team; agents are numbered below 2**32


_MOST_CHATS = 1_000


def check_teams(scenario: Scenario, found: Findings) -> None:
    """What every team serves and who works in it, and that every desk has a team."""
    values = {value: name for name, known in values_by_attribute(scenario).items() for value in known}
    ranks = served_ranks(scenario)
    for name, team in scenario.teams.items():
        path: Path = ("teams", name)
        _serves(scenario, found, path, team, values)
        for desk in dict.fromkeys(d for d, _ in ranks[name]):
            asks = scenario.desks[desk].asks
            if asks is not None and name not in asks:
                found.add(
                    "serves",
                    (*path, "serves"),
                    f"'{desk}' never asks the team '{name}'",
                    f"add it to desks.{desk}.asks",
                )
        if team.chats < 1:
            found.add("team", (*path, "chats"), "an agent handles at least 1 contact at once")
        if team.chats > _MOST_CHATS:
            found.add("team", (*path, "chats"), f"more than {_MOST_CHATS:_} contacts at once")
        _staff(scenario, found, path, team)
    _unserved(scenario, found, ranks)


def _serves(scenario: Scenario, found: Findings, path: Path, team: Team, values: Mapping[str, str]) -> None:
    raw = found.raw((*path, "serves"))
    for i, (key, rank) in enumerate(team.serves.ranks.items()):
        where: Path = (
            *path,
            "serves",
            *((key,) if isinstance(raw, dict) else (i,) if isinstance(raw, list) else ()),
        )
        on_key = isinstance(raw, dict)
        if key in scenario.desks:
            if isinstance(rank, dict):
                for value in rank:
                    if value not in values and value != ELSE:
                        found.unknown((*where, value), value, "attribute value", values, on_key=True)
        elif key in values and not isinstance(rank, dict):
            if len(scenario.desks) != 1:
                found.add(
                    "serves",
                    where,
                    f"'{key}' is a value of '{values[key]}', and there are several desks",
                    f"write {{{next(iter(scenario.desks), 'desk')}: {{{key}: {rank}}}}}",
                    on_key,
                )
        elif key in scenario.bots or key in scenario.delays:
            found.add("serves", where, f"'{key}' is no desk: agents serve desks only", on_key=on_key)
        else:
            found.unknown(where, key, "desk or attribute value", [*scenario.desks, *values], on_key)


def _staff(scenario: Scenario, found: Findings, path: Path, team: Team) -> None:
    if team.agents is None and team.shifts is None:
        found.add(
            "missing",
            path,
            "has neither 'agents' nor 'shifts'",
            "write 'agents: 10' or 'shifts: {early: {from: 08:00, to: 16:00, agents: 10}}'",
            on_key=True,
        )
    _hours_given(found, path, team)
    _who_works(scenario, found, path, team)
    if team.before is not None:
        _who_works(scenario, found, (*path, "before"), team.before)
    for key in ("absence", "shrinkage"):
        if getattr(team, key) >= 1:
            found.add("team", (*path, key), "leaves no agent at all: must be below 100%")


def _hours_given(found: Findings, path: Path, team: Team) -> None:
    """Whose hours are kept, where agents follow the forecast with hours as before."""
    as_before = isinstance(team.agents, Follow) and team.agents.hours == AS_BEFORE
    has_before = team.before is not None and (team.before.agents, team.before.shifts) != (None, None)
    if as_before and not has_before:
        found.add(
            "team",
            (*path, "agents", "hours"),
            "'as before' is for plans and changes: there is nothing before",
            "write for example 'hours: 800 h', or say who worked 'before'",
        )
    if team.before is not None and not as_before:
        found.add(
            "team",
            (*path, "before"),
            "'before' belongs to agents that follow the forecast with 'hours: as before'",
            on_key=True,
        )


def _who_works(scenario: Scenario, found: Findings, path: Path, team: Team | Before) -> None:
    """Head count and shifts: of a team, or those it had before."""
    if team.agents is not None and team.shifts is not None:
        found.add("team", (*path, "agents"), "has both 'agents' and 'shifts'; keep one", on_key=True)
    if isinstance(team.agents, Table):
        check_table(
            found, team.agents, (*path, "agents"), values_by_attribute(scenario), attributes_allowed=False
        )
        for below, n in team.agents.leaves((*path, "agents")):
            _not_too_many(scenario, found, below, n)
    if team.shifts is not None and not team.shifts:
        found.add("no_shift", (*path, "shifts"), "has no shift")
    for name, shift in (team.shifts or {}).items():
        where: Path = (*path, "shifts", name)
        check_name(found, where, name, may_be_day=True)
        check_table(
            found, shift.agents, (*where, "agents"), {}, clock_allowed=False, attributes_allowed=False
        )
        for below, n in shift.agents.leaves((*where, "agents")):
            _not_too_many(scenario, found, below, n)
        _on(found, where, shift)
        _shift(found, where, shift)


def _on(found: Findings, path: Path, shift: Shift) -> None:
    listed = isinstance(found.raw((*path, "on")), list)
    for i, word in enumerate(shift.on or ()):
        check_day(found, (*path, "on", i) if listed else (*path, "on"), word)


def _not_too_many(scenario: Scenario, found: Findings, path: Path, agents: int) -> None:
    if agents * scenario.scale > _MOST_AGENTS:
        found.add("team", path, f"more than {_MOST_AGENTS:_} agents")


def _shift(found: Findings, path: Path, shift: Shift) -> None:
    begins, ends = shift_span(shift)
    if begins >= DAY:
        found.add("shift", (*path, "from"), "a shift begins between 00:00 and 24:00")
    elif ends - begins > DAY:
        hours = (ends - begins) / HOUR
        found.add("shift", (*path, "to"), f"the shift lasts {hours:g} h, longer than 24 h")
    spans: list[tuple[int, int]] = []
    for i, pause in enumerate(shift.break_):
        listed = isinstance(found.raw((*path, "break")), list)
        where: Path = (*path, "break", i) if listed else (*path, "break")
        due = break_due(shift, pause.at)
        if not begins <= due or due + pause.length > ends:
            found.add("shift", where, "the break lies outside the shift")
        elif pause.length == 0:
            found.add("shift", where, "the break has no length")
        elif any(due < end and begin < due + pause.length for begin, end in spans):
            found.add("shift", where, "two breaks of the shift overlap")
        spans.append((due, due + pause.length))


def _unserved(scenario: Scenario, found: Findings, ranks: Mapping[str, Served]) -> None:
    for desk in scenario.desks:
        teams = [served for served in ranks.values() if any(d == desk for d, _ in served)]
        if not teams:
            found.add(
                "unserved",
                ("desks", desk),
                f"no team serves '{desk}'",
                f"add '{desk}' to the 'serves' of a team",
                on_key=True,
            )
        elif not any((desk, None) in served for served in teams):
            keys = {value for served in teams for d, value in served if d == desk and value is not None}
            named = [known for known in values_by_attribute(scenario).values() if keys & set(known)]
            lost = [values for values in islice(product(*named), MOST_CLASSES) if not keys & set(values)]
            if lost:
                words = [" ".join(values) for values in lost[:3]] + (["..."] if len(lost) > 3 else [])
                found.add(
                    "unserved",
                    ("desks", desk),
                    f"no team serves {', '.join(words)} at '{desk}'",
                    "add a value to the 'serves' of a team, or 'else' for all others",
                    on_key=True,
                )

"""Whether a scenario makes sense: names known, tables complete, shares and routes sound, shifts possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod
from typing import Any, TypeGuard

from sim.errors import Problem, nearest
from sim.scenario.classes import faults
from sim.scenario.laws import LawWords
from sim.scenario.layers import Layered
from sim.scenario.marks import Path, dotted
from sim.scenario.profiles import PROFILES, Profile, profile, read_csv
from sim.scenario.schema import Desk, Scenario, Shift, Stage, Stream, Team
from sim.scenario.structure import place
from sim.scenario.values import ELSE, LEAVES, REST, Route, Table
from sim.units import DAY, HOUR, MINUTE, is_clock_range

__all__ = [
    "Findings",
    "Served",
    "break_due",
    "check_meaning",
    "profiles_of",
    "rank_for",
    "served_ranks",
    "shift_span",
    "stages_of",
    "streams_of",
    "values_by_attribute",
]

_MOST_CLASSES = 10_000  # combinations of attribute values; memory grows with them
_MOST_AGENTS = 1_000_000  # of a team; agents are numbered below 2**32
_MOST_CHATS = 1_000
_MOST_PER_DAY = 1e9  # issues of a stream; those of a run are numbered below 2**31
RESERVED = (ELSE, REST, LEAVES, "all", "demand")
_DEFAULT_STREAM = "demand"


@dataclass
class Findings:
    """Collects problems, each placed in the files."""

    layered: Layered
    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        code: str,
        path: Path,
        message: str,
        hint: str | None = None,
        on_key: bool = False,
        is_warning: bool = False,
    ) -> None:
        """One more problem at a path."""
        problem = Problem(code, dotted(path), message, place(self.layered, path, on_key), hint, is_warning)
        if problem not in self.problems:  # streams share what stands directly under `demand`
            self.problems.append(problem)

    def unknown(self, path: Path, word: str, what: str, known: Iterable[str], on_key: bool = False) -> None:
        """A name that is not known, with the nearest one."""
        names = list(known)
        near = nearest(word, names)
        listed = f"known: {', '.join(names)}" if names else f"the scenario has no {what}"
        self.add(
            "unknown_name",
            path,
            f"there is no {what} '{word}'",
            f"did you mean '{near}'?" if near else listed,
            on_key,
        )


def stages_of(scenario: Scenario) -> dict[str, Stage]:
    """All stages by name in the order of their numbers: bots, desks, delays."""
    return {**scenario.bots, **scenario.desks, **scenario.delays}


def streams_of(scenario: Scenario) -> dict[str, Stream]:
    """The streams by name, each with the defaults of `demand` filled in."""
    demand = scenario.demand
    if not demand.streams:
        return {_DEFAULT_STREAM: demand}
    shared = {"by_hour": demand.by_hour, "enters": demand.enters, "busyness": demand.busyness}
    return {
        name: stream.model_copy(
            update={
                **{k: v for k, v in shared.items() if getattr(stream, k) is None},
                "attributes": {**demand.attributes, **stream.attributes},
            }
        )
        for name, stream in demand.streams.items()
    }


def check_meaning(scenario: Scenario, layered: Layered) -> list[Problem]:
    """Everything about a scenario that is well formed but makes no sense."""
    found = Findings(layered)
    _names(scenario, found)
    _classes(scenario, found)
    _horizon(scenario, found)
    _demand(scenario, found)
    _stages(scenario, found)
    _teams(scenario, found)
    _returns(scenario, found)
    _claims(scenario, found)
    _costs(scenario, found)
    _sources(scenario, found)
    return found.problems


def values_by_attribute(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """The values of each attribute."""
    return {name: tuple(shares) for name, shares in scenario.attributes.items()}


# ------------------------------------------------------------------------------------------ names
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
            _name(found, (group, name), name)
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
            _name(found, (*group.split("."), name), name)
    owners: dict[str, str] = {}
    for attribute, shares in scenario.attributes.items():
        for value in shares:
            _name(found, ("attributes", attribute, value), value)
            if value in owners:
                found.add(
                    "name_taken",
                    ("attributes", attribute, value),
                    f"the value '{value}' already belongs to '{owners[value]}'",
                    "give the values of different attributes different names",
                    on_key=True,
                )
            owners.setdefault(value, attribute)
    for stream, parts in [
        ((), scenario.demand),
        *(((("streams", n)), s) for n, s in scenario.demand.streams.items()),
    ]:
        for attribute, shares in parts.attributes.items():
            path: Path = ("demand", *stream, "attributes", attribute)
            if attribute not in scenario.attributes:
                found.unknown(path, attribute, "attribute", scenario.attributes, on_key=True)
                continue
            for value in shares:
                if value not in scenario.attributes[attribute]:
                    known = scenario.attributes[attribute]
                    near = nearest(value, known)
                    found.add(
                        "unknown_name",
                        (*path, value),
                        f"'{value}' is no value of '{attribute}'",
                        f"did you mean '{near}'?" if near else f"known: {', '.join(known)}",
                        on_key=True,
                    )


def _name(found: Findings, path: Path, name: str) -> None:
    if name in RESERVED or is_clock_range(name):
        found.add("name", path, f"'{name}' has a meaning of its own and cannot be a name", on_key=True)
    elif "." in name or "=" in name or not name.strip():
        found.add("name", path, f"the name '{name}' must not be empty or contain '.' or '='", on_key=True)


# -------------------------------------------------------------------------------- horizon, demand
def _classes(scenario: Scenario, found: Findings) -> None:
    n = prod(len(shares) for shares in scenario.attributes.values())
    if n > _MOST_CLASSES:
        found.add(
            "attributes",
            ("attributes",),
            f"the values combine to {n:_} kinds of issues, more than {_MOST_CLASSES:_}",
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


def _demand(scenario: Scenario, found: Findings) -> None:
    demand = scenario.demand
    if demand.streams and demand.volume is not None:
        found.add(
            "demand",
            ("demand", "volume"),
            "a volume beside streams belongs to none of them",
            "move it into a stream",
            on_key=True,
        )
    attributes = values_by_attribute(scenario)
    for name, stream in streams_of(scenario).items():
        own: Path = ("demand", "streams", name) if demand.streams else ("demand",)
        if stream.volume == 0:
            found.add("demand", (*own, "volume"), "the volume is 0")
        if (stream.volume or 0) * DAY * scenario.scale > _MOST_PER_DAY:
            found.add("demand", (*own, "volume"), f"more than {_MOST_PER_DAY:_.0f} contacts a day")
        _by_hour(found, stream, _by_hour_path(scenario, name))
        if stream.volume is None and not _is_csv(stream.by_hour):
            found.add(
                "missing", own, "'volume' is missing", "write for example 'volume: 1_200/day'", on_key=True
            )
        if stream.enters is not None:
            base = own if not demand.streams or demand.streams[name].enters is not None else ("demand",)
            _route(found, stream.enters, (*base, "enters"), scenario, attributes, may_leave=False)
        elif len(scenario.desks) + len(scenario.bots) + len(scenario.delays) > 1:
            found.add(
                "demand",
                own,
                "does not say where contacts enter",
                "write for example 'enters: {assistant: 91%, chat: rest}'",
                on_key=True,
            )
    if not stages_of(scenario):
        found.add(
            "demand",
            (),
            "the scenario has no bots, desks or delays: contacts have nowhere to go",
            "write for example 'desks: {chat: {handling: lognormal 6 min cv 0.8}}'",
        )


def _by_hour_path(scenario: Scenario, stream: str) -> Path:
    """Where the profile of a stream stands: with the stream, or for all streams under `demand`."""
    own = scenario.demand.streams.get(stream)
    is_own = own is not None and own.by_hour is not None
    return ("demand", "streams", stream, "by_hour") if is_own else ("demand", "by_hour")


def _is_csv(by_hour: object) -> TypeGuard[str]:
    return isinstance(by_hour, str) and by_hour.endswith(".csv")


def _by_hour(found: Findings, stream: Stream, path: Path) -> None:
    by_hour = stream.by_hour
    if _is_csv(by_hour):
        for problem in read_csv(by_hour, found.layered.folder_of(path))[1]:
            if problem.mark is None:
                found.add(problem.code, path, problem.message, problem.hint)
            elif problem not in found.problems:
                found.problems.append(problem)
    elif isinstance(by_hour, str) and by_hour not in PROFILES:
        found.unknown(path, by_hour, "profile", [*PROFILES, "FILE.csv"])


def profiles_of(scenario: Scenario, layered: Layered) -> dict[str, Profile]:
    """Absolute volumes per slot of each stream of a sound scenario; CSV files lie beside who names them."""
    profiles = {}
    for name, stream in streams_of(scenario).items():
        if _is_csv(stream.by_hour):
            folder = layered.folder_of(_by_hour_path(scenario, name))
            shape, problems = read_csv(stream.by_hour, folder)
            assert shape is not None, problems
            if stream.volume is None:
                profiles[name] = shape
                continue
        else:
            shape = profile(stream.by_hour)
        assert stream.volume is not None
        factor = stream.volume * DAY / sum(shape.volumes)
        profiles[name] = Profile(shape.slot, tuple(v * factor for v in shape.volumes))
    return profiles


# ----------------------------------------------------------------------------------------- stages
def _stages(scenario: Scenario, found: Findings) -> None:
    attributes = values_by_attribute(scenario)
    for group, stages in (("bots", scenario.bots), ("desks", scenario.desks), ("delays", scenario.delays)):
        for name, stage in stages.items():
            for key, value in stage:
                path: Path = (group, name, key)
                if not isinstance(value, Table):
                    continue
                if key in ("solved", "unsolved", "abandoned", "turned_away"):
                    _route(found, value, path, scenario, attributes)
                elif key in ("at_once", "at_most_waiting"):
                    _table(found, value, path, attributes, attributes_allowed=False)
                else:
                    _table(
                        found, value, path, attributes, clock_allowed=key not in ("head_start", "believed")
                    )
                if key in ("session", "first_reply", "handling", "wrap_up", "lasts"):
                    _ends(found, value, path)
    for name, desk in scenario.desks.items():
        _asks(scenario, found, name, desk)


def _ends(found: Findings, table: Table[LawWords], path: Path) -> None:
    """Only patience and the like may last for ever."""
    for below, law in table.leaves(path):
        if any(c.kind == "never" for c in law.components):
            found.add("law", below, "'never' would never end", "only patience may be 'never'")


def _table(
    found: Findings,
    table: Table[Any],
    path: Path,
    attributes: Mapping[str, tuple[str, ...]],
    clock_allowed: bool = True,
    attributes_allowed: bool = True,
) -> None:
    for fault in faults(table, attributes, clock_allowed, attributes_allowed):
        near = nearest(fault.word, fault.hint_words) if fault.word else None
        known = f"known values: {', '.join(fault.hint_words)}" if fault.hint_words else None
        found.add(
            "table",
            (*path, *fault.path),
            fault.message,
            fault.hint or (f"did you mean '{near}'?" if near else known),
            fault.on_key,
        )


def _route(
    found: Findings,
    table: Table[Route],
    path: Path,
    scenario: Scenario,
    attributes: Mapping[str, tuple[str, ...]],
    may_leave: bool = True,
) -> None:
    known = [*stages_of(scenario), *([LEAVES] if may_leave else [])]
    if table.entries is not None:
        _table(found, table, path, attributes, clock_allowed=False)
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


def _asks(scenario: Scenario, found: Findings, name: str, desk: Desk) -> None:
    ranks = served_ranks(scenario)
    for i, team in enumerate(desk.asks or ()):
        listed = isinstance(_raw(found, ("desks", name, "asks")), list)
        path: Path = ("desks", name, "asks", i) if listed else ("desks", name, "asks")
        if team not in scenario.teams:
            found.unknown(path, team, "team", scenario.teams)
        elif team in (desk.asks or ())[:i]:
            found.add("asks", path, f"the team '{team}' stands here twice")
        elif not any(desk_name == name for desk_name, _ in ranks.get(team, {})):
            found.add(
                "asks", path, f"the team '{team}' does not serve '{name}'", f"add it to teams.{team}.serves"
            )


def _raw(found: Findings, path: Path) -> object:
    """The composed data at a path; None where there is none."""
    data: object = found.layered.data
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


# ------------------------------------------------------------------------------------------ teams
Served = dict[tuple[str, str | None], int]
"""Rank by (desk, attribute value); value None stands for every class."""


def served_ranks(scenario: Scenario) -> dict[str, Served]:
    """What each team serves: rank by desk and attribute value; unknown names are left out."""
    values = {value for shares in scenario.attributes.values() for value in shares}
    only = next(iter(scenario.desks)) if len(scenario.desks) == 1 else None
    served: dict[str, Served] = {}
    for name, team in scenario.teams.items():
        own: Served = {}
        for key, rank in team.serves.ranks.items():
            if isinstance(rank, dict):
                own.update(
                    {
                        (key, None if value == ELSE else value): r
                        for value, r in rank.items()
                        if key in scenario.desks and (value in values or value == ELSE)
                    }
                )
            elif key in scenario.desks:
                own[key, None] = rank
            elif key in values and only is not None:
                own[only, key] = rank
        served[name] = own
    return served


def rank_for(served: Served, desk: str, values: Mapping[str, str]) -> int:
    """The rank at which a team serves a class at a desk; 0 = not. A named value goes before `else`."""
    named = [rank for (d, value), rank in served.items() if d == desk and value in values.values()]
    return min(named) if named else served.get((desk, None), 0)


def _teams(scenario: Scenario, found: Findings) -> None:
    values = {value: name for name, shares in scenario.attributes.items() for value in shares}
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
    raw = _raw(found, (*path, "serves"))
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
    if team.agents is not None and team.shifts is not None:
        found.add("team", (*path, "agents"), "has both 'agents' and 'shifts'; keep one", on_key=True)
    if team.agents is not None:
        _table(found, team.agents, (*path, "agents"), values_by_attribute(scenario), attributes_allowed=False)
        for below, n in team.agents.leaves((*path, "agents")):
            _not_too_many(scenario, found, below, n)
    if team.shifts is not None and not team.shifts:
        found.add("team", (*path, "shifts"), "has no shift")
    for name, shift in (team.shifts or {}).items():
        _name(found, (*path, "shifts", name), name)
        _not_too_many(scenario, found, (*path, "shifts", name, "agents"), shift.agents)
        _shift(found, (*path, "shifts", name), shift)
    for key in ("absence", "shrinkage"):
        if getattr(team, key) >= 1:
            found.add("team", (*path, key), "leaves no agent at all: must be below 100%")


def _not_too_many(scenario: Scenario, found: Findings, path: Path, agents: int) -> None:
    if agents * scenario.scale > _MOST_AGENTS:
        found.add("team", path, f"more than {_MOST_AGENTS:_} agents")


def shift_span(shift: Shift) -> tuple[int, int]:
    """Ticks after midnight at which a shift begins and ends; the end may lie on the next day."""
    return shift.from_, shift.to if shift.to > shift.from_ else shift.to + DAY


def break_due(shift: Shift, at: int) -> int:
    """The tick after the shift's midnight of a break at a clock time; it may lie on the next day."""
    return at if at >= shift.from_ else at + DAY


def _shift(found: Findings, path: Path, shift: Shift) -> None:
    begins, ends = shift_span(shift)
    if begins >= DAY:
        found.add("shift", (*path, "from"), "a shift begins between 00:00 and 24:00")
    elif ends - begins > DAY:
        hours = (ends - begins) / HOUR
        found.add("shift", (*path, "to"), f"the shift lasts {hours:g} h, longer than 24 h")
    spans: list[tuple[int, int]] = []
    for i, pause in enumerate(shift.break_):
        listed = isinstance(_raw(found, (*path, "break")), list)
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
            named = [shares for shares in scenario.attributes.values() if keys & set(shares)]
            lost = [values for values in islice(product(*named), _MOST_CLASSES) if not keys & set(values)]
            if lost:
                words = [" ".join(values) for values in lost[:3]] + (["..."] if len(lost) > 3 else [])
                found.add(
                    "unserved",
                    ("desks", desk),
                    f"no team serves {', '.join(words)} at '{desk}'",
                    "add a value to the 'serves' of a team, or 'else' for all others",
                    on_key=True,
                )


# ---------------------------------------------------------------------------------- returns, rest
def _returns(scenario: Scenario, found: Findings) -> None:
    attributes = values_by_attribute(scenario)
    for key, rule in scenario.returns:
        if rule is None or key == "at_most":
            continue
        path: Path = ("returns", key)
        _table(found, rule.chance, (*path, "chance"), attributes, clock_allowed=False)
        _table(found, rule.after, (*path, "after"), attributes)
        if rule.to is not None:
            _route(found, rule.to, (*path, "to"), scenario, attributes, may_leave=False)
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


def _claims(scenario: Scenario, found: Findings) -> None:
    for path, claim in scenario.claims.items():
        where: Path = ("claims", path)
        if claim.is_ is None and claim.change is None:
            found.add(
                "missing",
                where,
                "has neither 'is' nor 'change'",
                "write for example 'is: 5%' or 'change: 17% less'",
                on_key=True,
            )
        if claim.is_ is not None and claim.change is not None:
            found.add("claim", (*where, "change"), "has both 'is' and 'change'; keep one", on_key=True)
        if claim.is_ is not None and claim.within is not None and claim.is_.unit != claim.within.unit:
            found.add("unit", (*where, "within"), "the tolerance has another unit than the figure")
        _source_words(found, (*where, "source"), claim.source)


def _source_words(found: Findings, path: Path, words: str) -> None:
    if words.split(" ", 1)[0] not in _SOURCES:
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


_SOURCES = ("published", "fitted", "expected", "assumed", "exact")


def _sources(scenario: Scenario, found: Findings) -> None:
    for prefix, words in scenario.sources.items():
        data: object = found.layered.data
        at = 0  # where the part begins
        for part in prefix.split("."):
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

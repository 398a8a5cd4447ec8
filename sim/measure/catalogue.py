"""Every measure in one place: key, heading, unit, definition, where it exists, how it is computed.

Help texts, table heads, documentation and the JSON document read it here. A measure is a ratio of
sums (never a mean of ratios), a quantile, or one of a few special things. The names of sums read
``place.what``: ``desk``, ``bot``, ``delay`` and ``any`` are visits by the kind of stage, ``team``
agents' time and the contacts they served, ``issue`` issues, ``cost`` money, ``time`` measured time.

Which contacts count: those that arrive in the measured time; they are followed to their end and
counted in the interval in which they arrived. Issues count if born in the measured time. Agents'
time counts as far as it lies inside the measured time, whoever it is spent on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from sim.errors import UsageError, nearest
from sim.model.labels import Group, Labels
from sim.model.tables import StageKind
from sim.units import HOUR, SECOND

__all__ = [
    "DEFINITIONS",
    "ISSUE_SUMS",
    "MEASURES",
    "TEAM_SUMS",
    "VISIT_SUMS",
    "WITHIN_SUMS",
    "Backlog",
    "How",
    "Load",
    "Measure",
    "Offered",
    "Peak",
    "Quantile",
    "Ratio",
    "Scope",
    "ValueAt",
    "entry",
    "group_scope",
    "known_paths",
    "measures_of",
    "stage_scope",
    "unit_words",
    "UnknownMeasure",
    "unknown_path",
    "value_at",
]

VISIT_SUMS = (
    "entered",
    "first",
    "returned",
    "first_returned",
    "answered",
    "answered_waited",
    "abandoned",
    "turned_away",
    "open",
    "handed_off",
    "ended_here",
    "solved_here",
    "solved",
    "wait_answered",
    "wait_abandoned",
    "handled",
    "handling",
)
"""Sums over visits that arrive in the measured time; ``wait_*`` and ``handling`` in ticks.

``first``: a contact's first visit; ``returned``: visits of a contact that is a return;
``first_returned``: both; ``answered_waited``: answered, but not at once; ``ended_here``: left after a
visit that ended solved or unsolved; ``solved_here``: left solved; ``solved``: ended solved, wherever it
went; ``handled``: visits whose handling has ended.
"""

WITHIN_SUMS = ("answered_within", "abandoned_within")
"""Sums over visits whose wait was at most the threshold, once for every threshold."""

TEAM_SUMS = (
    "on",
    "break",
    "overtime",
    "absent",
    "shrinkage",
    "busy",
    "lost_breaks",
    "answered",
    "wait_answered",
    "handled",
    "handling",
)
"""Sums over the agents of a team: ticks of duty and of work, and contacts by the interval of arrival."""

ISSUE_SUMS = ("issues", "solved", "solved_first", "believed", "open", "dropped", "to_resolution")
"""Sums over issues born in the measured time; ``to_resolution`` [ticks] over solved issues."""

DEFINITIONS = ("all", "offered", "without_short", "any_end", "answered")
"""Keys of the definitions of the service level."""


class Scope(Enum):
    """Of what a figure tells."""

    OVERALL = "overall"
    BOT = "bot"
    DESK = "desk"
    DELAY = "delay"
    TEAM = "team"
    CLASS = "class"  # one value of an attribute
    BOT_INTERVAL = "bot by interval"
    DESK_INTERVAL = "desk by interval"
    TEAM_INTERVAL = "team by interval"
    ALL_INTERVAL = "all by interval"  # all desks together; where it says so, all stages


@dataclass(frozen=True)
class Ratio:
    """(sum of the terms above) / (sum of the terms below) x scale; a term may begin with a minus."""

    above: tuple[str, ...]
    below: tuple[str, ...]
    scale: float = 1.0


@dataclass(frozen=True)
class Quantile:
    """A quantile of a sketch, in seconds."""

    q: float
    sketch: str  # "wait" or "resolution"


@dataclass(frozen=True)
class Offered:
    """Service level by offered wait: `sketch.share_answered_within`, desks weighted by who joined."""


@dataclass(frozen=True)
class Peak:
    """The highest value of a ratio among the 24 hours of the day."""

    of: Ratio


@dataclass(frozen=True)
class Load:
    """Handling time of those answered, scaled up to all that arrived, by the length of the interval."""


@dataclass(frozen=True)
class Backlog:
    """What is there at the last tick of the measured time, on average over the replications."""

    what: str  # "waiting" or "issues"


How = Ratio | Quantile | Offered | Peak | Load | Backlog


@dataclass(frozen=True)
class Measure:
    """One measure: what tables, help and JSON say about it."""

    key: str
    heading: str  # short, for the head of a column
    unit: str  # "CURRENCY" stands for the scenario's own
    definition: str  # one sentence
    scopes: tuple[Scope, ...]
    how: How


_OVERALL, _BOT, _DESK, _DELAY, _TEAM, _CLASS = (
    Scope.OVERALL, Scope.BOT, Scope.DESK, Scope.DELAY, Scope.TEAM, Scope.CLASS)  # fmt: skip
_DESKS = (_OVERALL, _DESK, _CLASS)
_DESKS_AND_INTERVALS = (*_DESKS, Scope.DESK_INTERVAL, Scope.ALL_INTERVAL)
_BOTS = (_OVERALL, _BOT, _CLASS)
_TEAMS = (_OVERALL, _TEAM)
_STAGES = (_BOT, _DESK, _DELAY)

_S = 1 / SECOND
_H = 1 / HOUR
_PAID = ("team.on", "team.break", "team.absent", "team.shrinkage")
_ENDED_WAITS = ("desk.answered", "desk.abandoned")
_WAITS = ("desk.wait_answered", "desk.wait_abandoned")
_MEAN_WAIT = Ratio(_WAITS, _ENDED_WAITS, _S)
# whoever arrives is turned away, answered at once, or waits: until the answer, until giving up, or still
_WAITED = ("desk.entered", "-desk.turned_away", "-desk.answered", "desk.answered_waited")

_SERVICE_LEVEL: dict[str, tuple[str, How]] = {
    "all": ("answered within the threshold, of all that arrived at a desk",
            Ratio(("desk.answered_within",), ("desk.entered",))),
    "offered": ("whose offered wait (the wait of a customer with endless patience; Kaplan-Meier estimate) "
                "is at most the threshold, of all that joined a queue",
                Offered()),
    "without_short": ("answered within the threshold, of all that arrived at a desk less those that "
                      "abandoned within the threshold",
                      Ratio(("desk.answered_within",), ("desk.entered", "-desk.abandoned_within"))),
    "any_end": ("that were answered or gave up within the threshold, of all that arrived at a desk",
                Ratio(("desk.answered_within", "desk.abandoned_within"), ("desk.entered",))),
    "answered": ("answered within the threshold, of those answered",
                 Ratio(("desk.answered_within",), ("desk.answered",))),
}  # fmt: skip


def _service_level(definition: str) -> Measure:
    words, how = _SERVICE_LEVEL[definition]
    heading = "service level, " + definition.replace("_", " ")
    return Measure(f"service_level.{definition}", heading, "share", f"Share of contacts {words}.",
                   _DESKS, how)  # fmt: skip


def _wait_quantile(percent: int, *more: Scope) -> Measure:
    return Measure(
        f"wait.p{percent}",
        f"wait p{percent}",
        "s",
        f"The wait that {percent} % of the answered and abandoned contacts did not exceed.",
        (*_DESKS, *more),
        Quantile(percent / 100, "wait"),
    )


def _resolution_quantile(percent: int) -> Measure:
    return Measure(
        f"time_to_resolution.p{percent}",
        f"time to resolution p{percent}",
        "s",
        f"The time from the first contact to the end of the last that {percent} % of the solved "
        "issues did not exceed.",
        (_OVERALL, _CLASS),
        Quantile(percent / 100, "resolution"),
    )


MEASURES: tuple[Measure, ...] = (
    Measure("contacts", "contacts", "contacts/day",
            "Contacts that began in the measured time, per 24 hours of it; a return is a new contact.",
            (_OVERALL, _CLASS), Ratio(("any.first",), ("time.days",))),
    Measure("contacts", "contacts", "contacts/day",
            "Contacts that arrived here in the measured time, per 24 hours of it.",
            _STAGES, Ratio(("any.entered",), ("time.days",))),
    Measure("arrivals", "arrivals", "contacts",
            "Contacts that arrive here in one interval.",
            (Scope.BOT_INTERVAL, Scope.DESK_INTERVAL), Ratio(("any.entered",), ("time.intervals",))),
    Measure("arrivals", "arrivals", "contacts",
            "Contacts that arrive at a desk in one interval.",
            (Scope.ALL_INTERVAL,), Ratio(("desk.entered",), ("time.intervals",))),
    Measure("returned", "returned", "share",
            "Share of the contacts that are returns of an issue seen before.",
            (_OVERALL, _CLASS), Ratio(("any.first_returned",), ("any.first",))),
    Measure("returned", "returned", "share",
            "Share of the contacts arriving here that are returns of an issue seen before.",
            (*_STAGES, Scope.BOT_INTERVAL, Scope.DESK_INTERVAL), Ratio(("any.returned",), ("any.entered",))),
    Measure("returned", "returned", "share",
            "Share of the contacts arriving at a desk that are returns of an issue seen before.",
            (Scope.ALL_INTERVAL,), Ratio(("desk.returned",), ("desk.entered",))),
    Measure("contacts", "contacts", "contacts/day",
            "Contacts answered by agents of the team, per 24 hours of measured time.",
            (_TEAM,), Ratio(("team.answered",), ("time.days",))),
    Measure("answered", "answered", "share",
            "Share of the contacts arriving at a desk that are answered.",
            _DESKS_AND_INTERVALS, Ratio(("desk.answered",), ("desk.entered",))),
    Measure("answered", "answered", "share",
            "Share of the contacts arriving at the bot that it replies to.",
            (_BOT, Scope.BOT_INTERVAL), Ratio(("bot.answered",), ("bot.entered",))),
    Measure("abandoned", "abandoned", "share",
            "Share of the contacts arriving at a desk that give up waiting.",
            _DESKS_AND_INTERVALS, Ratio(("desk.abandoned",), ("desk.entered",))),
    Measure("abandoned.waited", "abandoned of those who waited", "share",
            "Share of the contacts that joined a queue (neither answered nor turned away at once) that give "
            "up waiting.",
            _DESKS, Ratio(("desk.abandoned",), _WAITED)),
    Measure("waited", "waited", "share",
            "Share of the contacts arriving at a desk that join the queue: neither answered nor turned away "
            "at once.",
            _DESKS_AND_INTERVALS, Ratio(_WAITED, ("desk.entered",))),
    Measure("turned_away", "turned away", "share",
            "Share of the contacts arriving at a desk that are turned away at once (queue full or "
            "closed).",
            _DESKS_AND_INTERVALS, Ratio(("desk.turned_away",), ("desk.entered",))),
    Measure("turned_away", "turned away", "share",
            "Share of the contacts arriving at the bot that are turned away at once (all sessions taken "
            "or closed).",
            (_BOT, Scope.BOT_INTERVAL), Ratio(("bot.turned_away",), ("bot.entered",))),
    Measure("open", "still open", "share",
            "Share of the contacts that were still under way when the simulation stopped.",
            (_OVERALL, _CLASS), Ratio(("any.open",), ("any.first",))),
    Measure("open", "still open", "share",
            "Share of the contacts arriving here that were still here when the simulation stopped.",
            _STAGES, Ratio(("any.open",), ("any.entered",))),
    Measure("wait.mean", "wait", "s",
            "Mean wait of the contacts that were answered or abandoned at a desk.",
            _DESKS_AND_INTERVALS, _MEAN_WAIT),
    Measure("wait.mean", "first reply", "s",
            "Mean time from arriving at the bot to its first reply.",
            (_BOT,), Ratio(("bot.wait_answered",), ("bot.answered",), _S)),
    Measure("wait.answered", "ASA", "s",
            "Mean wait of the contacts that were answered at a desk (average speed of answer).",
            _DESKS, Ratio(("desk.wait_answered",), ("desk.answered",), _S)),
    Measure("wait.answered", "ASA", "s",
            "Mean wait of the contacts that agents of the team answered.",
            (_TEAM,), Ratio(("team.wait_answered",), ("team.answered",), _S)),
    Measure("wait.waited", "wait of those who waited", "s",
            "Mean wait of the contacts that joined a queue at a desk and were answered or abandoned.",
            _DESKS, Ratio(_WAITS, ("desk.answered_waited", "desk.abandoned"), _S)),
    Measure("wait.abandoned", "wait until giving up", "s",
            "Mean wait of the contacts that gave up waiting at a desk.",
            _DESKS, Ratio(("desk.wait_abandoned",), ("desk.abandoned",), _S)),
    _wait_quantile(50),
    _wait_quantile(80),
    _wait_quantile(90, Scope.DESK_INTERVAL, Scope.ALL_INTERVAL),
    _wait_quantile(95),
    _wait_quantile(99),
    Measure("wait.peak", "wait at the peak", "s",
            "Mean wait (answered or abandoned) of the clock hour of the day in which it is highest (of the "
            "interval, where intervals are longer than an hour).",
            (_OVERALL, _DESK), Peak(_MEAN_WAIT)),
    Measure("waiting", "waiting", "contacts",
            "Mean number of contacts waiting at a desk during the measured time.",
            _DESKS_AND_INTERVALS, Ratio(("desk.waiting",), ("time.ticks",))),
    Measure("in_system", "present", "contacts",
            "Mean number of contacts present during the measured time, waiting or being served (without "
            "after-call work); of all: at all bots, desks and delays.",
            (_OVERALL, *_STAGES, Scope.BOT_INTERVAL, Scope.DESK_INTERVAL, Scope.ALL_INTERVAL),
            Ratio(("any.present",), ("time.ticks",))),
    Measure("load", "load", "erlangs",
            "Handling time brought by the contacts that arrive in the interval (those not answered taken "
            "as the mean of those answered) divided by its length.",
            (Scope.DESK_INTERVAL, Scope.ALL_INTERVAL), Load()),
    Measure("service_level", "service level", "share",
            "Share of contacts served in time, by the definition and with the threshold that the scenario "
            "names (each desk with its own threshold).",
            _DESKS_AND_INTERVALS, _SERVICE_LEVEL["all"][1]),
    *(_service_level(definition) for definition in DEFINITIONS),
    Measure("handoff", "handed off", "share",
            "Share of the contacts arriving at a bot that go on to another stage.",
            (*_BOTS, Scope.BOT_INTERVAL), Ratio(("bot.handed_off",), ("bot.entered",))),
    Measure("containment", "containment", "share",
            "Share of the contacts arriving at a bot that end there after a session, as a bot reports it, "
            "solved or not.",
            _BOTS, Ratio(("bot.ended_here",), ("bot.entered",))),
    Measure("bot.solved", "solved by bot", "share",
            "Share of the contacts arriving at a bot that end there truly solved.",
            _BOTS, Ratio(("bot.solved_here",), ("bot.entered",))),
    Measure("solved", "solved there", "share",
            "Share of the contacts served that were truly solved there, wherever they went next.",
            _STAGES, Ratio(("any.solved",), ("any.handled",))),
    Measure("automation", "automation", "share",
            "Contacts that end at a bot after a session, solved or not, as a share of all contacts.",
            (_OVERALL, _CLASS), Ratio(("bot.ended_here",), ("any.first",))),
    Measure("handling.mean", "handling", "s",
            "Mean time an agent has a contact, after-call work included.",
            _DESKS, Ratio(("desk.handling",), ("desk.handled",), _S)),
    Measure("handling.mean", "handling", "s",
            "Mean time a contact is here after its first reply.",
            (_BOT, _DELAY), Ratio(("any.handling",), ("any.handled",), _S)),
    Measure("handling.mean", "handling", "s",
            "Mean time an agent of the team has a contact, after-call work included.",
            (_TEAM,), Ratio(("team.handling",), ("team.handled",), _S)),
    Measure("occupancy", "occupancy", "share",
            "Time with contacts, after-call work included, as a share of time on duty (overtime included, "
            "breaks not), every chat counted.",
            (*_TEAMS, Scope.TEAM_INTERVAL), Ratio(("team.busy",), ("team.slots",))),
    Measure("utilisation", "utilisation", "share",
            "Time with contacts, after-call work included, as a share of paid time and overtime (breaks, "
            "absence and shrinkage included), every chat counted.",
            _TEAMS, Ratio(("team.busy",), ("team.paid_slots",))),
    Measure("agents", "agents", "agents",
            "Mean number of agents on duty, overtime included, breaks not.",
            _TEAMS, Ratio(("team.on", "team.overtime"), ("time.ticks",))),
    Measure("on", "on duty", "agents",
            "Mean number of agents on duty; neither breaks nor overtime, in which nobody takes contacts.",
            (Scope.TEAM_INTERVAL,), Ratio(("team.on",), ("time.ticks",))),
    Measure("busy", "chats busy", "chats",
            "Mean number of contacts that agents have, after-call work included.",
            (*_TEAMS, Scope.TEAM_INTERVAL), Ratio(("team.busy",), ("time.ticks",))),
    Measure("slots", "chats on duty", "chats",
            "Mean number of contacts that the agents on duty could have at once.",
            (Scope.TEAM_INTERVAL,), Ratio(("team.room",), ("time.ticks",))),
    Measure("scheduled", "scheduled", "agents",
            "Mean number of agents scheduled and paid: on duty, in a break, absent or planned away.",
            (Scope.TEAM_INTERVAL,), Ratio(_PAID, ("time.ticks",))),
    Measure("hours.paid", "paid hours", "h/day",
            "Scheduled hours of agents (duty, breaks, absence, shrinkage; without overtime), per 24 hours "
            "of measured time.",
            _TEAMS, Ratio(_PAID, ("time.days",), _H)),
    Measure("hours.overtime", "overtime", "h/day",
            "Hours that agents stayed past the end of their shift to finish contacts, per 24 hours of "
            "measured time.",
            _TEAMS, Ratio(("team.overtime",), ("time.days",), _H)),
    Measure("hours.handling", "hours of handling", "h/day",
            "Hours of agents' work on contacts, after-call work included and every chat counted, per 24 "
            "hours of measured time.",
            _TEAMS, Ratio(("team.busy",), ("time.days",), _H)),
    Measure("contacts_per_agent_day", "contacts per agent-day", "contacts",
            "Contacts answered per agent-day, an agent-day being 8 paid hours (without overtime).",
            _TEAMS, Ratio(("team.answered",), _PAID, 8.0 * HOUR)),
    Measure("breaks_lost", "breaks lost", "breaks/day",
            "Breaks that could not begin before the shift ended, per 24 hours of measured time.",
            _TEAMS, Ratio(("team.lost_breaks",), ("time.days",))),
    Measure("issues", "issues", "issues/day",
            "Issues born in the measured time, per 24 hours of it.",
            (_OVERALL, _CLASS), Ratio(("issue.issues",), ("time.days",))),
    Measure("solved.first", "solved at first contact", "share",
            "Share of the issues truly solved by their first contact (FCR).",
            (_OVERALL, _CLASS), Ratio(("issue.solved_first",), ("issue.issues",))),
    Measure("solved.end", "solved in the end", "share",
            "Share of the issues truly solved, by whichever contact.",
            (_OVERALL, _CLASS), Ratio(("issue.solved",), ("issue.issues",))),
    Measure("believed", "believed solved", "share",
            "Share of the issues that stayed unsolved though the customer believes them solved.",
            (_OVERALL, _CLASS), Ratio(("issue.believed",), ("issue.issues",))),
    Measure("time_to_resolution.mean", "time to resolution", "s",
            "Mean time from the first contact to the end of the last, of the issues truly solved.",
            (_OVERALL, _CLASS), Ratio(("issue.to_resolution",), ("issue.solved",), _S)),
    _resolution_quantile(50),
    _resolution_quantile(90),
    Measure("backlog.waiting", "waiting at the end", "contacts",
            "Contacts waiting at a desk at the last moment of the measured time.",
            (_OVERALL, _DESK), Backlog("waiting")),
    Measure("backlog.open", "open at the end", "issues",
            "Issues open at the last moment of the measured time: with a contact under way or due to "
            "return.",
            (_OVERALL,), Backlog("issues")),
    Measure("cost.total", "cost", "CURRENCY/day",
            "Paid hours and overtime at the teams' rates, and bots per contact they replied to, per 24 "
            "hours of measured time.",
            (_OVERALL,), Ratio(("cost.teams", "cost.bots"), ("time.days",))),
    Measure("cost.total", "cost", "CURRENCY/day",
            "Paid hours and overtime at the team's rate, per 24 hours of measured time.",
            (_TEAM,), Ratio(("cost.teams",), ("time.days",))),
    Measure("cost.total", "cost", "CURRENCY/day",
            "The bot's price for the contacts it replied to, per 24 hours of measured time.",
            (_BOT,), Ratio(("cost.bots",), ("time.days",))),
    Measure("cost.per_contact", "cost per contact", "CURRENCY",
            "Cost in total divided by contacts.",
            (_OVERALL,), Ratio(("cost.teams", "cost.bots"), ("any.first",))),
    Measure("cost.per_solved", "cost per solved issue", "CURRENCY",
            "Cost in total divided by the issues truly solved in the end.",
            (_OVERALL,), Ratio(("cost.teams", "cost.bots"), ("issue.solved",))),
)  # fmt: skip
"""All measures, in the order of tables; a key stands once for each way it is computed."""

_KIND_SCOPE = {StageKind.BOT: Scope.BOT, StageKind.DESK: Scope.DESK, StageKind.DELAY: Scope.DELAY}


def stage_scope(kind: int) -> Scope:
    """The scope of figures of one stage of this `StageKind`."""
    return _KIND_SCOPE[StageKind(kind)]


def group_scope(group: Group, kinds: Sequence[int]) -> Scope:
    """The scope of figures of a group; ``kinds``: the `StageKind` of each stage."""
    return _TEAM if group.of_teams else stage_scope(kinds[group.members[0]])


def measures_of(scope: Scope, labels: Labels | None = None) -> tuple[Measure, ...]:
    """The measures that exist at a scope, in the order of tables.

    With ``labels`` they are the scenario's own: the service level by the definition it names, no
    cost where nothing costs anything.

    Examples
    --------
    >>> [m.key for m in measures_of(Scope.DELAY)]
    ['contacts', 'returned', 'open', 'in_system', 'solved', 'handling.mean']
    """
    found = tuple(m for m in MEASURES if scope in m.scopes)
    return found if labels is None else tuple(_own(m, labels) for m in found if _exists(m, labels))


def _exists(measure: Measure, labels: Labels) -> bool:
    return labels.currency is not None or not measure.unit.startswith("CURRENCY")


def _own(measure: Measure, labels: Labels) -> Measure:
    if measure.key != "service_level":
        return measure
    words, how = _SERVICE_LEVEL[labels.service_level]
    return Measure(
        measure.key,
        measure.heading,
        measure.unit,
        f"Share of contacts {words} (each desk with its own threshold).",
        measure.scopes,
        how,
    )


def unit_words(measure: Measure, labels: Labels) -> str:
    """The unit of a measure with the scenario's currency in it."""
    return measure.unit.replace("CURRENCY", labels.currency or "")


def _owners(labels: Labels, kinds: Iterable[int] | None) -> list[tuple[str, tuple[Scope, ...]]]:
    """Names that may stand before a key, with their scopes; a stage goes before a team of its name."""
    stage_kinds = None if kinds is None else list(kinds)
    owners: list[tuple[str, tuple[Scope, ...]]] = []
    for s, name in enumerate(labels.stages):
        owners.append((name, _STAGES if stage_kinds is None else (stage_scope(stage_kinds[s]),)))
    owners += [(name, (_TEAM,)) for name in labels.teams]
    for group in labels.groups:
        of_any = (_TEAM,) if group.of_teams else _STAGES
        owners.append((group.name, of_any if stage_kinds is None else (group_scope(group, stage_kinds),)))
    for attribute, values in labels.attributes:
        owners += [(value, (_CLASS,)) for value in values]
        owners += [(f"{attribute}.{value}", (_CLASS,)) for value in values]
    return owners


@lru_cache(maxsize=4)
def _paths(labels: Labels, kinds: tuple[int, ...] | None) -> Mapping[str, Measure]:
    """Every path with its measure; the first owner of a path keeps it."""
    paths = {m.key: m for m in measures_of(_OVERALL, labels)}
    for name, scopes in _owners(labels, kinds):
        for scope in scopes:
            for measure in measures_of(scope, labels):
                paths.setdefault(f"{name}.{measure.key}", measure)
    return paths


def known_paths(labels: Labels, kinds: Iterable[int] | None = None) -> tuple[str, ...]:
    """Every measure path of a scenario.

    These are ``KEY``, ``STAGE.KEY``, ``TEAM.KEY``, ``GROUP.KEY``, ``VALUE.KEY`` and ``ATTRIBUTE.VALUE.KEY``;
    those of a value at a stage (`value_at`) are too many to list.

    Parameters
    ----------
    labels : Labels
        The names.
    kinds : iterable of `StageKind`, optional
        Kind of each stage; without it every stage is given the keys of all kinds.
    """
    return tuple(_paths(labels, None if kinds is None else tuple(kinds)))


def entry(path: str, labels: Labels, kinds: Iterable[int] | None = None) -> Measure:
    """The catalogue entry of a measure path.

    Raises
    ------
    UsageError
        If there is no such path; the message names the nearest one.
    """
    kinds = None if kinds is None else tuple(kinds)
    paths = _paths(labels, kinds)
    if path in paths:
        return paths[path]
    place = None if kinds is None else value_at(path, labels, kinds)
    if place is None:
        raise unknown_path(path, paths)
    return place.measure


class ValueAt(NamedTuple):
    """A measure of the contacts with one value of an attribute at a stage or a group of stages."""

    stages: tuple[int, ...]
    attribute: int
    value: int  # number inside the attribute
    measure: Measure


def value_at(path: str, labels: Labels, kinds: Sequence[int]) -> ValueAt | None:
    """What ``STAGE.VALUE.KEY`` or ``GROUP.VALUE.KEY`` means; None if the path is none of these.

    Raises
    ------
    UsageError
        If stage and value are there, but not the key; the message names the nearest.
    """
    name, _, rest = path.partition(".")
    value, _, key = rest.partition(".")
    owners = {stage: (s,) for s, stage in enumerate(labels.stages)}
    stages = next((g.members for g in labels.groups if g.name == name and not g.of_teams), owners.get(name))
    for a, (_, values) in enumerate(labels.attributes):
        if stages and value in values:
            measures = measures_of(stage_scope(kinds[stages[0]]), labels)
            kept = {measure.key: measure for measure in measures if _is_kept_by_value(measure.how)}
            if key not in kept:
                raise unknown_path(path, [f"{name}.{value}.{known}" for known in kept])
            return ValueAt(stages, a, values.index(value), kept[key])
    return None


def _is_kept_by_value(how: How) -> bool:
    """Whether a measure of a stage is also kept for each value of an attribute there."""
    if not isinstance(how, Ratio):
        return isinstance(how, Quantile | Offered)
    terms = (term.lstrip("-").split(".") for term in (*how.above, *how.below))
    kept = {*VISIT_SUMS, *WITHIN_SUMS, "waiting"}
    return all(place == "time" or (place != "cost" and what in kept) for place, what in terms)


class UnknownMeasure(UsageError):
    """A path is no measure; the nearest of ``known`` is named, and looked for, where the words are wanted."""

    def __init__(self, path: str, known: tuple[str, ...]) -> None:
        super().__init__(path, known)
        self.path, self.known = path, known

    def __str__(self) -> str:
        near = nearest(self.path, self.known)
        return f"there is no measure '{self.path}'" + (f"; did you mean '{near}'?" if near else "")


def unknown_path(path: str, known: Iterable[str]) -> UnknownMeasure:
    """The error for a path that is no measure; names the nearest of ``known``."""
    return UnknownMeasure(path, tuple(known))

"""The scenario as people write it: every key, its type, its default and what it means.

The descriptions end up in the JSON Schema that editors show. Names (of stages, teams, attribute
values) are checked afterwards, by `meaning`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from sim import units
from sim.scenario.laws import EXAMPLES, LawWords, parse_law
from sim.scenario.relative import parse_change
from sim.scenario.values import (
    Route,
    Serves,
    SubProblem,
    Table,
    parse_route,
    parse_serves,
    parse_shares,
    parse_table,
    raise_all,
)
from sim.scenario.wishes import Figure, Wish, parse_figure, parse_wish
from sim.units import Money, WordsError, no_such

__all__ = [
    "ALWAYS_FIRST",
    "Bot",
    "Break",
    "Claim",
    "Delay",
    "Demand",
    "Desk",
    "Horizon",
    "Keys",
    "Return",
    "Returns",
    "Scenario",
    "Shift",
    "Stage",
    "Stream",
    "Team",
]

T = TypeVar("T")


def _one(parse: Callable[[object], T]) -> PlainValidator:
    """A validator that turns a `WordsError` into an error with its offset."""

    def read(raw: object) -> T:
        try:
            return parse(raw)
        except WordsError as e:
            raise_all([SubProblem((), e.message, e.hint, e.offset)])
            raise AssertionError from e  # raise_all has raised

    return PlainValidator(read)


def _many(parse: Callable[[object], T]) -> PlainValidator:
    """A validator for a value or a table of values."""
    return PlainValidator(lambda raw: parse_table(raw, parse))


def _text(pattern: str, *examples: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "examples": list(examples)}


def _or_table(one: dict[str, Any]) -> dict[str, Any]:
    table = {
        "type": "object",
        "minProperties": 1,
        "description": "a table by the values of one attribute or by clock ranges; 'else' for the rest",
    }
    return {"anyOf": [one, table]}


_DURATION = _text(r"^\s*[\d._]+\s*[A-Za-z]+", "20 s", "5.8 min", "1 h 30 min", "7 days")
_SHARE = _text(r"^\s*[\d._]+\s*(%|percent)\s*$", "62%")
_LAW = {"type": "string", "examples": list(EXAMPLES)}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_ROUTE = {
    "anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1}],
    "examples": ["chat", {"chat": "90%", "leaves": "rest"}],
}
_HEAD_START = {"type": "string", "examples": ["always first", "5 min", "0 s"]}


def _head_start(raw: object) -> int:
    if isinstance(raw, str) and raw.strip() == "always first":
        return ALWAYS_FIRST
    if not isinstance(raw, str) or not any(c.isdigit() for c in raw):
        raise WordsError(no_such(raw, "a head start"), "write 'always first' or a time such as '5 min'")
    return units.duration(raw)


ALWAYS_FIRST = 2**62
"""The head start of a strict priority."""


def _value_shares(raw: object) -> dict[str, float]:
    if not isinstance(raw, dict) or not raw:
        raise WordsError(
            "an attribute needs values with shares", "write for example {english: 60%, spanish: rest}"
        )
    problems: list[SubProblem] = []
    shares = parse_shares(raw, (), problems)
    raise_all(problems)
    return shares


def _by_hour(raw: object) -> str | tuple[float, ...]:
    if isinstance(raw, str):
        return raw
    if not isinstance(raw, list):
        raise WordsError(
            no_such(raw, "a profile"), "write flat, office, evening, a CSV file or a list of 24 figures"
        )
    raise_all(
        [
            SubProblem((i,), no_such(figure, "a figure of an hour"), "each hour has a number of 0 or more")
            for i, figure in enumerate(raw)
            if isinstance(figure, bool) or not isinstance(figure, (int, float)) or figure < 0
        ]
    )
    if len(raw) != 24:
        raise WordsError(f"has {len(raw)} figures", "give one figure for each of the 24 hours")
    if sum(raw) == 0:
        raise WordsError("the figures are all 0", "some hour needs contacts")
    return tuple(float(figure) for figure in raw)


class Break(BaseModel):
    """A break in a shift."""

    model_config = ConfigDict(frozen=True)
    length: int  # ticks
    at: int  # ticks after midnight


def _breaks(raw: object) -> tuple[Break, ...]:
    texts = raw if isinstance(raw, list) else [raw]
    problems: list[SubProblem] = []
    breaks = []
    for i, text in enumerate(texts):
        path = (i,) if isinstance(raw, list) else ()
        hint = "write for example '30 min at 12:00'"
        if not isinstance(text, str) or " at " not in text:
            problems.append(SubProblem(path, no_such(text, "a break"), hint))
            continue
        length, at = text.split(" at ", 1)
        try:
            breaks.append(Break(length=units.duration(length), at=units.clock(at, len(length) + 4)))
        except WordsError as e:
            problems.append(SubProblem(path, e.message, e.hint or hint, e.offset))
    raise_all(problems)
    return tuple(breaks)


Duration = Annotated[int, _one(units.duration), WithJsonSchema(_DURATION)]
Rate = Annotated[float, _one(units.rate), WithJsonSchema(_text(r"^\s*[\d._]+", "1_200/day", "48/min"))]
Share = Annotated[float, _one(units.share), WithJsonSchema(_SHARE)]
Count = Annotated[int, _one(units.count), WithJsonSchema(_COUNT)]
Cost = Annotated[Money, _one(units.money), WithJsonSchema(_text(r"[A-Z]{3}", "40 EUR/h", "0.05 EUR"))]
ClockTime = Annotated[int, _one(units.clock), WithJsonSchema(_text(r"^\d{1,2}:\d{2}", "08:30"))]
Law = Annotated[Table[LawWords], _many(parse_law), WithJsonSchema(_or_table(_LAW))]
Shares = Annotated[Table[float], _many(units.share), WithJsonSchema(_or_table(_SHARE))]
Counts = Annotated[Table[int], _many(units.count), WithJsonSchema(_or_table(_COUNT))]
HeadStart = Annotated[Table[int], _many(_head_start), WithJsonSchema(_or_table(_HEAD_START))]
RouteTable = Annotated[Table[Route], PlainValidator(parse_route), WithJsonSchema(_ROUTE)]
ServesField = Annotated[
    Serves,
    PlainValidator(parse_serves),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "object"}]}
    ),
]
ValueShares = Annotated[
    dict[str, float],
    _one(_value_shares),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]
ByHour = Annotated[
    "str | tuple[float, ...]",
    _one(_by_hour),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["flat", "office", "evening", "volumes.csv"]},
                {"type": "array", "items": {"type": "number"}, "minItems": 24, "maxItems": 24},
            ]
        }
    ),
]
Breaks = Annotated[
    tuple[Break, ...],
    _one(_breaks),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["30 min at 12:00"]},
                {"type": "array", "items": {"type": "string"}},
            ]
        }
    ),
]
TargetWish = Annotated[
    Wish,
    _one(parse_wish),
    WithJsonSchema({"type": "string", "examples": ["80% in 20 s", "at most 5%", "at most 2 min"]}),
]
ClaimFigure = Annotated[
    Figure, _one(parse_figure), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]})
]


def _names(raw: object) -> tuple[str, ...]:
    if isinstance(raw, str):
        return (raw,)
    if not isinstance(raw, list):
        raise WordsError(no_such(raw, "a list of names"), "write for example [own, vendor]")
    raise_all([SubProblem((i,), no_such(n, "a name")) for i, n in enumerate(raw) if not isinstance(n, str)])
    return tuple(raw)


NameList = Annotated[
    tuple[str, ...],
    _one(_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def _scale(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 < raw <= 1000:
        raise WordsError(no_such(raw, "a scale"), "write a number above 0, for example 0.1")
    return float(raw)


def _change(raw: object) -> str:
    if not isinstance(raw, str) or parse_change(raw) is None:
        raise WordsError(no_such(raw, "a change"), "write for example '17% less', '5 pp more' or '3 fewer'")
    return raw


ChangeWords = Annotated[str, _one(_change), WithJsonSchema({"type": "string", "examples": ["17% less"]})]


Scale = Annotated[
    float, _one(_scale), WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1000})
]


def _steepness(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0.1 <= raw <= 100:
        raise WordsError(
            no_such(raw, "a steepness"), "write a number from 0.1 (nearly flat) to 100 (a cliff)"
        )
    return float(raw)


Steepness = Annotated[
    float, _one(_steepness), WithJsonSchema({"type": "number", "minimum": 0.1, "maximum": 100})
]


class Keys(BaseModel):
    """Base of every map with fixed keys: unknown keys are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True
    )


class Horizon(Keys):
    """When the simulation measures and how it ends."""

    warm_up: Duration = Field(0, description="simulated before measuring starts")
    measure: Duration = Field(units.DAY, description="measured time")
    then: Literal["drain", "continue", "cut"] = Field(
        "drain",
        description="after the measured time: drain (no new issues, open ones are played out), "
        "continue (demand goes on until what was measured has ended) or cut (stop at once)",
    )
    follow: Duration = Field(7 * units.DAY, description="open contacts are followed at most this long")
    returns: Literal["followed", "dropped"] = Field(
        "followed", description="dropped: who would come back after the measured time does not"
    )
    interval: Duration = Field(15 * units.MINUTE, description="length of a reporting interval")


class Stream(Keys):
    """One stream of demand."""

    volume: Rate | None = Field(None, description="expected new issues per time")
    by_hour: ByHour | None = Field(
        None,
        description="profile over the day: flat, office, evening, 24 figures, or a CSV file with time,volume",
    )
    enters: RouteTable | None = Field(None, description="the stage where an issue enters")
    busyness: Share | None = Field(
        None, description="random day factor: its standard deviation (gamma, mean 1)"
    )
    attributes: dict[str, ValueShares] = Field(default_factory=dict, description="shares that differ here")


class Demand(Stream):
    """Where contacts come from; keys here are defaults for the streams."""

    streams: dict[str, Stream] = Field(default_factory=dict, description="several streams by name")


class Stage(Keys):
    """What bots, desks and delays share."""

    solved: RouteTable | None = Field(
        None, description="where a contact goes whose visit solved (default: leaves)"
    )
    unsolved: RouteTable | None = Field(None, description="where a contact goes whose visit did not solve")
    believed: Shares | None = Field(
        None, description="share of those who leave unsolved but believe it solved"
    )


class Bot(Stage):
    """An automated tier: chatbot, self-service, recogniser."""

    first_reply: Law | None = Field(None, description="time to the first reply (default: none)")
    session: Law = Field(description="length of a session")
    solves: Shares = Field(description="share of its contacts that it truly solves")
    steepness: Steepness = Field(10.0, description="how fast one accuracy falls with difficulty (logistic)")
    luck: Share = Field(
        1.0, description="share of visits whose luck is drawn once per issue, not per attempt"
    )
    turned_away: RouteTable | None = Field(None, description="where a contact goes that finds it full")
    at_once: Counts | None = Field(None, description="sessions at once (default: unlimited)")
    cost: Cost | None = Field(None, description="cost per contact")


class Desk(Stage):
    """A queue and the agents who serve it."""

    handling: Law = Field(description="handling time of a contact")
    wrap_up: Law | None = Field(None, description="after-call work: holds the agent, not the customer")
    patience: Law | None = Field(
        None, description="how long customers wait before they give up (default: never)"
    )
    patience_per: Literal["visit", "contact"] = Field(
        "visit", description="one budget of patience per visit or for the whole contact"
    )
    bot_time: Literal["ignored", "counts"] = Field(
        "ignored", description="whether time at bots uses up patience"
    )
    solves: Shares | None = Field(
        None, description="share of answered contacts that it truly solves (default: all)"
    )
    abandoned: RouteTable | None = Field(None, description="where a contact goes that gave up")
    turned_away: RouteTable | None = Field(None, description="where a contact goes that finds the queue full")
    at_most_waiting: Counts | None = Field(None, description="places in the queue (default: unlimited)")
    head_start: HeadStart | None = Field(
        None, description="time taken off the waiting order; 'always first' = strict priority"
    )
    asks: NameList | None = Field(
        None, description="teams in the order in which an arriving contact asks them"
    )
    agent: Literal["least busy", "most busy"] = Field(
        "least busy", description="which free agent of a team is taken; then the one longest idle"
    )
    answer_within: Duration | None = Field(None, description="threshold of the service level (default: 20 s)")


class Delay(Stage):
    """A place where time passes: another department, an approval."""

    lasts: Law = Field(description="how long it takes")
    solves: Shares | None = Field(None, description="share that it truly solves (default: none)")


class Shift(Keys):
    """Named agents who work at the same hours every day."""

    from_: ClockTime = Field(alias="from", description="begins at")
    to: ClockTime = Field(description="ends at; a time at or before the beginning is on the next day")
    agents: Count = Field(description="agents scheduled")
    break_: Breaks = Field((), alias="break", description="one break or a list: '30 min at 12:00'")


class Team(Keys):
    """Agents alike in skills and cost."""

    serves: ServesField = Field(description="a desk, a list of desks, or ranks by desk or attribute value")
    agents: Counts | None = Field(None, description="head count, perhaps by clock; instead of shifts")
    shifts: dict[str, Shift] | None = Field(None, description="daily shifts by name; instead of agents")
    chats: Count = Field(1, description="contacts an agent handles at once")
    takes: Literal["skill first", "priority first", "longest waiting"] = Field(
        "skill first", description="how a freed agent chooses among queues"
    )
    absence: Share = Field(0.0, description="chance that an agent is absent for a whole shift")
    shrinkage: Share = Field(0.0, description="planned share of scheduled agents away from the queue")
    cost: Cost | None = Field(None, description="cost per paid hour")
    owner: str | None = Field(None, description="who employs the team")
    site: str | None = Field(None, description="where the team works")


class Return(Keys):
    """Whether, when and where an issue comes back."""

    chance: Shares = Field(description="share that comes back")
    after: Law = Field(description="how long after leaving")
    to: RouteTable | None = Field(
        None, description="where it comes back to (default: where it first entered)"
    )
    patience: Literal["renewed", "kept"] = Field("renewed", description="kept: what was left of the patience")


class Returns(Keys):
    """Returns by how the last contact left."""

    believed: Return | None = Field(None, description="left unsolved, believing it solved")
    unsolved: Return | None = Field(None, description="left unsolved, knowing it")
    abandoned: Return | None = Field(None, description="gave up waiting")
    turned_away: Return | None = Field(None, description="found the queue or the bot full")
    at_most: Count | None = Field(None, description="returns per issue")


class Claim(Keys):
    """A published figure, a promised effect or an exact value to compare with."""

    is_: ClaimFigure | None = Field(None, alias="is", description="the figure")
    change: ChangeWords | None = Field(None, description="the promised change, for example '17% less'")
    within: ClaimFigure | None = Field(None, description="tolerance")
    source: str = Field(description="published ID, exact, expected (words) or assumed (words)")
    awaits: str | None = Field(None, description="what must exist before it can be measured")


class Scenario(Keys):
    """A whole scenario."""

    name: str = Field(description="a title a planner recognises", min_length=1)
    question: str | None = Field(None, description="what the scenario is to answer")
    plan: str | None = Field(None, description="title of the plan in use")
    scale: Scale = Field(1.0, description="multiplies volumes, agents, sessions and queue limits")
    horizon: Horizon = Field(default_factory=lambda: Horizon.model_validate({}))
    attributes: dict[str, ValueShares] = Field(
        default_factory=dict, description="attributes of an issue: shares of their values"
    )
    demand: Demand
    bots: dict[str, Bot] = Field(default_factory=dict)
    desks: dict[str, Desk] = Field(default_factory=dict)
    delays: dict[str, Delay] = Field(default_factory=dict)
    teams: dict[str, Team] = Field(default_factory=dict)
    returns: Returns = Field(default_factory=lambda: Returns.model_validate({}))
    service_level: Literal["all", "offered", "without_short", "any_end", "answered"] = Field(
        "all", description="which definition of the service level is meant"
    )
    targets: dict[str, TargetWish] = Field(default_factory=dict, description="wishes by measure")
    claims: dict[str, Claim] = Field(default_factory=dict, description="figures to compare with, by measure")
    sources: dict[str, str] = Field(
        default_factory=dict, description="where inputs come from, by path prefix"
    )

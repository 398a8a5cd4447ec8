"""The kinds of values in a scenario: how each is read, and what the JSON Schema says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, WithJsonSchema

from sim import units
from sim.scenario import demand_words
from sim.scenario.changes import DatedChange, parse_changes
from sim.scenario.days import DayKey, date_number, is_day_word, parse_day
from sim.scenario.following import FOLLOW_SCHEMA, Follow, parse_agents
from sim.scenario.laws import EXAMPLES, LawWords, parse_law
from sim.scenario.relative import parse_change
from sim.scenario.values import (
    Route,
    Serves,
    SubProblem,
    Table,
    parse_route,
    parse_serves,
    parse_table,
    raise_all,
)
from sim.scenario.wishes import Figure, FigureClaim, Wish, parse_figure, parse_wish
from sim.units import DAY, Clock, Money, WordsError, no_such

__all__ = [
    "ALWAYS_FIRST",
    "Agents",
    "Break",
    "Breaks",
    "ByHour",
    "ChangeWords",
    "ChangesField",
    "ClaimFigure",
    "ClaimFigures",
    "ClockTime",
    "Closed",
    "Cost",
    "Count",
    "Counts",
    "DateField",
    "DayNames",
    "DaySet",
    "Duration",
    "ForecastErrors",
    "Gaps",
    "HeadStart",
    "Law",
    "NameList",
    "OpenHours",
    "Rates",
    "RouteTable",
    "Scale",
    "ServesField",
    "Share",
    "Shares",
    "Steepness",
    "TURNED_AWAY",
    "TargetWish",
    "ValueShares",
    "WAITS",
]

T = TypeVar("T")

ALWAYS_FIRST = 2**62
"""The head start of a strict priority."""


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
        "description": "a table by the values of one attribute, clock ranges or days; 'else' for the rest",
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


def _claim_figures(raw: object) -> dict[str, FigureClaim]:
    """Figures by measure: each a figure, or ``{is: 70%, within: 3 pp}``."""
    problems: list[SubProblem] = []
    if not isinstance(raw, dict) or not raw:
        hint = "write for example {occupancy: 70%, east.occupancy: {is: 65%, within: 3 pp}}"
        raise_all([SubProblem((), "must be a map of figures by measure", hint)])
        return {}
    found = {}
    for measure, value in raw.items():
        keys = value if isinstance(value, dict) else {"is": value}
        parts: dict[str, Figure] = {}
        for key, words in keys.items():
            path = (measure, key) if isinstance(value, dict) else (measure,)
            if key not in ("is", "within"):
                message = f"unknown key '{key}'"
                problems.append(
                    SubProblem(path, message, "known: is, within", code="unknown_key", on_key=True)
                )
                continue
            try:
                parts[key] = parse_figure(words)
            except WordsError as e:
                problems.append(SubProblem(path, e.message, e.hint, e.offset))
        if "is" in parts:
            found[measure] = FigureClaim(parts["is"], parts.get("within"))
        elif "is" not in keys:
            problems.append(SubProblem((measure,), "'is' is missing", code="missing", on_key=True))
    raise_all(problems)
    return found


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


def _names(raw: object) -> tuple[str, ...]:
    if isinstance(raw, str):
        return (raw,)
    if not isinstance(raw, list):
        raise WordsError(no_such(raw, "a list of names"), "write for example [own, vendor]")
    raise_all([SubProblem((i,), no_such(n, "a name")) for i, n in enumerate(raw) if not isinstance(n, str)])
    return tuple(raw)


WAITS, TURNED_AWAY = "waits", "turned away"


def _closed(raw: object) -> str | Table[Route]:
    is_word = isinstance(raw, str) and raw.strip() in (WAITS, TURNED_AWAY)
    return str(raw).strip() if is_word else parse_route(raw)


def _open(raw: object) -> tuple[Clock, ...]:
    """The spells of the day at which something is open."""
    if raw in ("always", "closed"):
        return (Clock(0, DAY),) if raw == "always" else ()
    spells = []
    for text in raw if isinstance(raw, list) and raw else [raw]:
        if not isinstance(text, str) or not units.is_clock_range(text):
            raise WordsError(
                no_such(text, "opening hours"), "write for example '08:00-20:00', always or closed"
            )
        spells.append(units.clock_range(text))
    return tuple(spells)


def _day_set(raw: object) -> tuple[DayKey, ...]:
    """The days meant by one word or a list of words."""
    problems: list[SubProblem] = []
    found = []
    for i, word in enumerate(raw if isinstance(raw, list) and raw else [raw]):
        path = (i,) if isinstance(raw, list) and raw else ()
        try:
            if not isinstance(word, str):
                raise WordsError(no_such(word, "a day"), "write for example 12-25 or 2024-11-08..2024-11-12")
            found.append(parse_day(word))
        except WordsError as e:
            problems.append(SubProblem(path, e.message, e.hint, e.offset))
    raise_all(problems)
    return tuple(found)


def _on(raw: object) -> tuple[str, ...]:
    """Words for days; own names of the scenario are looked at later."""
    words = _names(raw)
    for word in words:
        if is_day_word(word):
            parse_day(word)
    return words


def _scale(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 < raw <= 1000:
        raise WordsError(no_such(raw, "a scale"), "write a number above 0, for example 0.1")
    return float(raw)


def _change(raw: object) -> str:
    if not isinstance(raw, str) or parse_change(raw) is None:
        raise WordsError(no_such(raw, "a change"), "write for example '17% less', '5 pp more' or '3 fewer'")
    return raw


def _steepness(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0.1 <= raw <= 100:
        raise WordsError(
            no_such(raw, "a steepness"), "write a number from 0.1 (nearly flat) to 100 (a cliff)"
        )
    return float(raw)


Duration = Annotated[int, _one(units.duration), WithJsonSchema(_DURATION)]
Rates = Annotated[
    Table[float],
    _many(units.rate),
    WithJsonSchema(_or_table(_text(r"^\s*[\d._]+", "1_200/day", "48/min"))),
]
Share = Annotated[float, _one(units.share), WithJsonSchema(_SHARE)]
Count = Annotated[int, _one(units.count), WithJsonSchema(_COUNT)]
Cost = Annotated[Money, _one(units.money), WithJsonSchema(_text(r"[A-Z]{3}", "40 EUR/h", "0.05 EUR"))]
ClockTime = Annotated[int, _one(units.clock), WithJsonSchema(_text(r"^\d{1,2}:\d{2}", "08:30"))]
Law = Annotated[Table[LawWords], _many(parse_law), WithJsonSchema(_or_table(_LAW))]
Shares = Annotated[Table[float], _many(units.share), WithJsonSchema(_or_table(_SHARE))]
Counts = Annotated[Table[int], _many(units.count), WithJsonSchema(_or_table(_COUNT))]
Agents = Annotated[
    Table[int] | Follow,
    PlainValidator(parse_agents),
    WithJsonSchema({"anyOf": [*_or_table(_COUNT)["anyOf"], FOLLOW_SCHEMA]}),
]
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
    demand_words.ValueShares,
    PlainValidator(demand_words.parse_value_shares),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "description": "shares of the values, or a table of such by the values of an attribute above it, "
            "or by clock ranges",
            "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        }
    ),
]
ForecastErrors = Annotated[
    demand_words.ForecastError,
    _one(demand_words.parse_forecast_error),
    WithJsonSchema(_text(r"^\s*[\d._]+\s*(%|percent)(\s+each\s+.+)?\s*$", "25%", "25% each 30 min")),
]
Gaps = Annotated[LawWords, _one(parse_law), WithJsonSchema(_LAW)]
ByHour = Annotated[
    Table[str | tuple[float, ...]],
    _many(_by_hour),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["flat", "office", "evening", "volumes.csv"]},
                {"type": "array", "items": {"type": "number"}, "minItems": 24, "maxItems": 24},
                {"type": "object", "minProperties": 1, "description": "a table by days"},
            ]
        }
    ),
]
_DAY_WORDS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
DateField = Annotated[int, _one(date_number), WithJsonSchema(_text(r"^\d{4}-\d{2}-\d{2}$", "2024-07-01"))]
DaySet = Annotated[
    tuple[DayKey, ...],
    _one(_day_set),
    WithJsonSchema({**_DAY_WORDS, "examples": ["12-25", "2024-11-08..2024-11-12"]}),
]
DayNames = Annotated[
    tuple[str, ...], _one(_on), WithJsonSchema({**_DAY_WORDS, "examples": ["weekdays", "saturday"]})
]
OpenHours = Annotated[
    Table[tuple[Clock, ...]],
    _many(_open),
    WithJsonSchema(_or_table({**_DAY_WORDS, "examples": ["08:00-20:00", "always", "closed"]})),
]
Closed = Annotated[
    str | Table[Route],
    _one(_closed),
    WithJsonSchema({**_ROUTE, "examples": [TURNED_AWAY, WAITS, "voicemail"]}),
]
_PART = {"type": "object"}
ChangesField = Annotated[
    tuple[DatedChange, ...],
    PlainValidator(parse_changes),
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "description": "what it is, for the reader"},
                    "from": {"type": "string", "description": "first date", "examples": ["2024-07-01"]},
                    "to": {"type": "string", "description": "date from which on it holds no more"},
                    "when": {"type": "string", "examples": ["20:00-22:00 on 11-11", "campaign"]},
                    **{
                        key: {**_PART, "description": "what changes, written as in the scenario"}
                        for key in ("attributes", "demand", "bots", "desks", "delays", "teams", "returns")
                    },
                },
            },
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
_FIGURE: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "number"}]}
ClaimFigure = Annotated[Figure, _one(parse_figure), WithJsonSchema(_FIGURE)]
ClaimFigures = Annotated[
    dict[str, FigureClaim],
    PlainValidator(_claim_figures),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "anyOf": [
                    _FIGURE,
                    {
                        "type": "object",
                        "properties": {"is": _FIGURE, "within": _FIGURE},
                        "required": ["is"],
                        "additionalProperties": False,
                    },
                ]
            },
        }
    ),
]
NameList = Annotated[
    tuple[str, ...],
    _one(_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
ChangeWords = Annotated[str, _one(_change), WithJsonSchema({"type": "string", "examples": ["17% less"]})]
Scale = Annotated[
    float, _one(_scale), WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1000})
]
Steepness = Annotated[
    float, _one(_steepness), WithJsonSchema({"type": "number", "minimum": 0.1, "maximum": 100})
]

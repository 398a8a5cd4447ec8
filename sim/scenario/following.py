"""Agents that follow the forecast, in words: ``{follow: forecast, utilisation: 85%, in_shifts_of: 8 h}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.errors import nearest
from sim.scenario.values import SubProblem, Table, parse_table, raise_all
from sim.scenario.wishes import parse_wish
from sim.units import DAY, HOUR, SECOND, WordsError, count, duration, no_such, share

__all__ = [
    "AS_BEFORE",
    "FOLLOW_SCHEMA",
    "Follow",
    "follows",
    "is_as_before",
    "is_part_of_follow",
    "parse_agents",
]

AS_BEFORE = -1
"""Hours: as many as the team had before."""

_FORECAST, _SQUARE_ROOT, _BEFORE = "forecast", "square root", "as before"
_EXAMPLE = "{follow: forecast, utilisation: 85%}"
_WAYS = ("utilisation", "rule", "service_level", "hours")


@dataclass(frozen=True)
class Follow:
    """How many agents there are in each interval; one of the first four says by which rule."""

    utilisation: float | None = None  # share of their time in which they are busy
    delay: float | None = None  # share of customers who wait, by the square-root rule
    service_level: tuple[float, int] | None = None  # share answered within a time (ticks), by Erlang A
    hours: int | None = None  # paid time of all agents together in a day (ticks), or AS_BEFORE
    in_shifts_of: int | None = None  # ticks; None: a head count


def follows(raw: object) -> bool:
    """Whether what is written for ``agents`` says that they follow something."""
    return isinstance(raw, Mapping) and "follow" in raw


def is_as_before(raw: object) -> bool:
    """Whether agents keep the hours that the team had before."""
    return isinstance(raw, Mapping) and follows(raw) and raw.get("hours") == _BEFORE


def is_part_of_follow(raw: object) -> bool:
    """Whether what is written for ``agents`` only changes how they follow the forecast."""
    return isinstance(raw, Mapping) and "follow" not in raw and bool(raw) and set(raw) <= set(_READERS)


def parse_agents(raw: object) -> Table[int] | Follow:
    """A number of agents, a table of numbers, or how they follow the forecast.

    Raises
    ------
    PydanticCustomError
        Holding a `SubProblem` for each part that cannot be read.

    Examples
    --------
    >>> parse_agents({"follow": "forecast", "utilisation": "85%"}).utilisation
    0.85
    """
    if not isinstance(raw, Mapping) or not set(raw) & {"follow", *_READERS}:
        return parse_table(raw, count)
    problems: list[SubProblem] = []
    parts: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in _READERS:
            near = nearest(str(key), _READERS)
            hint = f"did you mean '{near}'?" if near else f"known keys here: {', '.join(_READERS)}"
            problems.append(SubProblem((key,), f"unknown key '{key}'", hint, code="unknown_key", on_key=True))
            continue
        try:
            parts[key] = _READERS[key](value)
        except WordsError as e:
            problems.append(SubProblem((key,), e.message, e.hint, e.offset))
    if not problems:
        problems += _together(raw)
    raise_all(problems)
    return Follow(**{key: value for key, value in parts.items() if key not in ("follow", "rule")})


def _together(raw: Mapping[str, object]) -> list[SubProblem]:
    """What is wrong with keys that can be read one by one."""
    if "follow" not in raw:
        message = "does not say what the agents follow"
        return [SubProblem((), message, f"write for example {_EXAMPLE}", code="missing")]
    if "delay" in raw and "rule" not in raw:
        return [SubProblem(("delay",), "'delay' belongs to 'rule: square root'", on_key=True)]
    given = [key for key in _WAYS if key in raw]
    if not given:
        message = "does not say how many agents the forecast asks for"
        hint = f"add utilisation, service_level, rule or hours: {_EXAMPLE}"
        return [SubProblem((), message, hint, code="missing")]
    if "rule" in raw and "delay" not in raw:
        hint = "add for example 'delay: 20%': one in five customers waits"
        return [SubProblem((), "the square-root rule needs 'delay'", hint, code="missing")]
    return [SubProblem((more,), f"has both '{given[0]}' and '{more}'; keep one", on_key=True)
            for more in given[1:]]  # fmt: skip


def _word(word: str, what: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value != word:
            raise WordsError(no_such(value, what), f"write '{word}'")
        return word

    return read


def _utilisation(value: object) -> float:
    found = share(value)
    if not 0 < found <= 1:
        raise WordsError("a utilisation lies above 0% and is at most 100%")
    return found


def _delay(value: object) -> float:
    found = share(value)
    if not 0 < found < 1:
        raise WordsError("a share of customers who wait lies between 0% and 100%")
    return found


def _service_level(value: object) -> tuple[float, int]:
    hint = "write for example '80% in 20 s'"
    wish = parse_wish(value)
    if wish.within_s is None or not wish.at_least:
        raise WordsError(no_such(value, "a service level"), hint)
    if not 0 < wish.figure.value < 1:
        raise WordsError("a service level lies between 0% and 100%", hint)
    return wish.figure.value, round(wish.within_s * SECOND)


def _hours(value: object) -> int:
    if value == _BEFORE:
        return AS_BEFORE
    if not isinstance(value, str) or not any(c.isdigit() for c in value):
        raise WordsError(no_such(value, "an amount of hours"), f"write '{_BEFORE}' or for example '800 h'")
    found = duration(value)
    if found == 0:
        raise WordsError("no hours at all")
    return found


def _shift_length(value: object) -> int:
    found = duration(value)
    if not HOUR <= found <= DAY:
        raise WordsError("a shift lasts from 1 h to 24 h")
    return found


_READERS: dict[str, Callable[[object], Any]] = {
    "follow": _word(_FORECAST, "a thing to follow"),
    "utilisation": _utilisation,
    "rule": _word(_SQUARE_ROOT, "a rule"),
    "delay": _delay,
    "service_level": _service_level,
    "hours": _hours,
    "in_shifts_of": _shift_length,
}


def _said(description: str, *examples: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "examples": list(examples)}


FOLLOW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "as many agents in each interval as the forecast asks for; give one of utilisation, "
    "rule with delay, service_level, hours",
    "additionalProperties": False,
    "required": ["follow"],
    "properties": {
        "follow": {
            "enum": [_FORECAST],
            "description": "the work expected at the team's desks, hand-offs and returns included",
        },
        "utilisation": _said("share of their time in which agents are busy with the work expected", "85%"),
        "rule": {"enum": [_SQUARE_ROOT], "description": "the load plus a multiple of its square root"},
        "delay": _said("share of customers who wait, for the square-root rule", "20%"),
        "service_level": _said("what each interval keeps by Erlang A", "80% in 20 s"),
        "hours": _said(
            "agent-hours a day, spread as the work is; as before: those of the layers below",
            _BEFORE, "800 h",
        ),
        "in_shifts_of": _said("shifts of this length that begin at full hours, as few as will do", "8 h"),
    },
}  # fmt: skip
"""What the JSON Schema says of it."""

"""Words with units to numbers and back: durations, rates, clock times, shares, money.

Inside the program durations are ticks (1 microsecond, int), rates are per tick, shares 0..1.
A bare number where a unit belongs is an error: nobody knows whether ``5`` meant minutes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sim.errors import nearest

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "Clock",
    "Money",
    "WordsError",
    "clock",
    "clock_range",
    "count",
    "duration",
    "duration_words",
    "is_clock_range",
    "money",
    "no_such",
    "number",
    "rate",
    "share",
    "time_of_day",
]

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {
    "ms": SECOND // 1000,
    "s": SECOND, "sec": SECOND, "second": SECOND, "seconds": SECOND,
    "min": MINUTE, "mins": MINUTE, "minute": MINUTE, "minutes": MINUTE,
    "h": HOUR, "hour": HOUR, "hours": HOUR,
    "d": DAY, "day": DAY, "days": DAY,
    "week": 7 * DAY, "weeks": 7 * DAY,
}  # fmt: skip
_LONGEST = 3650 * DAY  # keeps every sum of ticks far below 2**62

_DURATION_HINT = "write for example '20 s' or '5.8 min'"
_RATE_HINT = "write for example '1_200/day' or '48/min'"
_SHARE_HINT = "write for example '62%'"
_MONEY_HINT = "write for example '40 EUR/h' or '0.05 EUR', the currency in three capital letters"

_NUMBER = re.compile(r"[+-]?(\d[\d_]*)?(\.\d+)?(e[+-]?\d+)?", re.I)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_RANGE = re.compile(r"\d{1,2}:\d{2}(:\d{2})?\s*-\s*\d{1,2}:\d{2}(:\d{2})?")


class WordsError(ValueError):
    """A text that cannot be read; ``offset`` is where in the text the trouble starts."""

    def __init__(self, message: str, hint: str | None = None, offset: int = 0) -> None:
        super().__init__(message)
        self.message, self.hint, self.offset = message, hint, offset


class Money(NamedTuple):
    """An amount of a currency, perhaps per hour."""

    amount: float
    currency: str
    per_hour: bool


class Clock(NamedTuple):
    """A clock range ``[begins, ends)`` in ticks after midnight; it may pass midnight."""

    begins: int
    ends: int

    def contains(self, tick: int) -> bool:
        """Whether a tick after midnight, of one day, lies inside.

        Examples
        --------
        >>> night = clock_range("22:00-06:00")
        >>> [night.contains(hour * HOUR) for hour in (5, 6, 21, 22)]
        [True, False, False, True]
        """
        return self.begins <= tick < self.ends or tick + DAY < self.ends


def no_such(value: object, what: str) -> str:
    """That a value is not what belongs there, in the words of YAML.

    Examples
    --------
    >>> no_such("5 km", "a duration"), no_such([1], "a share"), no_such(None, "a share")
    ("'5 km' is not a duration", 'a list is not a share', 'a value is missing')
    """
    if value is None:
        return "a value is missing"
    if isinstance(value, dict | list):
        return f"a {'map' if isinstance(value, dict) else 'list'} is not {what}"
    return f"'{str(value).lower() if isinstance(value, bool) else value}' is not {what}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_comma(text: str, offset: int) -> None:
    """A decimal comma, or one between thousands, is told in words of its own."""
    found = re.search(r"\d(,)\d", text)
    if found:
        raise WordsError(
            "a number has no ','", "write decimals as 5.8, thousands as 1_200", offset + found.start(1)
        )


def number(text: str, what: str = "number", offset: int = 0) -> float:
    """A plain number such as ``1_200`` or ``0.8``.

    Raises
    ------
    WordsError
        If the text is anything else.

    Examples
    --------
    >>> number("1_200")
    1200.0
    """
    stripped = text.strip()
    _refuse_comma(text, offset)
    if not stripped or not _NUMBER.fullmatch(stripped) or not any(c.isdigit() for c in stripped):
        raise WordsError(f"'{stripped}' is not a {what}", offset=offset)
    value = float(stripped.replace("_", ""))
    if abs(value) > 2**53:
        raise WordsError(f"{stripped} is too large", offset=offset)
    return value


def _split_number(text: str, offset: int, hint: str) -> tuple[float, str, int]:
    """The leading number, the rest without blanks, and where the rest starts."""
    _refuse_comma(text, offset)
    lead = len(text) - len(text.lstrip())
    found = _NUMBER.match(text, lead)
    assert found is not None  # the pattern matches the empty text
    if not any(c.isdigit() for c in found.group()):
        raise WordsError(f"'{text.strip()}' does not start with a number", hint, offset + lead)
    rest = text[found.end() :]
    start = found.end() + len(rest) - len(rest.lstrip())
    return number(found.group(), offset=offset), rest.strip(), offset + start


def _ticks_of_unit(unit: str, offset: int) -> int:
    if unit not in _UNITS:
        near = nearest(unit, _UNITS)
        raise WordsError(
            f"unknown time unit '{unit}'",
            f"did you mean '{near}'?" if near else "time units are s, min, h, days, weeks",
            offset,
        )
    return _UNITS[unit]


def duration(value: object, offset: int = 0) -> int:
    """Ticks of a duration in words: ``20 s``, ``5.8 min``, ``1 h 30 min``, ``7 days``.

    Raises
    ------
    WordsError
        If the unit is missing or unknown, or the duration is negative or above ten years.

    Examples
    --------
    >>> duration("1 h 30 min") == 90 * MINUTE
    True
    """
    if _is_number(value):
        raise WordsError(f"'{value}' needs a unit", f"write for example '{value} min'", offset)
    if not isinstance(value, str):
        raise WordsError(no_such(value, "a duration"), _DURATION_HINT, offset)
    _refuse_comma(value, offset)
    parts = list(re.finditer(r"([+-]?[\d_.]+(?:e[+-]?\d+)?)\s*([^\d\s.+-][^\d\s]*)?\s*", value.strip(), re.I))
    lead = offset + len(value) - len(value.lstrip())
    if not parts or "".join(p.group() for p in parts) != value.strip():
        raise WordsError(f"'{value.strip()}' is not a duration", _DURATION_HINT, lead)
    total = 0.0
    for part in parts:
        if part.group(2) is None:
            raise WordsError(
                f"'{value.strip()}' needs a unit",
                f"write for example '{part.group(1)} min'",
                lead + part.start(),
            )
        amount = number(part.group(1), offset=lead + part.start())
        total += amount * _ticks_of_unit(part.group(2), lead + part.start(2))
    if total < 0:
        raise WordsError("a duration cannot be negative", offset=lead)
    if total > _LONGEST:
        raise WordsError("a duration of more than ten years", offset=lead)
    return int(total + 0.5)


def rate(value: object, offset: int = 0) -> float:
    """Contacts per tick of a rate in words: ``1_200/day``, ``48/min``.

    Raises
    ------
    WordsError
        If the unit of time is missing or unknown or the number negative.
    """
    if _is_number(value):
        raise WordsError(f"'{value}' needs a unit of time", f"write for example '{value}/day'", offset)
    if not isinstance(value, str):
        raise WordsError(no_such(value, "a volume"), _RATE_HINT, offset)
    amount, rest, start = _split_number(value, offset, _RATE_HINT)
    if not rest:
        raise WordsError(
            f"'{value.strip()}' needs a unit of time", f"write for example '{value.strip()}/day'", offset
        )
    found = re.fullmatch(r"(?:contacts\s*)?(?:/|per\s)\s*(\w+)", rest)
    if not found:
        raise WordsError(f"'{rest}' is not a unit of a volume", _RATE_HINT, start)
    unit = _ticks_of_unit(found.group(1), start + found.start(1))
    if amount < 0:
        raise WordsError("a volume cannot be negative", offset=offset)
    return amount / unit


def share(value: object, offset: int = 0) -> float:
    """0..1 of a share in words: ``62%``, ``0.5 %``.

    Raises
    ------
    WordsError
        If the percent sign is missing or the share is outside 0..100 %.
    """
    if _is_number(value):
        hint = f"write '{value}%'"
        if isinstance(value, float) and 0 < value < 1:
            hint = f"write '{value * 100:g}%'"
        raise WordsError(f"the share '{value}' needs a percent sign", hint, offset)
    if not isinstance(value, str):
        raise WordsError(no_such(value, "a share"), _SHARE_HINT, offset)
    amount, rest, start = _split_number(value, offset, _SHARE_HINT)
    if rest not in ("%", "percent"):
        hint = _SHARE_HINT if rest else f"write '{amount:g}%'"
        raise WordsError(f"'{value.strip()}' is not a share", hint, start if rest else offset)
    if not 0 <= amount <= 100:
        raise WordsError(f"a share must lie between 0% and 100%, not {amount:g}%", offset=offset)
    return amount / 100


def count(value: object, offset: int = 0) -> int:
    """A whole number of people, sessions or places, not negative.

    Raises
    ------
    WordsError
        If the value is not a whole number or negative.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise WordsError(no_such(value, "a whole number"), offset=offset)
    amount = number(value, "whole number", offset) if isinstance(value, str) else float(value)
    if amount != int(amount):
        raise WordsError(f"'{value}' is not a whole number", offset=offset)
    if amount < 0:
        raise WordsError("must not be negative", offset=offset)
    return int(amount)


def clock(value: object, offset: int = 0) -> int:
    """Ticks after midnight of a clock time ``08:30``; up to ``48:00``, for ends on the next day.

    Raises
    ------
    WordsError
        If the text is no clock time.
    """
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        is_hour = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 48
        hint = f"write '{value:02d}:00'" if is_hour else "write for example '08:30'"
        raise WordsError(no_such(value, "a clock time"), hint, offset)
    h, m, s = int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)
    if m > 59 or s > 59 or h * 3600 + m * 60 + s > 48 * 3600:
        raise WordsError(f"there is no clock time {found.group()}", offset=offset)
    return h * HOUR + m * MINUTE + s * SECOND


def time_of_day(tick: int) -> str:
    """A time of day in words.

    Examples
    --------
    >>> time_of_day(8 * HOUR + 30 * MINUTE)
    '08:30'
    """
    minutes, seconds = tick // MINUTE, tick % MINUTE // SECOND
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")


def is_clock_range(text: object) -> bool:
    """Whether a table key is meant as a clock range such as ``20:00-22:00``."""
    return isinstance(text, str) and _RANGE.fullmatch(text.strip()) is not None


def clock_range(text: str, offset: int = 0) -> Clock:
    """The range ``[from, to)`` of ``20:00-22:00``; ``22:00-06:00`` passes midnight.

    Raises
    ------
    WordsError
        If an end is no clock time of one day or the range is empty.
    """
    first, second = (part.strip() for part in text.split("-"))
    begins, ends = clock(first, offset), clock(second, offset + text.index("-") + 1)
    if begins >= DAY or ends > DAY:
        raise WordsError(f"'{text}' leaves the day", "clock ranges lie between 00:00 and 24:00", offset)
    if begins == ends:
        raise WordsError(f"the clock range '{text}' is empty", offset=offset)
    return Clock(begins, ends if ends > begins else ends + DAY)


def money(value: object, offset: int = 0) -> Money:
    """An amount such as ``40 CNY/h`` or ``0.05 CNY``.

    Raises
    ------
    WordsError
        If the currency (three capital letters) is missing or the amount negative.
    """
    if _is_number(value):
        raise WordsError(f"the cost '{value}' needs a currency", f"write for example '{value} EUR/h'", offset)
    if not isinstance(value, str):
        raise WordsError(no_such(value, "a cost"), _MONEY_HINT, offset)
    amount, rest, start = _split_number(value, offset, _MONEY_HINT)
    found = re.fullmatch(r"([A-Z]{3})(\s*(?:/|per\s)\s*(?:h|hour))?", rest)
    if not found:
        raise WordsError(f"'{value.strip()}' is not a cost", _MONEY_HINT, start)
    if amount < 0:
        raise WordsError("a cost cannot be negative", offset=offset)
    return Money(amount, found.group(1), found.group(2) is not None)


def duration_words(ticks: float) -> str:
    """A duration in the unit that reads best: ``20 s``, ``5.8 min``, ``2 h``, ``7 days``.

    Examples
    --------
    >>> duration_words(348 * SECOND)
    '5.8 min'
    """
    for unit, words, up_to in ((SECOND, "s", 2 * MINUTE), (MINUTE, "min", 2 * HOUR), (HOUR, "h", 3 * DAY)):
        if ticks < up_to or (unit == HOUR and ticks % DAY):
            return f"{ticks / unit:.4g} {words}"
    return f"{ticks / DAY:.4g} days"

"""Days by name: weekdays, dates, days of a scenario's own; which hold on a date, and which goes first."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

from sim.errors import nearest
from sim.units import WordsError, no_such

__all__ = ["DAY_WORDS", "WEEKDAYS", "DayKey", "Days", "Rank", "date_number", "date_words", "is_day_word",
           "parse_day", "rank_of"]  # fmt: skip

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {name[:3]: i for i, name in enumerate(WEEKDAYS)}
_NUMBER = {**_SHORT, **{name: i for i, name in enumerate(WEEKDAYS)}}
_GROUPS = {"weekdays": frozenset(range(5)), "weekends": frozenset((5, 6))}

DAY_WORDS = (*WEEKDAYS, *_GROUPS)
"""The words for days that every scenario knows."""

_EPOCH = datetime.date(2024, 1, 1).toordinal()  # a Monday
_DATE = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_YEARLY = re.compile(r"(\d{1,2})-(\d{1,2})", re.ASCII)
_LEAP_YEAR = 2024


class Rank(IntEnum):
    """How special a key is: where several hold on a day, the lowest counts."""

    DATE = 0
    YEARLY = 1
    NAMED = 2  # and ranges of dates; these may not overlap, and of names the first written counts
    WEEKDAY = 3
    GROUP = 4  # of weekdays


@dataclass(frozen=True)
class DayKey:
    """Days meant by one word: weekdays, or the dates from ``first`` to ``last`` (both included)."""

    rank: Rank
    weekdays: frozenset[int] = frozenset()
    first: tuple[int, ...] = ()  # (year, month, day), or (month, day) of every year
    last: tuple[int, ...] = ()

    def holds(self, number: int) -> bool:
        """Whether a date (days since 2024-01-01) is meant."""
        if self.weekdays:
            return number % 7 in self.weekdays
        day = datetime.date.fromordinal(_EPOCH + number)
        here = (day.year, day.month, day.day)[-len(self.first) :]
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last  # over the end of the year

    @property
    def needs_date(self) -> bool:
        """Whether the key means dates, so that the date of the first day must be known."""
        return not self.weekdays

    def meets(self, other: DayKey) -> bool:
        """Whether some day may be meant by both keys; both are of weekdays, or both of dates."""
        if self.weekdays or other.weekdays:
            return bool(self.weekdays & other.weekdays)
        if len(self.first) == len(other.first) == 3:
            return self.first <= other.last and other.first <= self.last
        if len(self.first) == len(other.first):
            year = datetime.date(_LEAP_YEAR, 1, 1).toordinal() - _EPOCH
            return any(self.holds(n) and other.holds(n) for n in range(year, year + 366))
        dated, yearly = (self, other) if len(self.first) == 3 else (other, self)
        first, last = _number(dated.first), _number(dated.last)
        return any(yearly.holds(n) for n in range(first, min(last, first + 366) + 1))


def _number(parts: tuple[int, ...]) -> int:
    return datetime.date(*parts).toordinal() - _EPOCH


def date_number(value: object, offset: int = 0) -> int:
    """Days since 2024-01-01 of a date such as ``2024-07-01``.

    Raises
    ------
    WordsError
        If it is no date with a year.

    Examples
    --------
    >>> date_number("2024-07-01")
    182
    """
    if not isinstance(value, str) or not _DATE.fullmatch(value.strip()):
        raise WordsError(no_such(value, "a date"), "write for example 2024-07-01", offset)
    return _number(_date(value.strip(), offset))


def date_words(number: int) -> str:
    """A date as it is written.

    Examples
    --------
    >>> date_words(182)
    '2024-07-01'
    """
    return datetime.date.fromordinal(_EPOCH + number).isoformat()


def is_day_word(text: object) -> bool:
    """Whether a text is meant as a weekday, a date, or a group or range of such; not days by own names.

    Examples
    --------
    >>> [is_day_word(text) for text in ("sat", "monday-thursday", "12-25", "2024-02-30", "campaign")]
    [True, True, True, True, False]
    """
    if not isinstance(text, str):
        return False
    words = text.strip()
    if words in _NUMBER or words in _GROUPS:
        return True
    first, dots, last = words.partition("..")
    if dots:
        return all(_DATE.fullmatch(part.strip()) or _YEARLY.fullmatch(part.strip()) for part in (first, last))
    if _DATE.fullmatch(words) or _YEARLY.fullmatch(words):
        return True
    first, dash, last = words.partition("-")
    return bool(dash) and first.strip() in _NUMBER and last.strip() in _NUMBER


@lru_cache(maxsize=4096)
def parse_day(text: str) -> DayKey:
    """The days that a word means which `is_day_word` knows.

    Raises
    ------
    WordsError
        If there is no such date, or a range ends before it begins.

    Examples
    --------
    >>> sorted(parse_day("sat-mon").weekdays)
    [0, 5, 6]
    """
    words = text.strip()
    if words in _GROUPS:
        return DayKey(Rank.GROUP, _GROUPS[words])
    if words in _NUMBER:
        return DayKey(Rank.WEEKDAY, frozenset((_NUMBER[words],)))
    first, dots, last = (part.strip() for part in words.partition(".."))
    if dots:
        begins, ends = _date(first, 0), _date(last, text.index("..") + 2)
        if len(begins) != len(ends):
            raise WordsError(f"'{words}' has a year at one end only")
        if len(begins) == 3 and ends < begins:
            raise WordsError(f"'{words}' ends before it begins", f"write {last}..{first}")
        return DayKey(Rank.NAMED, first=begins, last=ends)
    if _DATE.fullmatch(words) or _YEARLY.fullmatch(words):
        day = _date(words, 0)
        return DayKey(Rank.DATE if len(day) == 3 else Rank.YEARLY, first=day, last=day)
    first, dash, last = (part.strip() for part in words.partition("-"))
    if not dash or first not in _NUMBER or last not in _NUMBER:
        near = nearest(words, DAY_WORDS)
        hint = (
            f"did you mean '{near}'?" if near else "write for example monday, weekdays, 12-25 or 2024-12-25"
        )
        raise WordsError(f"'{words}' is no day", hint)
    n = (_NUMBER[last] - _NUMBER[first]) % 7 + 1
    return DayKey(Rank.GROUP, frozenset((_NUMBER[first] + i) % 7 for i in range(n)))


def _date(text: str, offset: int) -> tuple[int, ...]:
    found = _DATE.fullmatch(text) or _YEARLY.fullmatch(text)
    if found is None:
        raise WordsError(f"'{text}' is not a date", "write for example 2024-12-25 or 12-25", offset)
    parts = tuple(int(part) for part in found.groups())
    widths = [len(part) for part in found.groups()]
    try:
        datetime.date(*parts) if len(parts) == 3 else datetime.date(_LEAP_YEAR, *parts)
    except ValueError:
        raise WordsError(f"there is no day {text}", offset=offset) from None
    year = [f"{parts[0] + (2000 if widths[0] < 3 else 0):04d}"] if len(parts) == 3 else []
    right = "-".join([*year, *(f"{part:02d}" for part in parts[-2:])])
    if widths not in ([4, 2, 2], [2, 2]):
        raise WordsError(f"'{text}' is not a date as it is written here", f"write {right}", offset)
    if len(parts) == 3 and not 1900 <= parts[0] <= 2199:
        raise WordsError(f"the year of {text} is not between 1900 and 2199", offset=offset)
    return parts


@dataclass(frozen=True)
class Days:
    """The days that a scenario can name.

    Parameters
    ----------
    named
        Days of the scenario's own, by name.
    starts
        Date of the first day; None where the scenario does not say it (then it is a Monday).
    """

    named: Mapping[str, tuple[DayKey, ...]] = field(default_factory=dict)
    starts: int | None = None

    def knows(self, word: str) -> bool:
        """Whether a word means days."""
        return word in self.named or is_day_word(word)

    def of(self, word: str) -> tuple[DayKey, ...]:
        """What a word means; an unknown one means no day."""
        if word in self.named:
            return self.named[word]
        return (parse_day(word),) if is_day_word(word) else ()

    def holds(self, word: str, number: int) -> bool:
        """Whether a date is meant by a known word."""
        return any(key.holds(number) for key in self.of(word))

    def holding(self, words: Iterable[str], number: int) -> tuple[str, ...]:
        """Those of some words that mean a date, the most special first.

        Examples
        --------
        >>> Days().holding(["weekdays", "mon", "01-01", "2024-01-01..2024-01-05", "sunday"], 0)
        ('01-01', '2024-01-01..2024-01-05', 'mon', 'weekdays')
        """
        return tuple(sorted((word for word in words if self.holds(word, number)), key=rank_of))


def rank_of(word: str) -> Rank:
    """How special a word for days is; a name of a scenario's own is known by being nothing else."""
    return parse_day(word).rank if is_day_word(word) else Rank.NAMED

"""Dated changes as they are written: when each holds, and the part of a scenario that it lays on top."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sim.scenario.days import Days, date_number, is_day_word, parse_day
from sim.scenario.values import SubProblem, raise_all
from sim.units import DAY, Clock, WordsError, clock_range, no_such

__all__ = ["TIME_KEYS", "DatedChange", "by_name", "parse_changes"]

T = TypeVar("T")

TIME_KEYS = ("name", "from", "to", "when")
"""Keys of a change that say when it holds; all others are parts of a scenario."""

_WHEN = re.compile(r"\s*(\d{1,2}:\d{2}(?::\d{2})?\s*-\s*\d{1,2}:\d{2}(?::\d{2})?)?\s*(?:on\s+)?(.*?)\s*")
_EXAMPLE = "write for example '20:00-22:00 on 11-11', 'saturday', or a name under 'days'"
_TWO_CHANGES = "write two changes: one up to 24:00, one from 00:00 on the next day"


@dataclass(frozen=True)
class DatedChange:
    """A partial scenario and when it holds: on dates, days, at clock times, whichever are given."""

    name: str
    begins: int | None  # first date, in days since 2024-01-01
    ends: int | None  # the date from which on it holds no more
    clock: Clock | None
    day: str | None  # a word for days
    data: dict[str, Any]

    def holds_on(self, number: int, days: Days) -> bool:
        """Whether it holds at some time of a date."""
        begun = self.begins is None or number >= self.begins
        return begun and (self.ends is None or number < self.ends) and (
            self.day is None or days.holds(self.day, number)
        )  # fmt: skip

    def holds_at(self, tick: int) -> bool:
        """Whether it holds at a tick after midnight of a day on which it holds at all."""
        return self.clock is None or self.clock.contains(tick)


def by_name(raw: object) -> dict[str, dict[str, Any]]:
    """The parts of changes by the name of each, or its place in the list, counted from 0."""
    return {
        str(change.get("name", i)): {key: part for key, part in change.items() if key not in TIME_KEYS}
        for i, change in enumerate(raw if isinstance(raw, list) else [])
        if isinstance(change, dict)
    }


def parse_changes(raw: object) -> tuple[DatedChange, ...]:
    """The changes of a scenario.

    Raises
    ------
    PydanticCustomError
        Holding a `SubProblem` for each part that cannot be read.
    """
    problems: list[SubProblem] = []
    if not isinstance(raw, list):
        hint = "write for example [{from: 2024-07-01, to: 2024-09-01, demand: {volume: 10% less}}]"
        problems.append(SubProblem((), no_such(raw, "a list of changes"), hint))
        raw = []
    found = [_change(item, (i,), problems) for i, item in enumerate(raw)]
    raise_all(problems)
    return tuple(change for change in found if change is not None)


def _change(raw: object, path: tuple[int], problems: list[SubProblem]) -> DatedChange | None:
    if not isinstance(raw, dict):
        hint = "write for example {from: 2024-07-01, demand: {volume: 10% less}}"
        problems.append(SubProblem(path, no_such(raw, "a change"), hint))
        return None

    def read(key: str, parse: Callable[[object], T]) -> T | None:
        try:
            return parse(raw[key]) if key in raw else None
        except WordsError as e:
            problems.append(SubProblem((*path, key), e.message, e.hint, e.offset))
            return None

    before = len(problems)
    if "name" in raw and not isinstance(raw["name"], str):
        problems.append(SubProblem((*path, "name"), no_such(raw["name"], "a name")))
    begins, ends, when = read("from", date_number), read("to", date_number), read("when", _when)
    if not any(key in raw for key in ("from", "to", "when")):
        hint = "write 'from: 2024-07-01', 'to: 2024-09-01', or 'when: 20:00-22:00 on 11-11'"
        problems.append(SubProblem(path, "the change does not say when it holds", hint, on_key=True))
    if begins is not None and ends is not None and ends <= begins:
        hint = "the change holds up to the day before 'to'"
        problems.append(SubProblem((*path, "to"), "the change ends before it begins", hint))
    clock, day = when or (None, None)
    if clock is not None and clock.ends > DAY and (begins is not None or ends is not None):
        message = f"'{raw['when'].strip()}' passes midnight, and a day within the dates ends there"
        problems.append(SubProblem((*path, "when"), message, _TWO_CHANGES))
    data = {key: value for key, value in raw.items() if key not in TIME_KEYS}
    if not data and len(problems) == before:
        hint = "write for example 'demand: {volume: 20% more}'"
        problems.append(SubProblem(path, "the change changes nothing", hint, on_key=True))
    return DatedChange(str(raw.get("name", path[0])), begins, ends, clock, day, data)


def _when(raw: object) -> tuple[Clock | None, str | None]:
    found = _WHEN.fullmatch(raw) if isinstance(raw, str) else None
    if found is None or not (found.group(1) or found.group(2)):
        raise WordsError(no_such(raw, "a time"), _EXAMPLE)
    clock = clock_range(found.group(1), found.start(1)) if found.group(1) else None
    day = found.group(2) or None
    if is_day_word(day):
        try:
            parse_day(found.group(2))
        except WordsError as e:
            raise WordsError(e.message, e.hint, found.start(2) + e.offset) from None
    if clock is not None and clock.ends > DAY and day is not None:
        raise WordsError(
            f"'{found.group(1)}' passes midnight, and '{day}' ends there", _TWO_CHANGES, found.start(1)
        )
    return clock, day

"""Kinds of day in words, and how many days of each are measured."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from sim.model.tables import DAY, Model, demand_end, kind_shares
from sim.scenario.days import WEEKDAYS, date_words

__all__ = ["kind_weights", "kind_words", "kinds_met"]

_MOST_DATES = 3  # named one by one


def _first_days(model: Model) -> range:
    """The days on which new issues come."""
    return range(-(-demand_end(model.horizon) // DAY))


def kinds_met(model: Model) -> list[int]:
    """The kinds of the days on which new issues come, in order."""
    return sorted({int(model.calendar.kind[day + 1]) for day in _first_days(model)})


def kind_weights(model: Model) -> NDArray[np.float64]:
    """Share of each kind in the measured time, shape (K,)."""
    return kind_shares(model.calendar, model.horizon.warm_up, model.horizon.end)


def kind_words(model: Model, kinds: Collection[int]) -> str:
    """Which days are of some kinds: ``on weekdays``, ``on saturdays``, ``on 11-11``, ``on 7 weekdays``."""
    calendar = model.calendar
    days = {day: calendar.first_date + day for day in _first_days(model)}
    mine = [date for day, date in days.items() if calendar.kind[day + 1] in kinds]
    of_week = sorted({date % 7 for date in mine})
    is_whole = len(mine) == sum(date % 7 in of_week for date in days.values())
    if is_whole and not (len(mine) == 1 < len(days) and calendar.is_dated):
        return _weekday_words(of_week)
    if len(mine) > _MOST_DATES:
        return f"on {len(mine)} {_days_words(of_week)}"
    years = {date_words(date)[:4] for date in days.values()}
    return f"on {_joined([date_words(date)[0 if len(years) > 1 else 5 :] for date in mine])}"


def _weekday_words(numbers: list[int]) -> str:
    if len(numbers) == 7:
        return "every day"
    if numbers == [5, 6]:
        return "at weekends"
    if numbers == [0, 1, 2, 3, 4]:
        return "on weekdays"
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"on {WEEKDAYS[numbers[0]]}s to {WEEKDAYS[numbers[-1]]}s"
    return f"on {_joined([f'{WEEKDAYS[n]}s' for n in numbers])}"


def _days_words(numbers: list[int]) -> str:
    """The days of a week that some of several dates are."""
    if len(numbers) == 1:
        return f"{WEEKDAYS[numbers[0]]}s"
    return "weekdays" if numbers[-1] < 5 else "days at weekends" if numbers[0] > 4 else "days"


def _joined(words: list[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])

"""Words of the demand: shares of an attribute's values, and forecast errors."""

from __future__ import annotations

import re
from typing import NamedTuple

from sim.scenario.values import SubProblem, Table, parse_shares, read_whole
from sim.units import DAY, HOUR, MINUTE, WordsError, duration, no_such, share

__all__ = ["ForecastError", "ValueShares", "parse_forecast_error", "parse_value_shares", "values_in"]

ValueShares = Table[dict[str, float]]
"""Shares of an attribute's values; perhaps a table by the values of another attribute or the clock."""

_HINT = "write for example {english: 60%, spanish: rest}"
_AMOUNT = re.compile(r"\s*[-+\d._,]+\s*\S*\s*")
_HINT_OF_ERRORS = "write for example '25%' or '25% each 30 min'"


class ForecastError(NamedTuple):
    """How far off the forecast is, and for how long one error holds."""

    share: float  # mean absolute error, as a share of the forecast
    span: int  # ticks; divides the day


def values_in(shares: ValueShares) -> tuple[str, ...]:
    """The values of an attribute: those of the first row of a table."""
    return tuple(next(row for _, row in shares.leaves()))


def parse_value_shares(raw: object) -> ValueShares:
    """Shares that add up to 1, or a table of such.

    Raises
    ------
    PydanticCustomError
        Holding a `SubProblem` for each part that cannot be read.
    """
    return read_whole(lambda problems: _shares(raw, (), problems))


def _shares(raw: object, path: tuple[str, ...], problems: list[SubProblem]) -> ValueShares | None:
    if not isinstance(raw, dict) or not raw:
        lacks = "an attribute needs values with shares"
        if path and raw != {}:
            lacks = no_such(raw, "a map of shares")
        problems.append(SubProblem(path, lacks, _HINT))
        return None
    if not any(isinstance(value, dict) for value in raw.values()):
        return Table(parse_shares(raw, path, problems))
    entries = {str(key): _shares(value, (*path, key), problems) for key, value in raw.items()}
    return Table(None, {key: entry for key, entry in entries.items() if entry is not None})


def parse_forecast_error(raw: object) -> ForecastError:
    """A share, and perhaps for how long one error holds: ``25%``, ``25% each day``, ``25% each 30 min``.

    Raises
    ------
    WordsError
        If the words cannot be read, or the time does not divide the day into whole minutes.

    Examples
    --------
    >>> parse_forecast_error("25% each 30 min") == ForecastError(0.25, 30 * MINUTE)
    True
    """
    words, each, time = raw.partition(" each ") if isinstance(raw, str) else (raw, "", "day")
    if not isinstance(words, int | float) and (not isinstance(words, str) or not _AMOUNT.fullmatch(words)):
        raise WordsError(no_such(raw, "a forecast error"), _HINT_OF_ERRORS)
    error = share(words)
    if not each or time.strip() == "day":
        return ForecastError(error, DAY)
    at = len(str(words)) + len(each)
    span = HOUR if time.strip() == "hour" else duration(time, at)
    if span < MINUTE or span % MINUTE or DAY % span:
        hint = "write for example 'each 30 min', 'each 1 h' or 'each day'"
        raise WordsError(f"'{time.strip()}' does not divide the day into whole minutes", hint, at)
    return ForecastError(error, span)

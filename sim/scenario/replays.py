"""Arrivals given one by one: a CSV file with a row for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import Mark, Problem, nearest
from sim.model.records import NONE
from sim.scenario.csv_text import cells_of, column_of, csv_text
from sim.units import DAY, HOUR, MINUTE, SECOND, WordsError, no_such

__all__ = ["ENTERS", "Replayed", "mean_volumes", "read_replay", "rows_until"]

Ints = NDArray[np.int64]

ENTERS = "enters"
"""The column that says where a customer goes first."""

_TIME = "time"
_CLOCK = re.compile(
    r"(?:day\s+(?P<day>\d{1,6})\s+|(?P<date>\d{4}-\d\d-\d\d)(?:T|\s+))?"
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:\.(?P<part>\d{1,6})\d*)?)?"
)
_HINT = "write for example 08:00:12.5, day 2 08:00:12 or 2024-07-01 08:00:12"
_FIRST_DATE = date(2024, 1, 1)
_MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Replayed:
    """The rows of a file, sorted by time, then as written."""

    is_daily: bool  # they come on every simulated day anew
    tick: Ints  # (n,) after midnight; after tick 0 where they do not come daily, then perhaps below 0
    value: Ints  # (n, A) value number of each attribute; NONE = not given
    entry: Ints  # (n,) stage number; NONE = not given


def rows_until(replayed: Replayed, n_days: int) -> tuple[Ints, Ints]:
    """Row numbers and ticks of the arrivals on the first ``n_days`` days, by tick."""
    rows = np.arange(len(replayed.tick))
    if replayed.is_daily:
        days = np.repeat(np.arange(n_days), len(rows))
        return np.tile(rows, n_days), days * DAY + np.tile(replayed.tick, n_days)
    there = (replayed.tick >= 0) & (replayed.tick < n_days * DAY)
    return rows[there], replayed.tick[there]


def mean_volumes(replayed: Replayed, slot: int, days: Sequence[int]) -> tuple[float, ...]:
    """Arrivals in each slot of the day, the mean of some simulated days."""
    days = [0] if replayed.is_daily else days
    _, ticks = rows_until(replayed, max(days) + 1)
    ticks = ticks[np.isin(ticks // DAY, days)]
    counts = np.bincount(ticks % DAY // slot, minlength=DAY // slot)
    return tuple((counts / len(days)).tolist())


@dataclass
class _Table:
    """What is known of a file while it is read."""

    shown: str
    attributes: Mapping[str, Sequence[str]]
    stages: Sequence[str]
    starts: int | None
    columns: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_daily: bool | None = None

    def add(self, line: int, column: int, text: str, message: str, hint: str | None = None) -> None:
        if len(self.problems) <= _MOST_PROBLEMS:
            self.problems.append(Problem("csv", "", message, Mark(self.shown, line, column, text), hint))


def read_replay(
    name: str,
    folder: Path,
    attributes: Mapping[str, Sequence[str]],
    stages: Sequence[str],
    starts: int | None = None,
) -> tuple[Replayed | None, list[Problem]]:
    """The arrivals of a CSV file with a column ``time``, perhaps one for attributes and for ``enters``.

    Parameters
    ----------
    name, folder
        The file, and where it lies.
    attributes
        The values of each attribute.
    stages
        The names of all stages.
    starts
        Date of the first simulated day in days since 2024-01-01; None where nobody knows.

    Returns
    -------
    The arrivals (None where there are problems), and the problems found, with file, line and column.
    """
    text = csv_text(name, folder)
    if isinstance(text, Problem):
        return None, [text]
    lines = text.splitlines()
    table = _Table(str(folder / name), attributes, stages, starts)
    if not _read_head(table, lines[0] if lines else ""):
        return None, table.problems
    rows = []
    for number, text in enumerate(lines[1:], start=2):
        if text.strip() and len(table.problems) < _MOST_PROBLEMS:
            rows.append(_row(table, number, text))
    if len(table.problems) >= _MOST_PROBLEMS:
        table.problems[-1:] = [Problem("csv", "", f"and more in '{name}'", table.problems[-1].mark)]
    if not rows and not table.problems:
        table.add(1, 1, lines[0], "there is no arrival", "give a line to each")
    if table.problems:
        return None, table.problems
    whole = np.array(rows, np.int64).reshape(len(rows), -1)
    whole = whole[np.argsort(whole[:, 0], kind="stable")]
    return Replayed(bool(table.is_daily), whole[:, 0], whole[:, 2:], whole[:, 1]), []


def _read_head(table: _Table, text: str) -> bool:
    """Whether the first line names known columns."""
    known = [_TIME, *table.attributes, ENTERS]
    if ";" in text and "," not in text:
        table.add(1, 1, text, f"there is no column '{text}'", "columns are set apart by ','")
        return False
    for n, column in enumerate(cells_of(text)):
        at = column_of(text, n)
        if column not in known:
            near = nearest(column, known)
            hint = f"did you mean '{near}'?" if near else f"columns are {', '.join(known)}"
            table.add(1, at, text, f"there is no column '{column}'", hint)
        elif column in table.columns:
            table.add(1, at, text, f"the column '{column}' stands here twice")
        table.columns.append(column)
    if _TIME not in table.columns and not table.problems:
        table.add(1, 1, text, "there is no column 'time'", f"columns are {', '.join(known)}")
    return not table.problems


def _row(table: _Table, line: int, text: str) -> list[int]:
    """Tick, stage number and value numbers of a line; what is not given is NONE."""
    cells = cells_of(text)
    if len(cells) != len(table.columns):
        needs = f"{len(table.columns)} column{'s' if len(table.columns) > 1 else ''}"
        table.add(line, 1, text, f"a line needs {needs}: {','.join(table.columns)}")
        return []
    given = dict.fromkeys([_TIME, ENTERS, *table.attributes], NONE)
    for n, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
        if column == _TIME:
            try:
                given[column] = _tick(table, cell)
            except WordsError as e:
                table.add(line, column_of(text, n), text, e.message, e.hint)
        elif cell:
            names = table.stages if column == ENTERS else table.attributes[column]
            if cell in names:
                given[column] = names.index(cell)
                continue
            near = nearest(cell, names)
            kind = "bot, desk or delay" if column == ENTERS else f"value of '{column}'"
            hint = f"did you mean '{near}'?" if near else f"known: {', '.join(names)}"
            table.add(line, column_of(text, n), text, f"'{cell}' is no {kind}", hint)
    return list(given.values())


def _tick(table: _Table, text: str) -> int:
    """Ticks after midnight, or after tick 0 where the time has its day."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise WordsError(no_such(text or None, "a time"), _HINT)
    h, m, s = (int(found[part] or 0) for part in "hms")
    if h > 23 or m > 59 or s > 59:
        raise WordsError(f"there is no time {text}", "a day goes from 00:00:00 to 23:59:59.999999")
    is_daily = found["day"] is None and found["date"] is None
    if table.is_daily is None:
        table.is_daily = is_daily
    elif table.is_daily != is_daily:
        above = "come every day" if table.is_daily else "are of one day each"
        raise WordsError(
            f"'{text}' does not go with the times above, which {above}", "write all the same way"
        )
    tick = h * HOUR + m * MINUTE + s * SECOND + int((found["part"] or "0").ljust(6, "0"))
    return tick if is_daily else _day(table, found["day"], found["date"]) * DAY + tick


def _day(table: _Table, number: str | None, words: str | None) -> int:
    """The simulated day, the first is 0, of ``day 1`` or of a date."""
    if number is not None:
        if int(number) == 0:
            raise WordsError("there is no day 0", "the first simulated day is day 1")
        return int(number) - 1
    try:
        dated = date.fromisoformat(words or "")
    except ValueError:
        raise WordsError(f"there is no date {words}") from None
    if table.starts is None:
        hint = "add the date of the first day: 'horizon: {starts: 2024-07-01}', or write 'day 1 08:00:12'"
        raise WordsError(f"nobody knows on which simulated day {words} is", hint)
    return (dated - _FIRST_DATE).days - table.starts

"""How demand is spread over the day: named profiles, 24 figures, or volumes from a CSV file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from sim.errors import Mark, Problem
from sim.scenario.csv_text import csv_text
from sim.units import DAY, HOUR, WordsError, clock, number

__all__ = ["PROFILES", "Profile", "profile", "read_csv"]

PROFILES: dict[str, tuple[float, ...]] = {
    "flat": (1.0,) * 24,
    # Assumed: an office day, open 8 to 20, busiest around noon.
    "office": (0, 0, 0, 0, 0, 0, 0, 0, 4, 6.5, 8, 9.5, 10.5, 11, 11, 10.5, 9, 8, 7, 5, 0, 0, 0, 0),
    # Assumed, with the reported peak at 20-22 h: two-hour peak 2.09 times the mean.
    "evening": (
        2.4,
        1.5,
        1.0,
        0.7,
        0.6,
        0.7,
        1.3,
        2.4,
        3.6,
        4.6,
        5.1,
        5.2,
        5.4,
        4.7,
        4.5,
        4.6,
        4.8,
        5.0,
        5.6,
        6.8,
        8.6,
        8.8,
        7.2,
        4.9,
    ),
}
"""Percent of the day's contacts in each hour, by name."""


@dataclass(frozen=True)
class Profile:
    """Relative or absolute volumes in equal slots of the day."""

    slot: int  # ticks
    volumes: tuple[float, ...]  # per slot


def profile(by_hour: str | tuple[float, ...] | None) -> Profile:
    """The profile of a name known in `PROFILES` or of 24 figures; flat where none is given."""
    figures = PROFILES[by_hour or "flat"] if by_hour is None or isinstance(by_hour, str) else by_hour
    return Profile(DAY // len(figures), tuple(figures))


_MOST_PER_SLOT = 1_000_000_000


def _volume(text: str) -> float:
    volume = number(text, "volume")
    if volume < 0:
        raise WordsError("a volume cannot be negative")
    if volume > _MOST_PER_SLOT:
        raise WordsError(f"more than {_MOST_PER_SLOT:_} contacts")
    return volume


def read_csv(name: str, folder: Path) -> tuple[Profile | None, list[Problem]]:
    """The volumes of a CSV file with columns ``time`` and ``volume``: clock times in equal steps from 00:00.

    The problems found carry file and line; the profile is None where there are any.
    """
    text = csv_text(name, folder)
    if isinstance(text, Problem):
        return None, [text]
    lines = text.splitlines()
    shown = str(folder / name)
    rows = list(csv.reader(lines))
    if not rows or [cell.strip() for cell in rows[0]] != ["time", "volume"]:
        return None, [
            Problem(
                "csv",
                "",
                "the first line must be 'time,volume'",
                Mark(shown, 1, 1, lines[0] if lines else ""),
            )
        ]
    problems: list[Problem] = []
    times: list[int] = []
    volumes: list[float] = []
    for line, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        text = lines[line - 1]
        if len(row) != 2:
            mark = Mark(shown, line, 1, text)
            problems.append(Problem("csv", "", "a line needs two columns: time,volume", mark))
            continue
        column = 1
        try:
            times.append(clock(row[0]))
            column = text.find(",") + 2
            volumes.append(_volume(row[1]))
        except WordsError as e:
            problems.append(Problem("csv", "", e.message, Mark(shown, line, column, text), e.hint))
    if problems:
        return None, problems
    step = times[1] - times[0] if len(times) > 1 else DAY
    if step <= 0 or DAY % step or times != list(range(0, DAY, step)) or (HOUR % step and step % HOUR):
        last = Mark(shown, len(lines), 1, lines[-1])
        return None, [
            Problem(
                "csv",
                "",
                "the times must go in equal steps from 00:00 through the day",
                last,
                "for example 00:00, 00:30, ... 23:30",
            )
        ]
    if sum(volumes) == 0:
        return None, [Problem("csv", "", "all volumes are 0", Mark(shown, 2, 1, lines[1]))]
    return Profile(step, tuple(volumes)), []

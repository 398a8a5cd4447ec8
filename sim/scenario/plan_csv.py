"""Plans as CSV files: agents by interval and team, or a row for each agent.

The first line says which it is. ``from,own,vendor`` (perhaps with ``day``): the agents of each team from
that time on, in equal intervals of the day. ``team,shift,from,to,breaks,on``: one row for each agent; those
of a team with the same shift, hours and breaks are the agents of one shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path as FilePath
from typing import Any

from sim.errors import Mark, Problem, nearest
from sim.scenario.csv_text import cells_of, column_of, csv_text
from sim.scenario.days import WEEKDAYS, is_day_word, parse_day
from sim.scenario.load import Document
from sim.scenario.marks import Marks, Path
from sim.scenario.tree import name_problem
from sim.units import DAY, WordsError, clock, count, time_of_day

__all__ = ["AGENT_COLUMNS", "BETWEEN_BREAKS", "DAY_COLUMN", "FROM", "by_weekday", "read_plan"]

FROM = "from"
DAY_COLUMN = "day"
AGENT_COLUMNS = ("team", "shift", "from", "to", "breaks", "on")
BETWEEN_BREAKS = ";"

_ALLOWED = (*AGENT_COLUMNS, "agent")  # who it is says nothing that a simulation asks
_NEEDED = ("team", "from", "to")
_MOST_PROBLEMS = 20


def by_weekday(counts: Sequence[Any]) -> Any:
    """Seven values, Monday's first, as they are written: one, one for weekdays and weekends, or all.

    Examples
    --------
    >>> by_weekday([5, 5, 5, 5, 5, 2, 2])
    {'weekdays': 5, 'weekends': 2}
    """
    week, end = counts[:5], counts[5:]
    if all(n == counts[0] for n in counts):
        return counts[0]
    if all(n == week[0] for n in week) and end[0] == end[1]:
        return {"weekdays": week[0], "weekends": end[0]}
    return dict(zip(WEEKDAYS, counts, strict=True))


def read_plan(file: str) -> tuple[Document | None, list[Problem]]:
    """The plan in a CSV file, titled by its name; None where it cannot be read, and why."""
    path = FilePath(file)
    text = csv_text(path.name, path.parent)
    if isinstance(text, Problem):
        return None, [Problem("no_file", "", f"cannot read the plan '{file}'", None, _hint(text, path))]
    lines = text.splitlines()
    sheet = _Sheet(file, lines)
    head = cells_of(lines[0]) if lines else []
    if "team" in head:
        _read_agents(sheet, head)
    elif FROM in head:
        _read_intervals(sheet, head)
    else:
        message = "the first line says neither 'from' and the teams, nor 'team', 'shift', 'from', 'to'"
        apart = "columns are set apart by ','" if lines and ";" in lines[0] else None
        sheet.add(1, None, message, apart or "write for example 'from,own,vendor'")
    if sheet.problems:
        return None, sheet.problems[:_MOST_PROBLEMS]
    sheet.known[()] = sheet.known[("plan",)] = sheet.known[("teams",)] = (sheet.mark(1, None),) * 2
    data = {"plan": path.stem, "teams": sheet.teams}
    return Document(data, Marks(sheet.known), path, is_whole_staff=True), []


def _hint(problem: Problem, path: FilePath) -> str | None:
    """What `csv_text` says of a file that cannot be read, but for where it looks."""
    return problem.hint if problem.hint and "beside" not in problem.hint else f"there is no '{path}'"


@dataclass
class _Sheet:
    """A file as it is read."""

    file: str
    lines: list[str]
    teams: dict[str, Any] = field(default_factory=dict)
    known: dict[Path, tuple[Mark, Mark]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def mark(self, line: int, cell: int | None) -> Mark:
        """The place of a cell, counted from 0; of a whole line where there is none."""
        text = self.lines[line - 1] if self.lines else ""
        return Mark(self.file, line, 1 if cell is None else column_of(text, cell), text)

    def add(self, line: int, cell: int | None, message: str, hint: str | None = None) -> None:
        """Note what is wrong in a cell."""
        self.problems.append(Problem("csv", "", message, self.mark(line, cell), hint))

    def rows(self, n_columns: int) -> list[tuple[int, list[str]]]:
        """Number and cells of each line that has something in it; all have as many cells."""
        found = []
        for line, text in enumerate(self.lines[1:], start=2):
            cells = cells_of(text)
            if any(cells) and len(cells) != n_columns:
                self.add(
                    line, None, f"a line needs {n_columns} cells as the first line has, not {len(cells)}"
                )
            elif any(cells):
                found.append((line, cells))
        if not found and not self.problems:
            self.add(1, None, "there is nothing below the first line")
        return found


# --- by interval ----------------------------------------------------------------------------------


def _read_intervals(sheet: _Sheet, head: list[str]) -> None:
    """The head counts of each team."""
    teams = {n: name for n, name in enumerate(head) if name not in (FROM, DAY_COLUMN)}
    for n, name in teams.items():
        if name_problem(name):
            sheet.add(1, n, "this column has no name that can be read", "write the name of a team")
        elif head.index(name) != n:
            sheet.add(1, n, f"the column '{name}' stands here twice")
    if not teams:
        sheet.add(1, None, "there is no team", "write for example 'from,own,vendor'")
    rows = sheet.rows(len(head))
    if sheet.problems:
        return
    blocks = _blocks(sheet, head, rows)
    if sheet.problems:
        return
    for n, name in teams.items():
        at: Path = ("teams", name, "agents")
        sheet.known[at[:2]] = sheet.known[at] = (sheet.mark(1, n),) * 2
        each = {day: _ranges(sheet, block, n, (*at, day) if day else at) for day, block in blocks.items()}
        sheet.teams[name] = {"agents": each.get("", each)}


def _blocks(
    sheet: _Sheet, head: list[str], rows: list[tuple[int, list[str]]]
) -> dict[str, list[tuple[int, list[str]]]]:
    """The rows of each day, or of every day; times go in equal steps through the day."""
    day_at = head.index(DAY_COLUMN) if DAY_COLUMN in head else None
    at = head.index(FROM)
    blocks: dict[str, list[tuple[int, list[str]]]] = {}
    for line, cells in rows:
        day = cells[day_at] if day_at is not None else ""
        if day_at is not None and not (is_day_word(day) or day == "else"):
            sheet.add(
                line, day_at, f"'{day}' is no day", f"write for example {', '.join(WEEKDAYS[:2])}, else"
            )
        blocks.setdefault(day, []).append((line, cells))
    for block in blocks.values():
        step = DAY // len(block)
        for number, (line, cells) in enumerate(block):
            try:
                if clock(cells[at]) != number * step or DAY % len(block):
                    meant = f"{time_of_day(number * step)} is meant here" if not DAY % len(block) else None
                    message = "the times must go in equal steps from 00:00 through the day"
                    sheet.add(line, at, message, meant or "for example 00:00, 00:30, ... 23:30")
                    break
            except WordsError as e:
                sheet.add(line, at, e.message, e.hint)
    return blocks


def _ranges(
    sheet: _Sheet, block: list[tuple[int, list[str]]], column: int, path: Path
) -> int | dict[str, int]:
    """The head count of a team over a day: one, or a table by the clock."""
    step = DAY // len(block)
    numbers: list[tuple[int, int, int]] = []  # agents, tick, line
    for i, (line, cells) in enumerate(block):
        try:
            numbers.append((count(cells[column]), i * step, line))
        except WordsError as e:
            missing = "a number of agents is missing; write 0 for none"
            sheet.add(line, column, e.message if cells[column] else missing)
            return 0
    spells = [next(group) for _, group in groupby(numbers, key=lambda row: row[0])]
    sheet.known[path] = (sheet.mark(block[0][0], column),) * 2
    if len(spells) == 1:
        return spells[0][0]
    table = {}
    for (n, begins, line), ends in zip(spells, [*(tick for _, tick, _ in spells[1:]), DAY], strict=True):
        key = f"{time_of_day(begins)}-{time_of_day(ends)}"
        table[key] = n
        sheet.known[*path, key] = (sheet.mark(line, column),) * 2
    return table


# --- a row for each agent -------------------------------------------------------------------------


@dataclass
class _Shift:
    """Agents of a team with the same hours."""

    line: int
    hours: dict[str, Any]
    by_weekday: list[int] = field(default_factory=lambda: [0] * len(WEEKDAYS))


def _read_agents(sheet: _Sheet, head: list[str]) -> None:
    """The shifts of each team."""
    for n, column in enumerate(head):
        if column not in _ALLOWED:
            near = nearest(column, _ALLOWED)
            hint = f"did you mean '{near}'?" if near else f"columns are {', '.join(AGENT_COLUMNS)}"
            sheet.add(1, n, f"there is no column '{column}'", hint)
        elif head.index(column) != n:
            sheet.add(1, n, f"the column '{column}' stands here twice")
    for column in _NEEDED:
        if column not in head and not sheet.problems:
            sheet.add(1, None, f"there is no column '{column}'", f"columns are {', '.join(AGENT_COLUMNS)}")
    rows = sheet.rows(len(head))
    if sheet.problems:
        return
    shifts: dict[str, dict[tuple[str, str, str, str], _Shift]] = {}
    for line, cells in rows:
        row = {"shift": "", "breaks": "", "on": "", **dict(zip(head, cells, strict=True))}
        if not row["team"]:
            sheet.add(line, head.index("team"), "a team is missing")
            continue
        key = (row["shift"], row["from"], row["to"], row["breaks"])
        found = shifts.setdefault(row["team"], {}).setdefault(key, _Shift(line, _hours(row)))
        for day in _days(sheet, line, head, row):
            found.by_weekday[day] += 1
    for team, of_team in shifts.items():
        _lay_team(sheet, head, team, of_team)


def _hours(row: dict[str, str]) -> dict[str, Any]:
    breaks = [text.strip() for text in row["breaks"].split(BETWEEN_BREAKS) if text.strip()]
    return {"from": row["from"], "to": row["to"], **({"break": breaks} if breaks else {})}


def _days(sheet: _Sheet, line: int, head: list[str], row: dict[str, str]) -> list[int]:
    """Days of the week, 0 is Monday, on which an agent works."""
    words = row["on"].split()
    found: set[int] = set()
    for word in words:
        if not is_day_word(word) or not parse_day(word).weekdays:
            message = f"'{word}' is no day of the week"
            sheet.add(line, head.index("on"), message, "write for example weekdays, or 'monday friday'")
            continue
        found |= parse_day(word).weekdays
    return sorted(found) if words else list(range(len(WEEKDAYS)))


def _lay_team(
    sheet: _Sheet, head: list[str], team: str, shifts: dict[tuple[str, str, str, str], _Shift]
) -> None:
    """The shifts of a team as a plan has them, with the place of each value."""
    columns = {"from": "from", "to": "to", "break": "breaks", "agents": "team"}
    written: dict[str, Any] = {}
    first = next(iter(shifts.values())).line
    at: Path = ("teams", team)
    sheet.known[at] = sheet.known[(*at, "shifts")] = (sheet.mark(first, head.index("team")),) * 2
    for (name, begins, ends, _), shift in shifts.items():
        title = _free(name or f"{begins} to {ends}", written)
        written[title] = {**shift.hours, "agents": by_weekday(shift.by_weekday)}
        place: Path = (*at, "shifts", title)
        sheet.known[place] = (sheet.mark(shift.line, head.index("shift" if name else "team")),) * 2
        for key, value in written[title].items():
            mark = sheet.mark(shift.line, head.index(columns[key]))
            items = list(range(len(value))) if isinstance(value, list) else []
            days = list(value) if isinstance(value, dict) else []
            for inner in ((), *((item,) for item in items), *((day,) for day in days)):
                sheet.known[*place, key, *inner] = (mark, mark)
    sheet.teams[team] = {"shifts": written}


def _free(name: str, taken: dict[str, Any]) -> str:
    """A name that no other shift has: ``early``, ``early (2)``."""
    n = 1
    while (title := name if n == 1 else f"{name} ({n})") in taken:
        n += 1
    return title

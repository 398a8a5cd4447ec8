"""Measured durations from CSV files: ``from handling.csv``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from pydantic import BaseModel

from sim.errors import Mark, Problem, nearest
from sim.model.samples import Sample, sample_of
from sim.scenario.csv_text import csv_text
from sim.scenario.law_parts import Component, LawWords
from sim.scenario.layers import Layered
from sim.scenario.marks import Path
from sim.scenario.schema import Demand, Scenario, Stream
from sim.scenario.values import Table
from sim.units import DAY, HOUR, MINUTE, SECOND, WordsError, duration, number

__all__ = ["Measured", "law_files", "laws_of", "read_durations", "with_sample", "with_samples"]

_UNITS: dict[str, int | None] = {
    "duration": None,
    "duration_s": SECOND,
    "duration_min": MINUTE,
    "duration_h": HOUR,
}
"""What the first column is called, and the ticks of its unit; None: each cell has its own."""

_LONGEST = 3650 * DAY
_GROUPS = ("bots", "desks", "delays", "returns")


class Measured(NamedTuple):
    """What a file says: the mean in ticks and the values around it."""

    mean: float
    sample: Sample


def _owners(scenario: Scenario, group: str) -> Mapping[str, BaseModel]:
    if group == "returns":
        return {key: rule for key, rule in scenario.returns if isinstance(rule, BaseModel)}
    owners: Mapping[str, BaseModel] = getattr(scenario, group)
    return owners


def laws_of(scenario: Scenario) -> Iterator[tuple[Path, LawWords]]:
    """Every law of a scenario with its path."""
    demand = scenario.demand
    gaps: dict[Path, LawWords | None] = {("demand", "gaps"): demand.gaps}
    gaps |= {("demand", "streams", name, "gaps"): stream.gaps for name, stream in demand.streams.items()}
    yield from ((path, law) for path, law in gaps.items() if law is not None)
    for group in _GROUPS:
        for name, owner in _owners(scenario, group).items():
            for key, table in owner:
                if isinstance(table, Table):
                    leaves = table.leaves((group, name, key))
                    yield from ((path, leaf) for path, leaf in leaves if isinstance(leaf, LawWords))


def law_files(scenario: Scenario, layered: Layered) -> dict[Path, dict[str, FilePath]]:
    """By the path of each law from files: the files by name; they lie beside who names them."""
    return {
        path: {name: layered.folder_of(path) / name for name in law.files()}
        for path, law in laws_of(scenario)
        if any(law.files())
    }


# ------------------------------------------------------------------------------ files into the laws
def with_samples(scenario: Scenario, layered: Layered) -> Scenario:
    """A sound scenario with what is in the files that its laws name."""
    read: dict[tuple[FilePath, str], Measured] = {}
    changed: dict[str, dict[str, BaseModel]] = {group: {} for group in _GROUPS}
    for group in _GROUPS:
        for name, owner in _owners(scenario, group).items():
            new = {
                key: _filled(table, (group, name, key), layered, read)
                for key, table in owner
                if isinstance(table, Table) and any(_names_files(leaf) for _, leaf in table.leaves())
            }
            if new:
                changed[group][name] = owner.model_copy(update=new)
    returns = scenario.returns.model_copy(update=changed.pop("returns"))
    stages = {group: {**getattr(scenario, group), **new} for group, new in changed.items()}
    demand = _with_gaps(scenario, layered, read)
    return scenario.model_copy(update={**stages, "returns": returns, "demand": demand})


def _with_gaps(scenario: Scenario, layered: Layered, read: dict[tuple[FilePath, str], Measured]) -> Demand:
    """The demand with what is in the files that gaps between arrivals name."""

    def update(stream: Stream, path: Path) -> dict[str, LawWords]:
        gaps = stream.gaps
        if gaps is None or not _names_files(gaps):
            return {}
        return {"gaps": _with_samples(gaps, layered.folder_of((*path, "gaps")), read)}

    demand = scenario.demand
    streams = {
        name: stream.model_copy(update=update(stream, ("demand", "streams", name)))
        for name, stream in demand.streams.items()
    }
    return demand.model_copy(update={**update(demand, ("demand",)), "streams": streams})


def with_sample(law: LawWords, folder: FilePath) -> LawWords | None:
    """A law with what is in the files that it names; None where one of them cannot be read."""
    if any(read_durations(name, folder)[1] for name in law.files()):
        return None
    return _with_samples(law, folder, {})


def _names_files(leaf: object) -> bool:
    return isinstance(leaf, LawWords) and any(leaf.files())


def _filled(
    table: Table[Any], path: Path, layered: Layered, read: dict[tuple[FilePath, str], Measured]
) -> Table[Any]:
    if table.entries is not None:
        entries = {key: _filled(inner, (*path, key), layered, read) for key, inner in table.entries.items()}
        return Table(None, entries)
    if not _names_files(table.leaf):
        return table
    folder = layered.folder_of(path)
    assert table.leaf is not None
    return Table(_with_samples(table.leaf, folder, read))


def _with_samples(law: LawWords, folder: FilePath, read: dict[tuple[FilePath, str], Measured]) -> LawWords:
    return LawWords(tuple(_filled_part(c, folder, read) for c in law.components))


def _filled_part(c: Component, folder: FilePath, read: dict[tuple[FilePath, str], Measured]) -> Component:
    if c.kind != "from":
        return c
    if (folder, c.name) not in read:
        measured, problems = read_durations(c.name, folder)
        assert measured is not None, problems
        read[folder, c.name] = measured
    mean, sample = read[folder, c.name]
    return c._replace(mean=mean * c.times, sample=sample)


# --------------------------------------------------------------------------------- reading one file
def read_durations(name: str, folder: FilePath) -> tuple[Measured | None, list[Problem]]:
    """The durations of a CSV file: one column, and perhaps how often each was measured.

    The problems found carry file and line; nothing is given where there are any.
    """
    text = csv_text(name, folder)
    if isinstance(text, Problem):
        return None, [text]
    lines, shown = text.splitlines(), str(folder / name)
    rows = csv.reader(lines)
    heads = [cell.strip() for cell in next(rows, [])]
    wrong = _wrong_heads(heads, lines[0] if lines else "")
    if wrong:
        mark = Mark(shown, 1, 1, lines[0] if lines else "")
        return None, [Problem("csv", "", wrong[0], mark, wrong[1])]
    problems: list[Problem] = []
    weights: dict[int, float] = {}
    for row in rows:
        if not row:
            continue
        line = rows.line_num
        try:
            ticks, weight = _row([cell.strip() for cell in row], heads)
            weights[ticks] = weights.get(ticks, 0.0) + weight
        except _CellError as e:
            column = _column(lines[line - 1], e.cell) + e.error.offset
            mark = Mark(shown, line, column, lines[line - 1])
            problems.append(Problem("csv", "", e.error.message, mark, e.error.hint))
    if not problems and not weights:
        problems.append(Problem("csv", "", "it has no durations", Mark(shown, 1, 1, lines[0])))
    return (None, problems) if problems else (Measured(*sample_of(weights)), [])


def _wrong_heads(heads: list[str], line: str) -> tuple[str, str] | None:
    """Message and hint where the first line is not as it must be."""
    hint = "write 'duration' and a unit in every line, or duration_s, duration_min or duration_h"
    if not heads or heads[0] not in _UNITS:
        near = nearest(heads[0], _UNITS) if heads else None
        if ";" in line or "\t" in line:
            hint = "columns are separated by ','"
        elif near:
            hint = f"did you mean '{near}'?"
        return "the first line must name the column 'duration'", hint
    if len(heads) > 2 or heads[1:] not in ([], ["count"]):
        return "beside the durations there may only be the column 'count'", "take the others out"
    return None


class _CellError(Exception):
    def __init__(self, cell: int, error: WordsError) -> None:
        super().__init__(error.message)
        self.cell, self.error = cell, error


def _row(row: list[str], heads: list[str]) -> tuple[int, float]:
    """Ticks and weight of a line, blanks around its cells left out."""
    if len(row) != len(heads):
        wanted = "one column" if len(heads) == 1 else "two columns"
        raise _CellError(0, WordsError(f"a line needs {wanted}: {','.join(heads)}"))
    try:
        ticks = _ticks(row[0], _UNITS[heads[0]])
    except WordsError as e:
        raise _CellError(0, e) from None
    try:
        weight = number(row[1], "count") if len(row) > 1 else 1.0
        if weight <= 0:
            raise WordsError("a count must be above 0", "leave the line out")
    except WordsError as e:
        raise _CellError(1, e) from None
    return ticks, weight


@lru_cache(maxsize=100_000)  # measured times repeat
def _ticks(cell: str, unit: int | None) -> int:
    if unit is None:
        try:
            return duration(cell)
        except WordsError as e:
            if e.message.endswith("needs a unit"):
                raise WordsError(e.message, f"{e.hint}, or name the column duration_s", e.offset) from None
            raise
    amount = number(cell, "number")
    if amount < 0:
        raise WordsError("a duration cannot be negative")
    if amount * unit > _LONGEST:
        raise WordsError("a duration of more than ten years")
    return int(amount * unit + 0.5)


def _column(line: str, cell: int) -> int:
    """Where the text of a cell begins, counted from 1."""
    begin = line.find(",") + 1 if cell else 0
    return begin + len(line[begin:]) - len(line[begin:].lstrip()) + 1

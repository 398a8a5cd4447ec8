"""A folder of CSV files: for spreadsheets, and for everything else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sim.model.records import NONE
from sim.study.export.names import Names
from sim.study.export.tables import TABLES, Column, Kind, Table
from sim.units import SECOND

__all__ = ["CsvFiles", "cell"]

Ints = NDArray[np.int64]

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # how a formula begins, for one spreadsheet or another
_QUOTED = frozenset(',"\n\r')
_ROWS_AT_ONCE = 8192  # as text; the file does not depend on it


def cell(text: str) -> str:
    """A name as a cell: quoted where it must be, and never a formula.

    Examples
    --------
    >>> cell("Paris"), cell("a, b"), cell("=1+1"), cell('=HYPERLINK("x")')
    ('Paris', '"a, b"', "'=1+1", '"\\'=HYPERLINK(""x"")"')
    """
    if text.startswith(_ACTIVE):
        text = "'" + text
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'


class CsvFiles:
    """Writes the tables row by row.

    Parameters
    ----------
    folder
        Where visits.csv, issues.csv and duty.csv are written.
    names
        What the numbers are called.
    """

    def __init__(self, folder: Path, names: Names) -> None:
        self._names = names
        self._open = ExitStack()
        self._files: dict[str, IO[str]] = {}
        for name in TABLES:
            path = folder / f"{name}.csv"
            self._files[name] = self._open.enter_context(path.open("w", encoding="utf-8", newline=""))
        self._has_head: set[str] = set()

    def add(self, table: Table) -> None:
        """Write some rows; the first also write the head."""
        file = self._files[table.name]
        if table.name not in self._has_head:
            self._has_head.add(table.name)
            file.write(",".join(cell(column.name) for column in table.columns) + "\n")
        for begin in range(0, len(table), _ROWS_AT_ONCE):
            some = [c._replace(values=c.values[begin : begin + _ROWS_AT_ONCE]) for c in table.columns]
            rows = zip(*(_TEXTS[c.kind](self._names, c) for c in some), strict=True)
            file.write("\n".join(map(",".join, rows)) + "\n")

    def finish(self) -> None:
        """All rows are written."""
        self.close()

    def close(self) -> None:
        """Close the files, finished or not."""
        self._open.close()


def _numbers(_: Names, column: Column) -> list[str]:
    return ["" if value == NONE else str(value) for value in column.values.tolist()]


def _named(_: Names, column: Column) -> list[str]:
    cells = [*map(cell, column.names), ""]  # the last: NONE
    return [cells[value] for value in column.values.tolist()]


def _issues(names: Names, column: Column) -> list[str]:
    return [cell(name) for name in names.issues(column.values)]


def _moments(names: Names, column: Column) -> list[str]:
    is_there = column.values != NONE
    if is_there.all():
        return names.clocks(column.values)
    found = np.full(len(column.values), "", object)
    found[is_there] = names.clocks(column.values[is_there])
    return list(found)


def _seconds(_: Names, column: Column) -> list[str]:
    # Exact: a tick is a microsecond. Ticks stay far below 2**53.
    return [
        "" if value == NONE else f"{value / SECOND:.6f}".rstrip("0").rstrip(".")
        for value in column.values.tolist()
    ]


def _flags(_: Names, column: Column) -> list[str]:
    return ["true" if value else "false" for value in column.values.tolist()]


_TEXTS: dict[Kind, Callable[[Names, Column], list[str]]] = {
    Kind.NUMBER: _numbers,
    Kind.NAME: _named,
    Kind.ISSUE: _issues,
    Kind.MOMENT: _moments,
    Kind.SECONDS: _seconds,
    Kind.FLAG: _flags,
}

"""A folder of Parquet files, written by DuckDB (the extra ``parquet``).

Rows go as numbers into a database file, which DuckDB keeps on disk; it then writes them with their names. So
memory stays as it is, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.model.records import NONE
from sim.study.export.database import Database
from sim.study.export.names import Names
from sim.study.export.tables import Column, Kind, Table
from sim.units import SECOND

__all__ = ["ParquetFiles"]

_ROW_GROUP = 61_440  # rows held in memory while they are written
_DATABASE = "rows.duckdb"
_STREAM = "stream of "  # before the column's own name: the half of an issue's name that is a number of a name
_EPOCH = np.datetime64("1970-01-01", "us")
_STORED = {Kind.NAME: "INTEGER", Kind.NUMBER: "INTEGER", Kind.FLAG: "INTEGER"}  # others: BIGINT


class ParquetFiles:
    """Collects the tables, and writes them in the end.

    Parameters
    ----------
    folder
        Where visits.parquet, issues.parquet and duty.parquet are written, and the database meanwhile.
    names
        What the numbers are called.

    Raises
    ------
    UsageError
        If DuckDB is not installed.
    """

    def __init__(self, folder: Path, names: Names) -> None:
        self._folder, self._names = folder, names
        self._database = Database(folder / _DATABASE)
        self._tables: dict[str, Table] = {}  # the first rows of each, for its columns

    def add(self, table: Table) -> None:
        """Take some rows in."""
        stored = {}
        for column in table.columns:
            if column.kind == Kind.ISSUE:
                stored[_STREAM + column.name] = self._names.stream(column.values)
            stored[column.name] = column.values
        if table.name not in self._tables:
            self._tables[table.name] = table
            kinds = {column.name: _STORED.get(column.kind, "BIGINT") for column in table.columns}
            columns = ", ".join(f"{_quoted(name)} {kinds.get(name, 'INTEGER')}" for name in stored)
            self._database.run(f"CREATE TABLE {table.name} ({columns})")
        rows = {f"c{k}": np.ascontiguousarray(values) for k, values in enumerate(stored.values())}
        self._database.insert(table.name, rows)

    def finish(self) -> None:
        """Write the files, and remove the database."""
        for name, table in self._tables.items():
            columns = ", ".join(f"{self._said(column)} AS {_quoted(column.name)}" for column in table.columns)
            file = _text(str(self._folder / f"{name}.parquet"))
            self._database.run(
                f"COPY (SELECT {columns} FROM {name}) TO {file} "
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
            )
            self._database.run(f"DROP TABLE {name}")
        self.close()
        (self._folder / _DATABASE).unlink()

    def close(self) -> None:
        """Leave the database."""
        self._database.close()

    def _said(self, column: Column) -> str:
        """A column as people read it, in SQL."""
        own, value = _quoted(column.name), f"nullif({_quoted(column.name)}, {NONE})"
        if column.kind == Kind.NAME:
            return f"{_list(column.names)}[{value} + 1]"
        if column.kind == Kind.ISSUE:
            stream = _quoted(_STREAM + column.name)
            return f"{_list(self._names.labels.streams)}[{stream} + 1] || '-' || (({own} & 4294967295) + 1)"
        if column.kind == Kind.MOMENT:
            begins = int((self._names.moments(np.zeros(1, np.int64))[0] - _EPOCH).astype(np.int64))
            return f"make_timestamp({value} + {begins})"
        if column.kind == Kind.SECONDS:
            return f"{value} / {SECOND}"
        return f"{own} = 1" if column.kind == Kind.FLAG else value


def _quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _list(texts: Sequence[str]) -> str:
    return f"list_value({', '.join(map(_text, texts))})"

"""DuckDB, loaded where a Parquet file is written; nothing else needs it, and it may not be installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.extras import library

__all__ = ["Database"]

_MEMORY = "256MB"  # beyond it, DuckDB uses its file


class Database:
    """A new database in a file: one thread, so that equal queries write equal bytes; no network.

    Raises
    ------
    UsageError
        If DuckDB is not installed.
    """

    def __init__(self, file: Path) -> None:
        self._duckdb = library("duckdb", "'supportsim[parquet]'")
        settings = {
            "threads": 1,
            "memory_limit": _MEMORY,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self._connection = self._call(self._duckdb.connect, str(file), config=settings)
        self.run("SET enable_progress_bar = false")

    def run(self, query: str) -> None:
        """Run a query that gives no rows.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        self._call(self._connection.sql, query)

    def insert(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows, given as arrays in the order of the table's columns."""
        self._connection.register("rows", dict(columns))
        self.run(f"INSERT INTO {table} SELECT * FROM rows")
        self._connection.unregister("rows")

    def close(self) -> None:
        """Leave the file."""
        self._connection.close()

    def _call(self, of_duckdb: Any, *values: Any, **named: Any) -> Any:
        try:
            return of_duckdb(*values, **named)
        except (
            self._duckdb.IOException,
            self._duckdb.TransactionException,
            self._duckdb.FatalException,
        ) as e:
            raise OSError(str(e).partition("\n")[0].rpartition(": ")[2]) from e

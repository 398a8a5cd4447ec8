"""One replication, simulated again and written as it comes."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from sim.errors import UsageError
from sim.model.records import VisitColumn
from sim.model.tables import NEVER
from sim.scenario.days import date_number
from sim.scenario.resolve import Resolved
from sim.study.engines import simulate
from sim.study.export.cases import Cases, CaseStream
from sim.study.export.csv_files import CsvFiles
from sim.study.export.events import stories
from sim.study.export.names import Names
from sim.study.export.ocel import OcelLog
from sim.study.export.parquet_files import ParquetFiles
from sim.study.export.tables import TABLES, Table, duty_table, issue_table, visit_table
from sim.study.export.whole import file_whole, folder_whole
from sim.study.export.xes import XesLog
from sim.study.interrupts import remembered_interrupts
from sim.units import DAY, WordsError

__all__ = ["FORMATS", "Span", "Written", "export", "file_names", "span_of"]

FORMATS = ("csv", "parquet", "xes", "ocel")
"""What an export may be: folders of tables, then event logs."""


class Span(NamedTuple):
    """Ticks [begins, ends)."""

    begins: int
    ends: int


class Written(NamedTuple):
    """A file that was written."""

    file: Path
    rows: dict[str, int]  # how many of what, in words
    size: int  # bytes


def file_names(form: str) -> tuple[str, ...]:
    """Names of the files in the folder of an export; none where it is one file."""
    return tuple(f"{table}.{form}" for table in TABLES) if form in ("csv", "parquet") else ()


def span_of(words: str | None, names: Names) -> Span:
    """The days that are meant by ``3``, ``1..7``, ``2024-07-01`` or ``2024-07-01..2024-07-07``; None: all.

    Raises
    ------
    UsageError
        If there are no such days in the simulation.
    """
    n = names.days()
    if words is None:
        return Span(0, NEVER)
    begins, dots, ends = words.partition("..")
    first, last = (_day(word.strip(), words, names) for word in (begins, ends if dots else begins))
    if not 1 <= first <= last <= n:
        known = f"days 1 to {n}" if n > 1 else "day 1"
        known += f", {names.day(1)} to {names.day(n)}" if names.is_dated else ""
        raise UsageError(f"--days '{words}': customers come on {known}")
    return Span((first - 1) * DAY, last * DAY)


def _day(word: str, words: str, names: Names) -> int:
    """The number of a day, from 1 on."""
    if word.isdecimal():
        return int(word)
    try:
        number = date_number(word)
    except WordsError as e:
        raise UsageError(f"--days '{words}': {e.message}; write for example 2, or 2..3") from e
    if not names.is_dated:
        raise UsageError(
            f"--days '{words}': the scenario has no dates (horizon: starts); write for example 2..3"
        )
    return number - names.first_date + 1


def export(
    found: Resolved,
    form: str,
    target: Path,
    *,
    seed: int,
    replication: int,
    engine: str,
    days: str | None = None,
    tell: Callable[[float], None] = lambda _: None,
) -> list[Written]:
    """Write the records of one replication; nothing is left of it if it fails.

    Parameters
    ----------
    found
        The scenario.
    form
        One of `FORMATS`.
    target
        A folder for CSV and Parquet, a file for event logs (compressed where it ends with .gz).
    seed, replication
        Name every draw.
    engine
        That of `compiling.ready_engine`; it changes nothing.
    days
        As `span_of` takes them: only issues that begin on these days, with all their visits.
    tell
        Called with the share 0..1 that is done.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    names = Names(found.model, found.labels)
    records = _Records(found, names, span_of(days, names), seed, replication, engine, tell)
    with remembered_interrupts() as check:
        records.check = check
        try:
            if file_names(form):
                return _tables(records, names, form, target)
            return [_log(records, names, form, target)]
        except RuntimeError:  # so DuckDB calls an interrupt
            check()
            raise


class _Records:
    """The records of one replication, simulated as they are asked for."""

    def __init__(
        self, found: Resolved, names: Names, span: Span, seed: int, replication: int, engine: str,
        tell: Callable[[float], None],
    ) -> None:  # fmt: skip
        self._chunks = simulate(engine, found.model, seed, replication)
        self._end, self._tell = found.model.horizon.end, tell
        self._stream = CaseStream(*span)
        self.names = names
        self.check: Callable[[], None] = lambda: None

    def cases(self) -> Iterator[Cases]:
        """All issues with their visits."""
        for chunk in self._chunks:
            self.check()
            cases = self._stream.add(chunk)
            if len(chunk.visits):
                self._tell(min(float(chunk.visits[-1, VisitColumn.ENTER]) / self._end, 1.0))
            if cases is not None:
                yield cases
        yield self._stream.rest()

    def tables(self) -> Iterator[Table]:
        """All rows of all tables; duty comes last."""
        for cases in self.cases():
            yield visit_table(self.names, cases.visits)
            yield issue_table(self.names, cases.issues)
        yield duty_table(self.names, self._stream.duty())


def _tables(records: _Records, names: Names, form: str, target: Path) -> list[Written]:
    rows = dict.fromkeys(TABLES, 0)
    with folder_whole(target) as folder:
        if form == "csv":
            files: CsvFiles | ParquetFiles = CsvFiles(folder, names)
        else:
            files = ParquetFiles(folder, names)
        try:
            for table in records.tables():
                files.add(table)
                rows[table.name] += len(table)
            files.finish()
        finally:
            files.close()
    return [
        Written(target / name, {"rows": rows[table]}, (target / name).stat().st_size)
        for table, name in zip(TABLES, file_names(form), strict=True)
    ]


def _log(records: _Records, names: Names, form: str, target: Path) -> Written:
    with file_whole(target) as part, _opened(part) as file:
        side = part.with_name(f"{part.name}.objects")
        with open(side, "w+", encoding="utf-8", newline="") as objects:
            log = XesLog(file, names) if form == "xes" else OcelLog(file, objects, names)
            for cases in records.cases():
                log.add(stories(names, cases))
            log.finish()
        side.unlink()
        rows = log.counts()
    return Written(target, rows, target.stat().st_size)


@contextmanager
def _opened(file: Path) -> Iterator[IO[str]]:
    """A file for text, compressed where its name says so; equal texts give equal bytes."""
    with open(file, "wb") as raw:
        if file.suffix != ".gz":
            with io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
                yield text
            return
        with (
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
        ):
            yield text

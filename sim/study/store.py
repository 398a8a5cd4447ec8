"""What has been computed is kept: finished replications in one SQLite file, each committed as it finishes.

A *study* is what makes results what they are (scenario, plan, seed, versions), as a key; a replication of it
has a number. So a run that is begun again, or asked for more, finds what is there. The file is in WAL mode:
a process may be killed at any moment and all that was committed is there; several processes may use it at
once. Where the power fails, what the system had not yet written may be lost, and is simulated again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Generic, NamedTuple, Protocol, Self, TypeVar
from zlib import crc32

from sim.errors import UsageError
from sim.study.payload import Codec

__all__ = ["STORE", "Keeping", "Keeps", "Kept", "Store"]

T = TypeVar("T")

STORE = "results.sqlite"
"""Name of the file in a folder of results."""

_OURS = 0x73757073  # application_id: nobody else's database is written to, or removed
_FORMAT = 2  # of the file, as its user_version
_PATIENCE_S = 60.0  # for another process that writes at this moment
_AGAIN_S = 0.02  # between two attempts

_TABLES = """
CREATE TABLE IF NOT EXISTS results (
    study TEXT NOT NULL, number INTEGER NOT NULL, payload BLOB NOT NULL, checksum INTEGER NOT NULL,
    UNIQUE (study, number)
)
"""


class Store:
    """The file; a context that closes it, and removes it again if nothing was ever kept.

    Parameters
    ----------
    path
        It is made if it is not there.
    is_fresh
        Nothing that is there is read; what is simulated takes its place.

    Raises
    ------
    UsageError
        If it cannot be opened or written, or is no store: here, and whenever it is used.
    """

    def __init__(self, path: Path, *, is_fresh: bool = False) -> None:
        self.path, self._is_fresh = path, is_fresh
        self.n_read = self.n_kept = 0  # results, since it was opened
        self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        with self._told():
            is_new = not self.path.exists()
            connection = sqlite3.connect(self.path, timeout=_PATIENCE_S, isolation_level=None)
            try:
                _patiently(lambda: self._refuse_others(connection))
                _patiently(lambda: _prepared(connection))
            except BaseException:
                connection.close()
                raise
            self._is_made_here = is_new
            self._file = self.path.stat().st_ino
            return connection

    def _refuse_others(self, connection: sqlite3.Connection) -> None:
        """A database that somebody else made, or another version of this program."""
        connection.execute("BEGIN")  # all as it is at one moment: another process may be making it
        try:
            has_tables = connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is not None
            (owner,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        finally:
            connection.execute("ROLLBACK")
        if owner != _OURS and (has_tables or owner or version):
            raise UsageError(f"'{self.path}' is no store of supportsim; give another folder")
        if owner == _OURS and version != _FORMAT:
            raise UsageError(
                f"'{self.path}' was written by another version of supportsim; give another folder, or remove "
                "it to simulate all again"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_ours = kind is not None and self._is_made_here and self._is_empty_and_ours()
        with suppress(sqlite3.Error):
            self._connection.close()
        if is_ours:
            with suppress(OSError):
                self.path.unlink()

    def _is_empty_and_ours(self) -> bool:
        """Whether nothing was ever kept, and nobody else has the file open."""
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA busy_timeout = 0")
            if self._connection.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
                return False  # leaving WAL takes the file for oneself
            self._connection.execute("BEGIN EXCLUSIVE")
            return self._connection.execute("SELECT 1 FROM results LIMIT 1").fetchone() is None
        return False

    def _is_there(self) -> bool:
        """Whether the file that is open is the one of that name."""
        try:
            return self.path.stat().st_ino == self._file
        except OSError:
            return False

    def read(self, study: str, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Number and payload of the replications first ... end - 1 that are there, in order; damaged ones
        are not there."""
        if self._is_fresh:
            return
        with self._told():
            rows = self._connection.execute(
                "SELECT number, payload, checksum FROM results "
                "WHERE study = ? AND number >= ? AND number < ? ORDER BY number",
                (study, first, end),
            )
            for number, payload, checksum in rows:
                if _checksum(study, number, payload) == checksum:
                    self.n_read += 1
                    yield number, payload

    def put(self, study: str, number: int, payload: bytes) -> None:
        """Keep a replication: it is there when this returns."""
        if not self.n_kept and not self._is_there():  # another process found it empty and removed it
            self._connection.close()
            self._connection = self._opened()
        with self._told():
            self._connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)",
                (study, number, payload, _checksum(study, number, payload)),
            )
        self.n_kept += 1

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of SQLite in words for users."""
        try:
            yield
        except sqlite3.OperationalError as e:
            why = "another process is writing to it" if _is_busy(e) else e
            raise UsageError(
                f"cannot keep results in '{self.path}': {why}; what is there stays, "
                "and the same command goes on from it"
            ) from e
        except sqlite3.DatabaseError as e:
            raise UsageError(
                f"'{self.path}' is damaged ({e}); give another folder, or remove it and simulate again "
                "all that it had"
            ) from e


def _prepared(connection: sqlite3.Connection) -> None:
    """Make a file a store, if it is none yet."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -256")  # KiB; nothing is read twice
    if connection.execute("PRAGMA user_version").fetchone() == (_FORMAT,):
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_TABLES)
    connection.execute(f"PRAGMA application_id = {_OURS}")
    connection.execute(f"PRAGMA user_version = {_FORMAT}")
    connection.execute("COMMIT")


def _patiently(step: Callable[[], None]) -> None:
    """Do a step that another process may be at: SQLite itself does not wait for a change of the journal."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return step()
        except sqlite3.OperationalError as e:
            if not _is_busy(e) or time.monotonic() > end:
                raise
            time.sleep(_AGAIN_S)


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _checksum(study: str, number: int, payload: bytes) -> int:
    """Of a payload in its place: one that is kept under another number is damaged too."""
    return crc32(payload, crc32(f"{study}/{number}".encode()))


class Keeps(Protocol[T]):
    """Where results are kept by number."""

    @property
    def codec(self) -> Codec[T]:
        """How they become bytes."""

    def read(self, first: int, end: int) -> Iterator[tuple[int, T]]:
        """Number and result of those of the numbers first ... end - 1 that are there, in order."""

    def put(self, number: int, payload: bytes) -> None:
        """Keep a result: it is there when this returns."""


class Kept(NamedTuple, Generic[T]):
    """The replications of a study."""

    store: Store
    study: str
    codec: Codec[T]

    def read(self, first: int, end: int) -> Iterator[tuple[int, T]]:
        """Number and result of the replications first ... end - 1 that are there, in order."""
        for number, payload in self.store.read(self.study, first, end):
            yield number, self.codec.decode(payload)

    def put(self, number: int, payload: bytes) -> None:
        """Keep a replication."""
        self.store.put(self.study, number, payload)


class Keeping(NamedTuple):
    """A study whose results are kept, of whatever kind they are."""

    store: Store
    study: str

    def kept(self, codec: Codec[T], part: str = "") -> Kept[T]:
        """The results of the study, or of a part of it that has numbers of its own."""
        return Kept(self.store, f"{self.study}/{part}" if part else self.study, codec)

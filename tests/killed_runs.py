"""Studies as processes that are killed: how one starts, what it keeps, whether its results are right."""

from __future__ import annotations

import atexit
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["DESK", "ROOT", "SUMMARIES", "Kept", "Row", "begun", "damage", "kept", "n_done", "n_found",
           "numbered", "summaries", "words", "workers_of"]  # fmt: skip

ROOT = Path(__file__).resolve().parents[1]
STORE = "results.sqlite"
_FOUND = re.compile(r"(\d+) replications? (?:was|were) there, \d+ (?:is|are) new")
SUMMARIES = ("summary.csv", "summary.json")

DESK = """\
name: A small desk
horizon: {measure: 1 day}
demand: {volume: 20/day}
desks:
  phone: {handling: exponential 5 min, patience: exponential 10 min}
teams:
  agents: {serves: phone, agents: 1}
"""
"""A scenario of which a thousand replications take seconds."""


class Row(NamedTuple):
    """A finished replication in a store."""

    checksum: int
    payload: bytes  # its hash


Kept = dict[tuple[str, int], Row]
"""Finished replications by study and number."""


def words(scenario: Path, replications: int, *more: str) -> list[str]:
    """The words after `supportsim` that simulate a scenario; the folder is still to be said."""
    return ["run", str(scenario), "--reps", str(replications), "--no-progress", *more]


def begun(
    said: Sequence[str], stderr: Path, *, largest: int | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    """The command as a process, and group, of its own.

    Parameters
    ----------
    said
        The words after `supportsim`.
    stderr
        Where its complaints go; what it prints else is dropped.
    largest
        Bytes that a file may have at most.
    environment
        Laid over that of this process.
    """
    own = {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))}
    stderr.unlink(missing_ok=True)  # helpers of a process that was killed may still write to the old one
    with open(stderr, "wb") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "sim", *said],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env=os.environ | own | environment,
            start_new_session=True,
        )
    atexit.register(process.kill)  # where a study of kills is itself interrupted
    if largest is not None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, largest))
    return process


def kept(folder: Path) -> Kept:
    """What the store in a folder holds.

    A copy is read: to open the store itself would put right what a kill has left.

    Raises
    ------
    AssertionError
        If it is damaged, or holds a replication twice.
    """
    found = _read(folder, "study, number, checksum, payload")
    rows = {(study, n): Row(check, blake2b(payload).digest()) for study, n, check, payload in found}
    assert len(rows) == len(found), "the store holds a replication twice"
    return rows


def numbered(folder: Path) -> dict[tuple[str, int], int]:
    """Where in the store each replication stands; one that was written again has moved."""
    return {(study, n): place for study, n, place in _read(folder, "study, number, rowid")}


def n_done(folder: Path) -> int:
    """How many replications there are in the store of a study that is running."""
    try:
        connection = sqlite3.connect(f"{(folder / STORE).resolve().as_uri()}?mode=ro", uri=True)
    except sqlite3.OperationalError:  # there is none yet
        return 0
    try:
        return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])
    except sqlite3.OperationalError:  # it is being made
        return 0
    finally:
        connection.close()


def _read(folder: Path, columns: str) -> list[tuple[Any, ...]]:
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / STORE
        for end in ("", "-wal", "-journal"):
            source = folder / (STORE + end)
            if source.exists():
                shutil.copyfile(source, copy.with_name(source.name))
        if not copy.exists():
            return []
        connection = sqlite3.connect(copy)
        try:
            said = [line for (line,) in connection.execute("PRAGMA integrity_check")]
            assert said == ["ok"], f"the store is damaged: {said[:3]}"
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'results'").fetchone():
                return []
            return connection.execute(f"SELECT {columns} FROM results").fetchall()
        finally:
            connection.close()


def n_found(stderr: str) -> int | None:
    """How many replications a study says it has found; None where it says anything else but warnings."""
    lines = [line for line in stderr.splitlines() if line and "warning[" not in line]
    if not lines:
        return 0
    said = _FOUND.fullmatch(lines[0])
    return int(said[1]) if said and len(lines) == 1 else None


def summaries(folder: Path) -> dict[str, bytes]:
    """The summaries that are there, whole as they are."""
    return {name: (folder / name).read_bytes() for name in SUMMARIES if (folder / name).exists()}


def damage(
    folder: Path, before: Kept, right: Kept, right_summaries: dict[str, bytes]
) -> tuple[Kept, list[str]]:
    """What is kept in a folder, and everything wrong with it.

    Parameters
    ----------
    folder
        Of a study that is not running now.
    before
        What was kept there when it was last looked at.
    right, right_summaries
        What the same study, undisturbed, ends with.
    """
    try:
        now = kept(folder)
    except (AssertionError, sqlite3.Error) as e:
        return before, [str(e)]
    wrong = []
    if lost := before.keys() - now.keys():
        wrong.append(f"{len(lost)} replications lost: {sorted(lost)[:5]}")
    if other := [key for key in now if now[key] != right.get(key)]:
        wrong.append(f"{len(other)} replications are not as they should be: {sorted(other)[:5]}")
    wrong += [
        f"{name} is not as it should be"
        for name, text in summaries(folder).items()
        if text != right_summaries[name]
    ]
    return now, wrong


def workers_of(process: int) -> list[int]:
    """Processes that work for another one; those that only look after its resources are none."""
    found: list[int] = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        found += [
            child for child in map(int, _text(children).split()) if "spawn_main" in _text(_words(child))
        ]
    return found


def _words(process: int) -> Path:
    return Path(f"/proc/{process}/cmdline")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # it has ended
        return ""

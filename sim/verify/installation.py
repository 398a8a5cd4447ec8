"""Whether the program is installed as it has to be: libraries, compiled code, the place for results."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

from sim.errors import SimError
from sim.jit import IS_COMPILED, kept_in
from sim.places import cache_folder
from sim.scenario.shipped import shipped
from sim.scenario.validate import load
from sim.study.compiling import COMPLETE
from sim.study.engines import choose_engine
from sim.verify.exact_cases import CASES, EXACT_FOLDER
from sim.version import VERSION

__all__ = ["Check", "installation"]

_LEAST_FREE = 1e9  # bytes on the disk for results
_LEAST_SQLITE = (3, 35, 0)  # the first with RETURNING


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    said: str
    is_good: bool = True
    hint: str = ""  # what to do, or what it means


def installation(results: Path) -> Iterator[Check]:
    """Look at everything; nothing is left behind.

    Parameters
    ----------
    results
        The folder below which results are kept; it need not be there.
    """
    yield Check("supportsim", f"{VERSION}, {_installed()}")
    yield Check("Python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Check("machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    yield from _libraries()
    yield _compiled()
    yield _cache()
    yield _shipped()
    place = next(folder for folder in (results, *results.absolute().parents) if folder.is_dir())
    yield _database(place)
    yield _room(place)


def _installed() -> str:
    try:
        version("supportsim")
    except PackageNotFoundError:
        return "used without being installed"
    return "installed"


def _libraries() -> Iterator[Check]:
    """What supportsim requires, each with what is there."""
    try:
        wanted = requires("supportsim") or []
    except PackageNotFoundError:
        yield Check("libraries", "not looked at: supportsim is used without being installed")
        return
    found, lacking = [], []
    for line in wanted:
        match = re.match(r"([\w.-]+)[^;]*>=\s*([\d.]+)", line)
        if match is None or "extra ==" in line:
            continue
        name, least = match.groups()
        try:
            there = version(name)
        except PackageNotFoundError:
            if ";" not in line:  # what some machines need only is told of where it is used
                lacking.append(f"{name} is missing")
            continue
        found.append(f"{name} {there}")
        if _numbers(there) < _numbers(least):
            lacking.append(f"{name} {there} is older than {least}")
    hint = "python -m pip install --upgrade supportsim" if lacking else ""
    yield Check("libraries", "; ".join(lacking) or ", ".join(found), not lacking, hint)


def _numbers(words: str) -> tuple[int, ...]:
    """A version as numbers.

    Examples
    --------
    >>> _numbers("2.10.1rc1") > _numbers("2.9")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", words)[:3])


def _compiled() -> Check:
    if IS_COMPILED:
        return Check("engine", f"compiled (Numba {version('numba')})")
    return Check("engine", choose_engine("auto").notice)  # slower, not wrong


def _cache() -> Check:
    """The folder for what can be made again."""
    base = cache_folder()
    if base is None:
        return Check("cache", "no folder for it", True, "SUPPORTSIM_CACHE may name one")
    try:
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=base):
            pass
    except OSError as e:
        hint = "compiled code is made at every run; SUPPORTSIM_CACHE may name another folder"
        return Check("cache", f"cannot write to {base}: {e.strerror or e}", True, hint)
    said = str(base)
    if IS_COMPILED:
        is_complete = (kept_in() / COMPLETE).is_file()
        said += ", compiled code is kept" if is_complete else ", compiled code is not kept yet"
    return Check("cache", said)


def _shipped() -> Check:
    """The scenarios that come with the program can be read; so can the exact cases."""
    names = shipped()
    broken = [f"no exact case {name}" for name in CASES if not (EXACT_FOLDER / f"{name}.yaml").is_file()]
    for name in names:
        try:
            load(name)
        except SimError as e:
            broken.append(f"{name}: {e}")
    if not names:
        broken.append("there are none")
    hint = "install supportsim again" if broken else ""
    said = "; ".join(broken) or f"{len(names)} scenarios and {len(CASES)} exact cases"
    return Check("shipped files", said, not broken, hint)


def _database(place: Path) -> Check:
    """SQLite keeps results; other processes may read while one writes if the file system can share memory."""
    said = f"{sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _LEAST_SQLITE:
        least = ".".join(map(str, _LEAST_SQLITE))
        return Check("SQLite", f"{said} is older than {least}", False, "take a newer Python")
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=".supportsim-") as folder:
            mode = _write_and_read(Path(folder) / "try.sqlite")
    except (OSError, sqlite3.Error) as e:
        return Check("SQLite", f"{said} cannot keep results in {place}: {e}", False,
                     "keep results elsewhere: --out DIR")  # fmt: skip
    if mode != "wal":
        hint = "a disk of this machine is better than one of the network: --out DIR"
        return Check("SQLite", f"{said}; no write-ahead log in {place}, but '{mode}'", False, hint)
    return Check("SQLite", f"{said}; its write-ahead log works in {place}")


def _write_and_read(path: Path) -> str:
    """Write a row while another connection reads; the journal mode that the file system allows."""
    with closing(sqlite3.connect(path)) as writer, closing(sqlite3.connect(path)) as reader:
        (mode,) = writer.execute("PRAGMA journal_mode=WAL").fetchone()
        writer.execute("PRAGMA synchronous=NORMAL")
        writer.execute("CREATE TABLE results (number INTEGER PRIMARY KEY, payload BLOB)")
        writer.execute("INSERT INTO results VALUES (1, ?)", (bytes(1000),))
        writer.commit()
        if reader.execute("SELECT number, length(payload) FROM results").fetchall() != [(1, 1000)]:
            raise sqlite3.DatabaseError("what was written is not there")
        return str(mode)


def _room(place: Path) -> Check:
    free = shutil.disk_usage(place).free
    hint = "" if free >= _LEAST_FREE else "results of long studies may not fit"
    return Check("free disk", f"{free / 1e9:.1f} GB in {place}", free >= _LEAST_FREE, hint)

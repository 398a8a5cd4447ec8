"""Whoever computes, the bytes are the same: ``python tests/workers_study.py [--python PATH ...]``.

The same commands again and again: 1, 2 and 8 threads (compiled engine) or processes (reference engine), and a
Dask cluster of three worker processes on this machine, one of which is killed (SIGKILL) when a third of the
replications are done and does not come back.
``summary.json``, ``summary.csv`` and ``comparison.json`` must be those of one thread, byte for byte.

Then every Python from 3.11 on: python3.11 ... python3.14 on the PATH, and those named. All figures must be
those of this Python to 1e-12 of themselves. A Python without supportsim gets a venv in ``build/pythons``,
with the versions of ``constraints.txt``; what cannot be installed is named, and not claimed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from sim.jit import IS_COMPILED
from sim.study.store import STORE

__all__ = ["Case", "Difference", "difference", "main"]

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
PARTS = ("workers", "cluster", "pythons")
REPS = 16  # of a command; twice as many as there are workers at most
NEAR = 1e-12  # of a figure, between Pythons
START_S = 60.0  # within which a cluster is there
LIMIT_S = 1800.0  # for one command
FILES = ("summary.json", "summary.csv", "comparison.json", "comparison.csv")


class Case(NamedTuple):
    """A command, and how many replications it makes."""

    name: str
    words: tuple[str, ...]
    reps: int
    engine: str

    def command(self, out: Path, *more: str) -> list[str]:
        """What comes after ``python -m``."""
        own = ["--reps", str(self.reps), "--engine", self.engine, "--no-progress", "--out", str(out)]
        return ["sim", *self.words, *own, *more]


def _cases(scale: float) -> list[Case]:
    baseline = str(ROOT / "scenarios" / "support_baseline.yaml")
    desk = str(ROOT / "scenarios" / "help_desk.yaml")
    engine = "compiled" if IS_COMPILED else "reference"
    tiny, part = ("--set", "scale=0.0002"), ("--set", f"scale={scale:g}")
    fifth, plans = ("--set", f"scale={scale / 5:g}"), ("--plans", "flat,evening")
    return [
        Case("baseline, tiny", ("run", baseline, *tiny), REPS, engine),
        Case(f"baseline, scale {scale:g}", ("run", baseline, *part), REPS, engine),
        Case(f"two plans, scale {scale / 5:g}", ("compare", baseline, *plans, *fifth), REPS, engine),
        Case("help desk", ("run", desk), REPS, "reference"),
        Case("two plans, tiny", ("compare", baseline, *plans, *tiny), REPS // 2, "reference"),
    ]


# --- commands -------------------------------------------------------------------------------------


class _FailedError(Exception):
    """A command that should have gone well."""


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _begun(python: str, words: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-m", *words],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended(process: subprocess.Popen[str]) -> None:
    try:
        _, said = process.communicate(timeout=LIMIT_S)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise _FailedError(f"exit {process.returncode}: {said.strip().splitlines()[-1:]}")


def _files(out: Path) -> dict[str, bytes]:
    """The results in a folder, and in those of its variants."""
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.name in FILES
    }


def _made(case: Case, folder: Path, *more: str, python: str = sys.executable) -> dict[str, bytes]:
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    _ended(_begun(python, case.command(out, *more), folder))
    return _files(out)


# --- threads and processes ------------------------------------------------------------------------


def _told(case: Case, way: str, same: bool, start: float, more: str = "") -> bool:
    verdict = "same bytes" if same else "DIFFERENT"
    took = f"{time.perf_counter() - start:6.1f} s"
    print(f"  {case.name:24} {case.engine:10} {way:24} {verdict:11} {took}  {more}".rstrip(), flush=True)
    return same


def _by_workers(case: Case, first: dict[str, bytes], folder: Path) -> Iterator[bool]:
    kind = "threads" if case.engine == "compiled" else "processes"
    for n in (1, 2, 8):
        start = time.perf_counter()
        found = _made(case, folder, "--executor", kind, "-j", str(n))
        yield _told(case, f"{n} of {kind}" if n > 1 else "one thread", found == first, start)


# --- a cluster ------------------------------------------------------------------------------------


class _Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workers = folder, list[subprocess.Popen[str]]()
        self._file = folder / "scheduler.json"
        self.scheduler = self._process(
            "dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--dashboard-address", ":0"
        )
        _until(self._file.exists, "the scheduler did not start")
        self.address: str = json.loads(self._file.read_text())["address"]

    def _process(self, what: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{what}", "--scheduler-file", str(self._file), *words],
            cwd=self.folder,
            env=_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def reach(self, n: int) -> None:
        """Have as many workers; none of them is started again by somebody else."""
        import distributed  # noqa: PLC0415  (an extra)

        self.workers = [worker for worker in self.workers if worker.poll() is None]
        own = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder))
        self.workers += [self._process("dask_worker", *own) for _ in range(n - len(self.workers))]
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(n, timeout=START_S)

    def end(self) -> None:
        """Nothing is left."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def _cluster(folder: Path) -> Iterator[_Cluster]:
    found = _Cluster(folder)
    try:
        yield found
    finally:
        found.end()


def _until(is_so: Callable[[], bool], why: str, limit_s: float = START_S) -> None:
    end = time.monotonic() + limit_s
    while not is_so():
        if time.monotonic() > end:
            raise _FailedError(why)
        time.sleep(0.05)


def _kept(out: Path) -> int:
    """Replications in the store of a study that is under way."""
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(f"file:{out / STORE}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])
        finally:
            connection.close()
    return 0


def _by_cluster(case: Case, first: dict[str, bytes], folder: Path, cluster: _Cluster) -> bool:
    """One of three workers is killed on the way."""
    cluster.reach(3)
    start = time.perf_counter()
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    process = _begun(sys.executable, case.command(out, "--executor", f"dask:{cluster.address}"), folder)
    _until(lambda: _kept(out) >= case.reps // 3 or process.poll() is not None, "no results come", LIMIT_S)
    cluster.workers[0].send_signal(signal.SIGKILL)
    n = _kept(out)
    _ended(process)
    same = _files(out) == first
    return _told(case, "cluster of 3, one killed", same, start, f"killed after {n} of {case.reps}")


# --- other Pythons --------------------------------------------------------------------------------

_VERSIONS = """
import json, platform, sys
from importlib.metadata import version
import sim.study.replications, sim.jit
names = ("numpy", "scipy", *(("numba",) if sim.jit.HAS_NUMBA else ()))
print(json.dumps({"python": platform.python_version(), **{name: version(name) for name in names}}))
"""


def _said(python: str | Path, *words: str) -> str | None:
    """What a Python prints; None if it cannot."""
    try:
        done = subprocess.run([str(python), *words], env=_environment(), cwd=ROOT, capture_output=True,
                              text=True, check=False, timeout=LIMIT_S)  # fmt: skip
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _pythons(named: Sequence[str]) -> dict[str, str]:
    """Pythons from 3.11 on by version, other than this one."""
    found: dict[str, str] = {}
    for name in (*named, *PYTHONS):
        path = shutil.which(name)
        version = _said(path, "-c", "import platform, sys; assert sys.version_info >= (3, 11); "
                        "print(platform.python_version())") if path else None  # fmt: skip
        if path and version:
            found.setdefault(version, path)
        elif name in named:
            print(f"  {name} is no Python from 3.11 on")
    found.pop(".".join(map(str, sys.version_info[:3])), None)
    return dict(sorted(found.items()))


def _with_supportsim(python: str, version: str) -> str | None:
    """The Python itself where it has all that is needed, else one in a venv; None if it cannot be had."""
    if _said(python, "-c", _VERSIONS):
        return python
    venv = ROOT / "build" / "pythons" / version
    own = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not own.exists() and _said(python, "-m", "venv", str(venv)) is None:
        return None
    install = ("-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), "-e", str(ROOT))
    if _said(own, "-c", _VERSIONS) is None and _said(own, *install) is None:
        return None
    return str(own)


class Difference(NamedTuple):
    """The largest difference between two documents, relative, and where it is."""

    size: float = 0.0
    path: str = ""


def difference(mine: Any, theirs: Any, path: str = "") -> Difference:
    """How far two documents are apart; infinite where they differ in anything but numbers.

    Examples
    --------
    >>> difference({"a": [1.0, "x"], "b": None}, {"a": [1.0, "x"], "b": None})
    Difference(size=0.0, path='')
    >>> difference({"a": [1.0, 2.0]}, {"a": [1.0, 2.5]})
    Difference(size=0.2, path='.a.1')
    >>> difference({"a": 1.0}, {"a": None})
    Difference(size=inf, path='.a')
    """
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.keys() == theirs.keys():
        parts = [(mine[key], theirs[key], f"{path}.{key}") for key in mine]
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        parts = [(a, b, f"{path}.{k}") for k, (a, b) in enumerate(zip(mine, theirs, strict=True))]
    elif mine == theirs and type(mine) is type(theirs):
        return Difference()
    elif isinstance(mine, float) and isinstance(theirs, float):
        return Difference(abs(mine - theirs) / max(abs(mine), abs(theirs)), path)
    else:
        return Difference(float("inf"), path)
    return max((difference(*part) for part in parts), default=Difference(), key=lambda found: found.size)


def _documents(files: dict[str, bytes]) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}


def _by_python(name: str, path: str, wanted: dict[Case, dict[str, bytes]], folder: Path) -> bool:
    python = _with_supportsim(path, name)
    told = _said(python, "-c", _VERSIONS) if python else None
    if python is None or told is None:
        print(f"  Python {name}: supportsim cannot be installed; not claimed", flush=True)
        return True
    start = time.perf_counter()
    found = {case: _made(case, folder, python=python) for case in wanted}
    apart = max((difference(_documents(wanted[case]), _documents(found[case])) for case in wanted),
                key=lambda of: of.size)  # fmt: skip
    same = "same bytes" if found == wanted else f"largest difference {apart.size:.1e} at {apart.path}"
    verdict = "" if apart.size <= NEAR else "  DIFFERENT"
    print(f"  {_named(told)}: {same}, {time.perf_counter() - start:.0f} s{verdict}", flush=True)
    return apart.size <= NEAR


def _named(versions: str) -> str:
    names = {"python": "Python", "numpy": "NumPy", "scipy": "SciPy", "numba": "Numba"}
    return ", ".join(f"{names[name]} {version}" for name, version in json.loads(versions).items())


# --- all of it ------------------------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> int:
    """Compute in all ways; 1 where anything differs or fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.1, help="of the larger day")
    parser.add_argument("--python", nargs="+", default=[], metavar="PATH", help="further Pythons")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts of the study")
    args = parser.parse_args(words)
    cases = _cases(args.scale)
    is_well = True
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workers-")))
        try:
            wanted = {case: _made(case, folder, "--executor", "threads", "-j", "1") for case in cases}
            assert all(wanted.values())
            n = sum(map(len, wanted.values()))
            print(f"{n} files of {len(cases)} commands, held against one thread", flush=True)
            if "workers" in args.only:
                for case, first in wanted.items():
                    is_well &= all(list(_by_workers(case, first, folder)))
            if "cluster" in args.only and find_spec("distributed"):
                cluster = stack.enter_context(_cluster(folder))
                for case, first in wanted.items():
                    is_well &= _by_cluster(case, first, folder, cluster)
            elif "cluster" in args.only:
                print("  no cluster: distributed is not installed (supportsim[cluster])")
            if "pythons" in args.only:
                is_well &= _other_pythons(args.python, wanted, folder)
        except _FailedError as e:
            print(f"  FAILED: {e}")
            is_well = False
    print("\nThe same, whoever computes." if is_well else "\nNOT the same.")
    return 0 if is_well else 1


def _other_pythons(named: Sequence[str], wanted: dict[Case, dict[str, bytes]], folder: Path) -> bool:
    print(f"\nOther Pythons, held against {_named(_said(sys.executable, '-c', _VERSIONS) or '{}')}")
    others = _pythons(named)
    if not others:
        print("  this machine has none; nothing is claimed of others")
    are_well = [_by_python(name, path, wanted, folder) for name, path in others.items()]
    return all(are_well)


if __name__ == "__main__":
    sys.exit(main())

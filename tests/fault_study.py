"""A fault at every call that changes files: ``python tests/fault_study.py [KIND ...]``.

A study of 12 small replications is run again and again. In each run one call that writes, syncs, makes,
renames, cuts or removes a file of the study meets a fault: the first call in the first run, and so on.

kill     the process is killed (SIGKILL) before the call; so also after the one before it
torn     killed when half of a write is done
short    half of a write is done, and the system says so, as it may
enospc   the call fails once for want of space
eio      the call fails once: input/output error
full     half of a write is done, and from then on the disk is full

*fresh* studies begin in an empty folder, *resumed* ones where a study was killed half-way. After a kill the
store must be sound and hold what it should (and no less than after a kill one call earlier); after another
fault also either the results are right, or there is one clear message and an exit code that says so. Then
the study is run once more with the same words, and must end in the bytes of the undisturbed one.

Processes are forked from one that has everything loaded, so that a run takes a tenth of a second. Kills do
not lose what the system has taken but not yet brought to the disk: this is no study of power cuts.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from faulty_calls import KINDS, Call, arming, built, calls, complaint
from killed_runs import DESK, SUMMARIES, Kept, damage, kept, n_found, summaries, words

from sim.cli import main as supportsim

__all__ = ["STARTS", "Forks", "Found", "fault_study"]

REPLICATIONS = 12
STARTS = ("fresh", "resumed")
_LONGEST_S = 60  # far longer than any of these runs takes
_SHOWN = 12  # mistakes of one kind


class Ended(NamedTuple):
    """How a run ended."""

    code: int  # less than 0: the signal
    stderr: str
    calls: list[Call]


class Forks:
    """Runs of one command, each in a process forked from this one."""

    def __init__(self, said: Sequence[str], library: Path, place: Path) -> None:
        self._said = [*said, "--out"]
        self._arm = ctypes.CDLL(str(library)).fault_arm
        self._log, self._stderr = place / "calls", place / "stderr"
        with contextlib.redirect_stdout(io.StringIO()):  # all libraries are loaded, all is compiled
            assert supportsim([*self._said, str(place / "warm")]) == 0
        assert threading.active_count() == 1, "only a process of one thread can be forked"

    def run(self, folder: Path, kind: str = "kill", at: int = 0) -> Ended:
        """Run the command; call number ``at`` fails."""
        self._log.unlink(missing_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            self._become(folder, kind, at)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return Ended(code, self._stderr.read_text(encoding="utf-8"), calls(self._log))

    def _become(self, folder: Path, kind: str, at: int) -> NoReturn:
        """What the forked process does."""
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open(self._stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), 2)
            signal.alarm(_LONGEST_S)
            os.environ |= arming(folder, kind, at, self._log)
            self._arm()
            code = supportsim([*self._said, str(folder)])
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)  # not through what the forking process would still do


class Found(NamedTuple):
    """What a kind of fault did."""

    runs: int
    ends: Counter[str]  # how the runs that met it ended
    messages: Counter[str]
    left: Counter[str]  # files that are too many in the end
    wrong: list[str]


def fault_study(forks: Forks, place: Path, kind: str, start: str, every: int = 1) -> Found:
    """A fault of a kind at every call, or at every n-th only.

    Parameters
    ----------
    forks
        Runs the study.
    place
        A folder for all of it.
    kind
        One of `KINDS`.
    start
        One of `STARTS`.
    every
        1: at every call.
    """
    folder, right_folder, begun = place / "study", place / "right", place / "begun"
    for old in (folder, right_folder, begun):
        shutil.rmtree(old, ignore_errors=True)
    undisturbed = forks.run(right_folder)
    assert undisturbed.code == 0, undisturbed.stderr
    right, right_summaries = kept(right_folder), summaries(right_folder)
    all_calls = undisturbed.calls
    if start == "resumed":
        _begin(forks, begun, all_calls, len(right))
        shutil.copytree(begun, folder)
        all_calls = forks.run(folder).calls
    found = Found(0, Counter(), Counter(), Counter(), [])
    before: Kept = {}
    for n, call in enumerate(all_calls, 1):
        if n % every or not call.can(kind):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if start == "resumed":
            shutil.copytree(begun, folder)
        ended = forks.run(folder, kind, n)
        now, wrong = damage(folder, before, right, right_summaries)
        wrong += _wrong_end(kind, ended, folder)
        again = forks.run(folder)
        last, wrong_again = damage(folder, now, right, right_summaries)
        is_whole = len(last) == len(right) and len(summaries(folder)) == len(SUMMARIES)
        if again.code or n_found(again.stderr) != len(now) or not is_whole:
            told = (
                f"{again.code} with {len(last)} replications, {len(now)} of before: {again.stderr.rstrip()}"
            )
            wrong_again.append(f"exit code {told}")
        wrong += [f"run again: {text}" for text in wrong_again]
        found.wrong.extend(f"{kind} at call {n} ({call.name} {call.file}): {text}" for text in wrong)
        found.ends[_end(ended)] += 1
        if n_found(ended.stderr) is None:
            found.messages.update(_plain(line, folder) for line in ended.stderr.splitlines())
        found.left.update(
            _plain(name, folder) for name in {*os.listdir(folder)} - {*os.listdir(right_folder)}
        )
        before = now if kind == "kill" else {}
        found = found._replace(runs=found.runs + 1)
    return found


def _begin(forks: Forks, folder: Path, all_calls: Sequence[Call], n: int) -> None:
    """A study killed when about half of its replications are done."""
    low, high = 1, len(all_calls)
    while low < high:
        middle = (low + high) // 2
        shutil.rmtree(folder, ignore_errors=True)
        forks.run(folder, "kill", middle)
        low, high = (low, middle) if len(kept(folder)) >= n // 2 else (middle + 1, high)
    shutil.rmtree(folder, ignore_errors=True)
    forks.run(folder, "kill", low)


def _wrong_end(kind: str, ended: Ended, folder: Path) -> list[str]:
    """What is wrong with how a run ended that met a fault."""
    if kind in {"kill", "torn"}:
        return [] if ended.code == -signal.SIGKILL else [f"not killed: exit code {ended.code}"]
    if ended.code == 0:
        return [] if len(summaries(folder)) == len(SUMMARIES) else ["exit code 0 without results"]
    said = complaint(ended.code, ended.stderr)
    return [f"{said}: {' | '.join(ended.stderr.splitlines())}"] if said else []


def _end(ended: Ended) -> str:
    if ended.code < 0:
        return signal.Signals(-ended.code).name
    return f"exit code {ended.code}"


def _plain(text: str, folder: Path) -> str:
    """A text without what differs from run to run."""
    return re.sub(r"\.\d+\.", ".PID.", text.replace(str(folder), "FOLDER"))


def _told(kind: str, start: str, found: Found, seconds: float) -> str:
    ends = ", ".join(f"{n} {how}" for how, n in sorted(found.ends.items()))
    lines = [f"{start}, {kind}: {found.runs} calls; {ends}; {len(found.wrong)} wrong; {seconds:.0f} s"]
    lines += [f"  {n:>4} x {text}" for text, n in found.messages.most_common(_SHOWN)]
    lines += [f"  {n:>4} x left behind: {name}" for name, n in found.left.most_common(_SHOWN)]
    lines += [f"  WRONG: {text}" for text in found.wrong[:_SHOWN]]
    return "\n".join(lines)


def _inside(given: argparse.Namespace, library: Path, place: Path) -> int:
    """The study, in a process that has the library."""
    scenario = place / "desk.yaml"
    scenario.write_text(DESK, encoding="utf-8")
    forks = Forks(words(scenario, given.reps, "-j", "1"), library, place)
    all_calls = forks.run(place / "counted").calls
    names = ", ".join(f"{n} {name}" for name, n in Counter(call.name for call in all_calls).most_common())
    print(f"{given.reps} replications change files by {len(all_calls)} calls: {names}", flush=True)
    is_good = True
    for start in STARTS:
        for kind in given.kinds or KINDS:
            begun = time.monotonic()
            found = fault_study(forks, place, kind, start, given.every)
            print(_told(kind, start, found, time.monotonic() - begun), flush=True)
            is_good &= not found.wrong
    return 0 if is_good else 1


def main(argv: list[str]) -> int:
    """Let every call fail in turn; 1 if anything was lost, or nobody was told."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)} (default: all)")
    parser.add_argument("--reps", type=int, default=REPLICATIONS, help=f"(default: {REPLICATIONS})")
    parser.add_argument("--every", type=int, default=1, help="only every n-th call (default: 1)")
    parser.add_argument("--library", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as place:
        if given.library is not None:
            return _inside(given, given.library, Path(place).resolve())
        library = built(Path(place))
        if library is None:
            print("This study needs Linux and a C compiler (cc, gcc or clang): not done")
            return 1
        said = [sys.executable, str(Path(__file__).resolve()), *argv, "--library", str(library)]
        return subprocess.run(said, env=os.environ | {"LD_PRELOAD": str(library)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

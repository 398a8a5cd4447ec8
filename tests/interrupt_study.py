"""Whether Ctrl-C keeps what is done: ``python tests/interrupt_study.py [--times 10]``.

Studies are interrupted (SIGINT) at random moments of their work: the process alone, and its whole group, as a
terminal does. *Small*: 1,000 replications that take seconds in all. *Long*: the first takes minutes, so that
nothing has finished yet. They must end with exit code 130 and one line, within 2 s (half of them: this
machine may be busy); the store must be sound. Run again, a small study must end as the undisturbed one does,
and not write again what was there.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kill_study import WAYS, Undisturbed, end_of, undisturbed
from killed_runs import DESK, begun, damage, n_found, numbered, words

from sim.study.compiling import ready_engine

__all__ = ["LONG", "WITHIN_S", "Interrupted", "interrupted", "wrong_after"]

TIMES = 10
REPLICATIONS = 1000
SEED = 61
WITHIN_S = 2.0
LONG = tuple(
    word
    for value in ("demand.volume=200/min", "teams.agents.agents=2000", "horizon.measure=1000 days")
    for word in ("--set", value)
)
"""The small desk with replications that take minutes."""
_SAID = re.compile(
    r"(?:(\d+) finished replications? (?:is|are) kept in '[^']*'; the same command goes on from there\n)?"
    r"interrupted\n"
)
_LOOK_S = 3.0  # a long study is interrupted within so much of its work
_START_S = 60.0  # longer than a study takes to make its folder
_STOP_S = 60.0  # by then it has not heard


class Interrupted(NamedTuple):
    """How a study ended that was interrupted."""

    code: int
    seconds: float  # from the signal on
    stderr: str

    def is_right(self, n_kept: int) -> bool:
        """Whether it says that it was interrupted, how many replications are kept, and nothing else.

        It may come between a replication and its being counted.
        """
        said = _SAID.fullmatch(self.stderr)
        return self.code == 130 and said is not None and n_kept - int(said[1] or 0) in {0, 1}


def interrupted(
    said: Sequence[str], folder: Path, after_s: float, *, whole_group: bool
) -> Interrupted | None:
    """Run a study and interrupt it some time after its folder is there; None if it ended before."""
    stderr = folder.with_suffix(".err")
    process = begun([*said, "--out", str(folder)], stderr)
    until = time.monotonic() + _START_S
    while not folder.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    try:
        process.wait(after_s)
        return None
    except subprocess.TimeoutExpired:
        pass
    start = time.monotonic()
    if whole_group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    code, complaints = end_of(process, stderr, _STOP_S)
    return Interrupted(code, time.monotonic() - start, complaints)


def wrong_after(said: Sequence[str], folder: Path, right: Undisturbed) -> list[str]:
    """What is wrong with an interrupted study, and with its end when it is run again."""
    before, wrong = damage(folder, {}, right.kept, right.summaries)
    rows = numbered(folder)
    stderr = folder.with_suffix(".err")
    code, complaints = end_of(begun([*said, "--out", str(folder)], stderr), stderr)
    if code or n_found(complaints) != len(before):
        counts = f"{len(before)} replications of before"
        wrong.append(f"run again: exit code {code}, {counts}: {complaints.rstrip()}")
    now, wrong_again = damage(folder, before, right.kept, right.summaries)
    if len(now) < len(right.kept):
        wrong_again.append(f"only {len(now)} replications")
    after = numbered(folder)
    if any(after.get(key) != place for key, place in rows.items()):
        wrong_again.append("replications were written again")
    return wrong + [f"run again: {text}" for text in wrong_again]


def _interrupt_often(
    name: str, said: Sequence[str], place: Path, right: Undisturbed | None, times: int, rng: random.Random
) -> bool:
    """Interrupt a study at random moments of its work and say how it ended; whether all is well."""
    is_good = True
    for whole_group in (False, True):
        ends, wrong, n_kept = [], [], []
        for k in range(times):
            folder = place / f"{name}{whole_group}{k}"
            longest_s = right.fresh_s - right.again_s if right else _LOOK_S
            end = interrupted(said, folder, rng.uniform(0.0, longest_s), whole_group=whole_group)
            if end is None:  # it was done before
                continue
            ends.append(end)
            n_kept.append(len(numbered(folder)))
            if not end.is_right(n_kept[-1]):
                wrong.append(f"exit code {end.code}, {n_kept[-1]} kept: {end.stderr.rstrip()}")
            if right:
                wrong += wrong_after(said, folder, right)
        seconds = [end.seconds for end in ends]
        if statistics.median(seconds) > WITHIN_S:
            wrong.append(f"half of them took more than {WITHIN_S:g} s")
        print(
            f"{name}, {'the group' if whole_group else 'the process'}: {len(ends)} interrupted,"
            f" after {statistics.median(seconds):.2f} s (median), {max(seconds):.2f} s (longest);"
            f" {min(n_kept)} to {max(n_kept)} replications kept",
            *(f"\n  WRONG: {text}" for text in wrong),
            flush=True,
        )
        is_good &= not wrong
    return is_good


def main(argv: list[str]) -> int:
    """Interrupt studies and say how they ended; 1 if one did not end as it should."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help=f"of each kind (default: {TIMES})")
    given = parser.parse_args(argv)
    ready_engine("compiled", print)
    rng = random.Random(SEED)
    is_good = True
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        scenario = place / "desk.yaml"
        scenario.write_text(DESK, encoding="utf-8")
        for way, (options, _) in WAYS.items():
            small = words(scenario, REPLICATIONS, *options)
            right = undisturbed([*small, "--out", str(place / way)], place / way)
            is_good &= _interrupt_often(f"{way}, small", small, place, right, given.times, rng)
            long = words(scenario, 10, *options, *LONG)
            is_good &= _interrupt_often(f"{way}, long", long, place, None, given.times, rng)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

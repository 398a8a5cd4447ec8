"""Whether kills lose anything: ``python tests/kill_study.py [WAY ...] [--kills 300] [--baseline]``.

A study of 1,000 small replications is killed (SIGKILL) at a random moment of all the time that it would still
take, looked at, and begun again with the same words, until it ends by itself; then the next study begins.

threads     the compiled engine; the process is killed
processes   the reference engine; the process or one of its workers is killed. Without a worker the study
            must go on; without the process its workers must end.

After each kill the store must be sound, hold all it held before, nothing twice, and nothing but what the
undisturbed study holds; a summary, where there is one, must be that of the undisturbed study, byte for byte.

``--baseline``: the support desk at a fifth of its size, 200 replications, killed twelve times.
Linux only: workers are found in /proc.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from killed_runs import (
    DESK,
    ROOT,
    SUMMARIES,
    Kept,
    begun,
    damage,
    kept,
    n_done,
    n_found,
    summaries,
    words,
    workers_of,
)

from sim.study.compiling import ready_engine

__all__ = ["WAYS", "Tally", "Undisturbed", "Way", "end_of", "kill_studies", "undisturbed"]

KILLS = 300
REPLICATIONS = 1000
SEED = 6
BASELINE_KILLS, BASELINE_REPLICATIONS = 12, 200
_SLACK = 1.1  # moments are spread over this many times what is left to do, so that some runs end
_SLACK_AT_END = 2.0  # the same when all replications are there
_PATIENCE_S = 600.0  # much longer than any of these studies takes
_LOOK_S = 0.05  # between two looks at what is done
_ORPHANS_S = 10.0  # for workers to notice that nobody wants them any more


class Way(NamedTuple):
    """How a study is run, and its share of the kills."""

    options: tuple[str, ...]
    share: float


WAYS = {
    "threads": Way(("--engine", "compiled", "-j", "2"), 2 / 3),
    "processes": Way(("--engine", "reference", "-j", "2"), 1 / 3),
}


class Undisturbed(NamedTuple):
    """A study that nobody kills."""

    kept: Kept
    summaries: dict[str, bytes]
    fresh_s: float  # how long it takes
    again_s: float  # how long it takes when all replications are there


@dataclass
class Tally:
    """What was done and seen."""

    kills: Counter[str] = field(default_factory=Counter)  # by whom they met
    moments: Counter[str] = field(default_factory=Counter)
    studies: int = 0
    ended: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def n_kills(self) -> int:
        """How many there were."""
        return self.kills.total()


def undisturbed(said: Sequence[str], folder: Path) -> Undisturbed:
    """A study as it goes by itself, twice: the second time everything is there."""
    seconds = []
    for _ in range(2):
        start = time.monotonic()
        code, complaints = end_of(begun(said, folder.with_suffix(".err")), folder.with_suffix(".err"))
        seconds.append(time.monotonic() - start)
        assert code == 0, complaints
    found = Undisturbed(kept(folder), summaries(folder), *seconds)
    assert len(found.summaries) == len(SUMMARIES)
    return found


def end_of(process: subprocess.Popen[bytes], stderr: Path, longest_s: float = _PATIENCE_S) -> tuple[int, str]:
    """Exit code and complaints of a process that ends by itself."""
    try:
        code = process.wait(longest_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return -1, "it did not end"
    return code, stderr.read_text(encoding="utf-8", errors="replace")


def kill_studies(
    said: Sequence[str],
    place: Path,
    right: Undisturbed,
    n_kills: int,
    rng: random.Random,
    *,
    all_in_one: bool = False,
) -> Tally:
    """Studies killed until the kills are spent; the last one may then end by itself.

    Parameters
    ----------
    said
        The command, which writes to the folder named last in it.
    place
        An empty folder for those of the studies.
    right
        The same study undisturbed.
    n_kills
        How many kills there are in all.
    rng
        Chooses moments and victims.
    all_in_one
        One study meets them all: each when some more of its replications are done.
    """
    tally = Tally()
    work_s = max(right.fresh_s - right.again_s, 0.0)
    while tally.n_kills < n_kills and not tally.wrong:
        folder = place / f"study{tally.studies}"
        tally.studies += 1
        before: Kept = {}
        while not tally.wrong:
            left = 1 - len(before) / len(right.kept)
            longest_s = (right.again_s + left * work_s) * (_SLACK if left else _SLACK_AT_END)
            whole = [*said, "--out", str(folder)]
            if all_in_one:
                done = len(right.kept) * rng.uniform(tally.n_kills, tally.n_kills + 1) / n_kills
                end = _killed_at(whole, folder, done, n_kills, tally)
            else:
                end = _disturbed(whole, folder, longest_s, n_kills, rng, tally)
            now, wrong = damage(folder, before, right.kept, right.summaries)
            tally.wrong += wrong
            if end is not None:
                code, told = end
                is_whole = len(now) == len(right.kept) and len(summaries(folder)) == len(SUMMARIES)
                if code or n_found(told) != len(before) or not is_whole:
                    counts = f"{len(now)} replications, {len(before)} of before"
                    tally.wrong.append(f"a study ended with exit code {code}, {counts}: {told.rstrip()}")
                tally.ended += not tally.wrong
                break
            tally.moments[_moment(len(before), len(now), len(right.kept))] += 1
            before = now
    return tally


def _moment(before: int, now: int, n: int) -> str:
    """When a process was killed, by what it had done."""
    if now == n:
        return "with all replications there"
    return "at work" if now > before else "before a first new one"


def _disturbed(
    said: Sequence[str], folder: Path, longest_s: float, n_kills: int, rng: random.Random, tally: Tally
) -> tuple[int, str] | None:
    """Run a study and kill it, or some of its workers, within a time; how it ended if it did by itself."""
    stderr = folder.with_suffix(".err")
    process = begun(said, stderr)
    while tally.n_kills < n_kills:
        try:
            process.wait(rng.uniform(0.0, longest_s))
            break
        except subprocess.TimeoutExpired:
            pass
        workers = workers_of(process.pid)
        if not workers or rng.random() < 0.5:
            process.kill()
            process.wait()
            tally.kills["the process"] += 1
            _see_end_of(workers, tally)
            return None
        os.kill(rng.choice(workers), signal.SIGKILL)
        tally.kills["a worker"] += 1
    return end_of(process, stderr)


def _killed_at(
    said: Sequence[str], folder: Path, done: float, n_kills: int, tally: Tally
) -> tuple[int, str] | None:
    """Run a study and kill it when so many replications are done; how it ended if no kills are left."""
    stderr = folder.with_suffix(".err")
    process = begun(said, stderr)
    while tally.n_kills < n_kills and process.poll() is None:
        if n_done(folder) >= done:
            process.kill()
            process.wait()
            tally.kills["the process"] += 1
            return None
        time.sleep(_LOOK_S)
    return end_of(process, stderr)


def _see_end_of(workers: Sequence[int], tally: Tally) -> None:
    """Workers of a process that was killed must end; those that do not are ended."""
    until = time.monotonic() + _ORPHANS_S
    left = [worker for worker in workers if _is_at_work(worker)]
    while left and time.monotonic() < until:
        time.sleep(0.02)
        left = [worker for worker in left if _is_at_work(worker)]
    for worker in left:
        tally.wrong.append(f"worker {worker} goes on {_ORPHANS_S:g} s after its process was killed")
        os.kill(worker, signal.SIGKILL)


def _is_at_work(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _told(name: str, right: Undisturbed, tally: Tally, seconds: float) -> str:
    kills = ", ".join(f"{n} of {who}" for who, n in sorted(tally.kills.items(), reverse=True))
    moments = ", ".join(f"{n} {when}" for when, n in sorted(tally.moments.items(), reverse=True))
    return "\n".join([
        f"{name}: {tally.n_kills} kills ({kills}) in {tally.studies} studies"
        f" of {len(right.kept)} replications, {seconds:.0f} s",
        f"  undisturbed {right.fresh_s:.1f} s, with all replications there {right.again_s:.1f} s",
        f"  killed {moments}",
        f"  {tally.ended} of {tally.studies} studies ended, with the bytes of the undisturbed one",
        *(f"  WRONG: {text}" for text in tally.wrong),
    ])  # fmt: skip


def main(argv: list[str]) -> int:
    """Kill studies and say what became of them; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)} (default: all)")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"in all (default: {KILLS})")
    parser.add_argument("--reps", type=int, default=REPLICATIONS, help=f"(default: {REPLICATIONS})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the moments (default: {SEED})")
    parser.add_argument("--baseline", action="store_true", help="only the support desk, killed twelve times")
    given = parser.parse_args(argv)
    ready_engine("compiled", print)
    is_good = True
    with tempfile.TemporaryDirectory() as place:
        scenario = Path(place) / "desk.yaml"
        scenario.write_text(DESK, encoding="utf-8")
        names = given.ways or list(WAYS)
        share = given.kills / sum(WAYS[name].share for name in names)
        studies = [
            (name, words(scenario, given.reps, *WAYS[name].options), round(WAYS[name].share * share))
            for name in names
        ]
        if given.baseline:
            desk = ROOT / "scenarios" / "support_baseline.yaml"
            said = words(desk, BASELINE_REPLICATIONS, "--set", "scale=0.2")
            studies = [("support_baseline", said, BASELINE_KILLS)]
        for name, said, n_kills in studies:
            own = Path(place) / name
            own.mkdir()
            start = time.monotonic()
            right = undisturbed([*said, "--out", str(own / "right")], own / "right")
            rng = random.Random(given.seed)
            tally = kill_studies(said, own, right, n_kills, rng, all_in_one=given.baseline)
            print(_told(name, right, tally, time.monotonic() - start), flush=True)
            is_good &= not tally.wrong
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

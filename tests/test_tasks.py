"""Replications given out to workers: the same results, in whatever way workers die, stall, or come late."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path

import pytest

from sim.errors import UsageError
from sim.study import executors
from sim.study.executors import Made, Pool, Task, Workers, pool_of
from sim.study.replications import Progress, results_of_replications
from sim.study.tasks import in_pool

MANY = float("inf")  # issues: worth workers


class Power:
    """A replication that gives its number to a power, and whether another process made it."""

    def __init__(self, exponent: int) -> None:
        self.exponent = exponent

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        tell(0.5)
        return k**self.exponent, multiprocessing.parent_process() is not None


class DiesInWorkers(Power):
    """The same, but a worker that tries number 1 ends at once."""

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        if multiprocessing.parent_process() is not None and k == 1:
            os._exit(9)
        return super().__call__(k, tell)


class DiesOnce(Power):
    """The same, but the first workers that try some numbers are killed."""

    def __init__(self, exponent: int, marks: Path) -> None:
        super().__init__(exponent)
        self.marks = marks

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        mark = self.marks / str(k)
        if k in (2, 5) and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(k, tell)


class StallsOnce(DiesOnce):
    """The same, but the first worker that tries number 2 is stopped."""

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        mark = self.marks / str(k)
        if k == 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        return Power.__call__(self, k, tell)


class Fails(Power):
    """The same, but one replication is an error."""

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        if k == 1:
            raise ZeroDivisionError("in replication 1")
        return super().__call__(k, tell)


def square(k: int, tell: Callable[[float], None]) -> tuple[int, str]:
    """A replication that gives its square, and where it was made."""
    tell(0.5)
    time.sleep(0.01)
    return k**2, threading.current_thread().name


def endless(_: int, tell: Callable[[float], None]) -> None:
    """A replication that never ends but tells how far it is now and then, as between chunks."""
    while True:
        tell(0.5)
        time.sleep(0.01)


def in_processes(one: Callable[..., tuple[int, bool]], n: int) -> list[tuple[int, bool]]:
    return results_of_replications(one, n, MANY, "auto", Workers(2, "processes"))


# --- processes ------------------------------------------------------------------------------------


def test_results_come_in_order_from_processes() -> None:
    told: list[Progress] = []
    found = results_of_replications(Power(2), 5, MANY, "auto", Workers(2, "processes"), told.append)
    assert found == [(k**2, True) for k in range(5)]
    assert told[-1] == Progress(5, 5, 1.0)
    assert [p.done for p in told] == sorted(p.done for p in told)


def test_what_killed_workers_were_at_is_done_by_others(tmp_path: Path) -> None:
    assert in_processes(DiesOnce(3, tmp_path), 8) == [(k**3, True) for k in range(8)]
    assert {path.name for path in tmp_path.iterdir()} == {"2", "5"}


def test_what_kills_every_worker_is_done_here() -> None:
    found = in_processes(DiesInWorkers(3), 3)
    assert [result for result, _ in found] == [0, 1, 8]
    assert found[1] == (1, False)


def test_a_stalled_worker_is_made_up_for(tmp_path: Path) -> None:
    task = Task(StallsOnce(2, tmp_path))
    pool = executors._Processes(task, 2)
    found = dict(in_pool(task, pool, range(6), lambda *_: None, stalled_s=2.0))
    assert {k: made.result for k, made in found.items()} == {k: (k**2, True) for k in range(6)}


def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError, match="in replication 1"):
        in_processes(Fails(2), 3)


def test_no_worker_outlives_the_work() -> None:
    in_processes(Power(2), 4)
    assert not multiprocessing.active_children()


def test_a_program_on_stdin_does_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__spec__", None)
    monkeypatch.setattr(main, "__file__", "<stdin>", raising=False)
    assert in_processes(Power(1), 2) == [(0, False), (1, False)]


# --- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_results_come_in_order_from_threads(n: int) -> None:
    found = results_of_replications(square, n, MANY, "auto", Workers(2, "threads"))
    assert [result for result, _ in found] == [k**2 for k in range(n)]
    if n > 1:
        assert all(name.startswith("replication") for _, name in found)


def test_an_error_stops_all_threads_and_is_raised_here() -> None:
    def fails(k: int, tell: Callable[[float], None]) -> None:
        if k == 1:
            raise ZeroDivisionError("in replication 1")
        endless(k, tell)

    with pytest.raises(ZeroDivisionError, match="in replication 1"):
        results_of_replications(fails, 1_000, MANY, "auto", Workers(2, "threads"))
    assert threading.active_count() == 1


def test_an_interrupt_while_progress_is_told_stops_all_threads() -> None:
    def interrupted(progress: Progress) -> None:
        if progress.share > 0:
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        results_of_replications(endless, 1_000, MANY, "auto", Workers(3, "threads"), interrupted)
    assert threading.active_count() == 1
    assert time.monotonic() - start < 2.0


def test_only_some_replications_are_given_out_at_a_time() -> None:
    begun: list[int] = []

    def counts(k: int, tell: Callable[[float], None]) -> None:
        begun.append(k)
        tell(0.0)
        if k >= 3:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        results_of_replications(counts, 1_000_000, MANY, "auto", Workers(2, "threads"))
    assert len(begun) < 12


# --- whatever may go wrong ------------------------------------------------------------------------


class Unreliable:
    """Workers that die, stall, answer late or twice, as a seed has it; a stall lasts until the end."""

    lost: tuple[type[BaseException], ...] = (BrokenExecutor, TimeoutError)
    may_stall, is_far = True, True

    def __init__(self, task: Task[int], seed: int, faults: dict[str, int]) -> None:
        self._task, self._random, self.faults = task, random.Random(seed), faults
        self._late: list[tuple[Future[Made[int]], int]] = []
        self.renewed = 0
        self._is_broken = False
        self._in_a_row = 0

    def width(self) -> int:
        return self._random.randint(1, 4)

    def submit(self, number: int) -> Future[Made[int]]:
        if self._is_broken:
            raise BrokenExecutor("all are gone")
        future: Future[Made[int]] = Future()
        fault = self._random.choice(["no", "no", "lost", "broken", "stalls", "late", "doubled"])
        if self._in_a_row >= 2:  # three in a row would be workers that are of no use
            fault = "no"
        self._in_a_row = self._in_a_row + 1 if fault in ("lost", "broken") else 0
        self.faults[fault] = self.faults.get(fault, 0) + 1
        if fault == "lost":
            future.set_exception(TimeoutError("a machine is gone"))
        elif fault == "broken":
            self._is_broken = True
            future.set_exception(BrokenExecutor("a process was killed"))
        elif fault == "stalls":
            pass
        elif fault == "late":
            self._late.append((future, number))
        else:
            future.set_result(self._task.here(number, lambda _: None))
            if fault == "doubled":
                self._task.here(number, lambda _: None)
        return future

    def share(self) -> float:
        """Told now and then: some of what was late comes now."""
        self._random.shuffle(self._late)
        for _ in range(self._random.randint(0, len(self._late))):
            future, number = self._late.pop()
            future.set_result(self._task.here(number, lambda _: None))
        return 0.0

    def renew(self) -> None:
        self.renewed += 1
        self._is_broken = False

    def end(self) -> None:
        """Nothing is left."""


def test_three_hundred_deaths_stalls_late_and_doubled_results_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sim.study.tasks._TELL_S", 0.001)
    monkeypatch.setattr("sim.study.tasks._MOST_LOSSES", 50)  # these workers lose more than any real ones
    faults: dict[str, int] = {}
    made: list[int] = []

    def one(k: int, _: Callable[[float], None]) -> int:
        made.append(k)
        return 7 * k

    seed = 0
    while sum(n for fault, n in faults.items() if fault != "no") < 300:
        task = Task(one)
        pool: Pool[int] = Unreliable(task, seed, faults)
        found = list(in_pool(task, pool, range(30), lambda *_: None, stalled_s=0.0))
        assert sorted(number for number, _ in found) == list(range(30))  # each once
        assert all(of.result == 7 * number for number, of in found)
        seed += 1
    assert set(faults) == {"no", "lost", "broken", "stalls", "late", "doubled"}
    assert len(made) > 30 * seed  # some were made twice, and counted once


class Dead(Unreliable):
    """Workers that are always gone."""

    def submit(self, number: int) -> Future[Made[int]]:
        future: Future[Made[int]] = Future()
        future.set_exception(TimeoutError(f"nobody is there for {number}"))
        return future


def test_a_cluster_that_is_of_no_use_is_said() -> None:
    task = Task(lambda k, _: k)
    with pytest.raises(UsageError, match="workers of the cluster are lost"):
        list(in_pool(task, Dead(task, 0, {}), range(5), lambda *_: None))


def test_a_process_that_is_of_no_use_is_made_up_for() -> None:
    task = Task(lambda k, _: k)
    pool = Dead(task, 0, {})
    pool.is_far = False
    found = list(in_pool(task, pool, range(5), lambda *_: None))
    assert sorted(number for number, _ in found) == list(range(5))


# --- a cluster ------------------------------------------------------------------------------------


def test_no_cluster_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "_ANSWERS_S", 1.0)
    with pytest.raises(UsageError, match=r"no Dask cluster answers at 'tcp://127\.0\.0\.1:9'"):
        pool_of(Task(Power(2)), Workers(None, "dask:tcp://127.0.0.1:9"), 2, has_threads=True)

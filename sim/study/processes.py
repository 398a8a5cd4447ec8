"""Processes as workers, for the reference engine: one interpreter simulates on one core."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import connection
from pathlib import Path
from typing import Any, Generic, TypeVar

from sim.errors import UsageError
from sim.study.executors import Made, Task
from sim.study.interrupts import interrupts_later
from sim.study.leftovers import clear_leftovers

__all__ = ["Processes", "can_start"]

T = TypeVar("T")

_SPAWN = multiprocessing.get_context("spawn")  # the same on every system, and safe beside threads


class Processes(Generic[T]):
    """A `Pool` of processes.

    Parameters
    ----------
    task
        What they do; it is pickled.
    n
        How many.
    """

    lost: tuple[type[BaseException], ...] = (BrokenExecutor, CancelledError)
    may_stall, is_far = True, False

    def __init__(self, task: Task[T], n: int) -> None:
        self._n = n
        # In a file: a process is started through a pipe that holds little, and one that dies before it has
        # read all would block this one for ever.
        clear_leftovers(Path(tempfile.gettempdir()), "supportsim-*.task")
        place, name = tempfile.mkstemp(prefix="supportsim-", suffix=f".{os.getpid()}.task")
        self._task = Path(name)
        try:
            with open(place, "wb") as file:
                pickle.dump(task, file)
        except OSError as e:
            self._task.unlink(missing_ok=True)
            raise UsageError(
                f"cannot write to the folder of temporary files, '{self._task.parent}': {e.strerror}"
            ) from e
        self._children: set[Any] = set()
        self._begin()

    def _begin(self) -> None:
        self._shares = _SPAWN.Array("d", self._n, lock=False)
        self._executor: Executor = ProcessPoolExecutor(
            self._n, _SPAWN, _begin_work, (self._task, self._shares, _SPAWN.Value("i", 0))
        )

    def width(self) -> int:
        """How many replications can be under way."""
        return self._n

    def submit(self, number: int) -> Future[Made[T]]:
        """Give a replication out."""
        before = set(multiprocessing.active_children())
        with interrupts_later():  # processes are started here, and are to be known before anything else
            try:
                future: Future[Made[T]] = self._executor.submit(_work, number)
            finally:
                self._children |= set(multiprocessing.active_children()) - before
        return future

    def share(self) -> float:
        """Parts of replications that are done, of those under way."""
        return float(sum(self._shares))

    def renew(self) -> None:
        """Have workers again after some were lost."""
        self._stop()
        self._begin()

    def end(self) -> None:
        """Let all end, at once where they are at work."""
        self._stop()
        self._task.unlink(missing_ok=True)

    def _stop(self) -> None:
        for child in self._children:
            with suppress(ValueError, OSError):  # it has ended
                child.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._children.clear()


_at_work: dict[str, Any] = {}
"""In a worker: what it does and where it tells how far it is."""


def _begin_work(task: Path, shares: Any, started: Any) -> None:
    """Make a process a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent sees to it
    threading.Thread(target=_end_with_parent, args=(task,), daemon=True).start()
    with started.get_lock():
        _at_work["place"] = started.value % len(shares)
        started.value += 1
    _at_work["task"], _at_work["shares"] = pickle.loads(task.read_bytes()), shares


def _end_with_parent(task: Path) -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    task.unlink(missing_ok=True)
    os._exit(1)


def _work(number: int) -> Made[Any]:
    shares, place = _at_work["shares"], _at_work["place"]

    def tell(share: float) -> None:
        shares[place] = min(share, 1.0)

    try:
        made: Made[Any] = _at_work["task"].there(number, tell)
    finally:
        tell(0.0)
    return made


def can_start() -> bool:
    """Whether processes can be started: not from somebody else's worker, nor from a script on stdin.

    A new process imports the main module again, so that must be a file, or nothing as in a notebook.
    """
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    is_there = getattr(main, "__spec__", None) is not None or file is None or Path(file).exists()
    return is_there and not multiprocessing.current_process().daemon

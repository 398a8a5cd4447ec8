"""Threads as workers, for the compiled engine, whose kernels let other threads go on."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from sim.study.executors import Made, Task

__all__ = ["Threads"]

T = TypeVar("T")


class _StoppedError(Exception):
    """Ends a replication that nobody wants any more."""


class Threads(Generic[T]):
    """A `Pool` of threads.

    Parameters
    ----------
    task
        What they do.
    n
        How many.
    """

    lost: tuple[type[BaseException], ...] = (CancelledError,)
    may_stall = is_far = False

    def __init__(self, task: Task[T], n: int) -> None:
        self._task, self._n = task, n
        self._executor: Executor = ThreadPoolExecutor(n, "replication")
        self._shares: dict[int, float] = {}  # of replications under way
        self._stop = threading.Event()

    def width(self) -> int:
        """How many replications can be under way."""
        return self._n

    def submit(self, number: int) -> Future[Made[T]]:
        """Give a replication out."""
        return self._executor.submit(self._one, number)

    def _one(self, number: int) -> Made[T]:
        def told(share: float) -> None:
            if self._stop.is_set():
                raise _StoppedError
            self._shares[number] = min(share, 1.0)

        told(0.0)
        made = self._task.here(number, told)
        del self._shares[number]
        return made

    def share(self) -> float:
        """Parts of replications that are done, of those under way."""
        return sum(list(self._shares.values()))

    def renew(self) -> None:
        """Threads are not lost."""

    def end(self) -> None:
        """Let all end, at once where they are at work."""
        self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)

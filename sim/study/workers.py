"""Replications on several processes. They change no figure: a replication depends on its number alone.

A worker that cannot start or dies (a script without ``if __name__ == "__main__"``, no memory left) is
made up for by the parent process: the same result, or the same error with its own trace.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import connection, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

__all__ = ["Replicate", "in_processes"]

T = TypeVar("T")
Replicate = Callable[[int, Callable[[float], None]], T]
"""Makes the result of a replication, given its number and whom to tell the share done; can be pickled."""

_TELL_S = 0.2  # between two messages about progress
_PATIENCE_S = 1.0  # for a worker to end when told


def in_processes(
    replicate: Replicate[T], n: int, n_workers: int, tell: Callable[[int, float], None] = lambda *_: None
) -> list[T]:
    """Results of replications 0 ... n - 1, in this order.

    Parameters
    ----------
    replicate
        Makes one result.
    n, n_workers
        Replications and processes.
    tell
        Called with how many are done and the share 0..1 of all the work that is done.
    """
    results: dict[int, T] = {}
    todo = iter(range(n))
    workers: list[_Worker[T]] = _started(min(n_workers, n)) if _can_start() else []
    try:
        for worker in workers:
            worker.take(replicate)
            worker.take(next(todo, None))
        while busy := [worker for worker in workers if worker.replication is not None]:
            for worker in _ready(busy):
                if worker.heard(results):
                    worker.take(next(todo, None))
            tell(len(results), (len(results) + sum(worker.share for worker in busy)) / n)
    finally:
        for worker in workers:
            worker.end()
    for k in range(n):
        if k not in results:
            results[k] = replicate(k, lambda _: None)
            tell(len(results), len(results) / n)
    return [results[k] for k in range(n)]


class _Worker(Generic[T]):
    """A process, what it is at, and the pipe to it."""

    def __init__(self, process: SpawnProcess, pipe: Connection[Any, Any]) -> None:
        self.process, self.pipe = process, pipe
        self.replication: int | None = None
        self.share = 0.0

    def take(self, word: Replicate[T] | int | None) -> None:
        """Tell it what to do: how to replicate, then one replication after the other; None: no more."""
        self.replication, self.share = word if isinstance(word, int) else None, 0.0
        try:
            self.pipe.send(word)
        except OSError:  # it has died
            self.replication = None

    def heard(self, results: dict[int, T]) -> bool:
        """Read what it says; whether it may take another replication."""
        assert self.replication is not None
        try:
            share, result = self.pipe.recv()
        except (OSError, EOFError):
            self.replication, self.share = None, 0.0
            return False
        self.share = share
        if share < 1.0:
            return False
        results[self.replication] = result
        return True

    def end(self) -> None:
        """Let it end, at once where it is at work."""
        self.pipe.close()
        if self.replication is not None:
            self.process.terminate()
        self.process.join(_PATIENCE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


def _ready(workers: Sequence[_Worker[T]]) -> list[_Worker[T]]:
    """Those who have something to say; waits until there is one."""
    pipes = connection.wait([worker.pipe for worker in workers])
    return [worker for worker in workers if worker.pipe in pipes]


def _can_start() -> bool:
    """Whether processes can be started: not from somebody else's worker, nor from a script on stdin.

    A new process imports the main module again, so that must be a file, or nothing as in a notebook.
    """
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    is_there = getattr(main, "__spec__", None) is not None or file is None or Path(file).exists()
    return is_there and not multiprocessing.current_process().daemon


def _started(n_workers: int) -> list[_Worker[T]]:
    """As many workers as can be had; told what to do later: one that dies early must not block its start."""
    workers: list[_Worker[T]] = []
    spawn = multiprocessing.get_context("spawn")  # the same on every system, and safe beside threads
    with _interrupts_later():
        for _ in range(n_workers):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_work, args=(theirs,), daemon=True)
            try:
                process.start()
            except OSError:
                ours.close()
                break
            finally:
                theirs.close()
            workers.append(_Worker(process, ours))
    return workers


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Ctrl-C waits until the end of the block; processes started inside never see it and print no trace."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start would let interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection[Any, Any]) -> None:
    """What a worker does: replications as asked, until there are no more or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent sees to it
    told = [0.0]

    def tell(share: float) -> None:
        now = time.monotonic()
        if now - told[0] > _TELL_S:
            told[0] = now
            pipe.send((min(share, 0.999), None))

    try:
        replicate = pipe.recv()
        while (replication := pipe.recv()) is not None:
            pipe.send((1.0, replicate(replication, tell)))
    except Exception:  # nobody listens, or an error that comes again where it can be seen: in the parent
        pipe.close()

"""Replications in several threads, for the compiled engine, whose kernels let other threads go on.

They change no figure: a replication depends on its number alone. Each thread holds the state of one
replication; of those that are done only the results are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from typing import TypeVar

from sim.study.workers import Replicate

__all__ = ["in_threads"]

T = TypeVar("T")

_TELL_S = 0.1  # between two messages about progress, and two looks whether to stop
_AHEAD = 2  # replications given out per thread, so that none waits for the next


class _StoppedError(Exception):
    """Ends a replication that nobody wants any more."""


def in_threads(
    replicate: Replicate[T], n: int, n_threads: int, tell: Callable[[int, float], None] = lambda *_: None
) -> list[T]:
    """Results of replications 0 ... n - 1, in this order.

    Parameters
    ----------
    replicate
        Makes one result; told to stop by what its second argument raises.
    n, n_threads
        Replications and threads.
    tell
        Called in this thread with how many are done and the share 0..1 of all the work that is done; what
        it raises (an interrupt) stops all threads.
    """
    results: dict[int, T] = {}
    shares: dict[int, float] = {}  # of replications given out
    stop = Event()

    def one(k: int) -> tuple[int, T]:
        def told(share: float) -> None:
            if stop.is_set():
                raise _StoppedError
            shares[k] = min(share, 1.0)

        told(0.0)
        return k, replicate(k, told)

    todo = iter(range(n))
    with ThreadPoolExecutor(n_threads, "replication") as pool:
        try:
            pending = {pool.submit(one, k) for k in islice(todo, _AHEAD * n_threads)}
            while pending:
                ended, pending = wait(pending, _TELL_S, FIRST_COMPLETED)
                for future in ended:
                    k, results[k] = future.result()
                    shares.pop(k)
                pending |= {pool.submit(one, k) for k in islice(todo, len(ended))}
                tell(len(results), (len(results) + sum(list(shares.values()))) / n)
        finally:
            stop.set()
    return [results[k] for k in range(n)]

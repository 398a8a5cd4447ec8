"""Who simulates: threads for the compiled engine, processes for the reference one, a cluster for either."""

from __future__ import annotations

import os
from typing import NamedTuple, TypeVar

from sim.study.cluster import Cluster
from sim.study.executors import Pool, Task
from sim.study.processes import Processes, can_start
from sim.study.threads import Threads

__all__ = ["Workers", "cores", "pool_of"]

T = TypeVar("T")

_DASK = "dask:"


class Workers(NamedTuple):
    """Who simulates, as it was asked for."""

    n: int | None = None  # None: one per core where the work is worth it
    where: str = "auto"  # "threads", "processes", "dask:ADDRESS"; auto: what suits the engine

    @classmethod
    def of(cls, workers: Workers | int | None) -> Workers:
        """These, or so many."""
        return workers if isinstance(workers, Workers) else cls(workers)

    @property
    def are_far(self) -> bool:
        """Whether they are a cluster's."""
        return self.where.startswith(_DASK)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pool_of(task: Task[T], workers: Workers, n: int, *, has_threads: bool) -> Pool[T] | None:
    """The workers that were asked for; None: this thread does it best, or no others can be had.

    Parameters
    ----------
    task
        What they do.
    workers
        As asked for.
    n
        How many of them, for threads and processes.
    has_threads
        Whether other threads go on while one simulates.

    Raises
    ------
    UsageError
        If a cluster does not answer, or Dask is not installed.
    """
    if workers.are_far:
        return Cluster(task, workers.where.removeprefix(_DASK))
    if n < 2:
        return None
    where = workers.where
    if where == "auto":
        where = "threads" if has_threads else "processes"
    if where == "threads":
        return Threads(task, n)
    return Processes(task, n) if can_start() else None

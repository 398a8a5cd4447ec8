"""Who simulates: threads, processes, or a Dask cluster, each behind a `concurrent.futures.Executor`.

They change no figure: a replication depends on its number alone. Threads serve the compiled engine, whose
kernels let other threads go on; processes the reference engine; a cluster either. A worker that is lost (it
has died, or the machine is gone) is told from an error in the work itself, so that `tasks` can give its
replications out again.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import connection, resource_tracker
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

from sim.errors import UsageError
from sim.extras import library
from sim.study.identity import code_digest

__all__ = ["Made", "Pool", "Replicate", "Task", "Workers", "can_start_processes", "cores", "pool_of"]

T = TypeVar("T")
Replicate = Callable[[int, Callable[[float], None]], T]
"""Makes the result of a replication, given its number and whom to tell the share done; can be pickled."""

_DASK = "dask:"
_ANSWERS_S = 15.0  # within which a cluster answers


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


class Made(NamedTuple, Generic[T]):
    """A result, its payload, or both."""

    result: T | None
    payload: bytes | None

    def of(self, decode: Callable[[bytes], T] | None) -> T:
        """The result; ``decode`` makes it of the payload where that came alone."""
        if self.payload is None or self.result is not None:
            return cast(T, self.result)
        assert decode is not None
        return decode(self.payload)


def _nothing() -> None:
    """What has to be done first where nothing has."""


@dataclass(frozen=True)
class Task(Generic[T]):
    """Makes replications, and their payloads where these are wanted."""

    one: Replicate[T]
    encode: Callable[[T], bytes] | None = None
    is_kept: bool = False
    """Whether payloads are wanted in this process too."""
    ready: Callable[[], object] = _nothing
    """Called once in a worker of a cluster, before its first replication."""

    def here(self, number: int, tell: Callable[[float], None]) -> Made[T]:
        """A replication for this process."""
        result = self.one(number, tell)
        return Made(result, self.encode(result) if self.encode and self.is_kept else None)

    def there(self, number: int, tell: Callable[[float], None]) -> Made[T]:
        """A replication for another process: payloads are smaller than pickled results."""
        result = self.one(number, tell)
        return Made(None, self.encode(result)) if self.encode else Made(result, None)


class Pool(Protocol[T]):
    """Workers that have been told what to do."""

    lost: tuple[type[BaseException], ...]
    """What a future raises whose worker was lost, and never the work itself."""
    may_stall: bool
    """Whether a worker may stop without a word, as a process or a machine can and a thread cannot."""
    is_far: bool
    """Whether this process is no match for the workers, and should not do their work."""

    def width(self) -> int:
        """How many replications can be under way."""

    def submit(self, number: int) -> Future[Made[T]]:
        """Give a replication out."""

    def share(self) -> float:
        """Parts of replications that are done, of those under way."""

    def renew(self) -> None:
        """Have workers again after some were lost."""

    def end(self) -> None:
        """Let all end, at once where they are at work."""


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
        return _Dask(task, workers.where.removeprefix(_DASK))
    if n < 2:
        return None
    where = workers.where
    if where == "auto":
        where = "threads" if has_threads else "processes"
    if where == "threads":
        return _Threads(task, n)
    return _Processes(task, n) if can_start_processes() else None


# --- threads --------------------------------------------------------------------------------------


class _StoppedError(Exception):
    """Ends a replication that nobody wants any more."""


class _Threads(Generic[T]):
    lost: tuple[type[BaseException], ...] = (CancelledError,)
    may_stall = is_far = False

    def __init__(self, task: Task[T], n: int) -> None:
        self._task, self._n = task, n
        self._executor: Executor = ThreadPoolExecutor(n, "replication")
        self._shares: dict[int, float] = {}  # of replications under way
        self._stop = threading.Event()

    def width(self) -> int:
        return self._n

    def submit(self, number: int) -> Future[Made[T]]:
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
        return sum(list(self._shares.values()))

    def renew(self) -> None:
        """Threads are not lost."""

    def end(self) -> None:
        self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)


# --- processes ------------------------------------------------------------------------------------

_SPAWN = multiprocessing.get_context("spawn")  # the same on every system, and safe beside threads


class _Processes(Generic[T]):
    lost: tuple[type[BaseException], ...] = (BrokenExecutor, CancelledError)
    may_stall, is_far = True, False

    def __init__(self, task: Task[T], n: int) -> None:
        self._n = n
        # In a file: a process is started through a pipe that holds little, and one that dies before it has
        # read all would block this one for ever.
        place, name = tempfile.mkstemp(prefix="supportsim-", suffix=".task")
        with open(place, "wb") as file:
            pickle.dump(task, file)
        self._task = Path(name)
        self._children: set[Any] = set()
        self._begin()

    def _begin(self) -> None:
        self._shares = _SPAWN.Array("d", self._n, lock=False)
        self._executor: Executor = ProcessPoolExecutor(
            self._n, _SPAWN, _begin_work, (self._task, self._shares, _SPAWN.Value("i", 0))
        )

    def width(self) -> int:
        return self._n

    def submit(self, number: int) -> Future[Made[T]]:
        before = set(multiprocessing.active_children())
        with _interrupts_later():  # processes are started here
            future: Future[Made[T]] = self._executor.submit(_work, number)
        self._children |= set(multiprocessing.active_children()) - before
        return future

    def share(self) -> float:
        return float(sum(self._shares))

    def renew(self) -> None:
        self._stop()
        self._begin()

    def end(self) -> None:
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


def can_start_processes() -> bool:
    """Whether processes can be started: not from somebody else's worker, nor from a script on stdin.

    A new process imports the main module again, so that must be a file, or nothing as in a notebook.
    """
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    is_there = getattr(main, "__spec__", None) is not None or file is None or Path(file).exists()
    return is_there and not multiprocessing.current_process().daemon


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


# --- a cluster ------------------------------------------------------------------------------------


class _Dask(Generic[T]):
    may_stall = is_far = True

    def __init__(self, task: Task[T], address: str) -> None:
        distributed = library("distributed", "'supportsim[cluster]', here and on the workers")
        self.lost: tuple[type[BaseException], ...] = (
            BrokenExecutor,
            CancelledError,
            distributed.scheduler.KilledWorker,
            distributed.comm.CommClosedError,
            distributed.client.FutureCancelledError,
        )
        try:
            self._client = distributed.Client(address, timeout=_ANSWERS_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as e:
            raise UsageError(f"no Dask cluster answers at '{address}': {e}") from e
        self._payload = pickle.dumps(task)
        self.renew()

    def width(self) -> int:
        return max(int(sum(self._client.nthreads().values())), 1)

    def submit(self, number: int) -> Future[Made[T]]:
        future: Future[Made[T]] = self._executor.submit(_far_work, self._task, number, code_digest())
        return future

    def share(self) -> float:
        return 0.0  # a cluster tells of whole replications only

    def renew(self) -> None:
        self._task = self._client.scatter(self._payload, broadcast=True, hash=False)
        self._executor: Executor = self._client.get_executor(pure=False)

    def end(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close(timeout=_ANSWERS_S)


def _far_work(task: bytes, number: int, digest: str) -> Made[Any]:
    """What a worker of a cluster does."""
    if digest != code_digest():
        raise UsageError("a worker of the cluster has another version of supportsim than this machine")
    with _one_at_a_time:
        found = _loaded(task)
    made: Made[Any] = found.there(number, lambda _: None)
    return made


_one_at_a_time = threading.Lock()


@lru_cache(maxsize=2)
def _loaded(task: bytes) -> Task[Any]:
    """A task, made once for all its replications: its models and compiled tables are large."""
    found: Task[Any] = pickle.loads(task)
    found.ready()
    return found

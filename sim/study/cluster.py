"""A Dask cluster as workers."""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from math import inf
from typing import Any, Generic, TypeVar

from sim.errors import UsageError
from sim.extras import library
from sim.study.executors import Made, Task
from sim.study.identity import computing

__all__ = ["Cluster"]

T = TypeVar("T")

_ANSWERS_S = 15.0  # within which a cluster answers
_SILENT_S = 30.0  # after which a worker may have stopped
_ASKS_S = 1.0  # between two questions how many workers it has
_ALIKE = "install the same here and on all workers"


class Cluster(Generic[T]):
    """A `Pool` that is a Dask cluster.

    Parameters
    ----------
    task
        What its workers do; it is pickled.
    address
        Of the scheduler.

    Raises
    ------
    UsageError
        If it does not answer, has no workers, or others than this machine.
    """

    may_stall = is_far = True

    def __init__(self, task: Task[T], address: str) -> None:
        self._distributed = library("distributed", "'supportsim[cluster]', here and on the workers")
        self.lost: tuple[type[BaseException], ...] = (
            BrokenExecutor,
            CancelledError,
            self._distributed.scheduler.KilledWorker,
            self._distributed.comm.CommClosedError,
            self._distributed.client.FutureCancelledError,
        )
        self._width, self._asked = 1, -inf
        self._payload = pickle.dumps(task)
        self._client = self._connected(address)
        try:
            self._look_at_workers(address)
            self.renew()
        except BaseException:
            self._client.close(timeout=_ANSWERS_S)
            raise

    def _connected(self, address: str) -> Any:
        """A client of the cluster, if that is there: it is asked first, as a client that fails takes long."""

        async def ask() -> None:
            comm = await self._distributed.comm.connect(
                self._distributed.core.coerce_to_address(address),
                timeout=_ANSWERS_S,
                **self._distributed.Security().get_connection_args("client"),
            )
            await comm.close()

        try:
            with ThreadPoolExecutor(1) as thread:  # this one may have an event loop of its own
                thread.submit(asyncio.run, ask()).result()
            return self._distributed.Client(address, timeout=_ANSWERS_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as e:
            raise UsageError(f"no Dask cluster answers at '{address}': {e}") from e

    def _look_at_workers(self, address: str) -> None:
        """Refuse a cluster that has no workers, or others than this machine; one without supportsim would die
        of the first task."""
        try:
            self._client.wait_for_workers(1, timeout=_ANSWERS_S)
        except TimeoutError as e:
            raise UsageError(f"the Dask cluster at '{address}' has no workers") from e
        for worker, told in self._client.run(computing, on_error="return").items():
            if isinstance(told, Exception) and not isinstance(told, OSError):  # not: it cannot be reached now
                raise UsageError(f"the worker at '{worker}' has no supportsim, or an old one; {_ALIKE}")
            if isinstance(told, str) and told != computing():
                raise UsageError(
                    f"the worker at '{worker}' has another version of supportsim, NumPy or SciPy; {_ALIKE}"
                )

    def width(self) -> int:
        """How many replications can be under way."""
        if time.monotonic() - self._asked > _ASKS_S:
            self._asked = time.monotonic()
            with suppress(OSError, RuntimeError):  # it does not answer; its futures will tell
                self._width = max(int(sum(self._client.nthreads().values())), 1)
        return self._width

    def submit(self, number: int) -> Future[Made[T]]:
        """Give a replication out."""
        self._refuse_the_end()
        future: Future[Made[T]] = self._executor.submit(_far_work, self._task, number, computing())
        return future

    def share(self) -> float:
        """Parts of replications that are done, of those under way."""
        return 0.0  # a cluster tells of whole replications only

    def _refuse_the_end(self) -> None:
        """Whoever has lost the scheduler for long has lost all."""
        if self._client.status in ("closing", "closed"):
            raise BrokenExecutor("the cluster is gone")

    def renew(self) -> None:
        """Have workers again after some were lost."""
        self._refuse_the_end()
        try:
            # Dask keeps one copy alone after a while; if a silent worker had it, all others would wait.
            found = self._client.scheduler_info(n_workers=-1)["workers"]
            heard = {worker: float(of["last_seen"]) for worker, of in found.items()}
            latest = max(heard.values(), default=0.0)
            near = [worker for worker, at in heard.items() if latest - at < _SILENT_S]
            self._task = self._client.scatter(self._payload, near or None, broadcast=True, hash=False)
        except (OSError, RuntimeError) as e:  # no workers are left, or no scheduler
            raise BrokenExecutor("the cluster is gone") from e
        self._executor: Executor = self._client.get_executor(pure=False)

    def end(self) -> None:
        """Let all end, at once where they are at work."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=_ANSWERS_S)


def _far_work(task: bytes, number: int, digest: str) -> Made[Any]:
    """What a worker of a cluster does."""
    if digest != computing():
        raise UsageError(
            f"a worker of the cluster has another version of supportsim, NumPy or SciPy; {_ALIKE}"
        )
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

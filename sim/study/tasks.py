"""Replications given out to workers and taken in again, whatever becomes of the workers.

Each number comes in exactly once. A worker that is lost costs time and nothing else: what it was at is given
out again, on new workers if need be, and in this process if workers are lost again and again. Where nothing
has come for long, what is under way is given out a second time, and the first answer counts: a worker may
have stalled. Results that come late or twice are the same results, and are dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from sim.errors import UsageError
from sim.study.executors import Made, Pool, Task

__all__ = ["Told", "in_pool", "in_this_thread"]

T = TypeVar("T")
Told = Callable[[int, float], None]
"""Told how many replications are done, and how many parts of those under way; what it raises ends it all."""

_TELL_S = 0.1  # between two messages about progress
_AHEAD = 2  # replications given out per worker, so that none waits for the next
_STALLED_S = 120.0  # without any result, and ten times the longest wait so far: workers may have stalled
_TIMES = 10.0
_UNKNOWN = 15.0  # times as long before the first result
_MOST_LOSSES = 3  # in a row, without a result in between


def in_this_thread(task: Task[T], numbers: Iterable[int], tell: Told) -> Iterator[tuple[int, Made[T]]]:
    """Replications one after the other."""
    for done, number in enumerate(numbers):
        yield number, task.here(number, partial(tell, done))
        tell(done + 1, 0.0)


def in_pool(
    task: Task[T], pool: Pool[T], numbers: Iterable[int], tell: Told, *, stalled_s: float = _STALLED_S
) -> Iterator[tuple[int, Made[T]]]:
    """Replications in the order in which they are done; the workers end with the iterator.

    Parameters
    ----------
    task
        What the workers do, for what must be done here.
    pool
        Workers that were told to do it.
    numbers
        Of replications, each once.
    tell
        Called now and then in this thread.
    stalled_s
        Time without any result after which workers are thought to have stalled [s].
    """
    try:
        yield from _Giving(task, pool, numbers, tell, stalled_s).made()
    finally:
        pool.end()


class _Giving(Generic[T]):
    """What is given out."""

    def __init__(
        self, task: Task[T], pool: Pool[T], numbers: Iterable[int], tell: Told, stalled_s: float
    ) -> None:
        self._task, self._pool, self._tell = task, pool, tell
        self._todo = iter(numbers)
        self._open: dict[int, None] = {}  # given out and not come in, in order
        self._futures: dict[Future[Made[T]], int] = {}
        self._stalled_s = stalled_s
        self._longest_s = 0.0  # time between two results
        self._heard = time.monotonic()
        self._losses = 0  # since the last result

    def made(self) -> Iterator[tuple[int, Made[T]]]:
        done = 0
        self._give()
        while self._open:
            ended, _ = wait(self._futures, _TELL_S, FIRST_COMPLETED)
            lost: list[int] = []
            is_broken = False
            for future in ended:
                number = self._futures.pop(future)
                if number not in self._open:  # it came late, or twice
                    continue
                try:
                    made = future.result()
                except self._pool.lost as e:
                    lost.append(number)
                    is_broken |= isinstance(e, BrokenExecutor)
                    continue
                self._taken_in(number)
                done += 1
                yield number, made
            lost = [number for number in lost if number in self._open]  # it may have come in from another
            if lost:
                self._losses += 1
                if self._losses > _MOST_LOSSES:
                    break
                if is_broken or self._losses > 1:
                    self._begin_again()
                else:
                    self._give_again(lost)
            elif not ended:
                self._look_for_stalls()
            self._give()
            self._tell(done, self._pool.share())
        if self._open and self._pool.is_far:
            raise UsageError("the workers of the cluster are lost again and again; what is done is kept")
        yield from in_this_thread(self._task, self._left(), lambda n, share: self._tell(done + n, share))

    def _left(self) -> Iterator[int]:
        """What workers did not bring."""
        yield from list(self._open)
        yield from self._todo if self._open else ()

    def _taken_in(self, number: int) -> None:
        del self._open[number]
        if len(self._futures) > len(self._open):  # it was given out twice
            for future, of in self._futures.items():
                if of == number:
                    future.cancel()
        now = time.monotonic()
        self._longest_s = max(self._longest_s, now - self._heard)
        self._heard, self._losses = now, 0

    def _give(self) -> None:
        """Give out as much as workers can have under way, and something more."""
        if self._losses and self._open:
            return
        for _ in range(_AHEAD * self._pool.width() - len(self._open)):
            number = next(self._todo, None)
            if number is None:
                return
            self._open[number] = None
            self._submit(number)

    def _submit(self, number: int) -> None:
        try:
            self._futures[self._pool.submit(number)] = number
        except BrokenExecutor:  # told by the futures that are out, or here
            gone: Future[Made[T]] = Future()
            gone.set_exception(BrokenExecutor("the workers are gone"))
            self._futures[gone] = number

    def _give_again(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._submit(number)

    def _begin_again(self) -> None:
        """Replace the workers; all that was out goes to the new ones."""
        with suppress(*self._pool.lost):
            self._pool.renew()
        self._futures = {}
        self._give_again(self._open)
        self._heard = time.monotonic()

    def _look_for_stalls(self) -> None:
        """Where nothing has come for long, give out again what is under way."""
        limit = max(self._stalled_s, _TIMES * self._longest_s)
        if not self._longest_s:  # nobody knows yet how long one takes
            limit *= _UNKNOWN
        if not self._pool.may_stall or time.monotonic() - self._heard < limit:
            return
        self._longest_s = max(self._longest_s, time.monotonic() - self._heard)
        self._heard = time.monotonic()
        if self._pool.is_far:  # whoever has stopped may have what the others need
            with suppress(*self._pool.lost):
                self._pool.renew()
        self._give_again(self._open)

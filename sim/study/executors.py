"""What every kind of workers is: a `concurrent.futures.Executor` that has been told what to do.

Workers change no figure: a replication depends on its number alone. A worker that is lost (it has died, or
the machine is gone) is told from an error in the work itself, so that `tasks` can give its replications out
again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar, cast

__all__ = ["Made", "Pool", "Replicate", "Task"]

T = TypeVar("T")
Replicate = Callable[[int, Callable[[float], None]], T]
"""Makes the result of a replication, given its number and whom to tell the share done; can be pickled."""


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

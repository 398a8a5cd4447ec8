"""Replications in several threads: same results, in order, and an end when one is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from sim.study.threads import in_threads


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


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_results_come_in_order(n: int) -> None:
    told: list[tuple[int, float]] = []
    found = in_threads(square, n, 2, lambda done, share: told.append((done, share)))
    assert [result for result, _ in found] == [k**2 for k in range(n)]
    assert all(name.startswith("replication") for _, name in found)
    assert told[-1] == (n, 1.0)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_an_error_stops_all_and_is_raised_here() -> None:
    def fails(k: int, tell: Callable[[float], None]) -> None:
        if k == 1:
            raise ZeroDivisionError("in replication 1")
        endless(k, tell)

    with pytest.raises(ZeroDivisionError, match="in replication 1"):
        in_threads(fails, 1_000_000, 2)
    assert threading.active_count() == 1


def test_an_interrupt_while_progress_is_told_stops_all_threads() -> None:
    def interrupted(_: int, share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        in_threads(endless, 1_000_000, 3, interrupted)
    assert threading.active_count() == 1
    assert time.monotonic() - start < 2.0


def test_only_some_replications_are_given_out_at_a_time() -> None:
    begun: list[int] = []

    def counts(k: int, tell: Callable[[float], None]) -> None:
        begun.append(k)
        tell(0.0)
        if k >= 3:
            raise StopIteration

    with pytest.raises(StopIteration):
        in_threads(counts, 1_000_000, 1)
    assert len(begun) < 10

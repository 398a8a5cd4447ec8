"""Replications on several processes: same results, in order, whatever becomes of a worker."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable

import pytest

from sim.study.interrupts import remembered_interrupts
from sim.study.workers import in_processes


class Power:
    """A replication that gives its number to a power."""

    def __init__(self, exponent: int) -> None:
        self.exponent = exponent

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        tell(0.5)
        return k**self.exponent, multiprocessing.parent_process() is not None


class DiesInWorkers(Power):
    """The same, but a worker that tries it ends at once."""

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        if multiprocessing.parent_process() is not None and k == 1:
            os._exit(9)
        return super().__call__(k, tell)


class Fails(Power):
    """The same, but one replication is an error."""

    def __call__(self, k: int, tell: Callable[[float], None]) -> tuple[int, bool]:
        if k == 1:
            raise ZeroDivisionError("in replication 1")
        return super().__call__(k, tell)


def test_results_come_in_order_from_workers() -> None:
    told: list[tuple[int, float]] = []
    found = in_processes(Power(2), 5, 2, lambda done, share: told.append((done, share)))
    assert found == [(k**2, True) for k in range(5)]
    assert told[-1] == (5, 1.0)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_what_a_dying_worker_leaves_is_done_here() -> None:
    found = in_processes(DiesInWorkers(3), 3, 2)
    assert [result for result, _ in found] == [0, 1, 8]
    assert found[1] == (1, False)


def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError, match="in replication 1"):
        in_processes(Fails(2), 3, 2)


def test_a_program_on_stdin_does_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__spec__", None)
    monkeypatch.setattr(main, "__file__", "<stdin>", raising=False)
    assert in_processes(Power(1), 2, 2) == [(0, False), (1, False)]


def dropped_interrupt() -> None:
    """An interrupt as NumPy drops it, inside a look-up."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_was_dropped_is_raised_at_the_next_look_or_the_end() -> None:
    looks = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts() as check:  # noqa: PT012
        check()
        dropped_interrupt()
        with pytest.raises(KeyboardInterrupt):
            check()
        looks.append("raised")
    assert looks == ["raised"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_interrupts_of_somebody_else_are_left_alone() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    try:
        with remembered_interrupts() as check:
            signal.raise_signal(signal.SIGINT)
            check()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]

"""Ctrl-C is never lost, and those of somebody else are left alone."""

from __future__ import annotations

import contextlib
import signal

import pytest

from sim.study.interrupts import remembered_interrupts


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

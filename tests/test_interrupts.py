"""Ctrl-C is never lost, and those of somebody else are left alone."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

import pytest

from sim.study.interrupts import interrupts_later, remembered_interrupts


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


def test_an_interrupt_waits_until_the_end_of_a_block() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts_later():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        done.append("all of it")
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_another_thread_hears_of_waits_too() -> None:
    """A signal that one thread does not take goes to another, and Python acts on it in the first."""
    done = []
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt), interrupts_later():  # noqa: PT012
            signal.pthread_kill(other.ident or 0, signal.SIGINT)
            time.sleep(0.3)
            done.append("all of it")
    finally:
        end.set()
        other.join()
    assert done == ["all of it"]

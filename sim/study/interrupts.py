"""Ctrl-C that is never lost.

An interrupt raises ``KeyboardInterrupt`` wherever Python happens to be, and some C code drops an error
that arises while it looks something up: NumPy does so when an array meets an enumeration (on Python
3.11), so one interrupt in ten or so went unnoticed.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

__all__ = ["interrupts_end_all", "interrupts_later", "remembered_interrupts"]


def _are_ours() -> bool:
    """Whether nobody else sees to interrupts, and this thread may."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return is_default and threading.current_thread() is threading.main_thread()


@contextmanager
def remembered_interrupts() -> Iterator[Callable[[], None]]:
    """Remember interrupts inside the block; what is given raises one that was dropped on its way."""
    if not _are_ours():
        yield lambda: None  # somebody else sees to interrupts
        return
    has_come = False

    def remember(*_: Any) -> None:
        nonlocal has_come
        has_come = True
        raise KeyboardInterrupt

    def check() -> None:
        if has_come:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, remember)
    try:
        yield check
        check()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Ctrl-C waits until the end of the block; processes started inside never see it and print no trace.

    Processes inherit the mask. This one may hear of the signal in another thread all the same, so what is
    done about it is put off too.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start would let interrupts through again
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handler = signal.getsignal(signal.SIGINT)
    have_come: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    if is_main:
        signal.signal(signal.SIGINT, lambda number, _: have_come.append(number))
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if have_come and callable(handler):
            handler(signal.SIGINT, None)


@contextmanager
def interrupts_end_all(exit_code: int, last_words: Callable[[], None]) -> Iterator[None]:
    """An interrupt inside the block ends the program at once: no block is left, no file is put away.

    For a compiler, which looks at interrupts seconds later only, and may lose them or fail in odd ways.

    Parameters
    ----------
    exit_code
        Of the process.
    last_words
        Called before its end, in another thread.
    """
    if not _are_ours():
        yield
        return
    heard, told = socket.socketpair()  # Python writes the numbers of signals to it as they come

    def watch() -> None:
        while (number := heard.recv(1)) not in (b"", b"\0"):
            if number[0] == signal.SIGINT:
                last_words()
                os._exit(exit_code)

    told.setblocking(False)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.set_wakeup_fd(before)
        told.send(b"\0")
        watcher.join()
        heard.close()
        told.close()

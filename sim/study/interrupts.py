"""Ctrl-C that is never lost.

An interrupt raises ``KeyboardInterrupt`` wherever Python happens to be, and some C code drops an error
that arises while it looks something up: NumPy does so when an array meets an enumeration (on Python
3.11), so one interrupt in ten or so went unnoticed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["remembered_interrupts"]


@contextmanager
def remembered_interrupts() -> Iterator[Callable[[], None]]:
    """Remember interrupts inside the block; what is given raises one that was dropped on its way."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_ours or threading.current_thread() is not threading.main_thread():
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

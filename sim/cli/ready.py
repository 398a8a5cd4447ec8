"""The engine, ready to simulate."""

from __future__ import annotations

import sys

__all__ = ["ready"]


def ready(engine: str) -> str:
    """The engine that a name means here, compiled if need be; what the user should know goes to stderr.

    Call it before anything is made that an interruption would have to clear away.
    """
    from sim.study.compiling import ready_engine
    from sim.study.interrupts import interrupts_end_all

    with interrupts_end_all(130, lambda: _say("interrupted")):
        return ready_engine(engine, _say)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

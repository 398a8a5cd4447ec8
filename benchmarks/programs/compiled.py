"""Our compiled engine."""

from __future__ import annotations

from functools import partial

from benchmarks.ours import prepared
from sim.engine.compiled import simulate
from sim.version import VERSION

__all__ = ["NAME", "engine", "prepare"]

NAME = f"supportsim {VERSION}, compiled engine"

engine = simulate
prepare = partial(prepared, engine)

"""Our compiled engine."""

from __future__ import annotations

from functools import partial

from benchmarks.ours import prepared
from sim.version import VERSION

__all__ = ["NAME", "prepare"]

NAME = f"supportsim {VERSION}, compiled engine"

prepare = partial(prepared, "compiled")

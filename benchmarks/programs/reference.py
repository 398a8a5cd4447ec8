"""Our reference engine, which is written in SimPy to be read."""

from __future__ import annotations

from functools import partial

from benchmarks.ours import prepared
from sim.version import VERSION

__all__ = ["NAME", "prepare"]

NAME = f"supportsim {VERSION}, reference engine"

prepare = partial(prepared, "reference")

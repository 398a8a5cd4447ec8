"""SciPy, each of its parts loaded when it is first asked for: ``late_scipy.special.ndtri(u)``.

Importing SciPy takes as long as all else that checking a scenario does, and most scenarios need none of it to
be checked: only laws by percentiles and laws of SciPy do. Which ones a scenario has shows when it is read,
and whether tables of laws are already kept shows when they are asked for; no order of imports can know
either. So this is the one place below the command line where something is imported late.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__: list[str] = []

_PARTS = ("optimize", "special", "stats")


def __getattr__(name: str) -> Any:
    if name not in _PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    part = globals()[name] = import_module(f"scipy.{name}")
    return part

"""Libraries that are used where one has them, and loaded when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.errors import UsageError

__all__ = ["library"]


def library(name: str, install: str = "") -> Any:
    """A library by its name.

    Parameters
    ----------
    name
        As it is imported.
    install
        What to give pip where it is missing; by default the name.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as e:
        raise UsageError(f"{name} is not installed; pip install {install or name}") from e

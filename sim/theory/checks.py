"""Refusing numbers that make no sense."""

from __future__ import annotations

from math import inf

__all__ = ["at_least", "positive", "share", "whole"]


def positive(**values: float) -> None:
    """Every value is a finite number above 0, else ValueError."""
    for name, value in values.items():
        if not 0 < value < inf:
            raise ValueError(f"{name} must be a number above 0, not {value}")


def at_least(least: float, **values: float) -> None:
    """Every value is a finite number, not below ``least``, else ValueError."""
    for name, value in values.items():
        if not least <= value < inf:
            raise ValueError(f"{name} must be a number, at least {least:g}, not {value}")


def share(**values: float) -> None:
    """Every value lies strictly between 0 and 1, else ValueError."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {value}")


def whole(least: int, **values: int) -> None:
    """Every value is a whole number, not below ``least``, else ValueError."""
    for name, value in values.items():
        if not (least <= value < inf and value == int(value)):
            raise ValueError(f"{name} must be a whole number, at least {least}, not {value}")

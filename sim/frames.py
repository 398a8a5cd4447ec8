"""Tables of pandas or polars, where these are installed; supportsim itself needs neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from sim.errors import UsageError

__all__ = ["to_pandas", "to_polars"]


def to_pandas(columns: Mapping[str, Sequence[Any]]) -> Any:
    """A ``pandas.DataFrame`` of these columns.

    Raises
    ------
    UsageError
        If pandas is not installed.
    """
    return _library("pandas").DataFrame(dict(columns))


def to_polars(columns: Mapping[str, Sequence[Any]]) -> Any:
    """A ``polars.DataFrame`` of these columns.

    Raises
    ------
    UsageError
        If polars is not installed.
    """
    return _library("polars").DataFrame(dict(columns), strict=False)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as e:
        raise UsageError(f"{name} is not installed; pip install {name}") from e

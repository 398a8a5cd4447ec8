"""Tables of pandas or polars, where these are installed; supportsim itself needs neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.extras import library

__all__ = ["to_pandas", "to_polars"]


def to_pandas(columns: Mapping[str, Sequence[Any]]) -> Any:
    """A ``pandas.DataFrame`` of these columns.

    Raises
    ------
    UsageError
        If pandas is not installed.
    """
    return library("pandas").DataFrame(dict(columns))


def to_polars(columns: Mapping[str, Sequence[Any]]) -> Any:
    """A ``polars.DataFrame`` of these columns.

    Raises
    ------
    UsageError
        If polars is not installed.
    """
    return library("polars").DataFrame(dict(columns), strict=False)

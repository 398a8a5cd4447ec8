"""What pictures read out of a result document: series over the day, the desks, the longest waits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import UsageError, nearest
from sim.present import words

__all__ = [
    "ALL",
    "Day",
    "Document",
    "Floats",
    "Series",
    "busiest_desk",
    "checked_desk",
    "day_of",
    "desks",
    "has_waits",
    "longest_s",
    "peak_of",
    "peak_wait",
    "scaled",
    "series",
    "stage_series",
    "top_of",
    "waited",
]

Floats = NDArray[np.float64]
Document = Mapping[str, Any]

ALL = "all"
"""Name under which the document keeps all desks together."""


class Series(NamedTuple):
    """A figure over the day; NaN where there is none. Both of shape (n intervals,)."""

    value: Floats
    half_width: Floats


class Day(NamedTuple):
    """The clock: minutes after midnight at which intervals begin, and their length in minutes."""

    begins: Floats
    length: float

    @property
    def middles(self) -> Floats:
        """Minutes after midnight of the middles of the intervals."""
        return self.begins + self.length / 2


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if v is None else v for v in values], np.float64)


def series(block: Mapping[str, Any], key: str, n: int) -> Series:
    """A series of a stage or team block: ``{"value": [...], "half_width": [...]}`` or a bare list."""
    found = block.get(key, {})
    if not isinstance(found, Mapping):
        found = {"value": found}
    empty = [None] * n
    return Series(_floats(found.get("value") or empty), _floats(found.get("half_width") or empty))


def stage_series(document: Document, stage: str, key: str) -> Series:
    """A series of a stage."""
    intervals = document["intervals"]
    return series(intervals["stages"][stage], key, len(intervals["starts"]))


def scaled(of: Series, divisor: float) -> Series:
    """The series in a unit of so many."""
    return Series(of.value / divisor, of.half_width / divisor)


def day_of(document: Document) -> Day:
    """The clock of a document."""
    intervals = document["intervals"]
    begins = _floats([words.clock_minutes(text) for text in intervals["starts"]])
    return Day(begins, intervals["length_s"] / 60.0)


def has_waits(document: Document, stage: str) -> bool:
    """Whether a stage of ``intervals`` is a desk, or all of them."""
    return "wait.mean" in document["intervals"]["stages"][stage]


def desks(document: Document) -> list[str]:
    """Names of the desks of a document, in its order; without `ALL`."""
    return [name for name in document["intervals"]["stages"] if name != ALL and has_waits(document, name)]


def waited(document: Document, stage: str) -> float:
    """Time all contacts of a day wait at a desk, in seconds."""
    arrivals = stage_series(document, stage, "arrivals").value
    return float(np.nansum(arrivals * stage_series(document, stage, "wait.mean").value))


def busiest_desk(document: Document) -> str:
    """The desk at which customers wait longest in all; the one a picture shows unless asked otherwise."""
    names = desks(document)
    if not names:
        raise UsageError("the result has no desk, so there are no waits to draw")
    return max(names, key=lambda name: waited(document, name))


def checked_desk(document: Document, stage: str) -> str:
    """The name, if it is a desk's or `ALL`.

    Raises
    ------
    UsageError
        If there is no such desk; names the nearest one.
    """
    known = [name for name in document["intervals"]["stages"] if has_waits(document, name)]
    if stage in known:
        return stage
    near = nearest(stage, known)
    if stage in document["intervals"]["stages"] or stage in document.get("stages", {}):
        raise UsageError(f"nobody waits at '{stage}', it is no desk; desks: {', '.join(desks(document))}")
    hint = f"did you mean '{near}'?" if near else f"desks: {', '.join(desks(document))}"
    raise UsageError(f"no desk '{stage}'; {hint}")


def top_of(*shown: Series) -> float:
    """Highest value that an axis must hold; 0 where there is none.

    A band may rise half as far again as the highest line: one uncertain interval must not flatten the rest.
    """
    there = [s for s in shown if np.isfinite(s.value).any()]
    line = max((float(np.nanmax(s.value)) for s in there), default=0.0)
    band = max((float(np.nanmax(s.value + np.nan_to_num(s.half_width))) for s in there), default=0.0)
    return min(band, 1.5 * line)


def longest_s(document: Document, stage: str) -> float:
    """The longest wait that a wait axis must hold, in seconds."""
    return top_of(stage_series(document, stage, "wait.mean"), stage_series(document, stage, "wait.p90"))


def peak_of(values: Floats) -> int | None:
    """Number of the interval with the highest value."""
    return int(np.nanargmax(values)) if np.isfinite(values).any() else None


def peak_wait(document: Document, stage: str) -> float:
    """The longest mean wait of an interval, in seconds; 0 where nobody came."""
    waits = stage_series(document, stage, "wait.mean").value
    return top_of(Series(waits, np.zeros(len(waits))))

"""Limits on differences: ``wait.mean > +10%`` fails a plan that makes waits longer by more than a tenth."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sim.errors import UsageError
from sim.scenario.wishes import parse_figure
from sim.units import WordsError

__all__ = ["Broken", "Limit", "broken", "check_limits", "parse_limit"]

_HINT = "write for example 'wait.mean > +10%', 'service_level < -1 pp' or 'chat.wait.p90 > +30 s'"


class Limit(NamedTuple):
    """What the difference of a plan to the first must not pass."""

    path: str
    is_above: bool  # else: below
    bound: float  # in the measure's own unit, or a share of the first's figure
    unit: str  # "relative", or that of the bound
    words: str


class Broken(NamedTuple):
    """A limit that a plan passes."""

    limit: Limit
    variant: str
    difference: float | None  # None: the plan has no such figure
    is_sure: bool  # the whole interval lies beyond


def parse_limit(words: str) -> Limit:
    """A limit in words.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> parse_limit("wait.mean > +10%")[:4]
    ('wait.mean', True, 0.1, 'relative')
    >>> parse_limit("service_level < -1 pp")[:4]
    ('service_level', False, -0.01, 'share')
    """
    found = re.fullmatch(r"\s*(\S.*?)\s*([<>])\s*([+-]?)\s*(\S.*?)\s*", words)
    if not found:
        raise UsageError(f"'{words}' is no limit; {_HINT}")
    path, side, sign, amount = found.groups()
    try:
        figure = parse_figure(amount)
    except WordsError as e:
        raise UsageError(f"'{words}' is no limit: {e.message}; {_HINT}") from e
    unit = "relative" if amount.rstrip().endswith("%") else figure.unit
    return Limit(path, side == ">", -figure.value if sign == "-" else figure.value, unit, words.strip())


def check_limits(limits: Sequence[Limit], units: Mapping[str, str]) -> None:
    """Refuse bounds that have not the unit of their measure.

    Parameters
    ----------
    limits
        What is asked for.
    units
        Of the measures, by path.

    Raises
    ------
    UsageError
        At the first that does not go with its measure.
    """
    for limit in limits:
        unit = units[limit.path]
        needs = unit if unit in ("share", "s") else unit.partition("/")[0]
        is_bare_number = limit.unit == "" and unit not in ("share", "s")
        if limit.unit not in ("relative", needs) and not is_bare_number:
            known = {"share": "a share ('+1 pp', '+10%')", "s": "a time ('+30 s', '+10%')"}
            said = known.get(unit, f"numbers ({unit}); write for example '+10%' or a bare number")
            raise UsageError(f"'{limit.words}': {limit.path} is measured as {said}")


def broken(limits: Sequence[Limit], comparison: Mapping[str, Any]) -> list[Broken]:
    """The limits that plans pass; for sure only where the half-width is known."""
    found = []
    for limit in limits:
        row = next(row for row in comparison["measures"] if row["path"] == limit.path)
        factor = (row["of"][0]["value"] or 0.0) if limit.unit == "relative" else 1.0
        for variant, cell in zip(comparison["variants"][1:], row["of"][1:], strict=True):
            if cell["difference"] is None:
                found.append(Broken(limit, variant["name"], None, False))
                continue
            beyond = (cell["difference"] - limit.bound * factor) * (1 if limit.is_above else -1)
            if beyond > 0:
                width = cell["difference_half_width"]
                is_sure = width is not None and beyond > width
                found.append(Broken(limit, variant["name"], cell["difference"], is_sure))
    return found

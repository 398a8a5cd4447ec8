"""Relative values: ``20% more``, ``10% less``, ``5 fewer``, ``2 min more``, laid on what is below them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from sim.scenario.marks import Path
from sim.units import WordsError, duration

__all__ = ["Change", "NotChangeable", "changed", "parse_change"]

_NUMBER = r"\d+(?:_\d+)*(?:\.\d+)?"
_CHANGE = re.compile(rf"({_NUMBER})\s*(\S+(?:\s\S+)?)??\s+(more|less|fewer)", re.ASCII)
_LEADING = re.compile(rf"({_NUMBER})(\s*)(\S*)(.*)", re.ASCII | re.S)  # number, gap, unit, more words
_LAW = re.compile(r"\b(?:exactly|exponential|lognormal|gamma|weibull|uniform|percentiles|from|scipy)\b")
_TIMES = re.compile(rf"({_NUMBER})\s+times\s+(.+)", re.ASCII | re.S)
_SEVERAL_UNITS = re.compile(rf"(?:{_NUMBER}\s*[^\W\d]+\s*){{2,}}", re.ASCII)
_LARGEST = Decimal(10**15)  # twelve decimals more are still exact in the default context
_UNMOVED = frozenset(("rest", "never", "always first"))


class NotChangeable(Exception):
    """The value below cannot be changed this way; ``path`` leads to it inside a table."""

    def __init__(self, message: str, hint: str | None = None, path: Path = ()) -> None:
        super().__init__(message)
        self.message, self.hint, self.path = message, hint, path


@dataclass(frozen=True)
class Change:
    """A relative value in parts."""

    words: str  # as written
    amount: Decimal  # signed: below zero for less and fewer
    unit: str  # "%" for a share of the value below; "" for a bare number; else as written

    @property
    def factor(self) -> Decimal | None:
        """What the value below is multiplied with; None where an amount is added."""
        return 1 + self.amount / 100 if self.unit in ("%", "percent") else None


def parse_change(value: object) -> Change | None:
    """The relative value that a text is; None for every other value.

    Examples
    --------
    >>> parse_change("20% more").factor
    Decimal('1.2')
    >>> parse_change("20%") is None
    True
    """
    found = _CHANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    amount = Decimal(found.group(1).replace("_", ""))
    return Change(found.group(), amount if found.group(3) == "more" else -amount, found.group(2) or "")


def changed(base: object, change: Change) -> object:
    """The value below with a change applied.

    Whole numbers stay whole, rounded half up. Of a text that begins with a number the number changes and
    the unit stays; a law becomes a multiple (``1.2 times exponential 5 min``); of a table every leaf
    changes, except ``rest``, ``never`` and ``always first``. All arithmetic is decimal, so exact.

    Raises
    ------
    NotChangeable
        If the value below has no number or another unit, or the result would be below zero.

    Examples
    --------
    >>> changed("50%", parse_change("20% more"))
    '60%'
    >>> changed(7, parse_change("20% more"))
    8
    """
    if isinstance(base, dict):
        return {key: _inside(key, inner, change) for key, inner in base.items()}
    if isinstance(base, int | float) and not isinstance(base, bool):
        return _changed_number(base, change)
    if isinstance(base, str):
        return base if base.strip() in _UNMOVED else _changed_text(base.strip(), change)
    raise _cannot(base, change)


def _inside(key: str, base: object, change: Change) -> object:
    try:
        return changed(base, change)
    except NotChangeable as inner:
        raise NotChangeable(inner.message, inner.hint, (key, *inner.path)) from None


def _cannot(base: object, change: Change) -> NotChangeable:
    shown = "a list" if isinstance(base, list) else "nothing" if base is None else f"'{base}'"
    return NotChangeable(f"{shown} cannot be made '{change.words}'", "write the new value itself")


def _changed_number(base: int | float, change: Change) -> int | float:
    if change.factor is None and change.unit:
        raise NotChangeable(f"'{change.words}' has a unit, but the value below is the bare number {base}")
    new = _applied(Decimal(str(base)), change, change.amount)
    return int((new + Decimal("0.5")).to_integral_value(ROUND_FLOOR)) if isinstance(base, int) else float(new)


def _changed_text(base: str, change: Change) -> str:
    times = _TIMES.fullmatch(base)
    if times or _LAW.search(base):
        if change.factor is None:
            raise NotChangeable(
                f"the law '{base}' can only be made a share longer or shorter",
                "write for example '20% more', or the new law itself",
            )
        factor = Decimal(times.group(1).replace("_", "")) if times else Decimal(1)
        new = _applied(factor, change, change.amount)
        return f"{_words(new)} times {times.group(2) if times else base}"
    if _SEVERAL_UNITS.fullmatch(base):
        base = _in_last_unit(base)
    found = _LEADING.fullmatch(base)
    if not found or found.group(3).startswith((":", "-", ".", "_")):  # clock times, dates, ranges
        raise _cannot(base, change)
    number, gap, unit, more = found.groups()
    amount = change.amount if change.factor is not None else _amount_in(unit, base, change)
    return _words(_applied(Decimal(number.replace("_", "")), change, amount)) + gap + unit + more


def _applied(base: Decimal, change: Change, amount: Decimal) -> Decimal:
    try:
        new = base + amount if change.factor is None else base * change.factor
    except ArithmeticError:
        new = _LARGEST + 1
    if new > _LARGEST:
        raise NotChangeable(f"'{change.words}' makes the value below too large")
    if new < 0:
        raise NotChangeable(f"'{change.words}' would make {_words(base)} less than nothing")
    return new


def _amount_in(unit: str, base: str, change: Change) -> Decimal:
    """The change's amount in the unit of the value below."""
    if change.unit == unit or (unit in ("%", "percent") and change.unit == "pp"):
        return change.amount
    there, here = _ticks(unit), _ticks(change.unit)
    if there and here:
        return change.amount * here / there
    hint = f"write for example '{_words(abs(change.amount))} {'pp' if unit == '%' else unit} more'"
    if not change.unit:
        raise NotChangeable(f"'{change.words}' needs a unit; the value below is '{base}'", hint)
    raise NotChangeable(f"'{change.words}' does not go with '{base}'", hint)


def _ticks(unit: str) -> int | None:
    """Ticks of a unit of time; None for every other unit."""
    try:
        return duration(f"1 {unit}") if unit else None
    except WordsError:
        return None


def _in_last_unit(words: str) -> str:
    """``1 h 30 min`` as ``90 min``; the same words where that is no duration."""
    unit = re.split(r"[\d\s._]+", words)[-1]
    try:
        ticks = duration(words)
    except WordsError:
        return words
    one = _ticks(unit)
    return f"{_words(Decimal(ticks) / one)} {unit}" if one else words


def _words(number: Decimal) -> str:
    return f"{round(number, 12).normalize():f}"

"""Targets and claims in words: ``80% in 20 s``, ``at most 5%``, ``at most 2 min``, ``17% less``."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from sim.scenario.relative import parse_change
from sim.units import SECOND, WordsError, duration, money, no_such, number, share

__all__ = [
    "ChangeOf",
    "Figure",
    "FigureClaim",
    "Wish",
    "parse_claimed_change",
    "parse_figure",
    "parse_wish",
    "source_kind",
]


class Figure(NamedTuple):
    """A number in the unit in which measures are given: share 0..1, seconds, money, or a plain number."""

    value: float
    unit: str  # "share", "s", a currency, or ""


class ChangeOf(Enum):
    """What a claimed change is counted in."""

    SHARE = "share"  # of the figure of the scenario below: 17% less
    AMOUNT = "amount"  # the figure's own unit: 3 pp more, 12 min less


class FigureClaim(NamedTuple):
    """One figure of a claim, and its tolerance where it has one of its own."""

    is_: Figure  # of a change: by how much it is more; below 0 where it is less
    within: Figure | None = None
    change: ChangeOf | None = None  # against the scenario below; None: the figure itself is claimed


class Wish(NamedTuple):
    """What a planner wants of a measure."""

    at_least: bool
    figure: Figure
    within_s: float | None  # the threshold of a service level
    words: str


def source_kind(words: str) -> str:
    """What kind of source it is: the first word of what is written.

    Examples
    --------
    >>> source_kind("expected (own arithmetic)")
    'expected'
    """
    return words.split(" ", 1)[0]


def parse_figure(value: object, offset: int = 0) -> Figure:
    """A figure with its unit: ``5%``, ``3 pp``, ``18 min``, ``0.9 CNY``, ``120``.

    Raises
    ------
    WordsError
        If it is none of these.

    Examples
    --------
    >>> parse_figure("18 min")
    Figure(value=1080.0, unit='s')
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Figure(float(value), "")
    hint = "write for example 5%, 18 min or 120"
    if not isinstance(value, str) or not any(c.isdigit() for c in value):
        raise WordsError(no_such(value, "a figure"), hint, offset)
    text = value.strip()
    if re.fullmatch(r"[\d._+-]+\s*pp", text):
        return Figure(number(text[:-2], offset=offset) / 100, "share")
    if text.endswith("%") or "percent" in text:
        return Figure(share(text, offset), "share")
    if re.search(r"\b[A-Z]{3}\b", text):
        amount = money(text, offset)
        return Figure(amount.amount, amount.currency)
    if re.search(r"[A-Za-z]", text):
        return Figure(duration(text, offset) / SECOND, "s")
    return Figure(number(text, offset=offset), "")


def parse_claimed_change(words: object, offset: int = 0) -> FigureClaim:
    """A change against the scenario below: ``17% less``, ``3 pp more``, ``12 min less``, ``3 fewer``.

    Raises
    ------
    WordsError
        If it is none of these.

    Examples
    --------
    >>> parse_claimed_change("12 min less").is_
    Figure(value=-720.0, unit='s')
    """
    change = parse_change(words)
    if change is None:
        hint = "write for example '17% less', '5 pp more' or '3 fewer'"
        raise WordsError(no_such(words, "a change"), hint, offset)
    amount = float(change.amount)
    if change.factor is not None:
        return FigureClaim(Figure(amount / 100, "share"), change=ChangeOf.SHARE)
    figure = parse_figure(f"{abs(amount)} {change.unit}", offset)
    return FigureClaim(
        Figure(figure.value if amount > 0 else -figure.value, figure.unit), change=ChangeOf.AMOUNT
    )


def parse_wish(value: object) -> Wish:
    """A target in words.

    Raises
    ------
    WordsError
        If it is neither ``SHARE in TIME`` nor ``at most FIGURE`` nor ``at least FIGURE``.

    Examples
    --------
    >>> parse_wish("80% in 20 s").within_s
    20.0
    """
    hint = "write for example '80% in 20 s', 'at most 5%' or 'at least 60%'"
    if not isinstance(value, str):
        raise WordsError(no_such(value, "a target"), hint)
    found = re.fullmatch(r"\s*(at most|at least)?\s*(.+?)(\s+in\s+(.+?))?\s*", value)
    if not found or not (found.group(1) or found.group(3)):
        raise WordsError(f"'{value}' does not say which side is good", hint)
    within = None
    if found.group(3):
        within = duration(found.group(4), found.start(4)) / SECOND
    figure = parse_figure(found.group(2), found.start(2))
    if within is not None and figure.unit != "share":
        raise WordsError("a service level is a share in a time", hint, found.start(2))
    return Wish(found.group(1) != "at most", figure, within, " ".join(value.split()))

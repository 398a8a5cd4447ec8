"""Measures put together: ``seniors.cost.total / own.cost.total``, ``0.6 * a.wait.peak + 0.4 * b.wait.peak``.

The signs ``+ - * /`` stand between blanks, for names may contain them; brackets may stand at words.
Deviations go through to first order (delta method), so that what two measures have in common, the same
days, is told from what they have not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import UsageError
from sim.measure.figure import Estimate

__all__ = [
    "ANY",
    "Expression",
    "Number",
    "Pair",
    "Path",
    "evaluated",
    "parse_expression",
    "paths_in",
    "unit_of",
]

ANY = "any"
"""The unit of what is no quantity of its own, such as a cost times a share of a wait."""

Floats = NDArray[np.float64]

_NUMBER = re.compile(r"\d[\d_]*(\.\d+)?")
_RANKS = (("+", "-"), ("*", "/"))


@dataclass(frozen=True)
class Path:
    """A measure."""

    words: str


@dataclass(frozen=True)
class Number:
    """A plain number."""

    value: float


@dataclass(frozen=True)
class Pair:
    """Two expressions and the sign between them."""

    sign: str
    left: Expression
    right: Expression


Expression = Path | Number | Pair


def parse_expression(text: str) -> Expression:
    """A measure path, or several joined by ``+ - * /`` and brackets.

    Raises
    ------
    UsageError
        If something is missing.

    Examples
    --------
    >>> parse_expression("a.cost.total / b.cost.total")
    Pair(sign='/', left=Path(words='a.cost.total'), right=Path(words='b.cost.total'))
    """
    tokens = _tokens(text)
    found = _joined(tokens, 0)
    if tokens:
        raise UsageError(f"there is a '{tokens[0]}' too many in '{text}'")
    if not paths_in(found):
        raise UsageError(f"there is no measure in '{text}'")
    return found


def _tokens(text: str) -> list[str]:
    """Signs, brackets and what stands between them."""
    tokens: list[str] = []
    between: list[str] = []

    def finish() -> None:
        if between:
            tokens.append(" ".join(between))
            between.clear()

    for word in text.split():
        if word in "+-*/":
            finish()
            tokens.append(word)
            continue
        bare = word.lstrip("(")
        tokens += "(" * (len(word) - len(bare)) if not between else ""
        name = bare.rstrip(")")
        if name:
            between.append(name)
        if len(name) < len(bare):
            finish()
            tokens += ")" * (len(bare) - len(name))
    finish()
    return tokens


def _joined(tokens: list[str], rank: int) -> Expression:
    """What the first tokens make; they are taken off."""
    if rank == len(_RANKS):
        return _single(tokens)
    left = _joined(tokens, rank + 1)
    while tokens and tokens[0] in _RANKS[rank]:
        sign = tokens.pop(0)
        left = Pair(sign, left, _joined(tokens, rank + 1))
    return left


def _single(tokens: list[str]) -> Expression:
    if not tokens or tokens[0] in ("+", "-", "*", "/", ")"):
        raise UsageError("a measure is missing" + (f" before '{tokens[0]}'" if tokens else " at the end"))
    token = tokens.pop(0)
    if token != "(":
        return Number(float(token)) if _NUMBER.fullmatch(token) else Path(token)
    inside = _joined(tokens, 0)
    if not tokens or tokens.pop(0) != ")":
        raise UsageError("a bracket is not closed")
    return inside


def paths_in(expression: Expression) -> tuple[str, ...]:
    """The measures of an expression, from left to right."""
    if isinstance(expression, Pair):
        return paths_in(expression.left) + paths_in(expression.right)
    return (expression.words,) if isinstance(expression, Path) else ()


def evaluated(expression: Expression, of: Callable[[str], Estimate]) -> Estimate:
    """The value and the deviations of an expression, NaN where it divides by 0.

    Parameters
    ----------
    expression
        What to compute.
    of
        Value and deviations (units,) of a measure path. Where two have different units (days and groups
        of days) the whole has none, and so no half-width.
    """
    if isinstance(expression, Number):
        return Estimate(np.asarray(expression.value), np.zeros(1))
    if isinstance(expression, Path):
        return of(expression.words)
    a, b = evaluated(expression.left, of), evaluated(expression.right, of)
    da, db = _shared(a, b, expression)
    if expression.sign in "+-":
        sign = 1.0 if expression.sign == "+" else -1.0
        return Estimate(np.asarray(a.value + sign * b.value), da + sign * db)
    if expression.sign == "*":
        return Estimate(np.asarray(a.value * b.value), da * b.value + db * a.value)
    if b.value == 0:
        return Estimate(np.asarray(np.nan), np.full_like(da, np.nan))
    ratio = a.value / b.value
    return Estimate(np.asarray(ratio), (da - ratio * db) / b.value)


def _shared(a: Estimate, b: Estimate, pair: Pair) -> tuple[Floats, Floats]:
    """Deviations by the units that both have."""
    of_a, of_b = (found.deviations for found in (a, b))
    if not paths_in(pair.left):
        of_a = np.zeros_like(of_b)
    if not paths_in(pair.right):
        of_b = np.zeros_like(of_a)
    return (of_a, of_b) if len(of_a) == len(of_b) else (of_a[:0], of_b[:0])


def unit_of(expression: Expression, of: Callable[[str], str]) -> str:
    """The unit of an expression: a measure's own, empty for a plain number or ratio, or `ANY`.

    Raises
    ------
    UsageError
        If unlike things are added.
    """
    if isinstance(expression, Number):
        return ""
    if isinstance(expression, Path):
        return of(expression.words)
    a, b = unit_of(expression.left, of), unit_of(expression.right, of)
    if expression.sign in "+-":
        plain = {"share", ""}
        if a == b or ANY in (a, b):
            return a
        if {a, b} == plain:
            return "share"
        raise UsageError(f"'{_named(a)}' and '{_named(b)}' cannot be added")
    if expression.sign == "/":
        return "" if a == b else a if b in ("", "share") else ANY
    return a if b in ("", "share") else b if a in ("", "share") else ANY


def _named(unit: str) -> str:
    return unit or "a plain number"

"""What a sweep varies, in words, and the points at which it is tried: grids, latin hypercubes, Sobol points.

A range is a lattice: the lower end and so many steps, in decimal arithmetic, so 40 and 45 min stay just that.
A range without steps is one with very small ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import NamedTuple, NoReturn

from sim import late_scipy as scipy
from sim.errors import UsageError
from sim.units import MINUTE, WordsError, clock, duration, time_of_day

__all__ = ["AS_IT_IS", "DESIGNS", "MOST_POINTS", "Level", "Varied", "design", "parse_varied", "settings"]

AS_IT_IS = "as it is"
"""The value that a scenario has without any setting."""

DESIGNS = ("grid", "lhs", "sobol")

MOST_POINTS = 1_000
"""More are refused: nobody means to wait for so many."""

_SEED = 1  # of every design: the points never depend on the seed of the simulation
_FINENESS = 2  # digits beyond that of the span: a range without steps has 100 to 1,000 of them
_CLOCK, _CHANGE = "clock", "change"
_NUMBER = r"[+-]?\d+(?:_\d+)*(?:\.\d+)?"
_AMOUNT = re.compile(rf"({_NUMBER})(\s*)(\S*(?:\s\S+)?)", re.ASCII)
_RELATIVE = re.compile(rf"({_NUMBER})(\s*)(\S+(?:\s\S+)?)??\s+(more|less|fewer)", re.ASCII)
_RANGE = re.compile(r"(.+?)\s*\.\.\s*(.+?)(?:\s+step\b\s*(.*))?")
_SAME = ("as-is", "as is")  # other ways to write `AS_IT_IS`
_HINT = "write for example 'teams.own.agents=40..60 step 5' or 'demand.volume=10% less, as it is, 10% more'"


class Level(NamedTuple):
    """A value of what is varied."""

    words: str  # as they stand behind the "=" of a setting, or `AS_IT_IS`
    at: float | None  # its place on an axis, in the unit of the varied quantity; None: it has none


class _Amount(NamedTuple):
    """A number with its unit."""

    number: Decimal
    unit: str
    gap: str  # between the two, as written
    kind: str = ""  # `_CLOCK` (the number: minutes after midnight), `_CHANGE` (signed), or plain


@dataclass(frozen=True)
class _Lattice:
    """Numbers from ``low`` on, ``step`` apart."""

    low: _Amount
    step: Decimal
    n: int

    def level(self, k: int) -> Level:
        """Number k in words."""
        number = self.low.number + k * self.step
        return Level(_words(self.low._replace(number=number)), float(number))


@dataclass(frozen=True)
class Varied:
    """One quantity that is varied."""

    path: str
    words: str  # as written
    unit: str  # of the axis: "", "min", "%", "/day", "change %", "clock" (minutes after midnight)
    values: tuple[Level, ...] | _Lattice
    has_steps: bool = True  # else: a range from which only samples are taken

    @property
    def n_levels(self) -> int:
        """How many values it may take."""
        return self.values.n if isinstance(self.values, _Lattice) else len(self.values)

    def level(self, k: int) -> Level:
        """Value number k."""
        return self.values.level(k) if isinstance(self.values, _Lattice) else self.values[k]


# --- words ----------------------------------------------------------------------------------------


def parse_varied(text: str) -> Varied:
    """What is varied, in words: a range, with steps or without, or a list.

    Parameters
    ----------
    text
        ``PATH=LOW..HIGH step STEP``, ``PATH=LOW..HIGH`` or ``PATH=VALUE, VALUE, ...``.

    Raises
    ------
    UsageError
        If it is none of these.

    Examples
    --------
    >>> found = parse_varied("desks.chat.patience=90 s..3 min step 30 s")
    >>> [found.level(k).words for k in range(found.n_levels)]
    ['90 s', '120 s', '150 s', '180 s']
    >>> [level.at for level in parse_varied("demand.volume=10% less, as it is, 10% more").values]
    [-10.0, 0.0, 10.0]
    """
    path, equals, words = (part.strip() for part in text.partition("="))
    if not equals or not path or not words:
        raise UsageError(f"--vary '{text}' says not what takes which values; {_HINT}")
    items = [AS_IT_IS if item in _SAME else item for item in _split(words)]
    found = _RANGE.fullmatch(words) if len(items) == 1 else None
    if found:
        return _range(text, path, words, *found.groups())
    if "" in items:
        _refuse(text, "a value is missing between two commas")
    twice = next((item for item in items if items.count(item) > 1), None)
    if twice is not None:
        _refuse(text, f"the value '{twice}' is there twice")
    if len(items) == 1:
        _refuse(text, f"there is one value only; {_HINT}; a single one belongs into --set")
    return _listed(path, words, items)


def settings(varied: Sequence[Varied], point: Sequence[Level]) -> list[str]:
    """The settings ``path=value`` that make a point; nothing is set for what stays as it is."""
    return [
        f"{one.path}={level.words}"
        for one, level in zip(varied, point, strict=True)
        if level.words != AS_IT_IS
    ]


def _refuse(text: str, why: str, hint: str = "") -> NoReturn:
    raise UsageError(f"--vary '{text}': {why}" + (f"; {hint}" if hint else ""))


def _split(words: str) -> list[str]:
    """What stands between commas, save those inside brackets or quotation marks."""
    items, depth, quote = [""], 0, ""
    for c in words:
        if quote:
            quote = "" if c == quote else quote
        elif c in "\"'":
            quote = c
        depth += (c in "([{") - (c in ")]}") if not quote else 0
        if c == "," and not quote and depth <= 0:
            items.append("")
        else:
            items[-1] += c
    return [item.strip() for item in items]


def _amount(words: str) -> _Amount | None:
    """The number and unit in words; None for other words."""
    if words == AS_IT_IS:
        return _Amount(Decimal(0), "", "", _CHANGE)
    found = _RELATIVE.fullmatch(words)
    if found:
        number, gap, unit, way = found.groups()
        amount = Decimal(number.replace("_", ""))
        return _Amount(amount if way == "more" else -amount, unit or "", gap if unit else "", _CHANGE)
    try:
        return _Amount(Decimal(clock(words)) / MINUTE, "", "", _CLOCK)
    except WordsError:
        pass
    found = _AMOUNT.fullmatch(words)
    if found:
        return _Amount(Decimal(found.group(1).replace("_", "")), found.group(3), found.group(2))
    try:  # "1 h 30 min"
        return _Amount(Decimal(duration(words)) / MINUTE, "min", " ")
    except WordsError:
        return None


def _ticks(unit: str) -> int:
    """Ticks of a unit of time; 0 for every other unit."""
    try:
        return duration(f"1 {unit}") if unit else 0
    except WordsError:
        return 0


def _in_one_unit(amounts: Sequence[_Amount]) -> list[_Amount] | None:
    """The same amounts in one unit: the finest of several times; None where they do not go together."""
    units = {a.unit: a.gap for a in amounts if a.unit}
    if not units:
        return list(amounts)
    if len(units) == 1:
        ((unit, gap),) = units.items()
        return [a._replace(unit=unit, gap=gap) for a in amounts]
    ticks = {unit: _ticks(unit) for unit in units}
    if not all(ticks.values()) or any(not a.unit and a.number for a in amounts):
        return None
    finest = min(units, key=lambda unit: ticks[unit])
    return [
        a._replace(number=a.number * ticks.get(a.unit, 1) / ticks[finest], unit=finest, gap=units[finest])
        for a in amounts
    ]


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


def _words(amount: _Amount) -> str:
    """An amount as a setting has it."""
    if amount.kind == _CLOCK:
        return time_of_day(int(amount.number * MINUTE))
    if amount.kind != _CHANGE:
        return f"{_plain(amount.number)}{amount.gap}{amount.unit}"
    if not amount.number:
        return AS_IT_IS
    way = "more" if amount.number > 0 else "less"
    return f"{_plain(abs(amount.number))}{amount.gap}{amount.unit} {way}"


def _unit(amount: _Amount) -> str:
    """The unit of an axis."""
    return _CLOCK if amount.kind == _CLOCK else f"{amount.kind} {amount.unit}".strip()


def _listed(path: str, words: str, items: Sequence[str]) -> Varied:
    amounts = [_amount(item) for item in items]
    known = [a for a in amounts if a is not None]
    alike = _in_one_unit(known) if len(known) == len(items) and len({a.kind for a in known}) == 1 else None
    if alike is None:
        return Varied(path, words, "", tuple(Level(item, None) for item in items))
    levels = [Level(item, float(a.number)) for item, a in zip(items, alike, strict=True)]
    return Varied(path, words, _unit(alike[0]), tuple(levels))


def _range(text: str, path: str, words: str, first: str, last: str, each: str | None) -> Varied:
    ends = [_end(text, end) for end in (first, last)]
    step = None if each is None else _step(text, each, ends[0].kind)
    if ends[0].kind != ends[1].kind:
        _refuse(text, f"'{first}' and '{last}' do not make a range", _HINT)
    alike = _in_one_unit([*ends, *([step] if step else [])])
    if alike is None:
        _refuse(text, "its numbers have units that do not go together", "write one unit for all")
    low, high = alike[:2]
    span = high.number - low.number
    if span <= 0:
        _refuse(text, "the range ends where it begins, or before", "write the smaller end first")
    if step:
        width = alike[2].number
        if width <= 0:
            _refuse(text, "the step must be above zero")
        if width > span:
            _refuse(text, "the step is longer than the range")
    else:
        width = _fine(alike, span)
    lattice = _Lattice(low, width, int(span // width) + 1)
    return Varied(path, words, _unit(low), lattice, has_steps=step is not None)


def _end(text: str, words: str) -> _Amount:
    amount = _amount(words)
    if amount is None:
        _refuse(text, f"'{words}' is not a number with its unit", _HINT)
    return amount


def _step(text: str, words: str, kind: str) -> _Amount:
    """The step of a range; between shares it may be in points."""
    amount = _amount(words)
    if amount is None or amount.kind:
        _refuse(text, f"the step '{words}' is not a number with its unit", "write for example 'step 5'")
    if kind == _CLOCK:
        ticks = _ticks(amount.unit)
        if not ticks:
            _refuse(text, f"the step '{words}' is no duration", "write for example 'step 30 min'")
        return _Amount(amount.number * ticks / MINUTE, "", "")
    return amount._replace(unit="") if amount.unit == "pp" else amount  # points: per cent of a share


def _fine(ends: Sequence[_Amount], span: Decimal) -> Decimal:
    """The step of a range that has none: whole numbers stay whole, clock times whole minutes."""
    is_whole = all(not a.unit and a.number == a.number.to_integral_value() for a in ends)
    if is_whole or ends[0].kind == _CLOCK:
        return Decimal(1)
    return Decimal(1).scaleb(math.floor(math.log10(span)) - _FINENESS)


# --- points ---------------------------------------------------------------------------------------


def design(varied: Sequence[Varied], kind: str = "grid", n: int | None = None) -> list[tuple[Level, ...]]:
    """The points of a design: one level of each varied quantity; every point once.

    Parameters
    ----------
    varied
        What is varied, at least one.
    kind
        One of `DESIGNS`: all combinations (the last quantity changes fastest), a latin hypercube or points of
        Sobol's sequence.
    n
        Points of the latter two; whole numbers and lists may make some of them equal, so there are fewer.

    Raises
    ------
    UsageError
        If a path is there twice, ``n`` does not go with ``kind``, a grid has a range without steps, or there
        are too many points.
    """
    paths = [one.path for one in varied]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise UsageError(f"'{twice}' is varied twice")
    if kind == "grid":
        if n is not None:
            raise UsageError("--points goes with --design lhs or sobol; a grid has as many as its steps make")
        return _grid(varied)
    if n is None:
        raise UsageError(f"--design {kind} needs the number of points, for example --points 32")
    if not 2 <= n <= MOST_POINTS:
        raise UsageError(f"--points {n} is not between 2 and {MOST_POINTS}")
    return _sampled(varied, kind, n)


def _grid(varied: Sequence[Varied]) -> list[tuple[Level, ...]]:
    for one in varied:
        if not one.has_steps:
            raise UsageError(
                f"the range '{one.path}={one.words}' has no steps; add for example 'step 5', "
                "or take --design lhs"
            )
    n_points = math.prod(one.n_levels for one in varied)
    if n_points > MOST_POINTS:
        raise UsageError(
            f"the grid has {n_points} points, more than {MOST_POINTS}; "
            "take longer steps, or for example --design sobol --points 64"
        )
    return list(product(*([one.level(k) for k in range(one.n_levels)] for one in varied)))


def _sampled(varied: Sequence[Varied], kind: str, n: int) -> list[tuple[Level, ...]]:
    """Points spread evenly: equally wide strata of the unit interval become levels."""
    qmc = scipy.stats.qmc
    if kind == "lhs":
        cube = qmc.LatinHypercube(len(varied), rng=_SEED).random(n)
    else:  # the sequence is even in powers of two
        cube = qmc.Sobol(len(varied), rng=_SEED).random_base2(math.ceil(math.log2(n)))[:n]
    points = (
        tuple(one.level(min(int(u * one.n_levels), one.n_levels - 1))
              for one, u in zip(varied, row, strict=True))
        for row in cube.tolist()
    )  # fmt: skip
    return list(dict.fromkeys(points))

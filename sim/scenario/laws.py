"""Laws in words: ``lognormal 6 min cv 0.8``, ``10% exactly 0 s + 90% exponential 88 min``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from sim.errors import nearest
from sim.scenario.law_parts import KINDS, Component, LawWords, longer_than_none
from sim.scenario.law_scipy import read_scipy
from sim.scenario.law_spread import read_percentiles, read_with_spread
from sim.units import WordsError, duration, no_such, number, share

__all__ = ["EXAMPLES", "KINDS", "Component", "LawWords", "files_renamed", "parse_law"]

EXAMPLES = (
    "5 min",
    "exponential 5 min",
    "lognormal 6 min cv 0.8",
    "lognormal 6 min p90 11 min",
    "lognormal p50 4 min p90 11 min",
    "percentiles p10 1 min p50 4 min p90 11 min p100 30 min",
    "uniform 3..7 min",
    "10% exactly 0 s + 90% exponential 88 min",
    "from handling.csv",
    "scipy gamma a=2 mean 5 min",
    "never",
)

_FILE = re.compile(r"(?P<before>(?:^|\s)from\s+)(?P<name>\S(?:.*?\S)?)(?=\s*$|\s+\+\s)")


def parse_law(value: object) -> LawWords:
    """The law that a text describes.

    Raises
    ------
    WordsError
        With the offset of the word that cannot be read.

    Examples
    --------
    >>> parse_law("exponential 5 min").components[0].kind
    'exponential'
    >>> parse_law("2 min").components[0].mean / 60e6
    2.0
    """
    if not isinstance(value, str):
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise WordsError(f"'{value}' needs a unit", f"write for example '{value} min'")
        raise WordsError(no_such(value, "a time"), "write for example '5 min' or 'exponential 5 min'")
    text = value
    factor = 1.0
    offset = len(text) - len(text.lstrip())
    while found := re.compile(r"([\d_.]+)\s+times\s+").match(text, offset):
        factor *= number(found.group(1), offset=offset)
        offset = found.end()
    parts = _parts(text, offset)
    components = [c for part, start in parts for c in _components(part, start, len(parts) > 1)]
    total = sum(c.weight for c in components)
    if abs(total - 1) > 1e-9:
        raise WordsError(f"the shares of the mixture add up to {total * 100:g}%, not 100%", offset=offset)
    return LawWords(tuple(_times(c, factor) for c in components))


def _parts(text: str, offset: int) -> list[tuple[str, int]]:
    """The components' texts and where each starts."""
    parts, start = [], offset
    for piece in re.split(r"(\s\+\s)", text[offset:]):
        if piece.strip() != "+":
            parts.append((piece, start))
        start += len(piece)
    return parts


def _components(text: str, offset: int, in_mixture: bool) -> list[Component]:
    weight = 1.0
    found = re.match(r"\s*([\d_.]+\s*%)\s+", text)
    if found:
        weight = share(found.group(1), offset)
        text, offset = text[found.end() :], offset + found.end()
    elif in_mixture:
        raise WordsError(
            "each part of a mixture starts with its share",
            "write for example '60% exponential 2 min + 40% lognormal 12 min cv 1'",
            offset,
        )
    offset += len(text) - len(text.lstrip())
    text = text.strip()
    word = re.match(r"[A-Za-z_]+", text)
    kind = word.group() if word else "exactly"
    rest = text[len(kind) :] if word else text
    rest_offset = offset + (len(kind) if word else 0)
    if kind not in KINDS:
        near = nearest(kind, KINDS)
        raise WordsError(
            f"unknown law '{kind}'",
            f"did you mean '{near}'?" if near else f"laws are {', '.join(KINDS)}",
            offset,
        )
    return _READERS[kind](weight, rest, rest_offset)


def _exactly(weight: float, rest: str, offset: int) -> list[Component]:
    if not rest.strip():
        raise WordsError("a time is missing", "write for example 'exactly 5 min'", offset)
    return [Component(weight, "exactly", duration(rest, offset))]


def _never(weight: float, rest: str, offset: int) -> list[Component]:
    if rest.strip():
        raise WordsError(f"'never' takes nothing after it, not '{rest.strip()}'", offset=offset + 1)
    return [Component(weight, "never")]


def _exponential(weight: float, rest: str, offset: int) -> list[Component]:
    if not rest.strip():
        raise WordsError(
            "the law 'exponential' needs its mean", "write for example 'exponential 6 min'", offset
        )
    return [Component(weight, "exponential", longer_than_none(rest, offset))]


def _uniform(weight: float, rest: str, offset: int) -> list[Component]:
    found = re.fullmatch(r"\s*([\d_.]+?)\s*([A-Za-z]+)?\s*\.\.\s*([\d_.]+\s*[A-Za-z]+)\s*", rest)
    if not found:
        raise WordsError(
            "a uniform law needs its two ends", "write for example 'uniform 3..7 min'", offset + 1
        )
    unit = found.group(2) or re.sub(r"[\d_.\s]", "", found.group(3))
    low = duration(f"{found.group(1)} {unit}", offset + found.start(1))
    high = duration(found.group(3), offset + found.start(3))
    if low >= high:
        raise WordsError("the upper end must be above the lower one", offset=offset + found.start(3))
    return [Component(weight, "uniform", low=low, high=high)]


def _from(weight: float, rest: str, offset: int) -> list[Component]:
    name = rest.strip()
    at = offset + len(rest) - len(rest.lstrip())
    if not name:
        raise WordsError("the name of a CSV file is missing", "write for example 'from handling.csv'", offset)
    if not name.lower().endswith(".csv"):
        raise WordsError(
            f"'{name}' is not the name of a CSV file", "write for example 'from handling.csv'", at
        )
    return [Component(weight, "from", name=name)]


def files_renamed(text: str, renamed: Callable[[str], str]) -> str:
    """A law in words with every file that it names under another name.

    Examples
    --------
    >>> files_renamed("60% from aht.csv + 40% 2 min", lambda name: f"../{name}")
    '60% from ../aht.csv + 40% 2 min'
    """
    return _FILE.sub(lambda found: found["before"] + renamed(found["name"]), text)


_READERS: dict[str, Callable[[float, str, int], list[Component]]] = {
    "exactly": _exactly,
    "never": _never,
    "exponential": _exponential,
    "uniform": _uniform,
    **{kind: partial(read_with_spread, kind) for kind in ("lognormal", "gamma", "weibull")},
    "percentiles": read_percentiles,
    "from": _from,
    "scipy": read_scipy,
}


def _times(c: Component, factor: float) -> Component:
    return c._replace(mean=c.mean * factor, low=c.low * factor, high=c.high * factor, times=c.times * factor)

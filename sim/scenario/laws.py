"""Laws in words: ``lognormal 6 min cv 0.8``, ``10% exactly 0 s + 90% exponential 88 min``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from sim.errors import nearest
from sim.model.laws import lognormal_cv
from sim.units import WordsError, duration, no_such, number, share

__all__ = ["EXAMPLES", "KINDS", "Component", "LawWords", "parse_law"]

KINDS = ("exactly", "exponential", "lognormal", "gamma", "weibull", "uniform", "never")
EXAMPLES = (
    "5 min",
    "exponential 5 min",
    "lognormal 6 min cv 0.8",
    "lognormal 6 min p90 11 min",
    "uniform 3..7 min",
    "10% exactly 0 s + 90% exponential 88 min",
    "never",
)


class Component(NamedTuple):
    """One part of a law; times in ticks."""

    weight: float  # share of the mixture, 0..1
    kind: str  # one of `KINDS`
    mean: float = 0.0  # ticks; the value of ``exactly``; unused for ``uniform`` and ``never``
    cv: float | None = None  # standard deviation / mean
    low: float = 0.0  # ticks; uniform only
    high: float = 0.0  # ticks; uniform only


class LawWords(NamedTuple):
    """A law as written, in ticks: a mixture of one or more components."""

    components: tuple[Component, ...]

    @property
    def is_never(self) -> bool:
        """Whether nothing but ``never`` can be drawn."""
        return all(c.kind == "never" for c in self.components)

    @property
    def mean(self) -> float:
        """Mean in ticks of the finite part (``never`` left out)."""
        finite = [c for c in self.components if c.kind != "never"]
        weight = sum(c.weight for c in finite)
        if weight == 0:
            return 0.0
        return (
            sum(c.weight * ((c.low + c.high) / 2 if c.kind == "uniform" else c.mean) for c in finite) / weight
        )


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
    components = [_component(part, start, len(parts) > 1) for part, start in parts]
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


def _component(text: str, offset: int, in_mixture: bool) -> Component:
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


def _exactly(weight: float, rest: str, offset: int) -> Component:
    if not rest.strip():
        raise WordsError("a time is missing", "write for example 'exactly 5 min'", offset)
    return Component(weight, "exactly", duration(rest, offset))


def _never(weight: float, rest: str, offset: int) -> Component:
    if rest.strip():
        raise WordsError(f"'never' takes nothing after it, not '{rest.strip()}'", offset=offset + 1)
    return Component(weight, "never")


def _exponential(weight: float, rest: str, offset: int) -> Component:
    return Component(weight, "exponential", _positive("exponential", rest, offset))


def _uniform(weight: float, rest: str, offset: int) -> Component:
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
    return Component(weight, "uniform", low=low, high=high)


def _with_spread(kind: str, weight: float, rest: str, offset: int) -> Component:
    found = re.fullmatch(r"(?P<mean>.*?)\s+(?:cv\s+(?P<cv>.+)|p90\s+(?P<p90>.+))", rest)
    if not found:
        raise WordsError(
            f"a {kind} law needs a mean and a spread", f"write for example '{kind} 6 min cv 0.8'", offset + 1
        )
    mean = _positive(kind, found.group("mean"), offset)
    if found.group("cv") is None:
        if kind != "lognormal":
            raise WordsError(
                f"p90 is not known for {kind}", "give cv instead", offset + found.start("p90") - 4
            )
        p90 = _positive(kind, found.group("p90"), offset + found.start("p90"))
        try:
            return Component(weight, kind, mean, cv=lognormal_cv(mean, p90))
        except ValueError:
            raise WordsError(
                "no lognormal law has this mean and this p90",
                "p90 lies above the mean, and at most at 2.27 times the mean",
                offset + found.start("p90"),
            ) from None
    cv = number(found.group("cv"), offset=offset + found.start("cv"))
    if not 0.01 <= cv <= 10:
        raise WordsError("cv must lie between 0.01 and 10", offset=offset + found.start("cv"))
    return Component(weight, kind, mean, cv=cv)


def _positive(kind: str, text: str, offset: int) -> int:
    if not text.strip():
        spread = "" if kind == "exponential" else " cv 0.8"
        raise WordsError(
            f"the law '{kind}' needs its mean", f"write for example '{kind} 6 min{spread}'", offset
        )
    ticks = duration(text, offset)
    if ticks == 0:
        raise WordsError("must be longer than 0", "write 'exactly 0 s' for no time at all", offset + 1)
    return ticks


_READERS: dict[str, Callable[[float, str, int], Component]] = {
    "exactly": _exactly,
    "never": _never,
    "exponential": _exponential,
    "uniform": _uniform,
    "lognormal": partial(_with_spread, "lognormal"),
    "gamma": partial(_with_spread, "gamma"),
    "weibull": partial(_with_spread, "weibull"),
}


def _times(c: Component, factor: float) -> Component:
    return c._replace(mean=c.mean * factor, low=c.low * factor, high=c.high * factor)

"""Laws by mean and spread, or by percentiles: ``gamma 6 min cv 0.5``, ``lognormal p50 4 min p90 11 min``."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from sim.model.laws import LawKind
from sim.model.percentiles import LEAST_CV, MOST_CV, OutOfReach, by_two, cv_by_one
from sim.scenario.law_parts import Component, longer_than_none
from sim.units import WordsError, duration, duration_words, number

__all__ = ["read_percentiles", "read_with_spread"]

_WORD = re.compile(r"(?:^|(?<=\s))(cv|p\d[\d._]*)(?=\s|$)")
_INWARDS = 5e-4  # of a figure: ends of a range are shown in four digits, and these shall be inside it


class _Given(NamedTuple):
    """A word such as ``cv`` or ``p90``, what stands after it, and where both are."""

    word: str
    text: str
    at: int  # offset of the word
    text_at: int


def _split(rest: str, offset: int) -> tuple[str, list[_Given]]:
    """What stands before the first ``cv`` or ``pNN``, and each of them with its text."""
    found = list(_WORD.finditer(rest))
    ends = [f.start() for f in found[1:]] + [len(rest)] * bool(found)
    given = [
        _Given(f.group(), rest[f.end() : end], offset + f.start(), offset + f.end())
        for f, end in zip(found, ends, strict=True)
    ]
    return rest[: found[0].start()] if found else rest, given


def _ticks(given: _Given) -> int:
    if not given.text.strip():
        raise WordsError(f"a time is missing after '{given.word}'", f"write '{given.word} 11 min'", given.at)
    return duration(given.text, given.text_at)


def _share(given: _Given) -> float:
    """0..1 of ``p90``."""
    percent = number(given.word[1:], offset=given.at + 1)
    if percent > 100:
        raise WordsError(f"there is no '{given.word}'", "percentiles lie between p0 and p100", given.at)
    return percent / 100


def read_with_spread(kind: str, weight: float, rest: str, offset: int) -> list[Component]:
    """A lognormal, gamma or Weibull law by mean and cv, by mean and a percentile, or by two percentiles.

    Raises
    ------
    WordsError
        If it cannot be read, or no such law has these percentiles.
    """
    before, given = _split(rest, offset)
    if not before.strip() and (not given or given[0].word == "cv"):
        raise WordsError(
            f"the law '{kind}' needs its mean", f"write for example '{kind} 6 min cv 0.8'", offset
        )
    if not given or (given[0].word == "cv" and not given[0].text.strip()):
        raise WordsError(
            f"a {kind} law needs a mean and a spread", f"write for example '{kind} 6 min cv 0.8'", offset + 1
        )
    wanted = 1 if before.strip() else 2
    if len(given) > wanted:
        one_too_many = given[wanted]
        raise WordsError(
            f"'{one_too_many.word}' is too much: a {kind} law has two figures",
            "a mean and cv, a mean and a percentile, or two percentiles; for more write 'percentiles ...'",
            one_too_many.at,
        )
    if len(given) < wanted:
        raise WordsError(
            f"one percentile makes no {kind} law",
            f"add its mean or another one: '{kind} 6 min p90 11 min' or '{kind} p50 4 min p90 11 min'",
            given[0].at,
        )
    if wanted == 2:
        return [_by_two(kind, weight, given)]
    mean = longer_than_none(before, offset)
    if given[0].word == "cv":
        return [Component(weight, kind, mean, cv=_cv(given[0]))]
    share, at = _inner(given[0])
    try:
        return [Component(weight, kind, mean, cv=cv_by_one(LawKind(kind), mean, share, at))]
    except OutOfReach as e:
        raise _none_such(f"this mean and this {given[0].word}", kind, given[0], e) from None


def _cv(given: _Given) -> float:
    text = given.text
    lead = given.text_at + len(text) - len(text.lstrip())
    cv = number(text.strip(), offset=lead)
    if not LEAST_CV <= cv <= MOST_CV:
        raise WordsError(f"cv must lie between {LEAST_CV:g} and {MOST_CV:g}", offset=lead)
    return cv


def _inner(given: _Given) -> tuple[float, int]:
    """Share and ticks of a percentile strictly between the ends."""
    if given.word == "cv":
        raise WordsError("cv stands beside a mean, not beside a percentile", None, given.at)
    share = _share(given)
    if not 0 < share < 1:
        raise WordsError(
            f"'{given.word}' is no percentile of such a law", "write one above p0 and below p100", given.at
        )
    ticks = _ticks(given)
    if ticks == 0:
        raise WordsError("must be longer than 0", None, given.text_at + 1)
    return share, ticks


def _by_two(kind: str, weight: float, given: list[_Given]) -> Component:
    first, second = ((*_inner(one), one) for one in given)
    if first[0] == second[0]:
        raise WordsError(f"'{second[2].word}' stands here twice", None, second[2].at)
    low, high = sorted((first, second), key=lambda one: one[0])
    if high[1] <= low[1]:
        message = f"{high[2].word} must be longer than {low[2].word}"
        raise WordsError(message, None, _begin(second[2]))
    try:
        mean, cv = by_two(LawKind(kind), low[:2], high[:2])
    except OutOfReach as e:
        raise _none_such(f"this {low[2].word} and this {high[2].word}", kind, high[2], e) from None
    return Component(weight, kind, mean, cv=cv)


def _begin(given: _Given) -> int:
    """Offset of the text after the word."""
    return given.text_at + len(given.text) - len(given.text.lstrip())


def _none_such(what: str, kind: str, given: _Given, reach: OutOfReach) -> WordsError:
    low, high = reach.low * (1 + _INWARDS), reach.high * (1 - _INWARDS)
    ends = f"between {duration_words(low)} and {duration_words(high)}"
    if high > 1e4 * low:
        ends = f"above {duration_words(low)}" if given.word != "p50" else f"below {duration_words(high)}"
    return WordsError(f"no {kind} law has {what}", f"{given.word} then lies {ends}", _begin(given))


def read_percentiles(weight: float, rest: str, offset: int) -> list[Component]:
    """A law that is even between the percentiles given, as one uniform part for each step between them.

    Raises
    ------
    WordsError
        If p100 is missing, or a percentile or its time is not above the one before.
    """
    example = "write for example 'percentiles p10 1 min p50 4 min p90 11 min p100 30 min'"
    before, given = _split(rest, offset)
    if before.strip() or not given:
        message = f"'{before.strip()}' is no percentile" if before.strip() else "percentiles are missing"
        raise WordsError(message, example, offset + (1 if before.strip() else 0))
    points: list[tuple[float, int]] = []
    for one in given:
        if one.word == "cv":
            raise WordsError("percentiles have no cv", example, one.at)
        share, ticks = _share(one), _ticks(one)
        if not points and share > 0:
            points.append((0.0, 0))
        if points and share <= points[-1][0]:
            raise WordsError(f"'{one.word}' must stand before the higher percentiles", example, one.at)
        if points and ticks < points[-1][1]:
            raise WordsError(f"{one.word} is shorter than the percentile before it", None, _begin(one))
        points.append((share, ticks))
    if points[-1][0] < 1:
        raise WordsError("p100, the longest time, is missing", "add for example 'p100 30 min'", given[-1].at)
    if points[-1][1] == 0:
        raise WordsError("must be longer than 0", "write 'exactly 0 s' for no time at all", _begin(given[-1]))
    return [
        _even(weight * (share - share_below), ticks_below, ticks)
        for (share_below, ticks_below), (share, ticks) in pairwise(points)
    ]


def _even(weight: float, low: int, high: int) -> Component:
    if low == high:
        return Component(weight, "exactly", high)
    return Component(weight, "uniform", low=low, high=high)

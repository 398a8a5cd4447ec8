"""The best of several variants by a measure, as ``--best 'wait.mean within 10 s'`` asks for it.

After the first look those that cannot be the best drop out, and it is looked again after every fifth part
more replications, until one is left or the budget is spent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.errors import NoAnswer, UsageError
from sim.measure.figure import Estimate
from sim.measure.preference import Better
from sim.measure.selection import KimNelson, variances_of_differences
from sim.scenario.wishes import parse_figure
from sim.study.budget import FIRST_LOOK
from sim.study.meeting import Meeting
from sim.study.variants import CONFIDENCE, Wanted
from sim.units import HOUR, SECOND, WordsError

__all__ = ["Best", "checked", "chosen", "parse_best"]

_STEP = 5  # the share 1/5 more replications before it is looked again

_HINT = "write for example 'wait.mean within 10 s', 'service_level within 1 pp' or 'cost.total within 50 EUR'"


class Best(NamedTuple):
    """The plan of the best figure is wanted; plans nearer to it than the zone are as good."""

    path: str
    zone: float
    unit: str  # of the zone: "share", "s", a currency; "" where none was given
    words: str

    def within(self, unit: str) -> float:
        """The zone in the unit of the measure.

        Raises
        ------
        UsageError
            If it is another kind of unit.

        Examples
        --------
        >>> parse_best("hours.paid within 8 h").within("h/day")
        8.0
        """
        own = unit.partition("/")[0]
        if self.unit == "s" and own == "h":
            return self.zone * SECOND / HOUR
        if self.unit not in ("", unit, own):
            raise UsageError(f"'{self.words}': {self.path} is measured in {unit or 'numbers'}; {_HINT}")
        return self.zone


def parse_best(words: str) -> Best:
    """What is wanted, in words.

    Raises
    ------
    UsageError
        If it is not ``MEASURE within FIGURE`` with a figure above 0.

    Examples
    --------
    >>> parse_best("wait.mean within 10 s")[:3]
    ('wait.mean', 10.0, 's')
    >>> parse_best("service_level within 1 pp")[:3]
    ('service_level', 0.01, 'share')
    """
    found = re.fullmatch(r"\s*(\S.*?)\s+within\s+(\S.*?)\s*", words)
    if not found:
        raise UsageError(f"'{words}' does not say how near is as good; {_HINT}")
    path, amount = found.groups()
    if amount.endswith("%"):
        raise UsageError(f"'{words}': say the zone in the measure's own unit (shares in pp); {_HINT}")
    try:
        figure = parse_figure(amount)
    except WordsError as e:
        raise UsageError(f"'{words}': {e.message}; {_HINT}") from e
    if not figure.value > 0:
        raise UsageError(f"'{words}': the zone must be above 0; {_HINT}")
    return Best(path, figure.value, figure.unit, " ".join(words.split()))


def checked(best: Best, measures: Sequence[Wanted], reps: int | None) -> Wanted:
    """The measure to choose by.

    Raises
    ------
    UsageError
        If nothing can be best by it, the zone has another unit, or one replication has to do.
    """
    measure = next(measure for measure in measures if measure.path == best.path)
    best.within(measure.unit)
    if measure.way == Better.NEITHER:
        raise UsageError(f"'{best.words}': neither more nor less of {best.path} is better by itself")
    if reps == 1:
        raise UsageError("the best is chosen by several replications: --reps must be 2 or more")
    return measure


def chosen(meeting: Meeting, best: Best, reps: int | None = None) -> dict[str, Any]:
    """Simulate until one variant is left or no more may be; what is known of the best then.

    Parameters
    ----------
    meeting
        With the measure of ``best``; nothing simulated yet.
    best
        What is wanted.
    reps
        Most replications; None: as many as the budget allows.

    Raises
    ------
    UsageError
        As `checked` has it.
    NoAnswer
        If a variant has no figure to be chosen by.
    """
    measure = checked(best, meeting.measures, reps)
    zone = best.within(measure.unit)
    sign = -1.0 if measure.way == Better.LESS else 1.0
    first = n = min(FIRST_LOOK, reps or FIRST_LOOK)
    choice = KimNelson(len(meeting.variants), zone, confidence=CONFIDENCE, first=first)
    while True:
        meeting.simulate(n, choice.still_in)
        found = {k: meeting.estimates(k, n)[best.path] for k in choice.still_in}
        _refuse_missing(meeting, found, best.path)
        if n == first:  # everybody is in
            choice.begin(variances_of_differences(np.array([own.deviations for own in found.values()]).T))
        means = np.full(len(meeting.variants), np.nan)
        means[list(found)] = [sign * float(own.value) for own in found.values()]
        choice.screen(n, means)
        following = min(n + max(n // _STEP, 1), reps or meeting.affordable(choice.still_in))
        if choice.is_decided or following <= n:
            break
        n = following
    ahead = max(choice.still_in, key=means.__getitem__)
    return {
        "path": best.path,
        "heading": measure.heading,
        "unit": measure.unit,
        "within": zone,
        "confidence": CONFIDENCE,
        "decided": choice.is_decided,
        "name": meeting.variants[ahead].name,
        "still_in": [meeting.variants[k].name for k in choice.still_in],
    }


def _refuse_missing(meeting: Meeting, found: Mapping[int, Estimate], path: str) -> None:
    lacking = [meeting.variants[k].name for k, own in found.items() if not np.isfinite(own.value)]
    if lacking:
        raise NoAnswer(f"{lacking[0]} has no figure of {path}, so it cannot be said which is best")

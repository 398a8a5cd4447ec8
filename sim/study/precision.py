"""Replications until figures are as precise as wanted: ``wait.mean 2%, service_level 1pp``.

The rule. The first look is at 30 replications, each further one at a tenth more (at least 5 more). It is
enough as soon as two looks in a row find every half-width within its bound: at a single look it may be so by
chance. So the last look confirms over 5 replications or more, as the rule of Hoad, Robinson and Davies does.
There is a cap, given or a budget of contacts, never the clock: the number of replications depends on the
scenario, the bounds and the seed alone. At the cap the last look says whether the precision was reached.

References
----------
Hoad, Robinson, Davies: Automated selection of the number of replications for a discrete-event simulation,
Journal of the Operational Research Society 61 (2010).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil, isfinite
from typing import Any, NamedTuple

import numpy as np

from sim.errors import UsageError
from sim.measure.catalogue import unit_words
from sim.measure.controls import Controls, controlled, controls
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.moments import found_measure
from sim.measure.reduce import Sums
from sim.measure.result import estimates, plain
from sim.model.labels import Labels
from sim.model.tables import Model
from sim.scenario.resolve import Resolved
from sim.scenario.wishes import parse_figure
from sim.study.budget import BESIDES, BUDGET, FIRST_LOOK
from sim.study.compiling import ready_engine
from sim.study.executors import Workers
from sim.study.replications import FoldedRun, Progress, document_of, expected_issues
from sim.study.store import Kept
from sim.units import WordsError

__all__ = ["START", "Bound", "Width", "is_within", "looks", "most_replications", "parse_precision",
           "run_until_precise"]  # fmt: skip

START = 30
"""Replications at the first look."""

_MORE = 0.1  # of those done, until the next look
_LEAST_MORE = 5
_IN_A_ROW = 2  # looks

_MOST = 2_560  # replications

_HINT = "write for example 'wait.mean 2%, service_level 1pp' or 'chat.wait.p90 10 s'"


class Bound(NamedTuple):
    """The half-width that a measure may have."""

    path: str
    amount: float  # a share of the figure, or in the measure's own unit
    is_relative: bool
    unit: str  # of the measure
    words: str  # the amount as written

    def of(self, value: float) -> float:
        """The bound in the measure's own unit, for a figure of this value."""
        return self.amount * abs(value) if self.is_relative else self.amount


class Width(NamedTuple):
    """A figure and its half-width at a look."""

    value: float
    half_width: float


# --- what is asked for ----------------------------------------------------------------------------


def parse_precision(words: str, model: Model, labels: Labels) -> tuple[Bound, ...]:
    """Bounds in words, parted by commas: ``MEASURE n%`` (of the figure), ``MEASURE n pp``, ``MEASURE 10 s``.

    Raises
    ------
    UsageError
        If they are none, or there is no such measure; the message names the nearest.
    """
    bounds: dict[str, Bound] = {}
    for part in words.split(","):
        found = re.fullmatch(r"\s*(\S+(?:\s+at\s+\S+)?)\s+(\S.*?)\s*", part)
        if not found:
            raise UsageError(f"'{part.strip()}' is no precision; {_HINT}")
        path, amount = re.sub(r"\s+", " ", found.group(1)), found.group(2)
        if path in bounds:
            raise UsageError(f"'{path}' is named twice")
        unit = unit_words(found_measure(path, labels, model.stages.kind.tolist()), labels)
        bounds[path] = _bound(path, amount, unit)
    return tuple(bounds.values())


def _bound(path: str, words: str, unit: str) -> Bound:
    try:
        figure = parse_figure(words)
    except WordsError as e:
        raise UsageError(f"'{path} {words}': {e.message}; {_HINT}") from e
    if not figure.value > 0:
        raise UsageError(f"'{path} {words}': a precision is more than 0; {_HINT}")
    is_relative = words.endswith("%") or "percent" in words
    own = unit.partition("/")[0]
    goes = figure.unit == own or (figure.unit == "" and own not in ("share", "s"))
    if not is_relative and not goes:
        raise UsageError(f"'{path} {words}': {path} is measured {_measured(own)}")
    return Bound(path, figure.value, is_relative, unit, words)


def _measured(unit: str) -> str:
    words = {
        "share": "as a share; write '1pp' for a percentage point, or '2%' of the figure",
        "s": "as a time; write for example '10 s', or '2%' of the figure",
        "": "as a number; write for example '0.1', or '2%' of the figure",
    }
    return words.get(unit, f"in {unit}; write for example '5{f' {unit}' if unit.isupper() else ''}', "
                           "or '2%' of the figure")  # fmt: skip


def most_replications(model: Model) -> int:
    """The cap where none is given: replications that the budget of contacts allows."""
    return int(np.clip(BUDGET // (expected_issues(model) + BESIDES), FIRST_LOOK, _MOST))


# --- the rule -------------------------------------------------------------------------------------


def looks(cap: int) -> Iterator[int]:
    """Numbers of replications after which one looks, the last is the cap.

    Examples
    --------
    >>> list(looks(70))
    [30, 35, 40, 45, 50, 55, 61, 68, 70]
    >>> list(looks(12))
    [12]
    """
    n = min(START, cap)
    while n < cap:
        yield n
        n = min(n + max(_LEAST_MORE, ceil(_MORE * n)), cap)
    yield cap


def is_within(bound: Bound, found: Width) -> bool:
    """Whether a figure is as precise as wanted. A share of nothing is nothing: no figure of 0 is."""
    if bound.is_relative and not found.value:
        return False
    return found.half_width <= bound.of(found.value)


def _enough(n: int, bounds: Sequence[Bound], found: Mapping[str, Width]) -> int | None:
    """Replications that would be enough if spreads stay as they are: widths go with the root of n."""
    excess = [
        found[b.path].half_width / b.of(found[b.path].value) if found[b.path].value else float("inf")
        for b in bounds
    ]
    most = max(excess)
    return ceil(n * most**2) if isfinite(most) else None


# --- the run --------------------------------------------------------------------------------------


def run_until_precise(
    resolved: Resolved,
    seed: int,
    bounds: Sequence[Bound],
    cap: int | None = None,
    *,
    by_controls: bool = False,
    engine: str = "auto",
    workers: Workers | int | None = None,
    plan: str | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    kept: Kept[Sums] | None = None,
) -> dict[str, Any]:
    """The result document of as many replications as it takes; ``precision`` in it says how it stopped.

    Parameters
    ----------
    resolved
        The scenario.
    seed
        Key of every draw.
    bounds
        From `parse_precision`; at least one.
    cap
        Most replications; None: what the budget of contacts allows.
    by_controls
        Whether the half-widths are those by control variates, where these are not refused.
    engine, workers, plan, tell, kept
        As `replications.run_replications` has them.
    """
    assert bounds
    model, labels = resolved.model, resolved.labels
    engine = ready_engine(engine)
    most = cap or most_replications(model)
    run = FoldedRun(resolved, seed, engine, workers, tell, kept)
    paths = [bound.path for bound in bounds]
    found: dict[str, Width] = {}
    in_a_row = n_looks = 0
    for n in looks(most):
        run.simulate(n)
        sums = run.units()
        by = controls(sums, model, seed) if by_controls else None
        found = {path: _width(of, by) for path, of in estimates(sums, model, labels, paths).items()}
        n_looks += 1
        in_a_row = in_a_row + 1 if all(is_within(bound, found[bound.path]) for bound in bounds) else 0
        if in_a_row == _IN_A_ROW:
            break
    document = document_of(resolved, run, plan, paths)
    is_reached = in_a_row > 0
    document["precision"] = {
        "reached": is_reached,
        "stopped": "precise" if in_a_row == _IN_A_ROW else "cap",
        "start": min(START, most),
        "looks": n_looks,
        "cap": most,
        "cap_is": "budget" if cap is None else "asked",
        "enough": None if is_reached else _enough(run.n, bounds, found),
        "measures": [_told(bound, found[bound.path]) for bound in bounds],
    }
    return document


def _width(found: Estimate, by: Controls | None) -> Width:
    """A figure with its half-width, by control variates where they are there."""
    narrow = controlled(found, by) if by is not None and not by.refused else None
    if narrow is not None:
        return Width(narrow.value, narrow.half_width)
    return Width(float(found.value), float(half_width(found.deviations)))


def _told(bound: Bound, found: Width) -> dict[str, Any]:
    return {
        "path": bound.path,
        "words": bound.words,
        "value": plain(found.value),
        "half_width": plain(found.half_width),
        "unit": bound.unit,
        "bound": plain(bound.of(found.value)),
        "reached": is_within(bound, found),
    }

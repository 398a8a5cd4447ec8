"""Plans (or scenarios) beside each other: the same customers meet each of them.

A replication simulates all variants with the same random numbers; the first is what the others are held
against. Where nobody says how many replications, looks are taken at 10, 20, 40, ... of them until every
judged difference is clear or a budget of contacts is spent: the number depends on the scenarios alone.
Where the best is asked for, variants drop out on the way and are simulated no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.errors import UsageError
from sim.measure.customers import added
from sim.measure.doubts import doubts
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.paired import Verdict, difference, judged, variance_ratio
from sim.measure.preference import Better
from sim.measure.result import document, plain
from sim.model.tables import DAY
from sim.study.best import Best, chosen
from sim.study.budget import FIRST_LOOK, most_replications
from sim.study.compiling import ready_engine
from sim.study.customers import told_customers
from sim.study.executors import Workers
from sim.study.front import told_front
from sim.study.meeting import Meeting
from sim.study.replications import Progress
from sim.study.store import Keeping
from sim.study.variants import ALIKE, CONFIDENCE, Variant, Wanted, default_metrics, wanted
from sim.version import VERSION

__all__ = ["Compared", "Variant", "Wanted", "compare", "default_metrics", "most_replications", "wanted"]


class Compared(NamedTuple):
    """What came out, as plain Python numbers ready for JSON."""

    comparison: dict[str, Any]
    runs: tuple[dict[str, Any], ...]  # the result document of each variant


def _refuse_other_times(variants: Sequence[Variant]) -> None:
    """Days are compared with days: all variants must measure the same time."""
    first = variants[0].model.horizon
    for variant in variants[1:]:
        own = variant.model.horizon
        if (own.warm_up, own.end, own.interval) != (first.warm_up, first.end, first.interval):
            raise UsageError(
                f"'{variant.name}' measures another time than '{variants[0].name}'; give both the same "
                "horizon, for example --set horizon.measure='1 day'"
            )


def _looks(variants: Sequence[Variant], reps: int | None) -> list[int]:
    """Numbers of replications after which it is asked whether all is clear; one where a number is given."""
    if reps is not None:
        return [reps]
    most = most_replications(variants)
    looks = [FIRST_LOOK]
    while 2 * looks[-1] <= most:
        looks.append(2 * looks[-1])
    return looks


def compare(
    variants: Sequence[Variant],
    measures: Sequence[Wanted],
    seed: int,
    reps: int | None = None,
    *,
    best: Best | None = None,
    engine: str = "auto",
    workers: Workers | int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    keeping: Keeping | None = None,
) -> Compared:
    """The comparison, and the results of each variant.

    Parameters
    ----------
    variants
        At least two; the first is the one that others are held against.
    measures
        From `wanted`; with that of ``best``.
    seed
        Key of every draw, the same for all.
    reps
        Replications; None: until all is clear, or the budget is spent. Where the best is asked for: at most
        so many.
    best
        Go on until one is left that is the best by this; who cannot be it drops out.
    engine, workers, tell
        As `replications.run_replications` has them.
    keeping
        Where finished replications are kept; what is there is not simulated again.

    Raises
    ------
    UsageError
        If nothing can be best by the measure asked for, or its zone has another unit.
    NoAnswer
        If a variant has no figure to be chosen by.
    """
    assert len(variants) > 1
    _refuse_other_times(variants)
    meeting = Meeting(variants, measures, seed, ready_engine(engine), workers, tell, keeping)
    looks = _looks(variants, reps) if best is None else []
    n_looks = max(len(looks), 1)
    confidence = 1 - (1 - CONFIDENCE) / ((len(variants) - 1) * n_looks)
    found = None
    if best is None:
        stopped = _until_clear(meeting, looks, confidence)
        stopped = stopped if reps is None else "asked"
    else:
        found = chosen(meeting, best, reps)
        stopped = "best" if found["decided"] else "undecided"
    comparison = {
        **_simulated(meeting),
        "confidence_of_a_difference": plain(confidence),
        "looks": n_looks,
        "stopped": stopped,
        "variants": [
            {
                "name": variant.name,
                "title": variant.title,
                "is_first": number == 0,
                "replications": meeting.replications(number),
            }
            for number, variant in enumerate(variants)
        ],
        "measures": [_row(meeting, measure, confidence) for measure in measures],
        "best": found,
        "front": told_front(meeting, best),
        "customers": _customers(meeting),
        "warnings": _doubts(meeting),
    }
    return Compared(comparison, tuple(_run(meeting, number) for number in range(len(variants))))


def _doubts(meeting: Meeting) -> list[dict[str, Any]]:
    """What makes the intervals of judged differences doubtful."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for number, variant in enumerate(meeting.variants[1:], 1):
        n = meeting.shared(number)
        first, own = (meeting.estimates(k, n) for k in (0, number))
        figures = {
            f"{measure.path} ({variant.name})": (
                difference(first[measure.path], own[measure.path]),
                measure.unit,
            )
            for measure in meeting.measures
            if measure.is_judged
        }
        n_units = min((len(apart.deviations) for apart, _ in figures.values()), default=0)
        for doubt in doubts(figures, "replication" if n > 1 else "day", n_units):
            told = {"code": doubt.code, "message": doubt.message, "measures": list(doubt.measures)}
            found.setdefault((doubt.code, doubt.message), told)
    return list(found.values())


def _until_clear(meeting: Meeting, looks: Sequence[int], confidence: float) -> str:
    """Simulate up to the look at which all is clear, or to the last; which of the two it was."""
    for n in looks:
        meeting.simulate(n)
        found = [meeting.estimates(number, n) for number in range(len(meeting.variants))]
        if _is_clear(found, meeting.measures, confidence):
            return "clear"
    return "budget"


def _simulated(meeting: Meeting) -> dict[str, Any]:
    """What was simulated."""
    first = meeting.variants[0]
    horizon = first.model.horizon
    return {
        "supportsim": VERSION,
        "scenario": first.labels.scenario,
        "seed": meeting.seed,
        "replications": len(meeting.results),
        "days_per_replication": plain((horizon.end - horizon.warm_up) / DAY),
        "engine": meeting.engine,
        "scale": first.resolved.scenario.scale,
        "confidence": CONFIDENCE,
    }


def _customers(meeting: Meeting) -> list[dict[str, Any]]:
    """What became of the customers under each variant but the first."""
    first = meeting.variants[0]
    told = []
    for number, other in enumerate(meeting.variants[1:]):
        pairs = [own for result in meeting.results if (own := result.customers[number]) is not None]
        if not pairs:  # too many customers to keep
            return []
        told.append(told_customers(added(pairs), first.model, first.labels, other.name, len(pairs)))
    return told


def _run(meeting: Meeting, number: int) -> dict[str, Any]:
    variant = meeting.variants[number]
    return document(
        meeting.sums(number),
        variant.model,
        variant.labels,
        version=VERSION,
        seed=meeting.seed,
        scale=variant.resolved.scenario.scale,
        engine=meeting.engine,
        plan=variant.plan,
    )


def _is_clear(found: Sequence[dict[str, Estimate]], measures: Sequence[Wanted], confidence: float) -> bool:
    """Whether each judged difference has a sign, or is too small to matter; where there is no figure, there
    never will be."""
    return all(
        _verdict(found[0][measure.path], other[measure.path], measure.way, confidence) != Verdict.UNDECIDED
        or not np.isfinite(other[measure.path].value - found[0][measure.path].value)
        for measure in measures
        if measure.is_judged
        for other in found[1:]
    )


def _verdict(first: Estimate, other: Estimate, way: Better, confidence: float) -> Verdict:
    apart = difference(first, other)
    width = float(half_width(apart.deviations, confidence))
    return judged(float(apart.value), width, way, ALIKE * abs(float(first.value)))


def _row(meeting: Meeting, measure: Wanted, confidence: float) -> dict[str, Any]:
    """A measure of all variants; each is held against the first over the replications that both have."""
    n = meeting.replications(0)
    cells = []
    for number in range(len(meeting.variants)):
        shared = meeting.shared(number)
        first, own = (meeting.estimates(k, shared)[measure.path] for k in (0, number))
        cell = _own(own)
        if number:
            cell |= _difference(first, own, measure, confidence)
        if shared < n:
            cell["first"] = _own(first)
        cells.append(cell)
    return {
        "path": measure.path,
        "heading": measure.heading,
        "unit": measure.unit,
        "better": measure.way.value,
        "judged": measure.is_judged,
        "of": cells,
    }


def _own(of: Estimate) -> dict[str, Any]:
    return {"value": plain(float(of.value)), "half_width": plain(float(half_width(of.deviations)))}


def _difference(first: Estimate, own: Estimate, measure: Wanted, confidence: float) -> dict[str, Any]:
    apart = difference(first, own)
    value, width = float(apart.value), float(half_width(apart.deviations, confidence))
    base = float(first.value)
    return {
        "difference": plain(value),
        "difference_half_width": plain(width),
        "relative": plain(value / base) if base else None,
        "verdict": _verdict(first, own, measure.way, confidence).value,
        "variance_ratio": plain(float(variance_ratio(first, own))),
    }

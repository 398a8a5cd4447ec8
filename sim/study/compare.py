"""Plans (or scenarios) beside each other: the same customers meet each of them.

A replication simulates all variants with the same random numbers; the first is what the others are held
against. Where nobody says how many replications, looks are taken at 10, 20, 40, ... of them until every
judged difference is clear or a budget of contacts is spent: the number depends on the scenarios alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from sim.errors import UsageError
from sim.measure.catalogue import unit_words
from sim.measure.customers import Customers, Paired, added, paired
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.moments import found_measure, parse_moment
from sim.measure.paired import Verdict, difference, judged, variance_ratio
from sim.measure.preference import Better, better
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.measure.result import document, estimates, plain
from sim.model.labels import Labels
from sim.model.tables import DAY, Model
from sim.scenario.resolve import Resolved
from sim.study.compiling import ready_engine
from sim.study.customers import told_customers
from sim.study.engines import replicate
from sim.study.replications import Progress, expected_issues, results_of_replications
from sim.version import VERSION

__all__ = ["Compared", "Variant", "Wanted", "compare", "default_metrics", "most_replications", "wanted"]

CONFIDENCE = 0.95
_BUDGET = 250_000_000  # new issues of all variants: worth about a minute of two cores
_BESIDES = 10_000  # issues that a replication costs beside its own
_FIRST_LOOK = 10  # replications
_MOST = 2_560
_MOST_CUSTOMERS = 20_000_000  # in a replication; of more, what became of each is not kept (half a gigabyte)
_ALIKE = 0.01  # of the first's figure: a difference below does not matter

_QUALITY = ("service_level", "abandoned", "wait.mean", "wait.p90", "solved.end")
_MEANS = ("hours.paid", "cost.total", "cost.per_solved")


@dataclass(frozen=True)
class Variant:
    """One of the things compared."""

    name: str  # short, as it was asked for
    title: str
    resolved: Resolved
    plan: str | None = None  # title of its plan

    @property
    def model(self) -> Model:
        """What engines simulate."""
        return self.resolved.model

    @property
    def labels(self) -> Labels:
        """Names of the model's numbers."""
        return self.resolved.labels


class Wanted(NamedTuple):
    """A measure that is compared."""

    path: str
    heading: str
    unit: str
    way: Better
    is_judged: bool  # whether it is waited for; hours and cost are only told


class Compared(NamedTuple):
    """What came out, as plain Python numbers ready for JSON."""

    comparison: dict[str, Any]
    runs: tuple[dict[str, Any], ...]  # the result document of each variant


class _Result(NamedTuple):
    """A replication of all variants."""

    sums: tuple[Sums, ...]
    customers: tuple[Paired, ...]  # of all variants but the first; empty where there are too many to keep


def default_metrics(labels: Labels) -> tuple[str, ...]:
    """Measures that are judged unless others are asked for: those of the targets, or the usual ones."""
    return tuple(dict.fromkeys(target.path for target in labels.targets)) or _QUALITY


def wanted(
    variants: Sequence[Variant], metrics: Sequence[str] = (), also: Sequence[str] = ()
) -> tuple[Wanted, ...]:
    """The measures to compare: those that are judged, then the other usual ones, hours and cost.

    Parameters
    ----------
    variants
        What is compared.
    metrics
        Paths to judge by; none: those of the targets, or the usual ones.
    also
        Paths that are told whether or not they are judged.

    Raises
    ------
    UsageError
        If a variant has no such measure; the message names the nearest.
    """
    judged_paths = tuple(dict.fromkeys(metrics)) or default_metrics(variants[0].labels)
    for variant in variants:
        for path in (*metrics, *also):
            found_measure(path, variant.labels, variant.model.stages.kind.tolist())
    others = (() if metrics else _QUALITY) + _MEANS
    paths = [p for p in dict.fromkeys((*judged_paths, *also, *others)) if _is_everywhere(p, variants)]
    return tuple(_wanted(path, variants[0], path in judged_paths) for path in paths)


def _is_everywhere(path: str, variants: Sequence[Variant]) -> bool:
    try:
        for variant in variants:
            found_measure(path, variant.labels, variant.model.stages.kind.tolist())
    except UsageError:
        return False
    return True


def _wanted(path: str, of: Variant, is_judged: bool) -> Wanted:
    measure = found_measure(path, of.labels, of.model.stages.kind.tolist())
    at = parse_moment(path)
    owner = (at.path if at else path).removesuffix(measure.key).rstrip(".")
    heading = f"{owner}: {measure.heading}" if owner else measure.heading
    if at:
        heading += path[len(at.path) :]
    return Wanted(path, heading, unit_words(measure, of.labels), better(measure.key), is_judged)


def most_replications(variants: Sequence[Variant]) -> int:
    """Replications that the budget allows, at least the first look."""
    cost = sum(expected_issues(variant.model) + _BESIDES for variant in variants)
    return int(np.clip(_BUDGET // cost, _FIRST_LOOK, _MOST))


def _looks(variants: Sequence[Variant], reps: int | None) -> list[int]:
    """Numbers of replications after which it is asked whether all is clear; one where a number is given."""
    if reps is not None:
        return [reps]
    most = most_replications(variants)
    looks = [_FIRST_LOOK]
    while 2 * looks[-1] <= most:
        looks.append(2 * looks[-1])
    return looks


def compare(
    variants: Sequence[Variant],
    measures: Sequence[Wanted],
    seed: int,
    reps: int | None = None,
    *,
    engine: str = "auto",
    workers: int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Compared:
    """The comparison, and the results of each variant.

    Parameters
    ----------
    variants
        At least two; the first is the one that others are held against.
    measures
        From `wanted`.
    seed
        Key of every draw, the same for all.
    reps
        Replications; None: until all is clear, or the budget is spent.
    engine, workers, tell
        As `replications.run_replications` has them.
    """
    assert len(variants) > 1
    engine = ready_engine(engine)
    looks = _looks(variants, reps)
    confidence = 1 - (1 - CONFIDENCE) / ((len(variants) - 1) * len(looks))
    one = partial(_one, engine, tuple(variants), seed)
    cost = sum(expected_issues(variant.model) for variant in variants)
    results: list[_Result] = []
    stopped = "asked"
    for n in looks:
        first = len(results)
        results += results_of_replications(
            partial(_numbered, one, first), n - first, cost, engine, workers, _onwards(tell, first, n)
        )
        found = [_estimates(variant, k, results, measures) for k, variant in enumerate(variants)]
        if reps is None:
            is_clear = _is_clear(found, measures, confidence)
            stopped = "clear" if is_clear else "budget"
            if is_clear:
                break
    comparison = {
        **_simulated(variants, seed, len(results), engine),
        "confidence_of_a_difference": plain(confidence),
        "looks": len(looks),
        "stopped": stopped,
        "variants": [
            {"name": variant.name, "title": variant.title, "is_first": number == 0}
            for number, variant in enumerate(variants)
        ],
        "measures": [_row(measure, found, confidence) for measure in measures],
        "customers": _customers(variants, results),
    }
    runs = (_run(variant, k, results, seed, engine) for k, variant in enumerate(variants))
    return Compared(comparison, tuple(runs))


def _simulated(variants: Sequence[Variant], seed: int, n: int, engine: str) -> dict[str, Any]:
    """What was simulated."""
    horizon = variants[0].model.horizon
    return {
        "supportsim": VERSION,
        "scenario": variants[0].labels.scenario,
        "seed": seed,
        "replications": n,
        "days_per_replication": plain((horizon.end - horizon.warm_up) / DAY),
        "engine": engine,
        "scale": variants[0].resolved.scenario.scale,
        "confidence": CONFIDENCE,
    }


def _customers(variants: Sequence[Variant], results: Sequence[_Result]) -> list[dict[str, Any]]:
    """What became of the customers under each variant but the first."""
    first, n = variants[0], len(results)
    if not results[0].customers:
        return []
    return [
        told_customers(added([r.customers[k] for r in results]), first.model, first.labels, other.name, n)
        for k, other in enumerate(variants[1:])
    ]


def _run(variant: Variant, number: int, results: Sequence[_Result], seed: int, engine: str) -> dict[str, Any]:
    return document(
        [result.sums[number] for result in results],
        variant.model,
        variant.labels,
        version=VERSION,
        seed=seed,
        scale=variant.resolved.scenario.scale,
        engine=engine,
        plan=variant.plan,
    )


def _onwards(tell: Callable[[Progress], None], first: int, n: int) -> Callable[[Progress], None]:
    """Tells the progress to replication n where ``first`` have been done before."""
    return lambda p: tell(Progress(first + p.done, n, (first + p.share * (n - first)) / n))


def _numbered(
    one: Callable[[int, Callable[[float], None]], _Result], first: int, k: int, tell: Callable[[float], None]
) -> _Result:
    return one(first + k, tell)


def _one(
    engine: str, variants: Sequence[Variant], seed: int, replication: int, tell: Callable[[float], None]
) -> _Result:
    """One replication of all variants."""
    sums: list[Sums] = []
    pairs: list[Paired] = []
    first: Customers | None = None
    are_kept = all(expected_issues(variant.model) <= _MOST_CUSTOMERS for variant in variants)
    for number, variant in enumerate(variants):
        customers = Customers(variant.model)
        sums.append(
            replicate(
                engine,
                variant.model,
                Reduction(variant.model, variant.labels),
                seed,
                replication,
                partial(_part, tell, number, len(variants)),
                customers.add if are_kept else lambda _: None,
            )
        )
        if first is None:
            first = customers
        elif are_kept:
            pairs.append(paired(variants[0].model, first, customers))
    return _Result(tuple(sums), tuple(pairs))


def _part(tell: Callable[[float], None], done: int, of: int, share: float) -> None:
    tell((done + share) / of)


def _estimates(
    variant: Variant, number: int, results: Sequence[_Result], measures: Sequence[Wanted]
) -> dict[str, Estimate]:
    sums = [result.sums[number] for result in results]
    return estimates(sums, variant.model, variant.labels, [measure.path for measure in measures])


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
    return judged(float(apart.value), width, way, _ALIKE * abs(float(first.value)))


def _row(measure: Wanted, found: Sequence[dict[str, Estimate]], confidence: float) -> dict[str, Any]:
    """A measure of all variants."""
    first = found[0][measure.path]
    cells = []
    for number, estimates_ in enumerate(found):
        own = estimates_[measure.path]
        cell = {"value": plain(float(own.value)), "half_width": plain(float(half_width(own.deviations)))}
        cells.append(cell | ({} if number == 0 else _difference(first, own, measure, confidence)))
    return {
        "path": measure.path,
        "heading": measure.heading,
        "unit": measure.unit,
        "better": measure.way.value,
        "judged": measure.is_judged,
        "of": cells,
    }


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

"""A scenario at the points of a design: each point is a set of settings, and the same customers come to all.

Differences are to the first point, paired by replication. Of a point its estimates are kept; the sums they
are made of are dropped as soon as they are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sim.errors import InvalidInput, Mark, Problem, UsageError
from sim.measure.catalogue import Measure, unit_words
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.moments import found_measure, parse_moment
from sim.measure.paired import difference
from sim.measure.preference import better
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.measure.result import estimates, plain, target_figures
from sim.model.labels import Labels
from sim.model.tables import DAY, Model
from sim.scenario.validate import Loaded
from sim.study.compare import Wanted, default_metrics
from sim.study.compiling import ready_engine
from sim.study.designs import Level, Varied, settings
from sim.study.engines import replicate
from sim.study.executors import Workers
from sim.study.identity import study_of
from sim.study.payload import SUMS, Codec
from sim.study.replications import Progress, expected_issues, results_of_replications
from sim.study.store import Kept, Store
from sim.version import VERSION

__all__ = [
    "Point",
    "expected_work",
    "point_words",
    "prepared",
    "sweep",
    "sweep_replications",
    "swept_measures",
]

T = TypeVar("T")

CONFIDENCE = 0.95
_BUDGET = 250_000_000  # new issues at all points: worth about a minute of two cores
_BESIDES = 10_000  # issues that a replication costs beside its own
_FEWEST, _MOST = 5, 100  # replications of a point
_AT_ONCE = 64  # replications whose sums are in memory
_ALSO = ("hours.paid", "cost.total")  # told whatever is asked for


@dataclass(frozen=True)
class Point:
    """A scenario with the settings of one point."""

    number: int  # from 1
    levels: tuple[Level, ...]
    loaded: Loaded

    @property
    def flows(self) -> Model:
        """The model but for its shapes."""
        return self.loaded.resolved.flows

    @property
    def labels(self) -> Labels:
        """Names of the model's numbers."""
        return self.loaded.resolved.labels


class _Found(NamedTuple):
    """What is kept of a point."""

    of: dict[str, Estimate]
    targets: list[dict[str, Any]]


# --- points ---------------------------------------------------------------------------------------


def point_words(varied: Sequence[Varied], levels: Sequence[Level]) -> str:
    """A point in words: ``teams.own.agents=45, demand.volume=as it is``."""
    return ", ".join(f"{one.path}={level.words}" for one, level in zip(varied, levels, strict=True))


def prepared(
    varied: Sequence[Varied],
    points: Sequence[tuple[Level, ...]],
    prepare: Callable[[tuple[str, ...]], Loaded],
    sets: tuple[str, ...] = (),
    tell: Callable[[int], None] = lambda _: None,
) -> list[Point]:
    """All points, each checked as a scenario of its own.

    Parameters
    ----------
    varied, points
        What is varied, and the levels of `designs.design`.
    prepare
        Makes a scenario of all its settings.
    sets
        Settings of every point, laid on before those of the point.
    tell
        Called with how many are done.

    Raises
    ------
    InvalidInput
        With the problems of the first point that makes no sound scenario; they name the point.
    """
    found = []
    for number, levels in enumerate(points, 1):
        try:
            loaded = prepare((*sets, *settings(varied, levels)))
        except InvalidInput as error:
            prepare(sets)  # what is wrong without any point is told as such
            told = f"at point {number} of {len(points)}"
            words = point_words(varied, levels)
            raise InvalidInput([_at(p, len(sets), told, words) for p in error.problems]) from error
        found.append(Point(number, levels, loaded))
        tell(number)
    return found


def _at(problem: Problem, n_sets: int, told: str, words: str) -> Problem:
    """A problem with the point at which it comes up."""
    mark = problem.mark
    if mark is not None and mark.file.startswith("--set #") and int(mark.file[7:]) > n_sets:
        return replace(problem, mark=Mark(told, mark.line, mark.column, mark.text))
    return replace(problem, message=f"{problem.message} ({told}: {words})")


# --- measures -------------------------------------------------------------------------------------


def swept_measures(
    points: Sequence[Point], metrics: Sequence[str] = (), also: Sequence[str] = ()
) -> tuple[Wanted, ...]:
    """The measures of a sweep: those asked for, abandonment beside any wait, then hours and cost.

    Parameters
    ----------
    points
        All of them.
    metrics
        Paths; none: those of the targets, or the usual ones.
    also
        Further paths.

    Raises
    ------
    UsageError
        If a point has no such measure; the message names the nearest.
    """
    first = points[0]
    asked = [
        path for wish in metrics or default_metrics(first.labels) for path in _with_abandoned(first, wish)
    ]
    paths = list(dict.fromkeys([*asked, *also]))
    for point in points:
        for path in paths:
            _measure(point, path)
    paths += [path for path in _ALSO if path not in paths and all(_has(point, path) for point in points)]
    return tuple(_wanted(first, path, path in asked) for path in paths)


def _with_abandoned(point: Point, path: str) -> Iterator[str]:
    """A wait is never told without those who did not bear it."""
    yield path
    at = parse_moment(path)
    stem = at.path if at else path
    key = _measure(point, path).key
    beside = stem.removesuffix(key) + "abandoned" + path[len(stem) :]
    if (key == "wait" or key.startswith("wait.")) and _has(point, beside):
        yield beside


def _has(point: Point, path: str) -> bool:
    try:
        _measure(point, path)
    except UsageError:
        return False
    return True


def _measure(point: Point, path: str) -> Measure:
    return found_measure(path, point.labels, point.flows.stages.kind.tolist())


def _wanted(of: Point, path: str, is_asked: bool) -> Wanted:
    measure = _measure(of, path)
    at = parse_moment(path)
    owner = (at.path if at else path).removesuffix(measure.key).rstrip(".")
    heading = f"{owner}: {measure.heading}" if owner else measure.heading
    if at:
        heading += path[len(at.path) :]
    return Wanted(path, heading, unit_words(measure, of.labels), better(measure.key), is_asked)


# --- simulating -----------------------------------------------------------------------------------


def expected_work(points: Sequence[Point]) -> float:
    """New issues expected in one replication of all points."""
    return sum(expected_issues(point.flows) for point in points)


def sweep_replications(points: Sequence[Point]) -> int:
    """Replications of each point where nobody says how many: a budget of contacts, divided by the points."""
    cost = expected_work(points) + _BESIDES * len(points)
    return int(np.clip(_BUDGET // cost, _FEWEST, _MOST))


def sweep(
    varied: Sequence[Varied],
    points: Sequence[Point],
    measures: Sequence[Wanted],
    seed: int,
    reps: int | None = None,
    *,
    kind: str = "grid",
    engine: str = "auto",
    workers: Workers | int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    store: Store | None = None,
) -> dict[str, Any]:
    """The figures of every point, as plain Python numbers ready for JSON.

    Parameters
    ----------
    varied, points
        What is varied, and the points of `prepared`.
    measures
        From `swept_measures`.
    seed
        Key of every draw, the same for all points.
    reps
        Replications of each point; None: as `sweep_replications` has it.
    kind
        Of the design, told with the results.
    engine, workers, tell
        As `replications.run_replications` has them.
    store
        Where finished replications are kept; what is there is not simulated again.
    """
    engine = ready_engine(engine)
    n = reps or sweep_replications(points)
    found: list[_Found] = []
    for batch in _batches(points, max(1, _AT_ONCE // n)):
        told = _onwards(tell, len(found) * n, len(batch) * n, len(points) * n)
        found += _simulated(batch, measures, seed, n, engine, workers, told, store)
    return {
        **_head(varied, points, seed, n, kind, engine),
        "points": [_point(point, of) for point, of in zip(points, found, strict=True)],
        "measures": [_row(measure, [of.of[measure.path] for of in found]) for measure in measures],
    }


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _onwards(tell: Callable[[Progress], None], before: int, of: int, n: int) -> Callable[[Progress], None]:
    """Tells of n replications where ``before`` have been done, and ``of`` are being done."""
    return lambda p: tell(Progress(before + p.done, n, (before + p.share * of) / n))


def _simulated(
    points: Sequence[Point],
    measures: Sequence[Wanted],
    seed: int,
    n: int,
    engine: str,
    workers: Workers | int | None,
    tell: Callable[[Progress], None],
    store: Store | None,
) -> list[_Found]:
    """What is kept of some points; all replications of all of them are shared out among the workers."""
    # Copies: the tables of shapes that they make go with them.
    models = [replace(point.loaded.resolved).model for point in points]
    tasks = tuple(
        (model, Reduction(model, point.labels)) for model, point in zip(models, points, strict=True)
    )
    sums = results_of_replications(
        partial(_one, engine, tasks, n, seed),
        n * len(points),
        expected_work(points) / len(points),
        engine,
        workers,
        tell,
        codec=SUMS,
        kept=_KeptPoints(store, [study_of([p.loaded], seed, engine) for p in points], n) if store else None,
    )
    return [
        _kept(own, model, point.labels, measures)
        for own, model, point in zip(_batches(sums, n), models, points, strict=True)
    ]


class _KeptPoints(NamedTuple):
    """Replications of several points: number k is replication k % n of point k // n."""

    store: Store
    studies: Sequence[str]
    n: int

    @property
    def codec(self) -> Codec[Sums]:
        """That of sums."""
        return SUMS

    def read(self, first: int, end: int) -> Iterator[tuple[int, Sums]]:
        """As `Keeps` has it."""
        for p, study in enumerate(self.studies):
            begin = p * self.n
            mine = max(first - begin, 0), min(end - begin, self.n)
            for number, sums in Kept(self.store, study, SUMS).read(*mine):
                yield begin + number, sums

    def put(self, number: int, payload: bytes) -> None:
        """As `Keeps` has it."""
        self.store.put(self.studies[number // self.n], number % self.n, payload)


def _one(
    engine: str,
    tasks: tuple[tuple[Model, Reduction], ...],
    n: int,
    seed: int,
    k: int,
    tell: Callable[[float], None],
) -> Sums:
    """Task k: a replication of a point."""
    model, reduction = tasks[k // n]
    return replicate(engine, model, reduction, seed, k % n, tell)


def _kept(sums: Sequence[Sums], model: Model, labels: Labels, measures: Sequence[Wanted]) -> _Found:
    found = estimates(sums, model, labels, [measure.path for measure in measures])
    return _Found(found, target_figures(sums, model, labels, CONFIDENCE))


# --- the document ---------------------------------------------------------------------------------


def _head(
    varied: Sequence[Varied], points: Sequence[Point], seed: int, n: int, kind: str, engine: str
) -> dict[str, Any]:
    """What was simulated."""
    first = points[0]
    horizon = first.flows.horizon
    return {
        "supportsim": VERSION,
        "scenario": first.labels.scenario,
        "plan": first.loaded.layered.plan,
        "seed": seed,
        "replications": n,
        "days_per_replication": plain((horizon.end - horizon.warm_up) / DAY),
        "engine": engine,
        "scale": first.loaded.scenario.scale,
        "confidence": CONFIDENCE,
        "design": kind,
        "varied": [{"path": one.path, "words": one.words, "unit": one.unit} for one in varied],
    }


def _point(point: Point, found: _Found) -> dict[str, Any]:
    met = [target["met"] for target in found.targets]
    return {
        "number": point.number,
        "settings": [level.words for level in point.levels],
        "at": [level.at for level in point.levels],
        "targets": found.targets,
        "meets_all": all(met) if met else None,
    }


def _row(measure: Wanted, found: Sequence[Estimate]) -> dict[str, Any]:
    """A measure at all points."""
    return {
        "path": measure.path,
        "heading": measure.heading,
        "unit": measure.unit,
        "better": measure.way.value,
        "asked": measure.is_judged,
        "of": [_cell(found[0], own, number) for number, own in enumerate(found)],
    }


def _cell(first: Estimate, own: Estimate, number: int) -> dict[str, Any]:
    value = float(own.value)
    width = float(half_width(own.deviations, CONFIDENCE)) if np.isfinite(value) else np.nan
    cell = {"value": plain(value), "half_width": plain(width)}
    if number == 0:
        return cell
    apart = value - float(first.value)
    # Where the points measure different numbers of days, these are no pairs.
    are_pairs = np.isfinite(apart) and own.deviations.shape == first.deviations.shape
    apart_width = float(half_width(difference(first, own).deviations, CONFIDENCE)) if are_pairs else np.nan
    return {**cell, "difference": plain(apart), "difference_half_width": plain(apart_width)}

"""The result document: every figure of a run as plain Python numbers, ready for JSON.

Keys come in the order of the scenario and of the catalogue, floats have 10 significant digits: equal
runs give equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.measure.attainment import Attained, days_met
from sim.measure.catalogue import (
    MEASURES,
    Measure,
    Scope,
    group_scope,
    measures_of,
    stage_scope,
    unit_words,
    unknown_path,
    value_at,
)
from sim.measure.doubts import Doubt, doubts
from sim.measure.estimate import Part, Sample, half_width
from sim.measure.figure import Estimate
from sim.measure.moments import (
    ALL,
    Moment,
    group_intervals,
    interval_measures,
    not_at_a_time,
    parse_moment,
)
from sim.measure.reduce import Sums, thresholds
from sim.measure.warm_up import warm_up_doubt
from sim.model.arrivals import issues_per_day
from sim.model.labels import Labels, Target
from sim.model.tables import DAY, UNLIMITED, Model, StageKind
from sim.units import HOUR, MINUTE, SECOND

__all__ = [
    "TargetDays",
    "document",
    "estimates",
    "figure",
    "figures",
    "judged_paths",
    "plain",
    "target_figures",
]

Figure = dict[str, Any]

_USUAL = ("wait.mean", "wait.p90", "abandoned", "service_level")
"""What a plan is judged by besides its targets."""


def plain(number: float) -> float | None:
    """A float of 10 significant digits; None for what is not a number."""
    return float(f"{number:.10g}") + 0.0 if math.isfinite(number) else None


def _list(numbers: NDArray[np.float64]) -> list[float | None]:
    return [plain(float(x)) for x in numbers]


def _figure(found: Estimate, unit: str, confidence: float) -> Figure:
    width = half_width(found.deviations, confidence) if np.isfinite(found.value) else np.asarray(np.nan)
    return {"value": plain(float(found.value)), "half_width": plain(float(width)), "unit": unit}


def _series(part: Part, measures: Sequence[Measure], confidence: float) -> dict[str, Any]:
    """Per measure the values and half-widths of all intervals of the day."""
    series = {}
    for measure in measures:
        found = part.estimate(measure)
        width = np.where(np.isnan(found.value), np.nan, half_width(found.deviations, confidence))
        series[measure.key] = {"value": _list(found.value), "half_width": _list(width)}
    return series


def _serves(model: Model, labels: Labels) -> dict[str, list[str]]:
    """The desks that each team serves, in file order."""
    served = {}
    for team, name in enumerate(labels.teams):
        lines = np.flatnonzero(model.lines.rank[:, team] > 0)
        served[name] = [labels.stages[s] for s in sorted({int(model.lines.desk[line]) for line in lines})]
    return served


def _service_level(model: Model, labels: Labels) -> dict[str, Any]:
    """What is meant by the service level: its definition, and the threshold of each desk [s]."""
    desks = np.flatnonzero(model.stages.kind == StageKind.DESK).tolist()
    return {
        "definition": labels.service_level,
        "within_s": {labels.stages[s]: labels.answer_within_s[s] for s in desks},
    }


def _clock(ticks: int) -> str:
    words = f"{ticks // HOUR:02d}:{ticks % HOUR // MINUTE:02d}"
    return words if ticks % MINUTE == 0 else f"{words}:{ticks % MINUTE // SECOND:02d}"


def _intervals(sample: Sample, confidence: float) -> dict[str, Any]:
    model, labels, frame = sample.model, sample.labels, sample.frame
    kinds = model.stages.kind.tolist()
    scopes = {StageKind.DESK: Scope.DESK_INTERVAL, StageKind.BOT: Scope.BOT_INTERVAL}
    stages = {}
    for s, name in enumerate(labels.stages):
        scope = scopes.get(StageKind(kinds[s]))
        if scope is not None:
            part = sample.intervals_of_stages([s])
            stages[name] = _series(part, measures_of(scope, labels), confidence)
    together = sample.intervals_of_stages(list(range(len(kinds))))
    stages["all"] = _series(together, measures_of(Scope.ALL_INTERVAL, labels), confidence)
    of_teams = measures_of(Scope.TEAM_INTERVAL, labels)
    teams = {name: _series(sample.intervals_of_team(number), of_teams, confidence)
             for number, name in enumerate(labels.teams)}  # fmt: skip
    all_teams = _series(sample.intervals_of_teams(list(range(len(labels.teams)))), of_teams, confidence)
    groups = {
        group.name: _series(
            sample.intervals_of_group(group), measures_of(group_intervals(group, kinds), labels), confidence
        )
        for group in labels.groups
    }
    starts = [_clock(k * frame.interval) for k in range(frame.per_day)]
    length = frame.interval // SECOND if frame.interval % SECOND == 0 else frame.interval / SECOND
    return {
        "length_s": length,
        "starts": starts,
        "stages": stages,
        "teams": _one_of_each(teams, "value"),
        "teams_half_width": _one_of_each(teams, "half_width"),
        "all_teams": all_teams,
        "groups": groups,
    }


def _one_of_each(series: dict[str, dict[str, Any]], what: str) -> dict[str, Any]:
    return {name: {key: of[what] for key, of in keys.items()} for name, keys in series.items()}


def _parts(sample: Sample, row: int = 0) -> list[tuple[str, Scope, Callable[[], Part]]]:
    """Every part with figures of its own, made when it is asked for: the words before its keys, its scope;
    ``row`` of thresholds."""
    model, labels = sample.model, sample.labels
    parts: list[tuple[str, Scope, Callable[[], Part]]] = [("", Scope.OVERALL, partial(sample.overall, row))]
    for s, name in enumerate(labels.stages):
        scope = stage_scope(int(model.stages.kind[s]))
        parts.append((f"{name}.", scope, partial(sample.stage, s, row)))
    for t, name in enumerate(labels.teams):
        parts.append((f"{name}.", Scope.TEAM, partial(sample.team, t)))
    kinds = model.stages.kind.tolist()
    for group in labels.groups:
        parts.append((f"{group.name}.", group_scope(group, kinds), partial(sample.group, group, row)))
    for a, (attribute, values) in enumerate(labels.attributes):
        for v, name in enumerate(values):
            part = partial(sample.value, a, v, row)
            parts += [(f"{name}.", Scope.CLASS, part), (f"{attribute}.{name}.", Scope.CLASS, part)]
    return parts


def estimates(
    sums: Sequence[Sums], model: Model, labels: Labels, paths: Sequence[str]
) -> dict[str, Estimate]:
    """Values and deviations by unit of some measure paths, for paired comparisons.

    Raises
    ------
    UsageError
        If a path is no measure of the scenario.
    """
    return {path: place.estimate() for path, place in _places(Sample(sums, model, labels), paths).items()}


class _Place(NamedTuple):
    """Where a figure comes from."""

    part: Part
    measure: Measure
    interval: int | None = None  # of the day, where the path has a clock time

    def estimate(self) -> Estimate:
        """The figure."""
        whole = self.part.estimate(self.measure)
        if self.interval is None:
            return whole
        return whole._replace(value=whole.value[self.interval], deviations=whole.deviations[:, self.interval])

    def own(self) -> NDArray[np.float64]:
        """The figure of each unit by itself, (units,)."""
        own = self.part.own(self.measure)
        return own if self.interval is None else own[:, self.interval]


def _places(sample: Sample, paths: Sequence[str], row: int = 0) -> dict[str, _Place]:
    """Where the figures of some paths come from; ``row`` of thresholds for service levels."""
    known: dict[str, tuple[Callable[[], Part], Measure]] = {}
    for words, scope, make in _parts(sample, row):
        for measure in measures_of(scope, sample.labels):
            known.setdefault(words + measure.key, (make, measure))
    parts: dict[Callable[[], Part], Part] = {}
    found = {}
    for path in paths:
        at = parse_moment(path)
        if at:
            found[path] = _place_at(sample, at, known)
        elif path in known:
            make, measure = known[path]
            if make not in parts:
                parts[make] = make()
            found[path] = _Place(parts[make], measure)
        else:
            place = _value_at(sample, path)
            if place is None:
                raise unknown_path(path, known)
            found[path] = place
    return found


def _value_at(sample: Sample, path: str) -> _Place | None:
    """The figure of an attribute value at a stage, which no table lists; None for other paths."""
    place = value_at(path, sample.labels, sample.model.stages.kind.tolist())
    if place is None:
        return None
    return _Place(sample.value(place.attribute, place.value, stages=place.stages), place.measure)


def _place_at(sample: Sample, at: Moment, known: Iterable[str]) -> _Place:
    """The figure of the interval of the day that contains a clock time."""
    kept = interval_measures(sample.labels, sample.model.stages.kind.tolist())
    if at.path not in kept:
        raise not_at_a_time(at.path, {path: owner for path, (owner, _, _) in kept.items()}, known)
    owner, scope, measure = kept[at.path]
    stages, teams = sample.labels.stages, sample.labels.teams
    group = next((group for group in sample.labels.groups if group.name == owner), None)
    if group is not None:
        part = sample.intervals_of_group(group)
    elif scope == Scope.TEAM_INTERVAL:
        numbers = range(len(teams)) if owner == ALL else [teams.index(owner)]
        part = sample.intervals_of_teams(list(numbers))
    else:
        numbers = range(len(stages)) if owner == ALL else [stages.index(owner)]
        part = sample.intervals_of_stages(list(numbers))
    return _Place(part, measure, at.ticks // sample.frame.interval)


def document(
    sums: Sequence[Sums],
    model: Model,
    labels: Labels,
    *,
    version: str,
    seed: int,
    scale: float = 1.0,
    engine: str = "reference",
    plan: str | None = None,
    confidence: float = 0.95,
    watched: Sequence[str] = (),
    days: Sequence[tuple[int, int]] = (),
) -> dict[str, Any]:
    """The result document of some replications.

    Parameters
    ----------
    sums : sequence of Sums
        One per replication, in order of replication; at least one.
    model, labels :
        What was simulated, and its names.
    version, seed, scale, engine, plan :
        Told as they are; the plan by its title.
    confidence : float
        Of the half-widths.
    watched : sequence of str
        Measure paths whose intervals somebody relies on, besides those of `judged_paths`.
    days : sequence of (int, int)
        By target, replications that met it and those that have a figure, where ``sums`` are of groups of
        replications (from `TargetDays`).
    """
    sample = Sample(sums, model, labels)
    kinds = [int(kind) for kind in model.stages.kind]

    def told(part: Part, scope: Scope) -> dict[str, Figure]:
        return {m.key: _figure(part.estimate(m), unit_words(m, labels), confidence)
                for m in measures_of(scope, labels)}  # fmt: skip

    result: dict[str, Any] = {
        "supportsim": version,
        "scenario": labels.scenario,
        "plan": plan,
        "seed": seed,
        "replications": sample.n_replications,
        "days_per_replication": plain((sample.frame.end - sample.frame.warm_up) / DAY),
        "engine": engine,
        "scale": scale,
        "size": _size(model, labels),
        "confidence": confidence,
        "unit_of_replication": sample.unit,
        "service_level": _service_level(model, labels),
        "measures": told(sample.overall(), Scope.OVERALL),
        "stages": {
            name: told(sample.stage(s), stage_scope(kinds[s])) for s, name in enumerate(labels.stages)
        },
        "teams": {name: told(sample.team(t), Scope.TEAM) for t, name in enumerate(labels.teams)},
        "groups": {g.name: told(sample.group(g), group_scope(g, kinds)) for g in labels.groups},
        "serves": _serves(model, labels),
        "classes": {
            attribute: {value: told(sample.value(a, v), Scope.CLASS) for v, value in enumerate(values)}
            for a, (attribute, values) in enumerate(labels.attributes)
        },
    }
    result["targets"] = _targets(sample, confidence, days)
    result["warnings"] = [
        {"code": doubt.code, "message": doubt.message, "measures": list(doubt.measures)}
        for doubt in _doubts(sample, sums, watched)
    ]
    result["intervals"] = _intervals(sample, confidence)
    return result


def judged_paths(model: Model, labels: Labels) -> tuple[str, ...]:
    """What a plan is judged by: the measures of its targets, then the usual ones."""
    usual = _USUAL if (model.stages.kind == StageKind.DESK).any() else ()
    return tuple(dict.fromkeys((*(target.path for target in labels.targets), *usual)))


def _doubts(sample: Sample, sums: Sequence[Sums], watched: Sequence[str]) -> list[Doubt]:
    """What makes half-widths doubtful."""
    if sample.n_units < 2:
        return []
    paths = list(dict.fromkeys((*judged_paths(sample.model, sample.labels), *watched)))
    found = {path: (place.estimate(), place.measure.unit) for path, place in _places(sample, paths).items()}
    told = doubts(found, sample.unit, sample.n_units)
    too_early = warm_up_doubt(sums[0], sample.model) if len(sums) == 1 else None
    return [*told, *([too_early] if too_early else [])]


def _size(model: Model, labels: Labels) -> dict[str, Any]:
    """What the scale made of volumes, agents scheduled and limits, whole as they were simulated.

    Steps over the day stand in the order of time; with several kinds of day, each number once.
    """
    shifts, counts = model.plan.shifts, model.plan.head_counts
    is_one_kind = len(model.calendar.first) == 2

    def told(steps: list[int]) -> list[int]:
        return steps if is_one_kind else list(dict.fromkeys(steps))

    agents = {}
    for t, name in enumerate(labels.teams):
        if model.teams.is_head_count[t]:
            agents[name] = told(counts.n_scheduled[counts.team == t].tolist())
        else:
            agents[name] = shifts.n_scheduled[shifts.team == t].max(axis=1).tolist()
    limits = {name: told(row.tolist()) for name, row in zip(labels.stages, model.stages.limit, strict=True)
              if (row != UNLIMITED).any()}  # fmt: skip
    return {
        "issues_per_day": plain(issues_per_day(model)),
        "agents": agents,
        "limits": limits,
    }


def _targets(sample: Sample, confidence: float, days: Sequence[tuple[int, int]] = ()) -> list[Figure]:
    """The targets beside their figures; ``days`` as `document` has them."""
    return [
        _target(sample, target, confidence, days[k] if days else None)
        for k, target in enumerate(sample.labels.targets)
    ]


def _target(
    sample: Sample, target: Target, confidence: float, days: tuple[int, int] | None
) -> dict[str, Any]:
    """A planner's wish beside its figure, and on how many days it was met; a service level has the wish's own
    threshold."""
    place = _place_of(sample, target)
    found = _figure(place.estimate(), unit_words(place.measure, sample.labels), confidence)
    value = found["value"]
    met = None if value is None else bool(value >= target.bound if target.at_least else value <= target.bound)
    return {
        "path": target.path,
        "words": target.words,
        "value": value,
        "half_width": found["half_width"],
        "unit": found["unit"],
        "bound": target.bound,
        "at_least": target.at_least,
        "met": met,
        "days": _told_days(sample, days or _days_met(sample, target), confidence),
    }


def target_figures(
    sums: Sequence[Sums], model: Model, labels: Labels, confidence: float = 0.95
) -> list[Figure]:
    """The targets beside their figures, as they stand in the document, without the rest of it.

    Parameters as `document` has them.
    """
    return _targets(Sample(sums, model, labels), confidence)


class TargetDays:
    """On how many days (or longer replications) targets are met, of replications that are then added up.

    Parameters
    ----------
    model, labels
        What is simulated, and its names.
    """

    def __init__(self, model: Model, labels: Labels) -> None:
        self._model, self._labels = model, labels
        self.counts = [(0, 0)] * len(labels.targets)

    def add(self, sums: Sequence[Sums]) -> None:
        """Count these replications too, each by itself."""
        if not self.counts:
            return
        times = 2 if len(sums) == 1 else 1  # one alone would be cut into its days
        sample = Sample([*sums] * times, self._model, self._labels)
        found = [_days_met(sample, target) for target in self._labels.targets]
        self.counts = [
            (met + m // times, of + n // times) for (met, of), (m, n) in zip(self.counts, found, strict=True)
        ]


def _place_of(sample: Sample, target: Target) -> _Place:
    return _places(sample, [target.path], _row_of(sample, target))[target.path]


def _days_met(sample: Sample, target: Target) -> tuple[int, int]:
    """Units that meet a target, and those that have a figure; none in groups of days, in very long runs."""
    own = _place_of(sample, target).own()
    if own.shape != (sample.n_units,):
        return 0, 0
    return days_met(own, target.bound, at_least=target.at_least)


def _told_days(sample: Sample, days: tuple[int, int], confidence: float) -> dict[str, Any] | None:
    """On how many days (or longer replications) a target was met; None where they have no figures."""
    found = Attained.counted(*days, confidence)
    is_of_a_day = sample.unit == "day" or sample.frame.end - sample.frame.warm_up <= DAY
    return found.told("day" if is_of_a_day else "replication") if found else None


def _row_of(sample: Sample, target: Target) -> int:
    """The row of `thresholds` that a target's service level uses; 0: the desks' own."""
    if target.within_s is None:
        return 0
    wished = round(target.within_s * SECOND)
    rows = thresholds(sample.labels, sample.model.stages.kind)
    return next((k for k in range(1, len(rows)) if (rows[k] == wished).all()), 0)


def figures(result: dict[str, Any]) -> dict[str, Figure]:
    """Every figure of a document by its path; a stage goes before a team or a value of its name."""
    found: dict[str, Figure] = dict(result["measures"])
    owners = [*result["stages"].items(), *result["teams"].items(), *result.get("groups", {}).items()]
    for attribute, values in result["classes"].items():
        owners += values.items()
        owners += [(f"{attribute}.{value}", keys) for value, keys in values.items()]
    for name, keys in owners:
        for key, value in keys.items():
            found.setdefault(f"{name}.{key}", value)
    return found


def figure(result: dict[str, Any], path: str) -> Figure:
    """The figure at a measure path (see `catalogue.known_paths`), or at ``PATH at TIME``.

    Raises
    ------
    UsageError
        If the document has no such figure; the message names the nearest path.
    """
    found = figures(result)
    at = parse_moment(path)
    if at is not None:
        return _figure_at(result, at, found)
    if path not in found:
        raise unknown_path(path, found)
    return found[path]


def _figure_at(result: dict[str, Any], at: Moment, known: Iterable[str]) -> Figure:
    """The figure of the interval of the day that contains a clock time."""
    intervals = result["intervals"]
    number = int(at.ticks // (intervals["length_s"] * SECOND))
    kept: dict[str, tuple[str, Figure]] = {}
    for name, keys in intervals["stages"].items():
        for key, of in keys.items():
            path = key if name == "all" else f"{name}.{key}"
            kept[path] = (ALL if name == "all" else name, of)
    for key, of in intervals["all_teams"].items():
        kept.setdefault(key, (ALL, of))
    for name, keys in intervals["teams"].items():
        for key, values in keys.items():
            widths = intervals["teams_half_width"][name][key]
            kept.setdefault(f"{name}.{key}", (name, {"value": values, "half_width": widths}))
    for name, keys in intervals.get("groups", {}).items():
        for key, of in keys.items():
            kept.setdefault(f"{name}.{key}", (name, of))
    if at.path not in kept:
        raise not_at_a_time(at.path, {path: owner for path, (owner, _) in kept.items()}, known)
    owner, of = kept[at.path]
    unit = _UNITS_BY_INTERVAL[at.path.removeprefix(f"{owner}.") if owner else at.path]
    return {"value": of["value"][number], "half_width": of["half_width"][number], "unit": unit}


_BY_INTERVAL = {Scope.BOT_INTERVAL, Scope.DESK_INTERVAL, Scope.TEAM_INTERVAL, Scope.ALL_INTERVAL}
_UNITS_BY_INTERVAL = {m.key: m.unit for m in MEASURES if _BY_INTERVAL & set(m.scopes)}

"""What is compared, and by which measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sim.errors import UsageError
from sim.measure.catalogue import unit_words
from sim.measure.moments import found_measure, parse_moment
from sim.measure.preference import Better, better
from sim.model.labels import Labels
from sim.model.tables import Model
from sim.scenario.resolve import Resolved

__all__ = ["ALIKE", "CONFIDENCE", "MEANS", "Variant", "Wanted", "default_metrics", "wanted"]

CONFIDENCE = 0.95
"""Of every interval, and that the best which is chosen is the best."""

ALIKE = 0.01
"""Of the first's figure: a difference below does not matter."""

_QUALITY = ("service_level", "abandoned", "wait.mean", "wait.p90", "solved.end")
MEANS = ("hours.paid", "cost.total", "cost.per_solved")
"""Measures of what is spent: told always, judged only where they are asked for."""


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
    if not any(_is_everywhere(path, variants) for path in judged_paths):
        judged_paths = _QUALITY  # the targets of the first are of desks that others have not
    others = (() if metrics else _QUALITY) + MEANS
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

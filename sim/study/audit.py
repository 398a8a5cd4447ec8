"""Claims of a scenario beside what the simulation gives: which hold, which do not, which cannot be told.

A figure with a tolerance holds if its whole 95 % interval lies within the tolerance, and is missed if the
whole interval lies outside; between the two it is too close to call. An exact value without a tolerance
holds if it is at most 3.5 standard errors away: with ten replications a right program exceeds that in
0.7 % of the figures. Any other figure without a tolerance holds if the interval covers it.

A change is judged in the same way by the difference to the scenario below: both are simulated with the
same customers, and the deviations of their replications are subtracted one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import numpy as np

from sim.errors import InvalidInput, Problem
from sim.measure.catalogue import unit_words
from sim.measure.estimate import half_width, standard_error
from sim.measure.expressions import ANY, evaluated, parse_expression, paths_in, unit_of
from sim.measure.figure import Estimate
from sim.measure.moments import found_measure
from sim.measure.paired import difference, relative_difference
from sim.measure.reduce import Sums
from sim.measure.result import estimates, plain
from sim.model.labels import Labels
from sim.model.tables import DAY, Model
from sim.scenario.load import read
from sim.scenario.marks import Path
from sim.scenario.schema import Claim
from sim.scenario.validate import Loaded
from sim.scenario.wishes import ChangeOf, Figure, FigureClaim
from sim.version import VERSION

__all__ = [
    "MOST_Z",
    "Audit",
    "Judged",
    "Measured",
    "Simulated",
    "Verdict",
    "audit_document",
    "audited_claims",
    "has_changes",
    "judged",
    "judged_claims",
    "measures_in",
    "standard_errors",
    "whole_scenarios_below",
]

MOST_Z = 3.5
"""Standard errors by which an exact value may be missed."""

ROUNDING = 1e-12
"""How far two figures, as a share of the larger, may lie apart by rounding alone."""

NEEDS_BASE = "a scenario below to compare with"
NO_FIGURE = "something to measure: the simulation gave no figure"


class Verdict(Enum):
    """What the simulation says of a claim."""

    WITHIN = "within"
    MISSED = "missed"
    CLOSE = "too close to call"
    UNKNOWN = "not yet measurable"


class Simulated(NamedTuple):
    """A scenario and the sums of its replications."""

    sums: Sequence[Sums]
    model: Model
    labels: Labels


class Measured(NamedTuple):
    """The figures that a change is made of, in the unit of the measure."""

    below: float | None  # in the scenario below
    here: float | None
    unit: str


@dataclass(frozen=True)
class Judged:
    """One figure of a claim beside the simulated one."""

    measure: str
    figure: Figure
    within: Figure | None
    unit: str  # of the numbers below
    value: float | None  # of a change: by how much it is more
    half_width: float | None
    verdict: Verdict
    off: float | None = None  # how far outside the tolerance (or the interval) the value is
    error: float | None = None  # standard error of the value
    z: float | None = None  # of an exact figure without a tolerance
    change: ChangeOf | None = None
    measured: Measured | None = None  # what changes


@dataclass(frozen=True)
class Audit:
    """A claim with its figures judged."""

    title: str
    claim: Claim
    figures: tuple[Judged, ...]
    needs: str | None = None  # what is missing to measure it

    @property
    def verdict(self) -> Verdict:
        """Of the whole claim: that of its worst figure."""
        if self.needs is not None:
            return Verdict.UNKNOWN
        for verdict in (Verdict.MISSED, Verdict.CLOSE, Verdict.UNKNOWN):
            if any(figure.verdict == verdict for figure in self.figures):
                return verdict
        return Verdict.WITHIN


# --- which claims ---------------------------------------------------------------------------------


def audited_claims(loaded: Loaded, *, inherited: bool = False) -> tuple[dict[str, Claim], int]:
    """The claims to audit, and how many more are inherited from a whole scenario.

    Claims of the parts that a file extends are its own. Where it extends a whole scenario (a file with a
    name), it is a what-if, and only what it (or an overlay) claims is its own.

    Returns
    -------
    claims
        By title, in the order of the files.
    left_out
        How many more are inherited.

    Raises
    ------
    InvalidInput
        If there are none.
    """
    claims = loaded.scenario.claims
    below = _files_below(loaded)
    is_what_if = not inherited and bool(whole_scenarios_below(loaded))
    own = {title: claim for title, claim in claims.items()
           if not is_what_if or _file(loaded, ("claims", title)) not in below}  # fmt: skip
    left_out = len(claims) - len(own)
    if not own:
        hint = "write for example 'claims: {abandoned: {is: 5%, within: 1 pp, source: expected}}'"
        if left_out:
            hint = f"--all takes in those of the scenario that it extends ({left_out})"
        message = f"'{loaded.layered.main}' makes no claims" + (" of its own" if left_out else "")
        raise InvalidInput([Problem("no_claims", "", message, None, hint)])
    return own, left_out


def whole_scenarios_below(loaded: Loaded) -> list[str]:
    """Files below a scenario that are scenarios themselves (they have a name), lowest first."""
    return [file for file in _files_below(loaded) if "name" in read(file).data]


def _files_below(loaded: Loaded) -> tuple[str, ...]:
    files = loaded.layered.files
    return files[: files.index(loaded.layered.main)]


def _file(loaded: Loaded, path: Path) -> str:
    return loaded.layered.marks.key(path).file


def has_changes(claims: Mapping[str, Claim]) -> bool:
    """Whether some claim that can be measured speaks of a change against the scenario below."""
    return any(
        f.change is not None
        for title, claim in claims.items()
        if claim.awaits is None
        for f in claim.asked(title).values()
    )


def _needs(title: str, claim: Claim, *, is_compared: bool) -> str | None:
    if claim.awaits is not None or is_compared:
        return claim.awaits
    return NEEDS_BASE if has_changes({title: claim}) else None


def measures_in(
    claims: Mapping[str, Claim], *, is_compared: bool = False, of_changes: bool = False
) -> tuple[str, ...]:
    """The paths of all measures that can be judged, each once.

    Parameters
    ----------
    claims
        By title.
    is_compared
        Whether there is a scenario below to compare with.
    of_changes
        Only those whose change is claimed.
    """
    paths = (
        path
        for title, claim in claims.items()
        if _needs(title, claim, is_compared=is_compared) is None
        for words, figure in claim.asked(title).items()
        if figure.change is not None or not of_changes
        for path in paths_in(parse_expression(words))
    )
    return tuple(dict.fromkeys(paths))


# --- what to think of them ------------------------------------------------------------------------


def judged_claims(
    claims: Mapping[str, Claim],
    sums: Sequence[Sums],
    model: Model,
    labels: Labels,
    below: Simulated | None = None,
) -> list[Audit]:
    """Every claim with its figures judged by the sums of some replications, in the order of the file.

    Parameters
    ----------
    claims
        By title.
    sums, model, labels
        Of the scenario.
    below
        The same replications of the scenario that changes are held against; without it they are not
        measurable.
    """
    paths = measures_in(claims, is_compared=below is not None)
    found = estimates(sums, model, labels, paths) if paths else {}
    found_below: Mapping[str, Estimate] = {}
    if below is not None:
        changing = measures_in(claims, is_compared=True, of_changes=True)
        found_below = estimates(below.sums, below.model, below.labels, changing) if changing else {}
    kinds = model.stages.kind.tolist()

    def unit(path: str) -> str:
        return unit_words(found_measure(path, labels, kinds), labels)

    return [
        _audit(
            title,
            claim,
            _Found(found, found_below, unit),
            _needs(title, claim, is_compared=below is not None),
        )
        for title, claim in claims.items()
    ]


class _Found(NamedTuple):
    """What was simulated, by measure path."""

    here: Mapping[str, Estimate]
    below: Mapping[str, Estimate]
    unit: Callable[[str], str]


def _audit(title: str, claim: Claim, found: _Found, needs: str | None) -> Audit:
    asked = claim.asked(title)
    if needs is not None:
        unknown = [
            Judged(name, f.is_, f.within, "", None, None, Verdict.UNKNOWN, change=f.change)
            for name, f in asked.items()
        ]
        return Audit(title, claim, tuple(unknown), needs)
    figures = [_judged_figure(words, figure, found, claim.kind) for words, figure in asked.items()]
    missing = any(figure.value is None for figure in figures)
    only_missing = missing and all(figure.verdict in (Verdict.WITHIN, Verdict.UNKNOWN) for figure in figures)
    return Audit(title, claim, tuple(figures), NO_FIGURE if only_missing else None)


def _judged_figure(words: str, claimed: FigureClaim, found: _Found, kind: str) -> Judged:
    """A figure, or a change of one, of some measures put together."""
    expression = parse_expression(words)
    own = unit_of(expression, found.unit)
    here = evaluated(expression, found.here.__getitem__)
    if claimed.change is None:
        return judged(words, claimed, here, claimed.is_.unit if own in ("", ANY) else own, kind)
    below = evaluated(expression, found.below.__getitem__)
    is_share = claimed.change == ChangeOf.SHARE
    apart = (relative_difference if is_share else difference)(*_paired(below, here))
    unit = "share" if is_share else claimed.is_.unit if own in ("", ANY) else own
    measured = Measured(_known(below), _known(here), "" if own == ANY else own if is_share else unit)
    return replace(judged(words, claimed, apart, unit, kind), change=claimed.change, measured=measured)


def _paired(below: Estimate, here: Estimate) -> tuple[Estimate, Estimate]:
    """Both by the units that they share; by none where one has days and the other has not."""
    if len(below.deviations) == len(here.deviations):
        return below, here
    return below._replace(deviations=below.deviations[:0]), here._replace(deviations=here.deviations[:0])


def _known(found: Estimate) -> float | None:
    value = float(found.value)
    return value if np.isfinite(value) else None


def judged(measure: str, claimed: FigureClaim, found: Estimate, unit: str, kind: str) -> Judged:
    """One figure beside what was found.

    Without a half-width (one replication of one day) the value alone decides.

    Parameters
    ----------
    measure
        In words.
    claimed
        The figure and its tolerance.
    found
        Value and deviations by unit.
    unit
        Of the value.
    kind
        What kind of source the figure has; ``exact`` is judged by standard errors where there is no
        tolerance.
    """
    figure, within, _ = claimed
    value = float(found.value)
    if not np.isfinite(value):
        return Judged(measure, figure, within, unit, None, None, Verdict.UNKNOWN)
    half, se = float(half_width(found.deviations)), float(standard_error(found.deviations))
    width, error = (half, se) if np.isfinite(half) else (None, None)
    gap = _gap(value, figure.value)
    off = z = None
    if within is not None:
        verdict, off = _by_tolerance(gap, within.value, width or 0.0)
    elif width is None or error is None:
        verdict = Verdict.CLOSE
    elif kind == "exact":
        z = standard_errors(value, figure.value, error)
        verdict = Verdict.WITHIN if abs(z) <= MOST_Z else Verdict.MISSED
    else:
        verdict = Verdict.WITHIN if gap <= width else Verdict.MISSED
        off = gap - width if gap > width else None
    return Judged(measure, figure, within, unit, value, width, verdict, off, error, z)


def standard_errors(value: float, exact: float, error: float) -> float:
    """How many standard errors lie between a value and the exact one; 0 where only rounding does.

    Infinitely many where the value is another one and has no spread.
    """
    if not _gap(value, exact):
        return 0.0
    return (value - exact) / error if error else float("inf")


def _gap(value: float, other: float) -> float:
    """How far two figures lie apart; 0 where only rounding does."""
    gap = abs(value - other)
    return gap if gap > ROUNDING * max(abs(value), abs(other)) else 0.0


def _by_tolerance(gap: float, within: float, width: float) -> tuple[Verdict, float | None]:
    """Verdict, and how far the value lies outside."""
    edge = within * (1 + ROUNDING)  # 30.3 less 30 is a little more than 0.3
    off = gap - within if gap > edge else None
    if gap + width <= edge:
        return Verdict.WITHIN, off
    return (Verdict.MISSED if gap - width > edge else Verdict.CLOSE), off


# --- the document ---------------------------------------------------------------------------------


def audit_document(
    audits: Sequence[Audit],
    loaded: Loaded,
    *,
    seed: int,
    replications: int,
    inherited: int,
    below: str | None = None,
) -> dict[str, Any]:
    """All that an audit found as plain Python numbers, ready for JSON.

    Parameters
    ----------
    audits
        The claims judged.
    loaded
        The scenario.
    seed, replications
        What was simulated; no replications where nothing could be measured.
    inherited
        Claims of the scenario below that were left out.
    below
        Title of the scenario that changes are held against.
    """
    horizon = loaded.resolved.model.horizon
    return {
        "supportsim": VERSION,
        "name": FilePath(loaded.layered.main).stem,
        "scenario": loaded.resolved.labels.scenario,
        "question": loaded.scenario.question,
        "below": below,
        "plan": loaded.layered.plan,
        "seed": seed,
        "replications": replications,
        "days_per_replication": plain((horizon.end - horizon.warm_up) / DAY),
        "scale": loaded.scenario.scale,
        "confidence": 0.95,
        "claims": [_told(number, audit, loaded) for number, audit in enumerate(audits, 1)],
        "count": {verdict.value: sum(a.verdict == verdict for a in audits) for verdict in Verdict},
        "inherited": inherited,
    }


def _told(number: int, audit: Audit, loaded: Loaded) -> dict[str, Any]:
    raw = loaded.layered.data["claims"][audit.title]
    return {
        "number": number,
        "claim": audit.title,
        "change": audit.claim.change,
        "source": audit.claim.source,
        "kind": audit.claim.kind,
        "verdict": audit.verdict.value,
        "needs": audit.needs,
        "figures": [
            {
                "measure": f.measure,
                "words": _words(raw, f.measure),
                "change": None if f.change is None else f.change.value,
                "is": f.figure.value,
                "within": None if f.within is None else f.within.value,
                "unit": f.unit or f.figure.unit,
                "value": None if f.value is None else plain(f.value),
                "half_width": None if f.half_width is None else plain(f.half_width),
                "verdict": f.verdict.value,
                "off": None if f.off is None else plain(f.off),
                "z": None if f.z is None else plain(f.z),
                **_told_change(f),
            }
            for f in audit.figures
        ],
    }


def _told_change(figure: Judged) -> dict[str, Any]:
    """What changes: the figures of the scenario below and of this one; nothing for what is no change."""
    if figure.measured is None:
        return {}
    below, here, unit = figure.measured
    return {
        "from": None if below is None else plain(below),
        "to": None if here is None else plain(here),
        "measured_in": unit,
    }


def _words(raw: Mapping[str, Any], measure: str) -> str:
    """What is claimed, as it is written."""
    own = raw["figures"][measure] if "figures" in raw else raw
    own = own if isinstance(own, Mapping) else {"is": own}
    within = own.get("within", raw.get("within"))
    claimed = own["is"] if "is" in own else own["change"]
    return f"{claimed}" if within is None else f"{claimed}, within {within}"

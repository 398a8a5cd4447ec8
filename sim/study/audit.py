"""Claims of a scenario beside what the simulation gives: which hold, which do not, which cannot be told.

A figure with a tolerance holds if its whole 95 % interval lies within the tolerance, and is missed if the
whole interval lies outside; between the two it is too close to call. An exact value without a tolerance
holds if it is at most 3.5 standard errors away: with ten replications a right program exceeds that in
0.7 % of the figures. Any other figure without a tolerance holds if the interval covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from sim.errors import InvalidInput, Problem
from sim.measure.catalogue import unit_words
from sim.measure.estimate import half_width, standard_error
from sim.measure.expressions import ANY, evaluated, parse_expression, paths_in, unit_of
from sim.measure.figure import Estimate
from sim.measure.moments import found_measure
from sim.measure.reduce import Sums
from sim.measure.result import estimates, plain
from sim.model.labels import Labels
from sim.model.tables import DAY, Model
from sim.scenario.load import read
from sim.scenario.marks import Path
from sim.scenario.schema import Claim
from sim.scenario.validate import Loaded
from sim.scenario.wishes import Figure, FigureClaim
from sim.version import VERSION

__all__ = [
    "MOST_Z",
    "Audit",
    "Judged",
    "Verdict",
    "audit_document",
    "audited_claims",
    "judged",
    "judged_claims",
    "measures_in",
    "standard_errors",
]

MOST_Z = 3.5
"""Standard errors by which an exact value may be missed."""

ROUNDING = 1e-12
"""How far two figures, as a share of the larger, may lie apart by rounding alone."""

NEEDS_BASE = "a comparison with the scenario below"
NO_FIGURE = "something to measure: the simulation gave no figure"


class Verdict(Enum):
    """What the simulation says of a claim."""

    WITHIN = "within"
    MISSED = "missed"
    CLOSE = "too close to call"
    UNKNOWN = "not yet measurable"


@dataclass(frozen=True)
class Judged:
    """One figure of a claim beside the simulated one."""

    measure: str
    figure: Figure
    within: Figure | None
    unit: str  # of the numbers below
    value: float | None
    half_width: float | None
    verdict: Verdict
    off: float | None = None  # how far outside the tolerance (or the interval) the value is
    error: float | None = None  # standard error of the value
    z: float | None = None  # of an exact figure without a tolerance


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
    files = loaded.layered.files
    below = files[: files.index(loaded.layered.main)]
    is_what_if = not inherited and any("name" in read(file).data for file in below)
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


def _file(loaded: Loaded, path: Path) -> str:
    return loaded.layered.marks.key(path).file


def _figures(title: str, claim: Claim) -> dict[str, FigureClaim]:
    if claim.figures is not None:
        return {name: FigureClaim(f.is_, f.within or claim.within) for name, f in claim.figures.items()}
    return {} if claim.is_ is None else {title: FigureClaim(claim.is_, claim.within)}


def _needs(claim: Claim) -> str | None:
    return claim.awaits or (NEEDS_BASE if claim.change is not None else None)


def measures_in(claims: Mapping[str, Claim]) -> tuple[str, ...]:
    """The paths of all measures that can be judged, each once."""
    paths = (
        path
        for title, claim in claims.items()
        if _needs(claim) is None
        for words in _figures(title, claim)
        for path in paths_in(parse_expression(words))
    )
    return tuple(dict.fromkeys(paths))


# --- what to think of them ------------------------------------------------------------------------


def judged_claims(
    claims: Mapping[str, Claim], sums: Sequence[Sums], model: Model, labels: Labels
) -> list[Audit]:
    """Every claim with its figures judged by the sums of some replications, in the order of the file."""
    paths = measures_in(claims)
    found = estimates(sums, model, labels, paths) if paths else {}
    kinds = model.stages.kind.tolist()

    def unit(path: str) -> str:
        return unit_words(found_measure(path, labels, kinds), labels)

    return [_audit(title, claim, found, unit) for title, claim in claims.items()]


def _audit(title: str, claim: Claim, found: Mapping[str, Estimate], unit: Callable[[str], str]) -> Audit:
    asked, needs = _figures(title, claim), _needs(claim)
    if needs is not None:
        unknown = [
            Judged(name, f.is_, f.within, "", None, None, Verdict.UNKNOWN) for name, f in asked.items()
        ]
        return Audit(title, claim, tuple(unknown), needs)
    figures = []
    for words, figure in asked.items():
        expression = parse_expression(words)
        own = unit_of(expression, unit)
        shown = figure.is_.unit if own in ("", ANY) else own
        figures.append(judged(words, figure, evaluated(expression, found.__getitem__), shown, claim.kind))
    missing = any(figure.value is None for figure in figures)
    only_missing = missing and all(figure.verdict in (Verdict.WITHIN, Verdict.UNKNOWN) for figure in figures)
    return Audit(title, claim, tuple(figures), NO_FIGURE if only_missing else None)


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
    figure, within = claimed
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
    audits: Sequence[Audit], loaded: Loaded, *, seed: int, replications: int, inherited: int
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
    """
    horizon = loaded.resolved.model.horizon
    return {
        "supportsim": VERSION,
        "scenario": loaded.resolved.labels.scenario,
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
                "is": f.figure.value,
                "within": None if f.within is None else f.within.value,
                "unit": f.unit or f.figure.unit,
                "value": None if f.value is None else plain(f.value),
                "half_width": None if f.half_width is None else plain(f.half_width),
                "verdict": f.verdict.value,
                "off": None if f.off is None else plain(f.off),
                "z": None if f.z is None else plain(f.z),
            }
            for f in audit.figures
        ],
    }


def _words(raw: Mapping[str, Any], measure: str) -> str:
    """What is claimed, as it is written."""
    own = raw["figures"][measure] if "figures" in raw else raw
    own = own if isinstance(own, Mapping) else {"is": own}
    within = own.get("within", raw.get("within"))
    return f"{own['is']}" if within is None else f"{own['is']}, within {within}"

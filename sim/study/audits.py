"""Scenarios whose claims are audited, one or a folder of them: what is simulated, each scenario once.

A scenario that another one is held against is simulated once for all; replication k of every scenario
has the same customers, so that changes are judged by paired differences.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import InvalidInput, Problem
from sim.measure.reduce import Sums
from sim.model.tables import Model
from sim.scenario.load import read
from sim.scenario.schema import Claim
from sim.scenario.shipped import SUFFIXES
from sim.scenario.validate import Loaded
from sim.study.audit import (
    Simulated,
    Verdict,
    audit_document,
    audited_claims,
    has_changes,
    judged_claims,
    measures_in,
)
from sim.study.below import scenario_below
from sim.study.executors import Workers
from sim.study.prepare import prepare
from sim.study.replications import Progress, default_replications, expected_issues, sums_of_replications
from sim.version import VERSION

__all__ = ["Case", "Layers", "audit_of", "audits", "audits_document", "audits_of", "scenarios_below", "work"]

_NO_CLAIMS = "no_claims"
_WITH_LUCK = 4  # busy days and forecast errors: the interval of five days would cover almost anything
_RESULTS = "manifest.json"  # lies beside the results of a run, and so beside its resolved scenario


class Layers(NamedTuple):
    """What is laid on every scenario that is audited."""

    overlays: Sequence[str | Path] = ()
    plan: str | Path | None = None
    sets: Sequence[str] = ()


NO_LAYERS = Layers()


@dataclass(frozen=True)
class Case:
    """A scenario whose claims are audited."""

    loaded: Loaded
    claims: Mapping[str, Claim]  # by title
    left_out: int  # claims of the scenario below that are not asked for
    below: Loaded | None  # what changes are held against, if any are claimed
    replications: int  # 0 where nothing can be measured


def audit_of(
    source: str | Path, layers: Layers = NO_LAYERS, *, inherited: bool = False, reps: int | None = None
) -> Case:
    """What is to be audited of a scenario.

    Parameters
    ----------
    source
        A file, or the bare name of a shipped scenario.
    layers
        Laid on it, and on the scenario that it is held against.
    inherited
        Whether the claims of the scenario below are its own too.
    reps
        Replications; None: the usual ones, and four times as many with busy days or forecast errors.

    Raises
    ------
    InvalidInput
        If something is wrong with it, or it makes no claims.
    """
    loaded = prepare(source, *layers)
    claims, left_out = audited_claims(loaded, inherited=inherited)
    below = scenario_below(loaded, claims, *layers) if has_changes(claims) else None
    is_measurable = bool(measures_in(claims, is_compared=below is not None))
    n = (reps or _replications(loaded.resolved.model)) if is_measurable else 0
    return Case(loaded, claims, left_out, below, n)


def _replications(model: Model) -> int:
    """Replications where nobody says how many: more than usual where days are busy or badly forecast."""
    streams = model.streams
    has_luck = bool(streams.busy_shape.any() or streams.error_shape.any())
    return default_replications(model) * (_WITH_LUCK if has_luck else 1)


def audits_of(
    sources: Sequence[str | Path],
    layers: Layers = NO_LAYERS,
    *,
    inherited: bool = False,
    reps: int | None = None,
) -> tuple[list[Case], list[str]]:
    """What is to be audited of several scenarios, and the titles of those that make no claims of their own.

    Raises
    ------
    InvalidInput
        With the problems of all scenarios, or if none makes a claim; parameters as `audit_of` has them.
    """
    cases, silent = [], []
    problems: list[Problem] = []
    for source in sources:
        try:
            cases.append(audit_of(source, layers, inherited=inherited, reps=reps))
        except InvalidInput as error:
            if [problem.code for problem in error.problems] == [_NO_CLAIMS]:
                silent.append(Path(source).stem)
            else:
                problems += [problem for problem in error.problems if problem not in problems]
    if not cases and not problems:
        message = f"none of these scenarios makes claims of its own: {', '.join(silent)}"
        problems = [Problem(_NO_CLAIMS, "", message, None, "--all takes in those of the scenarios below")]
    if problems:
        raise InvalidInput(problems)
    return cases, silent


def scenarios_below(folder: Path) -> list[Path]:
    """The scenarios in a folder and its folders; parts, plans, facts and results of runs are none.

    Raises
    ------
    InvalidInput
        If there are none, or a file cannot be read.
    """
    found = []
    problems: list[Problem] = []
    for path in _yaml_files(folder):
        try:
            if "name" in read(path).data:
                found.append(path)
        except InvalidInput as error:
            problems += error.problems
    if not found and not problems:
        message = f"there are no scenarios in '{folder}'"
        problems = [Problem("folder", "", message, None, "a scenario is a YAML file that has a name")]
    if problems:
        raise InvalidInput(problems)
    return found


def _yaml_files(folder: Path) -> Iterator[Path]:
    """Files of a folder first, then those of the folders in it, both by name."""
    inside = sorted(folder.iterdir())
    if any(path.name == _RESULTS for path in inside):
        return
    yield from (path for path in inside if path.suffix in SUFFIXES and path.is_file())
    for path in inside:
        if path.is_dir() and not path.name.startswith("."):
            yield from _yaml_files(path)


# --- what is simulated ----------------------------------------------------------------------------


@dataclass
class _Run:
    """A scenario to simulate, and how often its figures are still wanted."""

    loaded: Loaded
    replications: int = 0
    wanted: int = 0
    sums: Sequence[Sums] | None = None

    @property
    def issues(self) -> float:
        """New issues that it takes to simulate."""
        return self.replications * expected_issues(self.loaded.resolved.model)


def _key(loaded: Loaded) -> str:
    """What makes two scenarios the same under the same layers."""
    return os.path.realpath(loaded.layered.main)


def _runs(cases: Sequence[Case]) -> dict[str, _Run]:
    runs: dict[str, _Run] = {}
    for case in cases:
        for loaded in (case.loaded, *([case.below] if case.below else [])):
            run = runs.setdefault(_key(loaded), _Run(loaded))
            run.replications = max(run.replications, case.replications)
            run.wanted += 1
    return runs


def work(cases: Sequence[Case]) -> tuple[int, float]:
    """Replications and new issues that audits take, each scenario simulated once."""
    runs = _runs(cases).values()
    return sum(run.replications for run in runs), sum(run.issues for run in runs)


def audits(
    cases: Sequence[Case],
    seed: int,
    *,
    engine: str = "auto",
    workers: Workers | int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """The document of each audit (see `audit_document`), in order.

    Parameters
    ----------
    cases
        What is audited.
    seed
        Key of every draw, the same for all.
    engine, workers, tell
        As `replications.run_replications` has them; the progress is that of all together.
    """
    runs = _runs(cases)
    total = sum(run.issues for run in runs.values())
    n = sum(run.replications for run in runs.values())
    done, finished = 0.0, 0

    def told(run: _Run, progress: Progress) -> None:
        share = (done + progress.share * run.issues) / total if total else 1.0
        tell(Progress(finished + progress.done, n, share))

    def simulated(loaded: Loaded, n_wanted: int) -> Simulated:
        nonlocal done, finished
        run = runs[_key(loaded)]
        model, labels = run.loaded.resolved.model, run.loaded.resolved.labels
        if run.sums is None and run.replications:
            run.sums = sums_of_replications(
                model, labels, seed, run.replications, workers, lambda p: told(run, p), engine=engine
            )
            done, finished = done + run.issues, finished + run.replications
        sums = (run.sums or ())[:n_wanted]
        run.wanted -= 1
        if not run.wanted:
            run.sums = None  # a full day's sums are large
        return Simulated(sums, loaded.resolved.model, loaded.resolved.labels)

    documents = []
    for case in cases:
        here = simulated(case.loaded, case.replications)
        below = None if case.below is None else simulated(case.below, case.replications)
        documents.append(
            audit_document(
                judged_claims(case.claims, *here, below=below),
                case.loaded,
                seed=seed,
                replications=case.replications,
                inherited=case.left_out,
                below=None if case.below is None else case.below.resolved.labels.scenario,
            )
        )
    return documents


def audits_document(documents: Sequence[dict[str, Any]], silent: Sequence[str], seed: int) -> dict[str, Any]:
    """Several audits as one document.

    Parameters
    ----------
    documents
        Of `audits`.
    silent
        Scenarios that make no claims of their own.
    seed
        Key of every draw.
    """
    return {
        "supportsim": VERSION,
        "seed": seed,
        "audits": list(documents),
        "without_claims": list(silent),
        "count": {v.value: sum(d["count"][v.value] for d in documents) for v in Verdict},
    }

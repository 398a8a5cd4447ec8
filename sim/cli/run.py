"""The command that simulates."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sim.cli.keeping import results_in
from sim.cli.options import columns, encoding, keeping, layers, quoted, simulation, tell_warnings
from sim.cli.progress import progress
from sim.cli.ready import ready

if TYPE_CHECKING:
    from sim.errors import Problem
    from sim.study.workers import Workers

__all__ = ["run_command"]


@click.command("run")
@click.argument("scenario")
@layers
@simulation
@keeping
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Folder for the results (default: runs/NAME-HASH).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON document.")
@click.option("--check", is_flag=True, help="Exit with 4 where a target is missed, and say which.")
@click.option("--by-class", is_flag=True, help="Also a table for each attribute of the customers.")
@click.option(
    "--precision",
    "bounds",
    metavar="BOUNDS",
    help="Go on until half-widths are within bounds: 'wait.mean 2%, service_level 1pp'; --reps is the cap.",
)
@click.option(
    "--control-variates",
    "by_controls",
    is_flag=True,
    help="Narrower intervals, from what is known of how busy days are.",
)
def run_command(
    scenario: str,
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    reps: int | None,
    seed: int,
    engine: str,
    workers: Workers,
    fresh: bool,
    out: Path | None,
    as_json: bool,
    check: bool,
    by_class: bool,
    bounds: str | None,
    by_controls: bool,
    no_progress: bool,
) -> int:
    """Simulate a scenario: targets first, then waits, solved, staff and cost.

    SCENARIO is a file, or the name of a scenario that comes with supportsim. Each figure has its
    half-width; `supportsim list --measures` says how each is defined.

    \b
    Examples:
      supportsim run help_desk.yaml
      supportsim run help_desk.yaml --set "demand.volume=20% more" --reps 100
      supportsim run support_baseline --set scale=0.1 --plan evening --out evening
      supportsim run help_desk.yaml --check --json > results.json
      supportsim run help_desk.yaml --precision "wait.mean 5%, service_level 1pp"
    """
    from sim.present.precision import imprecise_text
    from sim.present.tables import missed_text
    from sim.scenario.write import resolved_yaml
    from sim.study.folder import default_folder, save_run
    from sim.study.identity import study_of
    from sim.study.payload import SUMS
    from sim.study.precision import START, parse_precision, run_until_precise
    from sim.study.prepare import prepare
    from sim.study.replications import default_replications, expected_issues, run_replications
    from sim.study.store import Kept

    loaded = prepare(scenario, overlays, plan, sets)
    model = loaded.resolved.model
    folder = out or default_folder(Path(scenario).stem, loaded, seed)
    wanted = parse_precision(bounds, model, loaded.resolved.labels) if bounds is not None else ()
    n = (min(reps or START, START) if wanted else reps) or default_replications(model)
    engine = ready(engine)
    if wanted:
        simulate = partial(run_until_precise, loaded.resolved, seed, wanted, reps, by_controls=by_controls)
    else:
        simulate = partial(run_replications, loaded.resolved, seed, n)
    with results_in(folder, is_fresh=fresh) as store:
        kept = Kept(store, study_of([loaded], seed, engine), SUMS)
        with progress(n, n * expected_issues(model), not no_progress, engine) as tell:
            document = simulate(
                engine=engine, workers=workers, plan=loaded.layered.plan, tell=tell, kept=kept
            )
        save_run(folder, document, resolved_yaml(loaded, folder), loaded.files, sets)
    _print(document, as_json=as_json, by_class=by_class, by_controls=by_controls)
    _warn(loaded.warnings, document, is_asked=reps is not None)
    if not as_json:
        click.echo(_next(folder, document, None if reps or wanted else n, by_controls))
    missed = missed_text(document, sys.stderr.encoding or "ascii") if check else ""
    imprecise = imprecise_text(document, sys.stderr.encoding or "ascii")
    for text in filter(None, (missed, imprecise)):
        print(text, file=sys.stderr)
    return 5 if imprecise else 4 if missed else 0


def _print(document: dict[str, Any], *, as_json: bool, by_class: bool, by_controls: bool) -> None:
    """The results on stdout."""
    from sim.present.precision import controls_text, precision_text
    from sim.present.tables import run_text
    from sim.study.folder import summary_json

    if as_json:
        click.echo(summary_json(document), nl=False)
        return
    texts = [run_text(document, width=columns(), by_class=by_class, encoding=encoding())]
    texts += [precision_text(document, encoding())] if "precision" in document else []
    texts += [controls_text(document, encoding())] if by_controls else []
    click.echo("\n\n".join(texts))


def _warn(warnings: Sequence[Problem], document: dict[str, Any], *, is_asked: bool) -> None:
    """Warnings on stderr: after the figures, or they would hide the targets. Whoever asked for few
    replications is not told that they are few."""
    from sim.present.precision import doubts

    told = [*warnings, *(doubt for doubt in doubts(document) if doubt.code != "few_units" or not is_asked)]
    if told:
        print(file=sys.stderr)
    tell_warnings(told, brief=True)


def _next(folder: Path, document: dict[str, Any], n: int | None, by_controls: bool) -> str:
    """Where the results are and what one may do now; ``n``: replications that nobody asked for."""
    from sim.present.precision import controls_tip
    from sim.present.words import writable

    lines = [f"\nResults  {folder}/  (summary.json, summary.csv, resolved.yaml, manifest.json)"]
    tips = []
    if any("abandoned" in figures for figures in document["stages"].values()):
        tips.append(quoted("supportsim", "plot", folder))
    if n is not None and n > 1:  # of one replication the days make the half-widths
        tips.append(f"--reps {4 * n} halves the ±")
    tip = "" if by_controls else controls_tip(document)
    tips += [tip] if tip else []
    heads = ["Next     ", " " * 9, " " * 9]
    lines += [head + tip for head, tip in zip(heads, tips, strict=False)]
    return writable("\n".join(lines), encoding())

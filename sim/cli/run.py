"""The command that simulates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sim.cli.keeping import results_in
from sim.cli.options import columns, encoding, keeping, layers, quoted, simulation, tell_warnings
from sim.cli.progress import progress
from sim.cli.ready import ready

if TYPE_CHECKING:
    from sim.study.executors import Workers

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
    from sim.present.precision import controls_text, doubts, imprecise_text, precision_text
    from sim.present.tables import missed_text, run_text
    from sim.scenario.write import resolved_yaml
    from sim.study.folder import default_folder, save_run, summary_json
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
    with results_in(folder, is_fresh=fresh) as store:
        kept = Kept(store, study_of([loaded], seed, engine), SUMS)
        with progress(n, n * expected_issues(model), not no_progress, engine) as tell:
            if wanted:
                document = run_until_precise(
                    loaded.resolved,
                    seed,
                    wanted,
                    reps,
                    by_controls=by_controls,
                    engine=engine,
                    workers=workers,
                    plan=loaded.layered.plan,
                    tell=tell,
                    kept=kept,
                )
            else:
                document = run_replications(
                    loaded.resolved,
                    seed,
                    n,
                    engine=engine,
                    workers=workers,
                    plan=loaded.layered.plan,
                    tell=tell,
                    kept=kept,
                )
        save_run(folder, document, resolved_yaml(loaded, folder), loaded.files, sets)
    if as_json:
        click.echo(summary_json(document), nl=False)
    else:
        texts = [run_text(document, width=columns(), by_class=by_class, encoding=encoding())]
        texts += [precision_text(document, encoding())] if wanted else []
        texts += [controls_text(document, encoding())] if by_controls else []
        click.echo("\n\n".join(texts))
    told = [doubt for doubt in doubts(document) if doubt.code != "few_units" or not reps]
    warnings = [*loaded.warnings, *told]
    if warnings:
        print(file=sys.stderr)
    tell_warnings(warnings, brief=True)  # after the figures, or they would hide the targets
    if not as_json:
        click.echo(_next(folder, document, None if reps or wanted else n, by_controls))
    missed = missed_text(document, sys.stderr.encoding or "ascii") if check else ""
    imprecise = imprecise_text(document, sys.stderr.encoding or "ascii")
    for text in filter(None, (missed, imprecise)):
        print(text, file=sys.stderr)
    return 5 if imprecise else 4 if missed else 0


def _next(folder: Path, document: dict[str, Any], n: int | None, by_controls: bool) -> str:
    """Where the results are and what one may do now; ``n``: replications that nobody asked for."""
    from sim.present.precision import controls_tip
    from sim.present.words import writable

    lines = [f"\nResults  {folder}/  (summary.json, summary.csv, resolved.yaml, manifest.json)"]
    tips = []
    if any("abandoned" in figures for figures in document["stages"].values()):
        tips.append(quoted("supportsim", "plot", folder))
    if n is not None:
        tips.append(f"--reps {4 * n} halves the ±")
    tip = "" if by_controls else controls_tip(document)
    tips += [tip] if tip else []
    heads = ["Next     ", " " * 9, " " * 9]
    lines += [head + tip for head, tip in zip(heads, tips, strict=False)]
    return writable("\n".join(lines), encoding())

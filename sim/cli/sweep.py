"""The command that varies parts of a scenario."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sim.cli.keeping import results_in
from sim.cli.limits import tell_limits
from sim.cli.options import Whole, columns, encoding, keeping, layers, quoted, simulation, tell_warnings
from sim.cli.progress import progress
from sim.cli.ready import ready

if TYPE_CHECKING:
    from sim.errors import Problem
    from sim.study.sweep import Point
    from sim.study.workers import Workers

__all__ = ["sweep_command"]

_DESIGNS = ("grid", "lhs", "sobol")
_FORMATS = ("text", "csv", "json")
_QUIET_S, _BETWEEN_S = 3.0, 10.0  # before the first line on checking, and between two


@click.command("sweep")
@click.argument("scenario")
@click.option(
    "--vary",
    "vary",
    multiple=True,
    required=True,
    metavar="PATH=VALUES",
    help="What is varied: 'teams.own.agents=40..60 step 5', 'demand.volume=10% less, as it is'. "
    "May be repeated.",
)
@click.option(
    "--design",
    type=click.Choice(_DESIGNS),
    default="grid",
    show_default=True,
    help="All combinations, or points spread over the ranges.",
)
@click.option(
    "--points",
    "n_points",
    type=Whole(2, 1000),
    metavar="N",
    help="Points of the designs lhs and sobol (sobol: best a power of two).",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="MEASURE",
    help="Measure to tell (default: those of the targets, or the usual ones). May be repeated.",
)
@click.option(
    "--fail-if",
    "limits",
    multiple=True,
    metavar="LIMIT",
    help="Exit with 4 where a point passes it for sure: 'wait.mean > +10%' of point 1. May be repeated.",
)
@layers
@simulation
@keeping
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Folder for the results (default: runs/NAME-sweep-HASH).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="What is printed.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def sweep_command(
    scenario: str,
    vary: tuple[str, ...],
    design: str,
    n_points: int | None,
    metrics: tuple[str, ...],
    limits: tuple[str, ...],
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    reps: int | None,
    seed: int,
    engine: str,
    workers: Workers,
    fresh: bool,
    out: Path | None,
    form: str,
    as_json: bool,
    no_progress: bool,
) -> int:
    """Vary parts of a scenario, and tell what comes of it.

    Every point is simulated with the same random numbers, so differences to the first are sharp. Points that
    meet all targets of the scenario are marked. Without --reps a point gets 5 to 100 replications, by the
    size of the scenario and the number of points.

    \b
    Examples:
      supportsim sweep help_desk.yaml \\
        --vary 'teams.support.shifts.late.agents=8..14 step 2'
      supportsim sweep support_baseline --set scale=0.01 --metric wait.mean \\
        --vary 'demand.volume=10% less, as it is, 10% more'
      supportsim sweep help_desk.yaml --design sobol --points 32 \\
        --vary 'demand.volume=1000..1500/day' \\
        --vary 'desks.chat.patience=2..10 min'
    """
    from sim.study.designs import design as points_of
    from sim.study.designs import parse_varied
    from sim.study.limits import check_limits, parse_limit
    from sim.study.prepare import prepare
    from sim.study.sweep import expected_work, prepared, sweep, sweep_replications, swept_measures
    from sim.study.sweep_folder import save_sweep, sweep_folder

    bounds = [parse_limit(words) for words in limits]
    varied = [parse_varied(words) for words in vary]
    levels = points_of(varied, design, n_points)
    points = prepared(
        varied,
        levels,
        lambda all_sets: prepare(scenario, overlays, plan, all_sets),
        sets,
        (lambda _: None) if no_progress else _lines_of_checking(len(levels)),
    )
    measures = swept_measures(points, metrics, [bound.path for bound in bounds])
    check_limits(bounds, {measure.path: measure.unit for measure in measures})
    folder = out or sweep_folder(Path(scenario).stem, [point.loaded for point in points], seed)
    n = reps or sweep_replications(points)
    engine = ready(engine)
    with results_in(folder, is_fresh=fresh) as store:
        with progress(n * len(points), n * expected_work(points), not no_progress, engine) as tell:
            found = sweep(
                varied,
                points,
                measures,
                seed,
                n,
                kind=design,
                engine=engine,
                workers=workers,
                tell=tell,
                store=store,
            )
        files = dict.fromkeys(file for point in points for file in point.loaded.files)
        save_sweep(folder, found, files, [*sets, *vary])
    _print(found, "json" if as_json else form)
    tell_warnings(_warnings(points), brief=True)
    if form == "text" and not as_json:
        if n_points is not None and len(points) < n_points:
            click.echo(f"\n{n_points} points were asked for; only {len(points)} of them differ.")
        click.echo(f"\nResults  {folder}/  (sweep.json, sweep.csv)")
        click.echo(f"Next     {quoted('supportsim', 'plot', folder)}")
    return _tell_limits(found, bounds)


def _lines_of_checking(n: int) -> Callable[[int], None]:
    """A line on stderr now and then while many points are read and checked."""
    told = [time.monotonic() + _QUIET_S - _BETWEEN_S]

    def line(done: int) -> None:
        now = time.monotonic()
        if done < n and now - told[0] > _BETWEEN_S:
            told[0] = now
            print(f"{done} of {n} points checked", file=sys.stderr, flush=True)

    return line


def _warnings(points: list[Point]) -> list[Problem]:
    """Every warning once; overloads are what a sweep looks for."""
    found = (w for point in points for w in point.loaded.warnings if w.code != "overload")
    return list(dict.fromkeys(found))


def _print(document: dict[str, Any], form: str) -> None:
    from sim.present.sweep import sweep_text
    from sim.study.folder import summary_json
    from sim.study.sweep_folder import sweep_csv

    if form == "json":
        click.echo(summary_json(document), nl=False)
    elif form == "csv":
        click.echo(sweep_csv(document), nl=False)
    else:
        click.echo(sweep_text(document, width=columns(), encoding=encoding()))


def _tell_limits(document: dict[str, Any], bounds: list[Any]) -> int:
    """Limits that points pass, on stderr; the exit code."""
    named = [{"name": f"point {point['number']}"} for point in document["points"]]
    return 4 if tell_limits(bounds, {"variants": named, "measures": document["measures"]}) else 0

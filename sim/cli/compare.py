"""The command that compares plans, or scenarios."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from sim.cli.keeping import results_in
from sim.cli.limits import tell_limits
from sim.cli.options import columns, encoding, keeping, layers_without_plan, quoted, simulation, tell_warnings
from sim.cli.progress import progress
from sim.cli.ready import ready
from sim.errors import Problem, UsageError

if TYPE_CHECKING:
    from sim.scenario.validate import Loaded
    from sim.study.executors import Workers

__all__ = ["compare_command"]

_FORMATS = ("text", "markdown", "csv", "json")
_AS_IS = "as-is"


@click.command("compare")
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@click.option(
    "--plans",
    metavar="PLAN,PLAN,...",
    help=f"Plans to compare, the first is the one others are held against; '{_AS_IS}' is no plan.",
)
@layers_without_plan
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="MEASURE",
    help="Measure to judge by (default: those of the targets, or the usual ones). May be repeated.",
)
@click.option(
    "--best",
    "best_words",
    metavar="WISH",
    help="Go on until the best is found: 'wait.mean within 10 s'. Plans that cannot be it drop out.",
)
@click.option(
    "--fail-if",
    "limits",
    multiple=True,
    metavar="LIMIT",
    help="Exit with 4 where a plan passes it for sure: 'wait.mean > +10%'. May be repeated.",
)
@simulation
@keeping
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Folder for the results (default: runs/NAME-compared-HASH).",
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
def compare_command(
    scenarios: tuple[str, ...],
    plans: str | None,
    overlays: tuple[str, ...],
    sets: tuple[str, ...],
    metrics: tuple[str, ...],
    best_words: str | None,
    limits: tuple[str, ...],
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
    """Compare plans for one scenario, or several scenarios: the very same customers meet each.

    Each difference has its interval; who fares better, who worse, is told too. Without --reps it goes on
    until every judged difference is clear (with --best: until one plan is left) or a fixed number of
    contacts is simulated.

    \b
    Examples:
      supportsim compare support_baseline --plans flat,evening
      supportsim compare help_desk.yaml two_more.yaml --metric chat.wait.p90
      supportsim compare help_desk.yaml --plans as-is,late --fail-if 'abandoned > +1 pp'
      supportsim compare help_desk.yaml --plans as-is,early,late --best 'wait.mean within 10 s'
      supportsim compare help_desk.yaml --plans as-is,late --format markdown
    """
    from sim.study.best import checked, parse_best
    from sim.study.compare import Variant, compare, most_replications, wanted
    from sim.study.compared_folder import compared_folder, save_comparison
    from sim.study.identity import study_of
    from sim.study.limits import check_limits, parse_limit
    from sim.study.replications import expected_issues
    from sim.study.store import Keeping

    bounds = [parse_limit(words) for words in limits]
    best = parse_best(best_words) if best_words is not None else None
    loaded = _loaded(scenarios, plans, overlays, sets)
    variants = [
        Variant(name, of.layered.plan or of.resolved.labels.scenario, of.resolved, of.layered.plan)
        for name, of in loaded.items()
    ]
    also = [bound.path for bound in bounds] + ([best.path] if best else [])
    measures = wanted(variants, metrics, also)
    check_limits(bounds, {measure.path: measure.unit for measure in measures})
    if best:
        checked(best, measures, reps)
    folder = out or compared_folder(Path(scenarios[0]).stem, list(loaded.values()), seed)
    n = reps or most_replications(variants)
    engine = ready(engine)
    work = n * sum(expected_issues(variant.model) for variant in variants)
    with results_in(folder, is_fresh=fresh) as store:
        keeps = Keeping(store, study_of(list(loaded.values()), seed, engine))
        with progress(n, work, not no_progress, engine) as tell:
            compared = compare(
                variants,
                measures,
                seed,
                reps,
                best=best,
                engine=engine,
                workers=workers,
                tell=tell,
                keeping=keeps,
            )
        save_comparison(folder, compared, loaded, sets)
    _print(compared.comparison, "json" if as_json else form)
    for of in loaded.values():
        tell_warnings([w for w in of.warnings if w.code != "overload"], brief=True)
    tell_warnings(
        [
            Problem(doubt["code"], "", doubt["message"], is_warning=True)
            for doubt in compared.comparison["warnings"]
            if doubt["code"] != "few_units" or reps is None
        ],
        brief=True,
    )
    if form == "text" and not as_json:
        click.echo(f"\nResults  {folder}/  (comparison.json, comparison.csv, a folder for each plan)")
        click.echo(f"Next     {quoted('supportsim', 'plot', folder)}")
    is_passed = tell_limits(bounds, compared.comparison)
    if compared.comparison["stopped"] == "undecided":
        print("the best is not decided; the results so far are kept", file=sys.stderr)
    if is_passed:
        return 4
    return 5 if compared.comparison["stopped"] == "undecided" else 0


def _loaded(
    scenarios: tuple[str, ...], plans: str | None, overlays: tuple[str, ...], sets: tuple[str, ...]
) -> dict[str, Loaded]:
    """What is compared, by name, the first first."""
    from sim.study.prepare import prepare

    if plans is None:
        if len(scenarios) == 1:
            raise UsageError("one scenario alone cannot be compared; give --plans, or another scenario")
        names = [Path(scenario).stem for scenario in scenarios]
        shown = names if len(set(names)) == len(names) else list(scenarios)
        _refuse_twice(shown)
        return {
            name: prepare(scenario, overlays, None, sets)
            for name, scenario in zip(shown, scenarios, strict=True)
        }
    if len(scenarios) > 1:
        raise UsageError("give one scenario with --plans, or several scenarios without")
    asked = [name.strip() for name in plans.split(",") if name.strip()]
    if len(asked) == 1:
        asked = [_AS_IS, *asked]
    if not asked:
        raise UsageError("--plans names no plan; write for example --plans flat,evening")
    shown = [Path(name).stem for name in asked]
    _refuse_twice(shown)
    return {
        name: prepare(scenarios[0], overlays, None if plan == _AS_IS else plan, sets)
        for name, plan in zip(shown, asked, strict=True)
    }


def _refuse_twice(names: list[str]) -> None:
    """Names are folders of the results too."""
    from sim.study.folder import slug

    folders = [slug(name) for name in names]
    twice = next((n for n, of in zip(names, folders, strict=True) if folders.count(of) > 1), None)
    if twice:
        raise UsageError(f"'{twice}' is named twice")


def _print(comparison: dict[str, Any], form: str) -> None:
    from sim.present.comparison import compared_markdown, compared_text
    from sim.study.compared_folder import compared_csv
    from sim.study.folder import summary_json

    if form == "json":
        click.echo(summary_json(comparison), nl=False)
    elif form == "csv":
        click.echo(compared_csv(comparison), nl=False)
    elif form == "markdown":
        click.echo(compared_markdown(comparison))
    else:
        click.echo(compared_text(comparison, width=columns(), encoding=encoding()))

"""The command that finds agents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from sim.cli.options import columns, encoding, layers, quoted, simulation
from sim.cli.ready import ready
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.study.executors import Workers
    from sim.study.staff import Goal

__all__ = ["staff"]


@click.command("staff")
@click.argument("scenario")
@click.option(
    "--target",
    required=True,
    metavar="TARGET",
    help="What every interval shall meet: 'service_level 80% in 20 s', 'abandoned at most 3%', "
    "'wait.mean at most 30 s'.",
)
@click.option(
    "--every", metavar="TIME", default="1 h", show_default=True, help="Interval in which agents change."
)
@layers
@simulation
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Plan to write (default: NAME_staffed.yaml).",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def staff(
    scenario: str,
    target: str,
    every: str,
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    reps: int | None,
    seed: int,
    engine: str,
    workers: Workers,
    no_progress: bool,
    output: Path | None,
    force: bool,
) -> int:
    """Find the least agents with which every interval of the day meets a target, and write them as a plan.

    Begins with Erlang A for the work that comes (with its lag), then simulates: each interval is raised or
    lowered by itself. In the end the plan meets fresh customers; exits with 5 where they miss the target.

    \b
    Examples:
      supportsim staff help_desk.yaml --target 'service_level 80% in 20 s'
      supportsim staff help_desk.yaml --target 'wait.mean at most 30 s' --every 30min -o lean.yaml
    """
    from sim.present.staffing import staffing_text
    from sim.study.folder import slug, write_whole
    from sim.study.interrupts import interrupts_end_all
    from sim.study.prepare import prepare
    from sim.study.staff import staffed
    from sim.study.staff_runs import StaffRuns, default_reps, plan_text

    goal, length = _goal(target), _length(every)
    file = output or Path(f"{slug(Path(scenario).stem)}_staffed.yaml")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder '{file.parent}' to write the plan to")
    if file.exists() and not force:
        raise UsageError(f"'{file}' is there already; give another with -o, or --force")
    n = reps or default_reps(prepare(scenario, overlays, plan, sets).resolved.model)
    engine = ready(engine)
    runs = StaffRuns(
        scenario, overlays, plan, sets, goal, length, seed=seed, reps=n, engine=engine, workers=workers
    )

    def tell(what: str) -> None:
        if not no_progress and sys.stderr.isatty():
            print(f"{what} ...", file=sys.stderr, flush=True)

    with interrupts_end_all(130, lambda: print("interrupted", file=sys.stderr)):
        before = runs.as_it_is()
        found = staffed(runs, before, goal, length, tell)
        paid = runs.hours_paid(before), runs.hours_paid(runs(found.agents, 0))
    write_whole(file, plan_text(found, runs))
    labels = before.labels
    click.echo(
        staffing_text(
            found,
            (labels.stages, labels.teams),
            length,
            *paid,
            title=f"{labels.scenario}: {goal.words}",
            width=columns(),
            encoding=encoding(),
        )
    )
    click.echo(f"\nPlan     {file}")
    layers_given = [word for name in overlays for word in ("--overlay", name)]
    layers_given += [word for text in sets for word in ("--set", text)]
    first = plan or "as-is"
    click.echo(
        f"Next     {quoted('supportsim', 'compare', scenario, '--plans', f'{first},{file}', *layers_given)}"
    )
    return 5 if found.missed else 0


def _goal(words: str) -> Goal:
    """What every interval shall meet."""
    from sim.scenario.wishes import parse_wish
    from sim.study.staff import Goal
    from sim.units import WordsError

    measure, _, wish = words.strip().partition(" ")
    try:
        return Goal.of(measure, parse_wish(wish.strip()))
    except WordsError as e:
        raise UsageError(f"'{words}': {e.message}" + (f"; {e.hint}" if e.hint else "")) from e


def _length(words: str) -> int:
    from sim.units import WordsError, duration

    try:
        length = duration(words)
    except WordsError as e:
        raise UsageError(f"--every '{words}': {e.message}") from e
    if length <= 0:
        raise UsageError(f"--every '{words}': an interval takes some time")
    return length

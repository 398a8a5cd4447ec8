"""The command that simulates."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from sim.cli.options import layers, tell_warnings

if TYPE_CHECKING:
    from sim.study.replications import Progress

__all__ = ["run_command"]

_QUIET_S = 2.0  # a run shorter than this shows no progress


@click.command("run")
@layers
@click.option(
    "--reps",
    type=click.IntRange(1, 1_000_000),
    help="Replications; without it a number fixed by the scenario alone.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="Key of every random number.",
)
@click.option("--engine", type=click.Choice(["auto", "reference"]), default="auto", show_default=True)
@click.option("-j", "--workers", type=click.IntRange(1, 1024), help="Processes; they change no figure.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the results (default: runs/NAME-HASH)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON document.")
@click.option("--check", is_flag=True, help="Exit with 4 when a target is missed.")
@click.option("--by-class", is_flag=True, help="Also a table for each attribute.")
@click.option("--no-progress", is_flag=True, help="No progress on stderr.")
def run_command(
    scenario: str,
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    reps: int | None,
    seed: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
    check: bool,
    by_class: bool,
    no_progress: bool,
) -> int:
    """Simulate a scenario: targets first, then waits, answers, staff and cost, each with its half-width.

    `supportsim list --measures` says how each figure is defined.
    """
    from sim.present.tables import run_text
    from sim.scenario.write import resolved_yaml
    from sim.study.folder import default_folder, open_folder, save_run, summary_json
    from sim.study.prepare import prepare
    from sim.study.replications import default_replications, run_replications

    loaded = prepare(scenario, overlays, plan, sets)
    folder = out or default_folder(Path(scenario).stem, loaded.layered.data, seed)
    open_folder(folder)
    tell_warnings(loaded.warnings)
    n = reps or default_replications(loaded.resolved.model)
    with _progress(n, not no_progress) as tell:
        document = run_replications(loaded.resolved, seed, n, engine=engine, workers=workers, tell=tell)
    save_run(folder, document, resolved_yaml(loaded.layered), loaded.layered.files, sets)
    if as_json:
        click.echo(summary_json(document), nl=False)
    else:
        click.echo(run_text(document, by_class=by_class, encoding=sys.stdout.encoding or "utf-8"))
        click.echo(f"\nResults: {folder}/  (summary.json, summary.csv, resolved.yaml)")
        click.echo(
            f"Next:    supportsim plot {folder}" + ("" if reps else f"\n         more days: --reps {4 * n}")
        )
    is_missed = any(target["met"] is False for target in document["targets"])
    return 4 if check and is_missed else 0


@contextmanager
def _progress(n: int, is_wanted: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal; elsewhere a line for each replication of long work."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    start = time.monotonic()
    if not is_wanted:
        yield lambda _: None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        told = [0]

        def line(progress: Progress) -> None:
            if progress.done > told[0] and time.monotonic() - start > _QUIET_S:
                told[0] = progress.done
                print(f"{progress.done} of {progress.of} replications done", file=sys.stderr, flush=True)

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"0 of {n} replications", total=1.0)
        yield lambda p: bar.update(task, completed=p.share, description=f"{p.done} of {p.of} replications")

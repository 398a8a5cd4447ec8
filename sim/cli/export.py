"""The command that takes contacts to other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from sim.cli.options import ENGINES, Whole, encoding, layers, quoted, tell_warnings
from sim.cli.progress import progress
from sim.cli.ready import ready
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.scenario.validate import Loaded
    from sim.study.export.export import Written

__all__ = ["export_command"]

_FORMATS = ("csv", "parquet", "xes", "ocel")
"""Those of `sim.study.export.export`, which is slow to import."""


@click.command("export")
@click.argument("source", metavar="SCENARIO_OR_RUN")
@click.option(
    "--to",
    "form",
    type=click.Choice(_FORMATS),
    help="csv, parquet: a folder of three tables; xes, ocel: an event log for process mining.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Folder or file to write (default: NAME-csv, NAME-parquet, NAME.xes, NAME.ocel.json).",
)
@click.option("--force", is_flag=True, help="Write over what is there.")
@click.option(
    "--days",
    metavar="A..B",
    help="Only customers who first come on these days: 2, 2..3, 2024-07-01..2024-07-07 (default: all).",
)
@click.option(
    "--replication",
    type=Whole(0, 2**31 - 1),
    metavar="K",
    default=0,
    show_default=True,
    help="Which replication; the first is 0.",
)
@layers
@click.option(
    "--seed",
    type=Whole(0, 2**63 - 1),
    metavar="N",
    help="Start of every random number (default: 1, or that of the run).",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="What simulates; it changes no byte.",
)
@click.option("--no-progress", is_flag=True, help="No progress on stderr.")
def export_command(
    source: str,
    form: str | None,
    output: Path | None,
    force: bool,
    days: str | None,
    replication: int,
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    seed: int | None,
    engine: str,
    no_progress: bool,
) -> None:
    """Write every contact of one replication: tables for a spreadsheet or database, or an event log.

    SCENARIO_OR_RUN is a scenario, or the folder of a run: its records are not kept but simulated again, and
    are the very same.

    \b
    Examples:
      supportsim export help_desk.yaml --to csv
      supportsim export runs/help_desk-1ecdf5 --to parquet --replication 3
      supportsim export seasonal_shop --to xes --days 2..3 -o two_days.xes.gz
    """
    from sim.study.export.export import export, file_names, span_of
    from sim.study.export.names import Names
    from sim.study.export.source import is_run
    from sim.study.export.whole import refuse_existing
    from sim.study.folder import slug
    from sim.study.prepare import prepare
    from sim.study.replications import Progress, expected_issues

    if form is None:
        raise UsageError("say what to write: --to csv, parquet, xes or ocel")
    if is_run(source):
        loaded, seed = _of_run(source, replication, [*overlays, *sets, *filter(None, [plan])], seed)
        name = Path(source).resolve().name if Path(source).is_dir() else Path(source).resolve().parent.name
    else:
        loaded, seed = prepare(source, overlays, plan, sets), 1 if seed is None else seed
        name = Path(source).stem
    target = output or Path(slug(name) + _ENDINGS[form])
    if not force:
        refuse_existing(target, file_names(form))
    resolved = loaded.resolved
    names = Names(resolved.model, resolved.labels)
    span_of(days, names)  # what is wrong with it is told before anything is done
    engine = ready(engine)
    with progress(1, expected_issues(resolved.model), not no_progress, engine) as tell:
        written = export(
            resolved,
            form,
            target,
            seed=seed,
            replication=replication,
            engine=engine,
            days=days,
            tell=lambda share: tell(Progress(0, 1, share)),
        )
    tell_warnings([w for w in loaded.warnings if w.code != "overload"], brief=True)
    click.echo(_told(written, names.is_dated, form).encode(encoding(), "replace").decode(encoding()))


_ENDINGS = {"csv": "-csv", "parquet": "-parquet", "xes": ".xes", "ocel": ".ocel.json"}


def _of_run(source: str, replication: int, layered: Sequence[str], seed: int | None) -> tuple[Loaded, int]:
    """The scenario and the seed of a run."""
    from sim.study.export.source import open_run

    if layered or seed is not None:
        raise UsageError(
            "a run is exported as it was; --set, --plan, --overlay and --seed go with a scenario"
        )
    run = open_run(source)
    if replication >= run.replications:
        raise UsageError(f"the run has replications 0 to {run.replications - 1}, not {replication}")
    for doubt in run.doubts:
        print(f"warning: {doubt}", file=sys.stderr)
    return run.loaded, run.seed


def _told(written: Sequence[Written], is_dated: bool, form: str) -> str:
    """What was written, and how to read it."""
    width = max(len(str(of.file)) for of in written)
    lines = []
    for of in written:
        counted = ", ".join(f"{n:,} {what}".replace(",", " ") for what, n in of.rows.items())
        lines.append(f"Wrote  {of.file!s:{width}}  {_size(of.size)}  {counted}")
    if form in ("xes", "ocel", "parquet") and not is_dated:
        lines.append("Times  The scenario has no dates (horizon: starts): day 1 is 2024-01-01, a Monday")
    return "\n".join([*lines, f"Next   {_next(written[0].file, form)}"])


def _next(file: Path, form: str) -> str:
    path = json.dumps(str(file), ensure_ascii=False)  # in double quotes, as the shell has single ones
    if form == "csv":
        mean = 'groupby(["stage", "outcome"]).wait_s.mean()'
        return quoted("python", "-c", f"import pandas; print(pandas.read_csv({path}).{mean})")
    if form == "parquet":
        mean = 'aggregate("stage, outcome, count(*), avg(wait_s)")'
        return quoted("python", "-c", f"import duckdb; print(duckdb.read_parquet({path}).{mean})")
    kind = "XES" if form == "xes" else "OCEL 2.0"
    return f"Open {file} in a program for process mining that reads {kind}"


def _size(n: float) -> str:
    for unit in ("B", "kB", "MB"):
        if n < 1000:
            return f"{n:4.0f} {unit}" if unit == "B" or n >= 100 else f"{n:4.1f} {unit}"
        n = n / 1000
    return f"{n:4.1f} GB"

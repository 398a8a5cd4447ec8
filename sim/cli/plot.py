"""The command that draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import rich_click as click

from sim.errors import UsageError

__all__ = ["plot"]

_SUFFIXES = (".png", ".svg", ".pdf")
_KINDS = ("waits", "staff", "differences")
_BY = ("hour", "stage", "class")


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="RUN...")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write: .png, .svg or .pdf (default: wait.png, staff.png ... in the run's folder).",
)
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    default="waits",
    show_default=True,
    help="What to draw: waits; staff against load; or the differences of a comparison.",
)
@click.option(
    "--by",
    type=click.Choice(_BY),
    help="Waits by hour of the day (default), by desk, or by class of customer.",
)
@click.option(
    "--stage",
    "stages",
    metavar="DESK",
    multiple=True,
    help="Desk to draw, or 'all'; may be repeated. Default: where people wait most, or plans differ most.",
)
@click.option(
    "--attribute",
    "attributes",
    metavar="NAME",
    multiple=True,
    help="Attribute whose values are the classes; may be repeated. Default: all.",
)
@click.option("--names", metavar="NAME,NAME,...", help="What the runs are called in the picture.")
def plot(
    runs: tuple[Path, ...],
    output: Path | None,
    kind: str,
    by: str | None,
    stages: tuple[str, ...],
    attributes: tuple[str, ...],
    names: str | None,
) -> None:
    """Draw the waits, the staff or the differences of runs and comparisons, or what came of a sweep.

    RUN is the folder that `supportsim run`, `compare` or `sweep` wrote, or the JSON file in it. Several
    runs are drawn into one picture, a colour for each; a comparison stands for all its plans.

    \b
    Examples:
      supportsim plot runs/help_desk-f0322d
      supportsim plot runs/help_desk-f0322d --stage chat --stage phone -o waits.svg
      supportsim plot runs/monday runs/tuesday --by stage
      supportsim plot runs/help_desk-compared-1ecdf5 --kind differences
    """
    from sim.present.plots import picture, save
    from sim.study.results import read_results
    from sim.study.sweep_folder import is_sweep

    if any(is_sweep(run) for run in runs):
        _plot_sweep(runs, output, bool(by or stages or attributes or names) or kind != "waits")
        return
    _check(kind, by, stages, attributes)
    by = by or ("class" if attributes else "hour")
    results = read_results(runs, [name.strip() for name in names.split(",")] if names else ())
    target = _drawable(output or _default(runs, list(results.runs), kind, by))
    figure = picture(results, kind, by, list(dict.fromkeys(stages)), list(dict.fromkeys(attributes)))
    _write(lambda: save(figure, target), target)


def _plot_sweep(runs: tuple[Path, ...], output: Path | None, has_options: bool) -> None:
    """The picture of a sweep."""
    from sim.present.plots import save
    from sim.present.sweep_plot import sweep_picture
    from sim.study.sweep_folder import read_sweep

    if len(runs) > 1 or has_options:
        raise UsageError("a sweep is drawn alone, with the measures it was made for; leave the rest out")
    (run,) = runs
    document = read_sweep(run)
    target = _drawable(output or (run if run.is_dir() else run.parent) / "sweep.png")
    figure = sweep_picture(document)
    _write(lambda: save(figure, target), target)


def _drawable(target: Path) -> Path:
    """A file that a picture can be written to."""
    if target.is_dir():
        raise UsageError(f"'{target}' is a folder; give a file, for example {target / 'wait.svg'}")
    if target.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"cannot draw '{target.name}': the name must end with .png, .svg or .pdf")
    return target


def _write(save: Callable[[], object], target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save()
    except OSError as e:
        in_the_way = next((path for path in target.parents if path.is_file()), None)
        why = f"'{in_the_way}' is a file, not a folder" if in_the_way else e.strerror or str(e)
        raise UsageError(f"cannot write '{target}': {why}") from e
    click.echo(f"Wrote {target}")


def _check(kind: str, by: str | None, stages: tuple[str, ...], attributes: tuple[str, ...]) -> None:
    """Refuse options that do not go together."""
    if kind != "waits" and by is not None:
        raise UsageError(f"--by goes with --kind waits, not with {kind}")
    if attributes and (kind != "waits" or by not in (None, "class")):
        raise UsageError("--attribute goes with --by class")
    if stages and (by == "class" or attributes):
        raise UsageError("waits by class are of all desks together; leave out --stage")
    if stages and kind == "differences":
        raise UsageError("--stage goes with waits and staff, not with differences")


def _default(runs: tuple[Path, ...], names: list[str], kind: str, by: str) -> Path:
    """The file to write: in the folder of one run or comparison, or beside the first of several."""
    what = "wait" if (kind, by) == ("waits", "hour") else f"wait-by-{by}" if kind == "waits" else kind
    folder = runs[0] if runs[0].is_dir() else runs[0].parent
    if len(runs) == 1:
        return folder / f"{what}.png"
    from sim.study.folder import slug

    return folder.parent / f"{what}-{'-'.join(slug(name) for name in names)[:80]}.png"

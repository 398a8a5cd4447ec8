"""The command that draws."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from sim.errors import UsageError

__all__ = ["plot"]

_SUFFIXES = (".png", ".svg", ".pdf")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write: .png, .svg or .pdf (default: wait.png or sweep.png in the run's folder).",
)
@click.option(
    "--stage",
    "stages",
    metavar="DESK",
    multiple=True,
    help="Desk to draw, or 'all'; may be repeated. Default: where people wait most.",
)
def plot(run: Path, output: Path | None, stages: tuple[str, ...]) -> None:
    """Draw the wait over the day from the results of a run, or what came of a sweep.

    RUN is the folder that `supportsim run` or `supportsim sweep` wrote, or the summary.json in it.

    \b
    Examples:
      supportsim plot runs/help_desk-f0322d
      supportsim plot runs/help_desk-f0322d --stage chat --stage phone -o waits.svg
    """
    from sim.present.plots import save, wait_curve, wait_curves
    from sim.present.sweep_plot import sweep_picture
    from sim.study.folder import read_summary
    from sim.study.sweep_folder import is_sweep, read_sweep

    of_sweep = is_sweep(run)
    if of_sweep and stages:
        raise UsageError("--stage goes with a run; a sweep is drawn with the measures it was made for")
    document = read_sweep(run) if of_sweep else read_summary(run)
    target = output or (run if run.is_dir() else run.parent) / ("sweep.png" if of_sweep else "wait.png")
    if target.is_dir():
        raise UsageError(f"'{target}' is a folder; give a file, for example {target / 'wait.svg'}")
    if target.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"cannot draw '{target.name}': the name must end with .png, .svg or .pdf")
    desks = list(dict.fromkeys(stages))
    if of_sweep:
        figure = sweep_picture(document)
    else:
        figure = wait_curves(document, desks) if len(desks) > 1 else wait_curve(document, *desks)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save(figure, target)
    except OSError as e:
        in_the_way = next((path for path in target.parents if path.is_file()), None)
        why = f"'{in_the_way}' is a file, not a folder" if in_the_way else e.strerror or str(e)
        raise UsageError(f"cannot write '{target}': {why}") from e
    click.echo(f"Wrote {target}")

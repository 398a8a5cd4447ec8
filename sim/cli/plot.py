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
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .png, .svg or .pdf (default: wait.png in the run's folder).",
)
@click.option(
    "--stage", "stages", multiple=True, help="Desk to draw; may be repeated. Default: where people wait most."
)
def plot(run: Path, output: Path | None, stages: tuple[str, ...]) -> None:
    """Draw the wait-time curve over the day from the results of a run."""
    from sim.present.plots import save, wait_curve, wait_curves
    from sim.study.folder import read_summary

    document = read_summary(run)
    target = output or (run if run.is_dir() else run.parent) / "wait.png"
    if target.suffix not in _SUFFIXES:
        raise UsageError(f"cannot draw '{target.name}': the file must end with {', '.join(_SUFFIXES)}")
    figure = wait_curves(document, list(stages)) if len(stages) > 1 else wait_curve(document, *stages)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save(figure, target)
    except OSError as e:
        raise UsageError(f"cannot write '{target}': {e.strerror or e}") from e
    click.echo(f"Wrote {target}")

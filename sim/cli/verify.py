"""The command with which an installation checks itself."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich_click as click

from sim.cli.options import Whole, columns, encoding
from sim.cli.ready import ready
from sim.errors import UsageError

__all__ = ["verify"]

_BETWEEN_S = 10.0  # from one line of progress to the next, where there is no terminal


@click.command("verify")
@click.option("--quick", is_flag=True, help="About a minute's work; it says what it leaves out.")
@click.option("-j", "--workers", type=Whole(1, 1024), metavar="N", help="Processes (default: one per core).")
@click.option(
    "--seed",
    type=Whole(1, 2**31),
    metavar="N",
    default=1,
    show_default=True,
    help="Other customers and other random scenarios.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all figures as one JSON document.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the page as Markdown too, or all figures where it ends with .json.",
)
@click.option(
    "--random",
    "number",
    type=Whole(0, 10**9),
    metavar="N",
    help="Print random scenario N of the seed, and do nothing else.",
)
@click.option("--no-progress", is_flag=True, help="No progress on stderr.")
def verify(
    quick: bool,
    workers: int | None,
    seed: int,
    as_json: bool,
    output: Path | None,
    number: int | None,
    no_progress: bool,
) -> int:
    """Check this installation, and that its figures are right.

    Looks at versions, fonts, compiled code and the place for results; holds simulated figures against exact
    answers of queueing theory; simulates random scenarios by both engines, whose records must be equal and
    obey the rules of the model; counts how often 95 % intervals cover what is true.

    Exits with 4 where something does not agree. Nothing is written but the file of -o.

    \b
    Examples:
      supportsim verify --quick
      supportsim verify --seed 7 -o verified.md
      supportsim verify --random 17 --seed 7 > made_up.yaml
    """
    from sim.present.verification import verification_markdown, verification_text
    from sim.study.folder import summary_json, write_whole
    from sim.verify.random_scenarios import random_scenario, scenario_text

    if number is not None:
        click.echo(scenario_text(random_scenario(seed, number)), nl=False)
        return 0
    if output is not None and not os.access(output.parent, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write '{output}': no folder '{output.parent}' that can be written to")
    document = _document(quick, workers, seed, no_progress)
    if output is not None:
        is_json = output.suffix == ".json"
        write_whole(output, summary_json(document) if is_json else verification_markdown(document))
    if as_json:
        click.echo(summary_json(document), nl=False)
    else:
        click.echo(verification_text(document, width=columns(), encoding=encoding()))
    return 0 if document["agrees"] else 4


def _document(quick: bool, workers: int | None, seed: int, no_progress: bool) -> dict[str, Any]:
    from sim.present.verification import drawing
    from sim.study.workers import cores
    from sim.verify.installation import Check, installation
    from sim.verify.verification import verification

    engine = ready("auto")
    said, is_good = drawing()
    checks = [
        *installation(Path("runs")),
        Check("drawing", said, is_good, "" if is_good else "install supportsim again"),
    ]
    tell = (lambda *_: None) if no_progress else _told()
    return verification(checks, quick=quick, seed=seed, engine=engine, workers=workers or cores(), tell=tell)


def _told() -> Callable[[int, int], None]:
    """Progress: one line that is written over on a terminal and goes at the end; lines elsewhere."""
    told = [time.monotonic()]

    def line(done: int, of: int) -> None:
        now, is_terminal = time.monotonic(), sys.stderr.isatty()
        if done < of and now - told[0] < (0.2 if is_terminal else _BETWEEN_S):
            return
        told[0] = now
        said = f"{done} of {of} pieces of work done"
        if not is_terminal:
            print(said, file=sys.stderr, flush=True)
            return
        sys.stderr.write("\r" + (said if done < of else " " * len(said) + "\r"))
        sys.stderr.flush()

    return line

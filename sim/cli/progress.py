"""How far a simulation is, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.study.replications import Progress

__all__ = ["progress"]

_QUIET_S = 2.0  # a run shorter than this shows no progress where there is no terminal
_BETWEEN_S = 10.0  # from one line of progress to the next, where there is no terminal
_LONG = {"compiled": 200_000_000, "reference": 2_000_000}  # new issues to simulate: minutes of work


@contextmanager
def progress(n: int, n_issues: float, is_wanted: bool, engine: str) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal; elsewhere a line now and then for long work."""
    if not is_wanted:
        yield lambda _: None
        return
    if n_issues > _LONG[engine]:
        print(
            f"{n_issues / 1e6:.1f} million customers to simulate; for a first look try --set scale=0.1",
            file=sys.stderr,
        )
    if not sys.stderr.isatty():
        yield _lines(time.monotonic())
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns_shown = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Bar(*columns_shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"0 of {n} replications", total=1.0)
        yield lambda p: bar.update(task, completed=p.share, description=f"{p.done} of {p.of} replications")


def _lines(start: float) -> Callable[[Progress], None]:
    told = [start + _QUIET_S - _BETWEEN_S]

    def line(progress: Progress) -> None:
        now = time.monotonic()
        if progress.done < progress.of and progress.share >= 0.01 and now - told[0] > _BETWEEN_S:
            told[0] = now
            done = f"{progress.done} of {progress.of} replications done"
            print(f"{done}, {100 * progress.share:.0f} % of the work", file=sys.stderr, flush=True)

    return line

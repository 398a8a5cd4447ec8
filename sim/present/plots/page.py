"""A picture as a whole: an empty figure, its title and the words beneath, and its file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.errors import UsageError
from sim.present import style, words
from sim.present.plots.panel import fit
from sim.present.plots.reading import Document

__all__ = [
    "GAP",
    "LEFT",
    "RIGHT",
    "WIDTH",
    "bands_said",
    "day_page",
    "empty",
    "folded",
    "save",
    "simulated",
    "tiles",
    "title",
]

WIDTH: Final = 9.0  # inches
LEFT: Final = 0.062  # of the figure's width
RIGHT: Final = 0.975
GAP: Final = "  ·  "
"""Between statements of a line."""

_METADATA: dict[str, dict[str, Any]] = {  # nothing that differs from day to day or machine to machine
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": "supportsim"},
    ".pdf": {"CreationDate": None, "Creator": "supportsim", "Producer": None},
}


def empty(height: float) -> Figure:
    """A figure of so many inches height that can measure texts."""
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    return figure


def day_page() -> tuple[Figure, tuple[Axes, Axes, Axes]]:
    """A figure of three panels over one clock: waits, abandonment, people."""
    figure = empty(7.0)
    grid = figure.add_gridspec(
        3, 1, height_ratios=(3.0, 1.15, 1.85), left=LEFT, right=RIGHT, bottom=0.05, top=0.828, hspace=0.25
    )
    waits, gone, people = (figure.add_subplot(grid[k]) for k in range(3))
    return figure, (waits, gone, people)


def tiles(n: int, tile_height: float = 2.75, most_across: int = 2) -> tuple[Figure, list[Axes]]:
    """A figure of equal panels side by side, row by row; heights in inches."""
    n_across = min(n, most_across)
    n_down = math.ceil(n / n_across)
    height = 1.5 + tile_height * n_down
    figure = empty(height)
    grid = figure.add_gridspec(
        n_down,
        n_across,
        left=LEFT,
        right=RIGHT,
        bottom=0.35 / height,
        top=1 - 1.25 / height,
        hspace=0.77 / tile_height,
        wspace=0.13,
    )
    return figure, [figure.add_subplot(grid[k // n_across, k % n_across]) for k in range(n)]


def title(figure: Figure, text: str, lines: Sequence[str]) -> None:
    """The title and at most two lines beneath it; they take the upper 1.05 inches of a figure."""
    height = figure.get_figheight()
    width = (RIGHT - LEFT) * figure.bbox.width
    head = figure.text(LEFT, 1 - 0.18 / height, text, fontsize=16, fontweight="bold", va="top")
    fit(head, width, 10)
    for k, line in enumerate(lines):
        said = figure.text(
            LEFT,
            1 - (0.56 + 0.22 * k) / height,
            line,
            fontsize=10,
            va="top",
            color=style.FAINT if k == 0 else style.INK,
        )
        fit(said, width, 7.5)


def simulated(document: Document) -> str:
    """What was simulated: days, seed and scale."""
    days = document["replications"] * document["days_per_replication"]
    text = f"{words.number(days)} {'day' if days == 1 else 'days'} simulated, seed {document['seed']}"
    if document.get("scale", 1) != 1:
        text += f", scale {document['scale']:g}"
    return text


def bands_said(document: Document, what: str = "bands") -> str:
    """How sure bands or bars are."""
    return f"{what}: {100 * document['confidence']:.0f} % confidence"


def folded(document: Document) -> str:
    """That a time of day stands for several days, which may differ; nothing for a day or less.

    Of days begun and not ended, some times of day are missing.
    """
    days = document["days_per_replication"]
    if days <= 1:
        return ""
    return f", mean of {'' if days == int(days) else 'up to '}{words.number(math.ceil(days))} days"


def save(figure: Figure, path: str | Path) -> Path:
    """Write a picture as ``.png``, ``.svg`` or ``.pdf``; equal pictures give equal bytes.

    Raises
    ------
    UsageError
        If the name ends otherwise.
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in _METADATA:
        raise UsageError(f"{target.name}: pictures are written as {', '.join(sorted(_METADATA))}")
    with style.styled():
        figure.savefig(target, format=kind[1:], metadata=_METADATA[kind])
    return target

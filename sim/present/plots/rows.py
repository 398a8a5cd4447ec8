"""Pictures whose rows are things and whose columns are dots with intervals or words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.errors import UsageError
from sim.present import style
from sim.present.plots.page import LEFT, RIGHT, WIDTH, empty
from sim.present.plots.panel import fit, value_ticks

__all__ = ["Row", "Sheet", "dot", "row_sheet", "said_beside", "zero_axis"]

_ROW = 0.21  # inches
_MOST_ROWS = 60
_MOST_OF_WIDTH = 0.34  # that names may take
_ABOVE, _BELOW = 1.42, 0.42  # inches for titles, and for the axis


class Row(NamedTuple):
    """A line of a picture; a heading has no dots."""

    label: str
    colour: str = style.INK
    bold: bool = False
    gap: float = 0.0  # above it, in rows


class Sheet(NamedTuple):
    """An empty picture of rows."""

    figure: Figure
    panels: list[Axes]
    at: list[float]  # where rows are on the vertical axes


def row_sheet(rows: Sequence[Row], widths: Sequence[tuple[float, float]], hint: str) -> Sheet:
    """A picture with the rows' names on the left and a panel for each pair of inches: panel, words beside it.

    The first panel takes what is left of the width; its own width is not read.

    Raises
    ------
    UsageError
        If there are too many rows; says the hint.
    """
    if len(rows) > _MOST_ROWS:
        raise UsageError(f"{len(rows)} rows do not fit into one picture; {hint}")
    at, y = [], 0.0
    for row in rows:
        y += row.gap + 1.0
        at.append(y - 0.5)
    height = _ABOVE + _ROW * y + _BELOW
    figure = empty(height)
    names = _names(figure, rows)
    left = LEFT + max(name.get_window_extent().width for name in names) / figure.bbox.width + 0.018
    others = sum(panel + beside for panel, beside in widths[1:])
    first = (RIGHT - left) * WIDTH - others - widths[0][1]
    panels, x = [], left
    for k, (panel, beside) in enumerate(widths):
        width = first if k == 0 else panel
        axes = figure.add_axes((x, _BELOW / height, width / WIDTH, _ROW * y / height))
        axes.set_ylim(y, 0.0)
        axes.set_yticks([])
        panels.append(axes)
        x += (width + beside) / WIDTH
    for name, middle in zip(names, at, strict=True):
        name.set_position((LEFT, (_BELOW + _ROW * (y - middle)) / height))
    return Sheet(figure, panels, at)


def _names(figure: Figure, rows: Sequence[Row]) -> list[Text]:
    names = []
    for row in rows:
        weight = "bold" if row.bold else "normal"
        name = figure.text(
            LEFT, 0.5, row.label, fontsize=9.5, va="center_baseline", color=row.colour, fontweight=weight
        )
        fit(name, _MOST_OF_WIDTH * figure.bbox.width, 7.5)
        names.append(name)
    return names


def dot(
    axes: Axes,
    value: float | None,
    half_width: float | None,
    y: float,
    colour: str,
    marker: str = "o",
    filled: bool = True,
    low: float = 0.0,
) -> None:
    """A value with its interval, which ends at ``low``; nothing where there is no value."""
    if value is None:
        return
    if half_width:
        ends = (max(value - half_width, low), value + half_width)
        axes.plot(ends, (y, y), color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
    face = colour if filled else "white"
    axes.plot([value], [y], marker, markersize=6, color=colour, markerfacecolor=face, zorder=4, clip_on=False)


def said_beside(axes: Axes, y: float, text: str, inches: float, colour: str = style.FAINT) -> None:
    """Words at the right of a panel, at the right end of the column that they have."""
    at = 1.0 + (inches - 0.14) * axes.figure.dpi / axes.bbox.width
    said = axes.text(
        at, y, text, transform=axes.get_yaxis_transform(), fontsize=9, ha="right", va="center_baseline",
        color=colour,
    )  # fmt: skip
    fit(said, (inches - 0.14) * axes.figure.dpi, 7)


def zero_axis(axes: Axes, top: float, ticks: int) -> None:
    """The horizontal axis goes from zero to a value, with about so many ticks."""
    axes.set_xlim(0.0, top)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, min_n_ticks=2, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: value_ticks(value)))

"""One panel of a picture: its axes, lines with bands, headings."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from sim.present import style, words
from sim.present.plots.reading import Day, Floats, Series

__all__ = [
    "DASHED",
    "SOLID",
    "Dashes",
    "band",
    "clock_axis",
    "fit",
    "heading",
    "line",
    "nothing",
    "stairs",
    "value_axis",
    "value_ticks",
    "wait_unit",
    "wait_words",
]

Dashes = tuple[int, tuple[float, ...]] | str

SOLID: Dashes = "-"
DASHED: Dashes = (0, (4, 1.6))

_SHORT_UNIT = {1.0: "s", 60.0: "min", 3600.0: "h"}


def stairs(day: Day, values: Floats) -> tuple[Floats, Floats]:
    """The outline of values that hold for a whole interval each."""
    edges = np.column_stack([day.begins, day.begins + day.length]).ravel()
    return edges, np.repeat(values, 2)


def line(axes: Axes, x: Floats, y: Floats, colour: str, width: float, dashes: Dashes = SOLID) -> None:
    """A line with gaps at NaN; a point alone between two gaps is a dot."""
    axes.plot(x, y, color=colour, linewidth=width, linestyle=dashes, zorder=3)
    there = np.isfinite(y)
    before = np.concatenate([[False], there[:-1]])
    after = np.concatenate([there[1:], [False]])
    alone = there & ~before & ~after
    axes.plot(x[alone], y[alone], "o", markersize=2.5 * width, color=colour, zorder=3)


def band(axes: Axes, x: Floats, of: Series, colour: str, top: float = math.inf, alpha: float = 0.17) -> None:
    """The half-width around a line."""
    low = np.maximum(of.value - of.half_width, 0.0)
    high = np.minimum(of.value + of.half_width, top)
    axes.fill_between(x, low, high, where=np.isfinite(low), color=colour, alpha=alpha, linewidth=0, zorder=2)


def wait_unit(longest_s: float) -> tuple[float, str]:
    """Seconds per unit of a wait axis, and the unit's name."""
    if longest_s < 180.0:
        return 1.0, "seconds"
    return (60.0, "minutes") if longest_s < 4 * 3600.0 else (3600.0, "hours")


def wait_words(seconds: float, divisor: float) -> str:
    """A wait in the unit of its axis."""
    wait = seconds / divisor
    return f"{wait:.{0 if wait >= 9.95 or wait == 0 else 1}f} {_SHORT_UNIT[divisor]}"


def clock_axis(axes: Axes, day: Day, labels: bool, n_across: int = 1) -> None:
    """The horizontal axis is the day; ``n_across`` panels share the picture's width."""
    first, last = float(day.begins[0]), float(day.begins[-1] + day.length)
    axes.set_xlim(first, last)
    steps = (15, 30, 60, 120, 180, 240, 360)
    step = next((s for s in steps if (last - first) / s * n_across <= 13), steps[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: words.clock(minutes)))
    axes.tick_params(axis="x", labelbottom=labels)


def value_ticks(value: float) -> str:
    """A number at an axis."""
    return f"{value:,.6g}".replace(",", words.THIN)


def value_axis(axes: Axes, top: float, ticks: int) -> None:
    """The vertical axis goes from zero to a value, with about so many ticks."""
    axes.set_ylim(0.0, top)
    axes.yaxis.set_major_locator(MaxNLocator(ticks, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: value_ticks(value)))


def heading(axes: Axes, text: str, quiet: str = "") -> None:
    """A bold heading on the left of a panel, and quiet words on the right in the room that it leaves."""
    bold = axes.annotate(
        text,
        (0, 1),
        (0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=10.5,
        fontweight="bold",
    )
    fit(bold, 1.02 * axes.bbox.width, 8)
    if quiet:
        beside = axes.set_title(quiet, loc="right", fontsize=9, color=style.FAINT, pad=5)
        fit(beside, 0.98 * axes.bbox.width - bold.get_window_extent().width, 7.5)


def nothing(axes: Axes, text: str) -> None:
    """Why a panel is empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=style.FAINT)


def fit(text: Text, width: float, smallest: float) -> None:
    """Shrink a text to a width in pixels, then shorten it."""
    size = float(text.get_fontsize())
    while text.get_window_extent().width > width and text.get_text() != "…":
        if size > smallest:
            size -= 0.5
            text.set_fontsize(size)
        else:
            text.set_text(text.get_text().rstrip("…")[:-1].rstrip() + "…")

"""The picture of a sweep: lines over one quantity, a line for each value of a second, a heat map of two with
many values each, or points over each of several.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from sim.present import style, words
from sim.present.sweep import days_each, short_names

__all__ = ["sweep_picture"]

Floats = NDArray[np.float64]
Document = Mapping[str, Any]
Row = Mapping[str, Any]

_WIDTH = 9.0  # inches
_LEFT, _RIGHT = 0.075, 0.965  # of the figure's width
_RIGHT_OF_LINES = 0.83  # where names stand behind the ends of lines
_COLOURS = (style.WAIT, style.OVERLOAD, style.CAPACITY, style.ABANDONED, style.LOAD)
_MOST_LINES = len(_COLOURS)
_MOST_PANELS = 4  # measures in one picture
_MOST_INPUTS = 5  # quantities in one picture of points
_MOST_TICKS = 9  # values that stand below an axis in their own words
_MOST_CELLS = 144  # of a heat map with figures in it
_PALE, _DARK = "#F4F8FB", "#00518A"


class _Unit(NamedTuple):
    """What a measure's own unit is divided by on its axis, and what the axis is called."""

    divisor: float
    name: str


class _Axis(NamedTuple):
    """One varied quantity: where each point stands, and what stands below the axis."""

    name: str
    at: Floats  # (points,)
    ticks: list[float]  # empty: matplotlib's own
    labels: list[str]
    is_clock: bool


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in values], np.float64)


def _values(measure: Row) -> Floats:
    return _floats([cell["value"] for cell in measure["of"]])


def _half_widths(measure: Row) -> Floats:
    return np.nan_to_num(_floats([cell["half_width"] for cell in measure["of"]]))


def _unit(measure: Row) -> _Unit:
    if measure["unit"] == "share":
        return _Unit(0.01, "%")
    if measure["unit"] != "s":
        return _Unit(1.0, str(measure["unit"]))
    values = _values(measure)
    longest = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    if longest < 180.0:
        return _Unit(1.0, "seconds")
    return _Unit(60.0, "minutes") if longest < 4 * 3600.0 else _Unit(3600.0, "hours")


def _axis(document: Document, number: int) -> _Axis:
    """Varied quantity number ``number``; values without a place of their own stand in their order."""
    points = document["points"]
    own = document["varied"][number]
    name = short_names([one["path"] for one in document["varied"]])[number]
    settings = [point["settings"][number] for point in points]
    places = [point["at"][number] for point in points]
    is_clock = own["unit"] == "clock"
    if None in places:
        order = list(dict.fromkeys(settings))
        at = np.array([order.index(setting) for setting in settings], np.float64)
        return _Axis(name, at, [float(k) for k in range(len(order))], order, False)
    levels = dict(sorted(zip(places, settings, strict=True)))
    if len(levels) <= _MOST_TICKS and sum(map(len, levels.values())) <= 80:
        return _Axis(name, _floats(places), list(levels), list(levels.values()), False)
    unit = own["unit"].replace("change", "change in").removesuffix(" in")
    return _Axis(f"{name}, {unit}" if unit and not is_clock else name, _floats(places), [], [], is_clock)


# --- parts of a picture -------------------------------------------------------------------------


def _fit(text: Text, width: float, smallest: float) -> None:
    """Shrink a text to a width in pixels, then shorten it."""
    size = float(text.get_fontsize())
    while text.get_window_extent().width > width and len(text.get_text()) > 1:
        if size > smallest:
            size -= 0.5
            text.set_fontsize(size)
        else:
            text.set_text(text.get_text().rstrip("…")[:-1].rstrip() + "…")


def _figure(height: float, title: str, lines: Sequence[str]) -> Figure:
    """A figure with its title and the lines below it."""
    figure = Figure(figsize=(_WIDTH, height))
    FigureCanvasAgg(figure)  # measures texts
    width = (0.99 - _LEFT) * figure.bbox.width
    head = figure.text(_LEFT, 1 - 0.18 / height, title, fontsize=16, fontweight="bold", va="top")
    _fit(head, width, 10)
    for k, line in enumerate(lines):
        y = 1 - (0.56 + 0.22 * k) / height
        colour = style.FAINT if k == 0 else style.INK
        _fit(figure.text(_LEFT, y, line, fontsize=10, va="top", color=colour), width, 7.5)
    return figure


def _heading(axes: Axes, measure: Row, is_dashed: bool = True) -> None:
    """What a panel shows, and the target of it where it has one."""
    unit = _unit(measure).name
    text = axes.annotate(
        f"{measure['heading']}, {unit}" if unit else measure["heading"],
        (0, 1),
        (0, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=10.5,
        fontweight="bold",
    )
    _fit(text, axes.bbox.width, 7.5)
    _say_target(axes, measure, 0.97 * axes.bbox.width - text.get_window_extent().width, is_dashed)


def _say_target(axes: Axes, measure: Row, width: float, is_dashed: bool = True) -> None:
    """The target of a measure in words above the right end of a panel."""
    if measure["target"] is not None:
        said = f"target{' (dashed)' if is_dashed else ''}: {measure['target']['words']}"
        _fit(axes.set_title(said, loc="right", fontsize=9, color=style.FAINT, pad=6), width, 6.5)


def _x_axis(axes: Axes, axis: _Axis, labels: bool, n_across: int = 1) -> None:
    low, high = float(axis.at.min()), float(axis.at.max())
    margin = (0.04 if n_across == 1 else 0.1) * (high - low) or 0.5
    axes.set_xlim(low - margin, high + margin)
    if axis.ticks and sum(map(len, axis.labels)) * n_across <= 110:
        axes.set_xticks(axis.ticks, axis.labels)
    else:
        nbins = max(4, 9 // n_across)
        axes.xaxis.set_major_locator(MaxNLocator(nbins, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(_number))
        if axis.is_clock:
            axes.xaxis.set_major_locator(MaxNLocator(nbins, min_n_ticks=3, steps=[1, 1.5, 3, 6, 10]))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: words.clock(minutes)))
    axes.tick_params(axis="x", labelbottom=labels)
    if labels:
        axes.set_xlabel(axis.name, fontsize=9.5, color=style.INK)


def _y_axis(axes: Axes, measure: Row) -> None:
    """From nought, unless all the values lie far above it; a band half as far again as the values fits."""
    divisor = _unit(measure).divisor
    values, widths = _values(measure) / divisor, _half_widths(measure) / divisor
    if not np.isfinite(values).any():
        return
    highest, lowest = float(np.nanmax(values)), float(np.nanmin(values))
    top = max(min(float(np.nanmax(values + widths)), highest + 0.5 * abs(highest)), highest)
    low = 0.0 if 0 <= lowest < 0.5 * highest else min(float(np.nanmin(values - widths)), lowest)
    bound = _target(measure)
    if bound is not None and lowest - (top - low) < bound < top + (top - low):
        top, low = max(top, bound), min(low, bound)
    room = 0.12 * (top - low) or 1.0
    axes.set_ylim(low - room if low else 0.0, top + room)
    axes.yaxis.set_major_locator(MaxNLocator(5, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_number))


def _number(value: float, _: object) -> str:
    return f"{value:,.6g}".replace(",", words.THIN)


def _target(measure: Row) -> float | None:
    """The bound of the measure's own target, in the unit of the axis."""
    return None if measure["target"] is None else measure["target"]["bound"] / _unit(measure).divisor


def _target_line(axes: Axes, measure: Row) -> None:
    bound = _target(measure)
    if bound is not None:
        axes.axhline(bound, color=style.BUSY, linewidth=1.0, linestyle=(0, (3, 2)), zorder=1.5)


def _measures(document: Document) -> list[dict[str, Any]]:
    """The measures that are drawn, each with its own target where it has one."""
    targets = {target["path"]: target for target in document["points"][0]["targets"]}
    asked = [m for m in document["measures"] if m["asked"]][:_MOST_PANELS]
    return [{**measure, "target": targets.get(measure["path"])} for measure in asked]


def _subtitle(document: Document, marks: str, bands: str) -> list[str]:
    names = short_names([one["path"] for one in document["varied"]])
    listed = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    first = f"What comes of varying {listed}  ·  {len(document['points'])} points, {days_each(document)}"
    if document["replications"] > 1 or document["days_per_replication"] >= 2:
        first += f"  ·  {bands}: {100 * document['confidence']:g} % confidence"
    return [first, _met_words(document, marks) + _left_out(document)]


def _met_words(document: Document, marks: str) -> str:
    met = [point["meets_all"] for point in document["points"]]
    if met[0] is None:
        return ""
    if not any(met):
        return "No point meets all targets."
    return f"{sum(met)} of {len(met)} points meet all targets ({marks})."


def _left_out(document: Document) -> str:
    """What there is no room for."""
    n = sum(bool(measure["asked"]) for measure in document["measures"]) - _MOST_PANELS
    return f" The first {_MOST_PANELS} measures are drawn; sweep.csv has {n} more." if n > 0 else ""


def _is_met(document: Document) -> NDArray[np.bool_]:
    """Whether each point meets all targets; all do where there are none."""
    return np.array([point["meets_all"] is not False for point in document["points"]])


# --- lines --------------------------------------------------------------------------------------


class _End(NamedTuple):
    """Where a line ends, and its name."""

    name: str
    y: float
    colour: str


def _lines(document: Document, along: int, across: int | None) -> Figure:
    """A panel for each measure: lines along one quantity, one for each value of another."""
    measures = _measures(document)
    axis = _axis(document, along)
    height = 1.45 + 2.35 * len(measures)
    figure = _figure(height, document["scenario"], _subtitle(document, "filled", "bands"))
    grid = figure.add_gridspec(
        len(measures),
        1,
        left=_LEFT,
        right=_RIGHT if across is None else _RIGHT_OF_LINES,
        bottom=0.55 / height,
        top=1 - 1.3 / height,
        hspace=0.24,
    )
    settings = [point["settings"] for point in document["points"]]
    names = [""] if across is None else list(dict.fromkeys(own[across] for own in settings))
    of_each = [np.array([across is None or own[across] == name for own in settings]) for name in names]
    for k, measure in enumerate(measures):
        axes = figure.add_subplot(grid[k])
        _heading(axes, measure)
        _x_axis(axes, axis, labels=k == len(measures) - 1)
        _y_axis(axes, measure)
        _target_line(axes, measure)
        ends = [
            _End(name, _line(axes, measure, axis, own, _is_met(document), colour), colour)
            for name, own, colour in zip(names, of_each, _COLOURS, strict=False)
        ]
        if across is not None:
            _name_ends(axes, ends, short_names([one["path"] for one in document["varied"]])[across])
    return figure


def _line(
    axes: Axes,
    measure: Row,
    axis: _Axis,
    own: NDArray[np.bool_],
    is_met: NDArray[np.bool_],
    colour: str,
) -> float:
    """The line of the points ``own``, with its band; those that meet all targets are filled. Its end."""
    order = np.flatnonzero(own)[np.argsort(axis.at[own], kind="stable")]
    divisor = _unit(measure).divisor
    x, y = axis.at[order], _values(measure)[order] / divisor
    width = _half_widths(measure)[order] / divisor
    axes.fill_between(
        x, y - width, y + width, where=np.isfinite(y), color=colour, alpha=0.17, linewidth=0, zorder=2
    )
    axes.plot(x, y, color=colour, linewidth=2.0, zorder=3)
    for met, inside in ((True, colour), (False, "white")):
        these = is_met[order] == met
        axes.plot(
            x[these],
            y[these],
            "o",
            color=colour,
            markerfacecolor=inside,
            markersize=5.5,
            zorder=4,
            clip_on=False,
        )
    there = y[np.isfinite(y)]
    return float(there[-1]) if len(there) else math.nan


def _name_ends(axes: Axes, ends: Sequence[_End], what: str) -> None:
    """Names behind the ends of lines, moved apart where they would touch; what they are values of above."""
    room = 0.97 * (1 - _RIGHT_OF_LINES) * axes.figure.bbox.width
    at: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    _fit(axes.annotate(what, (1, 1), (6, 6), fontsize=9, color=style.FAINT, **at), room, 6.5)
    gap = 13.0 * axes.figure.dpi / 72 / axes.bbox.height  # between two names, of the panel's height
    bottom, top = axes.get_ylim()
    shown = sorted((end for end in ends if math.isfinite(end.y)), key=lambda end: end.y)
    heights = [(end.y - bottom) / (top - bottom) for end in shown]
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + gap)
    for k in reversed(range(len(heights))):
        heights[k] = min(heights[k], 1.0 - gap * (len(heights) - 1 - k))
    for end, y in zip(shown, heights, strict=True):
        text = axes.annotate(end.name, (1, y), (6, 0), fontsize=9.5, va="center", color=end.colour, **at)
        _fit(text, room, 6.5)


# --- heat maps ----------------------------------------------------------------------------------


def _heat_maps(document: Document) -> Figure:
    """A panel for each measure: the first quantity upwards, the second to the right."""
    measures = _measures(document)
    up, right = _axis(document, 0), _axis(document, 1)
    rows, columns = (np.unique(axis.at, return_inverse=True)[1] for axis in (up, right))
    n_across = min(2, len(measures))
    n_down = math.ceil(len(measures) / n_across)
    height = 1.5 + 3.4 * n_down
    figure = _figure(height, document["scenario"], _subtitle(document, "framed", "half-widths in sweep.csv"))
    grid = figure.add_gridspec(
        n_down,
        n_across,
        left=_LEFT + 0.03,
        right=_RIGHT + 0.01,
        bottom=0.6 / height,
        top=1 - 1.3 / height,
        hspace=0.32,
        wspace=0.24,
    )
    for k, measure in enumerate(measures):
        axes = figure.add_subplot(grid[k // n_across, k % n_across])
        _heading(axes, measure, is_dashed=False)
        _heat_map(axes, measure, rows, columns, _is_met(document), has_text=n_across == 1)
        for which, name, number in (("x", right.name, 1), ("y", up.name, 0)):
            level = {
                int(place_): point["settings"][number]
                for place_, point in zip((columns, rows)[which == "y"], document["points"], strict=True)
            }
            _cell_ticks(axes, which, level, n_across)
            getattr(axes, f"set_{which}label")(name, fontsize=9.5, color=style.INK)
    return figure


def _cell_ticks(axes: Axes, which: str, level: Mapping[int, str], n_across: int) -> None:
    """Settings beside the cells: all, or every second, third ... where room is short."""
    longest = max(map(len, level.values()))
    room = 84 // n_across // (longest + 2) if which == "x" else 14
    every = max(1, math.ceil(len(level) / max(room, 1)))
    shown = [k for k in sorted(level) if k % every == 0]
    set_ticks = axes.set_xticks if which == "x" else axes.set_yticks
    set_ticks(shown, [level[k] for k in shown])


def _heat_map(
    axes: Axes,
    measure: Row,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    is_met: NDArray[np.bool_],
    has_text: bool,
) -> None:
    values = _values(measure) / _unit(measure).divisor
    table = np.full((rows.max() + 1, columns.max() + 1), np.nan)
    table[rows, columns] = values
    shades = LinearSegmentedColormap.from_list("shades", [_PALE, _DARK])
    span = Normalize(float(np.nanmin(table)), float(np.nanmax(table))) if np.isfinite(table).any() else None
    axes.grid(False)
    axes.imshow(table, cmap=shades, norm=span, origin="lower", aspect="auto", interpolation="nearest")
    is_small = table.size <= _MOST_CELLS and (has_text or table.shape[1] <= 9)
    for row, column, value, met in zip(rows, columns, values, is_met, strict=True):
        if is_small and np.isfinite(value) and span is not None:
            colour = "white" if span(value) > 0.55 else style.INK
            axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=8.5, color=colour)
        if met and not is_met.all():
            frame = (column - 0.46, row - 0.46)
            axes.add_patch(
                Rectangle(frame, 0.92, 0.92, fill=False, edgecolor=style.OVERLOAD, linewidth=1.6, zorder=4)
            )


# --- points -------------------------------------------------------------------------------------


def _scatter(document: Document) -> Figure:
    """A row of panels for each measure, a column for each quantity."""
    measures = _measures(document)
    inputs = [_axis(document, k) for k in range(len(document["varied"]))][:_MOST_INPUTS]
    height = 1.45 + 2.1 * len(measures)
    subtitle = _subtitle(document, "green", "bars")
    if len(document["varied"]) > len(inputs):
        subtitle[1] += f" The first {len(inputs)} quantities are drawn."
    figure = _figure(height, document["scenario"], subtitle)
    grid = figure.add_gridspec(
        len(measures),
        len(inputs),
        left=_LEFT,
        right=_RIGHT,
        bottom=0.55 / height,
        top=1 - 1.3 / height,
        hspace=0.26,
        wspace=0.1,
    )
    is_met = _is_met(document)
    has_targets = document["points"][0]["meets_all"] is not None
    for row, measure in enumerate(measures):
        divisor = _unit(measure).divisor
        y, width = _values(measure) / divisor, _half_widths(measure) / divisor
        for column, axis in enumerate(inputs):
            axes = figure.add_subplot(grid[row, column])
            _x_axis(axes, axis, labels=row == len(measures) - 1, n_across=len(inputs))
            _y_axis(axes, measure)
            axes.tick_params(axis="y", labelleft=column == 0)
            if column == 0:
                _heading(axes, measure if len(inputs) == 1 else {**measure, "target": None})
            elif column == len(inputs) - 1:
                _say_target(axes, measure, axes.bbox.width)
            for these, colour in ((~is_met, style.BUSY), (is_met, style.CAPACITY)):
                shade = colour if has_targets else style.WAIT
                axes.errorbar(
                    axis.at[these],
                    y[these],
                    width[these],
                    fmt="o",
                    color=shade,
                    markersize=4,
                    elinewidth=0.9,
                    zorder=3,
                )
            _target_line(axes, measure)
    return figure


# --- the whole ----------------------------------------------------------------------------------


def sweep_picture(document: Document) -> Figure:
    """The picture of a sweep.

    Parameters
    ----------
    document
        Of `sim.study.sweep.sweep`. One quantity on a grid makes lines with bands; two make a line for each
        value of one of them, or a heat map where both have many; else there are points over each quantity.
    """
    n_levels = [
        len({point["settings"][k] for point in document["points"]}) for k in range(len(document["varied"]))
    ]
    with style.styled():
        if document["design"] != "grid" or len(n_levels) > 2:
            return _scatter(document)
        if len(n_levels) == 1:
            return _lines(document, 0, None)
        if min(n_levels) > _MOST_LINES:
            return _heat_maps(document)
        across = 1 if n_levels[1] <= min(n_levels[0], _MOST_LINES) else 0
        return _lines(document, 1 - across, across)

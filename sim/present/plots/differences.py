"""The differences of a comparison with their intervals, measure by measure and plan by plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.present import style, words
from sim.present.comparison import apart
from sim.present.plots.page import GAP, title
from sim.present.plots.panel import fit, heading, value_ticks
from sim.present.plots.reading import Document
from sim.present.plots.rows import Row, dot, row_sheet, said_beside

__all__ = ["differences"]

Cell = Mapping[str, Any]

_BESIDE = 2.75  # inches for the words beside the panel
_LEAST, _MOST = 5.0, 150.0  # per cent that the axis holds at least and, unless most do not fit, at most
_MARKS = {  # colour, marker, whether it is filled
    "better": (style.BETTER, "o", True),
    "worse": (style.WORSE, "D", True),
    "more": (style.INK, ">", True),
    "less": (style.INK, "<", True),
    "same": (style.FAINT, "s", False),
    "alike": (style.FAINT, "s", False),
    "undecided": (style.FAINT, "o", False),
}
_WORDS = {"same": "the same", "alike": "about the same"}
_KEY = "shaded: the better side   ● better   ◆ worse   ○ undecided   □ about the same"


def _relative(measure: Cell, cell: Cell) -> tuple[float, float | None] | None:
    """A difference and its half-width in per cent of the first's figure; None where there is none."""
    base = measure["of"][0]["value"]
    if not base or cell["difference"] is None:
        return None
    width = cell["difference_half_width"]
    return 100 * cell["difference"] / base, None if width is None else abs(100 * width / base)


def _cells(comparison: Document) -> Iterator[tuple[Cell, Cell]]:
    for measure in comparison["measures"]:
        for cell in measure["of"][1:]:
            yield measure, cell


def _reach(comparison: Document) -> float:
    """Per cent that the axis holds on either side."""
    ends = []
    for measure, cell in _cells(comparison):
        found = _relative(measure, cell)
        if found is not None:
            ends.append(abs(found[0]) + min(found[1] or 0.0, 0.5 * abs(found[0]) + _LEAST))
    if not ends:
        return _LEAST
    most = max(_MOST, 1.5 * sorted(ends)[len(ends) // 2])
    return 1.06 * max(_LEAST, min(max(ends), most))


def _draw(axes: Axes, y: float, found: tuple[float, float | None], verdict: str, reach: float) -> None:
    """A difference; an arrow at the edge where it lies beyond the axis."""
    colour, marker, filled = _MARKS[verdict]
    value, width = found
    if abs(value) > reach:
        edge = math.copysign(0.985 * reach, value)
        axes.plot([edge], [y], ">" if value > 0 else "<", markersize=7, color=colour, zorder=4)
        axes.plot([0.9 * edge, edge], [y, y], color=colour, linewidth=1.6, zorder=3)
        return
    dot(axes, value, width, y, colour, marker, filled, low=-math.inf)


def _judged(cell: Cell) -> str:
    return _WORDS.get(cell["verdict"], str(cell["verdict"]))


def _beside(measure: Cell, cell: Cell) -> str:
    """The difference in its own unit, and the verdict."""
    said = apart(cell["difference"], cell["difference_half_width"], measure["unit"])
    return said if cell["difference"] is None else f"{said}, {_judged(cell)}"


def _rows(comparison: Document) -> tuple[list[Row], list[tuple[int, int, int]]]:
    """The rows, and of those with a difference the number, the measure and the variant."""
    names = [variant["name"] for variant in comparison["variants"]]
    rows: list[Row] = []
    filled = []
    was_judged = True
    for m, measure in enumerate(comparison["measures"]):
        gap = 0.8 if was_judged and not measure["judged"] and rows else 0.35 * (len(names) > 2 and bool(rows))
        was_judged = measure["judged"]
        if len(names) == 2:
            filled.append((len(rows), m, 1))
            rows.append(Row(measure["heading"], bold=was_judged, gap=gap))
            continue
        rows.append(Row(measure["heading"], bold=was_judged, gap=gap))
        for k in range(1, len(names)):
            filled.append((len(rows), m, k))
            rows.append(Row(f"   {names[k]}"))
    return rows, filled


def _lines(comparison: Document) -> list[str]:
    """The words beneath the title."""
    first, *others = (variant["name"] for variant in comparison["variants"])
    days = words.number(comparison["replications"] * comparison["days_per_replication"])
    each = f"{days} {'day' if days == '1' else 'days'} each"
    said = f"Differences to {first}{GAP}{each}, seed {comparison['seed']}"
    if comparison["scale"] != 1:
        said += f", scale {comparison['scale']:g}"
    several = ["plans"] * (len(others) > 1) + ["looks"] * (comparison["looks"] > 1)
    sure = f"bars: {100 * comparison['confidence']:g} % confidence"
    if several:
        sure += f" for all {' and '.join(several)} together"
    return [f"{said}, the same customers{GAP}{sure}", " ".join(_sentences(comparison))]


def _sentences(comparison: Document) -> Iterator[str]:
    """How many of the judged measures are better and worse, plan by plan."""
    for k, variant in enumerate(comparison["variants"][1:], 1):
        verdicts = [measure["of"][k]["verdict"] for measure in comparison["measures"] if measure["judged"]]
        counted = [f"{verdicts.count(v)} {v}" for v in ("better", "worse", "undecided") if v in verdicts]
        yield f"{variant['name']}: {', '.join(counted) or 'no difference'}."


def differences(comparison: Document) -> Figure:
    """The forest plot of a comparison: each difference to the first plan, in per cent of the first's figure.

    Verdicts differ in colour and marker; the better side of each measure is shaded. Measures that are judged
    are in bold; the others are told.

    Parameters
    ----------
    comparison
        Of `sim.study.compare.compare`: comparison.json.
    """
    rows, filled = _rows(comparison)
    reach = _reach(comparison)
    with style.styled():
        sheet = row_sheet(rows, ((0.0, _BESIDE),), "compare fewer plans, or fewer measures with --metric")
        (axes,) = sheet.panels
        axes.set_xlim(-reach, reach)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(_signed))
        heading(axes, f"Difference, % of {comparison['variants'][0]['name']}")
        _key(axes)
        axes.axvline(0.0, color=style.INK, linewidth=1.0, zorder=2)
        for number, m, k in filled:
            measure, y = comparison["measures"][m], sheet.at[number]
            cell = measure["of"][k]
            _shade(axes, y, measure["better"], reach)
            found = _relative(measure, cell)
            if found is not None:
                _draw(axes, y, found, cell["verdict"], reach)
            said_beside(axes, y, _beside(measure, cell), _BESIDE, _MARKS[cell["verdict"]][0])
        title(sheet.figure, comparison["scenario"], _lines(comparison))
    return sheet.figure


def _signed(value: float, _: object) -> str:
    return f"{'+' if value > 0 else ''}{value_ticks(value)} %"


def _shade(axes: Axes, y: float, way: str, reach: float) -> None:
    """Shades the side of a row on which plans would rather be."""
    if way in ("more", "less"):
        ends = (0.0, reach) if way == "more" else (-reach, 0.0)
        axes.fill_between(ends, y - 0.5, y + 0.5, color=style.BETTER, alpha=0.09, linewidth=0, zorder=1)


def _key(axes: Axes) -> None:
    """What shades and markers mean, at the right of the line of the heading."""
    beside = (_BESIDE - 0.14) * axes.figure.dpi
    said = axes.annotate(
        _KEY,
        (1.0 + beside / axes.bbox.width, 1.0),
        (0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=9,
        color=style.FAINT,
        ha="right",
    )
    fit(said, axes.bbox.width + beside - axes.texts[0].get_window_extent().width - 0.2 * axes.figure.dpi, 6.5)

"""Pictures of a result document: waiting over the day, abandonment beside it, and the staff behind both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from numpy.typing import NDArray

from sim.errors import UsageError, nearest
from sim.present import style, words
from sim.present.placing import Label, place

__all__ = ["ALL", "busiest_desk", "desks", "save", "wait_curve", "wait_curves"]

Floats = NDArray[np.float64]
Document = Mapping[str, Any]

ALL = "all"
"""Name under which the document keeps all desks together."""

_MOST_NAMES = 66  # characters beside a heading
_LEFT, _RIGHT = 0.062, 0.975  # of the figure's width
_SHORT_UNIT = {1.0: "s", 60.0: "min", 3600.0: "h"}
_METADATA: dict[str, dict[str, Any]] = {  # nothing that differs from day to day or machine to machine
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": "supportsim"},
    ".pdf": {"CreationDate": None, "Creator": "supportsim", "Producer": None},
}


class _Series(NamedTuple):
    """A figure over the day; NaN where there is none. Both of shape (n intervals,)."""

    value: Floats
    half_width: Floats


class _Day(NamedTuple):
    """The clock: minutes after midnight at which intervals begin, and their length in minutes."""

    begins: Floats
    length: float

    @property
    def middles(self) -> Floats:
        return self.begins + self.length / 2


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if v is None else v for v in values], np.float64)


def _series(block: Mapping[str, Any], key: str, n: int) -> _Series:
    """A series of a stage or team block: ``{"value": [...], "half_width": [...]}`` or a bare list."""
    found = block.get(key, {})
    if not isinstance(found, Mapping):
        found = {"value": found}
    empty = [None] * n
    return _Series(_floats(found.get("value") or empty), _floats(found.get("half_width") or empty))


def _day(document: Document) -> _Day:
    intervals = document["intervals"]
    begins = _floats([words.clock_minutes(text) for text in intervals["starts"]])
    return _Day(begins, intervals["length_s"] / 60.0)


def _has_waits(document: Document, stage: str) -> bool:
    return "wait.mean" in document["intervals"]["stages"][stage]


def desks(document: Document) -> list[str]:
    """Names of the desks of a document, in its order; without `ALL`."""
    return [name for name in document["intervals"]["stages"] if name != ALL and _has_waits(document, name)]


def _waited(document: Document, stage: str) -> float:
    """Time all contacts of a day wait at a desk, in seconds."""
    block, n = document["intervals"]["stages"][stage], len(document["intervals"]["starts"])
    arrivals, waits = _series(block, "arrivals", n).value, _series(block, "wait.mean", n).value
    return float(np.nansum(arrivals * waits))


def busiest_desk(document: Document) -> str:
    """The desk at which customers wait longest in all; the one a picture shows unless asked otherwise."""
    names = desks(document)
    if not names:
        raise UsageError("the result has no desk, so there are no waits to draw")
    return max(names, key=lambda name: _waited(document, name))


def _checked(document: Document, stage: str) -> str:
    known = [name for name in document["intervals"]["stages"] if _has_waits(document, name)]
    if stage in known:
        return stage
    near = nearest(stage, known)
    if stage in document["intervals"]["stages"] or stage in document.get("stages", {}):
        raise UsageError(f"nobody waits at '{stage}', it is no desk; desks: {', '.join(desks(document))}")
    hint = f"did you mean '{near}'?" if near else f"desks: {', '.join(desks(document))}"
    raise UsageError(f"no desk '{stage}'; {hint}")


# --- drawing ------------------------------------------------------------------------------------


def _stairs(day: _Day, values: Floats) -> tuple[Floats, Floats]:
    """The outline of values that hold for a whole interval each."""
    edges = np.column_stack([day.begins, day.begins + day.length]).ravel()
    return edges, np.repeat(values, 2)


def _line(axes: Axes, x: Floats, y: Floats, colour: str, width: float, dashed: bool = False) -> None:
    """A line with gaps at NaN; a point alone between two gaps is a dot."""
    axes.plot(x, y, color=colour, linewidth=width, linestyle=(0, (4, 1.6)) if dashed else "-", zorder=3)
    there = np.isfinite(y)
    before = np.concatenate([[False], there[:-1]])
    after = np.concatenate([there[1:], [False]])
    alone = there & ~before & ~after
    axes.plot(x[alone], y[alone], "o", markersize=2.5 * width, color=colour, zorder=3)


def _band(axes: Axes, x: Floats, series: _Series, colour: str, top: float = math.inf) -> None:
    """The half-width around a line."""
    low = np.maximum(series.value - series.half_width, 0.0)
    high = np.minimum(series.value + series.half_width, top)
    axes.fill_between(x, low, high, where=np.isfinite(low), color=colour, alpha=0.17, linewidth=0, zorder=2)


def _top(*series: _Series) -> float:
    """Highest value that an axis must hold; 0 where there is none.

    A band may rise half as far again as the highest line: one uncertain interval must not flatten the rest.
    """
    shown = [s for s in series if np.isfinite(s.value).any()]
    line = max((float(np.nanmax(s.value)) for s in shown), default=0.0)
    band = max((float(np.nanmax(s.value + np.nan_to_num(s.half_width))) for s in shown), default=0.0)
    return min(band, 1.5 * line)


def _longest_s(document: Document, stage: str) -> float:
    """The longest wait that a wait axis must hold, in seconds."""
    block, n = document["intervals"]["stages"][stage], len(document["intervals"]["starts"])
    return _top(_series(block, "wait.mean", n), _series(block, "wait.p90", n))


def _wait_unit(longest_s: float) -> tuple[float, str]:
    """Seconds per unit of a wait axis, and the unit's name."""
    if longest_s < 180.0:
        return 1.0, "seconds"
    return (60.0, "minutes") if longest_s < 4 * 3600.0 else (3600.0, "hours")


def _wait_words(seconds: float, divisor: float) -> str:
    """A wait in the unit of its axis."""
    wait = seconds / divisor
    return f"{wait:.{0 if wait >= 9.95 or wait == 0 else 1}f} {_SHORT_UNIT[divisor]}"


def _scaled(series: _Series, divisor: float) -> _Series:
    return _Series(series.value / divisor, series.half_width / divisor)


def _clock_axis(axes: Axes, day: _Day, labels: bool, n_across: int = 1) -> None:
    first, last = float(day.begins[0]), float(day.begins[-1] + day.length)
    axes.set_xlim(first, last)
    steps = (15, 30, 60, 120, 180, 240, 360)
    step = next((s for s in steps if (last - first) / s * n_across <= 13), steps[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: words.clock(minutes)))
    axes.tick_params(axis="x", labelbottom=labels)


def _value_axis(axes: Axes, top: float, ticks: int) -> None:
    axes.set_ylim(0.0, top)
    axes.yaxis.set_major_locator(MaxNLocator(ticks, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace(",", words.THIN)))


def _heading(axes: Axes, text: str, quiet: str = "") -> None:
    """A bold heading on the left of a panel, and quiet words on the right in the room that it leaves."""
    heading = axes.annotate(
        text,
        (0, 1),
        (0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=10.5,
        fontweight="bold",
    )
    if quiet:
        beside = axes.set_title(quiet, loc="right", fontsize=9, color=style.FAINT, pad=5)
        _fit(beside, 0.98 * axes.bbox.width - heading.get_window_extent().width, 7.5)


def _nothing(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=style.FAINT)


def _peak(values: Floats) -> int | None:
    """Number of the interval with the highest value."""
    return int(np.nanargmax(values)) if np.isfinite(values).any() else None


def _draw_waits(axes: Axes, document: Document, stage: str, divisor: float) -> list[Label]:
    """The wait curve of a desk, in units of ``divisor`` seconds: mean, and what nine of ten stay below."""
    day, block = _day(document), document["intervals"]["stages"][stage]
    n = len(day.begins)
    mean, tall = _series(block, "wait.mean", n), _series(block, "wait.p90", n)
    x = day.middles
    for series, colour, width in ((tall, style.TALL, 1.5), (mean, style.WAIT, 2.4)):
        _band(axes, x, _scaled(series, divisor), colour)
        _line(axes, x, series.value / divisor, colour, width, dashed=colour == style.TALL)
    peak = _peak(mean.value)
    if peak is None:
        _nothing(axes, "no contacts")
        return []
    at = x[peak]
    axes.plot(
        [at],
        [mean.value[peak] / divisor],
        "o",
        color=style.WAIT,
        markersize=6,
        zorder=4,
        markeredgecolor="white",
        clip_on=False,
    )
    when = f"mean: {_wait_words(mean.value[peak], divisor)} at {words.clock(day.begins[peak])}"
    high = _peak(tall.value)
    top = (None, None) if high is None else (float(x[high]), float(tall.value[high]) / divisor)
    return [
        Label(
            when,
            x,
            mean.value / divisor,
            style.WAIT,
            near=at,
            bold=True,
            point=mean.value[peak] / divisor,
            band=mean.half_width / divisor,
        ),
        Label(
            "9 of 10 wait less than this",
            x,
            tall.value / divisor,
            style.TALL,
            near=top[0],
            point=top[1],
            band=tall.half_width / divisor,
        ),
    ]


def _draw_abandoned(axes: Axes, document: Document, stage: str) -> list[Label]:
    day, block = _day(document), document["intervals"]["stages"][stage]
    gone = _scaled(_series(block, "abandoned", len(day.begins)), 0.01)
    x = day.middles
    axes.fill_between(
        x,
        0,
        np.nan_to_num(gone.value),
        where=np.isfinite(gone.value),
        color=style.ABANDONED,
        alpha=0.10,
        linewidth=0,
    )
    _band(axes, x, gone, style.ABANDONED, top=100.0)
    _line(axes, x, gone.value, style.ABANDONED, 2.0)
    _value_axis(axes, min(max(_top(gone) * 1.5, 1.0), 110.0), 3)
    peak = _peak(gone.value)
    if peak is None:
        _nothing(axes, "no contacts")
        return []
    text = f"{words.share(gone.value[peak] / 100)} at {words.clock(day.begins[peak])}"
    return [Label(text, x, gone.value, style.ABANDONED, near=float(x[peak]), bold=True, band=gone.half_width)]


class _Staff(NamedTuple):
    """Work and people of one picture."""

    teams: list[str]
    desks: list[str]  # whose work those teams do, and nobody else
    room: Floats  # contacts the agents on duty can handle at once
    load: Floats  # erlangs of work arriving
    several_chats: bool


def _linked(serves: Mapping[str, Sequence[str]], stage: str) -> tuple[set[str], set[str]]:
    """Teams and desks that hang together with a desk by common teams, through however many steps.

    Work of a desk may be done by any of its teams: set against some of them only, it looks like too much.
    """
    teams: set[str] = set()
    linked = {stage}
    while True:
        found = {team for team, served in serves.items() if not linked.isdisjoint(served)}
        if found == teams:
            return teams, linked
        teams = found
        linked = linked.union(*(serves[team] for team in teams))


def _staff(document: Document, stage: str) -> _Staff:
    """The desks linked with a desk by common teams, itself included: all their work, and all their teams.

    Without ``serves`` in the document nobody can tell teams apart: then all teams and all desks.
    """
    intervals, n = document["intervals"], len(document["intervals"]["starts"])
    serves: Mapping[str, Sequence[str]] = document.get("serves", {})
    their_teams, linked = _linked(serves, stage)
    teams = [team for team in intervals["teams"] if team in their_teams]
    if not teams or stage == ALL:
        teams, served = list(intervals["teams"]), [ALL] if ALL in intervals["stages"] else desks(document)
    else:
        served = [desk for desk in desks(document) if desk in linked]
    slots = [_series(intervals["teams"][team], "slots", n).value for team in teams]
    on = [_series(intervals["teams"][team], "on", n).value for team in teams]
    room = [np.where(np.isfinite(s), s, o) for s, o in zip(slots, on, strict=True)]
    load = [_series(intervals["stages"][desk], "load", n).value for desk in served]
    several = any(bool((s > 1.001 * o).any()) for s, o in zip(slots, on, strict=True))
    return _Staff(teams, served, _sum(room, n), _sum(load, n), several)


def _sum(rows: list[Floats], n: int) -> Floats:
    """Sum of series, a missing figure counting nothing; NaN where all are missing."""
    if not rows:
        return np.full(n, math.nan)
    stack = np.stack(rows)
    return np.where(np.isfinite(stack).any(axis=0), np.nansum(stack, axis=0), math.nan)


def _worst_overload(day: _Day, staff: _Staff) -> tuple[float, float] | None:
    """The clock span (minutes) in which the most work arrives beyond what the people on duty can do."""
    excess = np.nan_to_num(np.maximum(staff.load - staff.room, 0.0))
    starts_span = (excess > 0) & (np.concatenate([[0.0], excess[:-1]]) == 0)
    if not starts_span.any():
        return None
    span = np.where(excess > 0, np.cumsum(starts_span), 0)  # number of the span; 0: no excess
    worst = int(np.argmax(np.bincount(span, weights=excess)))
    within = day.begins[span == worst]
    return float(within[0]), float(within[-1] + day.length)


def _draw_staff(axes: Axes, document: Document, staff: _Staff) -> list[Label]:
    day = _day(document)
    x, room = _stairs(day, staff.room)
    _, load = _stairs(day, staff.load)
    axes.fill_between(x, room, load, where=load > room, color=style.OVERLOAD, alpha=0.35, linewidth=0)
    axes.plot(x, room, color=style.CAPACITY, linewidth=2.0, zorder=3)
    axes.plot(x, load, color=style.LOAD, linewidth=1.6, zorder=3)
    nothing = np.full(len(x), math.nan)
    _value_axis(axes, 1.22 * max(_top(_Series(room, nothing), _Series(load, nothing)), 1.0), 4)
    have = "chats the agents on duty can hold" if staff.several_chats else "agents on duty"
    labels = [Label(have, x, room, style.CAPACITY), Label("work arriving", x, load, style.LOAD)]
    worst = _worst_overload(day, staff)
    if worst is not None:
        begin, end = worst
        middle = (begin + end) / 2
        span = f"{words.clock(begin)}–{words.clock(end)}"
        above = np.where((x >= begin) & (x <= end), load, math.nan)
        inside = np.interp(middle, x, (np.nan_to_num(load) + np.nan_to_num(room)) / 2)
        labels.append(
            Label(
                f"more work than they can do, {span}",
                x,
                above,
                style.OVERLOAD,
                near=middle,
                bold=True,
                point=float(inside),
            )
        )
    return labels


# --- words around the picture ---------------------------------------------------------------------


def _simulated(document: Document) -> str:
    days = document["replications"] * document["days_per_replication"]
    text = f"{words.number(days)} {'day' if days == 1 else 'days'} simulated, seed {document['seed']}"
    if document.get("scale", 1) != 1:
        text += f", scale {document['scale']:g}"
    return text


def _folded(document: Document) -> str:
    """That a time of day stands for several days, which may differ; nothing for a day or less.

    Of days begun and not ended, some times of day are missing.
    """
    days = document["days_per_replication"]
    if days <= 1:
        return ""
    return f", mean of {'' if days == int(days) else 'up to '}{words.number(math.ceil(days))} days"


def _whose(staff: _Staff, stage: str) -> str:
    """Whose work and whose agents are drawn; numbers where the names are too many for a heading."""
    if staff.desks == [ALL]:
        return "all desks and teams"
    teams = f"teams: {', '.join(staff.teams)}"
    if staff.desks == [stage]:
        return teams
    named = f"work of {', '.join(staff.desks)}; {teams}"
    if len(named) <= _MOST_NAMES:
        return named
    return f"work of {len(staff.desks)} desks linked by common teams; {len(staff.teams)} teams"


def _peak_wait(document: Document, stage: str) -> float:
    """The longest mean wait of an interval, in seconds; 0 where nobody came."""
    block, n = document["intervals"]["stages"][stage], len(document["intervals"]["starts"])
    return _top(_Series(_series(block, "wait.mean", n).value, np.zeros(n)))


def _longest(document: Document, stage: str, divisor: float, name_it: bool = False) -> str:
    """The longest wait in plain words, with the abandonment that goes with it."""
    day, block = _day(document), document["intervals"]["stages"][stage]
    n = len(day.begins)
    mean = _series(block, "wait.mean", n).value
    peak = _peak(mean)
    if peak is None:
        return "No contacts."
    if mean[peak] == 0:
        return "Nobody waits."
    text = f"Longest mean wait: {_wait_words(mean[peak], divisor)} at {words.clock(day.begins[peak])}"
    if name_it:
        text += f", {stage}"
    gone = _series(block, "abandoned", n).value[peak]
    if np.isfinite(gone):
        text += f"; {words.share(gone)} of the customers who come then abandon"
    return text + "."


def _subtitle(document: Document, stage: str, divisor: float) -> list[str]:
    """What is shown, in plain words; two lines."""
    block, n = document["intervals"]["stages"][stage], len(document["intervals"]["starts"])
    what = "all desks together" if stage == ALL else f"desk: {stage}"
    first = f"Waiting over the day, {what}{_folded(document)}  ·  {_simulated(document)}"
    if np.isfinite(_series(block, "wait.mean", n).half_width).any():
        first += f"  ·  bands: {100 * document['confidence']:.0f} % confidence"
    return [first, _longest(document, stage, divisor) + _longer_elsewhere(document, stage)]


def _longer_elsewhere(document: Document, stage: str) -> str:
    """The desk with the longest wait, where it is not the one drawn."""
    peaks = {desk: _peak_wait(document, desk) for desk in desks(document)}
    worst = max(peaks, key=lambda desk: peaks[desk], default=stage)
    if stage == ALL or peaks.get(worst, 0.0) <= peaks.get(stage, 0.0):
        return ""
    return f" Longer at {worst}: {words.duration(peaks[worst])}."


def _fit(text: Text, width: float, smallest: float) -> None:
    """Shrink a text to a width in pixels, then shorten it."""
    size = float(text.get_fontsize())
    while text.get_window_extent().width > width:
        if size > smallest:
            size -= 0.5
            text.set_fontsize(size)
        else:
            text.set_text(text.get_text().rstrip("…")[:-1].rstrip() + "…")


def _title(figure: Figure, title: str, lines: Sequence[str]) -> None:
    height = figure.get_figheight()
    width = (_RIGHT - _LEFT) * figure.bbox.width
    head = figure.text(_LEFT, 1 - 0.18 / height, title, fontsize=16, fontweight="bold", va="top")
    _fit(head, width, 10)
    for k, line in enumerate(lines):
        text = figure.text(
            _LEFT,
            1 - (0.56 + 0.22 * k) / height,
            line,
            fontsize=10,
            va="top",
            color=style.FAINT if k == 0 else style.INK,
        )
        _fit(text, width, 7.5)


def wait_curve(document: Document, stage: str | None = None) -> Figure:
    """The picture of a desk's day: wait, abandonment, and work against the people on duty.

    Parameters
    ----------
    document
        A result document with ``intervals``.
    stage
        Name of a desk, or ``all``; by default the desk at which customers wait longest in all.

    Raises
    ------
    UsageError
        If there is no such desk; names the nearest one.
    """
    shown = busiest_desk(document) if stage is None else _checked(document, stage)
    day, staff = _day(document), _staff(document, shown)
    with style.styled():
        figure = Figure(figsize=(9.0, 7.0))
        FigureCanvasAgg(figure)  # measures texts
        grid = figure.add_gridspec(
            3,
            1,
            height_ratios=(3.0, 1.15, 1.85),
            left=_LEFT,
            right=_RIGHT,
            bottom=0.05,
            top=0.828,
            hspace=0.25,
        )
        waits, gone, people = (figure.add_subplot(grid[k]) for k in range(3))
        top = _longest_s(document, shown)
        divisor, unit = _wait_unit(top)
        labels = [
            _draw_waits(waits, document, shown, divisor),
            _draw_abandoned(gone, document, shown),
            _draw_staff(people, document, staff),
        ]
        _value_axis(waits, 1.12 * max(top, 1.0) / divisor, 6)
        _heading(waits, f"Wait, {unit}", "of contacts by the time they come in")
        _heading(gone, "Abandoned, % of contacts")
        _heading(
            people,
            "Work and agents on duty, chats at once" if staff.several_chats else "Work and agents on duty",
            _whose(staff, shown),
        )
        for axes in (waits, gone, people):
            _clock_axis(axes, day, labels=axes is people)
        _title(figure, document["scenario"], _subtitle(document, shown, divisor))
        for axes, wanted in zip((waits, gone, people), labels, strict=True):
            place(axes, wanted)
    return figure


def wait_curves(document: Document, stages: Sequence[str] | None = None) -> Figure:
    """Small pictures side by side, one wait curve per desk, on one scale; at most four desks.

    ``stages``: the desks; by default the four at which customers wait longest in all.

    Raises
    ------
    UsageError
        If there is no such desk, or more than four are asked for.
    """
    if stages is None:
        kept = sorted(desks(document), key=lambda name: -_waited(document, name))[:4]
        shown = [name for name in desks(document) if name in kept]
    else:
        shown = [_checked(document, name) for name in stages]
    if not 1 <= len(shown) <= 4:
        raise UsageError(f"one to four desks fit into one picture, not {len(shown)}")
    day = _day(document)
    top = max(_longest_s(document, name) for name in shown)
    divisor, unit = _wait_unit(top)
    n_across, n_down = (1, 1) if len(shown) == 1 else (2, math.ceil(len(shown) / 2))
    with style.styled():
        height = 1.5 + 2.75 * n_down
        figure = Figure(figsize=(9.0, height))
        FigureCanvasAgg(figure)  # measures texts
        grid = figure.add_gridspec(
            n_down,
            n_across,
            left=_LEFT,
            right=_RIGHT,
            bottom=0.35 / height,
            top=1 - 1.25 / height,
            hspace=0.28,
            wspace=0.13,
        )
        drawn = []
        for k, name in enumerate(shown):
            axes = figure.add_subplot(grid[k // n_across, k % n_across])
            drawn.append((axes, _draw_waits(axes, document, name, divisor)))
            _value_axis(axes, 1.12 * max(top, 1.0) / divisor, 6)
            _clock_axis(axes, day, labels=True, n_across=n_across)
            gone = document["stages"].get(name, {}).get("abandoned", {}).get("value")
            _heading(axes, "all desks" if name == ALL else name, f"{words.share(gone)} abandon over the day")
        worst = max(shown, key=lambda name: _peak_wait(document, name))
        _title(
            figure,
            document["scenario"],
            [
                f"Wait over the day{_folded(document)}, {unit}, one scale for all desks"
                f"  ·  {_simulated(document)}",
                _longest(document, worst, divisor, name_it=True),
            ],
        )
        for axes, wanted in drawn:
            place(axes, wanted)
    return figure


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

"""The wait over the day of one run: a desk with what lies behind its waits, or desks side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.errors import UsageError
from sim.present import style, words
from sim.present.placing import Label, place
from sim.present.plots.crew import crew_heading, crew_of, draw_crew, whose
from sim.present.plots.page import GAP, bands_said, day_page, folded, simulated, tiles, title
from sim.present.plots.panel import (
    DASHED,
    SOLID,
    band,
    clock_axis,
    heading,
    line,
    nothing,
    value_axis,
    wait_unit,
    wait_words,
)
from sim.present.plots.reading import (
    ALL,
    Document,
    busiest_desk,
    checked_desk,
    day_of,
    desks,
    longest_s,
    peak_of,
    peak_wait,
    scaled,
    stage_series,
    top_of,
    waited,
)

__all__ = ["wait_curve", "wait_curves"]


def _draw_waits(axes: Axes, document: Document, stage: str, divisor: float) -> list[Label]:
    """The wait curve of a desk, in units of ``divisor`` seconds: mean, and what nine of ten stay below."""
    day = day_of(document)
    mean, tall = stage_series(document, stage, "wait.mean"), stage_series(document, stage, "wait.p90")
    x = day.middles
    for of, colour, width, dashes in ((tall, style.TALL, 1.5, DASHED), (mean, style.WAIT, 2.4, SOLID)):
        band(axes, x, scaled(of, divisor), colour)
        line(axes, x, of.value / divisor, colour, width, dashes)
    peak = peak_of(mean.value)
    if peak is None:
        nothing(axes, "no contacts")
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
    when = f"mean: {wait_words(mean.value[peak], divisor)} at {words.clock(day.begins[peak])}"
    high = peak_of(tall.value)
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
    day = day_of(document)
    gone = scaled(stage_series(document, stage, "abandoned"), 0.01)
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
    band(axes, x, gone, style.ABANDONED, top=100.0)
    line(axes, x, gone.value, style.ABANDONED, 2.0)
    value_axis(axes, min(max(top_of(gone) * 1.5, 1.0), 110.0), 3)
    peak = peak_of(gone.value)
    if peak is None:
        nothing(axes, "no contacts")
        return []
    text = f"{words.share(gone.value[peak] / 100)} at {words.clock(day.begins[peak])}"
    return [Label(text, x, gone.value, style.ABANDONED, near=float(x[peak]), bold=True, band=gone.half_width)]


def _longest(document: Document, stage: str, divisor: float, name_it: bool = False) -> str:
    """The longest wait in plain words, with the abandonment that goes with it."""
    day = day_of(document)
    mean = stage_series(document, stage, "wait.mean").value
    peak = peak_of(mean)
    if peak is None:
        return "No contacts."
    if mean[peak] == 0:
        return "Nobody waits."
    text = f"Longest mean wait: {wait_words(mean[peak], divisor)} at {words.clock(day.begins[peak])}"
    if name_it:
        text += f", {stage}"
    gone = stage_series(document, stage, "abandoned").value[peak]
    if np.isfinite(gone):
        text += f"; {words.share(gone)} of the customers who come then abandon"
    return text + "."


def _subtitle(document: Document, stage: str, divisor: float) -> list[str]:
    """What is shown, in plain words; two lines."""
    what = "all desks together" if stage == ALL else f"desk: {stage}"
    first = f"Waiting over the day, {what}{folded(document)}{GAP}{simulated(document)}"
    if np.isfinite(stage_series(document, stage, "wait.mean").half_width).any():
        first += GAP + bands_said(document)
    if document.get("plan"):
        first += f"{GAP}plan: {document['plan']}"
    return [first, _longest(document, stage, divisor) + _longer_elsewhere(document, stage)]


def _longer_elsewhere(document: Document, stage: str) -> str:
    """The desk with the longest wait, where it is not the one drawn."""
    peaks = {desk: peak_wait(document, desk) for desk in desks(document)}
    worst = max(peaks, key=lambda desk: peaks[desk], default=stage)
    if stage == ALL or peaks.get(worst, 0.0) <= peaks.get(stage, 0.0):
        return ""
    return f" Longer at {worst}: {words.duration(peaks[worst])}."


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
    shown = busiest_desk(document) if stage is None else checked_desk(document, stage)
    day, crew = day_of(document), crew_of(document, shown)
    with style.styled():
        figure, (waits, gone, people) = day_page()
        top = longest_s(document, shown)
        divisor, unit = wait_unit(top)
        labels = [
            _draw_waits(waits, document, shown, divisor),
            _draw_abandoned(gone, document, shown),
            draw_crew(people, document, crew),
        ]
        value_axis(waits, 1.12 * max(top, 1.0) / divisor, 6)
        heading(waits, f"Wait, {unit}", "of contacts by the time they come in")
        heading(gone, "Abandoned, % of contacts")
        heading(
            people,
            crew_heading(crew.several_chats),
            whose(crew, shown),
        )
        for axes in (waits, gone, people):
            clock_axis(axes, day, labels=axes is people)
        title(figure, document["scenario"], _subtitle(document, shown, divisor))
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
        kept = sorted(desks(document), key=lambda name: -waited(document, name))[:4]
        shown = [name for name in desks(document) if name in kept]
    else:
        shown = [checked_desk(document, name) for name in stages]
    if not 1 <= len(shown) <= 4:
        raise UsageError(f"one to four desks fit into one picture, not {len(shown)}")
    day = day_of(document)
    top = max(longest_s(document, name) for name in shown)
    divisor, unit = wait_unit(top)
    with style.styled():
        figure, panels = tiles(len(shown))
        drawn = []
        for axes, name in zip(panels, shown, strict=True):
            drawn.append((axes, _draw_waits(axes, document, name, divisor)))
            value_axis(axes, 1.12 * max(top, 1.0) / divisor, 6)
            clock_axis(axes, day, labels=True, n_across=min(2, len(shown)))
            gone = document["stages"].get(name, {}).get("abandoned", {}).get("value")
            heading(axes, "all desks" if name == ALL else name, f"{words.share(gone)} abandon over the day")
        worst = max(shown, key=lambda name: peak_wait(document, name))
        title(
            figure,
            document["scenario"],
            [
                f"Wait over the day{folded(document)}, {unit}, one scale for all desks"
                f"{GAP}{simulated(document)}",
                _longest(document, worst, divisor, name_it=True),
            ],
        )
        for axes, wanted in drawn:
            place(axes, wanted)
    return figure

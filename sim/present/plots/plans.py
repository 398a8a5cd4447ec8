"""The wait over the day of several runs in one picture, a line for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.errors import UsageError
from sim.present import style, words
from sim.present.placing import Label, place
from sim.present.plots.crew import Crew, crew_heading, crew_of, have_words, whose
from sim.present.plots.page import GAP, bands_said, day_page, folded, tiles, title
from sim.present.plots.panel import (
    band,
    clock_axis,
    heading,
    line,
    nothing,
    stairs,
    value_axis,
    wait_unit,
    wait_words,
)
from sim.present.plots.reading import (
    ALL,
    Floats,
    Series,
    day_of,
    peak_of,
    scaled,
    stage_series,
    top_of,
)
from sim.present.plots.runs import (
    DASHES,
    Runs,
    alike,
    checked_runs,
    common_desks,
    desk_of_all,
    desks_of_all,
    much_alike,
    names_of,
    scenario_of,
    simulated_of,
    telling,
)

__all__ = ["draw_crews", "plan_curve", "plan_curves"]

# Of the sum over the day. Plans move a little work, by those who give up or come again; and agents go into
# their breaks when they have finished, so that lines of equal plans differ here and there.
_SAME_WORK = 0.03
_SAME_ROOM = 0.01
_FEW = 3  # runs of which each is named in a sentence, and labelled in small panels


def _lines(
    axes: Axes, runs: Runs, of: Sequence[Series], with_peaks: bool, top: float = np.inf
) -> list[list[int]]:
    """A line with its band for each group of runs that coincide; the groups."""
    groups = alike([series.value for series in of])
    for group in groups:
        k = group[0]
        x = day_of(list(runs.values())[k]).middles
        band(axes, x, of[k], style.PLANS[k], top, 0.17 if len(groups) <= _FEW else 0.09)
        line(axes, x, of[k].value, style.PLANS[k], 2.2, DASHES[k])
        peak = peak_of(of[k].value)
        if with_peaks and peak is not None:
            axes.plot(
                [x[peak]],
                [of[k].value[peak]],
                "o",
                color=style.PLANS[k],
                markersize=6,
                zorder=4,
                markeredgecolor="white",
                clip_on=False,
            )
    if not any(np.isfinite(series.value).any() for series in of):
        nothing(axes, "no contacts")
    return groups


def _label(runs: Runs, group: Sequence[int], of: Series, said: str) -> Label:
    """The label of a line, at its highest point."""
    k = group[0]
    x, peak = day_of(list(runs.values())[k]).middles, peak_of(of.value)
    at = (None, None) if peak is None else (float(x[peak]), float(of.value[peak]))
    name = names_of(runs, group)
    text = f"{name}: {said}" if said else name
    return Label(text, x, of.value, style.PLANS[k], at[0], True, at[1], of.half_width)


def _draw_waits(axes: Axes, runs: Runs, stage: str, divisor: float, short: bool = False) -> list[Label]:
    """Mean waits at a desk, in units of ``divisor`` seconds."""
    of = [scaled(stage_series(document, stage, "wait.mean"), divisor) for document in runs.values()]
    labels = []
    for group in _lines(axes, runs, of, with_peaks=True):
        own, day = of[group[0]], day_of(list(runs.values())[group[0]])
        peak = peak_of(own.value)
        if peak is not None:
            wait = wait_words(float(own.value[peak]) * divisor, divisor)
            said = wait if short else f"{wait} at {words.clock(day.begins[peak])}"
            labels.append(_label(runs, group, own, said))
    return labels


def _draw_abandoned(axes: Axes, runs: Runs, stage: str) -> list[Label]:
    of = [scaled(stage_series(document, stage, "abandoned"), 0.01) for document in runs.values()]
    groups = _lines(axes, runs, of, with_peaks=False, top=100.0)
    value_axis(axes, min(max(top_of(*of) * 1.5, 1.0), 110.0), 3)
    if len(groups) > _FEW:  # the colours are those of the panel above
        return []
    labels = []
    for group in groups:
        own = of[group[0]]
        peak = peak_of(own.value)
        if peak is not None:
            labels.append(_label(runs, group, own, words.share(float(own.value[peak]) / 100)))
    return labels


def _in_stairs(runs: Runs, values: Sequence[Floats]) -> list[tuple[Floats, Floats]]:
    return [stairs(day_of(document), of) for document, of in zip(runs.values(), values, strict=True)]


def _above_zero(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A line without the hours in which it lies on the axis, where no label looks for it."""
    return x, np.where(y > 0, y, np.nan)


def draw_crews(
    axes: Axes, runs: Runs, rooms: Sequence[Floats], loads: Sequence[Floats] | None, have: str = ""
) -> list[Label]:
    """The room that the people on duty have in each run, against the work arriving where it is known.

    Parameters
    ----------
    rooms
        Contacts that agents on duty can have at once; an array of intervals for each run.
    loads
        Erlangs of work arriving, likewise.
    have
        What the lines of room show, said at the first.
    """
    labels, lines = [], _in_stairs(runs, rooms)
    for group in alike(rooms):
        line(axes, *lines[group[0]], style.PLANS[group[0]], 2.0, DASHES[group[0]])
    for group in much_alike(rooms, _SAME_ROOM):
        k, name = group[0], names_of(runs, group)
        text = f"{name}: {have}" if k == 0 and have else name
        labels.append(Label(text, *_above_zero(*lines[k]), style.PLANS[k], bold=True))
    works = [] if loads is None else _in_stairs(runs, loads)
    groups = [] if loads is None else much_alike(loads, _SAME_WORK)
    for group in groups:
        k = group[0]
        x, y = works[k]
        if k == 0:
            axes.fill_between(x, 0, np.nan_to_num(y), color=style.BUSY, alpha=0.13, linewidth=0, zorder=1)
        line(axes, x, y, style.LOAD, 1.3, DASHES[k])
        whose_work = f", {names_of(runs, group)}" if len(groups) > 1 else ""
        labels.append(Label(f"work arriving{whose_work}", *_above_zero(x, y), style.LOAD))
    shown = [*rooms, *(loads or [])]
    top = top_of(*(Series(values, np.full(len(values), np.nan)) for values in shown))
    value_axis(axes, 1.22 * max(top, 1.0), 4)
    return labels


def _longest(runs: Runs, stage: str, divisor: float, where: str = "") -> str:
    """The longest waits in plain words."""
    found = []
    for name, document in runs.items():
        waits = stage_series(document, stage, "wait.mean").value
        peak = peak_of(waits)
        if peak is not None:
            at = words.clock(day_of(document).begins[peak])
            found.append((float(waits[peak]), f"{wait_words(float(waits[peak]), divisor)} at {at}", name))
    if not found:
        return "No contacts."
    if not any(wait for wait, _, _ in found):
        return "Nobody waits."
    if len(found) <= _FEW:
        return f"Longest mean wait{where}: {', '.join(f'{name} {said}' for _, said, name in found)}."
    (_, least, best), (_, most, worst) = min(found), max(found)
    return f"Longest mean wait{where}: from {least} ({best}) to {most} ({worst})."


def _same_crew(crews: Sequence[Crew]) -> bool:
    return all((crew.teams, crew.desks) == (crews[0].teams, crews[0].desks) for crew in crews)


def _bands(runs: Runs, stage: str) -> str:
    """How sure the bands are; nothing where there are none."""
    for document in runs.values():
        if np.isfinite(stage_series(document, stage, "wait.mean").half_width).any():
            return GAP + bands_said(document)
    return ""


def plan_curve(runs: Runs, stage: str | None = None) -> Figure:
    """The picture of a desk's day under several plans: wait, abandonment, and people against the work.

    Parameters
    ----------
    runs
        Two to six result documents by name.
    stage
        Name of a desk, or ``all``; by default the desk where the runs differ most in the time waited.

    Raises
    ------
    UsageError
        If a run has no such desk, or the runs are too many.
    """
    shown = desk_of_all(checked_runs(runs), stage)
    documents = list(runs.values())
    crews = [crew_of(document, shown) for document in documents]
    several = any(crew.several_chats for crew in crews)
    with style.styled():
        figure, (waits, gone, people) = day_page()
        top = top_of(*(stage_series(document, shown, "wait.mean") for document in documents))
        divisor, unit = wait_unit(top)
        labels = [
            _draw_waits(waits, runs, shown, divisor),
            _draw_abandoned(gone, runs, shown),
            draw_crews(people, runs, [c.room for c in crews], [c.load for c in crews], have_words(several)),
        ]
        value_axis(waits, 1.15 * max(top, 1.0) / divisor, 6)
        heading(waits, f"Mean wait, {unit}", "of contacts by the time they come in")
        heading(gone, "Abandoned, % of contacts")
        heading(people, crew_heading(several), whose(crews[0], shown) if _same_crew(crews) else "")
        for axes in (waits, gone, people):
            clock_axis(axes, day_of(documents[0]), labels=axes is people)
        what = "all desks together" if shown == ALL else f"desk: {shown}"
        first = f"Waiting over the day, {what}{folded(documents[0])}{GAP}{simulated_of(runs)}"
        title(figure, scenario_of(runs), [first + _bands(runs, shown), _longest(runs, shown, divisor)])
        for axes, wanted in zip((waits, gone, people), labels, strict=True):
            place(axes, wanted)
    return figure


def plan_curves(runs: Runs, stages: Sequence[str] | None = None) -> Figure:
    """Small pictures side by side, one per desk, each with the mean wait of every run; at most four desks.

    ``stages``: the desks; by default the four where the runs differ most in the time waited.

    Raises
    ------
    UsageError
        If a run has no such desk, or there are too many desks or runs.
    """
    documents = list(checked_runs(runs).values())
    if stages is None:
        common = common_desks(runs)
        kept = sorted(common, key=lambda desk: telling(runs, desk), reverse=True)[:4]
        shown = [desk for desk in common if desk in kept]
    else:
        shown = desks_of_all(runs, stages)
    if not 1 <= len(shown) <= 4:
        raise UsageError(f"one to four desks fit into one picture, not {len(shown)}")
    top = top_of(*(stage_series(document, desk, "wait.mean") for document in documents for desk in shown))
    divisor, unit = wait_unit(top)
    with style.styled():
        figure, panels = tiles(len(shown))
        drawn = []
        for axes, desk in zip(panels, shown, strict=True):
            drawn.append((axes, _draw_waits(axes, runs, desk, divisor, short=True)))
            value_axis(axes, 1.15 * max(top, 1.0) / divisor, 6)
            clock_axis(axes, day_of(documents[0]), labels=True, n_across=min(2, len(shown)))
            heading(axes, "all desks" if desk == ALL else desk)
        worst = max(shown, key=lambda desk: top_of(*(stage_series(d, desk, "wait.mean") for d in documents)))
        first = f"Mean wait over the day{folded(documents[0])}, {unit}, one scale for all desks"
        title(
            figure,
            scenario_of(runs),
            [
                f"{first}{GAP}{simulated_of(runs)}{_bands(runs, worst)}",
                _longest(runs, worst, divisor, f", {'all desks' if worst == ALL else worst}"),
            ],
        )
        for axes, wanted in drawn:
            place(axes, wanted)
    return figure

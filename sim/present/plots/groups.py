"""Waits and abandonment of the whole day, by desk or by class of customer; a row for each, and each run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from sim.errors import UsageError, nearest
from sim.present import style, words
from sim.present.plots.page import GAP, bands_said, title
from sim.present.plots.panel import heading, wait_unit
from sim.present.plots.reading import ALL, Document
from sim.present.plots.rows import Row, dot, row_sheet, said_beside, zero_axis
from sim.present.plots.runs import (
    Runs,
    checked_runs,
    common_desks,
    desks_of_all,
    scenario_of,
    simulated_of,
)

__all__ = ["waits_by_class", "waits_by_stage"]

_WIDTHS = ((0.0, 1.27), (1.4, 1.14))  # inches of panels and of the words beside them


class _Group(NamedTuple):
    """Desks or customers with their figures, for each run."""

    name: str
    heading: str  # begins with this one; "" goes on
    blocks: list[Mapping[str, Any]]


def _of_stage(document: Document, stage: str) -> Mapping[str, Any]:
    block: Mapping[str, Any] = document["measures"] if stage == ALL else document["stages"][stage]
    return block


def waits_by_stage(runs: Runs, stages: Sequence[str] = ()) -> Figure:
    """Waits and abandonment at each desk over the whole day, desks one below the other.

    Parameters
    ----------
    runs
        One to six result documents by name.
    stages
        The desks, or ``all``; by default those that every run has, and all together.

    Raises
    ------
    UsageError
        If a run has no such desk, or nothing is left to draw.
    """
    common = common_desks(checked_runs(runs))
    shown = desks_of_all(runs, stages) if stages else [*common, *([ALL] if len(common) > 1 else [])]
    if not shown:
        raise UsageError("the results have no desk in common, so there are no waits to draw")
    groups = [
        _Group("all desks" if s == ALL else s, "", [_of_stage(document, s) for document in runs.values()])
        for s in shown
    ]
    return _picture(runs, groups, "Waits by desk, over the whole day", "give fewer desks with --stage")


def waits_by_class(runs: Runs, attributes: Sequence[str] = ()) -> Figure:
    """Waits and abandonment of customers by the values of their attributes, over the whole day.

    Parameters
    ----------
    runs
        One to six result documents by name.
    attributes
        Their names; by default all that every run has.

    Raises
    ------
    UsageError
        If a run has no such attribute; names the nearest one.
    """
    first, *others = (document["classes"] for document in checked_runs(runs).values())
    known = [name for name in first if all(name in other for other in others)]
    if not known:
        raise UsageError("the scenario has no attributes, so its customers are all of one class")
    for name in attributes:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean '{near}'?" if near else f"attributes: {', '.join(known)}"
            raise UsageError(f"no attribute '{name}'; {hint}")
    groups = [group for name in attributes or known for group in _values(runs, name)]
    return _picture(runs, groups, "Waits by class of customer, over the whole day", "choose with --attribute")


def _values(runs: Runs, attribute: str) -> Iterator[_Group]:
    first, *others = (document["classes"][attribute] for document in runs.values())
    shown = [value for value in first if all(value in other for other in others)]
    for number, value in enumerate(shown):
        blocks = [document["classes"][attribute][value] for document in runs.values()]
        yield _Group(value, "" if number else attribute, blocks)


def _figure(block: Mapping[str, Any], key: str, unit: float) -> tuple[float | None, float | None]:
    """A figure and its half-width in a unit."""
    found = block.get(key) or {"value": None, "half_width": None}
    value, width = found["value"], found["half_width"]
    return (None if value is None else value / unit), (None if width is None else width / unit)


def _said(block: Mapping[str, Any], key: str) -> str:
    found = block.get(key) or {"value": None, "half_width": None}
    return words.figure(found["value"], found["half_width"], "s" if key.startswith("wait") else "share")


def _most(groups: Sequence[_Group], key: str) -> float:
    """The highest value, with as much of its interval as an axis should hold."""
    top = 0.0
    for group in groups:
        for block in group.blocks:
            value, width = _figure(block, key, 1.0)
            if value is not None:
                top = max(top, min(value + (width or 0.0), 1.5 * value))
    return top


def _rows(runs: Runs, groups: Sequence[_Group]) -> tuple[list[Row], list[tuple[int, int, int]]]:
    """The rows, and of those with figures the number, the group and the run."""
    rows: list[Row] = []
    filled = []
    for g, group in enumerate(groups):
        if group.heading:
            rows.append(Row(group.heading, bold=True, gap=0.5 if rows else 0.0))
        if len(runs) == 1:
            filled.append((len(rows), g, 0))
            rows.append(Row(group.name))
            continue
        rows.append(Row(group.name, gap=0.0 if group.heading or not rows else 0.35))
        for k, name in enumerate(runs):
            filled.append((len(rows), g, k))
            rows.append(Row(f"   {name}", style.PLANS[k]))
    return rows, filled


def _picture(runs: Runs, groups: Sequence[_Group], what: str, hint: str) -> Figure:
    rows, filled = _rows(runs, groups)
    wait_top = max(_most(groups, "wait.mean"), _most(groups, "wait.p90"))
    gone_top = 100 * _most(groups, "abandoned")
    divisor, unit = wait_unit(wait_top)
    with style.styled():
        sheet = row_sheet(rows, _WIDTHS, hint)
        waits, gone = sheet.panels
        zero_axis(waits, 1.04 * max(wait_top, 1.0) / divisor, 6)
        zero_axis(gone, 1.06 * max(gone_top, 1.0), 3)
        for number, g, k in filled:
            y, block = sheet.at[number], groups[g].blocks[k]
            colour = style.PLANS[k] if len(runs) > 1 else style.WAIT
            dot(waits, *_figure(block, "wait.p90", divisor), y, colour, "D", filled=False)
            dot(waits, *_figure(block, "wait.mean", divisor), y, colour)
            dot(gone, *_figure(block, "abandoned", 0.01), y, colour if len(runs) > 1 else style.ABANDONED)
            said_beside(waits, y, _said(block, "wait.mean"), _WIDTHS[0][1], style.INK)
            said_beside(gone, y, _said(block, "abandoned"), _WIDTHS[1][1], style.INK)
        heading(waits, f"Wait, {unit}", "● mean   ◇ 9 of 10 wait less")
        heading(gone, "Abandoned, %")
        first = next(iter(runs.values()))
        sure = GAP + bands_said(first, "bars") if _has_bars(groups) else ""
        title(
            sheet.figure,
            scenario_of(runs),
            [f"{what}{GAP}{simulated_of(runs)}{sure}", _longest(runs, groups)],
        )
    return sheet.figure


def _has_bars(groups: Sequence[_Group]) -> bool:
    return any(_figure(b, "wait.mean", 1.0)[1] is not None for group in groups for b in group.blocks)


def _longest(runs: Runs, groups: Sequence[_Group]) -> str:
    """Who waits longest, in plain words."""
    said = []
    for k, name in enumerate(runs):
        found = [(wait, g) for g, group in enumerate(groups)
                 if (wait := _figure(group.blocks[k], "wait.mean", 1.0)[0])]  # fmt: skip
        if found:
            wait, g = max(found)
            run = f"{name} " if len(runs) > 1 else ""
            said.append(f"{run}{words.duration(wait)} ({groups[g].name})")
    return f"Longest mean wait: {', '.join(said)}." if said else "Nobody waits."

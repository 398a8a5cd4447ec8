"""Staff against load: a panel for each crew (teams that share desks), and for each of its teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.errors import UsageError
from sim.present import style, words
from sim.present.placing import Label, place
from sim.present.plots.crew import Crew, crew_of, crews, draw_crew, have_words, holds
from sim.present.plots.page import GAP, folded, tiles, title
from sim.present.plots.panel import clock_axis, heading, stairs, value_axis
from sim.present.plots.plans import draw_crews
from sim.present.plots.reading import ALL, Document, Series, day_of, series, top_of
from sim.present.plots.runs import Runs, checked_runs, desks_of_all, scenario_of, simulated_of

__all__ = ["staff_by_team"]

_MOST_PANELS = 12
_TALL, _LOW = 2.3, 1.95  # inches of a panel; the low ones where there are more than four


class _Panel(NamedTuple):
    """A crew, or a team of it."""

    heading: str
    crew: Crew
    team: str | None


def _panels(document: Document, stages: Sequence[str]) -> list[_Panel]:
    found: list[_Panel] = []
    wanted = crews(document) if not stages else [crew_of(document, stage) for stage in stages]
    for number, crew in enumerate(wanted):
        if any(crew.teams == other.teams for other in wanted[:number]):
            continue
        desks = "all desks" if crew.desks == [ALL] else ", ".join(crew.desks)
        if len(crew.teams) == 1:
            found.append(_Panel(f"{desks}: {crew.teams[0]}", crew, None))
            continue
        found.append(_Panel(f"{desks}: {len(crew.teams)} teams together", crew, None))
        found += [_Panel(team, crew, team) for team in crew.teams]
    return found


def _draw_team(axes: Axes, document: Document, team: str) -> list[Label]:
    """The room that a team has, and how much of it is taken."""
    room, several = holds(document, team)
    busy = series(document["intervals"]["teams"][team], "busy", len(room)).value
    day = day_of(document)
    x, y = stairs(day, room)
    _, taken = stairs(day, busy)
    axes.fill_between(x, 0, np.nan_to_num(taken), color=style.BUSY, alpha=0.25, linewidth=0, zorder=1)
    axes.plot(x, taken, color=style.BUSY, linewidth=1.2, zorder=3)
    axes.plot(x, y, color=style.CAPACITY, linewidth=2.0, zorder=3)
    nothing = np.full(len(x), np.nan)
    value_axis(axes, 1.25 * max(top_of(Series(y, nothing), Series(taken, nothing)), 1.0), 4)
    return [
        Label(have_words(several, is_small=True), x, y, style.CAPACITY),
        Label("chats they have" if several else "of them busy", x, taken, style.FAINT),
    ]


def _beside(runs: Runs, panel: _Panel) -> str:
    """What lines of several runs show; of one run and one team the occupancy over the day."""
    if len(runs) > 1:
        return "chats on duty" if panel.crew.several_chats else "agents on duty"
    team = panel.team or (panel.crew.teams[0] if len(panel.crew.teams) == 1 else None)
    if team is None:
        return ""
    (document,) = runs.values()
    value = document["teams"].get(team, {}).get("occupancy", {}).get("value")
    return "" if value is None else f"occupancy {words.share(value)}"


def _draw(axes: Axes, runs: Runs, panel: _Panel) -> list[Label]:
    documents = list(runs.values())
    if len(documents) == 1:
        if panel.team is None:
            return draw_crew(axes, documents[0], panel.crew, is_small=True)
        return _draw_team(axes, documents[0], panel.team)
    if panel.team is not None:
        return draw_crews(axes, runs, [holds(document, panel.team)[0] for document in documents], None)
    own = [crew_of(document, panel.crew.desks[0]) for document in documents]
    return draw_crews(axes, runs, [c.room for c in own], [c.load for c in own])


def _overload(runs: Runs) -> str:
    """Where more work comes in than people can do, in plain words."""
    said = []
    for name, document in runs.items():
        day = day_of(document)
        over = {", ".join(crew.desks): day.length / 60 * int((crew.load > crew.room).sum())
                for crew in crews(document)}  # fmt: skip
        worst = max(over, key=lambda desk: over[desk], default="")
        of_run = f"{name} " if len(runs) > 1 else ""
        if worst and over[worst]:
            what = "all desks" if worst == ALL else worst
            said.append(f"{of_run}{words.number(over[worst])} h at {what}")
        else:
            said.append(f"{of_run}never")
    if all(text.endswith("never") for text in said):
        return "Nowhere does more work arrive than the agents on duty can do."
    return f"More work than the agents on duty can do, longest: {', '.join(said)}."


def staff_by_team(runs: Runs, stages: Sequence[str] = ()) -> Figure:
    """Work arriving against the people on duty, and how busy each team is.

    Parameters
    ----------
    runs
        One to six result documents by name; with several each has a line of its own.
    stages
        Desks whose teams are drawn; by default all.

    Raises
    ------
    UsageError
        If a run has no such desk or team, or the panels are too many.
    """
    documents = list(checked_runs(runs).values())
    desks_of_all(runs, stages)
    panels = _panels(documents[0], stages)
    for name, document in runs.items():
        lacking = [t for p in panels for t in p.crew.teams if t not in document["intervals"]["teams"]]
        if lacking or [p.crew.teams for p in _panels(document, stages)] != [p.crew.teams for p in panels]:
            raise UsageError(f"{name} has other teams than {next(iter(runs))}; draw each by itself")
    if not 1 <= len(panels) <= _MOST_PANELS:
        why = (
            "there is no team to draw" if not panels else f"{len(panels)} panels do not fit into one picture"
        )
        raise UsageError(f"{why}; choose desks with --stage")
    with style.styled():
        figure, axes_of = tiles(len(panels), _TALL if len(panels) <= 4 else _LOW)
        drawn = []
        for axes, panel in zip(axes_of, panels, strict=True):
            drawn.append((axes, _draw(axes, runs, panel)))
            clock_axis(axes, day_of(documents[0]), labels=True, n_across=min(2, len(panels)))
            heading(axes, panel.heading, _beside(runs, panel))
        first = f"Staff against load over the day{folded(documents[0])}"
        title(figure, scenario_of(runs), [f"{first}{GAP}{simulated_of(runs)}", _overload(runs)])
        for axes, wanted in drawn:
            place(axes, wanted)
    return figure

"""Work against the people who do it: a desk, the desks it shares teams with, and all their teams."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from sim.present import style, words
from sim.present.placing import Label
from sim.present.plots.panel import stairs, value_axis
from sim.present.plots.reading import ALL, Day, Document, Floats, Series, day_of, desks, series, top_of

__all__ = ["Crew", "crew_heading", "crew_of", "crews", "draw_crew", "have_words", "holds", "whose"]

_MOST_NAMES = 66  # characters beside a heading


class Crew(NamedTuple):
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


def holds(document: Document, team: str) -> tuple[Floats, bool]:
    """Contacts that a team's agents on duty can have at once, and whether one can have several."""
    n = len(document["intervals"]["starts"])
    block = document["intervals"]["teams"][team]
    slots, on = series(block, "slots", n).value, series(block, "on", n).value
    return np.where(np.isfinite(slots), slots, on), bool((slots > 1.001 * on).any())


def crew_of(document: Document, stage: str) -> Crew:
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
    held = [holds(document, team) for team in teams]
    load = [series(intervals["stages"][desk], "load", n).value for desk in served]
    several = any(is_several for _, is_several in held)
    return Crew(teams, served, _sum([room for room, _ in held], n), _sum(load, n), several)


def crews(document: Document) -> list[Crew]:
    """Every crew once, in the order of the desks."""
    found: list[Crew] = []
    for desk in desks(document):
        if not any(desk in crew.desks for crew in found):
            crew = crew_of(document, desk)
            if crew.desks == [ALL]:
                return [crew]
            found.append(crew)
    return found


def _sum(rows: list[Floats], n: int) -> Floats:
    """Sum of series, a missing figure counting nothing; NaN where all are missing."""
    if not rows:
        return np.full(n, math.nan)
    stack = np.stack(rows)
    return np.where(np.isfinite(stack).any(axis=0), np.nansum(stack, axis=0), math.nan)


def _worst_overload(day: Day, crew: Crew) -> tuple[float, float] | None:
    """The clock span (minutes) in which the most work arrives beyond what the people on duty can do."""
    excess = np.nan_to_num(np.maximum(crew.load - crew.room, 0.0))
    starts_span = (excess > 0) & (np.concatenate([[0.0], excess[:-1]]) == 0)
    if not starts_span.any():
        return None
    span = np.where(excess > 0, np.cumsum(starts_span), 0)  # number of the span; 0: no excess
    worst = int(np.argmax(np.bincount(span, weights=excess)))
    within = day.begins[span == worst]
    return float(within[0]), float(within[-1] + day.length)


def have_words(several_chats: bool, is_small: bool = False) -> str:
    """What a line of room shows."""
    if not several_chats:
        return "agents on duty"
    return "chats they can hold" if is_small else "chats the agents on duty can hold"


def crew_heading(several_chats: bool) -> str:
    """The heading of a panel of work and people."""
    return "Work and agents on duty, chats at once" if several_chats else "Work and agents on duty"


def whose(crew: Crew, stage: str) -> str:
    """Whose work and whose agents are drawn; numbers where the names are too many for a heading."""
    if crew.desks == [ALL]:
        return "all desks and teams"
    teams = f"teams: {', '.join(crew.teams)}"
    if crew.desks == [stage]:
        return teams
    named = f"work of {', '.join(crew.desks)}; {teams}"
    if len(named) <= _MOST_NAMES:
        return named
    return f"work of {len(crew.desks)} desks linked by common teams; {len(crew.teams)} teams"


def draw_crew(axes: Axes, document: Document, crew: Crew, is_small: bool = False) -> list[Label]:
    """Work arriving against the room that the people on duty have, and where it is too little.

    ``is_small``: the panel has no room for many words.
    """
    day = day_of(document)
    x, room = stairs(day, crew.room)
    _, load = stairs(day, crew.load)
    axes.fill_between(x, room, load, where=load > room, color=style.OVERLOAD, alpha=0.35, linewidth=0)
    axes.plot(x, room, color=style.CAPACITY, linewidth=2.0, zorder=3)
    axes.plot(x, load, color=style.LOAD, linewidth=1.6, zorder=3)
    unknown = np.full(len(x), math.nan)
    value_axis(axes, 1.22 * max(top_of(Series(room, unknown), Series(load, unknown)), 1.0), 4)
    labels = [
        Label(have_words(crew.several_chats, is_small), x, room, style.CAPACITY),
        Label("work arriving", x, load, style.LOAD),
    ]
    worst = _worst_overload(day, crew)
    if worst is not None:
        begin, end = worst
        middle = (begin + end) / 2
        span = f"{words.clock(begin)}–{words.clock(end)}"
        above = np.where((x >= begin) & (x <= end), load, math.nan)
        inside = np.interp(middle, x, (np.nan_to_num(load) + np.nan_to_num(room)) / 2)
        labels.append(
            Label(
                f"too much, {span}" if is_small else f"more work than they can do, {span}",
                x,
                above,
                style.OVERLOAD,
                near=middle,
                bold=True,
                point=float(inside),
            )
        )
    return labels

"""The text of a staffing: agents and what customers find, interval by interval."""

from __future__ import annotations

import numpy as np

from sim.present import words
from sim.present.columns import grid, paragraph
from sim.study.pools import Pool
from sim.study.staff import Staffing
from sim.units import time_of_day

__all__ = ["staffing_text"]

_UNITS = {"service_level": "share", "abandoned": "share", "wait.mean": "s"}
_HEADINGS = {"service_level": "service level", "abandoned": "abandoned", "wait.mean": "wait"}


def staffing_text(
    staffing: Staffing,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    length: int,
    hours_before: float,
    hours_after: float,
    *,
    title: str,
    width: int = 100,
    encoding: str = "utf-8",
) -> str:
    """What a planner reads.

    Parameters
    ----------
    staffing
        What was found.
    names
        Of the stages and of the teams.
    length
        Ticks of an interval.
    hours_before, hours_after
        Paid agent-hours a day, as it was and under the plan.
    title
        First line.
    width
        Columns of paragraphs.
    encoding
        Of the stream it is written to.
    """
    lines = [title, ""]
    for number, pool in enumerate(staffing.pools):
        lines += [*_pool(staffing, number, pool, names, length), ""]
    change = hours_after / hours_before - 1 if hours_before else 0.0
    lines += paragraph(
        f"Agent-hours scheduled: {words.number(hours_after, 0)} a day, "
        f"{words.number(hours_before, 0)} before ({100 * change:+.0f} %).",
        width,
    )
    lines += paragraph(_verdict(staffing, names[0], length), width)
    return words.writable("\n".join(lines), encoding)


def _pool(
    staffing: Staffing, number: int, pool: Pool, names: tuple[tuple[str, ...], tuple[str, ...]], length: int
) -> list[str]:
    level, goal = staffing.levels[number], staffing.goal
    unit, heading = _UNITS[goal.measure], _HEADINGS[goal.measure]
    desks = ", ".join(names[0][desk] for desk in pool.desks)
    teams = [names[1][team] for team in pool.teams]
    with_abandoned = goal.measure != "abandoned"
    rows = [["", *teams, "Erlang A", heading, *(["abandoned"] if with_abandoned else []), ""]]
    met = goal.is_met(level.value)
    for i in range(len(level.value)):
        needed = [str(int(staffing.agents[team, i])) for team in pool.teams]
        theory = str(int(staffing.by_theory[list(pool.teams), i].sum()))
        own = words.figure(float(level.value[i]), float(level.half_width[i]), unit)
        gone = [words.share(float(level.abandoned[i]))] if with_abandoned else []
        rows.append([time_of_day(i * length), *needed, theory, own, *gone, "" if met[i] else "missed"])
    head = f"{desks}: agents needed on duty, and what fresh customers find"
    return [head, *(f"  {line}" for line in grid(rows, to_the_right=range(1, len(rows[0]) - 1)))]


def _verdict(staffing: Staffing, stages: tuple[str, ...], length: int) -> str:
    missed = staffing.missed
    if not missed:
        n = sum(int(np.isfinite(level.value).sum()) for level in staffing.levels)
        return (
            f"Every one of {n} intervals meets {staffing.goal.words}, with customers that the plan was not "
            f"fitted to ({staffing.n_plans} plans simulated, {staffing.n_checks} of these looks)."
        )
    where = ", ".join(
        f"{stages[staffing.pools[p].desks[0]]} at {time_of_day(i * length)}" for p, i in missed[:6]
    )
    more = f" and {len(missed) - 6} more" if len(missed) > 6 else ""
    return f"Not reached: {staffing.goal.words} is missed at {where}{more}."

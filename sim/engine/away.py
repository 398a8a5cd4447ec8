"""Rows of duty for people who are paid for but not there: absent, or planned away.

They follow from the plan and the draws alone, whatever happens to contacts, so they are written beside the
simulation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.records import Duty, DutyColumn
from sim.model.roster import HeadCountSteps, ShiftDuties
from sim.model.tables import Model

__all__ = ["Away"]

Ints = NDArray[np.int64]


class Away:
    """What becomes of the places of shifts and head counts whose people are away."""

    def __init__(self, model: Model) -> None:
        self._first_vacancy = (model.teams.first_agent + model.teams.n_agents // 2).tolist()
        self._vacancies: list[list[tuple[Duty, int]]] = [[] for _ in self._first_vacancy]  # (state, from)
        self._planned: list[Ints] = []
        self._rows: list[tuple[int, int, int, int, int]] = []

    def plan(self, duties: ShiftDuties) -> None:
        """The shifts of a day are known."""
        columns = (duties.agent, duties.team, duties.duty, duties.begins, duties.ends)
        rows = np.column_stack(columns)[duties.duty != Duty.ON]
        if len(rows):
            self._planned.append(rows)

    def head_counts(self, steps: HeadCountSteps, until: int) -> None:
        """The head counts of a day have changed at all ticks before ``until``."""
        for tick, team, _, absent, shrunk in zip(*(column.tolist() for column in steps), strict=True):
            if tick < until:
                self._set(tick, team, [Duty.ABSENT] * absent + [Duty.SHRINKAGE] * shrunk)

    def _set(self, tick: int, team: int, states: list[Duty]) -> None:
        places = self._vacancies[team]
        for place in range(max(len(places), len(states))):
            state = states[place] if place < len(states) else None
            if place < len(places) and places[place][0] != state:
                self._end(team, place, tick)
            if state is not None and (place >= len(places) or places[place][0] != state):
                places[place : place + 1] = [(state, tick)]
        del places[len(states) :]

    def _end(self, team: int, place: int, tick: int) -> None:
        state, since = self._vacancies[team][place]
        self._rows.append((self._first_vacancy[team] + place, team, state, since, tick))

    def close(self, stop: int) -> None:
        """The simulation stops: what is still to come is cut."""
        for team, places in enumerate(self._vacancies):
            for place in range(len(places)):
                self._end(team, place, stop)
        self._planned = [np.minimum(rows, [2**62, 2**62, 2**62, 2**62, stop]) for rows in self._planned]

    def take(self, now: int) -> Ints:
        """Rows (n, 5) that are final at a tick and were not handed out yet; none without length."""
        planned = np.concatenate([np.empty((0, len(DutyColumn)), np.int64), *self._planned])
        is_over = planned[:, DutyColumn.TO] <= now
        self._planned = [planned[~is_over]] if len(planned) else []
        rows = np.concatenate([planned[is_over], np.array(self._rows, np.int64).reshape(-1, len(DutyColumn))])
        self._rows = []
        return np.asarray(rows[rows[:, DutyColumn.FROM] < rows[:, DutyColumn.TO]])

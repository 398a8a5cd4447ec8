"""Rows of duty for people who are paid for but not there: absent, or planned away.

They follow from the plan and the draws alone, whatever happens to contacts. So engines only say which days
have begun, and take the rows that are final.
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
        self._known: list[Ints] = []  # rows; they become final at their ends
        self._ended: list[tuple[int, int, int, int, int]] = []  # more of them: vacancies, one by one

    def shifts(self, duties: ShiftDuties) -> None:
        """The shifts that begin on a day."""
        columns = (duties.agent, duties.team, duties.duty, duties.begins, duties.ends)
        rows = np.column_stack(columns)[duties.duty != Duty.ON]
        if len(rows):
            self._known.append(rows)

    def head_counts(self, steps: HeadCountSteps) -> None:
        """The changes of head counts on a day; days come in order."""
        for tick, team, _, absent, shrunk in zip(*(column.tolist() for column in steps), strict=True):
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
        self._ended.append((self._first_vacancy[team] + place, team, state, since, tick))

    def close(self, stop: int) -> None:
        """The simulation stops: what is still to come is cut."""
        for team, places in enumerate(self._vacancies):
            for place in range(len(places)):
                self._end(team, place, stop)
        rows = self._rows()
        rows[:, DutyColumn.TO] = np.minimum(rows[:, DutyColumn.TO], stop)
        self._known, self._ended = [rows], []

    def take(self, now: int) -> Ints:
        """Rows (n, 5) that are final at a tick and were not handed out yet; none without length."""
        rows = self._rows()
        is_over = rows[:, DutyColumn.TO] <= now
        self._known, self._ended = [rows[~is_over]], []
        return np.asarray(rows[is_over & (rows[:, DutyColumn.FROM] < rows[:, DutyColumn.TO])])

    def _rows(self) -> Ints:
        """All that was not handed out yet."""
        ended = np.array(self._ended, np.int64).reshape(-1, len(DutyColumn))
        return np.concatenate([*self._known, ended])

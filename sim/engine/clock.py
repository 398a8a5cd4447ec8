"""SimPy's clock in the model's order, and the ledger of rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator
from itertools import pairwise
from struct import Struct
from typing import Any

import numpy as np
import simpy

from sim.engine.away import Away
from sim.model.records import NONE, Chunk, DutyColumn, IssueColumn, VisitColumn
from sim.model.tables import DAY, Calendar, Model

__all__ = ["Ledger", "Periods", "Story", "at", "happens", "pack_issue", "pack_visit"]

Story = Generator[simpy.Event, Any, None]
"""A SimPy process."""


def happens(event: simpy.Event, tick: int, kind: int, entity: int) -> None:
    """Let an event happen at a tick, in the model's order among those of that tick. Its value is the tick.

    SimPy's own events (a process begins, somebody is called) have priorities 0 and 1, so they belong to
    the event that made them, before any other of the tick.
    """
    env = event.env
    event._ok, event._value = True, tick
    env.schedule(event, kind << 63 | entity, tick - env.now)  # type: ignore[arg-type]


def at(env: simpy.Environment, tick: int, kind: int, entity: int, whom: object = None) -> simpy.Event:
    """An event of a kind at a tick. Its value is whom it is about, if that is said, else the tick."""
    event = simpy.Event(env)
    happens(event, tick, kind, entity)
    if whom is not None:
        event._value = whom
    return event


pack_visit = Struct(f"{len(VisitColumn)}q").pack
"""A row of visits as bytes: smaller than a tuple, and Python's search for garbage passes them over."""

pack_issue = Struct(f"{len(IssueColumn)}q").pack
"""A row of issues as bytes."""

_pack_duty = Struct(f"{len(DutyColumn)}q").pack


class Periods:
    """The calendar as lists, which are faster than arrays one tick at a time.

    Most ticks lie in the period of the tick before, so that one is kept.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.first: list[int] = calendar.first.tolist()
        self.kind: list[int] = calendar.kind.tolist()
        self.begins: list[list[int]] = [calendar.begins[a:b].tolist() for a, b in pairwise(self.first)]
        self.period, self.since, self.until = NONE, 0, 0  # the one found last, and its ticks

    def at(self, tick: int) -> int:
        """The period of its kind of day in which a tick lies."""
        if not self.since <= tick < self.until:
            day, since_midnight = divmod(tick, DAY)
            kind = self.kind[day + 1]
            begins = [*self.begins[kind], DAY]
            nth = bisect_right(begins, since_midnight) - 1
            self.period = self.first[kind] + nth
            self.since, self.until = day * DAY + begins[nth], day * DAY + begins[nth + 1]
        return self.period


class Ledger:
    """Rows that have become final and were not handed out yet."""

    def __init__(self, model: Model) -> None:
        self.away = Away(model)
        self.visits: list[bytes] = []
        self.issues: list[bytes] = []
        self._duty: list[bytes] = []

    def duty(self, agent: int, team: int, state: int, begins: int, ends: int) -> None:
        """A duty row, unless it has no length."""
        if begins < ends:
            self._duty.append(_pack_duty(agent, team, state, begins, ends))

    def take(self, now: int) -> Chunk:
        """The rows collected since the last call, as tables."""
        chunk = Chunk(
            _table(self.visits, len(VisitColumn)),
            _table(self.issues, len(IssueColumn)),
            np.concatenate([_table(self._duty, len(DutyColumn)), self.away.take(now)]),
        )
        self.visits, self.issues, self._duty = [], [], []
        return chunk


def _table(rows: list[bytes], n_columns: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.frombuffer(bytearray().join(rows), np.int64).reshape(-1, n_columns)

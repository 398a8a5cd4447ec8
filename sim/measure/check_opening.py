"""Axioms about opening hours: who comes to a closed bot or desk, and who is answered while it is closed.

Closed is read from the periods of the calendar, tick by tick: `shut_spans` does not know of any event.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.measure.check_tables import Bools, Ints, Spans, Violation, World, broken
from sim.model.records import NONE, End
from sim.model.tables import DAY, StageKind, period_at

__all__ = ["AXIOMS", "check_opening", "is_opening", "is_shut", "shut_spans", "turns_away"]

AXIOMS = {
    "closed": "Who comes to a closed bot, or to a closed desk where nobody waits for its opening, "
    "is turned away at once.",
    "shut": "Where contacts wait for a desk to open, nobody is answered while it is closed.",
}


def check_opening(w: World) -> Iterator[Violation]:
    """All axioms about opening hours."""
    away = w.v.how == End.TURNED_AWAY
    yield from broken(w, "closed", "visit", turns_away(w) & ~away, "stays at a place that is closed")
    answered = np.flatnonzero((w.line != NONE) & (w.v.start != NONE))
    wrong = np.zeros(len(away), bool)
    wrong[answered] = is_shut(w, w.v.stage[answered], w.v.start[answered])
    yield from broken(w, "shut", "visit", wrong, "is answered while the desk is closed")


def turns_away(w: World) -> Bools:
    """(visits,) who came to a bot or desk that was closed and lets nobody wait."""
    stages = w.model.stages
    has_hours = w.kind != StageKind.DELAY
    return np.asarray(
        has_hours & ~stages.is_open[w.v.stage, w.period] & ~stages.waits_when_closed[w.v.stage], np.bool_
    )


def is_shut(w: World, desk: Ints, tick: Ints) -> Bools:
    """Whether nobody who waits at each desk may be answered at the tick (n,)."""
    stages = w.model.stages
    return np.asarray(
        stages.waits_when_closed[desk] & ~stages.is_open[desk, period_at(w.model.calendar, tick)], np.bool_
    )


def is_opening(w: World, desk: Ints, tick: Ints) -> Bools:
    """Whether each desk opens at the tick (n,): it was closed one tick before."""
    return is_shut(w, desk, np.maximum(tick - 1, 0)) & ~is_shut(w, desk, tick)


def shut_spans(w: World) -> Spans:
    """Time in which nobody in a line is answered because its desk is closed, by line, up to the last tick."""
    calendar, stages = w.model.calendar, w.model.stages
    edges = [
        day * DAY + calendar.begins[calendar.first[kind] : calendar.first[kind + 1]]
        for day, kind in enumerate(calendar.kind[1 : w.last // DAY + 2])
    ]
    begins = np.concatenate(edges)
    ends = np.append(begins[1:], max(w.last + 1, int(begins[-1])))
    desk = w.model.lines.desk
    closed = stages.waits_when_closed[desk, None] & ~stages.is_open[desk][:, period_at(calendar, begins)]
    line, part = np.nonzero(closed)
    return Spans(line, begins[part], ends[part])

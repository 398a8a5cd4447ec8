"""Opening hours made concrete: which desks shut while contacts wait there, and when they open on a day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.tables import DAY, Model, StageKind, kind_of_day

__all__ = ["openings", "shuts"]


def shuts(model: Model) -> NDArray[np.bool_]:
    """(S,) desks where contacts wait when closed and which are closed in some period."""
    stages = model.stages
    is_desk = stages.kind == StageKind.DESK
    return np.asarray(is_desk & stages.waits_when_closed & ~stages.is_open.all(axis=1), np.bool_)


def openings(model: Model, day: int) -> list[tuple[int, int]]:
    """Tick and stage of every opening of a desk that `shuts` on a day (from 0), in this order.

    A desk opens at the first tick of a period in which it is open after one in which it is closed; the
    period before midnight is the last of the day before.
    """
    calendar = model.calendar
    kind, eve = kind_of_day(calendar, day), kind_of_day(calendar, day - 1)
    mine = slice(int(calendar.first[kind]), int(calendar.first[kind + 1]))
    is_open = model.stages.is_open[:, mine]
    before = np.hstack([model.stages.is_open[:, calendar.first[eve + 1] - 1][:, None], is_open[:, :-1]])
    stage, period = np.nonzero(is_open & ~before & shuts(model)[:, None])
    return sorted(zip((day * DAY + calendar.begins[mine][period]).tolist(), stage.tolist(), strict=True))

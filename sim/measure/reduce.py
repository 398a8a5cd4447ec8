"""The whole-number sums into which the rows of one replication are folded: all that measures need.

Everything added is an int64, so neither the order of rows nor how they are cut into chunks can
change a bit. Memory depends on stages, classes, teams and days, not on the number of contacts
(the sketches keep their filled buckets only, so they are smaller still for few contacts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.measure.catalogue import VISIT_SUMS
from sim.measure.sketch import N_BUCKETS, Sparse
from sim.model.labels import Labels
from sim.model.records import Chunk
from sim.model.tables import DAY, Horizon, Model, StageKind
from sim.units import SECOND

__all__ = [
    "ANSWERED",
    "GAVE_UP",
    "OPEN",
    "Frame",
    "Reducer",
    "Room",
    "Sums",
    "thresholds",
    "values_of_classes",
]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ANSWERED, GAVE_UP, OPEN = 0, 1, 2
"""How a wait ended: the parts of a sketch of waits. OPEN: still waiting when the simulation stopped."""

_CELLS = 1 << 21  # most cells of a table by groups of days


class Frame(NamedTuple):
    """How measured time is cut: intervals counted from number ``first``, days of ``per_day`` intervals."""

    warm_up: int  # ticks
    end: int
    interval: int  # ticks
    first: int  # number of the interval in which the measured time begins
    n_intervals: int  # intervals that the measured time touches
    per_day: int
    n_days: int  # days touched; the last may be cut short
    n_whole_days: int

    @classmethod
    def of(cls, horizon: Horizon) -> Frame:
        """The frame of a horizon."""
        first = horizon.warm_up // horizon.interval
        n = -(-horizon.end // horizon.interval) - first
        per_day = DAY // horizon.interval
        return cls(
            horizon.warm_up,
            horizon.end,
            horizon.interval,
            first,
            n,
            per_day,
            -(-n // per_day),
            (horizon.end - horizon.warm_up) // DAY,
        )

    def ticks(self) -> Ints:
        """Measured ticks in each interval, (n_intervals,)."""
        begins = (self.first + np.arange(self.n_intervals, dtype=np.int64)) * self.interval
        return np.minimum(begins + self.interval, self.end) - np.maximum(begins, self.warm_up)

    def days_per_group(self, cells: int) -> int:
        """Days to put together so that a table of ``cells`` per group stays small; 1 if possible."""
        groups = max(_CELLS // max(cells, 1), 1)
        return -(-self.n_days // groups)


@dataclass(frozen=True)
class Sums:
    """All sums of one replication, or of several (see `folded`).

    K intervals, S stages, D desks, T teams, C classes, V attribute values, G groups of days; ``1 + h``
    service-level thresholds per stage.
    """

    frame: Frame
    days_per_group: int
    visits: Ints  # (VISIT_SUMS, K, S)
    within: Ints  # (1 + h, WITHIN_SUMS, K, S)
    waiting: Ints  # (K, S) ticks of waiting at desks
    present: Ints  # (K, S) ticks of being there, from entering to the end
    class_visits: Ints  # (VISIT_SUMS, G, C, S)
    class_within: Ints  # (1 + h, WITHIN_SUMS, G, C, S)
    class_waiting: Ints  # (G, C, S) ticks of waiting at desks; 0 where there are no attributes
    team: Ints  # (TEAM_SUMS, K, T)
    issues: Ints  # (ISSUE_SUMS, days)
    class_issues: Ints  # (ISSUE_SUMS, G, C)
    backlog_waiting: Ints  # (S,) contacts
    backlog_issues: int
    waits: Sparse  # (G, D, 3) by how the wait ended
    clock_waits: Sparse  # (intervals of a day, D, 3)
    value_waits: Sparse  # (V, D, 3)
    resolution: Sparse  # (G, 1, 1)
    value_resolution: Sparse  # (V, 1, 1)
    replications: int = 1  # that are in it


def thresholds(labels: Labels, kinds: Ints) -> Ints:
    """Service-level thresholds [ticks], (1 + h, S): the stages' own, then others that targets name."""
    own = np.array([round(s * SECOND) for s in labels.answer_within_s], np.int64)
    wished = sorted({round(t.within_s * SECOND) for t in labels.targets if t.within_s is not None})
    others = [ticks for ticks in wished if (own[kinds == StageKind.DESK] != ticks).any()]
    return np.stack([own, *(np.full_like(own, ticks) for ticks in others)])


def values_of_classes(model: Model) -> Ints:
    """Number of each class's value in the list of all attributes' values, (A, C)."""
    attributes = model.attributes
    classes = np.arange(model.n_classes, dtype=np.int64)
    first = np.concatenate(([0], np.cumsum(attributes.n_values)))[:-1].astype(np.int64)
    number = classes // attributes.stride[:, None] % attributes.n_values[:, None]
    return np.asarray(number + first[:, None], np.int64)


class Room(NamedTuple):
    """What the sums of a scenario need to know of it, the same for all replications."""

    frame: Frame
    days_per_group: int
    n_groups: int
    n_stages: int
    n_classes: int
    n_teams: int
    n_desks: int  # at least 1, as is the number of values: a sketch is never of nothing
    n_values: int
    is_desk: Bools  # (S,)
    desk_of: Ints  # (S,) number among desks; without meaning elsewhere
    thresholds: Ints  # (1 + h, S) ticks
    values: Ints  # (A, C) `values_of_classes`

    @classmethod
    def of(cls, model: Model, labels: Labels) -> Room:
        """The room for the sums of a scenario."""
        frame = Frame.of(model.horizon)
        kinds = model.stages.kind
        is_desk = kinds == StageKind.DESK
        n_desks = max(int(is_desk.sum()), 1)
        cells = max(model.n_classes * len(kinds) * len(VISIT_SUMS), n_desks * 3 * N_BUCKETS)
        days_per_group = frame.days_per_group(cells)
        return cls(
            frame=frame,
            days_per_group=days_per_group,
            n_groups=-(-frame.n_days // days_per_group),
            n_stages=len(kinds),
            n_classes=model.n_classes,
            n_teams=len(model.teams.chats),
            n_desks=n_desks,
            n_values=max(int(model.attributes.n_values.sum()), 1),
            is_desk=is_desk,
            desk_of=np.maximum(np.cumsum(is_desk) - 1, 0),
            thresholds=thresholds(labels, kinds),
            values=values_of_classes(model),
        )


class Reducer(Protocol):
    """Folds chunks of one replication's rows into sums."""

    def add(self, chunk: Chunk) -> None:
        """Fold the rows of a chunk in."""

    def sums(self) -> Sums:
        """What has been folded so far."""

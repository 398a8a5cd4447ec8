"""Names and times for the numbers in records, as people read them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.labels import Labels
from sim.model.records import Duty, End, State
from sim.model.tables import Model, demand_end
from sim.scenario.days import date_words
from sim.units import DAY, SECOND

__all__ = ["DUTIES", "ENDS", "LEAVES_WORD", "STATES", "Names"]

Ints = NDArray[np.int64]

ENDS = tuple({End.NONE: "open", End.TURNED_AWAY: "turned away"}.get(end, end.name.lower()) for end in End)
"""How a visit ended, by `End`."""

STATES = tuple("turned away" if state == State.TURNED_AWAY else state.name.lower() for state in State)
"""How an issue stands, by `State`."""

DUTIES = ("", *("on duty" if duty == Duty.ON else duty.name.lower().replace("_", " ") for duty in Duty))
"""What an agent is paid for, by `Duty`, which begins at 1."""

LEAVES_WORD = "leaves"
_NUMBER = (1 << 32) - 1  # the part of a uid that numbers the issues of a stream
_DAY_S = DAY // SECOND


class Names:
    """What the numbers of one model are called.

    Parameters
    ----------
    model, labels
        What is simulated.
    """

    def __init__(self, model: Model, labels: Labels) -> None:
        self.labels = labels
        self.horizon = model.horizon
        self.stage_kind = model.stages.kind
        self.is_dated = model.calendar.is_dated
        self.first_date = int(model.calendar.first_date)  # days since 2024-01-01
        self.agents = _agents(model, labels)
        self.agent_team = np.repeat(np.arange(len(labels.teams)), model.teams.n_agents)
        self._strides = model.attributes.stride
        self._n_values = model.attributes.n_values
        by_hash = np.argsort(model.streams.name_hash)
        self._stream_of, self._hashes = by_hash, model.streams.name_hash[by_hash]

    def stream(self, uids: Ints) -> Ints:
        """The stream of each issue."""
        return self._stream_of[np.searchsorted(self._hashes, uids >> 32)].astype(np.int64)

    @staticmethod
    def number(uids: Ints) -> Ints:
        """The number of each issue in its stream, from 1 on."""
        return (uids & _NUMBER) + 1

    def issues(self, uids: Ints) -> list[str]:
        """What each issue is called: ``demand-17``, stream and number."""
        heads = [f"{name}-" for name in self.labels.streams]
        streams, numbers = self.stream(uids).tolist(), self.number(uids).tolist()
        return [heads[s] + str(n) for s, n in zip(streams, numbers, strict=True)]

    def value(self, attribute: int, classes: Ints) -> Ints:
        """The number of an attribute's value of each class."""
        return np.asarray(classes // self._strides[attribute] % self._n_values[attribute])

    def days(self) -> int:
        """Days on which issues are born, warm-up included; the last may be a part of one."""
        return -(-demand_end(self.horizon) // DAY)

    def moments(self, ticks: Ints) -> NDArray[np.datetime64]:
        """Time of each tick, to the microsecond; without a date in the scenario, from some Monday on."""
        return np.datetime64(date_words(self.first_date), "us") + ticks.astype("timedelta64[us]")

    def clocks(self, ticks: Ints) -> list[str]:
        """Each tick in whole seconds: ``2024-07-01 08:15:30``, or ``day 1 08:15:30`` without a date."""
        day, second = np.divmod(ticks // SECOND, _DAY_S)
        heads = {number: self.day(number + 1) for number in np.unique(day).tolist()}
        return [
            f"{heads[d]} {s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}"
            for d, s in zip(day.tolist(), second.tolist(), strict=True)
        ]

    def day(self, number: int) -> str:
        """A day, counted from 1 on: ``2024-07-01``, or ``day 1`` without a date."""
        return date_words(self.first_date + number - 1) if self.is_dated else f"day {number}"


def _agents(model: Model, labels: Labels) -> tuple[str, ...]:
    """The name of each agent: team and number; of head counts, the upper half are places nobody fills."""
    names: list[str] = []
    columns = (model.teams.n_agents.tolist(), model.teams.is_head_count.tolist())
    for team, n, is_head_count in zip(labels.teams, *columns, strict=True):
        people = n // 2 if is_head_count else n
        names += [f"{team} {k + 1}" for k in range(people)]
        names += [f"{team} vacancy {k + 1}" for k in range(n - people)]
    return tuple(names)

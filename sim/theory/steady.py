"""What a desk in its steady state shows: the same figures for every kind of queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sim.errors import UnstableQueue
from sim.theory.checks import at_least

__all__ = ["Steady", "refuse_overload"]


@dataclass(frozen=True)
class Steady:
    """A desk with agents alike, first come, first served, in its steady state.

    Shares are of all arrivals, also of those turned away. Times are in the unit of ``mean_handling``.
    """

    arrival_rate: float
    mean_handling: float
    agents: int
    p_block: float  # turned away because the queue is full
    p_wait: float  # let in, but not answered at once
    p_abandon: float  # gave up waiting
    mean_wait: float  # of all let in, also of those who give up
    asa: float  # average speed of answer: mean wait of the answered
    answered_by: Callable[[float], float] = field(repr=False)  # time -> share answered within it
    waiting_after: Callable[[float], float] = field(repr=False)  # time -> share that waits longer

    @property
    def load(self) -> float:
        """Offered load in erlangs."""
        return self.arrival_rate * self.mean_handling

    @property
    def mean_queue(self) -> float:
        """Mean number waiting, by Little (1961): rate let in times mean wait."""
        return self.arrival_rate * (1 - self.p_block) * self.mean_wait

    @property
    def mean_busy(self) -> float:
        """Mean number of busy agents."""
        return self.load * (1 - self.p_block - self.p_abandon)

    @property
    def mean_in_system(self) -> float:
        """Mean number waiting or with an agent."""
        return self.mean_queue + self.mean_busy

    @property
    def occupancy(self) -> float:
        """Share of the agents' time spent with contacts."""
        return self.mean_busy / self.agents

    def service_level(self, within: float) -> float:
        """Share of all arrivals that is answered within a time."""
        at_least(0, within=within)
        return self.answered_by(within)

    def p_wait_longer(self, than: float) -> float:
        """Share of all arrivals that waits longer than a time, however the wait ends."""
        at_least(0, than=than)
        return self.waiting_after(than)

    def p_abandon_within(self, within: float) -> float:
        """Share of all arrivals that gives up within a time."""
        return 1 - self.p_block - self.service_level(within) - self.p_wait_longer(within)

    def wait_quantile(self, share: float) -> float:
        """The time within which the wait of a share 0 <= share < 1 of those let in ends, by bisection.

        Raises
        ------
        ValueError
            If the share is not in [0, 1).
        """
        if not 0 <= share < 1:
            raise ValueError(f"share must be at least 0 and below 1, not {share}")
        beyond = (1 - share) * (1 - self.p_block)
        if self.waiting_after(0.0) <= beyond:
            return 0.0
        low, high = 0.0, self.mean_handling
        while self.waiting_after(high) > beyond:
            low, high = high, 2 * high
        while low < (middle := (low + high) / 2) < high:
            low, high = (middle, high) if self.waiting_after(middle) > beyond else (low, middle)
        return high


def refuse_overload(load: float, agents: int) -> None:
    """Raise UnstableQueue where the load is not below the number of agents."""
    if load >= agents:
        raise UnstableQueue(
            f"{agents} {'agent' if agents == 1 else 'agents'} cannot carry a load of {load:g} when nobody "
            "gives up: the queue grows without end"
        )

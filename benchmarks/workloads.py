"""The two workloads that programs other than ours simulate. Times are minutes; README.md tells them whole."""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

__all__ = ["W1", "W2", "agents_at", "rates_at"]


class _OneDesk(NamedTuple):
    """W1: one queue with agents alike and impatient customers (Erlang A); its size: contacts."""

    rate: float = 100.0  # contacts a minute
    agents: int = 575
    handling: float = 5.8  # mean, exponential
    patience: float = 10.0  # mean, exponential
    warm_up: float = 60.0


class _TwoTiers(NamedTuple):
    """W2: a day of a bot and a desk of which customers come back; its size is a scale."""

    day: float = 1440.0
    first_contacts: float = 2_000_000.0
    percent_by_hour: tuple[float, ...] = (
        2.2, 1.4, 0.9, 0.6, 0.5, 0.6, 1.0, 1.8, 3.0, 4.2, 5.0, 5.2, 4.9, 4.8, 5.0, 5.2,
        5.3, 5.5, 6.0, 7.3, 8.8, 9.0, 7.0, 4.8,
    )  # fmt: skip
    agents: tuple[int, ...] = (1600, 6200, 9200)  # in each third of the day; the last until all have left
    shift: float = 480.0
    p_bot: float = 0.60
    bot: float = 0.25  # exactly
    p_contained: float = 0.65  # of those at the bot
    handling: float = 5.8  # mean, lognormal
    handling_cv: float = 0.8
    patience: float = 20.0  # mean, exponential
    p_back: float = 0.32 * 0.30  # unsolved, and comes back
    p_back_abandoned: float = 0.30
    back_after: float = 240.0  # mean, exponential

    @property
    def sigma(self) -> float:
        """Of the normal variable whose exponential the handling time is."""
        return sqrt(log(1 + self.handling_cv**2))

    @property
    def mu(self) -> float:
        """Of the same variable."""
        return log(self.handling) - self.sigma**2 / 2


W1 = _OneDesk()
W2 = _TwoTiers()


def agents_at(scale: float) -> list[int]:
    """Head counts of the three shifts of W2."""
    return [int(agents * scale + 0.5) for agents in W2.agents]


def rates_at(scale: float) -> list[float]:
    """First contacts of W2 a minute, by hour."""
    return [W2.first_contacts * scale * percent / 100 / 60 for percent in W2.percent_by_hour]

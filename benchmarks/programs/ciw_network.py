"""W1 and W2 in Ciw, which keeps a record of every visit. What it takes to make figures of them is not timed.

In W2 those who give up pass a node at which no time is spent; it sends some of them back later.
"""

from __future__ import annotations

from itertools import accumulate
from math import inf
from typing import Any

import ciw
from ciw.dists import Deterministic, Exponential, Lognormal, PoissonIntervals
from ciw.routing import NetworkRouting, Probabilistic

from benchmarks.counts import Counts, Prepared
from benchmarks.workloads import W1, W2, agents_at, rates_at

__all__ = ["NAME", "prepare"]

NAME = f"Ciw {ciw.__version__}"

_BOT, _DESK, _GAVE_UP, _AWAY, _LEAVES = (
    1,
    2,
    3,
    4,
    -1,
)  # nodes of W2; at `_AWAY` are those who come back later
_PLAYED_OUT = 1.5 * W2.day  # Ciw stops by the clock; by then nobody is at the desk


class _Desk(Probabilistic):
    """Who gives up goes on as well."""

    def next_node_for_jockeying(self, ind: Any) -> Any:  # noqa: ARG002
        return self.simulation.nodes[_GAVE_UP]


class _Back(Probabilistic):
    """Nobody comes back after the day."""

    def next_node(self, ind: Any) -> Any:
        over = self.simulation.current_time >= W2.day
        return self.simulation.nodes[_LEAVES] if over else super().next_node(ind)


def prepare(workload: str, size: float, seed: int) -> Prepared:
    """See `benchmarks.one`."""
    ciw.seed(seed)
    if workload == "w1":
        simulation, until, desk, warm_up = ciw.Simulation(_one_desk()), size / W1.rate, 1, W1.warm_up
    else:
        simulation, until, desk, warm_up = ciw.Simulation(_two_tiers(size)), _PLAYED_OUT, _DESK, 0.0

    def work() -> Any:
        simulation.simulate_until_max_time(until)
        return simulation

    return Prepared(work, lambda done: _counts(done, desk, warm_up))


def _one_desk() -> Any:
    return ciw.create_network(
        arrival_distributions=[Exponential(W1.rate)],
        service_distributions=[Exponential(1 / W1.handling)],
        reneging_time_distributions=[Exponential(1 / W1.patience)],
        number_of_servers=[W1.agents],
    )


def _two_tiers(scale: float) -> Any:
    ends = [60.0 * (hour + 1) for hour in range(24)]

    def arrivals(share: float) -> Any:
        return PoissonIntervals([rate * share for rate in rates_at(scale)], ends, W2.day)

    shifts = list(accumulate([W2.shift] * (len(W2.agents) - 1) + [_PLAYED_OUT]))
    agents = ciw.Schedule(numbers_of_servers=agents_at(scale), shift_end_dates=shifts)
    return ciw.create_network(
        arrival_distributions=[arrivals(W2.p_bot), arrivals(1 - W2.p_bot), None, None],
        service_distributions=[
            Deterministic(W2.bot),
            Lognormal(W2.mu, W2.sigma),
            Deterministic(0.0),
            Exponential(1 / W2.back_after),
        ],
        reneging_time_distributions=[None, Exponential(1 / W2.patience), None, None],
        number_of_servers=[inf, agents, inf, inf],
        routing=NetworkRouting(
            [
                Probabilistic([_DESK, _AWAY], [1 - W2.p_contained, W2.p_contained * W2.p_back]),
                _Desk([_AWAY], [W2.p_back]),
                Probabilistic([_AWAY], [W2.p_back_abandoned]),
                _Back([_BOT, _DESK], [W2.p_bot, 1 - W2.p_bot]),
            ]
        ),
    )


def _counts(done: Any, desk: int, warm_up: float) -> Counts:
    counts = Counts(warm_up, contacts=done.nodes[0].number_of_individuals)
    for record in done.get_all_records():
        if record.node == desk:
            counts.count(record.arrival_date, record.waiting_time, record.record_type == "service")
        elif record.node == _AWAY and record.destination != _LEAVES:
            counts.contacts += 1
    return counts

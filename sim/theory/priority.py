"""Classes with priority: an agent who becomes free takes the highest class waiting, interrupting nobody."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import exp

from sim.theory.checks import at_least, positive
from sim.theory.erlang import erlang_c
from sim.theory.steady import refuse_overload

__all__ = ["priority_waits", "priority_waits_mg1", "top_class_service_level"]


def _cobham(residual: float, loads: Sequence[float]) -> list[float]:
    """Mean waits from the mean time until an agent is free and each class's load per agent."""
    up_to = [0.0, *accumulate(loads)]
    return [residual / ((1 - above) * (1 - own)) for above, own in pairwise(up_to)]


def priority_waits(arrival_rates: Sequence[float], mean_handling: float, agents: int) -> list[float]:
    """Mean wait of each class in M/M/n, highest class first; all classes are handled alike.

    Parameters
    ----------
    arrival_rates : sequence of float
        Of each class, per unit of time, highest class first.
    mean_handling : float
        A time.
    agents : int
        At least 1.

    Raises
    ------
    UnstableQueue
        If the load of all classes is not below the number of agents.
    ValueError
        A negative or fractional number.

    References
    ----------
    Cobham (1954); Kella, Yechiali, Waiting times in the non-preemptive priority M/M/c queue (1985).

    Examples
    --------
    10 agents, 0.6 and 1.2 contacts/min of 5 min:

    >>> [round(w, 5) for w in priority_waits([0.6, 1.2], 5, 10)]
    [0.47767, 4.77665]
    """
    for rate in arrival_rates:
        at_least(0, arrival_rate=rate)
    positive(mean_handling=mean_handling)
    until_free = erlang_c(sum(arrival_rates) * mean_handling, agents) * mean_handling / agents
    return _cobham(until_free, [rate * mean_handling / agents for rate in arrival_rates])


def priority_waits_mg1(
    arrival_rates: Sequence[float], mean_handlings: Sequence[float], cvs_handling: Sequence[float]
) -> list[float]:
    """Mean wait of each class in M/G/1, highest class first; each class has its own handling time.

    Parameters
    ----------
    arrival_rates, mean_handlings, cvs_handling : sequences of the same length
        Per unit of time; times; standard deviation / mean.

    Raises
    ------
    UnstableQueue
        If the load of all classes is not below 1.
    ValueError
        A negative number, or sequences of different length.

    References
    ----------
    Cobham (1954): residual / ((1 - load above)(1 - load up to the class)), residual = sum rate E[S^2] / 2.

    Examples
    --------
    0.1/min with 2 min exactly, before 0.15/min with 4 min exponential:

    >>> [round(w, 9) for w in priority_waits_mg1([0.1, 0.15], [2, 4], [0, 1])]
    [3.25, 16.25]
    """
    loads, residual = [], 0.0
    for rate, mean, cv in zip(arrival_rates, mean_handlings, cvs_handling, strict=True):
        at_least(0, arrival_rate=rate, cv_handling=cv)
        positive(mean_handling=mean)
        loads.append(rate * mean)
        residual += rate * mean * mean * (1 + cv * cv) / 2
    refuse_overload(sum(loads), 1)
    return _cobham(residual, loads)


def top_class_service_level(
    arrival_rates: Sequence[float], mean_handling: float, agents: int, within: float
) -> float:
    """Share of the highest class that is answered within a time in M/M/n.

    Parameters
    ----------
    arrival_rates : sequence of float
        Of each class, per unit of time, highest class first.
    mean_handling, within : float
        Times.
    agents : int
        At least 1.

    Raises
    ------
    UnstableQueue
        If the load of all classes is not below the number of agents.
    ValueError
        A negative or fractional number, or no class.

    References
    ----------
    Kella, Yechiali (1985): those of the highest class who wait, wait exponentially with the rate at which
    agents become free less the class's own arrival rate.

    Examples
    --------
    6 agents, twice 0.5 contacts/min of 5 min, within 20 s (family of non-preemptive priorities):

    >>> round(top_class_service_level([0.5, 0.5], 5, 6, 1 / 3), 10)
    0.5347518528
    """
    if not arrival_rates:
        raise ValueError("there must be at least one class")
    for rate in arrival_rates:
        at_least(0, arrival_rate=rate)
    positive(mean_handling=mean_handling)
    at_least(0, within=within)
    p_wait = erlang_c(sum(arrival_rates) * mean_handling, agents)
    return 1 - p_wait * exp(-(agents / mean_handling - arrival_rates[0]) * within)

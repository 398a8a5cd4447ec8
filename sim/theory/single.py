"""Handling times that are not exponential: one agent (M/G/1), equal handling times (M/D/n)."""

from __future__ import annotations

from math import ceil, exp, expm1, log, pi
from typing import NamedTuple

import numpy as np
from scipy.special import gammainc, lambertw

from sim.theory.checks import at_least, positive, whole
from sim.theory.steady import refuse_overload

__all__ = ["Waits", "mdn", "mg1", "mg1_busy_period"]

_MOST_TERMS = 300


class Waits(NamedTuple):
    """Who waits, and how long."""

    p_wait: float  # share that is not answered at once
    mean_wait: float  # of all


def mg1(arrival_rate: float, mean_handling: float, cv_handling: float) -> Waits:
    """The waits at one agent, handling times of any law.

    Parameters
    ----------
    arrival_rate, mean_handling
        Per unit of time, and a time.
    cv_handling : float
        Standard deviation of the handling time / its mean.

    Raises
    ------
    UnstableQueue
        If the load is not below 1.
    ValueError
        A negative number.

    References
    ----------
    Pollaczek (1930), Khinchine (1932): wait = rate E[S^2] / (2 (1 - load)), see Gross et al., Fundamentals
    of Queueing Theory (2008), section 5.1.

    Examples
    --------
    Load 0.8; handling times equal, exponential, and with cv^2 4 wait 2, 4 and 10 handling times:

    >>> [round(mg1(0.8, 1, cv).mean_wait, 9) for cv in (0, 1, 2)]
    [2.0, 4.0, 10.0]
    """
    at_least(0, arrival_rate=arrival_rate, cv_handling=cv_handling)
    positive(mean_handling=mean_handling)
    load = arrival_rate * mean_handling
    refuse_overload(load, 1)
    return Waits(load, load * mean_handling * (1 + cv_handling**2) / (2 * (1 - load)))


def mg1_busy_period(arrival_rate: float, mean_handling: float) -> float:
    """Mean time for which the one agent of M/G/1 is busy without a pause.

    Raises
    ------
    UnstableQueue
        If the load is not below 1.
    ValueError
        A negative number.

    References
    ----------
    Takacs (1962): h / (1 - load).

    Examples
    --------
    >>> mg1_busy_period(0.15, 5)
    20.0
    """
    at_least(0, arrival_rate=arrival_rate)
    positive(mean_handling=mean_handling)
    refuse_overload(arrival_rate * mean_handling, 1)
    return mean_handling / (1 - arrival_rate * mean_handling)


def mdn(arrival_rate: float, handling: float, agents: int) -> Waits:
    """The waits in M/D/n: every handling time the same.

    Parameters
    ----------
    arrival_rate, handling
        Per unit of time, and a time.
    agents : int
        At least 1.

    Raises
    ------
    UnstableQueue
        If the load is not below the number of agents.
    ValueError
        A negative or fractional number.

    References
    ----------
    Crommelin (1932), Delay probability formulae when the holding times are constant. Every n-th contact
    meets the same agent, so waits are those of one agent with Erlang-n gaps, and Spitzer (1956) gives
    P(no wait) = exp(-sum P(N_k >= kn) / k), N_k Poisson with mean k load, and the mean wait. Near full
    load: P(no wait) = (n - load) / prod (1 - z_k), z_k the roots of z^n = exp(load (z - 1)) inside the
    unit circle (Crommelin 1932), and the mean queue load / (2 (n - load)) - (n - 1 + load) / 2 +
    sum 1 / (1 - z_k) (Janssen, van Leeuwaarden, Queueing Systems 50, 2005).

    Examples
    --------
    Waits in handling times; 2 agents at 80 %, 10 at 90 %, 50 at 95 %:

    >>> [round(mdn(n * rho, 1, n).mean_wait, 6) for n, rho in ((2, 0.8), (10, 0.9), (50, 0.95))]
    [0.903284, 0.344582, 0.13041]
    """
    at_least(0, arrival_rate=arrival_rate)
    positive(handling=handling)
    whole(1, agents=agents)
    load = arrival_rate * handling
    refuse_overload(load, agents)
    if load == 0:
        return Waits(0.0, 0.0)
    rho = load / agents
    last = 45 / (agents * (rho - 1 - log(rho)))  # P(N_k >= kn) <= exp(-45) from here on (Chernoff)
    if last < _MOST_TERMS:
        k = np.arange(1, ceil(last) + 1)
        reached, exceeded = gammainc(k * agents, k * load), gammainc(k * agents + 1, k * load)
        p_wait = -expm1(-float((reached / k).sum()))
        return Waits(p_wait, handling * float((reached - exceeded / rho).sum()))
    root = -lambertw(-rho * np.exp(2j * pi * np.arange(1, agents) / agents - rho)) / rho
    p_wait = 1 - (agents - load) * exp(-float(np.log(1 - root).sum().real))
    mean_queue = load / (2 * (agents - load)) - (agents - 1 + load) / 2 + float((1 / (1 - root)).sum().real)
    return Waits(p_wait, mean_queue / arrival_rate)

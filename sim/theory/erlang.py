"""Erlang's formulas: lost contacts (B), patient contacts (C), impatient contacts (A), full queues.

References
----------
Erlang (1917). Palm (1957). Garnett, Mandelbaum, Reiman, Designing a call center with impatient
customers, M&SOM 4 (2002). Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th ed.
(2008), sections 2.3 to 2.5.
"""

from __future__ import annotations

from dataclasses import replace
from math import exp, expm1, inf

import numpy as np

from sim import late_scipy as scipy
from sim.theory.checks import at_least, positive, whole
from sim.theory.laws import exponential
from sim.theory.panels import Curve, Floats
from sim.theory.patience import mmn_g
from sim.theory.steady import Steady, refuse_overload

__all__ = ["desk", "erlang_a", "erlang_b", "erlang_c", "mmn", "mmn_k"]


def erlang_b(load: float, agents: int) -> float:
    """Share of contacts lost in M/G/n/n, whatever the law of the handling time.

    Parameters
    ----------
    load : float
        Offered load, erlangs.
    agents : int
        At least 0.

    Raises
    ------
    ValueError
        A negative or fractional number.

    References
    ----------
    Erlang (1917); recursion 1/B(n) = 1 + n/load 1/B(n-1): Gross et al. (2008), section 2.4.

    Examples
    --------
    >>> round(erlang_b(84, 90), 7)
    0.0446199
    """
    at_least(0, load=load)
    whole(0, agents=agents)
    if load == 0:
        return 0.0 if agents else 1.0
    inverse = 1.0
    for n in range(1, agents + 1):
        inverse = 1 + n / load * inverse
    return 1 / inverse


def erlang_c(load: float, agents: int) -> float:
    """Share of contacts that waits in M/M/n.

    Parameters
    ----------
    load : float
        Offered load, erlangs; below ``agents``.
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
    Erlang (1917); C = B / (1 - (load / n)(1 - B)): Gross et al. (2008), section 2.4.

    Examples
    --------
    14 agents, 100 calls per half hour of 3 minutes, as in pyworkforce:

    >>> round(erlang_c(10, 14), 6)
    0.174132
    """
    whole(1, agents=agents)
    lost = erlang_b(load, agents)
    refuse_overload(load, agents)
    return lost / (1 - load / agents * (1 - lost))


def mmn(arrival_rate: float, mean_handling: float, agents: int) -> Steady:
    """The steady state of M/M/n, Erlang C: everybody waits until answered.

    Raises
    ------
    UnstableQueue
        If the load is not below the number of agents.
    ValueError
        A negative or fractional number.

    References
    ----------
    Erlang (1917); P(wait > t) = C exp(-(n/h - rate) t): Gross et al. (2008), section 2.3.

    Examples
    --------
    50 agents, 48 calls/min of 1 min, as compared by Garnett et al. (2002): 20.8 s, 90 % below 58.1 s.

    >>> q = mmn(48, 1, 50)
    >>> round(60 * q.asa, 1), round(60 * q.wait_quantile(0.9), 1)
    (20.8, 58.1)
    """
    at_least(0, arrival_rate=arrival_rate)
    positive(mean_handling=mean_handling)
    p_wait = erlang_c(arrival_rate * mean_handling, agents)
    pace = (agents - arrival_rate * mean_handling) / mean_handling
    wait = p_wait / pace
    return Steady(
        arrival_rate, mean_handling, agents, 0.0, p_wait, 0.0, wait, wait,
        answered_by=lambda t: 1 - p_wait * exp(-pace * t),
        waiting_after=lambda t: p_wait * exp(-pace * t),
    )  # fmt: skip


def erlang_a(arrival_rate: float, mean_handling: float, agents: int, mean_patience: float) -> Steady:
    """The steady state of M/M/n+M: exponential patience.

    Parameters
    ----------
    arrival_rate, mean_handling
        Per unit of time, and a time.
    agents : int
        At least 1.
    mean_patience : float
        A time; inf gives `mmn`, 0 a desk without a queue.

    Raises
    ------
    UnstableQueue
        If nobody gives up and the load is not below the number of agents.
    ValueError
        A negative or fractional number.

    References
    ----------
    Palm (1957); Garnett, Mandelbaum, Reiman (2002), section 3. Integrals as in `mmn_g`.

    Examples
    --------
    50 agents, 48 calls/min of 1 min, patience 2 min, as compared by Garnett et al. (2002): 3.1 % give
    up, 3.6 s, occupancy 93 %.

    >>> q = erlang_a(48, 1, 50, 2)
    >>> round(q.p_abandon, 3), round(60 * q.asa, 1), round(q.occupancy, 2)
    (0.031, 3.6, 0.93)
    """
    if mean_patience == inf:
        return mmn(arrival_rate, mean_handling, agents)
    at_least(0, mean_patience=mean_patience)
    steady = mmn_g(arrival_rate, mean_handling, agents, exponential(mean_patience))
    if mean_patience == 0:
        return steady
    return replace(steady, p_abandon=steady.mean_wait / mean_patience)  # no digits lost when tiny


def desk(arrival_rate: float, mean_handling: float, agents: int, patience: float | Curve = inf) -> Steady:
    """`mmn`, `erlang_a` or `mmn_g`, as patience is inf, a mean or a survival function.

    Raises
    ------
    UnstableQueue
        If those who never give up are more than the agents can carry.
    ValueError
        A negative or fractional number.

    Examples
    --------
    >>> desk(48, 1, 50, 2.0).p_wait == erlang_a(48, 1, 50, 2.0).p_wait
    True
    """
    if callable(patience):
        return mmn_g(arrival_rate, mean_handling, agents, patience)
    return erlang_a(arrival_rate, mean_handling, agents, patience)


def _state_shares(ratios: Floats) -> Floats:
    """Shares of the states of a birth-death chain (n + 1,) from rate up / rate down (n,), falling."""
    mode = int((ratios >= 1).sum())
    above = np.cumprod(ratios[mode:])
    below = np.cumprod(1 / ratios[:mode][::-1])[::-1]
    weights = np.concatenate([below, [1.0], above])
    return np.asarray(weights / weights.sum(), np.float64)


def mmn_k(
    arrival_rate: float, mean_handling: float, agents: int, capacity: int, mean_patience: float = inf
) -> Steady:
    """The steady state of M/M/n/k+M: who finds ``capacity`` contacts is turned away.

    Parameters
    ----------
    arrival_rate, mean_handling
        Per unit of time, and a time.
    agents : int
        At least 1.
    capacity : int
        Places, with an agent or waiting; at least ``agents``.
    mean_patience : float
        A time above 0; patience is exponential; inf for none who gives up.

    Raises
    ------
    ValueError
        A negative or fractional number, or fewer places than agents.

    References
    ----------
    Gross et al. (2008), section 2.5. The wait behind i others is a sum of independent exponential times
    of rates n/h + j/patience, j = 0..i; exp(-wait/patience) is then beta(n patience/h, i + 1)
    distributed (Renyi's representation of order statistics, 1953).

    Examples
    --------
    >>> round(mmn_k(2, 4, 10, 10).p_block, 9) == round(erlang_b(8, 10), 9)
    True
    """
    at_least(0, arrival_rate=arrival_rate)
    positive(mean_handling=mean_handling)
    whole(1, agents=agents)
    whole(agents, capacity=capacity)
    if mean_patience != inf:
        positive(mean_patience=mean_patience)
    number = np.arange(1, capacity + 1)
    down = np.minimum(number, agents) / mean_handling + np.maximum(number - agents, 0) / mean_patience
    state = _state_shares(np.asarray(arrival_rate / down, np.float64))
    delayed, p_block = state[agents:capacity], float(state[capacity])
    ahead = np.arange(len(delayed))
    pace = agents / mean_handling
    r = pace * mean_patience
    answered = 1 / (1 + (ahead + 1) / r)
    wait_answered = np.cumsum(1 / (pace + (ahead + 1) / mean_patience))

    def answered_by(t: float) -> float:
        if mean_patience == inf:
            return float(state[:agents].sum() + delayed @ scipy.special.gammainc(ahead + 1, pace * t))
        within = scipy.special.betainc(ahead + 1, r + 1, -expm1(-t / mean_patience))
        return float(state[:agents].sum() + (delayed * answered) @ within)

    def waiting_after(t: float) -> float:
        if mean_patience == inf:
            return float(delayed @ scipy.special.gammaincc(ahead + 1, pace * t))
        beyond = scipy.special.betaincc(ahead + 1, r, -expm1(-t / mean_patience))
        return float(delayed @ beyond) * exp(-t / mean_patience)

    mean_queue = float(np.arange(capacity - agents + 1) @ state[agents:])
    p_answered = float(state[:agents].sum() + delayed @ answered)
    return Steady(
        arrival_rate, mean_handling, agents, p_block, float(delayed.sum()),
        p_abandon=mean_queue / (mean_patience * arrival_rate) if arrival_rate else 0.0,
        mean_wait=mean_queue / (arrival_rate * (1 - p_block)) if arrival_rate else 0.0,
        asa=float((delayed * answered) @ wait_answered) / p_answered,
        answered_by=answered_by,
        waiting_after=waiting_after,
    )  # fmt: skip

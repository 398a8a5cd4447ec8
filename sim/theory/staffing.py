"""How many agents a target needs, how much load agents can take, and the square-root rule.

In M/M/n+G the offered wait falls in the likelihood-ratio order with the number of agents and grows with
the arrival rate (see its density in `patience`); so every target is met from some number of agents on,
and up to some load.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp, inf, isfinite, log, pi, sqrt

from sim import late_scipy as scipy
from sim.errors import UnstableQueue
from sim.theory.checks import at_least, positive, share, whole
from sim.theory.erlang import desk
from sim.theory.panels import Curve
from sim.theory.steady import Steady

__all__ = [
    "Target",
    "agents_for",
    "beta_for",
    "garnett",
    "garnett_abandonment",
    "halfin_whitt",
    "largest_arrival_rate",
    "square_root_agents",
]


@dataclass(frozen=True)
class Target:
    """What a desk shall keep; all that is given must hold.

    Raises
    ------
    ValueError
        A share not between 0 and 1, a negative time, or no target at all.
    """

    service_level: float | None = None  # least share of all arrivals answered ...
    within: float = 0.0  # ... within this time
    p_abandon: float | None = None  # largest share of all arrivals that gives up
    p_wait: float | None = None  # largest share of all arrivals not answered at once
    mean_wait: float | None = None  # largest mean wait, a time above 0
    occupancy: float | None = None  # largest share of the agents' time spent with contacts

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        shares = {name: getattr(self, name) for name in ("service_level", "p_abandon", "p_wait", "occupancy")}
        given = {name: value for name, value in shares.items() if value is not None}
        share(**given)
        at_least(0, within=self.within)
        if self.mean_wait is not None:
            positive(mean_wait=self.mean_wait)
        elif not given:
            raise ValueError("a target needs a figure")

    def is_met(self, steady: Steady) -> bool:
        """Whether a desk keeps all that is asked."""
        upper = (
            (self.p_abandon, steady.p_abandon),
            (self.p_wait, steady.p_wait),
            (self.mean_wait, steady.mean_wait),
            (self.occupancy, steady.occupancy),
        )
        return all(limit is None or value <= limit for limit, value in upper) and (
            self.service_level is None or steady.service_level(self.within) >= self.service_level
        )


def _is_met(
    target: Target, arrival_rate: float, mean_handling: float, agents: int, patience: float | Curve
) -> bool:
    try:
        return target.is_met(desk(arrival_rate, mean_handling, agents, patience))
    except UnstableQueue:
        return False


def agents_for(
    target: Target, arrival_rate: float, mean_handling: float, patience: float | Curve = inf
) -> int:
    """The smallest number of agents that meets a target, at least 1.

    Parameters
    ----------
    target : Target
        What shall hold.
    arrival_rate, mean_handling : float
        Per unit of time, and a time.
    patience : float or function
        Mean of exponential patience (inf: nobody gives up), or a survival function.

    Raises
    ------
    ValueError
        A negative number.

    References
    ----------
    By bisection over `desk`; see the head of this module.

    Examples
    --------
    60 calls/min of 5.5 min, 80 % within 20 s, everybody waits:

    >>> agents_for(Target(service_level=0.8, within=1 / 3), 60, 5.5)
    342
    """
    at_least(0, arrival_rate=arrival_rate)
    positive(mean_handling=mean_handling)

    def is_met(agents: int) -> bool:
        return _is_met(target, arrival_rate, mean_handling, agents, patience)

    too_few, enough = 0, max(1, ceil(arrival_rate * mean_handling))
    while not is_met(enough):
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if is_met(middle) else (middle, enough)
    return enough


def largest_arrival_rate(
    target: Target, mean_handling: float, agents: int, patience: float | Curve = inf
) -> float:
    """The largest arrival rate at which agents meet a target, to 12 digits and never above it.

    Parameters
    ----------
    target : Target
        What shall hold.
    mean_handling : float
        A time.
    agents : int
        At least 1.
    patience : float or function
        Mean of exponential patience (inf: nobody gives up), or a survival function.

    Raises
    ------
    ValueError
        A negative or fractional number, or a target met at any load (a mean wait above the mean patience).

    References
    ----------
    By bisection over `desk`; see the head of this module.

    Examples
    --------
    342 agents answer 80 % of 60 calls/min of 5.5 min within 20 s, but not of 61:

    >>> 60 < largest_arrival_rate(Target(service_level=0.8, within=1 / 3), 5.5, 342) < 61
    True
    """
    positive(mean_handling=mean_handling)
    whole(1, agents=agents)

    def is_met(rate: float) -> bool:
        return _is_met(target, rate, mean_handling, agents, patience)

    good, bad = 0.0, agents / mean_handling
    while is_met(bad):
        good, bad = bad, 2 * bad
        if bad > 1e9 * agents / mean_handling:
            raise ValueError("the target is met at any load")
    while bad - good > 1e-12 * bad:
        middle = (good + bad) / 2
        good, bad = (middle, bad) if is_met(middle) else (good, middle)
    return good


def _log_density(x: float) -> float:
    return -x * x / 2 - log(2 * pi) / 2


def _log_share(x: float) -> float:
    """Log of the share below x."""
    return float(scipy.special.log_ndtr(x))


def _hazard(x: float) -> float:
    """Of the standard normal law."""
    return exp(_log_density(x) - _log_share(-x))


def halfin_whitt(beta: float) -> float:
    """Limit of P(wait) in M/M/n with ``load + beta sqrt(load)`` agents as the load grows.

    Raises
    ------
    ValueError
        If beta is not above 0.

    References
    ----------
    Halfin, Whitt, Heavy-traffic limits for queues with many exponential servers (1981), equation 2.3.

    Examples
    --------
    >>> round(halfin_whitt(0.5061), 3), round(halfin_whitt(1.4202), 3)
    (0.5, 0.1)
    """
    positive(beta=beta)
    return 1 / (1 + beta * exp(_log_share(beta) - _log_density(beta)))


def garnett(beta: float, patience_ratio: float) -> float:
    """Limit of P(wait) in M/M/n+M with ``load + beta sqrt(load)`` agents as the load grows.

    Parameters
    ----------
    beta : float
        Any number.
    patience_ratio : float
        Mean patience / mean handling time.

    Raises
    ------
    ValueError
        If the ratio is not above 0.

    References
    ----------
    Garnett, Mandelbaum, Reiman (2002), theorem 4.

    Examples
    --------
    >>> round(garnett(0, 1), 9), round(garnett(1.2816, 1), 4)
    (0.5, 0.1)
    """
    if not isfinite(beta):
        raise ValueError(f"beta must be finite, not {beta}")
    positive(patience_ratio=patience_ratio)
    scale = sqrt(patience_ratio)
    x = beta * scale
    # log of h(x) / (scale h(-beta)), h the normal hazard
    odds = _log_density(x) - _log_share(-x) - _log_density(beta) + _log_share(beta) - log(scale)
    return 1 / (1 + exp(odds)) if odds < 700 else 0.0


def garnett_abandonment(beta: float, patience_ratio: float) -> float:
    """Limit of sqrt(n) P(abandon) in M/M/n+M with ``load + beta sqrt(load)`` agents.

    Parameters
    ----------
    beta : float
        Any number.
    patience_ratio : float
        Mean patience / mean handling time.

    Raises
    ------
    ValueError
        If the ratio is not above 0.

    References
    ----------
    Garnett, Mandelbaum, Reiman (2002), theorem 4.

    Examples
    --------
    >>> round(garnett_abandonment(0, 1), 9)
    0.39894228
    """
    p_wait = garnett(beta, patience_ratio)
    x = beta * sqrt(patience_ratio)
    return p_wait * (_hazard(x) - x) / sqrt(patience_ratio)


def beta_for(p_wait: float, patience_ratio: float = inf) -> float:
    """The beta of the square-root rule at which a share waits.

    Parameters
    ----------
    p_wait : float
        Between 0 and 1.
    patience_ratio : float
        Mean patience / mean handling time; inf if nobody gives up.

    Raises
    ------
    ValueError
        A share not between 0 and 1, or a ratio not above 0.

    References
    ----------
    Inverse of `halfin_whitt` and `garnett`.

    Examples
    --------
    >>> [round(beta_for(p), 4) for p in (0.1, 0.5, 0.9)]
    [1.4202, 0.5061, 0.0829]
    >>> [round(beta_for(p, 1) + 0.0, 4) for p in (0.1, 0.9)]
    [1.2816, -1.2816]
    """
    share(p_wait=p_wait)
    if patience_ratio == inf:
        return _root(lambda beta: halfin_whitt(beta) - p_wait, 1e-300, 1.0)
    positive(patience_ratio=patience_ratio)
    return _root(lambda beta: garnett(beta, patience_ratio) - p_wait, -1.0, 1.0)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    while falling(high) > 0:
        high *= 2
    while low < 0 < -falling(low):
        low *= 2
    return float(scipy.optimize.brentq(falling, low, high, xtol=1e-15, rtol=1e-14))


def square_root_agents(load: float, p_wait: float, patience_ratio: float = inf) -> int:
    """Agents by the square-root rule, ``load + beta sqrt(load)`` rounded up, at least 1: a first guess.

    Parameters
    ----------
    load : float
        Offered load, erlangs; for a load that changes, `sim.theory.infinite` at that time.
    p_wait : float
        Share that may wait, between 0 and 1.
    patience_ratio : float
        Mean patience / mean handling time; inf if nobody gives up.

    Raises
    ------
    ValueError
        A negative load, a share not between 0 and 1, or a ratio not above 0.

    References
    ----------
    Halfin, Whitt (1981); Garnett, Mandelbaum, Reiman (2002); Jennings, Mandelbaum, Massey, Whitt (1996)
    for loads that change.

    Examples
    --------
    >>> square_root_agents(100, 0.5), square_root_agents(100, 0.5, 1.0)
    (106, 100)
    """
    at_least(0, load=load)
    return max(1, ceil(load + beta_for(p_wait, patience_ratio) * sqrt(load)))

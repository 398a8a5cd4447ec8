"""Whether one long run whose demand and staff never change was measured too early.

The number of contacts in the system is looked at, by interval of the measured time. MSER-5 says what to leave
out at its start; it is only told where that part is clearly off the rest, for MSER-5 often cuts a little.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.measure.doubts import Doubt
from sim.measure.reduce import Sums
from sim.measure.stationary import batch_means, mser5
from sim.model.lookup import EXACTLY
from sim.model.tables import Model, StageKind
from sim.units import DAY, HOUR, MINUTE, duration_words

__all__ = ["is_constant", "start_is_off", "warm_up_doubt"]

_FEWEST_INTERVALS = 200  # 40 means of five
_GROUP = 5  # observations
_CLEARLY = 2.0  # standard errors
_INDEPENDENT = 0.2  # least probability of batches taken as independent: stricter than for half-widths


def is_constant(model: Model) -> bool:
    """Whether demand, laws and staff are the same at every moment of every day."""
    streams, counts = model.streams, model.plan.head_counts
    is_one_period = len(model.calendar.begins) == 1
    is_even = bool((streams.rate == streams.rate[:, :1, :1]).all()) and not len(model.replay.tick)
    has_no_luck = bool((streams.busy_shape == EXACTLY).all() and (streams.error_shape == EXACTLY).all())
    is_same_staff = all(
        np.ptp(counts.n_present[counts.team == team]) == 0 for team in np.unique(counts.team).tolist()
    )
    is_never_absent = not (model.teams.p_absent > 0).any()
    has_no_shifts = not len(model.plan.shifts.team)
    return is_one_period and is_even and has_no_luck and is_same_staff and is_never_absent and has_no_shifts


def start_is_off(series: NDArray[np.float64]) -> int:
    """Observations at the start of a series (n,) that are clearly off the rest; 0 where there are none.

    MSER-5 alone often cuts where a long queue happened to be, long after the start. So three things must come
    together: the cut is at most half of the series, what it begins with never comes again, and what is cut
    differs from the rest by more than chance allows for observations that hang together.
    """
    cut = mser5(series)
    if not cut.n or not cut.is_sure:
        return 0
    rest = series[cut.n :]
    batches = batch_means(rest, _INDEPENDENT)
    if batches is None:
        return 0
    size = len(rest) // _GROUP
    usual = rest[: size * _GROUP].reshape(size, _GROUP).mean(1)
    if usual.min() <= series[:_GROUP].mean() <= usual.max():
        return 0
    # batches of m observations have the variance of a mean of m: so much for each observation
    variance = float(batches.means.var(ddof=1)) * batches.size
    apart = abs(float(series[: cut.n].mean() - rest.mean()))
    return cut.n if apart > _CLEARLY * sqrt(variance * (1 / cut.n + 1 / len(rest))) else 0


def warm_up_doubt(sums: Sums, model: Model) -> Doubt | None:
    """The warning that the warm-up of one long run is too short; None where there is no reason for it."""
    frame = sums.frame
    if not is_constant(model) or frame.n_intervals < _FEWEST_INTERVALS:
        return None
    stages = np.flatnonzero(model.stages.kind != StageKind.DELAY)
    present = sums.present[:, stages].sum(1) / frame.ticks()
    whole = frame.ticks() == frame.interval
    n = start_is_off(present[whole])
    if not n:
        return None
    needed = frame.warm_up + n * frame.interval
    step = DAY if needed > 3 * DAY else HOUR if needed > 2 * HOUR else MINUTE
    needed = -(-needed // step) * step
    has = duration_words(frame.warm_up) if frame.warm_up else "none"
    message = (
        f"the run had not settled when measuring began (warm-up: {has}); MSER-5 suggests a warm-up of "
        f"{duration_words(needed)}"
    )
    return Doubt("warm_up", message, ())

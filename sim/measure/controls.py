"""Control variates: what is known of how busy days are makes intervals narrower.

The arrivals of a replication, and the factor by which its days were busier than others, have means that are
known exactly. A figure's deviations are regressed on how far these were from their means; what they explain
is no longer left to chance. With q controls the interval has q degrees of freedom less.

The coefficients of the regression are one set for all days. Where days differ much, what one more customer
does depends on how busy the day is, so there is no such set: the interval would say less than it
should, or cover less often. Then controls are refused.

References
----------
Lavenberg, Welch: A perspective on the use of control variables to increase the efficiency of Monte Carlo
simulations, Management Science 27 (1981). L'Ecuyer, Buist: Variance reduction in the simulation of call
centers, WSC 2006: best coefficients depend on the busyness.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import late_scipy as scipy
from sim.measure.catalogue import ISSUE_SUMS
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.reduce import Sums
from sim.model.draws import BUSYNESS, philox_block
from sim.model.lookup import CELLS, EXACTLY, EXPONENTIAL, OCTAVES, sample_shapes
from sim.model.tables import DAY, Model, Shapes, kind_of_day

__all__ = ["STRONG", "Controlled", "Controls", "controlled", "controls", "expected_issues", "moment_2"]

Floats = NDArray[np.float64]

STRONG = 0.1
"""Standard deviation of a replication's busyness (mean 1) from which on it is strong."""

_FEWEST = 20  # replications: with 3 controls an interval is then wider by a tenth at worst
_ROUNDING = 0.01  # a table of the law has its variance not to the last digit
_NOTHING = 1e-12
_NOISE = 1e-9  # of a figure: rounding of the computer


class Controls(NamedTuple):
    """How far what is known of each replication was from its mean."""

    names: tuple[str, ...]
    off: Floats  # (R, names) as shares of the mean
    refused: str  # why there are none; empty if there are


class Controlled(NamedTuple):
    """A figure by control variates."""

    value: float
    half_width: float
    narrower: float  # the plain half-width as a multiple of this one


def controls(sums: Sequence[Sums], model: Model, seed: int) -> Controls:
    """The controls of replications 0 ... n - 1: arrivals, busyness, its square.

    Parameters
    ----------
    sums
        One for each replication, or each group of them.
    model
        What was simulated.
    seed
        Key of the draws, from which the busyness of each day is drawn again.
    """
    n = sum(s.replications for s in sums)
    if n < _FEWEST:
        return _refused(n, f"it takes {_FEWEST} replications, there are {n}")
    busy, variance = _busyness(model, seed, n)
    if variance > STRONG**2 * (1 + _ROUNDING):
        why = (
            f"days differ by {100 * variance**0.5:.0f} % (more than {100 * STRONG:.0f} %): what one more "
            "customer does depends on how busy the day is, so no one correction is right for all days"
        )
        return _refused(n, why)
    found = {}
    sizes = np.array([s.replications for s in sums])
    usual = n / len(sums)

    def by_unit(off: Floats) -> Floats:
        """What replications are off, by unit; the last group may be small, and weighs less."""
        return np.asarray(np.add.reduceat(off, np.cumsum(sizes) - sizes) / usual)

    random = _random_streams(model)
    expected = expected_issues(model).sum()
    if (model.streams.gap_shape[random] == EXPONENTIAL).all() and random.any():
        came = np.array([s.issues[ISSUE_SUMS.index("issues")].sum() for s in sums], np.float64)
        found["arrivals"] = (came - sizes * (_given(model) + expected)) / (usual * expected)
    if variance > 0:
        found["busyness"] = by_unit(busy - 1)
        found["busyness^2"] = by_unit(busy**2 - 1 - variance)
    found = {name: off for name, off in found.items() if np.ptp(off) > _NOTHING}
    if not found:
        return _refused(n, "nothing is known of the days beforehand but what is the same for all")
    return Controls(tuple(found), np.stack(list(found.values()), axis=1), "")


def _refused(n: int, why: str) -> Controls:
    return Controls((), np.empty((n, 0)), why)


def controlled(found: Estimate, by: Controls, confidence: float = 0.95) -> Controlled | None:
    """A figure with its interval by control variates; None where some replication has no figure.

    The half-width is that of the intercept of a regression, so it also counts that the coefficients are
    estimated (Lavenberg and Welch 1981).

    Parameters
    ----------
    found
        Value and deviations (R,) of the plain figure.
    by
        From `controls`; not refused.
    confidence
        Of the interval, 0..1.
    """
    deviations = found.deviations
    n, q = by.off.shape
    if (
        found.rests_on is not None
        or deviations.shape != (n,)
        or not np.isfinite(deviations).all()
        or not np.isfinite(found.value)
    ):
        return None
    design = np.column_stack([np.ones(n), by.off])
    coefficients, _, rank, _ = np.linalg.lstsq(design, deviations, rcond=None)
    degrees = n - int(rank)
    if degrees < 1 or rank < q + 1:
        return None
    left = deviations - design @ coefficients
    variance = float(left @ left) / degrees * float(np.linalg.inv(design.T @ design)[0, 0])
    width = float(scipy.special.stdtrit(degrees, 0.5 + confidence / 2)) * variance**0.5
    plain = float(half_width(deviations, confidence))
    if min(width, plain) <= _NOISE * abs(float(found.value)):  # nothing is left to chance
        return None
    return Controlled(float(found.value) + float(coefficients[0]), width, plain / width)


# --- what is known beforehand ---------------------------------------------------------------------


def _random_streams(model: Model) -> NDArray[np.bool_]:
    """Streams whose arrivals are drawn, not given."""
    is_drawn = np.diff(model.replay.first) == 0
    return np.asarray(is_drawn & (model.streams.rate.max(axis=(1, 2), initial=0) > 0), np.bool_)


def _given(model: Model) -> int:
    """Arrivals in the measured time that are the same in all replications."""
    ticks, horizon = model.replay.tick, model.horizon
    return int(np.count_nonzero((ticks >= horizon.warm_up) & (ticks < horizon.end)))


def expected_issues(model: Model) -> Floats:
    """Issues expected in the measured time, by stream and day: (streams, days); 0 where they are given."""
    horizon, streams = model.horizon, model.streams
    begins = np.arange(DAY // streams.slot) * streams.slot
    first, last = horizon.warm_up // DAY, -(-horizon.end // DAY)
    expected = np.zeros((len(streams.rate), last - first))
    for day in range(first, last):
        begin = np.maximum(begins + day * DAY, horizon.warm_up)
        end = np.minimum(begins + streams.slot + day * DAY, horizon.end)
        rate = streams.rate[:, kind_of_day(model.calendar, day)]
        expected[:, day - first] = rate @ np.maximum(end - begin, 0)
    return expected * _random_streams(model)[:, None]


def _busyness(model: Model, seed: int, n: int) -> tuple[Floats, float]:
    """How busy each replication was (n,), 1 on average, and the variance of that.

    It is the mean of the day factors, each stream and day weighted by the issues that are expected of it.
    """
    streams = model.streams
    expected = expected_issues(model)
    total = expected.sum()
    if total == 0:
        return np.ones(n), 0.0
    share = expected / total
    date = model.calendar.first_date + model.horizon.warm_up // DAY
    dates = np.array([(date + day) % 2**64 for day in range(share.shape[1])], np.uint64)
    busy, variance = np.zeros(n), 0.0
    for owner, shape in sorted(
        set(zip(streams.busy_hash.tolist(), streams.busy_shape.tolist(), strict=True))
    ):
        weight = share[(streams.busy_hash == owner) & (streams.busy_shape == shape)].sum(0)  # (days,)
        if shape == EXACTLY:
            busy += weight.sum()
            continue
        replications = np.repeat(np.arange(n), len(dates))
        lanes = philox_block(seed, replications, owner, BUSYNESS, np.tile(dates, n))[:, 0]
        factors = sample_shapes(model.shapes, shape, lanes >> np.uint64(11)).reshape(n, len(dates))
        busy += factors @ weight
        variance += float(weight @ weight) * (moment_2(model.shapes, shape) - 1)
    return busy, max(variance, 0.0)


def moment_2(shapes: Shapes, shape_id: int) -> float:
    """Mean square of a shape, whose mean is 1; exact, for its table is linear in each cell."""
    if shape_id == EXACTLY:
        return 1.0
    octaves = np.append(2.0 ** -(np.arange(OCTAVES - 1) + 2), 2.0**-OCTAVES)
    weights = np.tile(np.repeat(octaves / CELLS, CELLS), 2)
    value, slope = shapes.value[shape_id], shapes.slope[shape_id]
    squares = value * value + value * slope + slope * slope / 3
    atoms = slice(0, shapes.n_atoms.item(shape_id))
    mass = shapes.atom_to[shape_id, atoms] - shapes.atom_from[shape_id, atoms]
    of_atoms = float(mass @ shapes.atom_value[shape_id, atoms] ** 2) if len(mass) else 0.0
    return float(weights @ squares) * (1 - float(mass.sum())) + of_atoms

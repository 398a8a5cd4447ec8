"""Warm-up and batch means: the start of M/M/1 queues with known relaxation, series that hang together."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from running import resolved
from scipy.special import stdtrit

from sim.measure.stationary import FEWEST_BATCHES, batch_means, mser5, von_neumann
from sim.measure.warm_up import is_constant, start_is_off
from sim.model.tables import Model
from sim.study.replications import run_replications

Floats = NDArray[np.float64]


def mm1(rng: np.random.Generator, rho: float, n: int, length: float, start: int) -> Floats:
    """Mean number in an M/M/1 queue (mean service 1) in each of n intervals of a length."""
    areas = np.zeros(n)
    t, x, end = 0.0, start, n * length
    while t < end:
        rate = rho + (x > 0)
        until = min(t + rng.exponential(1 / rate), end)
        first, last = int(t // length), min(int(until // length), n - 1)
        for k in range(first, last + 1):
            areas[k] += x * max(min(until, (k + 1) * length) - max(t, k * length), 0.0)
        t = until
        x += 1 if rng.random() < rho / rate else -1
    return areas / length


def test_mser5_cuts_what_a_long_queue_takes_to_drain() -> None:
    """200 in an M/M/1 queue of load 0.5 are gone after 200 / (1 - 0.5) = 400 services, 27 intervals of 15."""
    rng = np.random.default_rng(1)
    cuts = [mser5(mm1(rng, 0.5, 400, 15.0, 200)) for _ in range(9)]
    assert 20 <= np.median([cut.n for cut in cuts]) <= 40
    assert sum(cut.is_sure for cut in cuts) >= 8


def test_mser5_leaves_a_settled_series_alone_and_says_when_it_cannot_tell() -> None:
    rng = np.random.default_rng(2)
    assert np.median([mser5(rng.normal(size=500)).n for _ in range(50)]) <= 25
    assert mser5(rng.normal(size=20)) == (0, False)
    rising = mser5(np.linspace(0, 1, 400))
    assert not rising.is_sure


def test_mser5_does_not_depend_on_where_the_series_lies() -> None:
    series = np.concatenate([np.linspace(5, 0, 50), np.random.default_rng(3).normal(size=300)])
    assert mser5(series + 1e6).n == mser5(series).n == mser5(-series).n


@pytest.mark.parametrize(
    ("rho", "start", "least", "most"), [(0.5, 200, 15, 20), (0.8, 0, 0, 1), (0.5, 1, 0, 1)]
)
def test_a_start_is_only_off_where_it_matters(rho: float, start: int, least: int, most: int) -> None:
    """Empty queues are common at these loads, a queue of 200 has probability 0.5^200."""
    rng = np.random.default_rng(4)
    found = [start_is_off(mm1(rng, rho, 400, 15.0, start)) for _ in range(20)]
    assert least <= sum(n > 0 for n in found) <= most


def test_von_neumann_finds_what_hangs_together() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(2000, 40))
    assert np.mean([von_neumann(x) < 0.05 for x in noise]) == pytest.approx(0.05, abs=0.015)
    walks = np.cumsum(rng.normal(size=(50, 40)), axis=1)
    assert max(von_neumann(x) for x in walks) < 0.001
    assert np.isnan(von_neumann(np.ones(30)))
    assert np.isnan(von_neumann(np.array([1.0, 2.0])))


def test_batches_grow_until_they_are_independent_and_cover_the_exact_mean() -> None:
    """An autoregressive series with correlation 0.8: its mean 0 is covered as often as is said, or nearly."""
    rng = np.random.default_rng(6)
    noise = rng.normal(size=(300, 2000))
    series = np.zeros_like(noise)
    for k in range(1, 2000):
        series[:, k] = 0.8 * series[:, k - 1] + noise[:, k]
    covers, plain = [], []
    for x in series:
        found = batch_means(x)
        assert found is not None
        assert len(found.means) >= FEWEST_BATCHES
        assert found.size > 1
        n = len(found.means)
        width = stdtrit(n - 1, 0.975) * found.means.std(ddof=1) / n**0.5
        covers.append(abs(found.means.mean()) <= width)
        plain.append(abs(x.mean()) <= 1.96 * x.std(ddof=1) / 2000**0.5)
    assert np.mean(covers) > 0.88
    assert np.mean(plain) < 0.6  # what taking them as independent gives


def test_too_short_a_series_has_no_batches() -> None:
    assert batch_means(np.arange(19.0)) is None
    walk = batch_means(np.cumsum(np.random.default_rng(7).normal(size=45)))
    assert walk is not None
    assert (walk.size, len(walk.means), walk.are_independent) == (2, 22, False)


# --- in a run -------------------------------------------------------------------------------------

SLOW: dict[str, Any] = {
    "name": "Slow cases",
    "horizon": {"measure": "40 days"},
    "demand": {"volume": "60/day"},
    "desks": {"cases": {"handling": "exponential 20 h"}},
    "teams": {"own": {"serves": "cases", "agents": 75}},
}


def codes(scenario: dict[str, Any], n: int = 1) -> dict[str, str]:
    found = run_replications(resolved(scenario), 1, n, engine="reference", workers=1)
    return {warning["code"]: warning["message"] for warning in found["warnings"]}


def test_a_run_that_begins_empty_is_warned_of_with_a_warm_up() -> None:
    told = codes(SLOW)
    assert "warm-up: none" in told["warm_up"]
    found = re.search(r"suggests a warm-up of (\d+) h", told["warm_up"])
    assert found is not None
    assert 36 <= int(found.group(1)) <= 72  # after 36 h, e^-1.8 = 17 % are still missing; the noise is 14 %
    assert "warm_up" not in codes(SLOW | {"horizon": {"warm_up": "8 days", "measure": "40 days"}})
    assert "warm_up" not in codes(SLOW, 2)  # days from empty are what is asked about, perhaps


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"demand": {"volume": "60/day", "by_hour": "office"}}, False),
        ({"demand": {"volume": "60/day", "busyness": "10%"}}, False),
        ({"teams": {"own": {"serves": "cases", "agents": {"08:00-20:00": 90, "else": 60}}}}, False),
        ({"teams": {"own": {"serves": "cases", "agents": 75, "absence": "5%"}}}, False),
    ],
)
def test_only_what_never_changes_is_stationary(change: dict[str, Any], expected: bool) -> None:
    model: Model = resolved(SLOW | change).model
    assert is_constant(model) == expected

"""Demand as it is written: forecast errors, gaps, attributes that depend on others; down to the arrivals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from running import resolved
from scipy import stats

from sim.model.arrivals import Arrivals, arrivals, issues_per_day
from sim.model.draws import FORECAST, hash32, philox, shape_key, stream_hash
from sim.model.lookup import sample_shape
from sim.model.records import NONE
from sim.model.tables import DAY, Model
from sim.scenario.mixing import class_weights
from sim.scenario.streams import lognormal_spread
from sim.units import HOUR, MINUTE, SECOND

DESK: dict[str, Any] = {
    "desks": {"chat": {"handling": "1 min"}},
    "teams": {"own": {"serves": "chat", "agents": 5}},
}


def model_of(demand: dict[str, Any], **more: Any) -> Model:
    horizon = {"measure": "2000 days"}
    return resolved({"name": "Demand", "horizon": horizon, "demand": demand, **DESK, **more}).model


def all_of(model: Model, until: int = DAY, seed: int = 1, replication: int = 0) -> Arrivals:
    blocks = arrivals(model, seed, replication, until)
    return Arrivals._make(np.concatenate(c) for c in zip(*blocks, strict=True))


def of_stream(table: Arrivals, name: str) -> Arrivals:
    mine = table.uid >> 32 == stream_hash(name)
    return Arrivals._make(column[mine] for column in table)


def daily(table: Arrivals, n_days: int) -> NDArray[np.int64]:
    return np.bincount(table.tick // DAY, minlength=n_days)


# ------------------------------------------------------------------------------ forecast error
@pytest.mark.parametrize("error", [0.05, 0.25, 0.6, 1.0])
def test_spread_gives_the_mean_absolute_error(error: float) -> None:
    """E|X - 1| by quadrature of the lognormal law with that spread."""
    s = np.sqrt(np.log1p(lognormal_spread(error) ** 2))
    x = stats.lognorm(s, scale=np.exp(-s * s / 2))
    assert x.mean() == pytest.approx(1)
    u = (np.arange(200_000) + 0.5) / 200_000
    assert np.abs(x.ppf(u) - 1).mean() == pytest.approx(error, rel=2e-3)


def test_daily_volumes_are_off_by_the_error() -> None:
    """Of 2000 days the mean |factor - 1| is 25 %, and counts follow the factors: |z| < 4.

    |X - 1| has a standard deviation of 0.204 (from E X**2 = 1 + 0.3226**2), so 4 standard errors are
    0.018; the mean is 1 within 4 x 0.3226 / sqrt(2000). A false alarm in 16 000 seeds each.
    """
    model = model_of({"volume": "1_000/day", "forecast_error": "25%"})
    assert issues_per_day(model) == pytest.approx(1000), "the forecast stays"
    shape = int(model.streams.error_shape[0])
    counts = daily(all_of(model, 300 * DAY), 300)
    factors = [factor(model, shape, "demand", day) for day in range(2000)]
    assert np.abs(np.array(factors) - 1).mean() == pytest.approx(0.25, abs=0.018)
    assert np.mean(factors) == pytest.approx(1, abs=0.029)
    expected = 1000 * np.array(factors[:300])
    assert ((counts - expected) ** 2 / expected).mean() == pytest.approx(1, abs=4 * np.sqrt(2 / 300))


def factor(model: Model, shape: int, owner: str, day: int, span: int = 0) -> float:
    """The error of a span of a day, from the words that name it."""
    lane = philox(1, 0, hash32(f"forecast:{owner}"), FORECAST + span, day)[0]
    return sample_shape(model.shapes, shape, shape_key(lane))


def test_each_span_has_its_own_error() -> None:
    """Steps of 6 h: counts follow the factor of their span, and spans are unrelated."""
    model = model_of({"volume": "40_000/day", "forecast_error": "30% each 6 h", "by_hour": "flat"})
    shape = int(model.streams.error_shape[0])
    counts = np.bincount(all_of(model, 20 * DAY).tick // (6 * HOUR), minlength=80)
    expected = 10_000 * np.array([factor(model, shape, "demand", n // 4, n % 4) for n in range(80)])
    assert np.abs((counts - expected) / np.sqrt(expected)).max() < 5


def test_a_span_shorter_than_the_profile_cuts_its_slots() -> None:
    model = model_of({"volume": "2_400/day", "by_hour": "flat", "forecast_error": "10% each 20 min"})
    assert model.streams.slot == 20 * MINUTE
    assert model.streams.error_span.tolist() == [20 * MINUTE]
    assert model_of({"volume": "2_400/day", "forecast_error": "10% each 40 min"}).streams.slot == 20 * MINUTE
    assert model_of({"volume": "2_400/day", "forecast_error": "10%"}).streams.error_span.tolist() == [DAY]


def test_streams_share_an_error_that_stands_above_them() -> None:
    """4000 a day, so that the counts show the factors."""
    streams: dict[str, Any] = {"web": {"volume": "4_000/day"}, "app": {"volume": "4_000/day"}}
    own = {name: {**stream, "forecast_error": "30%"} for name, stream in streams.items()}
    for demand, low, high in (
        ({"forecast_error": "30%", "streams": streams}, 0.95, 1.0),
        ({"streams": own}, -0.4, 0.4),
    ):
        table = all_of(model_of(demand), 100 * DAY)
        counts = [daily(of_stream(table, name), 100) for name in streams]
        assert low < np.corrcoef(*counts)[0, 1] < high


def test_busyness_and_forecast_error_are_independent() -> None:
    """300 days: correlation of the two factors within 4 / sqrt(300); what comes is their product."""
    both = {"volume": "1_500/day", "busyness": "30%", "forecast_error": "30%"}
    busy, off, all_ = (
        daily(all_of(model_of({k: v for k, v in both.items() if k != gone}), 300 * DAY), 300) / 1500
        for gone in ("forecast_error", "busyness", "")
    )
    assert abs(np.corrcoef(busy, off)[0, 1]) < 4 / np.sqrt(300)
    assert np.abs(all_ / (busy * off) - 1).mean() < 0.06
    assert all_.var() > 1.3 * max(busy.var(), off.var())


def test_an_error_moves_no_other_stream() -> None:
    streams: dict[str, Any] = {"web": {"volume": "900/day"}, "app": {"volume": "900/day"}}
    before = of_stream(all_of(model_of({"streams": streams})), "app")
    streams = {**streams, "web": {"volume": "900/day", "forecast_error": "40% each 1 h"}}
    after = of_stream(all_of(model_of({"streams": streams})), "app")
    assert np.array_equal(before.uid, after.uid)
    assert np.abs(before.tick - after.tick).max() <= 1, "shorter slots round the rates elsewhere"


# ----------------------------------------------------------------------------------------- gaps
@pytest.mark.parametrize(
    ("words", "gap"), [("exactly 30 s", 30 * SECOND), ("7 min", 7 * MINUTE), ("1 h 1 s", HOUR + SECOND)]
)
def test_gaps_without_spread_are_kept_to_the_tick(words: str, gap: int) -> None:
    """Beside a stream whose profile cuts the day, and over 40 days."""
    for demand in ({"gaps": words}, {"streams": {"machine": {"gaps": words}, "web": {"volume": "90/day"}}}):
        table = of_stream(all_of(model_of(demand), 40 * DAY), "machine" if "streams" in demand else "demand")
        assert table.tick.tolist() == list(range(gap, 40 * DAY, gap))


def test_scale_divides_gaps() -> None:
    model = model_of({"gaps": "exactly 10 min"}, scale=4)
    assert all_of(model).tick.tolist() == list(range(150 * SECOND, DAY, 150 * SECOND))
    assert issues_per_day(model) == pytest.approx(576)


def test_a_busy_day_shortens_the_gaps_of_that_day() -> None:
    model = model_of({"gaps": "exactly 1 min", "busyness": "40%"})
    table = all_of(model, 30 * DAY)
    for day in range(30):
        gaps = np.diff(table.tick[table.tick // DAY == day])
        assert np.ptp(gaps) <= 1
        assert len(gaps) + 2 >= DAY / gaps.mean() >= len(gaps) - 1
    assert daily(table, 30).std() > 200


def test_gaps_have_their_law() -> None:
    """Two exponentials mixed; Kolmogorov-Smirnov below 2.2 / sqrt(n): a false alarm in 8000 seeds."""
    model = model_of({"gaps": "20% exponential 2.5 min + 80% exponential 0.625 min"})
    assert issues_per_day(model) == pytest.approx(1440)
    gaps = np.sort(np.diff(all_of(model, 20 * DAY).tick, prepend=0)) / MINUTE
    below = 1 - 0.2 * np.exp(-gaps / 2.5) - 0.8 * np.exp(-gaps / 0.625)
    assert np.abs(np.arange(1, len(gaps) + 1) / len(gaps) - below).max() < 2.2 / np.sqrt(len(gaps))


def test_gaps_of_0_make_groups() -> None:
    """Nine of ten gaps are 0: groups of 10 on average (geometric), every 5 min; |z| < 4."""
    model = model_of({"gaps": "90% exactly 0 s + 10% exactly 5 min"})
    assert issues_per_day(model) == pytest.approx(2880)
    table = all_of(model, 20 * DAY)
    assert set((table.tick % (5 * MINUTE)).tolist()) == {0}
    sizes = np.unique(table.tick, return_counts=True)[1]
    assert abs(sizes[1:-1].mean() - 10) < 4 * np.sqrt(90 / len(sizes))
    assert np.all(np.diff(table.uid) > 0)


def test_exponential_gaps_are_a_poisson_process() -> None:
    """The same arrivals as a volume of one each minute makes."""
    gaps, volume = model_of({"gaps": "exponential 1 min"}), model_of({"volume": "1/min"})
    assert np.array_equal(all_of(gaps).uid, all_of(volume).uid)
    assert np.abs(all_of(gaps).tick - all_of(volume).tick).max() <= 1


# ----------------------------------------------------------------------------------- attributes
CHAIN: dict[str, Any] = {
    "topic": {"orders": "60%", "complaints": "40%"},
    "tier": {"complaints": {"plain": "50%", "gold": "rest"}, "else": {"gold": "10%", "plain": "90%"}},
    "difficulty": {
        "gold": {"standard": "20%", "complex": "80%"},
        "plain": {"standard": "75%", "complex": "rest"},
    },
}
EXPECTED = np.array(
    [[[0.9, 0.1], [0.5, 0.5]], [[0.75, 0.25], [0.2, 0.8]]]
)  # [tier | topic, difficulty | tier]


def test_values_depend_on_the_value_above() -> None:
    """Chi-square of the 8 classes, 7 degrees of freedom, below 35: a false alarm in 90 000 seeds."""
    model = model_of({"volume": "20_000/day"}, attributes=CHAIN)
    assert model.attributes.parent.tolist() == [NONE, 0, 1]
    tier, difficulty = EXPECTED
    shares = (np.array([0.6, 0.4])[:, None] * tier)[:, :, None] * difficulty[None]
    assert class_weights(model, 0).tolist() == pytest.approx(shares.ravel().tolist())
    table = all_of(model)
    expected = len(table.cls) * shares.ravel()
    assert np.sum((np.bincount(table.cls, minlength=8) - expected) ** 2 / expected) < 35


def test_difficulty_is_slices_of_d_within_each_value() -> None:
    table = all_of(model_of({"volume": "5_000/day"}, attributes=CHAIN))
    tier, difficulty = table.cls // 2 % 2, table.cls % 2
    assert np.array_equal(difficulty, table.d >= np.array([0.75, 0.2])[tier])
    for value in (0, 1):
        d = np.sort(table.d[tier == value])
        assert np.abs(d - np.arange(len(d)) / len(d)).max() < 2.2 / np.sqrt(len(d)), "d is uniform in each"


def test_a_dependent_attribute_moves_no_draw() -> None:
    before = all_of(model_of({"volume": "5_000/day"}, attributes={"topic": CHAIN["topic"]}))
    after = all_of(model_of({"volume": "5_000/day"}, attributes=CHAIN))
    assert np.array_equal(before.cls, after.cls // 4)
    assert np.array_equal(before.d, after.d)
    assert np.array_equal(before.tick, after.tick)


def test_a_stream_may_have_its_own_table() -> None:
    """At the top one line for all; in a stream by the topic."""
    attributes = {"topic": CHAIN["topic"], "tier": {"plain": "90%", "gold": "10%"}}
    streams = {"web": {"volume": "1/min"}, "app": {"volume": "1/min", "attributes": {"tier": CHAIN["tier"]}}}
    model = model_of({"streams": streams}, attributes=attributes)
    assert model.attributes.parent.tolist() == [NONE, 0]
    assert class_weights(model, 0).tolist() == pytest.approx([0.54, 0.06, 0.36, 0.04])
    assert class_weights(model, 1).tolist() == pytest.approx([0.54, 0.06, 0.2, 0.2])


def test_shares_may_go_by_the_clock() -> None:
    """Chi-square of 2 x 2 cells, 2 degrees of freedom, below 22: a false alarm in 60 000 seeds."""
    evening = {"orders": "10%", "complaints": "90%"}
    attributes = {"topic": {"20:00-24:00": evening, "else": {"orders": "80%", "complaints": "20%"}}}
    table = all_of(model_of({"volume": "20_000/day", "by_hour": "flat"}, attributes=attributes))
    late = (table.tick >= 20 * HOUR).astype(int)
    counts = np.bincount(2 * late + table.cls, minlength=4).reshape(2, 2)
    expected = counts.sum(axis=1)[:, None] * np.array([[0.8, 0.2], [0.1, 0.9]])
    assert ((counts - expected) ** 2 / expected).sum() < 22


def test_a_value_left_out_of_a_line_does_not_come() -> None:
    attributes = {
        "topic": CHAIN["topic"],
        "tier": {"orders": {"plain": "70%", "gold": "30%"}, "complaints": {"gold": "100%"}},
    }
    table = all_of(model_of({"volume": "5_000/day"}, attributes=attributes))
    assert set(table.cls.tolist()) == {0, 1, 3}

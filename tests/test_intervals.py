"""Intervals: days that meet a target, doubts, control variates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from running import resolved
from scipy.stats import binom

from sim.measure.attainment import attained, share_interval
from sim.measure.controls import STRONG, Controls, controlled, controls, expected_issues, moment_2
from sim.measure.doubts import doubts, enough_units, skewness, unsettling_skewness
from sim.measure.estimate import Sample, half_width
from sim.measure.figure import Estimate
from sim.measure.result import document, estimates
from sim.scenario.resolve import Resolved
from sim.study.control_variates import control_variates
from sim.study.replications import sums_of_replications

Floats = NDArray[np.float64]

LINE: dict[str, Any] = {
    "name": "Phone line",
    "demand": {"volume": "200/day", "by_hour": "office", "busyness": "8%"},
    "desks": {"phone": {"handling": "exponential 5 min", "patience": "exponential 5 min"}},
    "teams": {"own": {"serves": "phone", "agents": {"08:00-18:00": 2, "else": 1}}},
    "targets": {
        "phone.service_level": "45% in 60 s",
        "wait.p90": "at most 4 min",
        "wait.peak": "at most 3 min",
        "phone.wait.mean at 12:00": "at most 1 min",
        "backlog.waiting": "at most 0",
    },
}
SEED = 3


def told(of: Resolved, n: int) -> dict[str, Any]:
    sums = sums_of_replications(of.model, of.labels, SEED, n, 1, engine="reference")
    return document(sums, of.model, of.labels, version="0", seed=SEED)


# --- days that meet a target ----------------------------------------------------------------------


def test_the_interval_of_a_share_never_covers_less_often_than_it_says() -> None:
    for n in (2, 7, 30):
        limits = np.array([share_interval(k, n) for k in range(n + 1)])
        for p in np.linspace(0.01, 0.99, 40):
            covers = (limits[:, 0] <= p) & (p <= limits[:, 1])
            assert binom.pmf(np.arange(n + 1), n, p)[covers].sum() >= 0.95
    assert share_interval(0, 5) == pytest.approx((0, 0.5218), abs=1e-4)  # 1 - 0.025^(1/5)
    assert share_interval(5, 5) == pytest.approx((0.4782, 1), abs=1e-4)


def test_days_on_which_a_target_is_met_are_counted() -> None:
    own = np.array([0.8, 0.9, 0.79, np.nan])
    found = attained(own, 0.8, at_least=True)
    assert found is not None
    assert found[:2] == (2, 3)
    assert attained(own, 0.8, at_least=False) == (2, 3, *share_interval(2, 3))
    assert attained(own[2:], 0.8, at_least=True) is None
    assert found.told("day") == {"met": 2, "of": 3, "unit": "day", "low": pytest.approx(0.0943, abs=1e-4),
                                 "high": pytest.approx(0.9916, abs=1e-4)}  # fmt: skip


def test_a_day_counts_by_its_own_figure_as_if_it_were_alone() -> None:
    of = resolved(LINE)
    sums = sums_of_replications(of.model, of.labels, SEED, 12, 1, engine="reference")
    targets = document(sums, of.model, of.labels, version="0", seed=SEED)["targets"]
    alone = [document([s], of.model, of.labels, version="0", seed=SEED)["targets"] for s in sums]
    for k, target in enumerate(targets):
        days = [day[k]["met"] for day in alone if day[k]["met"] is not None]
        assert (target["days"]["met"], target["days"]["of"]) == (sum(days), len(days)), target["path"]
        assert target["days"]["unit"] == "day"
    assert 0 < targets[0]["days"]["met"] < 12
    assert alone[0][0]["days"] is None


def test_days_of_one_run_are_days_and_long_replications_are_not() -> None:
    long = resolved(LINE | {"horizon": {"measure": "4 days"}})
    assert [t["days"]["unit"] for t in told(long, 1)["targets"][:1]] == ["day"]
    assert told(long, 1)["targets"][0]["days"]["of"] == 4
    assert told(long, 3)["targets"][0]["days"]["unit"] == "replication"


# --- doubts ---------------------------------------------------------------------------------------


def figure(own: Floats) -> dict[str, tuple[Estimate, str]]:
    return {"wait.mean": (Estimate(np.asarray(own.mean()), own - own.mean()), "s")}


def test_days_that_spread_evenly_raise_no_doubt() -> None:
    rng = np.random.default_rng(3)
    for n in (5, 10, 30, 300):
        found = [doubts(figure(100 + 20 * rng.normal(size=n)), "replication", n) for _ in range(1000)]
        assert sum(map(bool, found)) <= 10, n  # 1 in 1000 and less


def test_days_of_strong_busyness_raise_doubt_with_30_of_them_and_none_with_enough() -> None:
    rng = np.random.default_rng(4)
    few = [doubts(figure(rng.lognormal(0, 1.5, 30)), "replication", 30) for _ in range(200)]
    assert np.mean([bool(found) for found in few]) > 0.85
    assert {found[0].code for found in few if found} == {"skewed"}
    many = [doubts(figure(rng.lognormal(0, 0.5, 2000)), "replication", 2000) for _ in range(20)]
    assert not any(many)


def test_the_warning_names_measures_and_how_many_it_takes() -> None:
    own = np.array([1.0] * 28 + [40.0, 90.0])
    (doubt,) = doubts(figure(own), "replication", 30)
    assert doubt.measures == ("wait.mean",)
    assert "half-widths of wait.mean may be too small" in doubt.message
    least = enough_units(skewness(own))
    assert 100 < least < 320
    assert f"at least {-(-least // 10) * 10} replications" in doubt.message
    assert abs(skewness(own)) > unsettling_skewness(30)


def test_small_intervals_and_single_units_raise_none_and_few_units_are_told() -> None:
    shares = np.array([1.0] * 29 + [0.99])
    assert not doubts({"abandoned": (Estimate(np.asarray(shares.mean()), shares - 1), "share")}, "day", 30)
    own = np.array([1.0, 2.0, 3.0])
    assert [doubt.code for doubt in doubts(figure(own), "replication", 3)] == ["few_units"]
    assert doubts(figure(own[:1]), "replication", 1) == []
    nothing = {"wait.mean": (Estimate(np.asarray(np.nan), np.full(30, np.nan)), "s")}
    assert doubts(nothing, "replication", 30) == []


def test_days_of_one_run_that_hang_together_are_told() -> None:
    rng = np.random.default_rng(5)
    walk = 10 + np.cumsum(rng.normal(size=60))
    (doubt,) = [d for d in doubts(figure(walk), "day", 60) if d.code == "correlated"]
    assert "times as large" in doubt.message
    assert not [d for d in doubts(figure(walk), "replication", 60) if d.code == "correlated"]
    even = [doubts(figure(100 + 20 * rng.normal(size=60)), "day", 60) for _ in range(300)]
    assert sum(map(bool, even)) <= 3


# --- control variates -----------------------------------------------------------------------------


def test_mean_square_of_a_day_factor_is_that_of_its_gamma_law() -> None:
    for spread in (0.05, 0.1, 0.3):
        model = resolved(LINE | {"demand": {"volume": "200/day", "busyness": f"{100 * spread:g}%"}}).model
        assert moment_2(model.shapes, int(model.streams.busy_shape[0])) == pytest.approx(
            1 + spread**2, rel=1e-4
        )
    assert moment_2(model.shapes, 0) == 1


def test_controls_have_the_means_that_are_known() -> None:
    of = resolved(LINE | {"horizon": {"warm_up": "6 h", "measure": "42 h"}})
    assert expected_issues(of.model).sum() == pytest.approx(350, abs=50)
    sums = sums_of_replications(of.model, of.labels, SEED, 120, 1, engine="reference")
    by = controls(sums, of.model, SEED)
    assert by.names == ("arrivals", "busyness", "busyness^2")
    assert not by.refused
    errors = by.off.std(0, ddof=1) / 120**0.5
    assert (abs(by.off.mean(0)) < 4 * errors).all()
    spread = by.off[:, 1].std(ddof=1)  # of the mean of two days, unequally long
    assert 0.08 / 2**0.5 * 0.85 < spread < 0.08
    assert np.corrcoef(by.off[:, 0], by.off[:, 1])[0, 1] > 0.5


def test_control_variates_take_out_what_they_explain() -> None:
    rng = np.random.default_rng(6)
    covers, gains = [], []
    for _ in range(400):
        known = rng.normal(size=(30, 2))
        own = 10 + known @ np.array([2.0, 1.0]) + rng.normal(size=30)
        plain = Estimate(np.asarray(own.mean()), own - own.mean())
        found = controlled(plain, Controls(("a", "b"), known, ""))
        assert found is not None
        covers.append(abs(found.value - 10) <= found.half_width)
        gains.append(found.narrower)
    assert np.mean(covers) == pytest.approx(0.95, abs=0.035)
    assert np.mean(gains) == pytest.approx(6**0.5, rel=0.1)  # variance 6, of which 1 is left


def test_half_width_by_controls_is_that_of_the_textbook_regression() -> None:
    own, known = np.array([1.0, 2, 4, 4, 6]), np.array([-2.0, -1, 0, 1, 3])
    plain = Estimate(np.asarray(own.mean()), own - own.mean())
    found = controlled(plain, Controls(("a",), known[:, None], ""))
    assert found is not None
    slope, height = np.polyfit(known, own, 1)
    left = own - height - slope * known
    off = known - known.mean()
    variance = left @ left / 3 * (1 / 5 + known.mean() ** 2 / (off @ off))
    assert found.value == pytest.approx(height)
    assert found.half_width == pytest.approx(3.182446 * variance**0.5)
    assert found.narrower == pytest.approx(float(half_width(plain.deviations)) / found.half_width)


@pytest.mark.parametrize(
    ("change", "n", "says"),
    [
        ({"busyness": "20%"}, 20, "days differ by 20 %"),
        ({}, 19, "it takes 20 replications, there are 19"),
        ({"gaps": "exactly 30 min"}, 20, "nothing is known"),
    ],
)
def test_controls_are_refused_with_the_reason(change: dict[str, str], n: int, says: str) -> None:
    demand = ({} if "gaps" in change else {"volume": "40/day"}) | change
    of = resolved({key: value for key, value in LINE.items() if key != "targets"} | {"demand": demand})
    sums = sums_of_replications(of.model, of.labels, SEED, n, 1, engine="reference")
    found = control_variates(sums, of.model, of.labels, SEED, ["wait.mean"])
    assert says in found["refused"]
    assert found["measures"] == {}
    assert STRONG == 0.1


def test_figures_by_controls_are_told_by_path() -> None:
    of = resolved(LINE)
    sums = sums_of_replications(of.model, of.labels, SEED, 24, 1, engine="reference")
    found = control_variates(sums, of.model, of.labels, SEED, ["wait.mean", "turned_away"])
    assert found["refused"] is None
    assert list(found["measures"]) == ["wait.mean"]  # nobody is ever turned away
    plain = estimates(sums, of.model, of.labels, ["wait.mean"])["wait.mean"]
    told_ = found["measures"]["wait.mean"]
    assert told_["unit"] == "s"
    assert told_["narrower"] * told_["half_width"] == pytest.approx(float(half_width(plain.deviations)))
    assert Sample(sums, of.model, of.labels).n_units == 24

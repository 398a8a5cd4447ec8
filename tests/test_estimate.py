"""Ratios of sums, their half-widths, and what is left open where data are missing."""

from __future__ import annotations

import numpy as np
import pytest
from hand_records import CHAT, OWN, duty, folded, labels, model, rows, visit
from scipy import stats

from sim.measure import reduce
from sim.measure.catalogue import Measure, Scope, measures_of
from sim.measure.estimate import Part, Sample, Series, half_width, ratio
from sim.measure.figure import Estimate
from sim.measure.reduce import Sums
from sim.measure.sketch import N_BUCKETS
from sim.model.records import Duty, End


def measure(key: str, scope: Scope = Scope.DESK) -> Measure:
    return next(m for m in measures_of(scope) if m.key == key)


def estimated(part: Part, key: str, scope: Scope = Scope.DESK) -> Estimate:
    return part.estimate(measure(key, scope))


def answered(number: int, wait: float, *, at: float = 0, work: float = 100) -> list[int]:
    return visit(number, CHAT, at, End.SOLVED, answer=at + wait, end=at + wait + work, team=OWN)


def test_ratio_and_its_half_width_by_the_delta_method() -> None:
    # R = 6/8; deviations (x - R y) / mean(y) = (1 - 1.5, 5 - 4.5) / 4; t(1 degree) = 12.706
    x, y = Series(np.array(6.0), np.array([1.0, 5.0])), Series(np.array(8.0), np.array([2.0, 6.0]))
    found = ratio(x, y)
    assert found.value == 0.75
    np.testing.assert_allclose(found.deviations, [-0.125, 0.125])
    expected = stats.t.ppf(0.975, 1) * np.sqrt(2 * 0.125**2 / 1 / 2)
    assert half_width(found.deviations) == pytest.approx(expected)


def test_ratio_with_nothing_below_is_not_a_number() -> None:
    zero = Series(np.array(0.0), np.array([0.0, 0.0]))
    assert np.isnan(ratio(zero, zero).value)


def test_half_width_needs_two_units() -> None:
    assert np.isnan(half_width(np.array([])))
    assert np.isnan(half_width(np.array([0.1])))
    assert np.isnan(half_width(np.array([0.1, np.nan])))


def test_half_width_of_a_mean_is_the_textbooks() -> None:
    data = np.array([3.0, 5.0, 10.0, 2.0])
    t = stats.t.ppf(0.95, 3)
    assert half_width(data - data.mean(), 0.90) == pytest.approx(t * data.std(ddof=1) / 2)


def test_mean_wait_of_replications_is_not_the_mean_of_their_means() -> None:
    # waits 10, 10, 10 | 50: 80 / 4 = 20, not 30
    several = [folded(rows([answered(k, 10) for k in range(3)])), folded(rows([answered(1, 50)]))]
    found = estimated(Sample(several, model(), labels()).stage(CHAT), "wait.mean")
    assert found.value == 20
    # (30 - 20 x 3) / 2 and (50 - 20) / 2
    np.testing.assert_allclose(found.deviations, [-15, 15])


def test_days_of_one_replication_are_units() -> None:
    two = model(end_s=2.5 * 86_400)
    visits = [answered(1, 10), answered(2, 30, at=90_000), answered(3, 50, at=180_000)]
    sample = Sample([folded(rows(visits), two)], two, labels())
    assert sample.unit == "day"
    found = estimated(sample.stage(CHAT), "wait.mean")
    assert found.value == 30  # the half day counts in the value
    assert len(found.deviations) == 2  # but is no unit
    assert np.isfinite(half_width(estimated(sample.stage(CHAT), "wait.p90").deviations))
    assert estimated(sample.stage(CHAT), "contacts").value == pytest.approx(3 / 2.5)


def test_days_put_together_are_units_of_sketches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduce, "_CELLS", 1)  # room for one group only, so all five days go together
    window = model(end_s=5 * 86_400)
    visits = [answered(k, 10 * k, at=k * 86_400) for k in range(5)]
    one = Sample([folded(rows(visits), window)], window, labels()).stage(CHAT)
    assert np.isnan(half_width(estimated(one, "service_level.offered").deviations))
    # room for three groups of two, two, and one day; the last is not whole
    monkeypatch.setattr(reduce, "_CELLS", 3 * 3 * 2 * N_BUCKETS)
    three = Sample([folded(rows(visits), window)], window, labels()).stage(CHAT)
    offered = estimated(three, "service_level.offered")
    assert offered.value == pytest.approx(3 / 5)  # 0, 10, 20 s of 0 ... 40 s
    np.testing.assert_allclose(offered.deviations, [0.25, -0.25])  # both of two days, one of two days
    assert len(estimated(three, "wait.mean").deviations) == 5


def test_one_day_has_no_half_width() -> None:
    found = estimated(Sample([folded(rows([answered(1, 10)]))], model(), labels()).stage(CHAT), "wait.mean")
    assert found.value == 10
    assert np.isnan(half_width(found.deviations))


def test_each_unit_moves_the_quantile_of_all() -> None:
    # F(20) = 2/3; deviations of the share (x - 2/3 y) / 5 = 1/3, 1/3, -2/3, standard error 1/3; two of them
    # to either side reach all waits, 10 to 30: the density is 1 / 20
    several = [folded(rows([answered(k, w) for k in range(5)])) for w in (10, 20, 30)]
    found = estimated(Sample(several, model(), labels()).stage(CHAT), "wait.p50")
    assert found.value == pytest.approx(20, rel=0.01)
    np.testing.assert_allclose(found.deviations, [-20 / 3, -20 / 3, 40 / 3], rtol=0.02)


def test_a_quantile_that_all_units_share_is_sure() -> None:
    # nobody waits in 7 of 10 contacts: not even the busy day moves the median off 0
    several = [folded(rows([answered(k, w if k > 6 else 0) for k in range(10)])) for w in (10, 20, 300)]
    found = estimated(Sample(several, model(), labels()).stage(CHAT), "wait.p50")
    assert found.value == 0
    assert half_width(found.deviations) == 0


def test_a_quantile_is_as_uncertain_as_the_days_on_which_it_is_made() -> None:
    # all long waits are of one day in ten; with one such day more or less the p90 is another
    waits = [*[[1.0] * 50] * 9, list(np.linspace(100, 600, 50))]
    several = [folded(rows([answered(k, w) for k, w in enumerate(day)])) for day in waits]
    found = estimated(Sample(several, model(), labels()).stage(CHAT), "wait.p90")
    assert found.value == pytest.approx(1, rel=0.01)
    assert half_width(found.deviations) > 100


def test_quantiles_of_intervals_are_those_of_each_alone() -> None:
    def a_day(n: int, *begins: int) -> Sums:
        waits = [(at, at / 1000 + n * (10 + k)) for at in begins for k in range(6)]
        return folded(rows([answered(k, wait, at=at) for k, (at, wait) in enumerate(waits)]))

    everything = Sample([a_day(n, 100, 4000) for n in (1, 2, 4)], model(), labels())
    together = estimated(everything.intervals_of_stages([CHAT]), "wait.p90", Scope.DESK_INTERVAL)
    assert together.deviations.shape == (3, 96)
    for interval, begins in ((0, 100), (4, 4000)):
        own = Sample([a_day(n, begins) for n in (1, 2, 4)], model(), labels())
        alone = estimated(own.stage(CHAT), "wait.p90")
        assert together.value[interval] == alone.value
        np.testing.assert_allclose(together.deviations[:, interval], alone.deviations)
    assert np.isnan(together.deviations[:, 1]).all()


def test_interval_without_contacts_has_no_figure() -> None:
    sample = Sample([folded(rows([answered(1, 10, at=1000)]))], model(), labels())
    part = sample.intervals_of_stages([CHAT])
    for key in ("wait.mean", "wait.p90", "abandoned", "service_level"):
        value = estimated(part, key, Scope.DESK_INTERVAL).value
        assert np.isfinite(value[1])
        assert np.isnan(np.delete(value, 1)).all()
    assert estimated(part, "arrivals", Scope.DESK_INTERVAL).value.tolist() == [0, 1, *[0] * 94]


def test_intervals_are_clock_intervals_whenever_measuring_began() -> None:
    # measured from 06:00; 07:00 is interval 28 of the clock, on both days
    window = model(warm_up_s=6 * 3600, end_s=6 * 3600 + 2 * 86_400)
    visits = [answered(1, 10, at=7 * 3600), answered(2, 30, at=7 * 3600 + 86_400)]
    part = Sample([folded(rows(visits), window)], window, labels()).intervals_of_stages([CHAT])
    assert estimated(part, "arrivals", Scope.DESK_INTERVAL).value[28] == 1
    assert estimated(part, "wait.mean", Scope.DESK_INTERVAL).value[28] == 20
    assert estimated(part, "wait.p90", Scope.DESK_INTERVAL).value[28] == pytest.approx(30, rel=0.01)


def test_load_takes_those_not_answered_as_the_mean_of_those_answered() -> None:
    # 2 arrive, 1 is answered and handled 90 s: 2 x 90 / 900
    visits = [answered(1, 10, work=90), visit(2, CHAT, 5, End.ABANDONED, end=10)]
    part = Sample([folded(rows(visits))], model(), labels()).intervals_of_stages([CHAT])
    load = estimated(part, "load", Scope.DESK_INTERVAL).value
    assert load[0] == pytest.approx(0.2)
    assert load[1] == 0


def test_peak_is_the_clock_hour_with_the_longest_mean_wait() -> None:
    # 01:00 to 02:00: 40 and 60; alone in 02:00: 45
    visits = [answered(1, 40, at=3600), answered(2, 60, at=7000), answered(3, 45, at=7200), answered(4, 0)]
    found = estimated(Sample([folded(rows(visits))], model(), labels()).stage(CHAT), "wait.peak")
    assert found.value == 50


def test_occupancy_counts_chats_and_utilisation_paid_time() -> None:
    # own agents have 2 chats; 1000 s on duty, 200 s break, 100 s overtime; 440 s of work
    duties = [duty(0, OWN, Duty.ON, 0, 1000), duty(0, OWN, Duty.BREAK, 1000, 1200),
              duty(0, OWN, Duty.OVERTIME, 1200, 1300)]  # fmt: skip
    sums = folded(rows([answered(1, 0, work=440)], duties=duties))
    team = Sample([sums], model(), labels()).team(OWN)
    assert estimated(team, "occupancy", Scope.TEAM).value == pytest.approx(440 / 2200)
    assert estimated(team, "utilisation", Scope.TEAM).value == pytest.approx(440 / 2600)
    assert estimated(team, "contacts_per_agent_day", Scope.TEAM).value == pytest.approx(1 / (1200 / 28_800))
    # 40 an hour for 1300 s
    assert estimated(team, "cost.total", Scope.TEAM).value == pytest.approx(40 * 1300 / 3600)


def test_measured_time_cut_short_is_no_whole_interval() -> None:
    # 10 minutes of a quarter-hour: 2 contacts are 3 an interval
    short = model(end_s=600)
    part = Sample([folded(rows([answered(1, 0), answered(2, 0, at=60)]), short)], short, labels())
    arrivals = estimated(part.intervals_of_stages([CHAT]), "arrivals", Scope.DESK_INTERVAL).value
    assert arrivals[0] == pytest.approx(3)
    assert np.isnan(arrivals[1:]).all()


def test_deviations_of_two_plans_may_be_subtracted() -> None:
    # the second plan saves 5 s in each replication: the difference is sure, the waits are not
    def mean_wait(saved: float) -> Estimate:
        waits = [rows([answered(k, wait - saved) for k in range(4)]) for wait in (10, 20, 60)]
        return estimated(Sample([folded(w) for w in waits], model(), labels()).stage(CHAT), "wait.mean")

    one, two = mean_wait(0), mean_wait(5)
    assert two.value - one.value == pytest.approx(-5)
    assert half_width(two.deviations - one.deviations) == pytest.approx(0, abs=1e-9)
    assert half_width(one.deviations) > 10

"""The statistical studies in small: that they count rightly. In full they are run by `make verify`."""

from __future__ import annotations

import coverage_study
import numpy as np
import paired_study
import pytest
import selection_study
from ssj_days import WITH_ONE_MORE

from sim.jit import IS_COMPILED

needs_speed = pytest.mark.skipif(not IS_COMPILED, reason="nothing is compiled: too slow")


@needs_speed
@pytest.mark.parametrize("name", ["mild", "few strong"])
def test_coverage_of_few_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty runs of eight days: of intervals that cover in 94 % none covers in fewer than 13, but for one
    seed in a million; strong busyness makes no promise."""
    monkeypatch.setitem(coverage_study.KINDS, name, coverage_study.KINDS[name]._replace(days=8))
    found = coverage_study.covered(name, 20)
    assert found.covers.shape == (len(coverage_study.ROWS),)
    if name == "mild":
        assert (found.covers >= 0.65).all()
        assert found.true[:3] == pytest.approx([4.72, 0.9247, 0.0199], rel=0.2)  # of 160 days
    assert found.true[4] < 0 < found.true[5]  # one agent more helps


@needs_speed
def test_days_of_one_replication_are_units_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(coverage_study.KINDS, "strong", coverage_study.KINDS["strong"]._replace(days=40))
    found = coverage_study.covered("strong", 6)
    assert np.isfinite(found.true).all()
    assert found.days == 40


def test_the_sequential_rule_stops_at_two_looks_in_a_row() -> None:
    contacts = np.full(200, 100.0)
    steady = 400 + 10 * np.resize([1.0, -1.0], 200)
    assert coverage_study.stopped_at(steady, contacts)[0] == 35
    wild = 400 + 390 * np.resize([1.0, -1.0], 200)
    n, found = coverage_study.stopped_at(wild, contacts)
    # 1.97 x 0.978 / sqrt(n) <= 0.1 from n = 375 on: never within 200 days
    assert n == 200
    assert found.value == pytest.approx(4)
    wide_at_first = np.where(np.arange(200) < 30, wild, 400)
    n, _ = coverage_study.stopped_at(wide_at_first, contacts)
    assert 100 < n < 150


def test_the_small_model_is_the_same_day() -> None:
    """400 days: contacts within 20 s, lost, and the wait within 4 standard errors of what is known."""
    n = 400 if IS_COMPILED else 60
    days = paired_study.in_order_of_use(n, 3)
    for name, known in (("good", 0.92467), ("lost", 0.01985), ("wait", 4.7206)):
        error = days[name].std(ddof=1) / np.sqrt(n)
        assert abs(days[name].mean() - known) < 4 * error, name


def test_one_day_of_the_small_model_by_hand() -> None:
    """Two agents, then one; four come at 0, 10, 20 and 30 s, each takes 60 s; the last is gone after 5 s.

    The third begins at 60 s (waited 40 s): the first agent is free while two are there.
    """
    room = np.empty(4), np.empty(9), np.empty(9)
    found = paired_study.simulate_in_order(
        np.array([0.0, 10, 20, 30]), np.array([2, 1]), np.full(9, 60.0), np.array([1e9, 5.0]), *room
    )
    assert found == (3, 1, 45.0)


@needs_speed
def test_common_numbers_are_worth_more_by_contact_than_in_order_of_use() -> None:
    """Sixty days. Of days drawn again the lowest of the ratios by contact is above 30 in 99 % or more; those
    in order of use are below the bounds of the study in as many."""
    keyed = (
        paired_study.keyed(60, 1),
        paired_study.keyed(60, 1, WITH_ONE_MORE),
        paired_study.keyed(60, 2, WITH_ONE_MORE),
    )
    found = paired_study.ratios(*keyed)
    assert min(found.values()) > 20
    assert found["good"] > 50
    in_order = (
        paired_study.in_order_of_use(400, 1),
        paired_study.in_order_of_use(400, 1, 1),
        paired_study.in_order_of_use(400, 2, 1),
    )
    other = paired_study.ratios(*in_order)
    assert all(10 < other[name] < bound for name, bound in paired_study.BOUNDS.items())


def test_the_plans_of_the_choice_have_one_agent_more() -> None:
    heads = [selection_study.variant(hour).model.teams for hour in (8, 9)]
    assert heads[0] is not heads[1]
    assert selection_study.variant(8).name == "08:00"

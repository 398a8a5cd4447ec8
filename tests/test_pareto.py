"""Plans on the front: who dominates whom, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest

from sim.measure.figure import Estimate
from sim.measure.pareto import Membership, Objective, front, membership, on_front
from sim.measure.preference import Better


def estimate(value: float, deviations: object) -> Estimate:
    return Estimate(np.asarray(value), np.asarray(deviations, float))


def objective(values: list[float], deviations: list[object], way: Better, little: float = 0.0) -> Objective:
    return Objective([estimate(*pair) for pair in zip(values, deviations, strict=True)], way, little)


def of_cost(values: list[float], n: int) -> Objective:
    return objective(values, [np.zeros(n)] * len(values), Better.LESS)


@pytest.mark.parametrize(
    ("gains", "little", "on"),
    [
        ([[1, 3], [2, 2], [3, 1]], [0, 0], [True, True, True]),
        ([[1, 3], [1, 2], [3, 1]], [0, 0], [True, False, True]),
        ([[1, 3], [1, 3]], [0, 0], [True, True]),  # alike: neither is better in anything
        ([[1.0, 3], [0.9, 4]], [0.2, 0], [False, True]),  # what is a little cheaper is no cheaper
        ([[1.0, 3], [0.9, 3.1]], [0.2, 0.2], [True, True]),
    ],
)
def test_a_plan_is_off_the_front_if_another_is_better_in_one_and_worse_in_none(
    gains: list[list[float]], little: list[float], on: list[bool]
) -> None:
    assert front(np.array(gains, float), np.array(little, float)).tolist() == on


def test_what_is_clear_is_sure() -> None:
    n = 20
    day = np.linspace(-1, 1, n)
    waits = objective([9.0, 5.0, 7.0], [day, day, day], Better.LESS)
    found = on_front([of_cost([100.0, 120.0, 125.0], n), waits])
    assert found is not None
    assert found.tolist() == [1.0, 1.0, 0.0]


def test_days_stay_together() -> None:
    """Days differ by 10, plans by 0.1 on each day: the same days for both plans make that sure."""
    day = np.random.default_rng(1).normal(scale=10, size=30)
    day -= day.mean()
    cost = of_cost([1.0, 1.0, 1.0], 30)
    together = on_front([cost, objective([5.0, 5.1, 5.2], [day] * 3, Better.LESS)])
    assert together is not None
    assert together.tolist() == [1.0, 0.0, 0.0]
    apart = on_front([cost, objective([5.0, 5.1, 5.2], [day, -day, day[::-1]], Better.LESS)])
    assert apart is not None
    assert ((apart > 0.05) & (apart < 0.95)).all()


def test_a_difference_of_one_standard_error_has_the_probability_of_the_normal_law() -> None:
    """Of two plans of equal cost one is better by its standard error: on the front in 84 % of the draws."""
    apart = np.random.default_rng(2).normal(size=400)
    apart -= apart.mean()
    error = apart.std() / 20
    found = on_front([
        of_cost([1.0, 1.0], 400), objective([0.0, error], [np.zeros(400), apart], Better.MORE)
    ])  # fmt: skip
    assert found is not None
    assert found[1] == pytest.approx(0.841, abs=0.03)
    assert found.sum() == pytest.approx(1)


def test_the_same_seed_gives_the_same_draws() -> None:
    rng = np.random.default_rng(3)
    of = [
        objective([1.0, 1.1, 1.2], list(rng.normal(size=(3, 25))), Better.LESS),
        objective([5.0, 5.1, 5.2], list(rng.normal(size=(3, 25))), Better.MORE),
    ]
    one, again, other = on_front(of), on_front(of), on_front(of, seed=7)
    assert one is not None
    assert again is not None
    assert other is not None
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()


def test_a_rounding_is_no_price() -> None:
    waits = objective([9.0, 5.0], [np.zeros(5)] * 2, Better.LESS)
    found = on_front([of_cost([0.3, 0.1 + 0.2], 5), waits])
    assert found is not None
    assert found.tolist() == [0.0, 1.0]


def test_without_figures_or_spread_nothing_is_said() -> None:
    assert on_front([of_cost([1.0, np.nan], 5)]) is None
    assert on_front([of_cost([1.0, 2.0], 1)]) is None
    assert on_front([of_cost([1.0, 2.0], 0)]) is None


@pytest.mark.parametrize(
    ("probability", "said"),
    [(1.0, Membership.ON), (0.95, Membership.ON), (0.949, Membership.UNDECIDED),
     (0.051, Membership.UNDECIDED), (0.05, Membership.OFF), (0.0, Membership.OFF)],
)  # fmt: skip
def test_from_which_probability_something_is_said(probability: float, said: Membership) -> None:
    assert membership(probability) == said

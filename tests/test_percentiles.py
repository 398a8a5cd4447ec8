"""Laws by their percentiles: they have them, and what no law has is refused with the range that would do."""

from __future__ import annotations

from math import exp, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.model.laws import LawKind, LawPart, Mixture
from sim.model.percentiles import OutOfReach, by_two, cv_by_one

KINDS = (LawKind.LOGNORMAL, LawKind.GAMMA, LawKind.WEIBULL)
QUIET = settings(deadline=None, max_examples=40, derandomize=True)


def quantile(kind: LawKind, mean: float, cv: float, share: float) -> float:
    """From SciPy's own laws, apart from the project's formulas."""
    if kind is LawKind.LOGNORMAL:
        s = sqrt(log(1 + cv * cv))
        return stats.lognorm(s, scale=mean * exp(-s * s / 2)).ppf(share)
    if kind is LawKind.GAMMA:
        return stats.gamma(cv**-2, scale=mean * cv * cv).ppf(share)
    (one,) = (w for _, w in Mixture([LawPart(kind, mean, cv)]).pieces)
    x = float(one.inverses[0](share))
    assert one.both(x)[0] == pytest.approx(share, rel=1e-9)
    return x


@pytest.mark.parametrize("kind", KINDS)
@QUIET
@given(cv=st.floats(0.05, 1.2), share=st.sampled_from((0.05, 0.25, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)))
def test_a_mean_and_a_percentile_give_a_law_that_has_both(kind: LawKind, cv: float, share: float) -> None:
    at = quantile(kind, 6.0, cv, share)
    found = cv_by_one(kind, 6.0, share, at)
    assert found <= cv * (1 + 1e-6)  # the narrower one where two fit
    assert quantile(kind, 6.0, found, share) == pytest.approx(at, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@QUIET
@given(
    cv=st.floats(0.02, 5),
    shares=st.lists(
        st.sampled_from((0.1, 0.3, 0.5, 0.75, 0.9, 0.99, 0.999)), min_size=2, max_size=2, unique=True
    ),
)
def test_two_percentiles_give_the_law_they_come_from(kind: LawKind, cv: float, shares: list[float]) -> None:
    low, high = sorted(shares)
    values = [quantile(kind, 300.0, cv, share) for share in (low, high)]
    mean, found = by_two(kind, (low, values[0]), (high, values[1]))
    assert mean == pytest.approx(300.0, rel=1e-7)
    assert found == pytest.approx(cv, rel=1e-7)


def test_lognormal_by_formula() -> None:
    """cv from ln(p90 / mean) = z s - s**2 / 2; the median is mean / sqrt(1 + cv**2)."""
    assert cv_by_one(LawKind.LOGNORMAL, 2, 0.5, 1) == pytest.approx(sqrt(3))
    s = log(11 / 4) / stats.norm.ppf(0.9)
    assert by_two(LawKind.LOGNORMAL, (0.5, 4), (0.9, 11)) == pytest.approx(
        (4 * exp(s * s / 2), sqrt(exp(s * s) - 1))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_ends_of_what_would_do_just_do(kind: LawKind) -> None:
    with pytest.raises(OutOfReach) as one:
        cv_by_one(kind, 6, 0.9, 100)
    for at in (one.value.low, one.value.high):
        assert quantile(kind, 6, cv_by_one(kind, 6, 0.9, at), 0.9) == pytest.approx(at, rel=1e-6)
    with pytest.raises(OutOfReach):
        cv_by_one(kind, 6, 0.9, one.value.high * 1.001)
    with pytest.raises(OutOfReach) as two:
        by_two(kind, (0.5, 4), (0.9, 4.0001))
    by_two(kind, (0.5, 4), (0.9, two.value.low * 1.0001))
    by_two(kind, (0.5, 4), (0.9, min(two.value.high * 0.9999, 1e12)))


def test_the_greatest_p90_of_a_lognormal_law() -> None:
    """It is the mean times exp(z**2 / 2)."""
    with pytest.raises(OutOfReach) as e:
        cv_by_one(LawKind.LOGNORMAL, 6, 0.9, 20)
    assert e.value.high == pytest.approx(6 * exp(stats.norm.ppf(0.9) ** 2 / 2), rel=1e-9)

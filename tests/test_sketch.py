"""Sketches of waits: the right bucket, quantiles near the exact ones, Kaplan-Meier by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.measure.sketch import (
    N_BUCKETS,
    Sparse,
    bucket_of,
    bucket_starts,
    merged,
    quantile,
    share_answered_within,
)


def sketch(*waits: int) -> Sparse:
    at, n = np.unique(bucket_of(np.array(waits, np.int64)), return_counts=True)
    return Sparse((1, 1, 1), at, n)


def quantile_of(table: Sparse, q: float) -> float:
    return float(quantile(table, q, (0,), (0,), together=True)[0])


def counts(*waits: int) -> NDArray[np.int64]:
    return np.bincount(bucket_of(np.array(waits, np.int64)), minlength=N_BUCKETS)


def test_every_bucket_begins_where_the_one_before_ends() -> None:
    starts = bucket_starts()
    assert (bucket_of(starts[:-1]) == np.arange(N_BUCKETS)).all()
    assert (bucket_of(starts[1:-1] - 1) == np.arange(N_BUCKETS - 1)).all()


def test_zero_and_small_numbers_have_buckets_of_their_own() -> None:
    assert bucket_of(np.arange(256)).tolist() == list(range(256))


def test_buckets_are_narrower_than_one_percent() -> None:
    starts = bucket_starts().astype(float)
    assert (np.diff(starts)[1:] - 1 <= 0.01 * starts[1:-1]).all()


def test_what_is_too_long_shares_the_last_bucket() -> None:
    assert bucket_of(np.array([2**42, 2**60])).tolist() == [N_BUCKETS - 1] * 2


@pytest.mark.parametrize("q", [0.01, 0.5, 0.8, 0.9, 0.95, 0.99, 1.0])
def test_quantile_lies_within_one_percent_of_the_exact_order_statistic(q: float) -> None:
    waits = np.random.default_rng(3).lognormal(17, 2, 997).astype(np.int64)
    exact = np.sort(waits)[int(np.ceil(q * 997)) - 1]
    assert abs(quantile_of(sketch(*waits), q) - exact) <= 0.01 * exact


def test_quantile_takes_the_contact_of_rank_ceil_q_n() -> None:
    # 0.7 x 10 is 7.000000000000001 in binary, and still the seventh
    table = sketch(*range(10, 110, 10))
    assert [quantile_of(table, q) for q in (0.05, 0.1, 0.5, 0.7, 0.9, 0.91)] == [10, 10, 50, 70, 90, 100]


def test_quantile_of_nobody_is_nan() -> None:
    assert np.isnan(quantile_of(sketch(), 0.5))


def test_quantiles_of_owners_are_their_own() -> None:
    at = np.array([5, N_BUCKETS * 2 + 7], np.int64)
    table = Sparse((3, 1, 1), at, np.array([4, 2]))
    np.testing.assert_array_equal(quantile(table, 0.5, (0,), (0,), together=False), [5, np.nan, 7])
    assert quantile_of(table.of_owners(2, 3), 0.5) == 7


def test_merging_adds() -> None:
    both = merged([sketch(1, 2, 2), sketch(2, 9)])
    assert (both.at.tolist(), both.n.tolist()) == ([1, 2, 9], [1, 3, 1])


def test_offered_wait_by_hand() -> None:
    # gives up at 5; answered at 10 (3 at risk) and 30; gives up at 40: P(offered <= 20) = 1 - 2/3
    found = share_answered_within(counts(10, 30), counts(5, 40), np.array(1), 20)
    assert found == pytest.approx(1 / 3)


def test_answers_come_before_giving_up_at_the_same_wait() -> None:
    # both at 10 and one at 50: 3 at risk when the answer comes
    assert share_answered_within(counts(10, 50), counts(10), np.array(1), 20) == pytest.approx(1 / 3)


def test_offered_wait_counts_exactly_up_to_the_threshold() -> None:
    # 1,000,000 and 1,000,001 share a bucket; only the first is within 1,000,000
    waits = counts(1_000_000, 1_000_001)
    assert share_answered_within(waits, np.zeros_like(waits), np.array(1), 1_000_000) == pytest.approx(0.5)


def test_offered_wait_of_nobody_is_nan() -> None:
    none = np.zeros(N_BUCKETS, np.int64)
    assert np.isnan(share_answered_within(none, none, np.array(0), 20))

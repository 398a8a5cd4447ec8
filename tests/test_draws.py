"""Draws: the generator is numpy's Philox bit for bit, and names and lanes become what the table says."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.draws import (
    ABSENCE,
    ARRIVAL,
    BUSYNESS,
    absence_word,
    hash32,
    high_uniform,
    low_uniform,
    philox,
    philox_block,
    shape_key,
    stream_hash,
    uniform,
    uniforms,
    visit_word,
)

TOP = 2**64 - 1

# From the known-answer file of Random123, the authors' own library (philox 4x64, 10 rounds): counter, key,
# lanes; only keys whose second half is 0 fit ours.
PUBLISHED = (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)


def numpys_block(seed: int, *counter: int) -> tuple[int, ...]:
    """The block as numpy makes it: one is taken off the counter, which numpy adds before it begins."""
    whole = sum(c << 64 * i for i, c in enumerate(counter))
    bits = np.random.Philox(key=seed, counter=(whole - 1) % 2**256)
    return tuple(int(x) for x in bits.random_raw(4))


def test_block_of_zeros_is_the_published_one() -> None:
    assert philox(0, 0, 0, 0, 0) == PUBLISHED


@pytest.mark.parametrize(
    ("seed", "counter"),
    [
        (1, (0, 0, 0, 0)),
        (1, (1, 0, 0, 0)),
        (TOP, (TOP, TOP, TOP, TOP)),
        (0, (0, 1, 0, 0)),
        (2024, (3, 7 << 32 | 5, ARRIVAL, 0)),
        (2024, (3, 7 << 32 | 5, visit_word(0xFFFFFFFF, 1, 1), 1)),
    ],
)
def test_one_block_equals_numpys(seed: int, counter: tuple[int, int, int, int]) -> None:
    assert philox(seed, *counter) == numpys_block(seed, *counter)


def test_two_thousand_random_blocks_equal_numpys() -> None:
    for seed, *counter in np.random.default_rng(1).integers(0, TOP, (2000, 5), np.uint64, True).tolist():
        assert philox(seed, *counter) == numpys_block(seed, *counter)


def test_many_blocks_at_once_equal_single_blocks() -> None:
    """More rows than one chunk, so that the seam between chunks is crossed."""
    counters = np.random.default_rng(2).integers(0, TOP, (9001, 4), np.uint64, True)
    lanes = philox_block(99, *counters.T)
    assert [tuple(row) for row in lanes.tolist()] == [philox(99, *row) for row in counters.tolist()]


def test_single_numbers_are_spread_over_the_rows() -> None:
    uids = np.arange(5) + (9 << 32)
    lanes = philox_block(7, 1, uids, ARRIVAL, 0)
    assert [tuple(row) for row in lanes.tolist()] == [philox(7, 1, u, ARRIVAL, 0) for u in uids.tolist()]
    assert philox_block(7, 1, np.empty(0, np.int64), ARRIVAL, 0).shape == (0, 4)


def test_counters_are_not_overwritten() -> None:
    uids = np.arange(5, dtype=np.uint64)
    philox_block(7, uids, uids, uids, uids)
    assert uids.tolist() == [0, 1, 2, 3, 4]


def test_names_hash_to_the_first_four_bytes_of_blake2b() -> None:
    """Pinned: a change of these numbers changes every result ever published."""
    assert hash32("stage:chat") == 0x8D48FFBA
    assert hash32("draw:arrival") == ARRIVAL >> 32
    assert stream_hash("demand") == hash32("stream:demand") % 2**31
    assert len({ARRIVAL, BUSYNESS, ABSENCE}) == 3


def test_words_keep_their_parts_apart() -> None:
    assert visit_word(0xABCD, 2, 3) == 0xABCD_0002_0003
    assert absence_word(5, 7) == 5 << 32 | 7


def test_uniform_numbers_are_strictly_between_0_and_1() -> None:
    for make in (uniform, high_uniform, low_uniform):
        assert 0 < make(0) < make(TOP) < 1
    assert high_uniform(1 << 63) == 0.5 + 2**-33
    assert low_uniform(1 << 63) == 2**-33
    assert shape_key(TOP) == 2**53 - 1


def test_many_uniform_numbers_equal_single_ones() -> None:
    lanes = np.random.default_rng(3).integers(0, TOP, 1000, np.uint64, True)
    assert uniforms(lanes).tolist() == [uniform(x) for x in lanes.tolist()]
    assert uniforms(np.array([0, TOP], np.uint64)).tolist() == [uniform(0), uniform(TOP)]


def test_lanes_are_even_and_unrelated() -> None:
    """Mean 1/2 of each lane and no correlation between two; |z| < 4.5, so a false alarm in 14 000 runs."""
    u = uniforms(philox_block(1, 0, np.arange(100_000) + (5 << 32), ARRIVAL, 0))
    z = (u.mean(axis=0) - 0.5) * np.sqrt(12 * len(u))
    assert np.abs(z).max() < 4.5
    correlation = np.corrcoef(u.T)[np.triu_indices(4, 1)]
    assert np.abs(correlation * np.sqrt(len(u))).max() < 4.5

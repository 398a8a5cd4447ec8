"""Draws in compiled code are the draws of `sim.model.draws` and `sim.model.lookup`, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from sim.jit import kernel
from sim.model.compiled_draws import high_uniform_of, lanes_of, low_uniform_of, ticks_of, uniform_of
from sim.model.draws import high_uniform, low_uniform, philox, shape_key, uniform
from sim.model.laws import LawKind, LawPart
from sim.model.lookup import sample_ticks
from sim.model.shapes import ShapeBook
from sim.model.tables import Shapes

LANES = [0, 1, 2**11, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 2**11, 2**64 - 1]
LANES += [int(lane) for lane in np.random.default_rng(4).integers(0, 2**64, 200, dtype=np.uint64)]
LANES += [(1 << bit) + offset & 2**64 - 1 for bit in range(11, 64) for offset in (-1, 0, 2**11, -(2**11))]


def signed(word: int) -> int:
    """The int64 with the bits of an unsigned word."""
    return word - ((word >> 63) << 64)


@kernel
def lanes(seed, c0, c1, c2, c3):
    return lanes_of(seed, c0, c1, c2, c3)


@kernel
def uniforms(lane):
    return uniform_of(lane), high_uniform_of(lane), low_uniform_of(lane)


@kernel
def ticks(shapes, mean, shape_id, lane):
    return ticks_of(shapes, mean, shape_id, lane)


@pytest.mark.parametrize(
    "words", [(0, 0, 0, 0, 0), (2**64 - 1,) * 5, (1, 2, 3, 4, 5), (7, 3, 2**63 + 9, 2**64 - 5, 1)]
)
def test_blocks_are_those_of_philox(words):
    expected = tuple(signed(lane) for lane in philox(*words))
    assert tuple(int(x) for x in lanes(*(signed(word) for word in words))) == expected


def test_uniforms_are_equal():
    for lane in LANES:
        assert uniforms(signed(lane)) == (uniform(lane), high_uniform(lane), low_uniform(lane))


def book() -> tuple[Shapes, int]:
    """Shapes: exactly, exponential, lognormal, with atoms at 0, between and at never."""
    shapes = ShapeBook()
    shapes.add(LawPart(LawKind.LOGNORMAL, 1.0, 0.8))
    shapes.add(
        LawPart(LawKind.EXACTLY, 0.0, weight=0.25),
        LawPart(LawKind.EXPONENTIAL, 2.0, weight=0.5),
        LawPart(LawKind.EXACTLY, 1.5, weight=0.125),
        LawPart(LawKind.NEVER, weight=0.125),
    )
    shapes.add(LawPart(LawKind.EXACTLY, 1.0, weight=0.5), LawPart(LawKind.EXACTLY, 3.0, weight=0.5))
    made = shapes.shapes()
    return made, len(made.n_atoms)


def test_samples_are_equal():
    shapes, n = book()
    assert n == 5
    for shape_id in range(n):
        for mean in (0.0, 0.4, 3.48e8, 1e18):
            for lane in LANES:
                expected = sample_ticks(shapes, mean, shape_id, shape_key(lane))
                assert ticks(shapes, mean, shape_id, signed(lane)) == expected, (shape_id, mean, lane)

"""Shapes: tables have the law's mean and variance, atoms are exact, one look-up equals many."""

from __future__ import annotations

from math import exp, inf, log, sqrt

import numpy as np
import pytest
from scipy import stats

from sim.model import shapes as shapes_module
from sim.model.laws import LawKind, LawPart, Mixture
from sim.model.lookup import (
    EXACTLY,
    EXPONENTIAL,
    sample_shape,
    sample_shapes,
    sample_ticks,
    to_ticks,
    to_ticks_many,
)
from sim.model.shapes import ShapeBook
from sim.model.tables import NEVER, Shapes

Law = tuple[LawPart, ...]

K = LawKind
MINUTE = 60_000_000

SMOOTH: dict[str, Law] = {
    "exponential": (LawPart(K.EXPONENTIAL, 5 * MINUTE),),
    **{f"lognormal {cv}": (LawPart(K.LOGNORMAL, 5 * MINUTE, cv),) for cv in (0.2, 0.8, 1, 2, 3)},
    **{f"gamma {cv}": (LawPart(K.GAMMA, 5 * MINUTE, cv),) for cv in (0.1, 0.5, 1, 2, 3)},
    **{f"weibull {cv}": (LawPart(K.WEIBULL, 5 * MINUTE, cv),) for cv in (0.5, 1.2, 2)},
    "uniform": (LawPart(K.UNIFORM, 3 * MINUTE, 7 * MINUTE),),
    "two humps": (LawPart(K.EXPONENTIAL, 2, weight=0.6), LawPart(K.LOGNORMAL, 12, 1, 0.4)),
    "three kinds": (
        LawPart(K.LOGNORMAL, 2, 0.8, 0.5),
        LawPart(K.GAMMA, 12, 1, 0.3),
        LawPart(K.WEIBULL, 9, 0.6, 0.2),
    ),
    "scales far apart": (LawPart(K.EXPONENTIAL, 1, weight=0.99), LawPart(K.EXPONENTIAL, 1e5, weight=0.01)),
    "some at 0": (LawPart(K.EXACTLY, 0, weight=0.1), LawPart(K.EXPONENTIAL, 88, weight=0.9)),
    "some never": (
        LawPart(K.NEVER, weight=0.1),
        LawPart(K.EXACTLY, 3, weight=0.2),
        LawPart(K.LOGNORMAL, 6, 0.8, 0.7),
    ),
}

WITH_A_HOLE: Law = (LawPart(K.UNIFORM, 1, 2, 0.4), LawPart(K.UNIFORM, 5, 6, 0.6))


def variance(part: LawPart) -> float:
    spread = {K.EXPONENTIAL: part.mean, K.UNIFORM: (part.b - part.a) / sqrt(12), K.EXACTLY: 0.0}
    return spread.get(part.kind, part.mean * part.b) ** 2


def finite_moments(law: Law) -> tuple[float, float]:
    """Mean and squared coefficient of variation of a law's finite part, from its formulas."""
    finite = [p for p in law if p.kind is not K.NEVER]
    weight = sum(p.weight for p in finite)
    mean = sum(p.weight * p.mean for p in finite) / weight
    square = sum(p.weight * (variance(p) + p.mean**2) for p in finite) / weight
    return mean, square / mean**2 - 1


def cell_widths() -> np.ndarray:
    """Share of the draws that fall in each of the 2048 cells, from the words in `lookup` alone."""
    side = [2.0 ** -(octave + 2) / 32 for octave in range(31) for _ in range(32)] + [2.0**-32 / 32] * 32
    return np.array(side * 2)


def table_moments(shapes: Shapes, row: int) -> tuple[float, float]:
    """Mean and variance of a table's finite part: linear inside cells, so exact."""
    rows = range(int(shapes.n_atoms[row]))
    atoms = [(shapes.atom_to[row, a] - shapes.atom_from[row, a], shapes.atom_value[row, a]) for a in rows]
    left = 1 - sum(w for w, _ in atoms)
    finite = 1 - sum(w for w, x in atoms if x == inf)
    middle, slope = shapes.value[row] + shapes.slope[row] / 2, shapes.slope[row]
    mean = left * np.sum(cell_widths() * middle) + sum(w * x for w, x in atoms if x < inf)
    square = left * np.sum(cell_widths() * (middle**2 + slope**2 / 12))
    square += sum(w * x * x for w, x in atoms if x < inf)
    return mean / finite, square / finite - (mean / finite) ** 2


def some_keys(n: int) -> np.ndarray:
    """Draws of 53 bits: random ones and both ends of every octave on both sides."""
    powers = 2 ** np.arange(53)
    ends = np.concatenate([powers, powers - 1, 2**53 - powers, 2**53 - 1 - powers])
    return np.concatenate([np.random.default_rng(1).integers(0, 2**53, n), ends])


@pytest.fixture(scope="module")
def book() -> tuple[dict[str, int], Shapes]:
    collected = ShapeBook()
    ids = {name: collected.add(*law)[1] for name, law in SMOOTH.items()}
    return ids, collected.shapes()


@pytest.mark.parametrize("name", SMOOTH)
def test_table_has_the_laws_mean_and_variance(name: str, book: tuple[dict[str, int], Shapes]) -> None:
    """Not a statistical test: moments of the table against the law's formulas."""
    ids, shapes = book
    mean, cv_squared = finite_moments(SMOOTH[name])
    assert ShapeBook().add(*SMOOTH[name])[0] == pytest.approx(mean, rel=1e-14)
    table_mean, table_variance = table_moments(shapes, ids[name])
    assert table_mean == pytest.approx(1, abs=1e-8)
    assert table_variance == pytest.approx(cv_squared, rel=1e-4)


@pytest.mark.parametrize("name", [n for n in SMOOTH if not n.startswith("some")])
def test_mean_before_rounding_is_exact(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes_module, "_rounded_nodes", lambda x: x)
    law = Mixture(list(SMOOTH[name]))
    value, slope = shapes_module._tabulate(law)
    assert np.sum(cell_widths() * (value + slope / 2)) == pytest.approx(law.mean, rel=1e-12)


def test_where_a_density_has_a_hole_the_mean_is_exact_all_the_same() -> None:
    collected = ShapeBook()
    _, row = collected.add(*WITH_A_HOLE)
    mean, spread = table_moments(collected.shapes(), row)
    assert mean == pytest.approx(1, abs=1e-8)
    assert spread == pytest.approx(finite_moments(WITH_A_HOLE)[1], rel=5e-3)


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("exponential", stats.expon()),
        ("lognormal 0.8", stats.lognorm(sqrt(log(1.64)), scale=1 / sqrt(1.64))),
        ("gamma 0.5", stats.gamma(4, scale=0.25)),
        ("uniform", stats.uniform(0.6, 0.8)),
    ],
)
def test_look_up_is_scipys_quantile(name: str, law, book: tuple[dict[str, int], Shapes]) -> None:
    ids, shapes = book
    u = np.array([1e-6, 0.01, 0.1, 0.4, 0.5, 0.6, 0.9, 0.99, 1 - 1e-6])
    values = sample_shapes(shapes, ids[name], (u * 2**53).astype(np.int64))
    assert values == pytest.approx(law.ppf(u), rel=1e-3, abs=1e-7)


def test_one_look_up_equals_many_bit_for_bit(book: tuple[dict[str, int], Shapes]) -> None:
    _, shapes = book
    keys = some_keys(100_000 // len(shapes.value))
    for row in range(len(shapes.value)):
        assert sample_shapes(shapes, row, keys).tolist() == [
            sample_shape(shapes, row, k) for k in keys.tolist()
        ]
    rows = np.random.default_rng(2).integers(0, len(shapes.value), len(keys))
    single = [sample_shape(shapes, r, k) for r, k in zip(rows.tolist(), keys.tolist(), strict=True)]
    assert sample_shapes(shapes, rows, keys).tolist() == single


def test_more_u_is_never_less_time(book: tuple[dict[str, int], Shapes]) -> None:
    """Beside an atom inside the law, up to the error of interpolation."""
    ids, shapes = book
    keys = np.sort(some_keys(20_000))
    for row in range(len(shapes.value)):
        values = np.minimum(sample_shapes(shapes, row, keys), 1e300)
        assert values[0] >= 0
        slack = 1e-4 * values[:-1] if row == ids["some never"] else 0
        assert np.all(np.diff(values) >= -slack)


def test_atoms_are_exact_at_their_place_in_the_law() -> None:
    """10 % at once, 70 % exponential, 15 % exactly 3 min where the law reaches it, 5 % never at the top."""
    law = (
        LawPart(K.NEVER, weight=0.05),
        LawPart(K.EXACTLY, 3 * MINUTE, weight=0.15),
        LawPart(K.EXACTLY, 0, weight=0.1),
        LawPart(K.EXPONENTIAL, 2 * MINUTE, weight=0.7),
    )
    collected = ShapeBook()
    mean, row = collected.add(*law)
    shapes = collected.shapes()

    def at(u: float) -> int:
        return sample_ticks(shapes, mean, row, int(u * 2**53))

    below = 0.1 + 0.7 * (1 - exp(-1.5))
    assert [at(0), at(0.0999999)] == [0, 0]
    assert [at(below + 1e-9), at(below + 0.15 - 1e-9)] == [3 * MINUTE, 3 * MINUTE]
    assert at(below - 1e-6) == pytest.approx(3 * MINUTE, rel=1e-4)
    assert at(below + 0.15 + 1e-6) == pytest.approx(3 * MINUTE, rel=1e-4)
    assert [at(0.950000001), at(1 - 2**-53)] == [NEVER, NEVER]
    assert at(0.949999999) < NEVER


def test_any_atom_comes_back_to_the_tick() -> None:
    """Through a division by the mean and a multiplication with it, up to a year."""
    for ticks in np.random.default_rng(4).integers(1, 365 * 24 * 60 * MINUTE, 200).tolist():
        collected = ShapeBook()
        law = (LawPart(K.EXACTLY, ticks, weight=0.3), LawPart(K.EXACTLY, 17 * MINUTE, weight=0.7))
        mean, row = collected.add(*law)
        ends = [sample_ticks(collected.shapes(), mean, row, k) for k in (0, 2**53 - 1)]
        assert sorted(ends) == sorted([ticks, 17 * MINUTE])


def test_a_law_without_spread_is_exactly_its_value() -> None:
    collected = ShapeBook()
    for part in (LawPart(K.EXACTLY, 7.0), LawPart(K.UNIFORM, 7, 7), LawPart(K.LOGNORMAL, 7, 0)):
        assert collected.add(part) == (7.0, EXACTLY)
    assert sample_ticks(collected.shapes(), 7.0, EXACTLY, 123) == 7


def test_never_is_never() -> None:
    collected = ShapeBook()
    mean, row = collected.add(LawPart(K.NEVER))
    shapes = collected.shapes()
    assert [sample_ticks(shapes, mean, row, k) for k in (0, 2**52, 2**53 - 1)] == [NEVER] * 3
    sure = to_ticks_many(mean, sample_shapes(shapes, row, np.array([0, 2**53 - 1])))
    assert sure.tolist() == [NEVER, NEVER]


def test_ticks_are_rounded_to_the_nearest_and_stay_below_never() -> None:
    values = np.array([0.0, 0.49, 0.5, 1.0, 1e30, inf])
    assert to_ticks_many(1.0, values).tolist() == [0, 0, 1, 1, NEVER, NEVER]
    assert [to_ticks(1.0, v) for v in values.tolist()] == [0, 0, 1, 1, NEVER, NEVER]


def test_laws_that_differ_in_their_mean_only_share_a_shape() -> None:
    collected = ShapeBook()
    shared = {collected.add(LawPart(K.LOGNORMAL, mean * MINUTE, 0.8))[1] for mean in (2, 6, 12, 0.1)}
    assert len(shared) == 1
    assert collected.add(LawPart(K.EXPONENTIAL, 88.0)) == (88.0, EXPONENTIAL)
    assert len(collected.shapes().value) == 3


def test_a_table_does_not_depend_on_what_was_collected_before() -> None:
    first, second = ShapeBook(), ShapeBook()
    first.add(LawPart(K.GAMMA, 3.0, 0.4))
    _, there = first.add(*SMOOTH["two humps"])
    _, here = second.add(*reversed(SMOOTH["two humps"]))
    assert np.array_equal(first.shapes().value[there], second.shapes().value[here])


@pytest.mark.parametrize(
    "law",
    [
        (),
        (LawPart(K.EXPONENTIAL, 1, weight=0.5),),
        (LawPart(K.EXPONENTIAL, -1),),
        (LawPart(K.UNIFORM, 7, 3),),
        (LawPart(K.GAMMA, 1, 1e-5),),
        (LawPart(K.LOGNORMAL, 1, 50),),
        (LawPart(K.LOGNORMAL, inf, 1),),
    ],
)
def test_impossible_laws_are_refused(law: Law) -> None:
    with pytest.raises(ValueError, match=r"weights|parameters|coefficient"):
        ShapeBook().add(*law)

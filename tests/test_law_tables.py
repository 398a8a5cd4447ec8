"""Tables of all kinds of laws over many parameters: mean, variance, quantiles, and that they only rise."""

from __future__ import annotations

import subprocess
import sys
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.model import shapes as shapes_module
from sim.model.laws import LawKind, LawPart, Mixture
from sim.model.lookup import sample_shapes
from sim.model.samples import MOST_ATOMS, sample_of
from sim.model.scipy_laws import Misfit, law_names, parameters_of, unit_mean
from sim.model.shapes import ShapeBook
from sim.model.tables import Shapes

K = LawKind
SECOND = 1_000_000
QUIET = settings(deadline=None, max_examples=25, derandomize=True)
CVS = st.floats(0.02, 3)
LAWS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("expon", ()), ("gamma", (2.0,)), ("gamma", (0.3,)), ("lognorm", (0.8,)), ("weibull_min", (0.7,)),
    ("burr12", (3.0, 4.0)), ("invgauss", (1.0,)), ("invgauss", (0.145,)), ("beta", (2.0, 3.0)),
    ("exponweib", (2.0, 1.5)), ("pareto", (8.0,)), ("fisk", (9.0,)), ("halfnorm", ()), ("triang", (0.3,)),
    ("foldnorm", (2.0,)), ("truncexpon", (3.0,)), ("chi2", (3.0,)), ("rayleigh", ()), ("uniform", ()),
)  # fmt: skip


def cell_widths() -> np.ndarray:
    """Share of the draws that fall in each of the 2048 cells."""
    side = [2.0 ** -(octave + 2) / 32 for octave in range(31) for _ in range(32)] + [2.0**-32 / 32] * 32
    return np.array(side * 2)


def moments(shapes: Shapes, row: int) -> tuple[float, float]:
    """Mean and variance of a table with its atoms: linear inside cells, so exact."""
    n = int(shapes.n_atoms[row])
    weights, values = (shapes.atom_to - shapes.atom_from)[row, :n], shapes.atom_value[row, :n]
    left = 1 - weights.sum()
    middle, slope = shapes.value[row] + shapes.slope[row] / 2, shapes.slope[row]
    mean = left * np.sum(cell_widths() * middle) + np.sum(weights * values)
    square = left * np.sum(cell_widths() * (middle**2 + slope**2 / 12)) + np.sum(weights * values**2)
    return mean, square - mean**2


def table_of(*law: LawPart) -> tuple[float, Shapes, int]:
    book = ShapeBook()
    mean, row = book.add(*law)
    return mean, book.shapes(), row


def assert_sound(
    law: tuple[LawPart, ...], mean: float, cv2: float, ppf: Any, spread_within: float = 1e-4
) -> None:
    """A table against the law's mean (ticks), squared coefficient of variation and quantiles."""
    found, shapes, row = table_of(*law)
    assert found == pytest.approx(mean, rel=1e-12)
    table_mean, variance = moments(shapes, row)
    assert table_mean == pytest.approx(1, abs=1e-8)
    assert variance == pytest.approx(cv2, rel=spread_within)
    u = np.array([0.5, 0.9, 0.99])
    values = sample_shapes(shapes, row, (u * 2**53).astype(np.int64))
    assert values == pytest.approx(ppf(u) / mean, rel=2e-3, abs=1e-7)
    keys = np.sort(np.random.default_rng(1).integers(0, 2**53, 5000))
    assert np.all(np.diff(sample_shapes(shapes, row, keys)) >= 0)


@QUIET
@given(cv=CVS, mean=st.floats(1e3, 1e12))
def test_lognormal(cv: float, mean: float) -> None:
    s = sqrt(log(1 + cv * cv))
    law = stats.lognorm(s, scale=mean * exp(-s * s / 2))
    assert_sound((LawPart(K.LOGNORMAL, mean, cv),), mean, cv * cv, law.ppf)


@QUIET
@given(cv=CVS, mean=st.floats(1e3, 1e12))
def test_gamma(cv: float, mean: float) -> None:
    law = stats.gamma(cv**-2, scale=mean * cv * cv)
    assert_sound((LawPart(K.GAMMA, mean, cv),), mean, cv * cv, law.ppf)


@QUIET
@given(shape=st.floats(0.5, 40), mean=st.floats(1e3, 1e12))
def test_weibull(shape: float, mean: float) -> None:
    unit = stats.weibull_min(shape)
    cv = unit.std() / unit.mean()
    law = stats.weibull_min(shape, scale=mean / unit.mean())
    assert_sound((LawPart(K.WEIBULL, mean, cv),), mean, cv * cv, law.ppf)


@QUIET
@given(low=st.floats(0, 1e6), width=st.floats(1e3, 1e9))
def test_uniform(low: float, width: float) -> None:
    law = stats.uniform(low, width)
    part = LawPart(K.UNIFORM, low, low + width)
    assert_sound((part,), law.mean(), law.var() / law.mean() ** 2, law.ppf)


@QUIET
@given(cut=st.floats(0.05, 0.95), a=st.floats(1, 100), b=st.floats(1, 100), c=st.floats(1, 100))
def test_percentiles_are_straight_between_the_points(cut: float, a: float, b: float, c: float) -> None:
    """The quantile function is a, then linear to a + b, then linear to a + b + c: moments by hand."""
    law = (
        LawPart(K.UNIFORM, a * SECOND, (a + b) * SECOND, cut),
        LawPart(K.UNIFORM, (a + b) * SECOND, (a + b + c) * SECOND, 1 - cut),
    )
    mean = cut * (a + b / 2) + (1 - cut) * (a + b + c / 2)
    square = cut * ((a + b / 2) ** 2 + b * b / 12) + (1 - cut) * ((a + b + c / 2) ** 2 + c * c / 12)

    def ppf(u: np.ndarray) -> np.ndarray:
        return SECOND * np.interp(u, (0, cut, 1), (a, a + b, a + b + c))

    assert_sound(law, mean * SECOND, square / mean**2 - 1, ppf)


@pytest.mark.parametrize(("name", "figures"), LAWS)
def test_laws_of_scipy(name: str, figures: tuple[float, ...]) -> None:
    unit = getattr(stats, name)(*figures)
    mean = 300 * SECOND
    scale = mean / unit.mean()
    law = (LawPart(K.SCIPY, mean, name=name, figures=figures),)
    assert_sound(law, mean, unit.var() / unit.mean() ** 2, lambda u: unit.ppf(u) * scale)


@pytest.mark.parametrize(
    ("name", "figures", "same"),
    [
        ("gamma", (4.0,), LawPart(K.GAMMA, 300.0, 0.5)),
        ("expon", (), LawPart(K.EXPONENTIAL, 300.0)),
        ("lognorm", (0.8,), LawPart(K.LOGNORMAL, 300.0, sqrt(exp(0.64) - 1))),
    ],
)
def test_a_law_of_scipy_is_the_same_as_ours(name: str, figures: tuple[float, ...], same: LawPart) -> None:
    """Also inside a mixture with an atom, where its functions are asked for between the nodes."""
    for more in ((), (LawPart(K.EXPONENTIAL, 700.0, weight=1.0), LawPart(K.EXACTLY, 100.0, weight=1.0))):
        weight = 1 / (1 + len(more))
        others = tuple(LawPart(p.kind, p.a, weight=weight) for p in more)
        theirs = LawPart(K.SCIPY, 300.0, name=name, figures=figures, weight=weight)
        ours = LawPart(same.kind, same.a, same.b, weight=weight)
        (_, a, i), (_, b, j) = table_of(theirs, *others), table_of(ours, *others)
        assert a.value[i] == pytest.approx(b.value[j], rel=1e-6, abs=1e-12)
        assert a.atom_from[i] == pytest.approx(b.atom_from[j], abs=1e-12)


class TestSamples:
    @QUIET
    @given(
        values=st.dictionaries(st.integers(0, 10**10), st.floats(0.01, 100), min_size=2, max_size=MOST_ATOMS)
    )
    def test_few_values_are_exact(self, values: dict[int, float]) -> None:
        mean, sample = sample_of(values)
        found, shapes, row = table_of(LawPart(K.SAMPLE, mean, sample=sample))
        assert found == pytest.approx(mean, rel=1e-12)
        table_mean, variance = moments(shapes, row)
        assert table_mean == pytest.approx(1, abs=1e-9)
        assert variance == pytest.approx(np.sum(sample.shares * (sample.values - 1) ** 2), rel=1e-9)
        n = shapes.n_atoms[row]
        assert np.rint(shapes.atom_value[row, :n] * mean).astype(int).tolist() == sorted(values)

    @pytest.mark.parametrize("n", [MOST_ATOMS + 1, 200, 1000, 20_000])
    @pytest.mark.parametrize("grid", [1, SECOND, 10 * SECOND])
    def test_many_values_keep_mean_spread_and_quantiles(self, n: int, grid: int) -> None:
        x = np.random.default_rng(n).lognormal(6, 1, n) * SECOND
        ticks, counts = np.unique((x // grid).astype(np.int64) * grid, return_counts=True)
        mean, sample = sample_of(dict(zip(ticks.tolist(), counts.tolist(), strict=True)))
        if len(ticks) <= MOST_ATOMS:
            return
        found, shapes, row = table_of(LawPart(K.SAMPLE, mean, sample=sample))
        assert found == pytest.approx(np.repeat(ticks, counts).mean(), rel=1e-12)
        table_mean, variance = moments(shapes, row)
        assert table_mean == pytest.approx(1, abs=1e-8)
        spread = np.sum(sample.shares * (sample.values - 1) ** 2)
        assert variance == pytest.approx(spread, rel=3e-3 if n < 1000 else 3e-4)
        keys = np.sort(np.random.default_rng(1).integers(0, 2**53, 5000))
        values = sample_shapes(shapes, row, keys)
        assert np.all(np.diff(values) >= 0)
        # Every drawn value lies between the values of the sample a grid cell further.
        u = keys / 2**53
        low, high = (
            np.quantile(x // grid * grid, np.clip(u + d, 0, 1), method="inverted_cdf")
            for d in (-1 / 64, 1 / 64)
        )
        assert np.all((values * mean >= low * (1 - 1e-4)) & (values * mean <= high * (1 + 1e-4)))

    def test_one_value_is_always_that(self) -> None:
        mean, sample = sample_of({90: 3.0})
        assert ShapeBook().add(LawPart(K.SAMPLE, mean, sample=sample)) == (90.0, 0)

    def test_no_time_at_all(self) -> None:
        mean, sample = sample_of({0: 3.0})
        assert ShapeBook().add(LawPart(K.SAMPLE, mean, sample=sample)) == (0.0, 0)

    def test_the_same_times_in_another_unit_share_a_shape(self) -> None:
        book = ShapeBook()
        of_seconds, of_minutes = sample_of({20: 1.0, 40: 2.0}), sample_of({1200: 2.0, 2400: 4.0})
        rows = {book.add(LawPart(K.SAMPLE, mean, sample=one))[1] for mean, one in (of_seconds, of_minutes)}
        assert len(rows) == 1

    def test_inside_a_mixture_with_a_smooth_law_and_never(self) -> None:
        rng = np.random.default_rng(5)
        ticks = (rng.exponential(300, 3000) * SECOND).astype(int)
        mean, sample = sample_of(dict.fromkeys(ticks.tolist(), 1.0))
        law = (
            LawPart(K.SAMPLE, mean, weight=0.5, sample=sample),
            LawPart(K.LOGNORMAL, 900.0 * SECOND, 0.5, 0.4),
            LawPart(K.EXACTLY, 60.0 * SECOND, weight=0.1),
        )
        found, shapes, row = table_of(*law)
        wanted = 0.5 * mean + 0.4 * 900 * SECOND + 0.1 * 60 * SECOND
        assert found == pytest.approx(wanted, rel=1e-12)
        second = mean**2 * np.sum(sample.shares * sample.values**2)
        square = 0.5 * second + (0.4 * 900**2 * 1.25 + 0.1 * 60**2) * SECOND**2
        table_mean, variance = moments(shapes, row)
        assert table_mean == pytest.approx(1, abs=1e-8)
        assert variance == pytest.approx(square / wanted**2 - 1, rel=1e-4)


def test_means_before_rounding_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes_module, "_rounded_nodes", lambda x: x)
    sample = sample_of({int(x): 1.0 for x in np.random.default_rng(6).exponential(1e8, 500)})[1]
    for part in (
        LawPart(K.SAMPLE, 1.0, sample=sample),
        LawPart(K.SCIPY, 1.0, name="burr12", figures=(3.0, 2.0)),
    ):
        value, slope = shapes_module._tabulate(Mixture([part]))
        assert np.sum(cell_widths() * (value + slope / 2)) == pytest.approx(1, rel=1e-12)


class TestSciPy:
    def test_names(self) -> None:
        assert law_names()["gamma"]
        assert not law_names()["poisson"]
        assert parameters_of("exponweib") == ("a", "c")

    @pytest.mark.parametrize(
        ("name", "figures", "words"),
        [
            ("norm", (), "minus infinity"),
            ("genextreme", (-0.2,), "down to -5"),
            ("halfcauchy", (), "no finite mean"),
            ("pareto", (1.0,), "no finite mean"),
            ("gamma", (-1.0,), "no such law"),
        ],
    )
    def test_what_no_duration_can_follow(self, name: str, figures: tuple[float, ...], words: str) -> None:
        with pytest.raises(Misfit, match=words):
            unit_mean(name, figures)

    def test_a_mean_that_the_quantiles_do_not_have(self) -> None:
        with pytest.raises(Misfit, match="but its quantiles have"):
            table_of(LawPart(K.SCIPY, 1.0, name="invgamma", figures=(1.001,)))

    def test_quantiles_that_scipy_has_wrong_do_no_harm(self) -> None:
        """Far out, SciPy 1.17 answers 1e200 for this law."""
        law = LawPart(K.SCIPY, 1.0, name="invgauss", figures=(0.145462645553,))
        assert moments(*table_of(law)[1:])[0] == pytest.approx(1, abs=1e-8)

    def test_scipys_statistics_are_not_loaded_unless_named(self) -> None:
        code = "import sim.scenario.validate, sys; print('scipy.stats' in sys.modules)"
        assert (
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
            == "False\n"
        )
        assert scipy.stats is stats

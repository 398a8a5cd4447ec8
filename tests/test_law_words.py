"""Laws in words: kinds, mixtures, and where in the text a mistake is."""

from __future__ import annotations

import pytest

from sim.scenario.laws import EXAMPLES, files_renamed, parse_law
from sim.units import MINUTE, WordsError


@pytest.mark.parametrize("words", EXAMPLES)
def test_the_examples_given_in_hints_can_be_read(words: str) -> None:
    assert parse_law(words).components


@pytest.mark.parametrize(
    ("words", "mean"),
    [
        ("5 min", 5 * MINUTE),
        ("exactly 5 min", 5 * MINUTE),
        ("exponential 5 min", 5 * MINUTE),
        ("uniform 3..7 min", 5 * MINUTE),
        ("uniform 180 s..7 min", 5 * MINUTE),
        ("60% exponential 2 min + 40% lognormal 12 min cv 1", 6 * MINUTE),
        ("1.2 times lognormal 5 min cv 0.8", 6 * MINUTE),
        ("2 times 1.5 times uniform 1..3 min", 6 * MINUTE),
        ("percentiles p50 4 min p100 8 min", 4 * MINUTE),
        ("2 times percentiles p0 2 min p50 4 min p100 8 min", 9 * MINUTE),
        ("50% percentiles p50 0 s p100 8 min + 50% exactly 1 min", 1.5 * MINUTE),
        ("percentiles p0 5 min p100 5 min", 5 * MINUTE),
        ("2 times scipy gamma a=2 mean 5 min", 10 * MINUTE),
        ("gamma 6 min p99.9 30 min", 6 * MINUTE),
        ("20% never + 80% exponential 5 min", 5 * MINUTE),  # the mean of what is finite
    ],
)
def test_means(words: str, mean: float) -> None:
    assert parse_law(words).mean == pytest.approx(mean)


def test_a_lognormal_law_by_its_p90_has_that_p90() -> None:
    # cv from ln(p90 / mean) = z s - s**2 / 2 with z = 1.2816: 11 / 6 gives s = 0.6256
    assert parse_law("lognormal 6 min p90 11 min").components[0].cv == pytest.approx(0.6923, abs=1e-4)


def test_two_percentiles_in_either_order_are_one_law() -> None:
    laws = [parse_law(f"gamma {words}") for words in ("p50 4 min p90 11 min", "p90 11 min p50 4 min")]
    assert laws[0] == laws[1]
    assert laws[0].mean == pytest.approx(5.1781 * MINUTE, rel=1e-4)


def test_parameters_of_scipy_come_in_its_own_order() -> None:
    (law,) = parse_law("scipy burr12 d=3 c = 2 mean 5 min").components
    assert (law.name, law.figures, law.mean) == ("burr12", (2.0, 3.0), 5 * MINUTE)


def test_a_law_from_a_file_names_it() -> None:
    law = parse_law("2 times from a b.csv")
    assert list(law.files()) == ["a b.csv"]


@pytest.mark.parametrize(
    ("words", "renamed"),
    [
        ("from a.csv", "from x/a.csv"),
        ("2 times from a b.csv", "2 times from x/a b.csv"),
        ("60% from a.csv + 40% from b.csv", "60% from x/a.csv + 40% from x/b.csv"),
        ("60% exponential 2 min + 40% from b.csv", "60% exponential 2 min + 40% from x/b.csv"),
        ("5 min", "5 min"),
    ],
)
def test_files_get_other_names(words: str, renamed: str) -> None:
    assert files_renamed(words, lambda name: f"x/{name}") == renamed


@pytest.mark.parametrize(
    ("words", "offset"),
    [
        ("lognorml 6 min cv 1", 0),
        ("exponential 5 mim", 14),
        ("lognormal 6 min cv x", 19),
        ("lognormal 6 min", 10),
        ("uniform 7..3 min", 11),
        ("60% exponential 2 min + 40% gama 1 min cv 1", 28),
        ("60% exponential 2 min + exponential 3 min", 24),
        ("lognormal 6 min p90 60 min", 20),
        ("60% 1 min + 60% 2 min", 0),
        ("never 5 min", 6),
    ],
)
def test_a_mistake_is_placed_in_the_text(words: str, offset: int) -> None:
    with pytest.raises(WordsError) as e:
        parse_law(words)
    assert e.value.offset == offset


def test_a_bare_number_is_no_law() -> None:
    with pytest.raises(WordsError, match="needs a unit"):
        parse_law(5)

"""Measures put together: parsed and computed as Python does, deviations as derivatives say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.errors import UsageError
from sim.measure.expressions import ANY, Path, evaluated, parse_expression, paths_in, unit_of
from sim.measure.figure import Estimate

VALUES = {"a.x": 3.0, "b.y at 20:00": 0.25, "c d.z": 7.0}
DEVIATIONS = {"a.x": [0.1, -0.3, 0.2], "b.y at 20:00": [0.0, 0.01, -0.01], "c d.z": [1.0, -0.5, -0.5]}
NAMES = {"a.x": "A", "b.y at 20:00": "B", "c d.z": "C"}

leaves = st.sampled_from([*VALUES, "2", "0.5", "1_000"])
texts = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=8,
)


def found(path: str) -> Estimate:
    return Estimate(np.asarray(VALUES[path]), np.asarray(DEVIATIONS[path]))


def python(text: str, values: dict[str, float]) -> float:
    """The value of an expression as Python computes it."""
    for path, name in NAMES.items():
        text = text.replace(path, name)
    names = {NAMES[path]: value for path, value in values.items()}
    return float(eval(text, {"__builtins__": {}}, names))


@given(texts)
def test_values_are_those_of_python(text: str) -> None:
    assume(any(path in text for path in VALUES))
    try:
        expected = python(text, VALUES)
    except ZeroDivisionError:
        expected = math.nan
    value = float(evaluated(parse_expression(text), found).value)
    assert value == pytest.approx(expected, rel=1e-9, nan_ok=True)


@given(texts)
def test_deviations_are_those_of_a_small_step(text: str) -> None:
    assume(any(path in text for path in VALUES))
    step = 1e-6
    try:
        moved = [[python(text, {p: v + sign * step * DEVIATIONS[p][unit] for p, v in VALUES.items()})
                  for sign in (1, -1)] for unit in range(3)]  # fmt: skip
        at = python(text, VALUES)
    except ZeroDivisionError:
        return
    assume(all(abs(x) < 1e6 for x in (at, *moved[0], *moved[1], *moved[2])))
    slopes = [(up - down) / (2 * step) for up, down in moved]
    deviations = evaluated(parse_expression(text), found).deviations
    assert deviations.tolist() == pytest.approx(slopes, rel=1e-4, abs=1e-3 * max(1, abs(at)))


def test_names_with_signs_inside_stay_whole() -> None:
    assert parse_expression("e-mail.wait.mean at 06:15") == Path("e-mail.wait.mean at 06:15")
    assert paths_in(parse_expression("(own/vendor.cost.total / (a-b.contacts))")) == (
        "own/vendor.cost.total",
        "a-b.contacts",
    )


def test_measures_without_units_in_common_have_no_half_width() -> None:
    units = {"a": np.zeros(3), "b": np.zeros(2)}
    whole = evaluated(parse_expression("a / b"), lambda path: Estimate(np.asarray(1.0), units[path]))
    assert len(whole.deviations) == 0
    assert float(whole.value) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a.x +", "a measure is missing at the end"),
        ("a.x / / b", "a measure is missing before '/'"),
        ("(a.x", "a bracket is not closed"),
        ("a.x)", "a '\\)' too many"),
        ("(a.x) b.y", "a 'b.y' too many"),
        ("2 * 3", "there is no measure in"),
        ("", "a measure is missing"),
    ],
)
def test_what_is_missing_is_told(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("wait", "s"),
        ("0.6 * wait + 0.4 * wait", "s"),
        ("wait / wait", ""),
        ("1 - share", "share"),
        ("share * wait", "s"),
        ("wait / share", "s"),
        ("wait * wait", ANY),
        ("cost / wait", ANY),
        ("cost - cost", "EUR/day"),
    ],
)
def test_units(text: str, unit: str) -> None:
    of = {"wait": "s", "share": "share", "cost": "EUR/day"}
    assert unit_of(parse_expression(text), of.__getitem__) == unit


def test_unlike_things_cannot_be_added() -> None:
    with pytest.raises(UsageError, match="'s' and 'share' cannot be added"):
        unit_of(parse_expression("wait + share"), {"wait": "s", "share": "share"}.__getitem__)

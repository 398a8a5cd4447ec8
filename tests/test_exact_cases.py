"""Ten of the scenarios with an exact answer, at 5 % precision; all of them run in `tests/exact_cases.py`.

Each figure must lie within 3.5 of its standard errors. Seeds are fixed; with 20 replications a right
program exceeds that in 0.24 % of the figures (t distribution, 19 degrees of freedom).
"""

from __future__ import annotations

import pytest
from exact_cases import CASES, FOLDER, figures, wrong

QUICK = {
    "eb-24-30": 20,
    "eb-50-45": 20,
    "ea-03": 20,
    "ea-05": 20,
    "ea-09": 20,
    "mmcka-1": 20,
    "mmcka-3": 20,
    "me2-2": 20,
    "pa-1": 20,
    "inf-1": 20,
}
"""Replications that bring every standard error of a case to 5 %."""


@pytest.mark.parametrize("name", QUICK)
def test_the_engine_meets_an_exact_answer(name: str) -> None:
    found = figures(name, QUICK[name])
    assert found
    assert [text for met in found if (text := wrong(met, 0.05)) is not None] == []


def test_every_file_with_an_exact_answer_is_run() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(CASES)

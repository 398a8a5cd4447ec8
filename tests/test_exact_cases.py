"""Ten of the scenarios with an exact answer, quickly; all of them run in `tests/exact_cases.py`.

Standard errors are 2 % of a figure on the compiled engine, 5 % on the reference engine. Each figure must lie
within 3.5 of its standard errors. Seeds are fixed; with 20 replications a right program exceeds that in
0.24 % of the figures, with 64 in 0.09 % (t distribution, 19 and 63 degrees of freedom).

The claims of all files are held against `data/exact_cases.json`, as far as their cases stand there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from exact_cases import main, wrong

from sim.jit import IS_COMPILED
from sim.scenario.wishes import parse_figure
from sim.verify.exact_cases import CASES, EXACT_FOLDER, PILOT, Found, found_exact

DATA = json.loads((Path(__file__).parent / "data" / "exact_cases.json").read_text(encoding="utf-8"))
EXACT: dict[str, dict[str, float]] = {case["id"]: case["quantities"] for case in DATA["cases"]}

IS_REQUIRED = re.compile(
    r"(agent_)?(p_wait|p_block|p_abandon|mean_wait|asa|service_level|sl|p_served|mean_queue|mean_busy"
    r"|mean_in_system|occupancy|expected_)(?!_period)"
)
"""Quantities that need a claim where their case has a scenario."""

QUICK = ["eb-24-30", "eb-50-45", "ea-03", "ea-05", "ea-09", "mmcka-1", "mmcka-3", "me2-2", "pa-1", "inf-1"]


@pytest.mark.skipif(not IS_COMPILED, reason="nothing is compiled")
@pytest.mark.parametrize("name", QUICK)
def test_the_compiled_engine_meets_an_exact_answer(name: str) -> None:
    assert_met(found_exact(name, 0.02, "compiled"))


@pytest.mark.parametrize("name", QUICK)
def test_the_reference_engine_meets_an_exact_answer(name: str) -> None:
    assert_met(found_exact(name, 0.05, "reference", first=20))


def assert_met(case: Found) -> None:
    assert case.figures
    assert [text for met in case.figures if (text := wrong(met)) is not None] == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [("0%", "no number of replications"), ("0.5", "is not a share"), ("half", "half")],
)
def test_a_precision_is_a_share_above_0(words: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["eb-5-3", "--precision", words])
    assert stopped.value.code == 2
    assert re.search(reason, capsys.readouterr().err)


def test_precision_engine_and_workers_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("inf-1 --precision 5% --engine reference --workers 1".split()) == 0
    out = capsys.readouterr().out
    assert f"inf-1  (mginf, {PILOT} replications" in out
    assert "The reference engine, standard errors of at most 5 % of a figure" in out


def test_every_file_with_an_exact_answer_is_run() -> None:
    assert {path.stem for path in EXACT_FOLDER.glob("*.yaml")} == set(CASES)


def test_an_unknown_case_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["eb-5-3", "eb-6"])
    assert stopped.value.code == 2
    assert "there is no case eb-6; there are eb-5-3, eb-10-8" in capsys.readouterr().err


# --- the claims are the figures of the data -------------------------------------------------------


class Written(NamedTuple):
    """A claim as it stands in a file."""

    case: str
    is_complement: bool
    quantity: str
    words: str


def written(file: Path) -> Iterator[Written]:
    """Every claim of a file whose case is in the data and that names its quantity, or 1 less it."""
    text = file.read_text(encoding="utf-8")
    case = text.removeprefix("# ").split(maxsplit=1)[0].removesuffix(".")
    for words, less, quantity in re.findall(r"\{is: ([^,]+), source: exact\}  # (1 - )?(\S+)", text):
        if quantity in EXACT.get(case, ()):
            yield Written(case, bool(less), quantity, words)


def test_claims_are_the_figures_of_the_data() -> None:
    claims = [claim for name in CASES for claim in written(EXACT_FOLDER / f"{name}.yaml")]
    assert len(claims) > 200
    wrong_ones = []
    for case, is_complement, quantity, words in claims:
        figure = parse_figure(words)
        exact = 1 - EXACT[case][quantity] if is_complement else EXACT[case][quantity]
        if figure.unit == "s" and not quantity.endswith("_s"):
            exact *= 60
        microsecond = 1e-6 if figure.unit == "s" else 0.0  # times are read as whole ones
        if figure.value != pytest.approx(exact, rel=1e-8, abs=microsecond):
            wrong_ones.append((case, quantity, words))
    assert wrong_ones == []


def test_no_figure_of_a_case_that_has_a_scenario_is_left_out() -> None:
    claimed: dict[str, set[str]] = {}
    for name in CASES:
        for claim in written(EXACT_FOLDER / f"{name}.yaml"):
            claimed.setdefault(claim.case, set()).add(_without_unit(claim.quantity))
    assert len(claimed) > 30
    left_out = {
        (case, quantity)
        for case, has in claimed.items()
        for quantity in EXACT[case]
        if IS_REQUIRED.match(quantity) and _without_unit(quantity) not in has
    }
    assert left_out == set()


def _without_unit(quantity: str) -> str:
    """A time in minutes and in seconds is one quantity."""
    return re.sub("_(min|s)(?=_|$)", "", quantity)

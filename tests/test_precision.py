"""Runs until figures are precise: bounds in words, when one looks, what is said when the cap comes first."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.cli import main
from sim.errors import UsageError
from sim.scenario.resolve import Resolved
from sim.study.precision import (
    Bound,
    Width,
    is_within,
    looks,
    most_replications,
    parse_precision,
    run_until_precise,
)
from sim.study.prepare import prepare
from sim.study.replications import run_replications

SCENARIO = """\
name: Phone line
demand: {volume: 200/day, by_hour: office}
desks:
  phone: {handling: exponential 5 min, patience: exponential 5 min}
teams:
  own: {serves: phone, agents: {08:00-18:00: 2, else: 1}, cost: 30 EUR/h}
targets: {phone.service_level: 80% in 20 s}
"""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resolved:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.yaml").write_text(SCENARIO, encoding="utf-8")
    return prepare("line.yaml").resolved


def bounds(line: Resolved, words: str) -> tuple[Bound, ...]:
    return parse_precision(words, line.model, line.labels)


def precise(line: Resolved, words: str, cap: int | None = None, **more: Any) -> dict[str, Any]:
    return run_until_precise(line, 1, bounds(line, words), cap, engine="reference", workers=1, **more)


# --- bounds ---------------------------------------------------------------------------------------


def test_bounds_are_shares_of_the_figure_points_or_in_its_unit(line: Resolved) -> None:
    found = bounds(line, "wait.mean 2%,phone.service_level 1pp , wait.p90 at 12:00  10 s, cost.total 5 EUR, "
                         "contacts 3, agents 0.5%")  # fmt: skip
    assert [(b.path, b.amount, b.is_relative) for b in found] == [
        ("wait.mean", 0.02, True),
        ("phone.service_level", 0.01, False),
        ("wait.p90 at 12:00", 10.0, False),
        ("cost.total", 5.0, False),
        ("contacts", 3.0, False),
        ("agents", 0.005, True),
    ]
    assert found[0].of(-50.0) == 1.0
    assert found[1].of(0.8) == 0.01


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("wait.maen 2%", "did you mean 'wait.mean'?"),
        ("wait.mean", "write for example 'wait.mean 2%, service_level 1pp'"),
        ("", "'' is no precision"),
        ("wait.mean 2%,", "'' is no precision"),
        ("wait.mean soon", "write for example 'wait.mean 2%"),
        ("wait.mean 0%", "a precision is more than 0"),
        ("wait.mean -1 s", "write for example 'wait.mean 2%"),
        ("wait.mean 2 pp", "wait.mean is measured as a time; write for example '10 s'"),
        ("wait.mean 2", "wait.mean is measured as a time"),
        ("service_level 10 s", "write '1pp' for a percentage point"),
        ("cost.total 5 CNY", "measured in EUR; write for example '5 EUR'"),
        ("wait.mean 2%, wait.mean 3%", "'wait.mean' is named twice"),
        ("wait.mean at 25:00 2%", "25:00"),
        ("solved.end at 12:00 2%", "not kept by the time of day"),
    ],
)
def test_what_is_no_bound_is_told(line: Resolved, words: str, says: str) -> None:
    with pytest.raises(UsageError) as told:
        bounds(line, words)
    assert says in str(told.value)


def test_a_figure_is_precise_or_not() -> None:
    share, relative = Bound("a", 0.01, False, "share", "1pp"), Bound("w", 0.02, True, "s", "2%")
    assert is_within(share, Width(0.5, 0.01))
    assert not is_within(share, Width(0.5, 0.0101))
    assert is_within(relative, Width(100.0, 2.0))
    assert not is_within(relative, Width(100.0, 2.1))
    assert not is_within(relative, Width(0.0, 0.0))  # 2 % of nothing
    assert is_within(share, Width(0.0, 0.0))
    nothing = float("nan")
    assert not is_within(share, Width(nothing, nothing))
    assert not is_within(relative, Width(1.0, nothing))


# --- looks and stops ------------------------------------------------------------------------------


def test_looks_begin_at_30_and_end_at_the_cap() -> None:
    assert list(looks(29)) == [29]
    assert list(looks(30)) == [30]
    assert list(looks(33)) == [30, 33]
    many = list(looks(1000))
    assert many[:4] == [30, 35, 40, 45]
    assert many[-1] == 1000
    assert all(b - a >= max(5, a / 10) for a, b in pairwise(many[:-1]))


def test_the_budget_is_a_matter_of_the_scenario(line: Resolved) -> None:
    assert most_replications(line.model) == 2560
    large = prepare("line.yaml", sets=["demand.volume=20_000_000/day"]).resolved
    assert most_replications(large.model) == 12


def test_it_stops_when_two_looks_in_a_row_agree_and_is_the_run_of_as_many_replications(
    line: Resolved,
) -> None:
    found = precise(line, "phone.service_level 3pp, phone.wait.mean 60%")
    stop = found.pop("precision")
    assert stop["reached"]
    assert stop["stopped"] == "precise"
    assert (stop["start"], stop["cap"], stop["cap_is"]) == (30, 2560, "budget")
    assert list(looks(2560))[stop["looks"] - 1] == found["replications"]
    assert stop["looks"] >= 2
    level = stop["measures"][0]
    assert level["half_width"] <= level["bound"] == 0.03
    assert level["value"] == found["stages"]["phone"]["service_level"]["value"]
    assert stop["measures"][1]["bound"] == pytest.approx(0.6 * stop["measures"][1]["value"])
    again = run_replications(line, 1, found["replications"], engine="reference", workers=1)
    told = [found.pop("warnings"), again.pop("warnings")]
    told += [found.pop("control_variates"), again.pop("control_variates")]
    assert found == again


def test_a_look_that_is_lucky_is_not_enough(line: Resolved) -> None:
    """A bound that the first look just meets: at least one more look follows."""
    first = precise(line, "wait.mean 1%", 30)["precision"]["measures"][0]["half_width"]
    found = precise(line, f"wait.mean {1.0001 * first:.6f} s")
    assert found["replications"] > 30


def test_the_cap_is_told_with_what_might_do(line: Resolved) -> None:
    found = precise(line, "wait.mean 0.5%, phone.service_level 20pp", 33)
    stop = found["precision"]
    assert found["replications"] == 33
    assert (stop["reached"], stop["stopped"], stop["cap"], stop["cap_is"]) == (False, "cap", 33, "asked")
    wait = stop["measures"][0]
    assert stop["enough"] == pytest.approx(33 * (wait["half_width"] / wait["bound"]) ** 2, abs=1)
    assert [m["reached"] for m in stop["measures"]] == [False, True]


def test_at_the_cap_the_last_look_decides(line: Resolved) -> None:
    stop = precise(line, "phone.service_level 20pp", 12)["precision"]
    assert (stop["reached"], stop["stopped"], stop["start"], stop["looks"]) == (True, "cap", 12, 1)


def test_engines_and_workers_change_nothing(line: Resolved) -> None:
    words = bounds(line, "phone.service_level 20pp")
    one = run_until_precise(line, 1, words, engine="reference", workers=1)
    two = run_until_precise(line, 1, words, engine="compiled", workers=2)
    assert one["replications"] > 30  # the later ones are numbered on
    assert two | {"engine": "reference"} == one


# --- the command ----------------------------------------------------------------------------------


def test_the_command_says_how_it_stopped(line: Resolved, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["run", "line.yaml", "--engine", "reference", "--out", "r"]
    assert main([*argv, "--precision", "service_level 4pp"]) == 0
    out = capsys.readouterr().out
    assert "Precision\n  ✓  service_level" in out
    assert "wanted ± 4pp" in out
    assert "the last two looks agree" in out
    assert json.loads(Path("r/summary.json").read_text(encoding="utf-8"))["precision"]["reached"]


def test_not_reached_is_said_plainly_and_the_best_is_kept(
    line: Resolved, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["run", "line.yaml", "--engine", "reference", "--out", "r", "--precision", "wait.mean 1%"]
    assert main([*argv, "--reps", "20", "--control-variates"]) == 5
    said = capsys.readouterr()
    assert "precision not reached after 20 replications: wait.mean is" in said.err
    assert "--reps " in said.err
    assert "not reached after 20 replications, looked at 1 time from 20 on; --reps allows no more" in said.out
    assert "By control variates (arrivals)" in said.out
    document = json.loads(Path("r/summary.json").read_text(encoding="utf-8"))
    assert document["replications"] == 20
    assert not document["precision"]["reached"]


def test_a_typo_names_the_nearest_measure(line: Resolved, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "line.yaml", "--precision", "service_levle 1pp"]) == 2
    assert "did you mean 'service_level'?" in capsys.readouterr().err
    assert not Path("runs").exists()

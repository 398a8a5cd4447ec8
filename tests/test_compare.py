"""Comparing plans: differences made by hand, when to stop, limits, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sim.cli import main
from sim.errors import UsageError
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.paired import Verdict, difference, judged, variance_ratio
from sim.measure.preference import Better
from sim.present.comparison import compared_text
from sim.study.compare import Compared, Variant, compare, most_replications, wanted
from sim.study.limits import broken, parse_limit
from sim.study.prepare import prepare

SCENARIO = """\
name: Phone line
attributes: {language: {english: 60%, spanish: 40%}}
demand: {volume: 600/day, by_hour: office}
desks:
  phone: {handling: exponential 5 min, patience: exponential 5 min}
teams:
  own: {serves: phone, agents: {08:00-18:00: 4, else: 2}, cost: 30 EUR/h}
"""
MORE = "plan: One more by day\nteams: {own: {agents: {08:00-18:00: 5, else: 2}}}\n"
SAME = "plan: All as it is\nteams: {own: {agents: {08:00-18:00: 4, else: 2}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans").mkdir()
    (tmp_path / "line.yaml").write_text(SCENARIO, encoding="utf-8")
    for name, text in (("more", MORE), ("same", SAME)):
        (tmp_path / "plans" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def variants(*plans: str | None) -> list[Variant]:
    found = []
    for plan in plans:
        loaded = prepare("line.yaml", (), plan)
        found.append(Variant(plan or "as-is", "", loaded.resolved, loaded.layered.plan))
    return found


def compared(*plans: str | None, reps: int | None = 8, metrics: tuple[str, ...] = ()) -> Compared:
    of = variants(*plans)
    return compare(of, wanted(of, metrics), 1, reps, engine="reference", workers=1)


def row(of: Compared, path: str) -> dict[str, object]:
    found = next(m for m in of.comparison["measures"] if m["path"] == path)
    cell: dict[str, object] = found["of"][1]
    return cell


def test_what_both_owe_to_the_day_falls_out() -> None:
    day = np.array([-3.0, -1.0, 1.0, 3.0])
    own = np.array([0.1, -0.1, -0.1, 0.1])
    first, other = Estimate(np.asarray(10.0), day), Estimate(np.asarray(12.0), day + own)
    apart = difference(first, other)
    assert float(apart.value) == 2.0
    assert float(half_width(apart.deviations)) == pytest.approx(float(half_width(own)))
    # sums of squares: 20 and 20.04 (independent), 0.04 (paired)
    assert float(variance_ratio(first, other)) == pytest.approx(40.04 / 0.04)


@pytest.mark.parametrize(
    ("value", "width", "way", "verdict"),
    [
        (-2.0, 1.9, Better.LESS, Verdict.BETTER),
        (-2.0, 1.9, Better.MORE, Verdict.WORSE),
        (2.0, 1.9, Better.NEITHER, Verdict.MORE),
        (2.0, 2.0, Better.LESS, Verdict.UNDECIDED),
        (0.0, 0.0, Better.LESS, Verdict.SAME),
        (0.0, float("nan"), Better.LESS, Verdict.SAME),
        (1.0, float("nan"), Better.LESS, Verdict.UNDECIDED),
        (float("nan"), float("nan"), Better.LESS, Verdict.UNDECIDED),
        (0.3, 0.6, Better.LESS, Verdict.ALIKE),
        (0.3, 0.8, Better.LESS, Verdict.UNDECIDED),
        (0.5, 0.2, Better.LESS, Verdict.WORSE),  # little, but sure
    ],
)
def test_the_interval_of_the_difference_decides(
    value: float, width: float, way: Better, verdict: Verdict
) -> None:
    assert judged(value, width, way, little=1.0) == verdict


def test_one_agent_more_helps_the_same_customers(folder: Path) -> None:
    found = compared(None, "more")
    wait = row(found, "wait.mean")
    assert wait["verdict"] == "better"
    assert wait["variance_ratio"] > 2  # type: ignore[operator]
    assert row(found, "hours.paid")["difference"] == pytest.approx(10, abs=0.01)
    assert row(found, "cost.total")["difference"] == pytest.approx(300, rel=0.05)
    (customers,) = found.comparison["customers"]
    assert customers["better"] > 10 * customers["worse"]
    groups = customers["by_attribute"]["language"].values()
    assert sum(group["better"] for group in groups) == pytest.approx(customers["better"])
    assert sum(hour["better"] for hour in customers["by_hour"]) == pytest.approx(customers["better"])
    assert customers["met_by_first_alone"] == customers["met_by_other_alone"] == 0


def test_a_plan_that_changes_nothing_is_the_same_to_the_last_digit(folder: Path) -> None:
    found = compared(None, "same", reps=3)
    cells = [measure["of"][1] for measure in found.comparison["measures"]]
    assert {cell["verdict"] for cell in cells} == {"same"}
    (customers,) = found.comparison["customers"]
    assert customers["better"] == customers["worse"] == 0
    assert found.runs[0]["measures"] == found.runs[1]["measures"]


def test_the_figures_are_those_of_a_run(folder: Path) -> None:
    from sim.study.replications import run_replications  # noqa: PLC0415

    found = compared(None, "more", reps=3)
    alone = run_replications(prepare("line.yaml", (), "more").resolved, 1, 3, engine="reference", workers=1)
    assert found.runs[1]["measures"] == alone["measures"]


def test_of_too_many_customers_what_became_of_each_is_not_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.study.compare._MOST_CUSTOMERS", 500)
    found = compared(None, "more", reps=2)
    assert found.comparison["customers"] == []
    assert "customers a day" not in compared_text(found.comparison)


def test_it_stops_when_all_is_clear(folder: Path) -> None:
    found = compared(None, "more", reps=None, metrics=("hours.paid",)).comparison
    assert found["stopped"] == "clear"
    assert found["replications"] == 10
    n_looks = found["looks"]
    assert n_looks > 1
    assert found["confidence_of_a_difference"] == pytest.approx(1 - 0.05 / n_looks)


def test_how_many_at_most_is_a_matter_of_the_scenario() -> None:
    loaded = prepare("support_baseline")
    of = [Variant(str(k), "", loaded.resolved) for k in range(3)]
    assert 10 <= most_replications(of) <= 60


def test_a_measure_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"wait\.mean"):
        wanted(variants(None, "more"), ("wait.maen",))


@pytest.mark.parametrize(
    "words", ["wait.mean", "wait.mean > ", "> 5 s", "wait.mean > much", "wait.mean = 5 s"]
)
def test_what_is_no_limit_is_told(words: str) -> None:
    with pytest.raises(UsageError, match="write for example"):
        parse_limit(words)


@pytest.mark.parametrize(
    ("words", "is_broken", "is_sure"),
    [
        ("wait.mean > +10%", True, True),  # 24 - 20 less 2, and 5 - 1 for sure
        ("wait.mean > +21%", True, False),
        ("wait.mean > +30%", False, False),
        ("wait.mean > 2 s", True, True),
        ("wait.mean < -1 s", False, False),
        ("wait.mean < 10 s", True, True),
    ],
)
def test_limits_are_passed_for_sure_or_perhaps(words: str, is_broken: bool, is_sure: bool) -> None:
    cell = {"value": 25.0, "difference": 5.0, "difference_half_width": 1.0}
    document = {
        "measures": [{"path": "wait.mean", "unit": "s", "of": [{"value": 20.0}, cell]}],
        "variants": [{"name": "a"}, {"name": "b"}],
    }
    found = broken([parse_limit(words)], document)
    assert [one.is_sure for one in found] == ([is_sure] if is_broken else [])


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main([*argv])
    said = capsys.readouterr()
    return code, said.out, said.err


QUICK = ("--reps", "4", "--no-progress", "--engine", "reference", "-j", "1")


def test_the_command_says_who_is_better(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "compare", "line.yaml", "--plans", "as-is,more", *QUICK, "--out", "c")
    assert (code, err) == (0, "")
    assert "more is better than as-is, at 15 % more agent-hours and 15 % more cost" in out
    assert "customers a day" in out
    document = json.loads((folder / "c" / "comparison.json").read_text(encoding="utf-8"))
    assert [variant["name"] for variant in document["variants"]] == ["as-is", "more"]
    lines = (folder / "c" / "comparison.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2 * len(document["measures"])
    assert (folder / "c" / "more" / "summary.json").is_file()


def test_the_forms_of_the_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("compare", "line.yaml", "--plans", "more", *QUICK, "--out", "c")
    _, as_json, _ = run(capsys, *argv, "--json")
    _, again, _ = run(capsys, *argv, "--format", "json")
    assert as_json == again
    assert json.loads(as_json)["variants"][1]["name"] == "more"
    _, markdown, _ = run(capsys, *argv, "--format", "markdown")
    assert "|---|---:|" in markdown
    _, csv, _ = run(capsys, *argv, "--format", "csv")
    assert csv == (folder / "c" / "comparison.csv").read_text(encoding="utf-8")


def test_scenarios_are_compared_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "busy.yaml").write_text(SCENARIO.replace("600/day", "700/day"), encoding="utf-8")
    code, out, _ = run(capsys, "compare", "line.yaml", "busy.yaml", *QUICK)
    assert code == 0
    assert "busy is worse than line" in out


def test_a_passed_limit_is_exit_code_4(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("compare", "line.yaml", "--plans", "more,as-is", *QUICK)
    code, _, err = run(capsys, *argv, "--fail-if", "wait.mean > +10%")
    assert code == 4
    assert "limit passed: as-is, wait.mean > +10%" in err
    assert run(capsys, *argv, "--fail-if", "hours.paid > +1 h")[0] == 2  # in hours a day, not in seconds
    assert run(capsys, *argv, "--fail-if", "hours.paid > +10%")[0] == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("line.yaml",), "give --plans, or another scenario"),
        (("line.yaml", "line.yaml"), "named twice"),
        (("line.yaml", "--plans", "more,more"), "named twice"),
        (("line.yaml", "--plans", ","), "names no plan"),
        (("line.yaml", "b.yaml", "--plans", "more"), "one scenario with --plans"),
        (("line.yaml", "--plans", "more", "--metric", "wait.maen"), "did you mean"),
        (("line.yaml", "--plans", "more", "--fail-if", "wait.maen > 5 s"), "did you mean"),
    ],
)
def test_wrong_usage_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str
) -> None:
    code, out, err = run(capsys, "compare", *argv)
    assert (code, out) == (2, "")
    assert message in err
    assert not (folder / "runs").exists()


def test_a_plan_that_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "compare", "line.yaml", "--plans", "as-is,mroe")
    assert code == 3
    assert "did you mean 'more'?" in err

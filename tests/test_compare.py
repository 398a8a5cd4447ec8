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
from sim.study.best import Best, parse_best
from sim.study.compare import Compared, Variant, compare, most_replications, wanted
from sim.study.limits import broken, check_limits, parse_limit
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
NOON = """\
plan: Two more before noon
teams: {own: {agents: {08:00-09:00: 4, 09:00-14:00: 6, 14:00-18:00: 4, else: 2}}}
"""
MORE = "plan: One more by day\nteams: {own: {agents: {08:00-18:00: 5, else: 2}}}\n"
SAME = "plan: All as it is\nteams: {own: {agents: {08:00-18:00: 4, else: 2}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans").mkdir()
    (tmp_path / "line.yaml").write_text(SCENARIO, encoding="utf-8")
    for name, text in (("more", MORE), ("same", SAME), ("noon", NOON)):
        (tmp_path / "plans" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def variants(*plans: str | None) -> list[Variant]:
    found = []
    for plan in plans:
        loaded = prepare("line.yaml", (), plan)
        found.append(Variant(plan or "as-is", "", loaded.resolved, loaded.layered.plan))
    return found


def compared(
    *plans: str | None, reps: int | None = 8, metrics: tuple[str, ...] = (), best: str | None = None
) -> Compared:
    of = variants(*plans)
    asked = parse_best(best) if best else None
    also = [asked.path] if asked else []
    return compare(of, wanted(of, metrics, also), 1, reps, best=asked, engine="reference", workers=1)


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
        (0.5, 0.2, Better.LESS, Verdict.ALIKE),  # sure, but too little to matter
        (0.9, 0.2, Better.LESS, Verdict.WORSE),
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
    monkeypatch.setattr("sim.study.meeting._MOST_CUSTOMERS", 500)
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
    check_limits([parse_limit(words)], {"wait.mean": "s"})
    found = broken([parse_limit(words)], document)
    assert [one.is_sure for one in found] == ([is_sure] if is_broken else [])


def test_one_day_passes_no_limit_for_sure() -> None:
    cell = {"value": 25.0, "difference": 5.0, "difference_half_width": None}
    none = {"value": None, "difference": None, "difference_half_width": None}
    document = {
        "measures": [{"path": "wait.mean", "unit": "s", "of": [{"value": 20.0}, cell, none]}],
        "variants": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    }
    found = broken([parse_limit("wait.mean > 2 s")], document)
    assert [(one.variant, one.difference, one.is_sure) for one in found] == [
        ("b", 5.0, False),
        ("c", None, False),
    ]


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("abandoned > 1", "share"),
        ("wait.mean > 5", "s"),
        ("wait.mean > 1 pp", "s"),
        ("hours.paid > 1 h", "h/day"),
    ],
)
def test_a_limit_in_another_unit_is_refused(words: str, unit: str) -> None:
    limit = parse_limit(words)
    with pytest.raises(UsageError, match="is measured as"):
        check_limits([limit], {limit.path: unit})


def test_other_times_cannot_be_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    longer = SCENARIO + "horizon: {measure: 2 days}\n"
    (folder / "longer.yaml").write_text(longer, encoding="utf-8")
    assert main(["compare", "line.yaml", "longer.yaml", *QUICK]) == 2
    assert "measures another time" in capsys.readouterr().err


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
        (("line.yaml", "--plans", "more", "--best", "wait.mean"), "write for example"),
        (("line.yaml", "--plans", "more", "--best", "wait.maen within 5 s"), "did you mean"),
        (("line.yaml", "--plans", "more", "--best", "wait.mean within 2 pp"), "is measured in s"),
        (("line.yaml", "--plans", "more", "--best", "cost.total within 2 s"), "is measured in EUR/day"),
        (("line.yaml", "--plans", "more", "--best", "contacts within 2"), "neither more nor less"),
        (("line.yaml", "--plans", "more", "--best", "wait.mean within 5 s", "--reps", "1"), "2 or more"),
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


# --- the best -------------------------------------------------------------------------------------


def test_plans_drop_out_until_the_best_is_left(folder: Path) -> None:
    found = compared(None, "more", "noon", reps=60, best="hours.paid within 8 h").comparison
    best = found["best"]
    assert found["stopped"] == "best"
    assert (best["decided"], best["name"], best["still_in"]) == (True, "as-is", ["as-is"])
    assert [variant["replications"] for variant in found["variants"]] == [10, 10, 10]


def test_who_dropped_out_is_simulated_no_more(folder: Path) -> None:
    """As it is waits are 25 s longer; the other two are near each other and go on."""
    found = compared(None, "more", "noon", reps=14, best="wait.mean within 0.5 s")
    comparison = found.comparison
    days = [variant["replications"] for variant in comparison["variants"]]
    assert days == [10, 14, 14]
    assert comparison["replications"] == 14
    assert comparison["stopped"] == "undecided"
    assert comparison["best"]["still_in"] == ["more", "noon"]
    assert [run["replications"] for run in found.runs] == days
    # others are held against the first on the days that both have, and its figure is of these
    wait = next(m for m in comparison["measures"] if m["path"] == "wait.mean")
    alone = compared(None, "more", reps=days[0])
    kept = {
        "value",
        "half_width",
        "difference",
        "relative",
        "variance_ratio",
    }  # sure for two plans, not for one
    here, there = (row(of, "wait.mean") for of in (found, alone))
    assert {key: here[key] for key in kept} == {key: there[key] for key in kept}
    assert wait["of"][0]["value"] == alone.comparison["measures"][2]["of"][0]["value"]
    assert comparison["customers"][0] == alone.comparison["customers"][0]


def test_a_plan_that_outlives_others_is_compared_on_the_days_of_both(folder: Path) -> None:
    """The first goes on after the last plan dropped out: its figure beside that plan is of fewer days."""
    found = compared("more", "noon", None, reps=14, best="wait.mean within 0.5 s").comparison
    days = [variant["replications"] for variant in found["variants"]]
    assert days == [14, 14, 10]
    wait = next(m for m in found["measures"] if m["path"] == "wait.mean")
    first, noon, late = wait["of"]
    assert "first" not in noon
    assert late["difference"] == pytest.approx(late["value"] - late["first"]["value"])
    assert late["first"]["value"] != first["value"]


def test_the_best_without_any_difference_is_the_first(folder: Path) -> None:
    found = compared(None, "same", best="wait.mean within 1 s", reps=10).comparison["best"]
    assert (found["decided"], found["name"]) == (True, "as-is")


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("wait.mean within 10 s", ("wait.mean", 10.0, "s")),
        ("  service_level   within 0.5 pp ", ("service_level", 0.005, "share")),
        ("chat.wait.p90 at 10:00 within 1 min", ("chat.wait.p90 at 10:00", 60.0, "s")),
        ("cost.total within 50 EUR", ("cost.total", 50.0, "EUR")),
    ],
)
def test_a_wish_for_the_best_in_words(words: str, known: tuple[str, float, str]) -> None:
    found = parse_best(words)
    assert found == Best(*known, " ".join(words.split()))


@pytest.mark.parametrize(
    "words", ["wait.mean", "wait.mean within", "wait.mean within much", "wait.mean within 0 s",
              "wait.mean within 5%", "within 5 s"],
)  # fmt: skip
def test_what_is_no_wish_for_the_best_is_told(words: str) -> None:
    with pytest.raises(UsageError, match="write for example"):
        parse_best(words)


def test_plans_on_the_front_are_told(folder: Path) -> None:
    two = compared(None, "more").comparison
    assert two["front"] is None
    found = compared(None, "more", "noon", "same", metrics=("wait.mean",)).comparison["front"]
    assert (found["cost"], found["measure"], found["replications"]) == ("cost.total", "wait.mean", 8)
    verdicts = {one["name"]: one["verdict"] for one in found["of"]}
    assert verdicts["as-is"] == verdicts["same"] == "on"  # the cheapest, and neither better than the other
    assert compared(None, "more", "noon", metrics=("cost.total",)).comparison["front"] is None
    assert compared(None, "more", "noon", metrics=("contacts",)).comparison["front"] is None
    assert compared(None, "more", "noon", reps=1).comparison["front"] is None


def test_without_cost_the_front_is_of_hours(folder: Path) -> None:
    text = SCENARIO.replace(", cost: 30 EUR/h", "")
    (folder / "line.yaml").write_text(text, encoding="utf-8")
    found = compared(None, "more", "noon", metrics=("wait.mean",)).comparison["front"]
    assert found["cost"] == "hours.paid"


def test_the_command_says_which_is_best(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("compare", "line.yaml", "--plans", "as-is,more,noon", *QUICK[2:], "--out", "c")
    code, out, err = run(capsys, *argv, "--reps", "30", "--best", "hours.paid within 8 h")
    assert code == 0
    assert "error" not in err
    said = " ".join(out.split())
    assert (
        "as-is is the best by paid hours, found after 10 days (95 % sure, if the next best is 8 h/day or"
        in said
    )
    assert "Dropped out: more after 10 days, noon after 10 days." in said
    assert "On the front of cost against" not in said  # hours against cost is no choice
    code, out, err = run(capsys, *argv, "--reps", "11", "--best", "wait.mean within 0.5 s")
    assert code == 5
    assert "the best is not decided; the results so far are kept" in err
    said = " ".join(out.split())
    assert "Which is best by wait is not decided:" in said
    assert "On the front of cost against wait: as-is" in said
    assert (
        json.loads((folder / "c" / "comparison.json").read_text(encoding="utf-8"))["best"]["decided"] is False
    )
    _, markdown, _ = run(
        capsys, *argv, "--reps", "11", "--best", "wait.mean within 0.5 s", "--format", "markdown"
    )
    assert "Which is best by wait is not decided" in markdown


def test_uneven_days_are_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of ten days one or two make most of the difference in the wait that nine of ten stay below."""
    argv = ("--plans", "as-is,noon", "--reps", "10", *QUICK[2:], "--metric", "wait.p90", "--json")
    code, out, err = run(capsys, "compare", "line.yaml", *argv)
    (doubt,) = json.loads(out)["warnings"]
    assert code == 0
    assert doubt["code"] == "skewed"
    assert doubt["measures"] == ["wait.p90 (noon)"]
    assert "warning[skewed]" in err

"""Pictures of several runs, by desk and class, of staff, and of differences; and the command for them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import support_desk
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.cli import main
from sim.errors import InvalidInput, UsageError
from sim.present.plots import (
    differences,
    plan_curve,
    plan_curves,
    save,
    staff_by_team,
    waits_by_class,
    waits_by_stage,
)
from sim.present.plots.runs import alike, much_alike
from sim.study.results import read_results

Runs = dict[str, dict[str, Any]]


def _shorter(document: dict[str, Any], desk: str = "phone", share: float = 0.5) -> dict[str, Any]:
    """The document with shorter waits at a desk."""
    found = copy.deepcopy(document)
    waits = found["intervals"]["stages"][desk]["wait.mean"]
    waits["value"] = [None if wait is None else share * wait for wait in waits["value"]]
    return found


@pytest.fixture
def runs() -> Runs:
    return {"as-is": support_desk(), "evening": _shorter(support_desk())}


def _cell(value: float, difference: float | None = None, width: float = 0.0, verdict: str = "") -> Any:
    cell: dict[str, Any] = {"value": value, "half_width": 0.0}
    if verdict:
        cell |= {"difference": difference, "difference_half_width": width, "verdict": verdict}
    return cell


def _comparison(plans: int = 1) -> dict[str, Any]:
    def row(path: str, unit: str, way: str, first: float, *other: Any, judged: bool = True) -> dict[str, Any]:
        cells = [_cell(first), *(_cell(first, *other) for _ in range(plans))]
        return {"path": path, "heading": path, "unit": unit, "better": way, "judged": judged, "of": cells}

    return {
        "scenario": "Desk", "seed": 1, "replications": 5, "days_per_replication": 1.0, "confidence": 0.95,
        "looks": 1, "scale": 1.0,
        "variants": [{"name": name, "title": name} for name in ("as-is", *"abcdefghijklmnop"[:plans])],
        "measures": [
            row("wait.mean", "s", "less", 100.0, -20.0, 5.0, "better"),
            row("abandoned", "share", "less", 0.05, 0.02, 0.004, "worse"),
            row("service_level", "share", "more", 0.8, 0.001, 0.01, "undecided"),
            row("wait.peak", "s", "less", 10.0, 900.0, 20.0, "worse"),
            row("turned_away", "share", "less", 0.0, 0.01, 0.001, "worse"),
            row("hours.paid", "h/day", "less", 200.0, 0.0, 0.0, "same", judged=False),
        ],
    }  # fmt: skip


def _said(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


# --- several runs -----------------------------------------------------------------------------------


def test_the_desk_where_runs_differ_most_is_drawn(runs: Runs) -> None:
    said = "\n".join(_said(plan_curve(runs)))
    assert "desk: phone  ·  20 days each simulated, seed 7  ·  bands: 95 % confidence" in said
    assert "desk: chat" in "\n".join(_said(plan_curve(runs, "chat")))


def test_each_run_has_a_line_with_its_name(runs: Runs) -> None:
    figure = plan_curve(runs)
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert any(label.startswith("as-is: ") for label in labels)
    assert any(label.startswith("evening: ") for label in labels)
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 96]
    assert len({line.get_color() for line in lines}) == len({line.get_linestyle() for line in lines}) == 2
    waits = [np.asarray(line.get_ydata()) for line in lines]
    assert waits[1] == pytest.approx(0.5 * waits[0])
    assert figure.axes[0].get_ylim()[0] == 0


def test_lines_that_coincide_are_one_with_both_names(runs: Runs) -> None:
    figure = plan_curve(runs, "chat")
    assert any(text.startswith("as-is and evening: ") for text in _said(figure))
    assert len([line for line in figure.axes[0].lines if len(line.get_xdata()) == 96]) == 1
    assert "as-is and evening: chats the agents on duty can hold" in _said(figure)
    assert "work arriving" in _said(figure)


def test_work_that_differs_is_named_by_run(runs: Runs) -> None:
    load = runs["evening"]["intervals"]["stages"]["phone"]["load"]
    load["value"] = [2 * erlangs for erlangs in load["value"]]
    assert {"work arriving, as-is", "work arriving, evening"} <= set(_said(plan_curve(runs)))


def test_labels_do_not_touch(runs: Runs) -> None:
    runs |= {f"plan {k}": _shorter(support_desk(), share=0.3 + 0.2 * k) for k in range(3)}
    for axes in plan_curve(runs).axes:
        boxes = [text.get_window_extent() for text in axes.texts if text.get_path_effects()]
        assert not any(box.overlaps(other) for k, box in enumerate(boxes) for other in boxes[:k])


def test_what_differs_between_runs_is_said(runs: Runs) -> None:
    runs["evening"] |= {"scenario": "Another desk", "seed": 8, "replications": 10, "scale": 0.1}
    said = _said(plan_curve(runs))
    assert "2 scenarios: Customer support, evening peak / Another desk" in "".join(said)
    assert "20 / 10 days simulated, seeds 7 / 8, scales 1 / 0.1" in "\n".join(said)


def test_desks_of_several_runs_side_by_side(runs: Runs) -> None:
    figure = plan_curves(runs)
    assert len(figure.axes) == 2
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    with pytest.raises(UsageError, match="evening: no desk 'phnoe'; did you mean 'phone'"):
        plan_curves({"evening": runs["evening"], "as-is": runs["as-is"]}, ["phnoe", "chat"])


def test_too_many_runs_are_refused() -> None:
    document = support_desk()
    with pytest.raises(UsageError, match="7 runs are too many"):
        plan_curve({str(k): document for k in range(7)})


def test_runs_without_a_desk_in_common() -> None:
    empty = support_desk()
    empty["intervals"]["stages"] = {}
    with pytest.raises(UsageError, match="bots: the result has no desk"):
        plan_curve({"as-is": support_desk(), "bots": empty})
    other = support_desk(chinese=True)
    assert "all desks together" in "\n".join(_said(plan_curve({"as-is": support_desk(), "b": other})))


def test_series_alike() -> None:
    nan = np.nan
    assert alike([np.array([1.0, nan]), np.array([1.0, 2.0]), np.array([1.0, nan])]) == [[0, 2], [1]]
    assert much_alike([np.array([9.0, 1.0]), np.array([9.0, 1.1]), np.array([5.0])], 0.02) == [[0, 1], [2]]


# --- by desk and class --------------------------------------------------------------------------------


def test_desks_below_each_other(runs: Runs) -> None:
    said = _said(waits_by_stage({"as-is": runs["as-is"]}))
    assert {"chat", "phone", "all desks"} <= set(said)
    assert "4.3 ± 0.2 min" in said
    assert "Longest mean wait: 4.3 min (chat)." in said
    assert "all desks" not in _said(waits_by_stage(runs, ["phone"]))
    with pytest.raises(UsageError, match="did you mean 'phone'"):
        waits_by_stage(runs, ["phoen"])


def test_classes_below_each_other(runs: Runs) -> None:
    figure = waits_by_class(runs)
    assert {"difficulty", "standard", "complex", "   as-is", "   evening"} <= set(_said(figure))
    assert all(axes.get_xlim()[0] == 0 for axes in figure.axes)
    with pytest.raises(UsageError, match="did you mean 'difficulty'"):
        waits_by_class(runs, ["dificulty"])
    for document in runs.values():
        document["classes"] = {}
    with pytest.raises(UsageError, match="no attributes"):
        waits_by_class(runs)


def test_a_desk_without_contacts_has_a_dash(runs: Runs) -> None:
    for key in ("wait.mean", "wait.p90", "abandoned"):
        runs["as-is"]["stages"]["phone"][key] |= {"value": None, "half_width": None}
    assert "–" in _said(waits_by_stage({"as-is": runs["as-is"]}))


def test_too_many_rows_say_how_to_choose(runs: Runs) -> None:
    values = {str(k): runs["as-is"]["classes"]["difficulty"]["standard"] for k in range(70)}
    runs["as-is"]["classes"]["shop"] = values
    with pytest.raises(UsageError, match="choose with --attribute"):
        waits_by_class({"as-is": runs["as-is"]})


# --- staff --------------------------------------------------------------------------------------------


def test_a_panel_for_each_crew_and_each_of_its_teams(runs: Runs) -> None:
    figure = staff_by_team({"as-is": runs["as-is"]})
    said = _said(figure)
    assert {"chat: 2 teams together", "own", "vendor", "phone: phone_agents"} <= set(said)
    assert "occupancy 86.1 %" in said
    assert any(text.startswith("More work than the agents on duty can do") for text in said)
    assert len(figure.axes) == 4
    assert len(staff_by_team(runs, ["phone"]).axes) == 1


def test_runs_with_other_teams_are_refused(runs: Runs) -> None:
    with pytest.raises(UsageError, match="other has other teams than as-is"):
        staff_by_team({"as-is": runs["as-is"], "other": support_desk(chinese=True)})


# --- differences --------------------------------------------------------------------------------------


def test_differences_are_in_per_cent_with_words_in_their_own_unit() -> None:
    figure = differences(_comparison())
    said = _said(figure)
    assert {"-20 ± 5 s, better", "+2.0 ± 0.4 pp, worse", "0 h/day, the same"} <= set(said)
    assert (
        "Differences to as-is  ·  5 days each, seed 1, the same customers  ·  bars: 95 % confidence" in said
    )
    assert "a: 1 better, 3 worse, 1 undecided." in said
    axes = figure.axes[0]
    places = {tuple(line.get_xdata()) for line in axes.lines}
    assert (-20.0,) in places
    assert pytest.approx(-25.0) in [place[0] for place in places]
    assert axes.get_xlim()[0] == -axes.get_xlim()[1]
    assert axes.get_xlim()[1] < 200  # what is nine times as long is an arrow at the edge


def test_verdicts_differ_in_colour_and_marker() -> None:
    lines = [
        line for line in differences(_comparison()).axes[0].lines if line.get_marker() in ("o", "D", "s")
    ]
    marks = {(line.get_color(), line.get_marker(), line.get_markerfacecolor()) for line in lines}
    assert len(marks) == 4
    assert len({(marker, face == "white") for _, marker, face in marks}) == 4


def test_plans_of_a_comparison_are_named_in_rows() -> None:
    comparison = _comparison(4) | {"looks": 3, "scale": 0.1}
    said = _said(differences(comparison))
    assert said.count("   d") == 6
    assert "for all plans and looks together" in "\n".join(said)
    with pytest.raises(UsageError, match="fewer plans"):
        differences(_comparison(14))


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_equal_pictures_have_equal_bytes(kind: str, runs: Runs, tmp_path: Path) -> None:
    drawn: list[Callable[[], Figure]] = [
        lambda: plan_curve(runs),
        lambda: waits_by_stage(runs),
        lambda: staff_by_team(runs, ["phone"]),
        lambda: differences(_comparison()),
    ]
    for draw in drawn:
        files = [save(draw(), tmp_path / f"{k}.{kind}").read_bytes() for k in range(2)]
        assert files[0] == files[1]


def test_chinese_names(tmp_path: Path) -> None:
    runs = {"现状": support_desk(chinese=True), "晚班": support_desk(chinese=True, seed=8)}
    for figure in (plan_curve(runs), waits_by_stage(runs), staff_by_team(runs)):
        save(figure, tmp_path / "picture.png")


# --- reading and the command --------------------------------------------------------------------------


def _write(folder: Path, document: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: Runs) -> Path:
    monkeypatch.chdir(tmp_path)
    _write(Path("monday"), runs["as-is"])
    _write(Path("tuesday"), runs["evening"])
    _write(Path("compared/as_is"), runs["as-is"])
    _write(Path("compared/a"), runs["evening"])
    Path("compared/comparison.json").write_text(json.dumps(_comparison()), encoding="utf-8")
    return tmp_path


def test_a_comparison_stands_for_its_plans(folder: Path) -> None:
    found = read_results([Path("compared")])
    assert list(found.runs) == ["as-is", "a"]
    assert found.comparison is not None
    assert list(read_results([Path("compared/comparison.json"), Path("monday")]).runs) == [
        "as-is",
        "a",
        "monday",
    ]
    assert list(read_results([Path("monday"), Path("tuesday")], ["x", "y"]).runs) == ["x", "y"]


def test_runs_that_cannot_be_told_apart(folder: Path, runs: Runs) -> None:
    with pytest.raises(UsageError, match="'monday' is given twice"):
        read_results([Path("monday"), Path("monday/summary.json")])
    with pytest.raises(UsageError, match="2 runs need 2 names: monday, tuesday"):
        read_results([Path("monday"), Path("tuesday")], ["x"])
    with pytest.raises(UsageError, match="stands for two runs"):
        read_results([Path("monday"), Path("tuesday")], ["x", "x"])
    _write(Path("old/monday"), runs["as-is"])
    assert list(read_results([Path("monday"), Path("old/monday")]).runs) == ["monday", "old/monday"]


def test_a_damaged_comparison(folder: Path) -> None:
    path = Path("compared/comparison.json")
    for text, says in (("{", "broken JSON"), ("[]", "it lacks 'scenario'"), ('{"scenario": "x"}', "'seed'")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInput, match=says):
            read_results([Path("compared")])
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="no text"):
        read_results([Path("compared")])


@pytest.mark.parametrize(
    ("argv", "written"),
    [
        ("compared", "compared/wait.png"),
        ("compared --stage chat --stage phone -o two.svg", "two.svg"),
        ("compared --kind differences", "compared/differences.png"),
        ("compared --kind staff -o s.pdf", "s.pdf"),
        ("monday --by stage", "monday/wait-by-stage.png"),
        ("monday --attribute difficulty", "monday/wait-by-class.png"),
        ("monday tuesday", "wait-monday-tuesday.png"),
    ],
)
def test_pictures_of_the_command(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: str, written: str
) -> None:
    assert main(["plot", *argv.split()]) == 0
    assert capsys.readouterr().out == f"Wrote {written}\n"
    assert Path(written).stat().st_size > 5_000


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ("monday tuesday --kind differences", "give the folder that 'supportsim compare' wrote"),
        ("compared --kind staff --by stage", "--by goes with --kind waits"),
        ("compared --kind staff --attribute difficulty", "--attribute goes with --by class"),
        ("compared --by class --stage chat", "leave out --stage"),
        ("compared --kind differences --stage chat", "not with differences"),
        ("monday monday", "'monday' is given twice"),
        ("monday thursday", "there are no results of a run at 'thursday'"),
        ("monday tuesday --stage caht", "did you mean 'chat'?"),
    ],
)
def test_what_does_not_go_together(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: str, says: str
) -> None:
    assert main(["plot", *argv.split()]) in (2, 3)
    assert says in capsys.readouterr().err
    assert not list(Path().rglob("*.png"))

"""Sweeps: ranges in words, grids and samples, figures of points, the command, its folder and its pictures."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from sim.cli import main
from sim.errors import InvalidInput, UsageError
from sim.measure.result import target_figures
from sim.present.plots import save
from sim.present.sweep import sweep_text
from sim.present.sweep_plot import sweep_picture
from sim.scenario.setting import parse_setting
from sim.study.designs import AS_IT_IS, Level, Varied, design, parse_varied, settings
from sim.study.prepare import prepare
from sim.study.replications import run_replications, sums_of_replications
from sim.study.sweep import Point, prepared, sweep, sweep_replications, swept_measures
from sim.study.sweep_folder import sweep_csv
from sim.units import clock, duration

SCENARIO = """\
name: Phone line
demand: {volume: 600/day, by_hour: office}
desks:
  phone: {handling: exponential 5 min, patience: exponential 5 min}
teams:
  own: {serves: phone, agents: 4, cost: 30 EUR/h}
targets: {abandoned: at most 10%, service_level: 80% in 1 min}
"""
AGENTS = "teams.own.agents=4..6 step 1"
VOLUME = "demand.volume=10% less, as it is, 10% more"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


def levels(words: str) -> list[str]:
    found = parse_varied(words)
    return [found.level(k).words for k in range(found.n_levels)]


def places(words: str) -> list[float | None]:
    found = parse_varied(words)
    return [found.level(k).at for k in range(found.n_levels)]


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("40..60 step 5", ["40", "45", "50", "55", "60"]),
        ("1_000..1_200/day step 100", ["1000/day", "1100/day", "1200/day"]),
        ("2..6 min step 2", ["2 min", "4 min", "6 min"]),
        ("90 s..3 min step 30 s", ["90 s", "120 s", "150 s", "180 s"]),
        ("1 min..3 min step 1 min", ["1 min", "2 min", "3 min"]),
        ("1 h 30 min..2 h step 15 min", ["90 min", "105 min", "120 min"]),
        ("70%..80% step 5 pp", ["70%", "75%", "80%"]),
        ("0.1..0.3 step 0.1", ["0.1", "0.2", "0.3"]),
        ("40..60 step 15", ["40", "55"]),  # no step lands on the end
        ("10% less..10% more step 10%", ["10% less", AS_IT_IS, "10% more"]),
        ("as it is..4 more step 2", [AS_IT_IS, "2 more", "4 more"]),
        ("4..6 step 1 min", ["4 min", "5 min", "6 min"]),
        ("1 min less .. 1 min more step 1 min", ["1 min less", AS_IT_IS, "1 min more"]),
        ("as it is..1 min more step 30 s", [AS_IT_IS, "30 s more", "60 s more"]),
        ("10:30..12:00 step 30 min", ["10:30", "11:00", "11:30", "12:00"]),
        ("40, 50,60", ["40", "50", "60"]),
        ("10% less, as-is, 10% more", ["10% less", AS_IT_IS, "10% more"]),
        ("exponential 4 min, lognormal 4 min cv 0.5", ["exponential 4 min", "lognormal 4 min cv 0.5"]),
        ("{a: 1, b: 2}, {a: 2, b: 1}", ["{a: 1, b: 2}", "{a: 2, b: 1}"]),
        ("'a, b', c", ["'a, b'", "c"]),
        ("../a.csv, ../b.csv", ["../a.csv", "../b.csv"]),
    ],
)  # fmt: skip
def test_what_takes_which_values(words: str, values: list[str]) -> None:
    assert levels(f"x.y={words}") == values


@pytest.mark.parametrize(
    ("words", "at", "unit"),
    [
        ("90 s, 2 min", [90, 120], "s"),
        ("10% less, as it is, 10% more", [-10, 0, 10], "change %"),
        ("2 fewer..2 more step 2", [-2, 0, 2], "change"),
        ("08:30..09:30 step 30 min", [510, 540, 570], "clock"),
        ("40, as it is", [None, None], ""),
        ("1000/day, 10% less", [None, None], ""),
        ("exponential 4 min, 5 min", [None, None], ""),
    ],
)
def test_where_values_stand_on_an_axis(words: str, at: list[float | None], unit: str) -> None:
    assert places(f"x.y={words}") == at
    assert parse_varied(f"x.y={words}").unit == unit


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("teams.own.agents", "says not what takes which values"),
        ("=4..6", "says not what takes which values"),
        ("x=", "says not what takes which values"),
        ("x=4", "there is one value only"),
        ("x=4 to 6", "there is one value only"),
        ("x=4,,6", "a value is missing between two commas"),
        ("x=4, 6, 4", "the value '4' is there twice"),
        ("x=6..4 step 1", "write the smaller end first"),
        ("x=4..4 step 1", "ends where it begins"),
        ("x=4..6 step 0", "the step must be above zero"),
        ("x=4..6 step 3", "the step is longer than the range"),
        ("x=4..6 step", "the step '' is not a number"),
        ("x=4..6 step 10% more", "is not a number with its unit"),
        ("x=4...6 step 1", "'.6' is not a number with its unit"),
        ("x=few..many step 1", "'few' is not a number with its unit"),
        ("x=4%..6 min step 1", "units that do not go together"),
        ("x=4..10% more step 1", "do not make a range"),
        ("x=08:00..09:00 step 1", "is no duration"),
    ],
)
def test_words_that_say_nothing_are_told(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        parse_varied(text)


UNITS = st.sampled_from(["", "%", " min", " s", "/day", " days"])
NUMBERS = st.decimals(0, 10_000, places=2)


@given(low=NUMBERS, step=st.decimals("0.01", 100, places=2), n=st.integers(1, 40), unit=UNITS)
@examples(200)
def test_a_random_range_is_exact_to_the_last_digit(low: Decimal, step: Decimal, n: int, unit: str) -> None:
    high = low + n * step
    found = levels(f"x={low}{unit}..{high}{unit} step {step}{unit}")
    numbers = [Decimal(words.removesuffix(unit)) for words in found]
    assert numbers == [low + k * step for k in range(n + 1)]
    assert all(words.endswith(unit) for words in found)
    assert not any("E" in words or "e" in words.removesuffix(unit) for words in found)


@given(starts=st.integers(0, 1400), step=st.integers(1, 60), n=st.integers(1, 20))
@examples(50)
def test_clock_times_stay_clock_times(starts: int, step: int, n: int) -> None:
    def words(minutes: int) -> str:
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    found = levels(f"x={words(starts)}..{words(starts + n * step)} step {step} min")
    assert [clock(text) // 60_000_000 for text in found] == [starts + k * step for k in range(n + 1)]


# --- designs --------------------------------------------------------------------------------------


VARIED = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=3
).map(lambda all_: [f"a.q{k}={low}..{low + step * n} step {step}" for k, (low, step, n) in enumerate(all_)])


@given(VARIED)
@examples(50)
def test_a_random_grid_has_every_combination_once_the_last_changing_fastest(words: list[str]) -> None:
    varied = [parse_varied(text) for text in words]
    points = design(varied)
    assert len(points) == math.prod(one.n_levels for one in varied)
    assert len(set(points)) == len(points)
    assert points == sorted(points, key=lambda point: [level.at for level in point])
    assert points[0] == tuple(one.level(0) for one in varied)


@pytest.mark.parametrize(("kind", "n"), [("lhs", 20), ("lhs", 16), ("sobol", 16)])
def test_samples_are_even_in_each_quantity(kind: str, n: int) -> None:
    varied = [parse_varied(f"a=1..{n}"), parse_varied("b=2 min..10 min"), parse_varied("c=x y, z")]
    points = design(varied, kind, n)
    assert sorted(point[0].at for point in points if point[0].at) == list(range(1, n + 1))
    minutes = sorted(duration(point[1].words) / 60e6 for point in points)
    strata = [int((m - 2) / 8.01 * n) for m in minutes]
    assert len(set(strata)) >= n - 1  # one value each, but for rounding to a hundredth of a minute
    assert sum(point[2].words == "z" for point in points) == n // 2
    assert points == design(varied, kind, n)  # the same points each time


def test_equal_points_are_simulated_once() -> None:
    assert len(design([parse_varied("a=1..3")], "lhs", 30)) == 3


def test_samples_of_ranges_with_steps_keep_to_the_steps() -> None:
    points = design([parse_varied("a=10..50 step 20"), parse_varied("b=0..1")], "sobol", 16)
    assert {point[0].words for point in points} == {"10", "30", "50"}
    assert {point[1].words for point in points} == {"0", "1"}


@pytest.mark.parametrize(
    ("words", "kind", "n", "says"),
    [
        (["a=1..5"], "grid", None, "has no steps"),
        (["a=1..5 step 1"], "grid", 9, "--points goes with"),
        (["a=1..5"], "lhs", None, "needs the number of points"),
        (["a=1..5"], "lhs", 1, "is not between 2 and 1000"),
        (["a=1..5 step 1", "a=1, 2"], "grid", None, "'a' is varied twice"),
        (["a=1..1000 step 1", "b=1, 2"], "grid", None, "the grid has 2000 points, more than 1000"),
    ],
)
def test_designs_that_make_no_sense_are_told(words: list[str], kind: str, n: int | None, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        design([parse_varied(text) for text in words], kind, n)


@given(
    st.lists(
        st.sampled_from([("a.b", "4"), ("c.d", AS_IT_IS), ("e", "10% more"), ("f", "2 min")]), min_size=1
    )
)
@examples(30)
def test_a_point_is_a_set_of_settings_without_what_stays_as_it_is(pairs: list[tuple[str, str]]) -> None:
    varied = [Varied(path, "", "", (Level(words, None),)) for path, words in pairs]
    found = settings(varied, [one.level(0) for one in varied])
    assert found == [f"{path}={words}" for path, words in pairs if words != AS_IT_IS]
    for text in found:
        parse_setting(text, "--set #1")


# --- simulating -----------------------------------------------------------------------------------


def made(*words: str, sets: tuple[str, ...] = ()) -> tuple[list[Varied], list[Point]]:
    varied = [parse_varied(text) for text in words]
    return varied, prepared(varied, design(varied), lambda s: prepare("line.yaml", (), None, s), sets)


def swept(*words: str, metrics: tuple[str, ...] = (), reps: int = 4, **more: Any) -> dict[str, Any]:
    varied, points = made(*words)
    measures = swept_measures(points, metrics)
    return sweep(varied, points, measures, 1, reps, **{"engine": "reference", "workers": 1, **more})


def test_each_point_has_the_figures_of_a_run_with_its_settings(folder: Path) -> None:
    found = swept(AGENTS, VOLUME, metrics=("wait.mean", "phone.wait.p90"), reps=3)
    assert len(found["points"]) == 9
    point = found["points"][5]
    assert point["settings"] == ["5", "10% more"]
    alone = run_replications(
        prepare("line.yaml", (), None, ("teams.own.agents=5", "demand.volume=10% more")).resolved,
        1,
        3,
        engine="reference",
        workers=1,
    )
    own = {measure["path"]: measure["of"][5] for measure in found["measures"]}
    for path, figure in (
        ("wait.mean", alone["measures"]["wait.mean"]),
        ("phone.wait.p90", alone["stages"]["phone"]["wait.p90"]),
        ("cost.total", alone["measures"]["cost.total"]),
    ):
        assert own[path]["value"] == figure["value"]
        assert own[path]["half_width"] == figure["half_width"]
    assert point["targets"] == alone["targets"]
    assert point["meets_all"] == all(target["met"] for target in alone["targets"])


def test_targets_alone_are_those_of_the_document(folder: Path) -> None:
    sets = (
        "targets={abandoned: at most 5%, service_level: 80% in 45 s, "
        "phone.wait.mean at 12:00: at most 1 min, cost.total: at most 2000 EUR}",
    )
    resolved = prepare("line.yaml", (), None, sets).resolved
    sums = sums_of_replications(resolved.model, resolved.labels, 1, 3, 1, engine="reference")
    document = run_replications(resolved, 1, 3, engine="reference", workers=1)
    assert target_figures(sums, resolved.model, resolved.labels) == document["targets"]


def test_differences_to_the_first_point_are_paired(folder: Path) -> None:
    found = swept("teams.own.agents=5, 6", metrics=("wait.mean",), reps=12)
    first, other = found["measures"][0]["of"]
    assert other["difference"] == pytest.approx(other["value"] - first["value"])
    assert other["difference"] < 0
    assert "difference" not in first
    # the same customers: much sharper than two runs of their own
    alone = math.hypot(first["half_width"], other["half_width"])
    assert other["difference_half_width"] < alone


def test_points_without_any_setting_are_the_scenario_to_the_last_digit(folder: Path) -> None:
    found = swept("teams.own.agents=4, as it is", reps=2)
    for measure in found["measures"]:
        assert measure["of"][1]["difference"] == 0
        assert measure["of"][1]["value"] == measure["of"][0]["value"]


def test_neither_workers_nor_batches_change_a_figure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = swept(AGENTS, reps=2)
    told = []
    many = swept(AGENTS, reps=2, workers=2, tell=lambda p: told.append((p.done, p.of, p.share)))
    monkeypatch.setattr("sim.study.sweep._AT_ONCE", 1)
    assert one == many == swept(AGENTS, reps=2)
    assert told[-1] == (6, 6, 1.0)
    assert [share for _, _, share in told] == sorted(share for _, _, share in told)


def test_abandonment_stands_beside_any_wait(folder: Path) -> None:
    _, points = made(AGENTS)
    paths = [m.path for m in swept_measures(points, ("phone.wait.p90", "wait.mean at 12:00", "occupancy"))]
    assert paths == [
        "phone.wait.p90", "phone.abandoned", "wait.mean at 12:00", "abandoned at 12:00", "occupancy",
        "hours.paid", "cost.total",
    ]  # fmt: skip
    assert [m.path for m in swept_measures(points) if m.is_judged] == ["abandoned", "service_level"]
    with pytest.raises(UsageError, match=r"wait\.mean"):
        swept_measures(points, ("wait.maen",))


def test_replications_are_a_matter_of_the_scenario(folder: Path) -> None:
    assert sweep_replications(made(AGENTS)[1]) == 100
    assert sweep_replications(made("demand.volume=20000000/day, 30000000/day")[1]) == 5
    middle = sweep_replications(made("demand.volume=2000000/day, 3000000/day")[1])
    assert middle == 250_000_000 // 5_020_000


def test_points_with_other_horizons_have_no_paired_half_widths(folder: Path) -> None:
    found = swept("horizon.measure=2 days, 3 days", metrics=("abandoned",), reps=1)
    cell = found["measures"][0]["of"][1]
    assert cell["difference"] is not None
    assert cell["difference_half_width"] is None
    assert cell["half_width"] > 0


@pytest.mark.parametrize(
    ("words", "sets", "place", "message"),
    [
        (("teams.onw.agents=4, 5",), (), "at point 1 of 2", "did you mean 'own'?"),
        (("teams.own.agents=4, many",), (), "at point 2 of 2", "'many' is not a whole number"),
        (("demand.volume=10% less, 700",), (), "at point 2 of 2", "'700' needs a unit of time"),
        (("teams.own.agents=4, 5",), ("demand.volume=7",), "--set #1", "'7' needs a unit of time"),
        (
            ("bots.x.session=as it is, 1 min",),
            (),
            "at point 2 of 2",
            "there is no 'x'",
        ),
    ],
)
def test_a_point_that_makes_no_scenario_is_told_with_its_place(
    folder: Path, words: tuple[str, ...], sets: tuple[str, ...], place: str, message: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        made(*words, sets=sets)
    (problem,) = error.value.problems
    assert message in problem.message
    assert problem.mark is not None
    assert problem.mark.file == place


def test_a_problem_elsewhere_names_the_point(folder: Path) -> None:
    shifts = "{late: {from: 10:00, to: 18:00, agents: 4, break: 30 min at 13:00}}"
    text = SCENARIO.replace("agents: 4", f"shifts: {shifts}")
    (folder / "line.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        made("teams.own.shifts.late.from=12:00..14:00 step 1 h")
    (problem,) = error.value.problems
    assert problem.message.endswith("(at point 3 of 3: teams.own.shifts.late.from=14:00)")
    assert problem.mark is not None
    assert problem.mark.file == "line.yaml"


# --- the command ----------------------------------------------------------------------------------


QUICK = ("--reps", "3", "--no-progress", "--engine", "reference", "-j", "1")


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main([*argv])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_tells_a_row_for_each_point(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("sweep", "line.yaml", "--vary", "teams.own.agents=4..8 step 2", "--vary", VOLUME, *QUICK)
    code, out, err = run(capsys, *argv, "--metric", "wait.mean", "--out", "s")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines() if re.match(r" *\d+  ", line)]
    assert [row[:2] for row in rows[:9]] == [[str(k), str(4 + 2 * ((k - 1) // 3))] for k in range(1, 10)]
    assert re.search(r"# +own\.agents +demand\.volume +targets +wait +to point 1 +abandoned", out)
    assert "meet all targets" in out
    assert "EUR" in out
    document = json.loads((folder / "s" / "sweep.json").read_text(encoding="utf-8"))
    assert [point["number"] for point in document["points"]] == list(range(1, 10))
    table = list(csv.reader(io.StringIO((folder / "s" / "sweep.csv").read_text(encoding="utf-8"))))
    assert table[0][:7] == [
        "point", "teams.own.agents", "demand.volume", "wait.mean", "wait.mean half_width",
        "wait.mean difference", "wait.mean difference_half_width",
    ]  # fmt: skip
    assert len(table) == 10
    assert {row[-1] for row in table[1:]} <= {"yes", "no"}
    assert sorted(path.name for path in (folder / "s").iterdir()) == [
        "manifest.json",
        "results.sqlite",
        "sweep.csv",
        "sweep.json",
    ]


def test_the_forms_of_the_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("sweep", "line.yaml", "--vary", AGENTS, *QUICK, "--out", "s")
    _, as_json, _ = run(capsys, *argv, "--json")
    assert as_json == (folder / "s" / "sweep.json").read_text(encoding="utf-8")
    assert run(capsys, *argv, "--format", "json")[1] == as_json
    _, as_csv, _ = run(capsys, *argv, "--format", "csv")
    assert as_csv == (folder / "s" / "sweep.csv").read_text(encoding="utf-8")


def test_the_folder_is_named_after_the_points(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("sweep", "line.yaml", *QUICK)
    for words in (AGENTS, AGENTS, "teams.own.agents=4..8 step 2"):
        assert run(capsys, *argv, "--vary", words)[0] == 0
    names = [path.name for path in (folder / "runs").iterdir()]
    assert len(names) == 2
    assert all(re.fullmatch(r"line-sweep-[0-9a-f]{6}", name) for name in names)


def test_fewer_points_than_asked_for_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("sweep", "line.yaml", "--vary", "teams.own.agents=4..6", "--design", "sobol", "--points", "16")
    _, out, _ = run(capsys, *argv, *QUICK)
    assert "3 points of a Sobol sequence, 3 days each" in out
    assert "16 points were asked for; only 3 of them differ" in out
    assert "to point 1" not in out


def test_a_passed_limit_is_exit_code_4(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("sweep", "line.yaml", "--vary", "teams.own.agents=8, 4", *QUICK)
    code, _, err = run(capsys, *argv, "--fail-if", "wait.mean > +10%")
    assert code == 4
    assert "limit passed: point 2, wait.mean > +10%" in err
    assert run(capsys, *argv, "--fail-if", "hours.paid > +10%")[0] == 0


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        ((), 2, "missing option '--vary'"),
        (("--vary", "teams.own.agents=4..6"), 2, "has no steps"),
        (("--vary", AGENTS, "--metric", "wait.maen"), 2, "did you mean 'wait.mean'?"),
        (("--vary", AGENTS, "--fail-if", "wait.mean"), 2, "is no limit"),
        (("--vary", "teams.own.agents=4, -1"), 3, "at point 2 of 2:1:"),
        (("--vary", AGENTS, "--design", "grdi"), 2, "--design"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_simulated(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], code: int, message: str
) -> None:
    found, out, err = run(capsys, "sweep", "line.yaml", *argv)
    assert (found, out) == (code, "")
    assert message in err
    assert not (folder / "runs").exists()


# --- texts and pictures ---------------------------------------------------------------------------


def made_up(
    n_levels: tuple[int, ...],
    kind: str = "grid",
    n_measures: int = 2,
    at: bool = True,
    met: bool | None = True,
) -> dict[str, Any]:
    """A sweep as a document, its figures made up."""
    varied = [parse_varied(f"teams.t{k}.agents=1..{n} step 1") for k, n in enumerate(n_levels)]
    points = [
        {
            "number": number,
            "settings": [level.words for level in point],
            "at": [level.at if at else None for level in point],
            "targets": [] if met is None else [
                {"path": "m0", "words": "at most 5%", "bound": 0.05, "met": met and number % 2 == 0}
            ],
            "meets_all": None if met is None else met and number % 2 == 0,
        }
        for number, point in enumerate(design(varied), 1)
    ]  # fmt: skip
    measures = []
    for k in range(n_measures):
        cells = [
            {"value": None if number == 3 else 0.01 * (k + 1) * number, "half_width": 0.004,
             "difference": 0.01 * number, "difference_half_width": 0.002}
            for number in range(len(points))
        ]  # fmt: skip
        unit = ("share", "s", "EUR/day")[k % 3]
        row = {"path": f"m{k}", "heading": f"measure {k}", "unit": unit, "better": "less", "asked": True}
        measures.append({**row, "of": cells})
    return {
        "scenario": "示例 desk", "plan": None, "seed": 1, "replications": 5, "days_per_replication": 1.0,
        "engine": "compiled", "scale": 1.0, "confidence": 0.95, "design": kind,
        "varied": [{"path": one.path, "words": one.words, "unit": one.unit} for one in varied],
        "points": points, "measures": measures,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("made_of", "n_panels"),
    [
        ({"n_levels": (5,)}, 2),
        ({"n_levels": (5,), "at": False, "met": None}, 2),
        ({"n_levels": (30,), "n_measures": 6}, 4),
        ({"n_levels": (4, 3)}, 2),
        ({"n_levels": (3, 12)}, 2),
        ({"n_levels": (8, 7)}, 2),
        ({"n_levels": (8, 7), "n_measures": 1, "met": False}, 1),
        ({"n_levels": (14, 13), "n_measures": 3}, 3),
        ({"n_levels": (2, 2, 3)}, 2 * 3),
        ({"n_levels": (12,), "kind": "lhs"}, 2),
        ({"n_levels": (4, 4), "kind": "sobol", "met": None}, 2 * 2),
        ({"n_levels": (2,) * 6}, 2 * 5),
    ],
    ids=str,
)
def test_pictures_have_a_panel_for_each_measure(
    made_of: dict[str, Any], n_panels: int, tmp_path: Path
) -> None:
    document = made_up(**made_of)
    figure = sweep_picture(document)
    assert len(figure.axes) == n_panels
    save(figure, tmp_path / "a.png")
    save(sweep_picture(document), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_figure_that_is_not_there_is_a_dash() -> None:
    text = sweep_text(made_up((5,)))
    row = next(line for line in text.splitlines() if line.strip().startswith("4 "))
    assert row.count("–") == 2
    assert sweep_csv(made_up((5,))).count("\n") == 6


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_tables_keep_within_the_width(width: int) -> None:
    text = sweep_text(made_up((4, 3), n_measures=5), width=width)
    assert max(map(len, text.splitlines()[3:])) <= width
    for number in range(5):
        assert f"measure {number}" in text


def test_all_is_plain_text_where_the_terminal_is_old() -> None:
    sweep_text(made_up((4, 3)), encoding="ascii").replace("示例", "").encode("ascii")


def test_plot_draws_a_sweep(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "sweep", "line.yaml", "--vary", AGENTS, *QUICK, "--out", "s")[0] == 0
    code, out, _ = run(capsys, "plot", "s")
    assert (code, out.strip()) == (0, f"Wrote {Path('s') / 'sweep.png'}")
    assert run(capsys, "plot", "s/sweep.json", "-o", "x.svg")[0] == 0
    assert (folder / "x.svg").read_text(encoding="utf-8").startswith("<?xml")
    code, _, err = run(capsys, "plot", "s", "--stage", "phone")
    assert code == 2
    assert "a sweep is drawn alone" in err


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "broken JSON"), ("[]", "it is no map"), ("{}", "it lacks 'scenario'")],
)
def test_a_damaged_sweep_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    (folder / "sweep.json").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "plot", "sweep.json")
    assert (code, out) == (3, "")
    assert says in err

"""What `import sim` answers: the public names, and that they give what the command line gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.cli import main
from sim.frames import to_pandas

PUBLIC = {
    "Comparison", "Difference", "Figure", "InvalidInput", "Picture", "Result", "Scenario", "UsageError",
    "__version__", "compare", "load", "run",
}  # fmt: skip
SCENARIO = """\
name: Phone line
demand: {volume: 600/day, by_hour: office}
desks:
  phone: {handling: exponential 5 min, patience: exponential 5 min}
teams:
  own: {serves: phone, agents: {08:00-18:00: 4, else: 2}, cost: 30 EUR/h}
"""
MORE = "plan: One more by day\nteams: {own: {agents: {08:00-18:00: 5, else: 2}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans").mkdir()
    (tmp_path / "line.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "plans" / "more.yaml").write_text(MORE, encoding="utf-8")
    return tmp_path


def test_the_public_names_are_these() -> None:
    assert set(sim.__all__) == PUBLIC
    assert set(dir(sim)) == PUBLIC
    assert all(getattr(sim, name) is not None for name in PUBLIC)
    with pytest.raises(AttributeError, match="nothing"):
        _ = sim.nothing


def test_importing_loads_nothing_until_it_is_needed() -> None:
    code = "import sim, sys; print([m for m in sys.modules if m.startswith(('sim.', 'numpy', 'matplotlib'))])"
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_gives_what_the_command_gives(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = sim.run(sim.load("line.yaml", sets={"demand.volume": "10% more"}), reps=4, engine="reference")
    argv = ["run", "line.yaml", "--set", "demand.volume=10% more", "--reps", "4", "--engine", "reference"]
    assert main([*argv, "--no-progress", "--json", "--out", "r"]) == 0
    assert result.document == json.loads(capsys.readouterr().out)
    assert result["wait.mean"].unit == "s"
    assert str(result["abandoned"]).endswith("%")
    assert "wait.mean" in list(result)
    assert result["phone.waiting at 12:00"].value >= 0
    assert "Phone line" in str(result)


def test_settings_may_be_words(folder: Path) -> None:
    one = sim.load("line.yaml", sets=["teams.own.agents=6"])
    two = sim.load("line.yaml", sets={"teams.own.agents": 6})
    assert one.loaded.layered.data == two.loaded.layered.data
    assert repr(sim.load("line.yaml", plan="more")) == "<Scenario 'Phone line', plan 'One more by day'>"


def test_a_comparison_gives_what_the_command_gives(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = sim.compare("line.yaml", plans=[None, "more"], reps=4, engine="reference")
    argv = ["compare", "line.yaml", "--plans", "as-is,more", "--reps", "4", "--engine", "reference"]
    assert main([*argv, "--no-progress", "--json", "--out", "c"]) == 0
    assert found.document == json.loads(capsys.readouterr().out)
    apart = found.difference("wait.mean", "more")
    assert apart.verdict == "better"
    assert apart.value == pytest.approx(
        found.results["more"]["wait.mean"].value - found.results["as-is"]["wait.mean"].value
    )
    assert "more is better than as-is" in str(found)
    with pytest.raises(sim.UsageError, match="was not compared"):
        found.difference("wait.p95", "more")
    with pytest.raises(sim.UsageError, match="there are more"):
        found.difference("wait.mean", "less")


def test_a_scenario_is_compared_with_itself_changed(folder: Path) -> None:
    more = sim.load("line.yaml", sets={"teams.own.agents": 6})
    found = sim.compare([sim.load("line.yaml"), more], reps=3, engine="reference")
    assert list(found.results) == ["line", "line 2"]
    assert found.difference("wait.mean", "line 2").value < 0


def test_what_cannot_be_compared_is_told(folder: Path) -> None:
    with pytest.raises(sim.UsageError, match="two different"):
        sim.compare("line.yaml")
    with pytest.raises(sim.UsageError, match="are lists"):
        sim.compare("line.yaml", plans="more")
    with pytest.raises(sim.UsageError, match=r"go to sim\.load"):
        sim.compare(["line.yaml", "line.yaml"], sets={"teams.own.agents": 3})
    with pytest.raises(sim.UsageError, match="at least one"):
        sim.run("line.yaml", reps=0)
    with pytest.raises(sim.UsageError, match="by its file or name"):
        sim.compare(sim.load("line.yaml"), plans=["more"])
    with pytest.raises(sim.InvalidInput, match="teams"):
        sim.load("line.yaml", sets={"teams.owm.agents": 3})


def test_tables_for_pandas_and_polars(folder: Path) -> None:
    result = sim.run("line.yaml", reps=2, engine="reference")
    for table in (result.to_pandas(), result.to_polars()):
        assert list(table.columns) == ["measure", "value", "half_width", "unit"]
        assert len(table) == len(list(result))
    by_interval = result.to_pandas(by_interval=True)
    waits = by_interval[(by_interval["of"] == "phone") & (by_interval["measure"] == "wait.mean")]
    assert len(waits) == len(result.document["intervals"]["starts"])
    found = sim.compare("line.yaml", plans=[None, "more"], reps=2, engine="reference")
    assert set(found.to_polars()["plan"]) == {"as-is", "more"}


def test_without_pandas_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(sim.UsageError, match="pip install pandas"):
        to_pandas({"a": [1]})


def test_a_picture_is_written(folder: Path) -> None:
    picture = sim.run("line.yaml", reps=2, engine="reference").plot()
    picture.save("wait.svg")
    assert (folder / "wait.svg").stat().st_size > 1000
    assert picture._repr_png_().startswith(b"\x89PNG")

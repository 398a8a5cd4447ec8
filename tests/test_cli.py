"""The command line as a planner meets it: what it prints where, exit codes, files, interruptions.

``python tests/test_cli.py --update`` writes the text that a run prints again, after a change that is meant.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sim.cli import main
from sim.study.engines import choose_engine

GOLDEN = Path(__file__).resolve().parent / "golden_text" / "run_help_desk.txt"
COMMANDS = (
    "init",
    "list",
    "show",
    "validate",
    "run",
    "compare",
    "staff",
    "plan",
    "sweep",
    "plot",
    "audit",
    "schema",
    "compile",
)
SMALL = """\
name: Small shop
attributes: {language: {english: 60%, spanish: 40%}}
demand: {volume: 300/day, by_hour: office, enters: {assistant: 80%, chat: rest}}
bots:
  assistant: {session: 1 min, solves: 50%, unsolved: {chat: 90%, leaves: rest}, cost: 0.1 EUR}
desks:
  chat: {handling: exponential 5 min, patience: exponential 5 min}
teams:
  own: {serves: chat, agents: {08:00-20:00: 4, else: 1}, cost: 30 EUR/h}
returns: {unsolved: {chance: 50%, after: exponential 1 h}, at_most: 2}
targets: {abandoned: at most 90%}
"""


class Said(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in an empty folder that holds small.yaml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")

    def run(*argv: str) -> Said:
        capsys.readouterr()
        code = main(argv)
        return Said(code, *capsys.readouterr())

    return run


def started(*argv: str, folder: Path, **options: Any) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *argv],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={
            "PATH": "",
            "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
            "SUPPORTSIM_CACHE": os.environ["SUPPORTSIM_CACHE"],
            **options,
        },
    )


# --- help -----------------------------------------------------------------------------------------


def test_help_says_where_to_start_and_lists_commands_in_the_order_of_use(command: Command) -> None:
    said = command("--help")
    assert said.code == 0
    assert "supportsim init" in said.out
    listed = re.findall(r"^\W+(\w+)  ", said.out.split("Commands")[1], re.M)
    assert tuple(listed) == COMMANDS
    assert command() == Said(2, "", said.out)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_has_examples_and_its_options(command: Command, name: str) -> None:
    said = command(name, "--help")
    options = {
        "init": ["--force"],
        "list": ["--measures", "--json"],
        "show": ["--set", "--plan", "--overlay", "--resolved"],
        "validate": ["--set", "--plan", "--overlay", "--strict", "--format"],
        "run": ["--set", "--plan", "--overlay", "--reps", "--seed", "--engine", "--workers", "--out",
                "--json", "--check", "--by-class", "--precision", "--control-variates", "--no-progress"],
        "compare": ["--plans", "--set", "--overlay", "--metric", "--best", "--fail-if", "--reps", "--seed",
                    "--engine", "--workers", "--out", "--format", "--json", "--no-progress"],
        "staff": ["--target", "--every", "--set", "--plan", "--overlay", "--reps", "--seed", "--engine",
                  "--workers", "--output", "--force", "--no-progress"],
        "plan": ["export"],
        "sweep": ["--vary", "--design", "--points", "--metric", "--fail-if", "--set", "--plan", "--overlay",
                  "--reps", "--seed", "--engine", "--workers", "--out", "--format", "--json",
                  "--no-progress"],
        "plot": ["--output", "--kind", "--by", "--stage", "--attribute", "--names"],
        "audit": ["--set", "--plan", "--overlay", "--reps", "--seed", "--engine", "--workers", "--all",
                  "--json", "--no-progress"],
        "schema": ["--output"],
        "compile": [],
    }  # fmt: skip
    assert said.code == 0
    assert f"  supportsim {name}" in said.out
    assert [option for option in options[name] if option not in said.out] == []
    assert "<=x<=" not in said.out


def test_help_of_run_names_the_source_of_the_measures(command: Command) -> None:
    assert "supportsim list --measures" in command("run", "--help").out


def test_version(command: Command) -> None:
    assert re.fullmatch(r"supportsim, version \d+\.\d+\.\d+\n", command("--version").out)


# --- wrong usage and wrong input ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["rnu"], "no such command 'rnu'. Did you mean 'run'?"),
        (["run"], "missing argument 'SCENARIO'"),
        (["run", "small.yaml", "--resp", "3"], "did you mean '--reps'?"),
        (["run", "small.yaml", "--reps", "0"], "0 is not between 1 and 1000000"),
        (["run", "small.yaml", "--workers", "many"], "'many' is not a whole number"),
        (["run", "small.yaml", "--seed", str(2**63)], "is not between 0 and"),
        (["run", "small.yaml", "--out", "small.yaml"], "'small.yaml' is a file, not a folder"),
        (["run", "small.yaml", "--out", "small.yaml/results"], "'small.yaml' is a file, not a folder"),
        (["init", "small.yaml"], "'small.yaml' is a file, not a folder"),
        (["schema", "-o", "nowhere/schema.json"], "cannot write 'nowhere/schema.json'"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(
    command: Command, argv: list[str], says: str
) -> None:
    said = command(*argv)
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["run", "smal.yaml"], "there is no file 'smal.yaml'; did you mean 'small.yaml'?"),
        (["run", "help_dsk"], "did you mean 'help_desk'?"),
        (["run", "."], "'.' is a folder, not a file"),
        (["run", "small.yaml", "--overlay", "."], "'.' is a folder, not a file"),
        (["run", "small.yaml", "--set", "teams.onw.agents=3"], "did you mean 'own'?"),
        (["run", "small.yaml", "--set", "demand.volume=300"], "--set #1:1:15: error"),
        (["run", "small.yaml", "--json", "--set", "targets.abandonned=at most 5%"],
         "targets.abandonned: there is no measure"),
        (["show", "small.yaml", "--plan", "nope"], "there is no plan 'nope'"),
        (["audit", "small.yaml"], "'small.yaml' makes no claims"),
        (["audit", "smal.yaml"], "did you mean 'small.yaml'?"),
        (["plot", "."], "there are no results of a run at '.'"),
        (["plot", "small.yaml"], "'small.yaml' is a scenario, not the results of a run"),
    ],
)  # fmt: skip
def test_invalid_input_exits_with_3_tells_stderr_and_leaves_stdout_empty(
    command: Command, argv: list[str], says: str
) -> None:
    said = command(*argv)
    assert (said.code, said.out) == (3, "")
    assert says in said.err
    assert said.err.endswith("1 error\n")
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "summary.json:1:2: error[json]: not the results of a run: broken JSON"),
        ("[1]", "it lacks 'scenario'"),
        ('{"scenario": "x"}', "it lacks 'seed'"),
        ('{"scenario": "x", "measures": {}, "intervals": {}}', "it lacks 'seed'"),
    ],
)
def test_damaged_results_are_told_from_results(command: Command, text: str, says: str) -> None:
    Path("old").mkdir()
    Path("old/summary.json").write_text(text, encoding="utf-8")
    said = command("plot", "old")
    assert said.code == 3
    assert says in said.err


def test_results_that_are_no_text(command: Command) -> None:
    Path("summary.json").write_bytes(b"\xff\xfe\x00")
    assert "it is no text in UTF-8" in command("plot", "summary.json").err


# --- init, list, show, validate, schema -----------------------------------------------------------


def test_init_writes_a_scenario_that_is_valid_and_overwrites_nothing(command: Command) -> None:
    said = command("init", "shop")
    assert said.code == 0
    assert "supportsim run shop/help_desk.yaml" in said.out
    assert sorted(path.name for path in Path("shop").iterdir()) == ["help_desk.yaml", "scenario.schema.json"]
    assert command("validate", "shop/help_desk.yaml").code == 0
    scenario = Path("shop/help_desk.yaml")
    scenario.write_text("mine", encoding="utf-8")
    again = command("init", "shop")
    assert again.code == 2
    assert "already there; --force overwrites them" in again.err
    assert scenario.read_text(encoding="utf-8") == "mine"
    assert command("init", "shop", "--force").code == 0
    assert "help desk" in scenario.read_text(encoding="utf-8")


def test_list_names_scenarios_plans_and_what_to_do_next(command: Command) -> None:
    out = command("list").out
    assert re.search(r"^help_desk +Web shop help desk$", out, re.M)
    assert re.search(r"^evening ", out, re.M)
    assert "supportsim run help_desk" in out
    assert "help_desk" in [row["name"] for row in json.loads(command("list", "--json").out)]


def test_list_of_measures(command: Command) -> None:
    out = command("list", "--measures").out
    assert max(map(len, out.split("\n"))) <= 100
    for key in ("wait.mean", "abandoned", "service_level", "occupancy", "solved.first", "cost.total"):
        assert re.search(rf"^{re.escape(key)} ", out, re.M)
    rows = json.loads(command("list", "--measures", "--json").out)
    assert {"name", "heading", "unit", "of", "text"} == rows[0].keys()


def test_show_tells_the_scenario_and_the_next_command(command: Command) -> None:
    out = command("show", "small.yaml", "--set", "teams.own.chats=2").out
    for words in (
        "300 new customers a day",
        "Solves 50.0%",
        "to chat 45.0%",
        "30 EUR/h",
        "abandoned at most 90%",
    ):
        assert words in out
    assert out.endswith("Next  supportsim run small.yaml --set teams.own.chats=2\n")


def test_show_resolved_gives_a_scenario_with_the_origin_of_changes(command: Command) -> None:
    out = command("show", "small.yaml", "--resolved", "--set", "demand.volume=20% more").out
    assert re.search(r"volume: 360.*/day +# from --set #1:1", out)
    Path("whole.yaml").write_text(out, encoding="utf-8")
    assert command("validate", "whole.yaml").code == 0


def test_validate_several(command: Command) -> None:
    said = command("validate", "small.yaml", "erlang_a")
    assert (said.code, said.out) == (0, "all 2 scenarios are valid\n")
    strict = command("validate", "small.yaml", "--strict")
    assert strict.code == 3
    assert "this input has no source" in strict.err
    both = command("validate", "small.yaml", "no.yaml", "no_either.yaml", "--format", "json")
    assert both.code == 3
    assert [problem["code"] for problem in json.loads(both.out)] == ["no_file", "no_file"]
    assert json.loads(command("validate", "small.yaml", "--format", "json").out) == []


def test_schema(command: Command) -> None:
    said = command("schema")
    assert json.loads(said.out)["title"] == "supportsim scenario"
    assert command("schema", "-o", "s.json") == Said(0, "Wrote s.json\n", "")
    assert Path("s.json").read_text(encoding="utf-8") == said.out


# --- run and plot ---------------------------------------------------------------------------------


def test_run_prints_targets_first_and_the_next_command_last(command: Command) -> None:
    said = command("run", "small.yaml", "--reps", "2")
    assert said.code == 0
    assert [line.split("  ")[0] for line in re.split(r"\n\n", said.out)][:3] == [
        f"Small shop\n2 days simulated · seed 1 · {choose_engine('auto').engine} engine\n"
        "± is the half-width of the 95 % confidence interval.",
        "Targets\n",
        "Bots",
    ]
    folder = next(Path("runs").iterdir())
    assert said.out.endswith(f"Next     supportsim plot {folder}\n")
    more = command("run", "small.yaml").out
    assert re.search(r"--reps \d+ halves the ±\n$", more)


def test_files_of_a_run(command: Command) -> None:
    said = command("run", "small.yaml", "--reps", "2", "--out", "here/there", "--set", "scale=0.5")
    folder = Path("here/there")
    assert "Results  here/there/" in said.out
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json", "resolved.yaml", "results.sqlite", "summary.csv", "summary.json",
    ]  # fmt: skip
    rows = (folder / "summary.csv").read_text(encoding="utf-8").split("\n")
    assert rows[0] == "measure,value,half_width,unit"
    document = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    value = document["measures"]["wait.mean"]["value"]
    assert any(row.startswith(f"wait.mean,{value}") for row in rows)
    assert any(row.startswith("chat.abandoned,") for row in rows)
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["set"] == ["scale=0.5"]
    before = (folder / "summary.json").read_bytes()
    again = command("run", str(folder / "resolved.yaml"), "--reps", "2", "--out", "again")
    assert again.code == 0
    assert Path("again/summary.json").read_bytes() == before


def test_json_is_one_document_equal_twice_and_without_paths_or_times(
    command: Command, tmp_path: Path
) -> None:
    first = command("run", "small.yaml", "--reps", "2", "--json")
    assert first.err == ""
    document = json.loads(first.out)
    assert command("run", "small.yaml", "--reps", "2", "--json", "--out", "elsewhere").out == first.out
    assert command("run", "small.yaml", "--reps", "2", "--json", "--seed", "2").out != first.out
    assert str(tmp_path) not in first.out
    assert "small.yaml" not in first.out
    assert not re.search(r"\b20\d\d-\d\d-\d\d|\belapsed\b", first.out)
    for word in ("wait", "abandoned", "service_level", "solved", "occupancy", "cost", "handoff"):
        assert [key for key in document["measures"] if word in key]
    assert all(figure.keys() == {"value", "half_width", "unit"} for figure in document["measures"].values())


CLAIMS = """
claims:
  issues: {is: 300, within: 200, source: expected (own)}
  chat.wait.mean at 12:00: {is: 2 h, within: 1 min, source: published wait}
  cycle: {is: 3 days, awaits: other departments, source: published cycle}
"""


def test_audit_exits_with_4_where_a_claim_is_missed_and_writes_nothing(command: Command) -> None:
    Path("claims.yaml").write_text(SMALL + CLAIMS, encoding="utf-8")
    before = set(Path().iterdir())
    said = command("audit", "claims.yaml", "--reps", "3")
    assert said.code == 4
    assert re.search(r"^1  issues +300, within 200 +\S+ ± \S+ \S+ +✓ within +expected$", said.out, re.M)
    assert re.search(r"✗ missed by [12]\.\d+ h +published$", said.out, re.M)
    assert "1 within, 1 missed, 1 not yet measurable (need: other departments)" in said.out
    assert set(Path().iterdir()) == before
    claims = "claims={issues: {is: 300, within: 200, source: expected}}"
    held = command("audit", "small.yaml", "--reps", "3", "--set", claims, "--json")
    assert held.code == 0
    document = json.loads(held.out)
    assert document["count"] == {"within": 1, "missed": 0, "too close to call": 0, "not yet measurable": 0}
    assert "small.yaml" not in held.out


def test_seeds_may_be_large_and_one_replication_is_enough(command: Command) -> None:
    said = command("run", "small.yaml", "--reps", "1", "--seed", str(2**63 - 1))
    assert said.code == 0
    assert "No half-widths" in said.out


def test_check_exits_with_4_and_names_the_missed_target(command: Command) -> None:
    met = command("run", "small.yaml", "--reps", "2", "--check")
    assert met.code == 0
    argv = ("run", "small.yaml", "--reps", "2", "--set", "targets.believed=at most 0%")
    assert command(*argv).code == 0
    missed = command(*argv, "--check", "--json")
    assert missed.code == 4
    assert re.search(r"^target missed: believed is .* %, wanted at most 0%$", missed.err, re.M)
    assert "abandoned is" not in missed.err
    json.loads(missed.out)


def test_overlay_plan_and_settings_are_laid_on_top(command: Command) -> None:
    Path("more.yaml").write_text("demand: {volume: 400/day}\n", encoding="utf-8")
    Path("plans").mkdir()
    Path("plans/two.yaml").write_text("plan: Two people\nteams: {own: {agents: 2}}\n", encoding="utf-8")
    layers = ("--overlay", "more.yaml", "--plan", "two", "--set", "name=Laid on top")
    assert "400 new customers a day" in command("show", "small.yaml", *layers).out
    out = command("run", "small.yaml", "--reps", "2", *layers, "--json").out
    document = json.loads(out)
    assert (document["scenario"], document["plan"]) == ("Laid on top", "Two people")
    assert document["teams"]["own"]["hours.paid"]["value"] == 48
    assert "Plan: Two people" in command("run", "small.yaml", "--reps", "2", *layers).out


def test_a_csv_file_belongs_to_the_results(command: Command) -> None:
    Path("far").mkdir()
    scenario, volumes = Path("far/shop.yaml"), Path("far/volumes.csv")
    scenario.write_text(SMALL.replace("volume: 300/day, by_hour: office", "by_hour: volumes.csv"), "utf-8")
    folders: list[str] = []
    for n in (100, 200):
        volumes.write_text(f"time,volume\n00:00,100\n12:00,{n}\n", encoding="utf-8")
        assert command("run", str(scenario), "--reps", "2").code == 0
        (folder,) = (path for path in Path("runs").iterdir() if path.name not in folders)
        folders.append(folder.name)
        assert str(volumes) in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
        again = command("run", str(folder / "resolved.yaml"), "--reps", "2", "--json", "--out", "again")
        assert again.out == (folder / "summary.json").read_text(encoding="utf-8")
    Path("whole.yaml").write_text(command("show", str(scenario), "--resolved").out, encoding="utf-8")
    assert command("run", "whole.yaml", "--reps", "2", "--json").out == again.out


def test_classes_are_shown_where_asked_for(command: Command) -> None:
    assert "By language" in command("run", "small.yaml", "--reps", "2", "--by-class").out


def test_warnings_come_on_stderr_and_leave_the_figures_alone(command: Command) -> None:
    said = command("run", "small.yaml", "--reps", "2", "--set", "teams.own.agents=1")
    assert "warning[overload]" in said.err
    assert "small.yaml:7:" in said.err
    assert "warning" not in said.out


@pytest.mark.parametrize(
    ("changes", "has"),
    [
        (["teams.own.agents=0"], "100.0 %"),
        (["desks.chat.patience=0 s"], "Desks"),
    ],
)
def test_odd_scenarios_run(command: Command, changes: list[str], has: str) -> None:
    sets = [word for change in changes for word in ("--set", change)]
    said = command("run", "small.yaml", "--reps", "2", *sets)
    assert said.code == 0
    assert has in said.out


def test_bots_without_desks(command: Command) -> None:
    Path("bots.yaml").write_text(
        "name: Bots\ndemand: {volume: 90/day, enters: bot}\nbots: {bot: {session: 2 min, solves: 70%}}\n",
        encoding="utf-8",
    )
    said = command("run", "bots.yaml", "--reps", "2", "--out", "bots")
    assert said.code == 0
    assert "Desks" not in said.out
    assert "supportsim plot" not in said.out
    assert "automation" in said.out
    refused = command("plot", "bots")
    assert refused.code == 2
    assert "no desk" in refused.err


def test_without_bots_there_is_no_word_of_automation(command: Command) -> None:
    out = command("run", "help_desk", "--reps", "1").out
    assert not re.search("automation|believed|Bots", out)


def test_chinese_names(command: Command) -> None:
    Path("客服.yaml").write_text(
        SMALL.replace("chat", "在线").replace("Small shop", "网店"), encoding="utf-8"
    )
    said = command("run", "客服.yaml", "--reps", "1")
    assert said.code == 0
    assert re.search(r"Next     supportsim plot runs/客服-[0-9a-f]{6}$", said.out, re.M)
    assert "在线" in command("show", "客服.yaml").out


def test_plot_writes_a_picture_and_says_where(command: Command) -> None:
    command("run", "small.yaml", "--reps", "2", "--out", "r")
    assert command("plot", "r") == Said(0, "Wrote r/wait.png\n", "")
    assert Path("r/wait.png").read_bytes().startswith(b"\x89PNG")
    assert command("plot", "r/summary.json", "--stage", "chat", "-o", "new/w.SVG").code == 0
    assert "<svg" in Path("new/w.SVG").read_text(encoding="utf-8")
    for argv, says in (
        (["-o", "w.gif"], "must end with .png, .svg or .pdf"),
        (["-o", "."], "'.' is a folder"),
        (["-o", "small.yaml/w.png"], "'small.yaml' is a file"),
        (["--stage", "chatt"], "did you mean 'chat'?"),
        (["--stage", "assistant"], "nobody waits at 'assistant'"),
    ):
        said = command("plot", "r", *argv)
        assert said.code == 2
        assert says in said.err
    wrong = command("plot", "s")
    assert "there are no results of a run at 's'" in wrong.err


def test_a_folder_of_runs_names_the_latest(command: Command) -> None:
    command("run", "small.yaml", "--reps", "1", "--out", "all/monday")
    assert "the latest run in it is 'all/monday'" in command("plot", "all").err


# --- processes, pipes, interruptions --------------------------------------------------------------


def test_workers_change_no_byte(command: Command) -> None:
    alone, three = (
        command("run", "small.yaml", "--reps", "4", "--json", "--workers", n).out for n in ("1", "3")
    )
    assert alone == three


def test_a_reader_who_has_gone_is_no_error(command: Command, tmp_path: Path) -> None:
    process = started("run", "small.yaml", "--reps", "1", folder=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(60) == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interruption_exits_with_130_and_keeps_what_is_finished(
    command: Command, tmp_path: Path, workers: str
) -> None:
    process = started("run", "small.yaml", "--reps", "100000", "--workers", workers, folder=tmp_path)
    for _ in range(600):
        if (tmp_path / "runs").exists():
            break
        time.sleep(0.1)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert err.endswith("interrupted\n")
    assert "Traceback" not in err
    kept = re.search(r"(\d+) finished replications? (?:is|are) kept in '(.*)'; the same command goes on", err)
    assert kept
    (store,) = (tmp_path / kept[2]).iterdir()  # and nothing else
    connection = sqlite3.connect(store)
    assert connection.execute("SELECT count(*) FROM results").fetchone() == (int(kept[1]),)
    connection.close()


def test_a_terminal_without_unicode_gets_ascii(command: Command, tmp_path: Path) -> None:
    argv = ("run", "small.yaml", "--reps", "2", "--no-progress")
    process = started(*argv, folder=tmp_path, PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "+/-" in out
    assert out.isascii()


def help_desk_text() -> str:
    """What `supportsim run help_desk --reps 3` prints, without where the results are."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(io.StringIO()):
        assert main(["run", "help_desk", "--reps", "3", "--engine", "reference", "--out", "results"]) == 0
    return text.getvalue()


def test_the_text_of_a_run_is_as_agreed(command: Command) -> None:
    assert help_desk_text() == GOLDEN.read_text(encoding="utf-8"), "python tests/test_cli.py --update"


if __name__ == "__main__" and sys.argv[1:] == ["--update"]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        GOLDEN.write_text(help_desk_text(), encoding="utf-8", newline="\n")
        os.chdir(GOLDEN.parent)
    print(f"wrote {GOLDEN.name}")

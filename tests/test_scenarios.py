"""The shipped scenarios: valid, sourced, within the schema, and able to run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import main
from sim.scenario.load import read
from sim.scenario.shipped import scenarios_in, shipped, shipped_folder
from sim.study.prepare import prepare
from sim.study.replications import run_replications

FOLDER = shipped_folder()
SCHEMA = FOLDER / "scenario.schema.json"
SCENARIOS = shipped()
PLANS = scenarios_in(FOLDER / "plans")
FILES = {**SCENARIOS, **PLANS, **scenarios_in(FOLDER / "parts")}
WITHOUT_SOURCES = {"help_desk"}  # the first scenario that a planner sees: nothing in it that can be left out
SMALLER = {
    "bot_before_chat": ["scale=0.05"],
    "erlang_a": ["horizon.measure=1 h"],
    "erlang_a_575": ["horizon.measure=10 min", "horizon.warm_up=0 s", "scale=0.1"],
    "support_baseline": ["scale=0.001"],
    "two_chats": ["horizon.measure=24 h"],
    "two_skills": ["horizon.measure=24 h"],
    "two_tier_day": ["scale=0.001"],
}
"""Settings that make a run take a moment."""


def test_there_are_scenarios_plans_and_parts() -> None:
    assert {"help_desk", "support_baseline"} <= SCENARIOS.keys()
    assert PLANS
    assert len(FILES) > len(SCENARIOS) + len(PLANS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_input_has_a_source(name: str) -> None:
    unsourced = [problem.path for problem in prepare(name).unsourced]
    assert bool(unsourced) == (name in WITHOUT_SOURCES), unsourced


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_is_shown_on_a_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", name]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert len(lines) <= 66  # of a printed page
    assert max(map(len, lines)) <= 110


def test_the_baseline_states_every_headline_of_the_report_in_order() -> None:
    assert list(prepare("support_baseline").scenario.claims) == [
        "ended by automation",
        "come to a person",
        "bot sessions handed on",
        "bot right, all questions",
        "bot answers accepted",
        "bot's first reply",
        "handling by the first line",
        "solved by the first line",
        "solved by people, experts included",
        "own chat, wait at the peak",
        "vendor chat, wait at the peak",
        "chat, wait at the peak",
        "utilisation",
        "phone utilisation",
        "contacts per agent-day, smaller towns",
        "solved by self-service",
        "complaints solved on social media",
        "answered by a person within 20 s",
        "time a complaint takes",
        "information on goods",
        "repeats among long-tail users",
        "satisfaction, of 10",
        "satisfied with the bot",
        "score of top users",
        "satisfaction lost by an 18 min wait",
        "second line's cost / first line's",
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_runs(name: str) -> None:
    sets = SMALLER.get(name, [])
    result = run_replications(prepare(name, sets=sets).resolved, 1, 1, workers=1)
    assert result["measures"]["contacts"]["value"] > 0
    assert result["measures"]["abandoned"]["value"] is not None


@pytest.mark.parametrize("name", PLANS)
def test_plans_are_for_a_scenario(name: str) -> None:
    """The comment at the top of a plan names its scenario: ``# For support_baseline.``"""
    text = PLANS[name].read_text(encoding="utf-8")
    found = re.search(r"^# For (\w+)\.", text, re.M)
    assert found
    assert prepare(found.group(1), plan=name).layered.plan


@pytest.mark.parametrize("name", FILES)
def test_published_facts_exist(name: str) -> None:
    known = read(FOLDER / "facts" / "report.yaml").data["facts"].keys()
    data = read(FILES[name]).data
    words = [
        *data.get("sources", {}).values(),
        *(claim["source"] for claim in data.get("claims", {}).values()),
    ]
    named = [
        fact.strip()
        for text in words
        for listed in re.findall(r"\bpublished ([^;(]+)", text)
        for fact in listed.split(",")
    ]
    assert [fact for fact in named if fact not in known] == []
    assert len(named) >= sum("published" in text for text in words)


def test_every_fact_has_a_value_and_its_place_in_the_report() -> None:
    for fact in read(FOLDER / "facts" / "report.yaml").data["facts"].values():
        assert {"value", "what", "section"} <= fact.keys()


@pytest.mark.parametrize("name", FILES)
def test_it_names_its_schema_for_editors(name: str) -> None:
    path = FILES[name]
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
    assert found
    assert (path.parent / found.group(1)).resolve() == SCHEMA.resolve()


def test_all_keep_to_the_schema() -> None:
    done = check_schema(*FILES.values())
    assert done.returncode == 0, done.stdout


def test_the_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("name: x\ndemnad: {volume: 5/day}\n", encoding="utf-8")
    done = check_schema(path)
    assert done.returncode == 1
    assert "demnad" in done.stdout


def check_schema(*paths: Path) -> subprocess.CompletedProcess[str]:
    """What check-jsonschema says of files."""
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)

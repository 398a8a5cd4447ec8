"""The shipped scenarios: valid, sourced, within the schema, and able to run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import main
from sim.present.catalogue import scenarios_text
from sim.scenario.load import read
from sim.scenario.shipped import named_scenarios, scenarios_in, shipped, shipped_folder, what_ifs
from sim.study.audits import audit_of
from sim.study.prepare import prepare
from sim.study.replications import run_replications

FOLDER = shipped_folder()
SCHEMA = FOLDER / "scenario.schema.json"
SCENARIOS = shipped()
WHAT_IFS = what_ifs()
BY_NAME = named_scenarios()
PLANS = scenarios_in(FOLDER / "plans")
FILES = {**BY_NAME, **PLANS, **scenarios_in(FOLDER / "parts")}
WITHOUT_SOURCES = {"help_desk"}  # the first scenario that a planner sees: nothing in it that can be left out
SMALLER = {
    "bot_before_chat": ["scale=0.05"],
    "erlang_a": ["horizon.measure=1 h"],
    "erlang_a_575": ["horizon.measure=10 min", "horizon.warm_up=0 s", "scale=0.1"],
    "support_baseline": ["scale=0.001"],
    "two_chats": ["horizon.measure=24 h"],
    "two_skills": ["horizon.measure=24 h"],
    "two_tier_day": ["scale=0.001"],
    **{name: ["scale=0.001"] for name in WHAT_IFS},
}
"""Settings that make a run take a moment."""


def test_there_are_scenarios_plans_and_parts() -> None:
    assert {"help_desk", "support_baseline"} <= SCENARIOS.keys()
    assert PLANS
    assert {"bot_accuracy_80", "forecast_error"} <= WHAT_IFS.keys()
    assert BY_NAME.keys() == SCENARIOS.keys() | WHAT_IFS.keys()
    assert len(FILES) > len(BY_NAME) + len(PLANS)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_input_has_a_source(name: str) -> None:
    unsourced = [problem.path for problem in prepare(name).unsourced]
    assert bool(unsourced) == (name in WITHOUT_SOURCES), unsourced


@pytest.mark.parametrize("name", BY_NAME)
def test_it_is_shown_on_a_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", name]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert len(lines) <= (66 if name in SCENARIOS else 72)  # of a printed page
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("name", WHAT_IFS)
def test_a_what_if_asks_a_question_and_claims_something(name: str) -> None:
    data = read(WHAT_IFS[name]).data
    assert data["question"].endswith("?")
    assert "extends" in data
    case = audit_of(name, reps=1)
    assert case.replications == 1
    assert (case.below is None) == (name == "phone_wait_5")  # the only one that changes nothing
    if case.below is not None:
        assert case.below.layered.main.endswith(
            "dynamic_roster_85.yaml" if name.startswith("forecast_error") else "support_baseline.yaml"
        )


def test_what_ifs_are_listed_apart() -> None:
    text = scenarios_text()
    assert re.search(r"two_tier_day .*\n\nWhat-ifs, .*\nbot_accuracy_80 +Bot accuracy 80 %\n", text)
    assert text.index("What-ifs") < text.index("sourcing_70_30") < text.index("Plans")


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


@pytest.mark.parametrize("name", BY_NAME)
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

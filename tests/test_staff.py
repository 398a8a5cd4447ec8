"""Finding agents: the search alone, plans in numbers, and the command on a desk whose answer is exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.cli import main
from sim.errors import UsageError
from sim.scenario.scaling import apportion, scaled
from sim.scenario.schema import Team
from sim.scenario.wishes import parse_wish
from sim.study.pools import Goal, Pool, pools_of
from sim.study.prepare import prepare
from sim.study.staff import _Search
from sim.study.staff_runs import scheduled_for, table_of
from sim.theory.staffing import Target, agents_for
from sim.units import HOUR

LINE = """\
name: Phone line
horizon: {warm_up: 2 h, measure: 240 h}
demand: {volume: 4/min}
desks:
  phone: {handling: exponential 2 min, patience: exponential 3 min}
teams:
  own: {serves: phone, agents: 9, shrinkage: 20%}
"""


@given(
    least=st.lists(st.integers(0, 400), min_size=1, max_size=6),
    first=st.lists(st.integers(0, 400), min_size=6, max_size=6),
)
def test_the_search_ends_at_the_least_number_that_does(least: list[int], first: list[int]) -> None:
    wanted = np.array(least)
    search = _Search(np.array(first[: len(least)]))
    for _ in range(60):
        before = search.now.copy()
        search.learns(before >= wanted)
        if (search.now == before).all():
            break
    assert search.now.tolist() == least
    assert search.meeting.tolist() == least


def test_what_no_number_can_do_is_given_up() -> None:
    search = _Search(np.array([10]), most=500)
    for _ in range(40):
        before = search.now.copy()
        search.learns(np.array([False]))
        if (search.now == before).all():
            break
    assert search.now.tolist() == [500]


def test_a_verdict_that_changes_is_believed() -> None:
    """An interval that fails beside leaner neighbours is raised above what once did."""
    search = _Search(np.array([10]))
    for is_met in (True, False, False):
        search.learns(np.array([is_met]))
    tried = int(search.now[0])
    search.learns(np.array([False]))
    assert int(search.now[0]) > tried


@given(
    needed=st.integers(0, 300),
    shrinkage=st.integers(0, 60),
    absence=st.integers(0, 30),
    scale=st.sampled_from([1.0, 0.5, 0.1]),
)
def test_enough_are_scheduled_and_no_more(needed: int, shrinkage: int, absence: int, scale: float) -> None:
    team = Team(serves="phone", agents=1, shrinkage=f"{shrinkage}%", absence=f"{absence}%")

    def there(n: int) -> int:
        return apportion([scaled(n, scale)], 1 - team.shrinkage, at_least_one=False)[0]

    n = scheduled_for(needed, team, scale)
    present = needed / (1 - team.absence)
    assert there(n) >= present - 1e-6
    assert n == 0 or there(n - 1) < present or scaled(n - 1, scale) == scaled(n, scale)


def test_equal_neighbours_stand_in_one_range() -> None:
    assert table_of([0, 0, 3, 3, 3, 1], 4 * HOUR) == {"00:00-08:00": 0, "08:00-20:00": 3, "20:00-24:00": 1}


def test_desks_and_teams_that_hang_together() -> None:
    baseline = prepare("support_baseline").resolved
    names = baseline.labels
    pools = pools_of(baseline.model)
    own = next(pool for pool in pools if names.stages.index("chat_own") in pool.desks)
    assert [names.teams[team] for team in own.teams] == ["own_east", "own_lower", "own_other"]
    assert len(pools) == 5
    assert pools_of(prepare("two_skills").resolved.model) == (Pool((0,), (0, 1)),)


@pytest.mark.parametrize(
    ("measure", "words", "message"),
    [
        ("wait.p90", "at most 30 s", "only for"),
        ("service_level", "at most 80%", "at least"),
        ("abandoned", "at least 5%", "at most"),
    ],
)
def test_goals_that_cannot_be(measure: str, words: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Goal.of(measure, parse_wish(words))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.yaml").write_text(LINE, encoding="utf-8")
    return tmp_path


def test_the_exact_minimum_of_a_desk_by_erlang_a(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """10 agents answer 82.3 % in 20 s, 9 answer 71.1 %; a figure of six hours has a standard error of about
    0.6 points, so one of 8 looks (4 intervals, fitted and fresh) is wrong in 0.1 % of the seeds."""
    argv = ["staff", "line.yaml", "--target", "service_level 80% in 20 s", "--every", "6 h"]
    assert main([*argv, "--reps", "6", "--no-progress"]) == 0
    exact = agents_for(Target(service_level=0.8, within=20.0), 4 / 60, 120.0, 180.0)
    plan = (folder / "line_staffed.yaml").read_text(encoding="utf-8")
    assert (
        f"00:00-24:00: {scheduled_for(exact, Team(serves='phone', agents=1, shrinkage='20%'), 1.0)}" in plan
    )
    said = capsys.readouterr().out
    assert said.count(f"  {exact}         {exact}") == 4
    assert "Every one of 4 intervals meets service_level 80% in 20 s" in said
    assert main(["run", "line.yaml", "--plan", "line_staffed.yaml", "--no-progress", "--check"]) == 0


def test_a_plan_is_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "line_staffed.yaml").write_text("mine", encoding="utf-8")
    assert main(["staff", "line.yaml", "--target", "abandoned at most 5%"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (folder / "line_staffed.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--target", "service_level"), "write for example"),
        (("--target", "servis_level 80% in 20 s"), "only for"),
        (("--target", "abandoned at most 5%", "--every", "7 h"), "whole intervals"),
        (("--target", "abandoned at most 5%", "--every", "soon"), "--every"),
        (("--target", "abandoned at most 5%", "--every", "0 h"), "takes some time"),
        (("--target", "abandoned at most 5%", "-o", "no/such.yaml"), "no folder"),
        (("--target", "service_level 120% in 20 s"), "120%"),
    ],
)
def test_wrong_usage_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str
) -> None:
    assert main(["staff", "line.yaml", *argv]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""
    assert not list(folder.glob("*staffed*"))


def test_days_that_differ_have_no_single_plan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = LINE.replace("volume: 4/min", "volume: {monday: 6_000/day, else: 3_000/day}")
    (folder / "line.yaml").write_text(text, encoding="utf-8")
    assert main(["staff", "line.yaml", "--target", "abandoned at most 5%"]) == 2
    assert "measured days differ" in capsys.readouterr().err

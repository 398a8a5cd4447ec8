"""Layers laid on each other: merging, relative values, where each value comes from, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.errors import InvalidInput, Problem
from sim.scenario.layers import Layered, compose
from sim.scenario.relative import NotChangeable, changed, parse_change
from sim.scenario.shipped import scenarios_in, shipped, shipped_folder

BASE = """\
name: Base
desks:
  chat: {handling: lognormal 6 min cv 0.8, asks: [own, more]}
bots:
  assistant: {at_once: {20:00-22:00: 900, else: 600}, solves: {standard: 80%, complex: 58%}}
teams:
  own: {serves: chat, agents: 60, cost: 40 CNY/h}
  more: {serves: chat, shifts: {early: {from: 08:00, to: 16:00, agents: 10}}}
demand: {streams: {web: {volume: 1_200/day}}}
"""

Write = Callable[..., str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tests work in a folder of their own, so that marks name files shortly."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(here: Path) -> Write:
    def write(name: str, text: str) -> str:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def base(write: Write) -> str:
    return write("base.yaml", BASE)


def problems_of(*args: Any, **kwargs: Any) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        compose(*args, **kwargs)
    return list(caught.value.problems)


def problem_of(*args: Any, **kwargs: Any) -> Problem:
    (problem,) = problems_of(*args, **kwargs)
    return problem


def place_of(problem: Problem) -> str:
    assert problem.mark is not None
    return f"{problem.mark.file}:{problem.mark.line}:{problem.mark.column}"


def at(layered: Layered, path: str) -> Any:
    value: Any = layered.data
    for key in path.split("."):
        value = value[key]
    return value


class TestMerging:
    def laid(self, write: Write, lower: str, upper: str) -> Any:
        write("lower.yaml", lower)
        return compose(write("upper.yaml", "extends: lower.yaml\n" + upper)).data

    @pytest.mark.parametrize(("lower", "upper", "both"), [
        ("{b: 1, c: 2}", "{c: 3, d: 4}", {"b": 1, "c": 3, "d": 4}),
        ("{b: {c: 1}}", "{b: {d: 2}}", {"b": {"c": 1, "d": 2}}),
        ("[1, 2]", "[3]", [3]),
        ("5 min", "7 min", "7 min"),
        ("5 min", "{x: 1 min, else: 2 min}", {"x": "1 min", "else": "2 min"}),
        ("{x: 1 min, else: 2 min}", "5 min", "5 min"),
        ("{b: 1, c: 2}", "{c: null}", {"b": 1}),
        ("{b: {c: 1, d: 2}, e: 3}", "{b: null}", {"e": 3}),
    ])  # fmt: skip
    def test_maps_merge_and_the_rest_is_replaced(
        self, write: Write, lower: str, upper: str, both: object
    ) -> None:
        assert self.laid(write, f"a: {lower}", f"a: {upper}") == {"a": both}

    def test_null_for_a_whole_key_takes_it_away(self, write: Write) -> None:
        assert self.laid(write, "a: {b: 1}\nc: 2", "a: null") == {"c": 2}

    def test_null_where_nothing_is_below_stays_for_others_to_judge(self, write: Write) -> None:
        assert compose(write("one.yaml", "demand:\n")).data == {"demand": None}

    @pytest.mark.parametrize(("lower", "upper", "both"), [
        ("{08:00-24:00: 60, else: 20}", "{09:00-17:00: 5, else: 1}", {"09:00-17:00": 5, "else": 1}),
        ("{08:00-24:00: 60, else: 20}", "{08:00-24:00: 70}", {"08:00-24:00": 70, "else": 20}),
        ("{08:00-24:00: 60, else: 20}", "{else: 10}", {"08:00-24:00": 60, "else": 10}),
        ("{08:00-24:00: 60, else: 20}", "{complex: 5, else: 1}", {"complex": 5, "else": 1}),
        ("{complex: 5, else: 1}", "{08:00-24:00: 60, else: 20}", {"08:00-24:00": 60, "else": 20}),
    ])  # fmt: skip
    def test_tables_of_different_clock_ranges_do_not_mix(
        self, write: Write, lower: str, upper: str, both: object
    ) -> None:
        assert self.laid(write, f"a: {lower}", f"a: {upper}") == {"a": both}

    def test_shares_and_tables_of_shares_replace_each_other(self, write: Write) -> None:
        flat, table = "{low: 10%, high: 90%}", "{orders: {low: 20%, high: rest}, else: {low: 5%, high: rest}}"
        for below, above in ((flat, table), (table, flat)):
            write("below.yaml", f"name: Base\nattributes: {{size: {below}}}\n")
            layer = write("above.yaml", f"attributes: {{size: {above}}}\n")
            assert compose("below.yaml", [layer]).data["attributes"] == compose(layer).data["attributes"]
        part = write("part.yaml", "attributes: {size: {orders: {low: 30%}}}\n")
        write("below.yaml", f"name: Base\nattributes: {{size: {table}}}\n")
        assert compose("below.yaml", [part]).data["attributes"]["size"] == {
            "orders": {"low": "30%", "high": "rest"},
            "else": {"low": "5%", "high": "rest"},
        }

    def test_layers_are_laid_in_their_order(self, base: str, write: Write) -> None:
        write("main.yaml", "extends: base.yaml\nteams: {own: {agents: 1, chats: 1, cost: 1, absence: 1%}}")
        overlay = write("overlay.yaml", "teams: {own: {chats: 2, cost: 2, absence: 2%}}")
        plan = write("plan.yaml", "plan: P\nteams: {own: {cost: 3, absence: 3%}}")
        own = at(compose("main.yaml", [overlay], plan, ["teams.own.absence=4%"]), "teams.own")
        assert own == {"serves": "chat", "agents": 1, "chats": 2, "cost": 3, "absence": "4%"}

    def test_later_overlays_and_settings_win(self, base: str, write: Write) -> None:
        one, two = write("1.yaml", "teams: {own: {agents: 1}}"), write("2.yaml", "teams: {own: {agents: 2}}")
        assert at(compose(base, [one, two]), "teams.own.agents") == 2
        sets = ["teams.own.agents=3", "teams.own.agents=4"]
        assert at(compose(base, [one, two], sets=sets), "teams.own.agents") == 4


class TestExtends:
    def test_each_base_is_relative_to_the_file_that_says_so(self, write: Write) -> None:
        write("parts/deep/mix.yaml", "a: 1")
        write("parts/all.yaml", "extends: deep/mix.yaml\nb: 2")
        assert compose(write("main.yaml", "extends: parts/all.yaml\nc: 3")).data == {"a": 1, "b": 2, "c": 3}

    def test_later_bases_win(self, write: Write) -> None:
        write("a.yaml", "x: 1\ny: 1")
        write("b.yaml", "y: 2")
        assert compose(write("main.yaml", "extends: [a.yaml, b.yaml]")).data == {"x": 1, "y": 2}

    def test_a_base_shared_by_two_bases_undoes_neither(self, write: Write) -> None:
        write("root.yaml", "x: 1\ny: 10")
        write("a.yaml", "extends: root.yaml\nx: 2")
        write("b.yaml", "extends: root.yaml\ny: 20% more")
        assert compose(write("main.yaml", "extends: [a.yaml, b.yaml]")).data == {"x": 2, "y": 12}

    def test_files_are_told_lowest_first(self, base: str, write: Write) -> None:
        assert compose(write("main.yaml", "extends: base.yaml")).files == ("base.yaml", "main.yaml")

    def test_a_loop_prints_its_chain(self, write: Write) -> None:
        write("a.yaml", "extends: b.yaml")
        write("b.yaml", "extends: c.yaml")
        write("c.yaml", "extends: a.yaml")
        problem = problem_of("a.yaml")
        assert problem.code == "loop"
        assert "a.yaml extends b.yaml extends c.yaml extends a.yaml" in problem.message
        assert place_of(problem) == "c.yaml:1:10"

    def test_a_file_that_extends_itself_is_a_loop(self, write: Write) -> None:
        assert problem_of(write("a.yaml", "extends: ./a.yaml")).code == "loop"

    def test_a_missing_base_is_told_where_it_is_named(self, base: str, write: Write) -> None:
        problem = problem_of(write("main.yaml", "extends: [base.yaml, bose.yaml]"))
        assert place_of(problem) == "main.yaml:1:22"
        assert "did you mean 'base.yaml'?" in problem.message

    @pytest.mark.parametrize("value", ["5", "", "{a: b}", "[3]", "['']", '"a\\0b"'])
    def test_what_names_no_file_is_told(self, write: Write, value: str) -> None:
        assert problem_of(write("main.yaml", f"extends: {value}")).code == "extends"

    def test_problems_of_all_files_are_told_at_once(self, write: Write) -> None:
        write("a.yaml", "x: .nan")
        write("b.yaml", "x: [")
        write("main.yaml", "extends: [a.yaml, b.yaml]")
        overlay = write("overlay.yaml", "x: !tag 1")
        codes = [p.code for p in problems_of("main.yaml", [overlay], sets=["x"])]
        assert codes == ["number", "syntax", "tag", "setting"]


class TestNames:
    def test_a_bare_name_is_a_shipped_scenario(self, write: Write, here: Path) -> None:
        write("shipped/hotline.yaml", "name: Hotline")
        assert compose("hotline", search=here / "shipped").data == {"name": "Hotline"}

    def test_a_scenario_may_extend_a_shipped_one(self, write: Write, here: Path) -> None:
        write("shipped/hotline.yaml", "name: Hotline")
        main = write("main.yaml", "extends: hotline")
        assert compose(main, search=here / "shipped").data == {"name": "Hotline"}

    def test_an_unknown_name_is_told_with_the_nearest(self, write: Write, here: Path) -> None:
        write("shipped/hotline.yaml", "name: Hotline")
        assert "did you mean 'hotline'?" in problem_of("hotlin", search=here / "shipped").message
        assert "hotline" in (problem_of("qqq", search=here / "shipped").hint or "")

    def test_a_file_named_without_its_suffix_is_told(self, base: str) -> None:
        assert "did you mean the file 'base.yaml'?" in problem_of("base").message

    def test_parts_and_plans_are_no_scenarios(self, write: Write, here: Path) -> None:
        for name in ("one.yaml", "two.yml", "parts/mix.yaml", "plans/evening.yaml", "notes.txt"):
            write(f"shipped/{name}", "name: N")
        assert list(scenarios_in(here / "shipped")) == ["one", "two"]

    def test_the_shipped_scenarios_lie_in_their_folder(self) -> None:
        assert all(path.parent == shipped_folder() for path in shipped().values())


class TestRelativeValues:
    @pytest.mark.parametrize(("base", "change", "value"), [
        (60, "20% more", 72), (7, "20% more", 8), (15, "10% more", 17), (25, "10% less", 23),
        (60, "5 fewer", 55), (60, "5 more", 65), (1, "1_000 more", 1001), (0.8, "50% less", 0.4),
        (0.1, "0.2 more", 0.3),
        ("50%", "20% more", "60%"), ("80%", "5 pp less", "75%"), ("1_200/day", "10% more", "1320/day"),
        ("1_200/day", "100/day less", "1100/day"), ("6 min", "10% less", "5.4 min"),
        ("6 min", "2 min more", "8 min"), ("6 min", "30 s less", "5.5 min"), ("90 s", "1 min more", "150 s"),
        ("1 h 30 min", "20% more", "108 min"), ("40 CNY/h", "5 CNY/h more", "45 CNY/h"),
        ("30 min at 12:00", "10 min less", "20 min at 12:00"), ("80% in 20 s", "5 pp more", "85% in 20 s"),
        ("lognormal 6 min cv 0.8", "20% more", "1.2 times lognormal 6 min cv 0.8"),
        ("1.2 times exponential 5 min", "50% less", "0.6 times exponential 5 min"),
        ("10% exactly 0 s + 90% exponential 88 min", "20% more",
         "1.2 times 10% exactly 0 s + 90% exponential 88 min"),
        ("never", "20% more", "never"),
        ({"a": "50%", "b": "rest"}, "20% more", {"a": "60%", "b": "rest"}),
        ({"08:00-24:00": {"a": 10, "else": 20}, "else": 5}, "10 more",
         {"08:00-24:00": {"a": 20, "else": 30}, "else": 15}),
    ])  # fmt: skip
    def test_changes_what_is_below(self, base: object, change: str, value: object) -> None:
        parsed = parse_change(change)
        assert parsed is not None
        assert changed(base, parsed) == value

    @pytest.mark.parametrize(("base", "change", "words"), [
        ("chat", "20% more", "cannot be made"), ("08:00", "20% more", "cannot be made"),
        ("2024-07-01", "20% more", "cannot be made"), (True, "1 more", "cannot be made"),
        ([1, 2], "20% more", "a list"), (60, "61 fewer", "less than nothing"), (60, "101% less", "less than"),
        (60, "5 min more", "bare number"), ("6 min", "5 more", "needs a unit"),
        ("6 min", "5 km more", "go with"), ("exponential 5 min", "2 min more", "share"),
        (60, f"{'9' * 99}% more", "too large"),
    ])  # fmt: skip
    def test_refuses_what_makes_no_sense(self, base: object, change: str, words: str) -> None:
        parsed = parse_change(change)
        assert parsed is not None
        with pytest.raises(NotChangeable, match=words):
            changed(base, parsed)

    @pytest.mark.parametrize("text", ["20%", "more", "no more", "20% more or less", "about 5 more", 5, None])
    def test_other_values_are_not_relative(self, text: object) -> None:
        assert parse_change(text) is None

    def test_each_layer_changes_what_the_one_below_made(self, base: str, write: Write) -> None:
        main = write("main.yaml", "extends: base.yaml\nteams: {own: {agents: 50% more}}")
        plan = write("plan.yaml", "plan: P\nteams: {own: {agents: 10 more}}")
        assert at(compose(main, plan=plan, sets=["teams.own.agents=10% more"]), "teams.own.agents") == 110

    def test_a_table_changes_leaf_by_leaf(self, base: str) -> None:
        layered = compose(base, sets=["bots.assistant.at_once=10% more"])
        assert at(layered, "bots.assistant.at_once") == {"20:00-22:00": 990, "else": 660}

    def test_a_relative_value_without_a_base_is_told_where_it_stands(self, write: Write) -> None:
        problem = problem_of(write("main.yaml", "teams: {own: {agents: 20% more}}"))
        assert (problem.code, problem.path) == ("relative", "teams.own.agents")
        assert place_of(problem) == "main.yaml:1:23"

    def test_a_leaf_that_cannot_change_is_named(self, base: str) -> None:
        assert problem_of(base, sets=["teams.own=20% more"]).path == "teams.own.serves"

    def test_claims_and_names_keep_such_words(self, write: Write) -> None:
        text = "name: 20% more\nclaims: {human.hours: {change: 17% less}}"
        assert compose(write("main.yaml", text)).data["claims"] == {"human.hours": {"change": "17% less"}}


class TestMarksAndOrigin:
    @pytest.fixture
    def layered(self, base: str, write: Write) -> Layered:
        main = write("main.yaml", "extends: base.yaml\nname: Main\nteams:\n  own: {agents: 70}\n")
        plan = write("plan.yaml", "plan: P\nteams: {more: {shifts: {early: {agents: 5 fewer}}}}")
        return compose(main, plan=plan, sets=["bots.assistant.solves.complex=60%"])

    def origin(self, layered: Layered, path: str) -> str | None:
        mark = layered.origin.get(tuple(path.split(".")))
        return None if mark is None else f"{mark.file}:{mark.line}:{mark.column}"

    def test_what_the_main_file_says_has_no_other_origin(self, layered: Layered) -> None:
        assert self.origin(layered, "name") is None
        assert self.origin(layered, "teams.own.agents") is None

    def test_every_other_value_has_its_own(self, layered: Layered) -> None:
        assert self.origin(layered, "teams.own.serves") == "base.yaml:7:17"
        assert self.origin(layered, "teams.more.shifts.early.agents") == "plan.yaml:2:41"
        assert self.origin(layered, "bots.assistant.solves.complex") == "--set #1:1:31"

    def test_a_list_is_one_value(self, layered: Layered) -> None:
        assert self.origin(layered, "desks.chat.asks") == "base.yaml:3:50"

    def test_marks_follow_the_layer_that_gives_the_value(self, layered: Layered) -> None:
        assert layered.marks.value(("teams", "own", "agents")).file == "main.yaml"
        assert layered.marks.value(("desks", "chat", "asks", 1)).file == "base.yaml"

    def test_a_map_stands_where_a_file_wrote_it_last(self, layered: Layered) -> None:
        assert layered.marks.key(("teams", "own")).file == "main.yaml"
        assert layered.marks.key(("bots", "assistant", "solves")).file == "base.yaml"

    def test_nothing_is_left_of_what_was_replaced(self, base: str) -> None:
        layered = compose(base, sets=["bots.assistant.at_once=5", "desks.chat.asks=[own]"])
        assert layered.marks.value(("bots", "assistant", "at_once", "else")).file == "--set #1"
        assert layered.marks.value(("desks", "chat", "asks", 1)).file == "--set #2"

    def test_a_named_file_is_looked_for_beside_the_file_that_names_it(self, write: Write) -> None:
        write("parts/mix.yaml", "demand: {by_hour: hours.csv}")
        layered = compose(write("main.yaml", "extends: parts/mix.yaml"))
        assert layered.folder_of(("demand", "by_hour")) == Path("parts")


class TestPlans:
    PLAN = "plan: More in the evening\nteams: {own: {agents: 5 more}}\n"

    def test_a_bare_name_is_a_plan_beside_the_scenario(self, base: str, write: Write) -> None:
        write("plans/evening.yaml", self.PLAN)
        layered = compose(base, plan="evening")
        assert at(layered, "teams.own.agents") == 65
        assert layered.plan == "More in the evening"
        assert "plan" not in layered.data

    def test_then_a_shipped_plan(self, base: str, write: Write, here: Path) -> None:
        write("shipped/plans/evening.yaml", self.PLAN)
        assert at(compose(base, plan="evening", search=here / "shipped"), "teams.own.agents") == 65

    def test_an_unknown_name_is_told_with_the_nearest(self, base: str, write: Write) -> None:
        write("plans/evening.yaml", self.PLAN)
        assert "did you mean 'evening'?" in problem_of(base, plan="evenin").message
        assert "evening" in (problem_of(base, plan="qqq").hint or "")

    @pytest.mark.parametrize("key", ["desks", "demand", "name", "extends", "claims"])
    def test_a_plan_touches_teams_only(self, base: str, write: Write, key: str) -> None:
        problem = problem_of(base, plan=write("p.yaml", f"plan: P\nsources: {{}}\n{key}: {{}}"))
        assert (problem.code, problem.path, place_of(problem)) == ("plan", key, "p.yaml:3:1")

    def test_a_plan_needs_its_title(self, base: str, write: Write) -> None:
        assert "title" in problem_of(base, plan=write("p.yaml", "teams: {own: {agents: 1}}")).message

    def test_a_plan_is_no_scenario(self, base: str, write: Write) -> None:
        plan = write("p.yaml", self.PLAN)
        assert "--plan" in (problem_of(plan).hint or "")
        assert "--plan" in (problem_of(base, [plan]).hint or "")

    def test_a_plan_may_give_shifts_to_a_team_without(self, base: str, write: Write) -> None:
        plan = write("p.yaml", "plan: P\nteams: {own: {agents: null, shifts: {day: {agents: 5}}}}")
        assert at(compose(base, plan=plan), "teams.own.shifts.day.agents") == 5


class TestUnknownNames:
    @pytest.mark.parametrize(("path", "unknown", "near"), [
        ("teams.onw.agents", "teams.onw", "own"),
        ("teams.more.shifts.earli.agents", "teams.more.shifts.earli", "early"),
        ("teams.onw.shifts.early.agents", "teams.onw", "own"),
        ("desks.chad.patience", "desks.chad", "chat"),
        ("bots.asistant.solves", "bots.asistant", "assistant"),
        ("demand.streams.wob.volume", "demand.streams.wob", "web"),
    ])  # fmt: skip
    def test_a_setting_may_not_make_a_name(self, base: str, path: str, unknown: str, near: str) -> None:
        problem = problem_of(base, sets=[f"{path}=5"])
        assert (problem.code, problem.path) == ("unknown_name", unknown)
        assert f"did you mean '{near}'?" in problem.message

    @pytest.mark.parametrize("path", ["delays.office.lasts", "attributes.topic.x", "teams.own.shifts.day.to"])
    def test_nor_where_there_are_no_names_yet(self, base: str, path: str) -> None:
        assert problem_of(base, sets=[f"{path}=5"]).code == "unknown_name"

    def test_nor_inside_a_map_it_sets(self, base: str) -> None:
        assert problem_of(base, sets=["teams={onw: {agents: 5}}"]).path == "teams.onw"

    def test_a_plan_may_not_either(self, base: str, write: Write) -> None:
        plan = write("p.yaml", "plan: P\nteams: {own: {chats: 2}, mora: {shifts: {early: {agents: 5}}}}")
        problem = problem_of(base, plan=plan)
        assert (problem.path, place_of(problem)) == ("teams.mora", "p.yaml:2:26")

    def test_files_and_overlays_may(self, base: str, write: Write) -> None:
        overlay = write("o.yaml", "teams: {night: {serves: chat, agents: 5}}")
        assert at(compose(base, [overlay]), "teams.night.agents") == 5

    def test_all_are_told_at_once(self, base: str) -> None:
        assert len(problems_of(base, sets=["teams.a.agents=1", "desks.b.patience=never"])) == 2


class TestSettings:
    @pytest.mark.parametrize(("text", "value"), [
        ("5", 5), ("20%", "20%"), ("08:00", "08:00"), ("exponential 5 min", "exponential 5 min"),
        ("[1, 2]", [1, 2]), ("{a: 1, else: 2}", {"a": 1, "else": 2}), ("'5'", "5"), ("a=b", "a=b"),
        ("true", True),
    ])  # fmt: skip
    def test_values_read_as_in_a_file(self, base: str, text: str, value: object) -> None:
        assert at(compose(base, sets=[f"teams.own.agents={text}"]), "teams.own.agents") == value

    def test_blanks_around_the_path_do_no_harm(self, base: str) -> None:
        assert at(compose(base, sets=[" teams.own.agents = 5"]), "teams.own.agents") == 5

    def test_a_clock_range_is_one_key(self, base: str) -> None:
        layered = compose(base, sets=["bots.assistant.at_once.20:00-22:00=1000"])
        assert at(layered, "bots.assistant.at_once") == {"20:00-22:00": 1000, "else": 600}

    def test_null_takes_a_value_away(self, base: str) -> None:
        assert "cost" not in at(compose(base, sets=["teams.own.cost=null"]), "teams.own")

    def test_maps_on_the_way_are_made(self, base: str) -> None:
        assert at(compose(base, sets=["horizon.measure=2 days"]), "horizon.measure") == "2 days"

    @pytest.mark.parametrize(("text", "column", "words"), [
        ("teams.own.agents", 17, "'=' is missing"),
        ("=5", 1, "path is missing"),
        ("teams..agents=5", 7, "key is missing"),
        ("teams.own.agents=", 18, "value is missing"),
        ("teams.own.agents=[1, 2", 18, "never closed"),
        ("teams.own.agents.else=5", 18, "'60'"),
        ("desks.chat.asks.0=own", 17, "a list"),
        ("bots.assistant.at_once.19:00-22:00=9", 24, "no '19:00-22:00'"),
        ("teams.own.agents=.nan", 18, ".nan"),
    ])  # fmt: skip
    def test_what_is_wrong_is_told_at_its_column(self, base: str, text: str, column: int, words: str) -> None:
        problem = problem_of(base, sets=["name=Ok", text])
        assert words in problem.message
        assert place_of(problem) == f"--set #2:1:{column}"
        assert problem.mark is not None
        assert problem.mark.text == text


class TestDays:
    def write(self, folder: Path, text: str) -> str:
        path = folder / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    BASE = """\
days: {campaign: 2024-11-08..2024-11-12}
attributes: {topic: {orders: 60%, returns: 40%}}
desks: {chat: {handling: {weekdays: 5 min, else: 6 min}, wrap_up: {orders: 20 s, else: 30 s}}}
teams: {own: {shifts: {saturday: {agents: 3}, night: {agents: 1}}}}
"""

    def test_tables_by_days_merge(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, self.BASE)
        data = compose(path, sets=["desks.chat.handling.campaign=4 min"]).data
        assert data["desks"]["chat"]["handling"] == {
            "weekdays": "5 min", "else": "6 min", "campaign": "4 min"
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("value", "key"),
        [
            ("{campaign: 1 s, else: 2 s}", "wrap_up"),
            ("{orders: 1 s, else: 2 s}", "handling"),
            ("{08:00-20:00: 1 s, else: 2 s}", "handling"),
        ],
    )
    def test_a_table_by_keys_of_another_sort_replaces(self, value: str, key: str, tmp_path: Path) -> None:
        overlay = tmp_path / "more.yaml"
        overlay.write_text(f"desks: {{chat: {{{key}: {value}}}}}", encoding="utf-8")
        data = compose(self.write(tmp_path, self.BASE), overlays=[overlay]).data
        assert sorted(data["desks"]["chat"][key].values()) == ["1 s", "2 s"]

    def test_shifts_may_have_names_of_days(self, tmp_path: Path) -> None:
        overlay = tmp_path / "more.yaml"
        overlay.write_text("teams: {own: {shifts: {night: {agents: 2}}}}", encoding="utf-8")
        data = compose(self.write(tmp_path, self.BASE), overlays=[overlay]).data
        assert data["teams"]["own"]["shifts"] == {"saturday": {"agents": 3}, "night": {"agents": 2}}

"""Spoiled scenarios: every problem is told at once, in its place, with words that help; nothing else happens.

Each file of ``cases/invalid`` begins with what to expect of it::

    # with: --plan evening --set "teams.own.agents=20% more"        (more arguments, where there are any)
    # expect: LINE:COLUMN CODE: MESSAGE | HINT                      (one for each problem, in their order)
    # expect: FILE:LINE:COLUMN CODE: MESSAGE                        (in another file; no hint is given)
    # expect: - CODE: MESSAGE                                       (in no file: on the command line)
"""

from __future__ import annotations

import copy
import json
import random
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sim.cli import main
from sim.errors import InvalidInput, Problem
from sim.present.problems import format_problems, problems_to_json
from sim.scenario.layers import compose
from sim.scenario.shipped import shipped
from sim.scenario.tree import LINE_END
from sim.study.prepare import prepare

FOLDER = Path(__file__).parent / "cases" / "invalid"
CASES = sorted(path.name for path in FOLDER.glob("*.yaml"))
_EXPECT = re.compile(
    r"# expect: (?P<where>-|.*?\d+:\d+) (?P<code>\w+): (?P<message>.*?)(?: \| (?P<hint>.*))?"
)


class Expected(NamedTuple):
    """One problem as a case announces it."""

    where: str
    code: str
    message: str
    hint: str | None


@pytest.fixture
def cases(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cases, as the current one."""
    monkeypatch.chdir(FOLDER)
    return FOLDER


def arguments(name: str) -> list[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if line.startswith("# with: ") for word in shlex.split(line[8:])]


def expected(name: str) -> list[Expected]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    found = [_EXPECT.fullmatch(line) for line in lines if line.startswith("# expect:")]
    assert all(found), "an expectation that cannot be read"
    return [Expected(m["where"], m["code"], m["message"], m["hint"]) for m in found if m]


def problems_of(name: str) -> tuple[Problem, ...]:
    options: dict[str, list[str]] = {"--set": [], "--overlay": [], "--plan": []}
    words = iter(arguments(name))
    for option in words:
        options[option].append(next(words))
    with pytest.raises(InvalidInput) as caught:
        prepare(name, options["--overlay"], next(iter(options["--plan"]), None), options["--set"])
    return caught.value.problems


def as_expected(problem: dict[str, object], name: str) -> Expected:
    hint = problem["hint"]
    assert hint is None or isinstance(hint, str)
    where = f"{problem['line']}:{problem['column']}"
    if problem["file"] is None:
        where = "-"
    elif problem["file"] != name:
        where = f"{problem['file']}:{where}"
    return Expected(where, str(problem["code"]), str(problem["message"]), hint)


def is_told(found: Expected, wanted: Expected) -> bool:
    """The hint of a case may be the beginning of the one given: a list of known keys may grow."""
    same_hint = found.hint == wanted.hint or (
        wanted.hint is not None and (found.hint or "").startswith(wanted.hint)
    )
    return found[:3] == wanted[:3] and same_hint


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("cases")
class TestCases:
    def test_tells_just_what_is_expected(self, name: str) -> None:
        wanted = expected(name)
        assert wanted, "a case expects something"
        found = [as_expected(problem, name) for problem in problems_to_json(problems_of(name))]
        assert len(found) == len(wanted), found
        assert [f for f, w in zip(found, wanted, strict=True) if not is_told(f, w)] == []

    def test_shows_the_line_and_points_into_it(self, name: str) -> None:
        for problem in problems_of(name):
            mark = problem.mark
            if mark is None:
                continue
            if not mark.file.startswith("--set"):
                lines = Path(mark.file).read_text(encoding="utf-8").split("\n")
                assert mark.text == lines[mark.line - 1]
            assert 1 <= mark.column <= len(mark.text) + 1

    def test_exits_with_3_and_says_nothing_on_stdout(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["validate", name, *arguments(name)]) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert "Traceback" not in err
        assert "bug" not in err
        assert err == format_problems(problems_of(name)) + "\n"


@pytest.mark.usefixtures("cases")
class TestCommands:
    @pytest.mark.parametrize("command", ["run", "show"])
    @pytest.mark.parametrize(
        "name", ["several_problems.yaml", "yaml_tab.yaml", "set_values.yaml", "plan_spoiled.yaml"]
    )
    def test_each_refuses_a_spoiled_scenario(
        self, command: str, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = set(FOLDER.iterdir())
        assert main([command, name, *arguments(name)]) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert "error" in err
        assert set(FOLDER.iterdir()) == before

    def test_json_is_one_document_with_every_place(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["validate", "--format", "json", "several_problems.yaml"]) == 3
        found = [
            as_expected(problem, "several_problems.yaml") for problem in json.loads(capsys.readouterr().out)
        ]
        assert found == expected("several_problems.yaml")

    def test_problems_of_several_scenarios_are_told_together(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["validate", "yaml_tab.yaml", "with/shop.yaml", "share_too_much.yaml"]) == 3
        assert "2 errors" in capsys.readouterr().err


class TestOverload:
    BUSY = """\
name: Web shop help desk
demand: {volume: 60/h}
desks:
  chat: {handling: 6 min}
teams:
  support: {serves: chat, agents: {09:00-17:00: 10, 22:00-24:00: 0, else: 5}}
"""

    def write(self, folder: Path, text: str) -> str:
        path = folder / "busy.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_is_a_warning_that_names_the_hours(self, tmp_path: Path) -> None:
        (warning,) = prepare(self.write(tmp_path, self.BUSY)).warnings
        assert warning.code == "overload"
        assert warning.is_warning
        assert warning.message == (
            "load of first contacts above capacity at chat: "
            "00:00-09:00, 17:00-22:00 (up to 1.2 times capacity), 22:00-24:00 (nobody there)"
        )
        assert warning.mark is not None
        assert (warning.mark.line, warning.mark.column) == (4, 3)

    def test_leaves_the_scenario_valid_unless_strict(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        name = self.write(tmp_path, self.BUSY)
        assert main(["validate", name]) == 0
        assert "warning[overload]" in capsys.readouterr().err
        assert main(["validate", "--strict", name]) == 3

    def test_enough_people_give_no_warning(self, tmp_path: Path) -> None:
        text = re.sub(r"agents: \{.*?\}", "agents: 7", self.BUSY)
        assert prepare(self.write(tmp_path, text)).warnings == ()

    def test_a_team_may_have_nobody(self, tmp_path: Path) -> None:
        text = re.sub(r"agents: \{.*?\}", "agents: 7", self.BUSY) + "  nobody: {serves: chat, agents: 0}\n"
        assert prepare(self.write(tmp_path, text)).warnings == ()

    BY_REGION = """\
name: Web shop help desk, a team for each region
attributes: {region: {east: 50%, west: 50%}}
demand: {volume: 60/h}
desks:
  chat: {handling: 6 min}
teams:
  in_the_east: {serves: {chat: {east: 1}}, agents: 2}
  in_the_west: {serves: {chat: {west: 1}}, agents: 2}
"""

    def test_of_a_part_of_a_desk_names_its_teams(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        name = self.write(tmp_path, self.BY_REGION)
        assert [warning.message for warning in prepare(name).warnings] == [
            f"load of first contacts above capacity at chat ({team}): 00:00-24:00 (up to 1.5 times capacity)"
            for team in ("in_the_east", "in_the_west")
        ]
        assert main(["show", name, "--set", "teams.in_the_west.agents=5"]) == 0
        shown = capsys.readouterr().out
        assert "00:00-24:00 (up to 1.5 times capacity) for in_the_east" in " ".join(shown.split())
        assert "chat (west)" in shown


# ---------------------------------------------------------------------------------- spoiled at random
ODD: tuple[Any, ...] = (
    None, True, 0, 1, -1, 5, 0.5, 2**53, 1e15, "", "x", "else", "rest", "leaves", "all", "never", "chat",
    "100%", "0%", "101%", "0 s", "5 min", "1e9 h", "exponential 5 min", "lognormal 6 min cv 10", "20% more",
    "weibull 5 min cv 0.01", "50% exactly 0 s + 50% never", "0% never + 100% 5 min", "5 fewer", "08:00",
    "48:00", "22:00-06:00", "0/day", "1e12/ms", "30 min at 12:00", "always first", "40 CNY/h", "at most 5%",
    "80% in 20 s", "x.csv", "客服", "1000 times 5 min", "a.b", "a=b",
    [], {}, [1], ["chat"], [None], [[]], [{}], {"else": 5}, {"": 1}, {"08:00-24:00": 5, "else": "5 min"},
    {"a": {"b": {"c": 1}}}, {"chat": "rest"}, {"leaves": "100%"},
)  # fmt: skip
"""Values that belong nowhere, or nearly nowhere."""


def paths_in(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from paths_in(value, (*path, key))


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def spoil(data: dict[str, Any], others: list[dict[str, Any]], rng: random.Random) -> None:
    """Delete, replace, rename or wrap one thing, or put in a piece of another scenario."""
    path = rng.choice([path for path in paths_in(data) if path])
    owner, key = at(data, path[:-1]), path[-1]
    how = rng.choice(("delete", "odd", "odd", "rename", "list", "map", "foreign", "foreign"))
    if how == "delete":
        del owner[key]
    elif how == "odd":
        owner[key] = copy.deepcopy(rng.choice(ODD))
    elif how == "rename" and isinstance(owner, dict):
        owner[rng.choice((f"{key}x", str(key)[1:], "agents", "serves", "demand"))] = owner.pop(key)
    elif how == "list":
        owner[key] = [owner[key]]
    elif how == "map":
        owner[key] = {rng.choice(("chat", "else", "20:00-22:00", "standard")): owner[key]}
    else:
        other = rng.choice(others)
        like = [p for p in paths_in(other) if p and p[-1] == key]
        owner[key] = copy.deepcopy(at(other, rng.choice(like))) if like else None


def assert_sound_or_placed(file: Path) -> bool:
    """Whether a file is a valid scenario; if not, all its problems point into it."""
    problems: tuple[Problem, ...] = ()
    try:
        prepare(file)
    except InvalidInput as error:
        problems = error.problems
    lines = LINE_END.split(file.read_bytes().decode("utf-8"))
    for problem in problems:
        assert problem.mark is not None, problem
        assert problem.mark.file == str(file), problem
        assert 1 <= problem.mark.column <= len(lines[problem.mark.line - 1]) + 1, problem
        assert problem.message, problem
    return not problems


class TestSpoiledAtRandom:
    """Whatever the file, there is success or a list of problems; no other exception, no warning of NumPy."""

    def test_data(self, tmp_path: Path) -> None:
        rng = random.Random(20)
        sound = [compose(path).data for path in shipped().values()]
        n_valid = 0
        for i in range(300):
            data = copy.deepcopy(rng.choice(sound))
            for _ in range(rng.choice((1, 1, 2, 4))):
                spoil(data, sound, rng)
                if not data:
                    break
            file = tmp_path / f"spoiled_{i}.yaml"
            file.write_text(
                json.dumps(data, ensure_ascii=False, indent=rng.choice((None, 1))), encoding="utf-8"
            )
            n_valid += assert_sound_or_placed(file)
        assert 10 < n_valid < 200

    def test_text(self, tmp_path: Path) -> None:
        rng = random.Random(21)
        texts = [path.read_text(encoding="utf-8") for path in shipped().values()]
        texts = [text for text in texts if "extends" not in text]
        signs = " \t\n:,-{}[]'\"#&*!|>%@`?\\0aé：，\u2028\x85"
        for i in range(200):
            text = rng.choice(texts)
            for _ in range(rng.choice((1, 2, 5))):
                place = rng.randrange(len(text))
                until = place + rng.choice((0, 1, 1, 10))
                text = (
                    text[:place] + rng.choice((rng.choice(signs), "", text[place:until] * 2)) + text[until:]
                )
            file = tmp_path / f"spoiled_{i}.yaml"
            file.write_text(text, encoding="utf-8", newline="")
            assert_sound_or_placed(file)

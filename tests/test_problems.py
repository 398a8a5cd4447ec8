"""Problems as people see them: order, caret, counts, and nothing that spoils a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest

from sim.errors import Mark, Problem
from sim.present.problems import format_problems, problems_to_json


def problem_at(
    text: str,
    column: int,
    line: int = 1,
    file: str = "shop.yaml",
    warning: bool = False,
    hint: str | None = None,
) -> Problem:
    return Problem("unit", "desks.chat", "needs a unit", Mark(file, line, column, text), hint, warning)


def columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def pointed_at(problem: Problem) -> str:
    """The character above the caret."""
    _, source, caret = format_problems([problem]).split("\n")[:3]
    at = len(caret) - 1
    width = 0
    for c in source:
        if width == at:
            return c
        width += columns(c)
    raise AssertionError("the caret points past the line")


def test_a_problem_shows_place_words_line_caret_and_help() -> None:
    problem = problem_at("  chat: {patience: 5}", 20, line=7, hint="write '5 min'")
    assert format_problems([problem]).split("\n") == [
        "shop.yaml:7:20: error[unit]: desks.chat: needs a unit",
        "     7 |   chat: {patience: 5}",
        "       |                    ^",
        "       help: write '5 min'",
        "1 error",
    ]


def test_problems_stand_in_the_order_of_the_files() -> None:
    places = [("b.yaml", 10, 1), ("b.yaml", 9, 2), ("b.yaml", 9, 1), ("a.yaml", 99, 5)]
    given = [problem_at("x", column, line, file) for file, line, column in places]
    shown = format_problems([*given, Problem("no_file", "", "gone")])
    heads = [line.split(" error")[0] for line in shown.split("\n") if "error[" in line]
    assert heads == ["error[no_file]: gone", "a.yaml:99:5:", "b.yaml:9:1:", "b.yaml:9:2:", "b.yaml:10:1:"]


@pytest.mark.parametrize(
    ("n_errors", "n_warnings", "words"),
    [(1, 0, "1 error"), (3, 1, "3 errors, 1 warning"), (0, 2, "2 warnings")],
)
def test_the_last_line_counts(n_errors: int, n_warnings: int, words: str) -> None:
    given = [problem_at("x", 1)] * n_errors + [problem_at("x", 1, warning=True)] * n_warnings
    assert format_problems(given).split("\n")[-1] == words


def test_no_problem_is_no_text() -> None:
    assert format_problems([]) == ""


def test_a_warning_says_so() -> None:
    assert "warning[unit]" in format_problems([problem_at("x", 1, warning=True)])


def test_a_problem_without_a_source_line_has_no_caret() -> None:
    assert "^" not in format_problems([problem_at("", 1), Problem("no_file", "", "gone")])


@pytest.mark.parametrize("before", ["a: ", "\t\ta: ", "客服: ", "ﾊﾛｰ: ", "Ａ: ", "e\u0301: "])
def test_the_caret_stands_under_its_character(before: str) -> None:
    assert pointed_at(problem_at(before + "X and more", len(before) + 1)) == "X"


@pytest.mark.parametrize("n_before", [0, 30, 60, 99, 300])
@pytest.mark.parametrize("n_after", [0, 30, 60, 300])
@pytest.mark.parametrize("filler", ["-", "客"])
def test_a_long_line_is_cut_around_the_caret(n_before: int, n_after: int, filler: str) -> None:
    problem = problem_at(filler * n_before + "X" + filler * n_after, n_before + 1)
    source = format_problems([problem]).split("\n")[1]
    assert pointed_at(problem) == "X"
    assert columns(source) <= 9 + 100


def test_a_column_past_the_line_does_no_harm() -> None:
    assert format_problems([problem_at("abc", 40)]).count("^") == 1


@pytest.mark.parametrize("bad", ["\x1b[31m", "\u202e", "\r", "\udcff", "\u2028", "\x9b"])
def test_what_spoils_a_terminal_is_replaced(bad: str) -> None:
    mark = Mark(f"a{bad}.yaml", 1, 1, f"x{bad}")
    shown = format_problems([Problem("key", f"p{bad}", f"m{bad}", mark, f"h{bad}")])
    assert not any(c in shown for c in bad if not c.isascii() or not c.isprintable())
    shown.encode()


def test_colour_is_only_there_when_asked_for() -> None:
    given = [problem_at("x", 1, hint="help me")]
    assert "\033" not in format_problems(given)
    assert "\033" in format_problems(given, color=True)


def test_json_gives_the_same_order_and_every_part() -> None:
    given = [problem_at("x", 3, 2, hint="h", warning=True), Problem("no_file", "", "gone")]
    first, second = json.loads(json.dumps(problems_to_json(given)))
    assert first == {
        "severity": "error",
        "code": "no_file",
        "path": "",
        "message": "gone",
        "file": None,
        "line": None,
        "column": None,
        "hint": None,
    }
    assert second == {
        "severity": "warning",
        "code": "unit",
        "path": "desks.chat",
        "message": "needs a unit",
        "file": "shop.yaml",
        "line": 2,
        "column": 3,
        "hint": "h",
    }

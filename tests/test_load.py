"""Reading YAML: what words mean, where they stand, and what is told when a file is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.errors import InvalidInput, Mark, Problem
from sim.scenario.load import Document, parse, parse_value, read
from sim.scenario.tree import DEEPEST, MOST_NODES


def data_of(text: str) -> dict[str, Any]:
    return parse(text, "shop.yaml").data


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        parse(text, "shop.yaml")
    return list(caught.value.problems)


def problem_of(text: str) -> Problem:
    (problem,) = problems_of(text)
    return problem


def place_of(problem: Problem) -> tuple[int, int]:
    assert problem.mark is not None
    return problem.mark.line, problem.mark.column


def written(folder: Path, content: str | bytes, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def file_problem(path: Path | str) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        read(path)
    (problem,) = caught.value.problems
    return problem


class TestWords:
    @pytest.mark.parametrize(("word", "value"), [
        ("22:00", "22:00"), ("2024-07-01", "2024-07-01"), ("2024-07-01T10:00:00Z", "2024-07-01T10:00:00Z"),
        ("yes", "yes"), ("off", "off"), ("5%", "5%"), ("1_200/day", "1_200/day"), ("12_", "12_"),
        ("30 min at 12:00", "30 min at 12:00"), ("'5'", "5"), ('"true"', "true"), ("1.2.3", "1.2.3"),
        ("٣", "٣"),
    ])  # fmt: skip
    def test_is_text(self, word: str, value: str) -> None:
        assert data_of(f"a: {word}") == {"a": value}

    @pytest.mark.parametrize(("word", "value"), [
        ("5", 5), ("-5", -5), ("1_200", 1200), ("010", 10), ("0o10", 8), ("0x1F", 31), (str(2**53), 2**53),
        ("0.8", 0.8), (".5", 0.5), ("1e3", 1000.0), ("1_000.5", 1000.5),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
    ])  # fmt: skip
    def test_is_a_value_of_its_kind(self, word: str, value: object) -> None:
        found = data_of(f"a: {word}")["a"]
        assert found == value
        assert type(found) is type(value)

    def test_keys_are_always_the_text_as_written(self) -> None:
        text = "2024-07-01: 1\n1: 2\nyes: 3\nnull: 4\n1_0: 5\n0x1F: 6\n"
        assert list(data_of(text)) == ["2024-07-01", "1", "yes", "null", "1_0", "0x1F"]

    def test_clock_ranges_are_keys_in_a_flow_map(self) -> None:
        assert data_of("a: {20:00-22:00: 900, else: 600}") == {"a": {"20:00-22:00": 900, "else": 600}}

    def test_block_text_keeps_its_lines(self) -> None:
        assert data_of("a: |\n  one\n  two\n") == {"a": "one\ntwo\n"}

    def test_values_are_plain_python(self) -> None:
        found = data_of("a: {b: [1, 0.5, 'x']}")["a"]
        assert [type(v) for v in (found, found["b"], *found["b"])] == [dict, list, int, float, str]

    def test_an_alias_stands_for_the_value_of_its_anchor(self) -> None:
        assert data_of("a: &x {n: 5}\nb: *x\n") == {"a": {"n": 5}, "b": {"n": 5}}

    def test_a_comment_is_no_value(self) -> None:
        assert data_of("# hello\na: 5 # five\n") == {"a": 5}


class TestMarks:
    TEXT = "name: Shop\ndesks:\n  chat: {handling: 'exponential 5 min', asks: [own, &x more, *x]}\n"

    @pytest.fixture
    def document(self) -> Document:
        return parse(self.TEXT, "shop.yaml")

    def test_a_value_stands_at_its_first_character(self, document: Document) -> None:
        assert document.marks.value(("name",)) == Mark("shop.yaml", 1, 7, "name: Shop")

    def test_a_quoted_value_stands_after_the_quote(self, document: Document) -> None:
        mark = document.marks.value(("desks", "chat", "handling"))
        assert mark.text[mark.column - 1 :].startswith("exponential")

    def test_an_anchored_value_stands_after_the_anchor(self, document: Document) -> None:
        mark = document.marks.value(("desks", "chat", "asks", 1))
        assert mark.text[mark.column - 1 :].startswith("more")

    def test_a_block_text_stands_at_its_first_line(self) -> None:
        mark = parse("a: |\n   text\n", "f").marks.value(("a",))
        assert (mark.line, mark.column) == (2, 4)

    def test_a_key_stands_at_its_first_character(self, document: Document) -> None:
        mark = document.marks.key(("desks", "chat", "handling"))
        assert (mark.line, mark.column) == (3, 10)

    def test_a_value_that_is_not_there_stands_at_its_nearest_parent(self, document: Document) -> None:
        chat = document.marks.key(("desks", "chat"))
        assert document.marks.value(("desks", "chat", "patience")) == chat
        assert document.marks.key(("desks", "chat", "patience", "else")) == chat

    def test_at_the_top_what_is_not_there_stands_at_the_first_line(self, document: Document) -> None:
        assert document.marks.value(("teams",)).line == 1

    def test_lines_count_alike_with_every_line_end(self) -> None:
        document = parse("a: 1\r\nb: 2\rc: 3\nd: 4", "f")
        assert [document.marks.value((k,)).line for k in "abcd"] == [1, 2, 3, 4]
        assert document.marks.value(("b",)).text == "b: 2"

    def test_a_value_inside_a_longer_text_keeps_its_column(self) -> None:
        value, marks = parse_value("a.b=[1, 22]", "--set #1", 4)
        assert value == [1, 22]
        assert marks.value((1,)) == Mark("--set #1", 1, 9, "a.b=[1, 22]")


class TestBrokenYaml:
    @pytest.mark.parametrize(("text", "place", "words"), [
        ("a:\n\tb: 1\n", (2, 1), "tab"),
        ("a: [1, 2\n", (1, 4), "'[' is never closed"),
        ("a: {b: 1\n", (1, 4), "'{' is never closed"),
        ("a: [1, 2\nb: 3\n", (2, 2), "expected ',' or ']'"),
        ("a: 'x\n", (1, 4), "quote is never closed"),
        ("a: b: c\n", (1, 5), "':' does not belong"),
        ("a: 1\n  b: 2\n", (2, 4), "':' does not belong"),
        ("a: 1\nb\n", (2, 1), "':' is missing"),
        ("a: @x\n", (1, 4), "cannot begin with '@'"),
        ("a: *\n", (1, 4), "cannot begin with '*'"),
        ("a: 'x' y\n", (1, 8), "does not belong"),
        ("- a\nb: 1\n", (2, 1), "line 1"),
        ("  a: 1\n b: 2\n", (2, 2), "does not belong"),
        ('a: "\\q"\n', (1, 6), "'\\q' means nothing"),
        ("a: ]\n", (1, 4), "value is missing"),
        ("{a:1, b: 2}\n", (1, 2), "blank after the ':'"),
        ("a: |x\n", (1, 4), "cannot begin with '|'"),
        ("a: !<x\n", (1, 4), "cannot begin with '!'"),
        ('a: "\\u12"\n', (1, 7), "not finished"),
        ("a: - b\n", (1, 4), "'- ' does not belong"),
        ("a: x\x1b\n", (1, 5), "U+001B"),
        ("%YAML 1.1\n---\na: 1\n", (2, 1), "YAML 1.2"),
    ])  # fmt: skip
    def test_is_told_in_short_words_with_its_place(
        self, text: str, place: tuple[int, int], words: str
    ) -> None:
        problem = problem_of(text)
        assert words in problem.message
        assert place_of(problem) == place

    def test_an_escape_that_is_no_character_is_told(self) -> None:
        assert problem_of('a: "\\UFFFFFFFF"').code == "syntax"

    def test_a_list_that_ends_with_the_file_is_told(self) -> None:
        assert problem_of("a: 1\nb: [").message == "a bracket is never closed"


class TestRefused:
    @pytest.mark.parametrize(("text", "code", "path"), [
        ("a: {b: 1, b: 2}", "duplicate_key", "a.b"),
        ("1: a\n'1': b", "duplicate_key", "1"),
        ("a: !!python/object:os.system ls", "tag", "a"),
        ("a: !mine 5", "tag", "a"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "merge_key", "c"),
        ("a: *x", "anchor", ""),
        ("a: &x [*x]", "anchor", ""),
        ("a: .nan", "number", "a"),
        ("a: -.inf", "number", "a"),
        ("a: 1e999", "number", "a"),
        (f"a: {2**53 + 1}", "number", "a"),
        ("a: " + "9" * 5000, "number", "a"),
        ("a: 0x" + "F" * 5000, "number", "a"),
        ("? [a, b]\n: 1", "key", ""),
        (": 1", "key", ""),
        ('"a\\e[31m": 1', "key", ""),
        ("chat\u202e: 1", "key", ""),
        ("a: 1\n---\nb: 2", "documents", ""),
        ("- a\n- b", "not_a_map", ""),
        ("hello", "not_a_map", ""),
        ("", "empty", ""),
        ("# nothing\n", "empty", ""),
        ("---\n", "empty", ""),
    ])  # fmt: skip
    def test_is_one_problem_with_its_code_and_path(self, text: str, code: str, path: str) -> None:
        problem = problem_of(text)
        assert (problem.code, problem.path) == (code, path)

    def test_a_key_given_twice_points_at_the_second_and_names_the_line_of_the_first(self) -> None:
        problem = problem_of("name: A\ndesks: {}\nname: B\n")
        assert place_of(problem) == (3, 1)
        assert "line 1" in problem.message

    def test_all_problems_are_told_at_once(self) -> None:
        codes = [p.code for p in problems_of("a: .inf\nb: !!int 5\na: 1\n")]
        assert codes == ["number", "tag", "duplicate_key"]

    def test_a_problem_in_an_anchored_value_is_told_once(self) -> None:
        assert problem_of("a: &x [.inf]\nb: *x\nc: *x\n").path == "a.0"

    def test_a_merge_key_is_told_of_extends(self) -> None:
        assert "extends" in (problem_of("a: &x {b: 1}\nc: {<<: *x}").hint or "")

    def test_deep_nesting_ends_soon(self) -> None:
        assert problem_of("a: " + "[" * 100_000).code == "too_deep"
        data_of("a: " + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1))

    def test_aliases_that_multiply_are_refused(self) -> None:
        lines = ["a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"]
        names = zip("abcdefg", "bcdefgh", strict=True)
        lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in names]
        assert problem_of("\n".join(lines)).code == "too_large"

    def test_aliases_that_nest_too_deep_are_refused(self) -> None:
        lines = ["a0: &a0 [1]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 40))]
        assert problem_of("\n".join(lines)).code == "too_deep"

    def test_the_limits_are_those_promised(self) -> None:
        assert (MOST_NODES, DEEPEST) == (100_000, 32)


class TestFiles:
    def test_a_byte_order_mark_does_no_harm(self, tmp_path: Path) -> None:
        document = read(written(tmp_path, b"\xef\xbb\xbfname: Shop"))
        assert document.data == {"name": "Shop"}
        assert document.marks.key(("name",)).column == 1

    def test_a_missing_file_names_the_nearest(self, tmp_path: Path) -> None:
        written(tmp_path, "a: 1")
        problem = file_problem(tmp_path / "shpo.yaml")
        assert problem.code == "no_file"
        assert problem.message.endswith(f"did you mean '{tmp_path / 'shop.yaml'}'?")

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        assert "there is no folder" in file_problem(tmp_path / "none" / "shop.yaml").message

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        assert "is a folder" in file_problem(tmp_path).message

    def test_a_name_that_no_file_can_have_is_told(self, tmp_path: Path) -> None:
        assert file_problem("a\0b").code == "no_file"
        assert file_problem(tmp_path / ("x" * 1000)).code == "no_file"

    def test_text_that_is_not_utf_8_points_at_the_byte(self, tmp_path: Path) -> None:
        problem = file_problem(written(tmp_path, "name: ok\nowner: Zoë".encode("latin-1")))
        assert problem.code == "encoding"
        assert place_of(problem) == (2, 10)

    def test_utf_16_is_told(self, tmp_path: Path) -> None:
        assert file_problem(written(tmp_path, "name: Shop".encode("utf-16"))).code == "encoding"

    def test_a_large_file_is_refused_unread(self, tmp_path: Path) -> None:
        assert file_problem(written(tmp_path, b"#" * 5_000_001)).code == "too_large"

    def test_marks_name_the_file_as_it_was_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written(tmp_path, "name: Shop")
        monkeypatch.chdir(tmp_path)
        assert read("shop.yaml").marks.key(("name",)).file == "shop.yaml"

"""`make verify` in parts: what a part depends on, when it is run again, what is remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import verify
from tools.inputs import ROOT, closure
from tools.verify import Part, all_parts, chosen, code_of, command_of, key_of, run_parts

FILES = {
    "sim/__init__.py": '_HOMES = {"run": "sim.api"}\n',
    "sim/__main__.py": "from sim.cli import main\n",
    "sim/api.py": "from sim.low import one\n",
    "sim/low.py": "one = 1\n",
    "sim/late.py": "two = 2\n",
    "sim/apart.py": "three = 3\n",
    "sim/cli/__init__.py": "def main():\n    from sim.cli import app\n",
    "sim/cli/app.py": "",
    "tests/conftest.py": "",
    "tests/helper.py": "def f():\n    from sim.late import two\n    return two\n",
    "tests/good.py": "import json\nfrom helper import f\nprint('figure', f(), open('data/x.txt').read())\n",
    "tests/bad.py": "print('bad')\nraise SystemExit(3)\n",
    "tests/test_a.py": "import sim\nimport pytest\n@pytest.mark.slow\ndef test_a(): ...\n",
    "tests/test_b.py": "from sim import low\nMARK = 'pytest.mark.slow'\nRUN = ['python', '-m', 'sim', 'x']\n",
    "data/x.txt": "7",
}
GOOD = Part("good", "python tests/good.py", "--big SIZE=9", ("data/**",))
BAD = Part("bad", "python tests/bad.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with the shape of this one."""
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "project"


def needed(project: Path, name: str) -> set[str]:
    return {path.relative_to(project).as_posix() for path in closure([project / name], project)}


def ran(project: Path, *parts: Part, is_full: bool = False) -> tuple[list[str], str]:
    """How the parts ended, and what was said."""
    said: list[str] = []
    verdicts = run_parts(parts, is_full, 1, project / "kept", project, say=said.append)
    return [one.how for one in verdicts], "\n".join(said)


class TestInputs:
    def test_late_imports_count(self, project: Path) -> None:
        assert needed(project, "tests/good.py") == {
            "tests/good.py", "tests/helper.py", "sim/__init__.py", "sim/late.py"
        }  # fmt: skip

    def test_a_bare_import_brings_what_is_loaded_lazily_and_a_test_its_conftest(self, project: Path) -> None:
        expected = {"tests/test_a.py", "tests/conftest.py", "sim/__init__.py", "sim/api.py", "sim/low.py"}
        assert needed(project, "tests/test_a.py") == expected

    def test_the_command_counts_where_it_is_run(self, project: Path) -> None:
        found = needed(project, "tests/test_b.py")
        assert {"sim/__main__.py", "sim/cli/__init__.py", "sim/cli/app.py", "sim/low.py"} <= found
        assert "sim/api.py" not in found

    def test_of_this_project_the_commands_count_only_where_they_are_used(self) -> None:
        parts = {part.name: part for part in all_parts()}
        for name in ("exact", "coverage-mild", "slow-random-scenarios"):
            files = {path.relative_to(ROOT).as_posix() for path in code_of(parts[name])}
            assert {"sim/engine/loop.py", "sim/measure/reduce.py", "sim/scenario/schema.py"} <= files
            assert not any(file.startswith(("sim/cli", "sim/present")) for file in files)


class TestKeys:
    @pytest.mark.parametrize(
        ("name", "changes"),
        [("sim/late.py", True), ("tests/helper.py", True), ("tests/good.py", True), ("data/x.txt", True),
         ("data/more/y.txt", True), ("constraints.txt", True), ("sim/apart.py", False), ("sim/low.py", False),
         ("tests/bad.py", False)],
    )  # fmt: skip
    def test_a_part_changes_with_its_inputs_alone(self, project: Path, name: str, changes: bool) -> None:
        before = key_of(GOOD, False, project)
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("four = 4\n", encoding="utf-8")
        assert (key_of(GOOD, False, project) != before) is changes

    def test_the_larger_size_is_another_part(self, project: Path) -> None:
        assert key_of(GOOD, True, project) != key_of(GOOD, False, project)


class TestRunning:
    def test_unchanged_is_remembered_with_its_figures_and_changed_is_run(self, project: Path) -> None:
        how, said = ran(project, GOOD)
        assert how == ["passed"]
        assert "figure 2 7" in said
        how, said = ran(project, GOOD)
        assert how == ["remembered"]
        assert "unchanged, remembered from" in said
        assert "figure 2 7" in said
        (project / "sim" / "apart.py").write_text("three = 33\n", encoding="utf-8")
        assert ran(project, GOOD)[0] == ["remembered"]
        (project / "data" / "x.txt").write_text("8", encoding="utf-8")
        how, said = ran(project, GOOD)
        assert how == ["passed"]
        assert "figure 2 8" in said

    def test_a_failing_part_is_not_remembered_and_does_not_stop_the_others(self, project: Path) -> None:
        for _ in range(2):
            how, said = ran(project, BAD, GOOD)
            assert how[0] == "FAILED"
            assert "  bad" in said
        assert how[1] == "remembered"
        assert [path.name for path in (project / "kept").iterdir()] == ["good.json"]

    def test_what_passed_once_and_fails_now_is_forgotten(self, project: Path) -> None:
        ran(project, GOOD)
        (project / "tests" / "helper.py").write_text("f = lambda: 1 / 0\n", encoding="utf-8")
        assert ran(project, GOOD)[0] == ["FAILED"]
        assert not (project / "kept" / "good.json").exists()

    def test_a_part_whose_inputs_change_while_it_runs_is_not_remembered(self, project: Path) -> None:
        write = "open('data/x.txt', 'a').write('1')"
        (project / "tests" / "good.py").write_text(write, encoding="utf-8")
        assert ran(project, GOOD)[0] == ["passed"]
        assert not (project / "kept").exists()

    def test_a_broken_memory_is_none(self, project: Path) -> None:
        ran(project, GOOD)
        (project / "kept" / "good.json").write_text("{", encoding="utf-8")
        assert ran(project, GOOD)[0] == ["passed"]

    def test_an_interrupt_keeps_what_is_done(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = verify._run

        def interrupted(words: list[str], *others: object) -> tuple[int, list[str]]:
            if "tests/bad.py" in words:
                raise KeyboardInterrupt
            return real(words, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(verify, "_run", interrupted)
        assert ran(project, GOOD, BAD, GOOD)[0] == ["passed", "interrupted"]
        assert ran(project, GOOD)[0] == ["remembered"]

    def test_a_command_that_is_not_there_fails(self, project: Path) -> None:
        assert ran(project, Part("none", "no-such-command x"))[0] == ["FAILED"]

    def test_words_of_the_larger_size(self, project: Path) -> None:
        words, env = command_of(GOOD, True, 3, project)
        assert words[1:] == ["tests/good.py", "--big"]
        assert env["SIZE"] == "9"
        assert command_of(Part("a", "make x{workers}"), False, 3)[0] == ["make", "x3"]


class TestTheTable:
    def test_names_are_unique_and_files_are_there(self) -> None:
        parts = all_parts()
        assert len({part.name for part in parts}) == len(parts)
        for part in parts:
            words = command_of(part, True, 2)[0]
            for word in words:
                if word.endswith((".py", ".json")):
                    assert (ROOT / word).is_file(), word
            for pattern in part.data:
                assert any(ROOT.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)), pattern

    def test_every_file_with_slow_tests_is_a_part(self, project: Path) -> None:
        assert [part.name for part in all_parts(project)][-1] == "slow-a"
        assert "slow-b" not in [part.name for part in all_parts(project)]
        assert {"slow-published", "slow-engines-equal"} <= {part.name for part in all_parts()}

    def test_parts_are_chosen_by_name_and_pattern(self) -> None:
        parts = [GOOD, BAD, Part("slow-a", "")]
        assert chosen(parts, "") == parts
        assert [part.name for part in chosen(parts, "bad, slow-*")] == ["bad", "slow-a"]
        with pytest.raises(SystemExit, match="there is no part worse; there are good, bad, slow-a"):
            chosen(parts, "worse")


def test_the_page_lists_all_and_its_exit_code_tells(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify, "all_parts", lambda: [GOOD, BAD])
    monkeypatch.setattr(verify, "KEPT", project / "kept")

    def in_project(parts: list[Part], is_full: bool, workers: int, **options: object) -> list[verify.Verdict]:
        return run_parts(parts, is_full, workers, project / "kept", project, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(verify, "run_parts", in_project)
    monkeypatch.setattr(verify, "key_of", lambda part, is_full, root=project: key_of(part, is_full, project))
    assert verify.main([]) == 1
    page = capsys.readouterr().out.split("Verification")[1]
    assert "1 passed, 0 remembered, 1 FAILED" in page
    assert "make verify ONLY=bad" in page
    assert verify.main(["--only", "good"]) == 0
    assert verify.main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert "unchanged, of " in listed
    assert "bad                          would run" in listed
    assert json.loads((project / "kept" / "good.json").read_text())["output"] == ["figure 2 7"]

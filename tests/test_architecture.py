"""The shape of the code: who may import whom, where libraries live, what has to be described."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "sim").rglob("*.py"))

BASE = {"errors", "extras", "units", "theory", "version", "places", "jit", "late_scipy"}
BELOW = {
    "errors": set(),
    "extras": {"errors"},
    "units": {"errors"},
    "version": set(),
    "places": set(),
    "jit": {"places"},
    "late_scipy": set(),
    "theory": {"errors", "units", "late_scipy"},
    "model": BASE,
    "scenario": BASE | {"model"},
    "engine": BASE | {"model"},
    "measure": BASE | {"model"},
    "study": BASE | {"model", "scenario", "engine", "measure"},
    "present": BASE | {"model", "scenario", "engine", "measure", "study"},
    "cli": BASE | {"model", "scenario", "engine", "measure", "study", "present"},
    "frames": {"extras"},
    "api": BASE | {"model", "scenario", "engine", "measure", "study", "present", "frames"},
    "__main__": {"cli"},
}
"""What each part of `sim` may import, besides itself."""

HOME = {
    "simpy": {"engine"},
    "numba": {"jit", "model"},
    "scipy": {"theory"},  # all others have it of `late_scipy`, which loads it when it is needed
    "llvmlite": {"jit", "model"},
    "pydantic": {"scenario"},
    "ruamel": {"scenario"},
    "matplotlib": {"present", "api"},
    "rich": {"present", "cli"},
    "click": {"cli"},
    "rich_click": {"cli"},
}
"""The parts in which a library may appear; libraries not named here may appear anywhere."""

MACHINE_PATH = re.compile(r"(?<![\w.~-])/(work|root|home|Users|tmp|opt|private)/\w")
NOT_OURS = {"build", "dist", "runs", "__pycache__", ".git", ".venv", ".pytest_cache", ".mypy_cache",
            ".ruff_cache", ".hypothesis"}  # fmt: skip


def part_of(path: Path) -> str:
    """The part of `sim` a file belongs to: its folder, or its name where it lies at the top."""
    inside = path.relative_to(ROOT / "sim")
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything a module imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports name the whole path, not a relative one"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(part: str, tree: ast.AST) -> list[str]:
    """Imports that a module of ``part`` may not have."""
    wrong = []
    for name in imported(tree):
        library, *rest = name.split(".")
        if library == "sim":
            target = rest[0] if rest else "__init__"
            if target != part and target not in BELOW[part]:
                wrong.append(f"{part} imports {name}")
        elif part not in HOME.get(library, {part}):
            wrong.append(f"{part} imports {name}")
    return wrong


def late_imports(tree: ast.AST) -> list[int]:
    """Lines of imports inside functions, or hidden from the running program."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines += [n.lineno for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
        elif isinstance(node, ast.Name) and node.id in ("TYPE_CHECKING", "import_module", "__import__"):
            lines.append(node.lineno)
    return lines


def undescribed(tree: ast.Module) -> list[str]:
    """Public functions, classes and methods without a docstring; "the module" where it has none itself."""
    bare = [] if ast.get_docstring(tree) else ["the module"]
    parts: list[ast.Module | ast.ClassDef] = [tree]
    for part in parts:  # grows while it is walked; functions inside functions are nobody's business
        for node in part.body:
            if (
                isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name[0] != "_"
            ):
                bare += [] if ast.get_docstring(node) else [node.name]
                parts += [node] if isinstance(node, ast.ClassDef) else []
    return bare


def unlisted(tree: ast.Module) -> set[str]:
    """Public functions and classes at the top of a module that its ``__all__`` leaves out."""
    defined = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            defined -= set(ast.literal_eval(node.value))
    return {name for name in defined if not name.startswith("_")}


def own_texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project, without what tools write beside it."""
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and NOT_OURS.isdisjoint(path.relative_to(ROOT).parts):
            try:
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # pictures and fonts


def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(params=MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def module(request: pytest.FixtureRequest) -> Path:
    """Each Python file of `sim` in turn."""
    return request.param


class TestEveryModule:
    def test_imports_point_down_and_libraries_stay_at_home(self, module: Path) -> None:
        if module == ROOT / "sim" / "__init__.py":
            assert not [name for name in imported(parse(module)) if name.startswith("sim.")], (
                "the package answers its public names lazily"
            )
        else:
            assert wrong_imports(part_of(module), parse(module)) == []

    def test_imports_stand_at_the_top_except_in_commands(self, module: Path) -> None:
        if part_of(module) not in ("cli", "late_scipy", "extras", "__init__"):
            assert late_imports(parse(module)) == []

    def test_public_names_are_described(self, module: Path) -> None:
        assert undescribed(parse(module)) == []

    def test_public_names_are_listed(self, module: Path) -> None:
        if part_of(module) != "cli":  # commands are found by their group, not by import
            assert unlisted(parse(module)) == set()


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [f"{path}: {hit.group()}" for path, text in own_texts() for hit in MACHINE_PATH.finditer(text)]
    assert found == []


def test_check_of_records_takes_no_rule_from_the_engines() -> None:
    """The check is an outsider: a rule that is wrong in the engines must not be wrong here too."""
    checks = sorted((ROOT / "sim" / "measure").glob("check*.py"))
    shared = {"sim.model.rules", "sim.model.draws", "sim.model.lookup", "sim.model.roster"}
    found = [name for path in checks for name in imported(parse(path))
             if name in shared or name.rpartition(".")[0] in shared]  # fmt: skip
    assert checks
    assert found == []


class TestTheRulesFindOffenders:
    @pytest.mark.parametrize(
        ("part", "line"),
        [
            ("engine", "from sim.scenario.load import load"),
            ("engine", "import pydantic"),
            ("engine", "from ruamel.yaml import YAML"),
            ("measure", "from sim.engine import simulate"),
            ("model", "from sim.measure.catalogue import CATALOGUE"),
            ("study", "import matplotlib.pyplot as plt"),
            ("units", "from sim.theory import erlang_c"),
            ("present", "import sim"),
        ],
    )
    def test_wrong_import(self, part: str, line: str) -> None:
        assert len(wrong_imports(part, ast.parse(line))) == 1

    @pytest.mark.parametrize(
        ("part", "line"),
        [("engine", "from sim.model import tables"), ("study", "from sim.engine import simulate"),
         ("engine", "import simpy"), ("theory", "from scipy import special")],
    )  # fmt: skip
    def test_right_import(self, part: str, line: str) -> None:
        assert wrong_imports(part, ast.parse(line)) == []

    def test_late_import(self) -> None:
        assert late_imports(ast.parse("def f():\n    import json\n")) == [2]
        assert late_imports(ast.parse("if TYPE_CHECKING:\n    import json\n")) == [1]
        assert late_imports(ast.parse("def f():\n    return import_module('json')\n")) == [2]

    def test_missing_description(self) -> None:
        assert undescribed(ast.parse('"""m"""\ndef f(): ...\ndef _g(): ...\n')) == ["f"]
        assert undescribed(ast.parse('class C:\n    """c"""\n    def f(): ...\n')) == ["the module", "f"]

    def test_name_left_out_of_all(self) -> None:
        assert unlisted(ast.parse('__all__ = ["f"]\ndef f(): ...\nclass C: ...\n')) == {"C"}

    def test_machine_path(self) -> None:
        assert MACHINE_PATH.search("see /" + "home/me/notes")
        assert not MACHINE_PATH.search("docs/work/plan and #!/usr/bin/env bash")

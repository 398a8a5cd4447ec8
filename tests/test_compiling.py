"""Compiling once: what is said, where code is kept, when it is thrown away, and that it is never stale."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from running import SCENARIOS
from test_architecture import MODULES, ROOT, imported, parse

from sim import jit
from sim.jit import IS_COMPILED, SOURCES
from sim.measure.reduction import Reduction
from sim.scenario.validate import load
from sim.study import compiling
from sim.study.compiling import COMPLETE, compile_engine, ready_engine, warm_up_scenario
from sim.study.engines import replicate

needs_numba = pytest.mark.skipif(not IS_COMPILED, reason="nothing is compiled")

# --- what compiled code is made of ----------------------------------------------------------------


def module_files() -> dict[str, Path]:
    """Every module of `sim` by its dotted name."""
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


def modules_imported(path: Path) -> set[str]:
    """Modules of `sim` that a file imports; not the packages they lie in, which are empty."""
    names = set(imported(parse(path)))
    return {name for name in names | {name.rpartition(".")[0] for name in names}
            if name in module_files() and module_files()[name].name != "__init__.py"}  # fmt: skip


def has_kernels(path: Path) -> bool:
    """Whether a file has functions that are compiled."""
    return not {f"sim.jit.{name}" for name in ("kernel", "called", "inlined")}.isdisjoint(
        imported(parse(path))
    )


def test_every_file_that_compiled_code_may_be_made_of_is_a_source() -> None:
    files = module_files()
    todo = [name for name, path in files.items() if has_kernels(path)]
    assert todo
    closure = {"sim.jit"}
    while todo:
        name = todo.pop()
        if name not in closure:
            closure.add(name)
            todo += modules_imported(files[name])
    needed = {files[name].relative_to(ROOT / "sim").as_posix() for name in closure}
    assert sorted(needed - set(SOURCES)) == []
    assert [source for source in SOURCES if not (ROOT / "sim" / source).is_file()] == []


def folder_of(package: Path, cache: Path) -> Path:
    """The folder for compiled code of a copy of the package."""
    done = subprocess.run(
        [sys.executable, "-c", "from sim.jit import kept_in; print(kept_in())"],
        env={**os.environ, "PYTHONPATH": str(package.parent), "SUPPORTSIM_CACHE": str(cache)},
        cwd=package.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Path(done.stdout.strip())


@needs_numba
def test_code_of_other_sources_is_kept_elsewhere(tmp_path: Path) -> None:
    package = tmp_path / "here" / "sim"
    shutil.copytree(ROOT / "sim", package, ignore=shutil.ignore_patterns("__pycache__"))
    before = folder_of(package, tmp_path / "cache")
    assert before.parent == tmp_path / "cache" / "compiled"
    assert folder_of(package, tmp_path / "cache") == before

    source = package / "model" / "draws.py"
    text, times = source.read_text(encoding="utf-8"), source.stat()
    source.write_text(text + "# edited\n", encoding="utf-8")
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert folder_of(package, tmp_path / "cache") != before
    source.write_text(text, encoding="utf-8")
    assert folder_of(package, tmp_path / "cache") == before
    package.parent.rename(tmp_path / "there")
    assert folder_of(tmp_path / "there" / "sim", tmp_path / "cache") != before, "Numba keeps code by path"


# --- where it is kept -----------------------------------------------------------------------------


def kept_again() -> Path:
    """The folder for compiled code, looked for anew."""
    return jit.kept_in.__wrapped__()


@needs_numba
def test_a_passing_folder_where_none_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SUPPORTSIM_CACHE", str(tmp_path / "file"))
    folder = kept_again()
    assert folder.is_dir()
    assert not list(folder.iterdir())
    folder.rmdir()


@needs_numba
def test_code_in_a_folder_that_may_only_be_read_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPORTSIM_CACHE", str(tmp_path))
    folder = kept_again()
    (folder / COMPLETE).write_text("{}", encoding="utf-8")

    def refused(**_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr("sim.jit.tempfile.TemporaryFile", refused)
    passing = kept_again()
    assert passing != folder
    assert (passing / COMPLETE).is_file()
    shutil.rmtree(passing)


# --- what is said ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing is complete, in a cache of its own."""
    made = tmp_path / "compiled" / "now"
    made.mkdir(parents=True)
    monkeypatch.setenv("SUPPORTSIM_CACHE", str(tmp_path))
    monkeypatch.setattr(compiling, "kept_in", lambda: made)
    monkeypatch.setattr(compiling, "replicate", lambda *_: None)
    return made


def test_compiling_is_said_once_with_how_long_it_took(folder: Path) -> None:
    said: list[str] = []
    compile_engine(said.append)
    assert said[0] == "Compiling the engine for this machine (once; about 20 s) ..."
    assert said[1].startswith("Compiled in ")
    assert json.loads((folder / COMPLETE).read_text(encoding="utf-8")).keys() == {"seconds"}
    assert [path.name for path in folder.iterdir()] == [COMPLETE]
    compile_engine(said.append)
    assert len(said) == 2


def test_where_nothing_can_be_kept_that_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORTSIM_CACHE", str(folder / "elsewhere"))
    said: list[str] = []
    compile_engine(said.append)
    assert "at every run, until SUPPORTSIM_CACHE names a folder" in said[0]


def test_a_full_disk_is_no_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compiling, "_write", full)
    said: list[str] = []
    compile_engine(said.append)
    compile_engine(said.append)
    assert len(said) == 4


def test_folders_long_unused_go_when_a_new_one_is_complete(folder: Path) -> None:
    now = time.time()
    for days in range(6):
        other = folder.parent / f"{days}"
        other.mkdir()
        (other / COMPLETE).touch()
        os.utime(other / COMPLETE, (now - days * 86_400 - 60,) * 2)
    incomplete = folder.parent / "half"
    incomplete.mkdir()
    compile_engine()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["0", "half", "now"]


def test_a_folder_in_use_counts_as_used(folder: Path) -> None:
    compile_engine()
    os.utime(folder / COMPLETE, (0, 0))
    compile_engine()
    assert time.time() - (folder / COMPLETE).stat().st_mtime < 60


# --- what is compiled -----------------------------------------------------------------------------


def kernels() -> dict[str, Any]:
    """Every compiled function that Python calls, by module and name."""
    found = {}
    for module in [module for name, module in sys.modules.items() if name.startswith("sim.")]:
        for name, value in vars(module).items():
            options = getattr(value, "targetoptions", {})
            is_own = getattr(value, "__module__", "") == module.__name__
            if hasattr(value, "signatures") and is_own and not options.get("no_cpython_wrapper"):
                found[f"{module.__name__}.{name}"] = value
    return found


@needs_numba
def test_the_warm_up_compiles_all_and_no_scenario_anything_more() -> None:
    ready_engine("compiled")
    found = warm_up_scenario()
    replicate("compiled", found.model, Reduction(found.model, found.labels), 1, 0, lambda _: None)
    compiled = {name: list(function.signatures) for name, function in kernels().items()}
    assert compiled
    assert {name: signatures for name, signatures in compiled.items() if len(signatures) != 1} == {}
    for path in sorted(SCENARIOS.glob("*.yaml")):
        found = load(path, sets=["scale=0.001"]).resolved
        replicate("compiled", found.model, Reduction(found.model, found.labels), 1, 0, lambda _: None)
        now = {name: list(function.signatures) for name, function in kernels().items()}
        assert now == compiled, path.name


def test_the_warm_up_has_something_of_everything() -> None:
    """Else a kernel might be left out; keys of the language that engines never see are."""
    model = warm_up_scenario().model
    assert set(model.stages.kind.tolist()) == {0, 1, 2}
    assert set(model.teams.is_head_count.tolist()) == {0, 1}
    assert len(model.plan.shifts.team)
    assert (~model.stages.is_open).any()
    assert model.n_classes > 1


def test_the_rule_for_sources_finds_kernels() -> None:
    tree = ast.parse("from sim.jit import kernel\n")
    assert "sim.jit.kernel" in set(imported(tree))
    assert has_kernels(ROOT / "sim" / "model" / "compiled_draws.py")
    assert not has_kernels(ROOT / "sim" / "study" / "compiling.py")

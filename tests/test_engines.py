"""The choice of the engine: what is taken, what is said, and that it changes no figure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from running import SCENARIOS

from sim.cli import main
from sim.cli.options import ENGINES as OFFERED
from sim.jit import IS_COMPILED
from sim.study import engines
from sim.study.engines import ENGINES, choose_engine
from sim.study.prepare import prepare
from sim.study.replications import run_replications, sums_of_replications

NO_NUMBA = "import sys; sys.modules['numba'] = None\n"
RUN = "from sim.cli import main; sys.exit(main(sys.argv[1:]))"
SMALL = ("erlang_a_575", "--set", "scale=0.01", "--reps", "2")


def test_the_command_line_offers_every_engine() -> None:
    assert OFFERED == ENGINES


@pytest.mark.parametrize(
    ("asked", "is_compiled", "has_numba", "is_there", "engine", "notice"),
    [
        ("auto", True, True, True, "compiled", ""),
        ("compiled", True, True, True, "compiled", ""),
        ("reference", True, True, True, "reference", ""),
        ("reference", False, False, False, "reference", ""),
        ("auto", False, False, False, "reference",
         "Numba is not installed: the reference engine simulates, some hundred times slower; "
         "pip install numba"),
        ("auto", False, True, True, "reference",
         "Numba is switched off: the reference engine simulates, some hundred times slower; "
         "unset NUMBA_DISABLE_JIT"),
        ("compiled", False, False, True, "compiled",
         "Numba cannot be imported: the compiled engine runs as plain Python, slower than the reference "
         "engine; python -c 'import numba' says why"),
    ],
)  # fmt: skip
def test_choice(
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    is_compiled: bool,
    has_numba: bool,
    is_there: bool,
    engine: str,
    notice: str,
) -> None:
    monkeypatch.setattr(engines, "IS_COMPILED", is_compiled)
    monkeypatch.setattr(engines, "HAS_NUMBA", has_numba)
    monkeypatch.setattr(engines, "find_spec", lambda _: object() if is_there else None)
    assert choose_engine(asked) == (engine, notice)


def run_without(numba: str, *argv: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command in a process in which Numba is "missing" or "off"."""
    head = NO_NUMBA if numba == "missing" else "import os, sys; os.environ['NUMBA_DISABLE_JIT'] = '1'\n"
    return subprocess.run(
        [sys.executable, "-c", head + RUN, *argv], cwd=folder, capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("numba", ["missing", "off"])
def test_without_numba_all_works_and_is_said_once(tmp_path: Path, numba: str) -> None:
    figures = []
    for engine, words in (("auto", "the reference engine simulates"), ("compiled", "as plain Python")):
        done = run_without(
            numba, "run", *SMALL, "--workers", "1", "--json", "--engine", engine, folder=tmp_path
        )
        lines = done.stderr.splitlines()
        assert len([line for line in lines if "Numba" in line and words in line]) == 1
        document = json.loads(done.stdout)
        assert document.pop("engine") == ("reference" if engine == "auto" else "compiled")
        figures.append(document)
    assert figures[0] == figures[1] == result_of("auto")
    said = run_without(numba, "compile", folder=tmp_path)
    assert said.stdout == ""
    assert "the reference engine simulates" in said.stderr


def result_of(engine: str, workers: int = 1) -> dict[str, Any]:
    """The small scenario's document, without the name of the engine."""
    resolved = prepare(SMALL[0], sets=["scale=0.01"]).resolved
    document = run_replications(resolved, 1, 2, engine=engine, workers=workers)
    document.pop("engine")
    return document


def test_engines_and_workers_change_no_byte_but_the_engine_s_name() -> None:
    alone, *others = (json.dumps(result_of(engine, n)) for engine in ENGINES for n in (1, 2, 3))
    assert set(others) == {alone}


def test_the_engine_that_ran_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    expected = {"auto": "compiled" if IS_COMPILED else "reference", "reference": "reference"}
    for asked, name in expected.items():
        out = tmp_path / asked
        assert main(["run", *SMALL, "--engine", asked, "--out", str(out)]) == 0
        assert f"{name} engine" in capsys.readouterr().out
        for file in ("summary.json", "manifest.json"):
            assert json.loads((out / file).read_text(encoding="utf-8"))["engine"] == name
    csv = {(tmp_path / asked / "summary.csv").read_bytes() for asked in expected}
    assert len(csv) == 1


def test_the_default_folder_is_that_of_any_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for engine in ("auto", "reference"):
        assert main(["run", *SMALL, "--engine", engine]) == 0
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_an_audit_is_the_same_by_every_engine(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SCENARIOS / "erlang_a_575.yaml")
    told = set()
    for engine in ("auto", "reference"):
        main(["audit", path, *SMALL[1:], "--engine", engine, "--json"])
        told.add(capsys.readouterr().out)
    assert len(told) == 1


@pytest.mark.skipif(not IS_COMPILED, reason="the reference engine runs in processes")
def test_the_compiled_engine_runs_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise AssertionError("no processes")

    monkeypatch.setattr("sim.study.executors._Processes", fails)
    found = prepare(SMALL[0], sets=["scale=0.01"]).resolved
    assert len(sums_of_replications(found.model, found.labels, 1, 3, 2)) == 3

"""What a command does not need is not loaded: SciPy, Numba and pydantic take longer than most commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim import late_scipy
from sim.model import shape_cache, shapes
from sim.model.laws import LawKind, LawPart
from sim.model.shapes import ShapeBook
from sim.scenario.shipped import shipped

SLOW = ("numpy", "scipy", "numba", "matplotlib", "pydantic", "ruamel", "simpy")
SHIPPED = sorted(shipped())

SCRIPT = """
import sys
from sim.cli import main
for words in {commands!r}:
    code = main(words)
    assert code in (0, 3), code
print("loaded:", *sorted({{name.partition(".")[0] for name in sys.modules}} & set({libraries!r})))
"""


def loaded_by(*commands: list[str], libraries: tuple[str, ...] = SLOW) -> list[str]:
    """Which libraries a fresh process has loaded after some commands."""
    script = SCRIPT.format(commands=list(commands), libraries=libraries)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].removeprefix("loaded:").split()


def test_help_loads_nothing_slow() -> None:
    of_commands = [[name, "--help"] for name in ("init", "list", "show", "validate", "run", "plot", "audit")]
    of_commands += [["plan", "export", "--help"]]
    assert loaded_by(["--help"], ["--version"], *of_commands) == []


def test_list_needs_neither_scipy_nor_numba() -> None:
    commands = [["list"], ["list", "--measures"], ["schema"]]
    assert loaded_by(*commands, libraries=("scipy", "numba", "simpy")) == []


def test_checking_what_is_shipped_needs_neither_scipy_nor_numba() -> None:
    """All at once: a process for each would take long, and what one loads stays loaded."""
    each = [["validate", name] for name in SHIPPED]
    with_plan = ["validate", "support_baseline", "--plan", "evening"]
    assert (
        loaded_by(*each, with_plan, ["validate", "no such file"], libraries=("scipy", "numba", "simpy")) == []
    )


def test_showing_needs_neither_scipy_nor_numba() -> None:
    commands = [["show", "support_baseline"], ["show", "support_baseline", "--resolved"]]
    assert loaded_by(*commands, libraries=("scipy", "numba", "simpy")) == []


@pytest.mark.parametrize("law", ["lognormal p50 4 min p90 11 min", "scipy gamma a=2 mean 5 min"])
def test_laws_that_only_scipy_can_check_load_it(law: str) -> None:
    sets = ["--set", f"desks.chat.handling={law}"]
    assert "scipy" in loaded_by(["validate", "help_desk", *sets])


def test_a_run_with_known_laws_needs_no_scipy(tmp_path: Path) -> None:
    """With one replication there are no half-widths, for which SciPy would be needed."""
    out = ["--out", str(tmp_path / "out"), "--engine", "reference", "--reps", "1", "--no-progress"]
    command = ["run", "help_desk", *out]
    loaded_by(command)  # tables are kept
    script = "import sys; sys.modules['scipy.special'] = None; sys.modules['scipy.optimize'] = None;" + (
        f"from sim.cli import main; sys.exit(main({command!r}))"
    )
    subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)


def test_a_kept_law_with_an_atom_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORTSIM_CACHE", str(tmp_path))
    parts = [LawPart(LawKind.EXACTLY, 31.0, weight=0.3), LawPart(LawKind.WEIBULL, 71.0, 0.9, weight=0.6),
             LawPart(LawKind.NEVER, weight=0.1)]  # fmt: skip

    def table() -> list[np.ndarray]:
        book = ShapeBook()
        book.add(*parts)
        return list(book.shapes())

    shapes._table.cache_clear()  # what other tests have made is not in this folder
    made = table()
    shapes._table.cache_clear()
    monkeypatch.setattr(shapes, "Mixture", None)  # nothing can be made any more
    assert all(np.array_equal(a, b) for a, b in zip(made, table(), strict=True))
    assert len(list(tmp_path.iterdir())) == 2  # this one and the exponential law


def test_late_scipy_has_the_parts_that_are_used() -> None:
    assert late_scipy.special.ndtr(0.0) == 0.5
    with pytest.raises(AttributeError, match="no attribute 'fft'"):
        _ = late_scipy.fft


def test_tables_know_the_versions_they_were_made_with() -> None:
    assert f"numpy {np.__version__}" in shape_cache._tools()

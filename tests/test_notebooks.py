"""The notebooks run clean, and what they show is what a fresh run shows."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
executed = runpy.run_path(str(NOTEBOOKS / "run.py"))["executed"]


def texts(notebook: Any) -> list[str]:
    """What the cells print and show as text; pictures depend on fonts and are left out."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [
        output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"
    ]
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]


@pytest.mark.parametrize("file", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: file.stem)
def test_a_notebook_shows_what_a_fresh_run_shows(file: Path) -> None:
    kept = texts(nbformat.read(file, as_version=4))
    assert any(kept)
    assert texts(executed(file)) == kept


def test_there_are_two_and_a_guide() -> None:
    guide = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    files = sorted(NOTEBOOKS.glob("*.ipynb"))
    assert files
    assert all(file.name in guide for file in files)

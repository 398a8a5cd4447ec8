"""Runs the notebooks and keeps what they print and draw: python notebooks/run.py [FILE ...]"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def executed(file: Path) -> Any:
    """A notebook with the outputs of a fresh run; a cell that fails raises."""
    notebook = nbformat.read(file, as_version=4)
    here = {"metadata": {"path": str(HERE)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=here).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the times at which cells ran
    return notebook


def main(files: list[str]) -> None:
    """Run some notebooks, or all, and write them."""
    for file in [Path(name) for name in files] or sorted(HERE.glob("*.ipynb")):
        nbformat.write(executed(file), file)
        print(file.name)


if __name__ == "__main__":
    main(sys.argv[1:])

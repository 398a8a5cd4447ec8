"""The text of a CSV file that a scenario names, and its cells."""

from __future__ import annotations

import csv
from pathlib import Path

from sim.errors import Problem, nearest

__all__ = ["cells_of", "column_of", "csv_text"]


def csv_text(name: str, folder: Path) -> str | Problem:
    """The text of a file beside the one that names it; or a problem, without a mark: it cannot be read."""
    path = folder / name
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return Problem("file", "", f"the file '{name}' is not UTF-8 text", None, "save it as CSV in UTF-8")
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        beside = [p.name for p in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        hint = (
            f"did you mean '{Path(name).parent / near}'?" if near else "it is looked for beside the scenario"
        )
        return Problem("file", "", f"cannot read the file '{name}'", None, hint)


def cells_of(text: str) -> list[str]:
    """The cells of a line."""
    cells = next(csv.reader([text]), []) if '"' in text else text.split(",") if text else []
    return [cell.strip() for cell in cells]


def column_of(text: str, n: int) -> int:
    """The column, from 1, at which the n-th cell of a line begins; commas between quotes are no ends."""
    commas = [at for at, c in enumerate(text) if c == "," and text.count('"', 0, at) % 2 == 0]
    start = commas[n - 1] + 1 if n else 0
    return start + len(text[start:]) - len(text[start:].lstrip()) + 1

"""The text of a CSV file that a scenario names."""

from __future__ import annotations

from pathlib import Path

from sim.errors import Problem, nearest

__all__ = ["csv_text"]


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

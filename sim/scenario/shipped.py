"""The scenarios that come with the program."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["SUFFIXES", "named_scenarios", "scenarios_in", "shipped", "shipped_folder", "what_ifs"]

SUFFIXES = (".yaml", ".yml")
_WHAT_IFS = "what_if"


def shipped_folder() -> Path:
    """The folder of the shipped scenarios: inside the installed package, or beside it in the sources."""
    installed = Path(str(files("sim") / "_scenarios"))
    return installed if installed.is_dir() else Path(str(files("sim"))).parent / "scenarios"


def shipped() -> dict[str, Path]:
    """The shipped scenarios, path by name; plans and parts (in folders of their own) are none."""
    return scenarios_in(shipped_folder())


def what_ifs(folder: Path | None = None) -> dict[str, Path]:
    """The shipped what-ifs, path by name; ``folder``: that of the shipped scenarios, if it is another."""
    return scenarios_in((shipped_folder() if folder is None else folder) / _WHAT_IFS)


def named_scenarios(folder: Path | None = None) -> dict[str, Path]:
    """All that a bare name may mean: shipped scenarios and what-ifs; ``folder`` as `what_ifs` has it."""
    return what_ifs(folder) | scenarios_in(shipped_folder() if folder is None else folder)


def scenarios_in(folder: Path) -> dict[str, Path]:
    """The YAML files directly in a folder, by name without suffix; none where there is no folder."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.stem: path for path in found if path.suffix in SUFFIXES and path.is_file()}

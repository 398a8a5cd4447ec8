"""What is exported: a scenario with a seed, or a run from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import InvalidInput, Mark, Problem
from sim.scenario.shipped import named_scenarios
from sim.scenario.validate import Loaded
from sim.study.identity import hash_of_file
from sim.study.prepare import prepare
from sim.version import VERSION

__all__ = ["Run", "is_run", "open_run"]

RESOLVED, MANIFEST = "resolved.yaml", "manifest.json"


class Run(NamedTuple):
    """A run that was made before."""

    loaded: Loaded  # the scenario, as it was
    seed: int
    replications: int
    doubts: tuple[str, ...]  # why its records may not be those of then, a line each


def is_run(source: str) -> bool:
    """Whether the folder of a run is meant, or a file in it, rather than a scenario."""
    return _folder(source) is not None


def open_run(source: str) -> Run:
    """The run in a folder.

    Raises
    ------
    InvalidInput
        If there is none, or a file that it was made from is another now.
    """
    folder = _folder(source)
    assert folder is not None, f"{source} is no folder"
    missing = [name for name in (RESOLVED, MANIFEST) if not (folder / name).is_file()]
    if missing:
        raise InvalidInput([Problem("no_run", "", f"there is no run in '{folder}'", None, _instead(folder))])
    said = _manifest(folder / MANIFEST)
    loaded = prepare(folder / RESOLVED)
    changed = [str(path) for path in loaded.tables if hash_of_file(path) not in said["files"].values()]
    if changed:
        problem = Problem(
            "changed",
            "",
            f"{' and '.join(changed)} changed since the run, so its records cannot be made again",
            None,
            "export the scenario itself for the records it gives now",
        )
        raise InvalidInput([problem])
    made_by = str(said["supportsim"])
    doubts = () if made_by == VERSION else (
        f"the run is of supportsim {made_by}; {VERSION} may give other records",
    )  # fmt: skip
    return Run(loaded, int(said["seed"]), int(said["replications"]), doubts)


def _folder(source: str) -> Path | None:
    path = Path(source)
    if path.is_dir():
        return None if source in named_scenarios() else path
    return path.parent if path.is_file() and path.suffix == ".json" else None


def _manifest(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as e:
        raise _no_manifest(file, str(e)) from e
    wanted = {"supportsim": str, "seed": int, "replications": int, "files": dict}
    for key, kind in wanted.items():
        if not isinstance(said, dict) or not isinstance(said.get(key), kind):
            raise _no_manifest(file, f"it lacks '{key}'")
    assert isinstance(said, dict)
    return said


def _no_manifest(file: Path, why: str) -> InvalidInput:
    mark = Mark(str(file), 1, 1)
    return InvalidInput([Problem("json", "", f"not the manifest of a run: {why}", mark, None)])


def _instead(folder: Path) -> str:
    """The runs inside the folder, or what a run is."""
    inside = sorted(str(path.parent) for path in folder.glob(f"*/{MANIFEST}"))
    if inside:
        return f"there are runs in it: {', '.join(inside[:5])}{', ...' if len(inside) > 5 else ''}"
    return "give a scenario, or the folder that 'supportsim run' wrote"

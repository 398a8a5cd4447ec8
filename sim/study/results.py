"""Results read again: runs and comparisons, each run by a short name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import InvalidInput, Mark, Problem, UsageError
from sim.study.compared_folder import COMPARISON
from sim.study.folder import read_summary, slug

__all__ = ["Results", "read_results"]

_PARTS: dict[str, type | tuple[type, ...]] = {
    "scenario": str, "seed": int, "replications": int, "days_per_replication": (int, float),
    "confidence": float, "looks": int, "scale": (int, float), "variants": list, "measures": list,
}  # fmt: skip
"""What every comparison has, and readers rely on."""


class Results(NamedTuple):
    """What was asked for."""

    runs: dict[str, dict[str, Any]]  # result documents by name
    comparison: dict[str, Any] | None  # where one comparison was asked for, and nothing else


def read_results(paths: Sequence[Path], names: Sequence[str] = ()) -> Results:
    """The results in folders of runs and comparisons, or in their files.

    Parameters
    ----------
    paths
        At least one; a comparison stands for all its variants.
    names
        Of the runs, in their order; by default those of the variants, and of the folders.

    Raises
    ------
    InvalidInput
        If there are no results, or they are damaged.
    UsageError
        If a run is given twice, or names are too many or too few.
    """
    found: list[tuple[Path, str, dict[str, Any]]] = []
    comparison = None
    for path in paths:
        file = path / COMPARISON if path.is_dir() else path
        if file.name == COMPARISON and file.is_file():
            comparison = _read_comparison(file)
            for variant in comparison["variants"]:
                own = file.parent / slug(variant["name"])
                found.append((own, variant["name"], read_summary(own)))
        else:
            folder = path if path.is_dir() else path.parent
            found.append((folder, folder.resolve().name, read_summary(path)))
    places = [folder.resolve() for folder, _, _ in found]
    twice = next((path for k, path in enumerate(places) if path in places[:k]), None)
    if twice is not None:
        raise UsageError(f"'{found[places.index(twice)][0]}' is given twice")
    if names and len(names) != len(found):
        raise UsageError(f"{len(found)} runs need {len(found)} names: {', '.join(n for _, n, _ in found)}")
    short = [name for _, name, _ in found]
    shown = list(names) or [name if short.count(name) == 1 else str(path) for path, name, _ in found]
    if len(set(shown)) < len(shown):
        raise UsageError(f"a name stands for two runs: {', '.join(shown)}")
    runs = {name: document for name, (_, _, document) in zip(shown, found, strict=True)}
    return Results(runs, comparison if len(paths) == 1 and not names else None)


def _read_comparison(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as e:
        raise _damaged(Mark(str(path), e.lineno, e.colno), f"broken JSON ({e.msg})") from e
    except UnicodeDecodeError as e:
        raise _damaged(Mark(str(path), 1, 1), "it is no text in UTF-8") from e
    for key, kind in _PARTS.items():
        if not isinstance(found, dict) or not isinstance(found.get(key), kind):
            raise _damaged(Mark(str(path), 1, 1), f"it lacks '{key}'")
    assert isinstance(found, dict)
    return found


def _damaged(mark: Mark, why: str) -> InvalidInput:
    hint = "give the folder that 'supportsim compare' wrote, or compare again"
    return InvalidInput([Problem("json", "", f"not the results of a comparison: {why}", mark, hint)])

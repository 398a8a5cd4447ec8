"""The folder of a sweep: its points and their figures, as JSON and as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.errors import InvalidInput, Mark, Problem
from sim.scenario.validate import Loaded
from sim.study.folder import manifest_json, slug, summary_json, write_whole
from sim.study.identity import hash_of_inputs

__all__ = ["SWEEP", "is_sweep", "read_sweep", "save_sweep", "sweep_csv", "sweep_folder"]

SWEEP = "sweep.json"
_KEYS = ("value", "half_width", "difference", "difference_half_width")
_PARTS: dict[str, type | tuple[type, ...]] = {
    "scenario": str,
    "replications": int,
    "days_per_replication": (int, float),
    "confidence": float,
    "design": str,
    "varied": list,
    "points": list,
    "measures": list,
}
"""What every sweep has, and readers rely on."""


def sweep_folder(name: str, loaded: Sequence[Loaded], seed: int) -> Path:
    """``runs/NAME-sweep-HASH``: the hash is of the scenarios of all points, the seed and the version."""
    return Path("runs") / f"{slug(name)}-sweep-{hash_of_inputs(loaded, seed)}"


def sweep_csv(document: Mapping[str, Any]) -> str:
    """A line for each point: its settings, then four columns for each measure, and whether it meets the
    targets."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    measures = document["measures"]
    heads = [f"{m['path']} {key}" if key != "value" else m["path"] for m in measures for key in _KEYS]
    rows.writerow(["point", *(one["path"] for one in document["varied"]), *heads, "meets_all_targets"])
    for number, point in enumerate(document["points"]):
        cells = [measure["of"][number].get(key) for measure in measures for key in _KEYS]
        met = {True: "yes", False: "no", None: ""}[point["meets_all"]]
        rows.writerow([point["number"], *point["settings"], *cells, met])
    return text.getvalue()


def save_sweep(folder: Path, document: dict[str, Any], files: Iterable[Path], sets: Sequence[str]) -> None:
    """Write manifest.json, sweep.csv and sweep.json, each whole or not at all.

    Parameters
    ----------
    folder
        It is there.
    document
        Of `sweep.sweep`.
    files, sets
        What the sweep was made of: files that were read, settings of all points.
    """
    write_whole(folder / "manifest.json", manifest_json(document, files, sets))
    write_whole(folder / "sweep.csv", sweep_csv(document))
    write_whole(folder / SWEEP, summary_json(document))  # last: where it is, the rest is there


def is_sweep(path: Path) -> bool:
    """Whether a path is the folder of a sweep, or the sweep.json in it."""
    return (path / SWEEP).is_file() or (path.name == SWEEP and path.is_file())


def read_sweep(path: Path) -> dict[str, Any]:
    """The sweep in a folder, or in its sweep.json.

    Raises
    ------
    InvalidInput
        If it is damaged.
    """
    file = path if path.is_file() else path / SWEEP
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as e:
        raise _no_sweep(Mark(str(file), e.lineno, e.colno), f"broken JSON ({e.msg})") from e
    except UnicodeDecodeError as e:
        raise _no_sweep(Mark(str(file), 1, 1), "it is no text in UTF-8") from e
    except OSError as e:
        raise _no_sweep(Mark(str(file), 1, 1), e.strerror or str(e)) from e
    if not isinstance(document, dict):
        raise _no_sweep(Mark(str(file), 1, 1), "it is no map")
    for key, kind in _PARTS.items():
        if not isinstance(document.get(key), kind):
            raise _no_sweep(Mark(str(file), 1, 1), f"it lacks '{key}'")
    return document


def _no_sweep(mark: Mark, why: str) -> InvalidInput:
    hint = "give the folder that 'supportsim sweep' wrote, or run the sweep again"
    return InvalidInput([Problem("json", "", f"not the results of a sweep: {why}", mark, hint)])

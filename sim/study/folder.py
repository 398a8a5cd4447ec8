"""The folder of a run: what was simulated, and what came out; written whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
import re
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.errors import InvalidInput, Mark, Problem, UsageError, nearest
from sim.measure.result import figures
from sim.version import VERSION

__all__ = ["default_folder", "open_folder", "read_summary", "save_run", "summary_csv", "summary_json"]

SUMMARY = "summary.json"
_LIBRARIES = ("numpy", "scipy", "simpy", "pydantic", "ruamel.yaml")


def default_folder(name: str, data: dict[str, Any], seed: int) -> Path:
    """``runs/NAME-HASH``: the hash is of the composed scenario, the seed and the version."""
    words = json.dumps([data, seed, VERSION], sort_keys=True, ensure_ascii=False)
    slug = re.sub(r"[^\w]+", "_", name).strip("_") or "scenario"
    return Path("runs") / f"{slug}-{hashlib.blake2b(words.encode(), digest_size=3).hexdigest()}"


def open_folder(folder: Path) -> None:
    """Make a folder for results, before anything is simulated.

    Raises
    ------
    UsageError
        If it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as e:
        raise UsageError(f"cannot write results to '{folder}': {e.strerror or e}") from e


def summary_json(document: dict[str, Any]) -> str:
    """The document as text: the same bytes for the same results."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def summary_csv(document: dict[str, Any]) -> str:
    """Every figure of the document, a line each: path, value, half-width, unit."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["measure", "value", "half_width", "unit"])
    for path, figure in figures(document).items():
        rows.writerow([path, figure["value"], figure["half_width"], figure["unit"]])
    return text.getvalue()


def _manifest(document: dict[str, Any], files: tuple[str, ...], sets: tuple[str, ...]) -> str:
    said = {
        "supportsim": VERSION,
        "scenario": document["scenario"],
        "seed": document["seed"],
        "replications": document["replications"],
        "engine": document["engine"],
        "files": {
            name: hashlib.sha256(Path(name).read_bytes()).hexdigest()
            for name in files
            if Path(name).is_file()
        },
        "set": list(sets),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def save_run(
    folder: Path, document: dict[str, Any], resolved_yaml: str, files: tuple[str, ...], sets: tuple[str, ...]
) -> None:
    """Write summary.json, summary.csv, resolved.yaml and manifest.json, each whole or not at all."""
    parts = {
        "resolved.yaml": resolved_yaml,
        "manifest.json": _manifest(document, files, sets),
        "summary.csv": summary_csv(document),
        SUMMARY: summary_json(document),  # last: where it is, the rest is there
    }
    for name, text in parts.items():
        _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as e:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write '{path}': {e.strerror or e}") from e


def read_summary(run: Path) -> dict[str, Any]:
    """The result document of a run's folder, or of its summary.json.

    Raises
    ------
    InvalidInput
        If there is none, or it is not a result document.
    """
    path = run / SUMMARY if run.is_dir() else run
    if not path.is_file():
        near = nearest(run.name, (p.name for p in run.parent.glob("*"))) if run.parent.is_dir() else None
        hint = (
            f"did you mean '{run.parent / near}'?" if near else "give the folder that 'supportsim run' wrote"
        )
        raise InvalidInput([Problem("no_run", "", f"there are no results of a run at '{run}'", None, hint)])
    if path.suffix in (".yaml", ".yml"):
        raise InvalidInput(
            [
                Problem(
                    "no_run",
                    "",
                    f"'{run}' is a scenario, not the results of a run",
                    None,
                    f"first: supportsim run {run} --out results; then: supportsim plot results",
                )
            ]
        )
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as e:
        mark = Mark(str(path), e.lineno, e.colno)
        raise InvalidInput([Problem("json", "", f"not the results of a run: {e.msg}", mark)]) from e
    except (OSError, UnicodeDecodeError) as e:
        raise InvalidInput([Problem("json", "", f"cannot read '{path}': {e}")]) from e
    if not isinstance(document, dict) or not {"scenario", "measures", "intervals"} <= document.keys():
        raise InvalidInput(
            [
                Problem(
                    "json",
                    "",
                    "not the results of a run",
                    Mark(str(path), 1, 1),
                    "give the folder that 'supportsim run' wrote",
                )
            ]
        )
    return document

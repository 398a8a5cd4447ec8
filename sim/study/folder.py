"""The folder of a run: what was simulated, and what came out; written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.errors import InvalidInput, Mark, Problem, UsageError, nearest
from sim.measure.result import figures
from sim.scenario.shipped import SUFFIXES
from sim.scenario.validate import Loaded
from sim.study.identity import code_digest, hash_of_file, hash_of_inputs
from sim.study.leftovers import clear_leftovers
from sim.study.store import STORE, Store
from sim.version import VERSION

__all__ = [
    "default_folder",
    "manifest_json",
    "open_folder",
    "read_summary",
    "save_run",
    "slug",
    "summary_csv",
    "summary_json",
    "write_whole",
]

SUMMARY = "summary.json"
_PART = ".part"  # end of the name of a file that is being written
_PARTS: dict[str, type | tuple[type, ...]] = {
    "scenario": str,
    "seed": int,
    "replications": int,
    "days_per_replication": (int, float),
    "confidence": float,
    "measures": dict,
    "stages": dict,
    "teams": dict,
    "targets": list,
    "intervals.length_s": (int, float),
    "intervals.starts": list,
    "intervals.stages": dict,
    "intervals.teams": dict,
}
"""What every result document has, and readers rely on."""
_LIBRARIES = ("numpy", "scipy", "numba", "simpy", "pydantic", "ruamel.yaml")


def default_folder(name: str, loaded: Loaded, seed: int) -> Path:
    """``runs/NAME-HASH``: the hash is of the composed scenario, its CSV files, the seed and the version."""
    return Path("runs") / f"{slug(name)}-{hash_of_inputs([loaded], seed)}"


def slug(name: str) -> str:
    """A name as part of a file's."""
    return re.sub(r"[^\w]+", "_", name).strip("_") or "scenario"


@contextmanager
def open_folder(folder: Path, *, is_fresh: bool = False) -> Iterator[Store]:
    """Make a folder for results before anything is simulated, and open the store in it.

    What was made goes again if nothing is written. ``is_fresh``: what the store has is not read.

    Raises
    ------
    UsageError
        If it cannot be made or written to, or its store is damaged.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clear_leftovers(folder, f".*{_PART}")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as e:
        in_the_way = next((path for path in (folder, *folder.parents) if path.is_file()), None)
        why = f"'{in_the_way}' is a file, not a folder" if in_the_way else e.strerror or str(e)
        raise UsageError(f"cannot write results to '{folder}': {why}") from e
    try:
        with Store(folder / STORE, is_fresh=is_fresh) as store:
            yield store
    finally:
        for path in made:
            with suppress(OSError):  # it is not empty: results are there, or files of somebody else
                path.rmdir()


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


def manifest_json(document: dict[str, Any], files: Iterable[Path], sets: Sequence[str]) -> str:
    """What ran: from which files, with which settings, seed and versions."""
    said = {
        "supportsim": VERSION,
        "scenario": document["scenario"],
        "plan": document["plan"],
        "seed": document["seed"],
        "replications": document["replications"],
        "engine": document["engine"],
        "files": {str(file): hash_of_file(file) for file in files if file.is_file()},
        "set": list(sets),
        "code": code_digest(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES if find_spec(name)},
    }
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def save_run(
    folder: Path, document: dict[str, Any], resolved_yaml: str, files: Iterable[Path], sets: tuple[str, ...]
) -> None:
    """Write summary.json, summary.csv, resolved.yaml and manifest.json, each whole or not at all."""
    parts = {
        "resolved.yaml": resolved_yaml,
        "manifest.json": manifest_json(document, files, sets),
        "summary.csv": summary_csv(document),
        SUMMARY: summary_json(document),  # last: where it is, the rest is there
    }
    for name, text in parts.items():
        write_whole(folder / name, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        # A file's name may hold bytes that are no text; they are written as escapes.
        with open(temporary, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as e:  # also an interruption
        with suppress(OSError):
            temporary.unlink()
        if isinstance(e, OSError):
            raise UsageError(f"cannot write '{path}': {e.strerror or e}") from e
        raise


def read_summary(run: Path) -> dict[str, Any]:
    """The result document of a run's folder, or of its summary.json.

    Raises
    ------
    InvalidInput
        If there is none, or it is not a result document.
    """
    path = run / SUMMARY if run.is_dir() else run
    if not path.is_file():
        raise _no_run(f"there are no results of a run at '{run}'", _where_runs_are(run))
    if path.suffix in SUFFIXES:
        raise _no_run(
            f"'{run}' is a scenario, not the results of a run",
            f"first: supportsim run {run} --out results; then: supportsim plot results",
        )
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as e:
        mark = Mark(str(path), e.lineno, e.colno)
        raise _not_results(mark, f"broken JSON ({e.msg})") from e
    except UnicodeDecodeError as e:
        raise _not_results(Mark(str(path), 1, 1), "it is no text in UTF-8") from e
    except OSError as e:
        raise _no_run(f"cannot read '{path}': {e.strerror or e}", None) from e
    lacking = _lacking(document)
    if lacking:
        raise _not_results(Mark(str(path), 1, 1), f"it lacks '{lacking}'")
    assert isinstance(document, dict)
    return document


def _lacking(document: object) -> str | None:
    """The first part of a result document that is not there, or is not what it should be."""
    for path, kind in _PARTS.items():
        part = document
        for key in path.split("."):
            part = part.get(key) if isinstance(part, dict) else None
        if not isinstance(part, kind):
            return path
    return None


def _no_run(message: str, hint: str | None) -> InvalidInput:
    return InvalidInput([Problem("no_run", "", message, None, hint)])


def _not_results(mark: Mark, why: str) -> InvalidInput:
    hint = "give the folder that 'supportsim run' wrote, or run the scenario again"
    return InvalidInput([Problem("json", "", f"not the results of a run: {why}", mark, hint)])


def _where_runs_are(run: Path) -> str:
    """What to give instead: a run inside the folder, or one of a similar name beside it."""
    inside = sorted(run.glob(f"*/{SUMMARY}"), key=lambda path: path.stat().st_mtime)
    if inside:
        return f"the latest run in it is '{inside[-1].parent}'"
    near = nearest(run.name, (path.parent.name for path in run.parent.glob(f"*/{SUMMARY}")))
    return f"did you mean '{run.parent / near}'?" if near else "give the folder that 'supportsim run' wrote"

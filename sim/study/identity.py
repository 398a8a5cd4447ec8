"""What results depend on, as short names: scenario, plan, seed, and the versions of what computes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from sim.scenario.validate import Loaded
from sim.version import VERSION

__all__ = ["code_digest", "hash_of_file", "hash_of_inputs", "study_of"]

_COMPUTES = ("model", "scenario", "engine", "measure", "study", "errors.py", "units.py", "jit.py")
"""Parts of the package of which a result is made."""
_LIBRARIES = ("numpy", "scipy")  # they make the tables of shapes


def hash_of_inputs(loaded: Sequence[Loaded], seed: int) -> str:
    """Six hexadecimal digits of composed scenarios, their CSV files, the seed and the version."""
    return _hash(3, _inputs(loaded), seed, VERSION)


def study_of(loaded: Sequence[Loaded], seed: int, engine: str) -> str:
    """The key of a study: of all that `hash_of_inputs` takes, the engine, and the versions that compute."""
    versions = [version(name) for name in _LIBRARIES]
    return _hash(16, _inputs(loaded), seed, engine, VERSION, code_digest(), versions)


def hash_of_file(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """A hash of the code that computes: results of other code are others."""
    package = Path(__file__).resolve().parents[1]
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(path for name in _COMPUTES for path in _modules(package / name)):
        found.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _modules(part: Path) -> Iterable[Path]:
    return part.rglob("*.py") if part.is_dir() else [part]


def _inputs(loaded: Sequence[Loaded]) -> list[object]:
    return [[of.layered.data, [hash_of_file(path) for path in of.tables]] for of in loaded]


def _hash(size: int, *of: object) -> str:
    words = json.dumps(of, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(words.encode(), digest_size=size).hexdigest()

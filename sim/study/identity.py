"""What results depend on, as short names: scenario, plan, seed, and the versions of what computes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from sim.scenario.validate import Loaded
from sim.version import VERSION

__all__ = ["code_digest", "computing", "hash_of_file", "hash_of_inputs", "study_of"]

_TELLS = ("cli", "present", "verify")
"""Parts of the package that show results or hold them against something; all others make them."""
_LIBRARIES = ("numpy", "scipy")  # they make the tables of shapes


def hash_of_inputs(loaded: Sequence[Loaded], seed: int) -> str:
    """Six hexadecimal digits of composed scenarios, their CSV files, the seed and the version."""
    return _hash(3, _inputs(loaded), seed, VERSION)


def study_of(loaded: Sequence[Loaded], seed: int, engine: str) -> str:
    """The key of a study: of all that `hash_of_inputs` takes, the engine, and the versions that compute."""
    return _hash(16, _inputs(loaded), seed, engine, computing())


@lru_cache(maxsize=1)
def computing() -> str:
    """A hash of the code that computes, and of the versions of what it computes with."""
    return _hash(16, VERSION, code_digest(), [version(name) for name in _LIBRARIES])


def hash_of_file(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """A hash of the code that computes: results of other code are others."""
    package = Path(__file__).resolve().parents[1]
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in _TELLS:
            found.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _inputs(loaded: Sequence[Loaded]) -> list[object]:
    return [[of.layered.data, [hash_of_file(path) for path in of.tables]] for of in loaded]


def _hash(size: int, *of: object) -> str:
    words = json.dumps(of, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(words.encode(), digest_size=size).hexdigest()

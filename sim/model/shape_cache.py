"""Tables of laws, kept on disk between runs, so that a run with known laws needs no SciPy.

Loading SciPy takes longer than reading the tables of a large scenario, and some of its laws take seconds to
tabulate. The folder is that of `places`. A file is named by the law and by all that its table depends on;
what is in it is checked, and made again where it is damaged or foreign. Where nothing can be written, nothing
is kept; where much has been, what was written longest ago goes. A kept table and a new one are the same, bit
for bit.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sim.model.pieces import Floats
from sim.places import cache_folder

__all__ = ["MOST_FILES", "kept"]

MOST_FILES = 2000
"""Tables kept, of some 32 KB each; beyond, the older half goes."""

_FORMAT = 2  # to be raised whenever the same law would get another table
_DIGEST = 32  # bytes


def kept(law: str, size: int, make: Callable[[], Floats]) -> Floats:
    """The figures (size,) of the table of a law, from disk or made now.

    Parameters
    ----------
    law
        The law in words, with every figure in full.
    size
        How many figures there are.
    make
        Makes them.
    """
    folder = cache_folder()
    words = f"{_FORMAT} {_tools()} {law}".encode()
    file = folder / f"shape-{hashlib.blake2b(words, digest_size=16).hexdigest()}.bin" if folder else None
    figures = _read(file, words, size) if file else None
    if figures is None:
        figures = make()
        if file:
            _write(file, words, figures)
    return figures


@lru_cache(maxsize=1)
def _tools() -> str:
    """What tables are made with; SciPy is asked for its version without being loaded."""
    return f"scipy {version('scipy')} numpy {np.__version__}"


def _digest(words: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST, key=hashlib.blake2b(words).digest()).digest()


def _read(file: Path, words: bytes, size: int) -> Floats | None:
    try:
        raw = file.read_bytes()
    except OSError:
        return None
    data = raw[_DIGEST:]
    if len(data) != 8 * size or raw[:_DIGEST] != _digest(words, data):
        return None
    return np.frombuffer(data, "<f8").astype(np.float64)


def _write(file: Path, words: bytes, figures: Floats) -> None:
    data = figures.astype("<f8").tobytes()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with open(handle, "wb") as out:
                out.write(_digest(words, data) + data)
            os.replace(temporary, file)
        finally:
            Path(temporary).unlink(missing_ok=True)
        _make_room(file.parent)


def _make_room(folder: Path) -> None:
    files = list(folder.glob("shape-*.bin"))
    if len(files) > MOST_FILES:
        files.sort(key=lambda file: file.stat().st_mtime)
        for file in files[: len(files) // 2]:
            file.unlink(missing_ok=True)

"""Tables of slow laws, kept on disk so that each is made once.

The folder is that of `places`. A file is named by the law and
by all that its table depends on; what is in it is checked, and made again where it is damaged or foreign.
Where nothing can be written, nothing is kept. A kept table and a new one are the same, bit for bit.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import scipy

from sim.model.lookup import CELLS, OCTAVES
from sim.model.pieces import Floats
from sim.places import cache_folder

__all__ = ["SLOW_S", "kept"]

SLOW_S = 0.05
"""Seconds; a table that took longer is kept."""

_FORMAT = 1  # to be raised whenever the same law would get another table
_CELLS = 2 * OCTAVES * CELLS
_DIGEST = 32  # bytes


def kept(law: str, make: Callable[[], tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Values and slopes (2048,) of the table of a law, from disk or made now.

    Parameters
    ----------
    law
        The law in words, with every figure in full.
    make
        Makes the table.
    """
    folder = cache_folder()
    words = f"{_FORMAT} scipy {scipy.__version__} numpy {np.__version__} {law}".encode()
    file = folder / f"shape-{hashlib.blake2b(words, digest_size=16).hexdigest()}.bin" if folder else None
    table = _read(file, words) if file else None
    if table is not None:
        return table
    begins = time.perf_counter()
    value, slope = make()
    if file and time.perf_counter() - begins > SLOW_S:
        _write(file, words, value, slope)
    return value, slope


def _digest(words: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST, key=hashlib.blake2b(words).digest()).digest()


def _read(file: Path, words: bytes) -> tuple[Floats, Floats] | None:
    try:
        raw = file.read_bytes()
    except OSError:
        return None
    data = raw[_DIGEST:]
    if len(data) != 16 * _CELLS or raw[:_DIGEST] != _digest(words, data):
        return None
    value, slope = np.frombuffer(data, "<f8").astype(np.float64).reshape(2, _CELLS)
    return value, slope


def _write(file: Path, words: bytes, value: Floats, slope: Floats) -> None:
    data = np.stack([value, slope]).astype("<f8").tobytes()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with open(handle, "wb") as out:
                out.write(_digest(words, data) + data)
            os.replace(temporary, file)
        finally:
            Path(temporary).unlink(missing_ok=True)

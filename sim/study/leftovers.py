"""Files that a process writes for a while, and leaves behind if it is killed: ``NAME.PROCESS.ENDING``."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

__all__ = ["clear_leftovers"]


def clear_leftovers(folder: Path, pattern: str) -> None:
    """Remove the files and folders of a pattern whose process is gone."""
    for path in folder.glob(pattern):
        writer = path.stem.rpartition(".")[2]
        if writer.isdecimal() and not _is_alive(int(writer)):
            with suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_alive(process: int) -> bool:
    """Whether there is such a process, as far as one can tell."""
    if os.name != "posix":  # elsewhere the question would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True

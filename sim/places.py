"""Where on this machine things are kept that can be made again: tables of laws, compiled code."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path | None:
    """``$SUPPORTSIM_CACHE``, else the platform's place for such things; None where there is none."""
    if own := os.environ.get("SUPPORTSIM_CACHE"):
        return Path(own)
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # no home
        return None
    return base / "supportsim"

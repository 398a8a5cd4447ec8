"""The most memory that this process has held."""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

__all__ = ["peak_mb"]

_STATUS = Path("/proc/self/status")


def peak_mb() -> float | None:
    """Megabytes (10^6 bytes) that were resident at most; None where the system does not tell.

    Linux is asked for the figure of the program itself: what `getrusage` says begins with that of the
    process which started it.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    if resource is None:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6

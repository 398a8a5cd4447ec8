"""Faults at single calls to the system: `faults/fault.c`, built with the C compiler of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

__all__ = ["KINDS", "Call", "arming", "built", "calls", "complaint"]

SOURCE = Path(__file__).resolve().parent / "faults" / "fault.c"

KINDS = ("kill", "torn", "short", "enospc", "eio", "full")
"""What becomes of a call; `fault.c` says more."""
WRITES = {"write", "pwrite", "writev"}
_ONLY_WRITES = {"torn", "short"}


class Call(NamedTuple):
    """A call that changes something."""

    name: str
    file: str  # from the folder on

    def can(self, kind: str) -> bool:
        """Whether a kind of fault can happen to it."""
        return self.name in WRITES or kind not in _ONLY_WRITES


def built(place: Path) -> Path | None:
    """The library, built into a folder; None where there is no C compiler, or another system than Linux."""
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    library = place / "fault.so"
    options = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *options, "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return library


def arming(folder: Path, kind: str, at: int, log: Path) -> dict[str, str]:
    """The environment in which call number ``at`` on a folder fails; 0: none fails, all are written down."""
    return {
        "FAULT_FOLDER": str(folder.resolve()),
        "FAULT_KIND": kind,
        "FAULT_AT": str(at),
        "FAULT_LOG": str(log),
    }


def calls(log: Path) -> list[Call]:
    """The calls of a run, in order."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [Call(*line.split(" ", 1)) for line in lines]


def complaint(code: int, stderr: str) -> str | None:
    """What is wrong with how a program ended that met a fault; None where it is as it should be.

    It must end with an exit code that is not that of success nor of a mistake of ours, and say one thing.
    """
    lines = stderr.splitlines()
    if code <= 1:
        return f"exit code {code}"
    is_clear = 1 <= len(lines) <= 2 and lines[0].startswith("supportsim: ")
    return None if is_clear and "Traceback" not in stderr else "no clear message"

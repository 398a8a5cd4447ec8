"""Programs run in processes of their own; each run gives a row, which is written down at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Timer
from time import perf_counter
from typing import Any

from benchmarks.plan import PROGRAMS

__all__ = ["ROOT", "Log", "built", "program", "run"]

ROOT = Path(__file__).resolve().parents[1]

_LIMIT = 1200  # seconds after which a program is given up

Row = dict[str, Any]


def built(folder: Path) -> tuple[Path | None, str]:
    """The C program, compiled on the spot, and what compiled it; or None and why there is none."""
    compiler = next((c for c in (os.environ.get("CC"), "cc", "gcc", "clang") if c and shutil.which(c)), None)
    if compiler is None:
        return None, "no C compiler"
    source, out = ROOT / "benchmarks" / "programs" / "roofline.c", folder / "roofline"
    for options in (["-O3", "-march=native"], ["-O3"]):  # not every compiler knows this machine
        done = _told([compiler, *options, "-o", str(out), str(source), "-lm"])
        if done.returncode == 0:
            return out, f"{_told([compiler, '--version']).stdout.splitlines()[0]}, {' '.join(options)}"
    return None, f"{compiler} failed: {_last_line(done.stderr)}"


def _told(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def program(roofline: Path | None, system: str, workload: str, size: float, seed: int) -> list[str]:
    """The command of a timed program."""
    if system == "roofline":
        return [str(roofline), workload, f"{size:.12g}", str(seed)]
    words = [PROGRAMS[system], workload, f"{size:.12g}", str(seed)]
    return [sys.executable, "-m", "benchmarks.one", *words]


def run(command: Sequence[str], cache: Path) -> Row:
    """One process: its line of JSON if it prints one, its seconds and its peak memory; or ``error``."""
    environment = {**os.environ, "SUPPORTSIM_CACHE": str(cache)}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begin = perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT, env=environment)
        give_up = Timer(_LIMIT, process.kill)
        give_up.start()
        try:
            status, used = _end_of(process)
        except BaseException:  # interrupted: the program must not go on alone
            process.kill()
            raise
        finally:
            give_up.cancel()
        process_s = perf_counter() - begin
        out.seek(0)
        err.seek(0)
        printed, complaint = out.read(), err.read()
    if status:
        return {"error": _last_line(complaint) or f"ended with status {status}"}
    last = _last_line(printed)
    return {"process_s": process_s, **used, **(json.loads(last) if last.startswith("{") else {})}


def _end_of(process: subprocess.Popen[bytes]) -> tuple[int, dict[str, float]]:
    """Wait for the end; status and peak memory where the system tells it."""
    if not hasattr(os, "wait4"):
        return process.wait(), {}
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return process.returncode, {"peak_mb": usage.ru_maxrss * unit / 1e6}


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


class Log:
    """Rows, kept in a file as they come."""

    def __init__(self, path: Path, todo: int) -> None:
        path.unlink(missing_ok=True)
        self.path, self.rows = path, list[Row]()
        self._todo = todo

    def add(self, row: Row) -> Row:
        """Write a row down and tell of it."""
        self.rows.append(row)
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        words = [row["what"], row.get("system"), row.get("workload"), row.get("size"), f"#{row['round']}"]
        if "error" in row:
            told = row["error"]
        elif "contacts_per_s" in row:
            told = f"{row['contacts_per_s']:,.0f} contacts/s"
        else:
            told = f"{row['process_s']:.2f} s"
        where = f"[{len(self.rows)}/{self._todo}]"
        print(
            where, *(f"{w:g}" if isinstance(w, float) else w for w in words if w), "-", told, file=sys.stderr
        )
        return row

"""Memory that does not grow with the number of replications: ``python tests/memory_study.py [N ...]``.

The same small scenario is simulated by the command itself, each time in a process of its own, and the most
memory that the process ever had is told. From 10^2 to 10^5 replications it may differ by 5 %.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (100, 1_000, 10_000, 100_000)
MOST_APART = 0.05
WORDS = ("run", "help_desk", "--set", "scale=0.1", "--no-progress", "--workers", "2")


def peak_mb(n: int, folder: Path) -> float:
    """The most memory of a run of ``n`` replications [MB of 10^6 bytes]."""
    words = [sys.executable, "-m", "sim", *WORDS, "--reps", str(n), "--out", str(folder / str(n))]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    files = [(os.POSIX_SPAWN_DUP2, nowhere, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
    process = os.posix_spawn(sys.executable, words, os.environ, file_actions=files)
    os.close(nowhere)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"a run of {n} replications failed")
    return used.ru_maxrss * 1024 / 1e6


def main(argv: list[str]) -> int:
    """Print the peaks; 1 if they are too far apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="N", help="replications")
    given = parser.parse_args(argv)
    subprocess.run([sys.executable, "-m", "sim", "compile"], check=True)  # or the first run would do it
    peaks = []
    print(f"{'replications':>12}  {'peak MB':>8}  {'of the first':>12}  {'seconds':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for n in given.sizes:
            start = time.perf_counter()
            peaks.append(peak_mb(n, Path(folder)))
            apart = peaks[-1] / peaks[0] - 1
            print(f"{n:12}  {peaks[-1]:8.1f}  {100 * apart:+11.1f} %  {time.perf_counter() - start:8.1f}",
                  flush=True)  # fmt: skip
    is_flat = max(peaks) / min(peaks) - 1 <= MOST_APART
    print(f"memory is flat within {100 * MOST_APART:.0f} %" if is_flat else "MEMORY GROWS")
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

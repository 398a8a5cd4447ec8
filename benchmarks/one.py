"""One timed run of one program in a process of its own: prints one line of JSON.

    python -m benchmarks.one SYSTEM WORKLOAD SIZE [SEED]

SYSTEM is a module of `benchmarks.programs`, WORKLOAD w1, w2 or (ours only) baseline, SIZE the number of
contacts of w1, the scale of the others. Only the simulation itself counts into ``wall_s``.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from time import perf_counter

from benchmarks.memory import peak_mb

__all__ = ["main", "measured"]


def measured(system: str, workload: str, size: float, seed: int) -> dict[str, object]:
    """What one run of a program was, and took."""
    begin = perf_counter()
    program = import_module(f"benchmarks.programs.{system}")
    import_s = perf_counter() - begin
    prepared = program.prepare(workload, size, seed)
    begin = perf_counter()
    result = prepared.work()
    wall_s = perf_counter() - begin
    peak = peak_mb()
    figures = prepared.counts(result).figures()
    return {
        "name": program.NAME,
        **figures,
        "wall_s": wall_s,
        "contacts_per_s": figures["contacts"] / wall_s,
        "peak_mb": peak,
        "import_s": import_s,
        **prepared.apart,
    }


def main(system: str, workload: str, size: str, seed: str = "1") -> None:
    """Print the line."""
    print(json.dumps(measured(system, workload, float(size), int(seed))))


if __name__ == "__main__":
    main(*sys.argv[1:])

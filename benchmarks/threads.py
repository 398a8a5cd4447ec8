"""Two replications at once, on two threads of one process, beside one after the other. Prints a line of JSON.

python -m benchmarks.threads SYSTEM WORKLOAD SIZE [ROUNDS]
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from time import perf_counter

from benchmarks.ours import SMALL, replicated, scenario

__all__ = ["main"]


def main(system: str, workload: str, size: str, rounds: str = "7") -> None:
    """Print the line: how many times the contacts of one thread two make in the same time, by round."""
    program = import_module(f"benchmarks.programs.{system}")
    replicated(program.engine, scenario(workload, SMALL[workload]), 0)
    whole = scenario(workload, float(size))

    def replication(number: int) -> int:
        return replicated(program.engine, whole, 1, number).contacts

    ratios = []
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(replication, (0, 1)))  # both threads have worked before they are timed
        for k in range(int(rounds)):
            pair = (2 * k, 2 * k + 1)
            begin = perf_counter()
            list(map(replication, pair))
            alone = perf_counter() - begin
            begin = perf_counter()
            list(pool.map(replication, pair))
            ratios.append(alone / (perf_counter() - begin))
    print(json.dumps({"times_one_thread": ratios}))


if __name__ == "__main__":
    main(*sys.argv[1:])

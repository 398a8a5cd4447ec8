"""Two replications at once, on two threads of one process, beside one after the other. Prints a line of JSON.

python -m benchmarks.threads ENGINE WORKLOAD SIZE [ROUNDS]
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter

from benchmarks.ours import work
from sim.study.compiling import ready_engine

__all__ = ["main"]


def main(engine: str, workload: str, size: str, rounds: str = "5") -> None:
    """Print the line: how many times the contacts of one thread two make in the same time, by round."""
    ready_engine(engine)  # before there are threads
    whole = work(engine, workload, float(size))
    replication = partial(whole.sums, 1)
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

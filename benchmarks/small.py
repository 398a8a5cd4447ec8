"""What a replication costs beyond its contacts: many of about a hundred contacts. Prints one line of JSON.

    python -m benchmarks.small ENGINE WORKLOAD SCALE [ROUNDS]

SCALE is that of the replication which tells the cost of a contact. Rounds of both alternate; medians count.
"""

from __future__ import annotations

import json
import sys
from statistics import median
from time import perf_counter

from benchmarks.ours import SMALL, contacts_of, work
from sim.study.compiling import ready_engine

__all__ = ["main"]

_REPLICATIONS = 40  # in a round


def main(engine: str, workload: str, scale: str, rounds: str = "5") -> None:
    """Print the line."""
    ready_engine(engine)
    small, large = work(engine, workload, SMALL[workload]), work(engine, workload, float(scale))
    for each_size in (small, large):  # all code is loaded
        each_size.sums(0)
    beyond, each = [], []
    for seed in range(1, int(rounds) + 1):
        begin = perf_counter()
        large.sums(seed)
        per_contact = (perf_counter() - begin) / contacts_of(large.model, seed)
        begin = perf_counter()
        for k in range(_REPLICATIONS):
            small.sums(seed, k)
        per_replication = (perf_counter() - begin) / _REPLICATIONS
        contacts = sum(contacts_of(small.model, seed, k) for k in range(_REPLICATIONS)) / _REPLICATIONS
        each.append(per_replication * 1e3)
        beyond.append((per_replication - per_contact * contacts) * 1e3)
    print(
        json.dumps(
            {
                "contacts": contacts,
                "replication_ms": median(each),
                "beyond_contacts_ms": median(beyond),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

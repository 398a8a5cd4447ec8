"""What a replication costs beyond its contacts: many of about a hundred contacts. Prints one line of JSON.

    python -m benchmarks.small SYSTEM WORKLOAD SCALE [ROUNDS]

SCALE is that of the replication which tells the cost of a contact. Rounds of both alternate; medians count.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from statistics import median
from time import perf_counter

from benchmarks.ours import SMALL, replicated, scenario

__all__ = ["main"]

_REPLICATIONS = 40  # in a round


def main(system: str, workload: str, scale: str, rounds: str = "5") -> None:
    """Print the line."""
    program = import_module(f"benchmarks.programs.{system}")
    small, large = scenario(workload, SMALL[workload]), scenario(workload, float(scale))
    replicated(program.engine, small, 0)
    beyond, each = [], []
    for seed in range(1, int(rounds) + 1):
        begin = perf_counter()
        contacts = replicated(program.engine, large, seed).contacts
        per_contact = (perf_counter() - begin) / contacts
        begin = perf_counter()
        contacts = sum(replicated(program.engine, small, seed, k).contacts for k in range(_REPLICATIONS))
        per_replication = (perf_counter() - begin) / _REPLICATIONS
        each.append(per_replication * 1e3)
        beyond.append((per_replication - per_contact * contacts / _REPLICATIONS) * 1e3)
    print(
        json.dumps(
            {
                "contacts": contacts / _REPLICATIONS,
                "replication_ms": median(each),
                "beyond_contacts_ms": median(beyond),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

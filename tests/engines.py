"""The engines that tests ask for, and where the records of two of them differ.

``python tests/engines.py`` looks for random scenarios in which the compiled engine tells something else than
the reference engine, and makes the first it finds as small as it can.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from enum import IntEnum
from typing import Any

import numpy as np
from golden_trace import Engine
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from running import every_5_min, resolved
from strategies import examples, scenarios

from sim.engine import compiled, reference
from sim.model.arrivals import Arrivals
from sim.model.records import Chunk, DutyColumn, IssueColumn, VisitColumn, gather, sort_rows
from sim.model.tables import Model

__all__ = ["ENGINES", "Drawn", "difference", "drawn", "find_difference", "tables_of", "together"]

Scenario = dict[str, Any]

ENGINES: dict[str, Engine] = {"reference": reference.simulate, "compiled": compiled.simulate}
"""Every engine by name; all of them must tell the same."""

_COLUMNS: dict[str, type[IntEnum]] = {"visits": VisitColumn, "issues": IssueColumn, "duty": DutyColumn}


# ------------------------------------------------------------------------------ one beside the other
def tables_of(
    engine: Engine, model: Model, seed: int = 1, replication: int = 0, demand: list[Arrivals] | None = None
) -> Chunk:
    """All rows of a replication, sorted, so that they can be compared."""
    chunks = list(engine(model, seed, replication, demand))
    for chunk in chunks:
        for table, columns in zip(chunk, _COLUMNS.values(), strict=True):
            assert table.dtype == np.int64, "an engine tells int64"
            assert table.shape[1:] == (len(columns),), "an engine tells all columns"
    return sort_rows(gather(chunks))


def difference(one: Chunk, other: Chunk) -> str | None:
    """What two sorted records do not agree on: the first rows of the first table that differs, or None."""
    for (name, columns), here, there in zip(_COLUMNS.items(), one, other, strict=True):
        if np.array_equal(here, there):
            continue
        n = min(len(here), len(there))
        unlike = np.flatnonzero((here[:n] != there[:n]).any(axis=1))
        row = int(unlike[0]) if len(unlike) else n
        lines = [f"{name}: {len(here)} and {len(there)} rows, {len(unlike)} unlike; the first is row {row}"]
        found = [table[row].tolist() if row < len(table) else ["-"] * len(columns) for table in (here, there)]
        for column, a, b in zip(columns, *found, strict=True):
            lines.append(f"  {column.name:<9} {a:>20} {b:>20}{'' if a == b else '  <--'}")
        return "\n".join(lines)
    return None


def together(
    model: Model,
    seed: int = 1,
    replication: int = 0,
    demand: list[Arrivals] | None = None,
    engines: Iterable[Engine] = ENGINES.values(),
) -> Chunk:
    """The sorted records of a replication, after the engines agreed on them row for row."""
    first, *others = (tables_of(engine, model, seed, replication, demand) for engine in engines)
    for other in others:
        unlike = difference(first, other)
        assert unlike is None, unlike
    return first


# -------------------------------------------------------------------------------- random scenarios
class Drawn:
    """A random scenario: what to run, and what to show when engines differ."""

    def __init__(self, scenario: Scenario, coarse: bool, seed: int) -> None:
        self.scenario, self.coarse, self.seed = scenario, coarse, seed
        self.found = resolved(scenario)
        self.model = self.found.model
        self.demand = every_5_min(self.model, seed, 0) if coarse else None

    def records(self, engine: Engine, model: Model | None = None) -> Chunk:
        """What an engine tells of it, sorted; perhaps of another model at the same arrivals."""
        return tables_of(engine, self.model if model is None else model, self.seed, 0, self.demand)

    def __repr__(self) -> str:
        scenario = json.dumps(self.scenario, ensure_ascii=False)
        return f"Drawn({scenario}, coarse={self.coarse}, seed={self.seed})"


@st.composite
def _examples(draw: DrawFn) -> tuple[Scenario, bool, int]:
    """A scenario, mostly a coarse one and often a crowded one, and a seed of its draws."""
    scenario, coarse = draw(scenarios((True, True, True, False), (True, False)))
    return scenario, coarse, draw(st.integers(1, 1000))


def drawn(part: int, n: int) -> list[Drawn]:
    """Random scenarios, the same n of a part in every run."""
    found: list[Drawn] = []

    @seed(part)
    @settings(examples(n), derandomize=False)
    @given(_examples())
    def keep(example: tuple[Scenario, bool, int]) -> None:
        found.append(Drawn(*example))

    keep()
    return found


def find_difference(one: Engine, other: Engine, part: int, n: int) -> tuple[Drawn, str] | None:
    """A small scenario of a part of the random ones in which two engines differ, and how; or None."""
    least: dict[str, tuple[Drawn, str]] = {}

    @seed(part)
    @settings(examples(n), derandomize=False, phases=[Phase.generate, Phase.shrink])
    @given(_examples())
    def look(example: tuple[Scenario, bool, int]) -> None:
        case = Drawn(*example)
        try:
            unlike = difference(case.records(one), case.records(other))
        except Exception as error:
            unlike = f"{type(error).__name__}: {error}"
        if unlike is not None:
            if not least or len(repr(case)) < len(repr(least["case"][0])):
                least["case"] = case, unlike
            raise Differ

    with suppress(Differ):
        look()
    return least.get("case")


class Differ(Exception):
    """Two engines tell something else of a scenario."""


def main(argv: list[str]) -> int:
    """Compare the engines on random scenarios; show a small one in which they differ, if there is any."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("parts", type=int, nargs="*", default=range(4), help="parts of the random scenarios")
    parser.add_argument("--examples", type=int, default=50, help="scenarios in a part")
    asked = parser.parse_args(argv)
    for part in asked.parts:
        found = find_difference(ENGINES["reference"], ENGINES["compiled"], part, asked.examples)
        if found is not None:
            case, unlike = found
            print(json.dumps(case.scenario, indent=1, ensure_ascii=False))
            print(f"part {part}, coarse {case.coarse}, seed {case.seed}\n{unlike}")
            return 1
    print("The engines agree.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

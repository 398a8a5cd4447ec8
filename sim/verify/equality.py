"""Random scenarios on both engines: the same records, row for row, and all axioms hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.engine import compiled, reference
from sim.errors import InvalidInput
from sim.measure.check import check
from sim.model.records import Chunk, DutyColumn, IssueColumn, VisitColumn, gather, sort_rows
from sim.model.tables import Model
from sim.scenario.validate import load
from sim.verify.random_scenarios import random_scenario, scenario_text

__all__ = ["SIMULATE", "Tried", "difference", "tried"]

SIMULATE: dict[str, Callable[[Model, int, int], Iterable[Chunk]]] = {
    "compiled": compiled.simulate,
    "reference": reference.simulate,
}
"""The engines that are held against each other, by name."""

_COLUMNS = (VisitColumn, IssueColumn, DutyColumn)


class Tried(NamedTuple):
    """What a random scenario gave."""

    number: int
    contacts: int
    rows: int  # of records, of one engine
    unlike: str  # how the engines differ; empty: they do not
    broken: tuple[str, ...]  # axioms that are broken, each with its engine and what is wrong


def tried(seed: int, number: int) -> Tried:
    """Simulate random scenario ``number`` of a seed on both engines, and check the records of both."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(scenario_text(random_scenario(seed, number)), encoding="utf-8")
        try:
            model = load(path).resolved.model
        except InvalidInput as error:
            return Tried(number, 0, 0, "", tuple(f"not loaded: {p.message}" for p in error.problems))
    records = {name: sort_rows(gather(list(of(model, seed, 0)))) for name, of in SIMULATE.items()}
    first, *others = records
    unlike = [f"{first}, {other}: {difference(records[first], records[other])}"
              for other in others if difference(records[first], records[other])]  # fmt: skip
    looked_at = records if unlike else {first: records[first]}  # equal records need no second look
    broken = tuple(
        f"{name}: {violation.axiom}: {violation.message}"
        for name, of in looked_at.items()
        for violation in check(model, of)
    )
    issues = records[first].issues
    contacts = int(issues[:, IssueColumn.ATTEMPTS].sum())
    return Tried(number, contacts, sum(map(len, records[first])), "; ".join(unlike), broken)


def difference(one: Chunk, other: Chunk) -> str:
    """The first row in which sorted records differ, in words; empty if they are equal."""
    for table, columns, here, there in zip(Chunk._fields, _COLUMNS, one, other, strict=True):
        n = min(len(here), len(there))
        unlike = np.flatnonzero((here[:n] != there[:n]).any(axis=1))
        if len(unlike):
            row = int(unlike[0])
            names = [column.name for column in columns if here[row, column] != there[row, column]]
            return f"{table}, row {row} of {len(here)}: {', '.join(names)} (and {len(unlike) - 1} more rows)"
        if len(here) != len(there):
            return f"{table}: {len(here)} and {len(there)} rows"
    return ""

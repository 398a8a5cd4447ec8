"""Runs for tests: scenarios written as dictionaries, and records that the check has looked at."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from golden_trace import Engine
from numpy.typing import NDArray

from sim.measure.check import assert_sound
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.model.arrivals import Arrivals, arrivals
from sim.model.records import NONE, Chunk, IssueColumn, VisitColumn, gather
from sim.model.tables import Model, Then
from sim.scenario.resolve import Resolved
from sim.scenario.validate import load
from sim.units import MINUTE

__all__ = ["SCENARIOS", "chunks_of", "folded", "issue", "n_open_at", "resolved", "run_checked",
           "sums_of", "visit"]  # fmt: skip

Ints = NDArray[np.int64]

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"


def resolved(scenario: dict[str, Any], files: dict[str, str] | None = None) -> Resolved:
    """A scenario given as a dictionary (JSON is YAML), with files that lie beside it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (files or {}).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        path = Path(folder) / "scenario.yaml"
        path.write_text(json.dumps(scenario, ensure_ascii=False), encoding="utf-8")
        return load(path).resolved


def _every_5_min(model: Model, seed: int, replication: int) -> list[Arrivals]:
    """The issues of a run, but arriving every fifth minute only: then many events share a tick."""
    horizon = model.horizon
    until = horizon.stop if horizon.then == Then.CONTINUE else horizon.end
    blocks = list(arrivals(model, seed, replication, until))
    if not blocks:
        return []
    whole = Arrivals._make(np.concatenate(column) for column in zip(*blocks, strict=True))
    whole = whole._replace(tick=whole.tick // (5 * MINUTE) * (5 * MINUTE))
    order = np.lexsort((whole.uid, whole.tick))
    return [Arrivals._make(column[order] for column in whole)]


def chunks_of(
    engine: Engine, model: Model, seed: int = 1, replication: int = 0, *, coarse: bool = False
) -> list[Chunk]:
    """The chunks of a replication; ``coarse``: issues arrive every fifth minute only."""
    demand = _every_5_min(model, seed, replication) if coarse else None
    return list(engine(model, seed, replication, demand))


def run_checked(
    engine: Engine, model: Model, seed: int = 1, replication: int = 0, *, coarse: bool = False
) -> Chunk:
    """All records of a replication, after `check` found nothing wrong with them."""
    records = gather(chunks_of(engine, model, seed, replication, coarse=coarse))
    assert_sound(model, records)
    return records


def folded(found: Resolved, *chunks: Chunk) -> Sums:
    """The sums of one replication's rows."""
    reducer = Reduction(found.model, found.labels).reducer()
    for chunk in chunks:
        reducer.add(chunk)
    return reducer.sums()


def sums_of(engine: Engine, found: Resolved, seed: int, replications: int) -> list[Sums]:
    """The sums of some replications, each of them checked."""
    return [folded(found, run_checked(engine, found.model, seed, r)) for r in range(replications)]


def visit(records: Chunk, column: VisitColumn) -> Ints:
    """A column of the visit table."""
    return records.visits[:, column]


def issue(records: Chunk, column: IssueColumn) -> Ints:
    """A column of the issue table."""
    return records.issues[:, column]


def n_open_at(begins: Ints, ends: Ints, tick: int) -> int:
    """How many of the spans ``[begins, ends)`` hold the tick; an end that is NONE lies beyond."""
    return int(np.count_nonzero((begins <= tick) & ((ends > tick) | (ends == NONE)) & (begins != NONE)))

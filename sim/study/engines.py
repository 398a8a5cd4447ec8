"""Which engine simulates, and one replication by it.

Both engines can do all that a scenario may ask, and give the same records; they differ in speed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import NamedTuple

from sim.engine import compiled, reference
from sim.jit import HAS_NUMBA, IS_COMPILED
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.model.records import Chunk, VisitColumn
from sim.model.tables import Model

__all__ = ["ENGINES", "Choice", "choose_engine", "is_machine_code", "replicate", "simulate"]

ENGINES = ("auto", "compiled", "reference")
"""Names of engines; auto takes the fastest that there is."""

_SIMULATE = {"compiled": compiled.simulate, "reference": reference.simulate}


class Choice(NamedTuple):
    """The engine that simulates, and what its user should know."""

    engine: str  # "compiled" or "reference"
    notice: str  # why it is slower than it might be, one line; empty if it is not


def choose_engine(name: str) -> Choice:
    """The engine that one of `ENGINES` means on this machine."""
    assert name in ENGINES
    if name == "reference" or IS_COMPILED:
        return Choice("reference" if name == "reference" else "compiled", "")
    why, help_ = _lack()
    if name == "auto":
        what = "the reference engine simulates, some hundred times slower"
        return Choice("reference", f"{why}: {what}; {help_}")
    what = "the compiled engine runs as plain Python, slower than the reference engine"
    return Choice("compiled", f"{why}: {what}; {help_}")


def _lack() -> tuple[str, str]:
    """Why nothing is compiled here, and what to do about it."""
    if HAS_NUMBA:
        return "Numba is switched off", "unset NUMBA_DISABLE_JIT"
    if find_spec("numba") is None:
        return "Numba is not installed", "pip install numba"
    return "Numba cannot be imported", "python -c 'import numba' says why"


def is_machine_code(engine: str) -> bool:
    """Whether an engine is compiled in this process: fast, and other threads go on meanwhile."""
    return engine == "compiled" and IS_COMPILED


def simulate(engine: str, model: Model, seed: int, replication: int) -> Iterator[Chunk]:
    """The records of one replication by one of the two engines, chunk by chunk."""
    return _SIMULATE[engine](model, seed, replication)


def replicate(
    engine: str,
    model: Model,
    reduction: Reduction,
    seed: int,
    replication: int,
    tell: Callable[[float], None],
    also: Callable[[Chunk], None] = lambda _: None,
) -> Sums:
    """The sums of one replication.

    Parameters
    ----------
    engine
        Which of the two simulates.
    model, reduction
        The scenario, and how its records are folded.
    seed, replication
        Name every draw.
    tell
        Called between chunks of records with the share 0..1 that is done; what it raises ends it all.
    also
        Whoever else wants to see the chunks of records.
    """
    reducer = reduction.reducer()
    for chunk in simulate(engine, model, seed, replication):
        reducer.add(chunk)
        also(chunk)
        if len(chunk.visits):
            tell(min(float(chunk.visits[-1, VisitColumn.ENTER]) / model.horizon.end, 1.0))
    return reducer.sums()

"""Which reducer a scenario's replications are folded with, and what is made once for all of them."""

from __future__ import annotations

from sim.jit import IS_COMPILED
from sim.measure.reduce import Reducer, Room
from sim.measure.reduce_compiled import CompiledReducer, prepared
from sim.measure.reduce_plain import PlainReducer
from sim.model.labels import Labels
from sim.model.tables import Model

__all__ = ["Reduction"]


class Reduction:
    """Makes a `Reducer` for each replication of a scenario.

    Parameters
    ----------
    model, labels
        The scenario as arrays and its names; the service-level thresholds are read from the names.
    compiled
        Whether kernels fold the rows (by default where they are compiled) or NumPy; not a bit differs.
    """

    def __init__(self, model: Model, labels: Labels, *, compiled: bool = IS_COMPILED) -> None:
        self._room = Room.of(model, labels)
        self._prepared = prepared(self._room) if compiled else None

    def reducer(self) -> Reducer:
        """A reducer into which nothing has been folded yet."""
        return PlainReducer(self._room) if self._prepared is None else CompiledReducer(self._prepared)

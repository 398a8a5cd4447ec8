"""The sums of any number of replications in little room: they are added up in units of equally many.

A unit stands for a replication that is so much longer: `sim.measure.estimate` makes figures and deviations
of units as it does of replications, and sees the same totals.
"""

from __future__ import annotations

from functools import partial

from sim.measure.folded import added, without_sketches
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.model.labels import Labels
from sim.model.tables import Model
from sim.study.compiling import ready_engine
from sim.study.engines import replicate

__all__ = ["FoldedReplications"]

MOST_UNITS = 256
"""Above, pairs of units become one each."""


class FoldedReplications:
    """Replications 0, 1, 2, ... of a scenario, as many as are asked for, in at most `MOST_UNITS` units.

    Parameters
    ----------
    model, labels
        The scenario.
    seed
        Key of every draw.
    engine
        One of `sim.study.engines.ENGINES`.
    has_sketches
        Whether the histograms are kept, which quantiles and the service level by offered wait need.
    """

    def __init__(self, model: Model, labels: Labels, seed: int, engine: str, *, has_sketches: bool) -> None:
        engine = ready_engine(engine)
        self._one = partial(replicate, engine, model, Reduction(model, labels), seed)
        self._has_sketches = has_sketches
        self._size = 1
        self.units: list[Sums] = []

    @property
    def n(self) -> int:
        """Replications so far."""
        return self._size * len(self.units)

    def simulate(self, n: int) -> None:
        """Go on until there are ``n`` replications, or as few more as fill a unit."""
        while n > self._size * MOST_UNITS:
            pairs = zip(self.units[::2], self.units[1::2], strict=False)  # an odd one is simulated again
            self.units = [added(pair) for pair in pairs]
            self._size *= 2
        for unit in range(len(self.units), -(-n // self._size)):
            sums = [self._sums(unit * self._size + k) for k in range(self._size)]
            self.units.append(added(sums))

    def _sums(self, replication: int) -> Sums:
        sums = self._one(replication, lambda _: None)
        return sums if self._has_sketches else without_sketches(sums)

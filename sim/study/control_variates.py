"""What control variates would make of the intervals of a run, as it stands in its result document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.measure.catalogue import unit_words
from sim.measure.controls import controlled, controls
from sim.measure.moments import found_measure
from sim.measure.reduce import Sums
from sim.measure.result import estimates, plain
from sim.model.labels import Labels
from sim.model.tables import Model

__all__ = ["control_variates"]


def control_variates(
    sums: Sequence[Sums], model: Model, labels: Labels, seed: int, paths: Sequence[str]
) -> dict[str, Any]:
    """Figures by control variates, and how many times narrower their intervals are.

    Parameters
    ----------
    sums
        Replications 0 ... n - 1.
    model, labels, seed
        What was simulated.
    paths
        Measures.

    Returns
    -------
    dict
        ``controls``: their names; ``refused``: why there are none, or None; ``measures``: by path, ``value``,
        ``half_width``, ``unit`` and ``narrower``; a measure that chance does not touch is left out.
    """
    by = controls(sums, model, seed)
    told = {}
    if not by.refused:
        kinds = model.stages.kind.tolist()
        for path, estimate in estimates(sums, model, labels, paths).items():
            found = controlled(estimate, by)
            if found is not None:
                told[path] = {
                    "value": plain(found.value),
                    "half_width": plain(found.half_width),
                    "unit": unit_words(found_measure(path, labels, kinds), labels),
                    "narrower": plain(found.narrower),
                }
    return {"controls": list(by.names), "refused": by.refused or None, "measures": told}

"""Customers under two plans in plain numbers: how many fare better or worse, by how much, who they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.measure.customers import BETTER, HOURS, SAME, WORSE, Paired
from sim.measure.reduce import values_of_classes
from sim.measure.result import plain
from sim.model.labels import Labels
from sim.model.tables import DAY, Model
from sim.units import SECOND

__all__ = ["told_customers"]

Ints = NDArray[np.int64]


def told_customers(
    found: Paired, model: Model, labels: Labels, name: str, replications: int
) -> dict[str, Any]:
    """What became of the customers of all replications under a variant, beside the first.

    Parameters
    ----------
    found
        Counts of all replications together.
    model, labels
        Of the first variant.
    name
        Of the other.
    replications
        How many were added up.
    """
    days = replications * (model.horizon.end - model.horizon.warm_up) / DAY
    everyone = _group(found, np.ones(found.n.shape[1:], bool), days)
    hours = [{"hour": hour, **_group(found, _of_hour(found.n, hour), days)} for hour in range(HOURS)]
    return {
        "variant": name,
        **everyone,
        "met_by_first_alone": plain(float(found.n_alone[0]) / days),
        "met_by_other_alone": plain(float(found.n_alone[1]) / days),
        "by_hour": [hour for hour in hours if hour["customers"]],
        "by_attribute": _by_attribute(found, model, labels, days),
    }


def _of_hour(n: Ints, hour: int) -> NDArray[np.bool_]:
    is_in = np.zeros(n.shape[1:], bool)
    is_in[:, hour] = True
    return is_in


def _by_attribute(found: Paired, model: Model, labels: Labels, days: float) -> dict[str, Any]:
    values = values_of_classes(model)
    told: dict[str, Any] = {}
    first = 0
    for row, (attribute, names) in enumerate(labels.attributes):
        told[attribute] = {}
        for number, name in enumerate(names):
            is_in = np.repeat((values[row] == first + number)[:, None], HOURS, axis=1)
            told[attribute][name] = _group(found, is_in, days)
        first += len(names)
    return told


def _group(found: Paired, is_in: NDArray[np.bool_], days: float) -> dict[str, Any]:
    """Customers a day of some cells (C, 24): how many fare better and worse, and what it is on the mean."""
    n, wait, solved = (table[:, is_in].sum(axis=1) for table in (found.n, found.wait, found.solved))
    return {
        "customers": plain(float(n.sum()) / days),
        "better": plain(float(n[BETTER]) / days),
        "same": plain(float(n[SAME]) / days),
        "worse": plain(float(n[WORSE]) / days),
        "wait_saved_by_better_s": _mean(-wait[BETTER], n[BETTER]),
        "wait_added_to_worse_s": _mean(wait[WORSE], n[WORSE]),
        "solved_more": plain(float(solved.sum()) / days),
    }


def _mean(ticks: np.int64, n: np.int64) -> float | None:
    return plain(float(ticks) / float(n) / SECOND) if n else None

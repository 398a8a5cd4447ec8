"""Several runs in one picture: their colours, which of them coincide, and what is said of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.present import style, words
from sim.present.plots.page import GAP
from sim.present.plots.panel import SOLID, Dashes
from sim.present.plots.reading import ALL, Document, Floats, checked_desk, desks, waited

__all__ = [
    "DASHES",
    "MOST_RUNS",
    "Runs",
    "alike",
    "checked_runs",
    "common_desks",
    "desk_of_all",
    "desks_of_all",
    "much_alike",
    "names_of",
    "scenario_of",
    "simulated_of",
    "telling",
]

Runs = Mapping[str, Document]
"""Result documents by the names that they have in the picture, in its order."""

MOST_RUNS = len(style.PLANS)
DASHES: tuple[Dashes, ...] = (
    SOLID, (0, (5, 1.4)), (0, (1.3, 1.1)), (0, (6, 1.4, 1.3, 1.4)), (0, (2.6, 1.2)), (0, (9, 1.6)),
)  # fmt: skip
"""How the lines of the runs are broken."""

_COINCIDE = 0.002  # of the highest value: less than a line is wide


def checked_runs(runs: Runs) -> Runs:
    """The runs, if they are not too many for one picture.

    Raises
    ------
    UsageError
        Where they are.
    """
    if not 1 <= len(runs) <= MOST_RUNS:
        names = ", ".join(runs)
        raise UsageError(f"{len(runs)} runs are too many for one picture, give up to {MOST_RUNS} of: {names}")
    return runs


def alike(values: Sequence[Floats], within: float = _COINCIDE) -> list[list[int]]:
    """Numbers of the series that coincide, group by group; each group in the order of the series.

    ``within`` is the largest distance, as a share of the highest value of all.

    Examples
    --------
    >>> alike([np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.array([1.0, 2.0])])
    [[0, 2], [1]]
    """
    top = max((float(np.nanmax(v)) for v in values if np.isfinite(v).any()), default=0.0)
    return _grouped(
        values, lambda first, own: bool(np.allclose(first, own, 0.0, within * top, equal_nan=True))
    )


def much_alike(values: Sequence[Floats], within: float) -> list[list[int]]:
    """Numbers of the series that are one to the eye, group by group, though they may differ here and there.

    ``within`` is the largest sum of all distances, as a share of the sum of the values.

    Examples
    --------
    >>> much_alike([np.array([50.0, 50.0]), np.array([50.0, 51.0]), np.array([60.0, 50.0])], within=0.02)
    [[0, 1], [2]]
    """
    return _grouped(
        values,
        lambda first, own: bool(np.nansum(np.abs(own - first)) <= within * np.nansum(np.abs(first))),
    )


def _grouped(values: Sequence[Floats], same: Callable[[Floats, Floats], bool]) -> list[list[int]]:
    groups: list[list[int]] = []
    for k, own in enumerate(values):
        found = (g for g in groups if len(values[g[0]]) == len(own) and same(values[g[0]], own))
        group = next(found, None)
        if group is None:
            groups.append([k])
        else:
            group.append(k)
    return groups


def names_of(runs: Runs, group: Sequence[int]) -> str:
    """What a line is called that stands for some of the runs."""
    names = list(runs)
    if len(group) == len(names) > 2:
        return "all"
    return " and ".join([", ".join(names[k] for k in group[:-1])] * (len(group) > 1) + [names[group[-1]]])


# --- desks ----------------------------------------------------------------------------------------


def common_desks(runs: Runs) -> list[str]:
    """Desks that every run has, in the order of the first."""
    first, *others = (desks(document) for document in runs.values())
    return [desk for desk in first if all(desk in other for other in others)]


def desk_of_all(runs: Runs, stage: str | None) -> str:
    """The desk to draw: the one asked for, or the most telling (see `telling`).

    Raises
    ------
    UsageError
        If a run has no such desk, or the runs have none in common.
    """
    if stage is not None:
        return desks_of_all(runs, [stage])[0]
    common = common_desks(runs)
    if common:
        return max(common, key=lambda desk: telling(runs, desk))
    for name, document in runs.items():
        if not desks(document):
            raise UsageError(f"{name}: the result has no desk, so there are no waits to draw")
    return ALL


def telling(runs: Runs, desk: str) -> tuple[float, float]:
    """How far apart the runs are in the time that all customers wait at a desk [s], and its sum."""
    times = [waited(document, desk) for document in runs.values()]
    return max(times) - min(times), sum(times)


def desks_of_all(runs: Runs, stages: Sequence[str]) -> list[str]:
    """The desks asked for, if every run has them.

    Raises
    ------
    UsageError
        If one has not; names the run and the nearest desk.
    """
    for name, document in runs.items():
        for stage in stages:
            try:
                checked_desk(document, stage)
            except UsageError as e:
                raise UsageError(f"{name}: {e}" if len(runs) > 1 else str(e)) from e
    return list(stages)


# --- words ----------------------------------------------------------------------------------------


def scenario_of(runs: Runs) -> str:
    """The scenario's name; where there are several, that they differ."""
    names = list(dict.fromkeys(document["scenario"] for document in runs.values()))
    if len(names) == 1:
        return str(names[0])
    return f"{len(names)} scenarios: {' / '.join(names)}"


def _either(runs: Runs, told: Callable[[Document], Any], one: str, several: str) -> str:
    """What is told of the runs, once where all have the same."""
    found = list(dict.fromkeys(told(document) for document in runs.values()))
    return (one if len(found) == 1 else several).format(" / ".join(str(what) for what in found))


def _days(document: Document) -> str:
    return words.number(document["replications"] * document["days_per_replication"])


def simulated_of(runs: Runs) -> str:
    """Days, seed and scale, and where the runs differ in them."""
    each = " each" if len(runs) > 1 else ""
    one_day = all(_days(document) == "1" for document in runs.values())
    said = [
        _either(runs, _days, f"{{}} {'day' if one_day else 'days'}{each} simulated", "{} days simulated"),
        _either(runs, lambda document: document["seed"], "seed {}", "seeds {}"),
    ]
    if any(document.get("scale", 1) != 1 for document in runs.values()):
        said.append(_either(runs, lambda document: f"{document.get('scale', 1):g}", "scale {}", "scales {}"))
    plans = {document.get("plan") for document in runs.values()} if len(runs) == 1 else set()
    return ", ".join(said) + "".join(f"{GAP}plan: {plan}" for plan in plans if plan)

"""Which picture is drawn of results."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from sim.errors import UsageError
from sim.present.plots.differences import differences
from sim.present.plots.groups import waits_by_class, waits_by_stage
from sim.present.plots.plans import plan_curve, plan_curves
from sim.present.plots.staff import staff_by_team
from sim.present.plots.waits import wait_curve, wait_curves
from sim.study.results import Results

__all__ = ["picture"]


def picture(
    results: Results, kind: str, by: str = "hour", stages: Sequence[str] = (), attributes: Sequence[str] = ()
) -> Figure:
    """The picture that was asked for.

    Parameters
    ----------
    results
        One run or several, or a comparison.
    kind
        ``waits``, ``staff`` or ``differences``.
    by
        Of waits: ``hour``, ``stage`` or ``class``.
    stages, attributes
        What to draw; none: what is most telling.

    Raises
    ------
    UsageError
        If it cannot be drawn of these results.
    """
    runs = results.runs
    if kind == "differences":
        if results.comparison is None:
            raise UsageError(
                "differences are drawn of one comparison: give the folder that 'supportsim compare' wrote"
            )
        return differences(results.comparison)
    if kind == "staff":
        return staff_by_team(runs, stages)
    if by == "stage":
        return waits_by_stage(runs, stages)
    if by == "class":
        return waits_by_class(runs, attributes)
    if len(runs) > 1:
        return plan_curves(runs, stages) if len(stages) > 1 else plan_curve(runs, *stages)
    (document,) = runs.values()
    return wait_curves(document, stages) if len(stages) > 1 else wait_curve(document, *stages)

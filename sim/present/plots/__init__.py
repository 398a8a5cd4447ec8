"""Pictures of results: waits over the day and of whom, the staff behind them, differences between plans."""

from sim.present.plots.choice import picture
from sim.present.plots.differences import differences
from sim.present.plots.groups import waits_by_class, waits_by_stage
from sim.present.plots.page import save
from sim.present.plots.plans import plan_curve, plan_curves
from sim.present.plots.reading import ALL, busiest_desk, desks
from sim.present.plots.staff import staff_by_team
from sim.present.plots.waits import wait_curve, wait_curves

__all__ = [
    "ALL",
    "busiest_desk",
    "desks",
    "differences",
    "picture",
    "plan_curve",
    "plan_curves",
    "save",
    "staff_by_team",
    "wait_curve",
    "wait_curves",
    "waits_by_class",
    "waits_by_stage",
]

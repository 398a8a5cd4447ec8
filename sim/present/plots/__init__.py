"""Pictures of results: waits over the day and of whom, the staff behind them, differences between plans."""

from sim.present.plots.page import save
from sim.present.plots.reading import ALL, busiest_desk, desks
from sim.present.plots.waits import wait_curve, wait_curves

__all__ = ["ALL", "busiest_desk", "desks", "save", "wait_curve", "wait_curves"]

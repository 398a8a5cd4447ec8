"""The work that is expected at each line over a day, hand-offs and returns included, when it is there.

What comes is followed through bots, desks and delays, each with its law of time, and back again by
returns; everybody is answered at once. The load is then the number of agents who would be busy, the
offered load of Mt/G/infinity: Eick, Massey, Whitt (1993), theorem 1, and Jennings, Mandelbaum, Massey,
Whitt (1996) for its use in staffing. Each kind of day is taken as one of many alike.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.records import NONE, End
from sim.model.rules import ROUTE_WHEN_CLOSED
from sim.model.tables import DAY, UNLIMITED, Law, Leaving, Model, StageKind
from sim.scenario.lags import STEP, STEPS, Lag, lag_of, passed
from sim.scenario.mixing import mix_of
from sim.scenario.traffic import Ways, arrival_rates, load_slot, onward_shares, ways_of

__all__ = ["Forecast", "forecast_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ENOUGH = 1e-9  # share of what comes that need not be followed any further
_MOST_STEPS = 1_000  # of a contact; every loop is left
_MOST_RETURNS = 50  # followed where nothing limits them


class Forecast(NamedTuple):
    """What is expected of each line (L) in each step of a day."""

    load: Floats  # (L, STEPS) erlangs: contacts that agents would be working on
    arrivals: Floats  # (L, STEPS) contacts per tick
    impatience: Floats  # (L, STEPS) mean of 1 / mean patience [1 / ticks] of those who come


def forecast_of(model: Model, kind: int) -> Forecast:
    """The forecast of a kind of day; the model needs its shapes, but no plan.

    Hand-offs go by the period in which the contact leaves, and a stage solves as much of every attempt.
    """
    return _Day(model, kind).forecast()


class _Day:
    """What is the same for all contacts of a kind of day."""

    def __init__(self, model: Model, kind: int) -> None:
        self.model, self.kind = model, kind
        first, last = model.calendar.first[kind : kind + 2].tolist()
        ticks = np.arange(0, DAY, STEP)
        begins = model.calendar.begins[first:last]
        self.period: Ints = first + np.searchsorted(begins, ticks, "right") - 1
        self.periods: list[int] = np.unique(self.period).tolist()
        self.ways: Ways = ways_of(model)
        self.onward = {
            p: np.array([onward_shares(model, self.ways, c, p) for c in range(model.n_classes)])
            for p in self.periods
        }
        self.lag = cache(lambda mean, shape: lag_of(model.shapes, mean, shape))

    def forecast(self) -> Forecast:
        """The lines' load, arrivals and impatience."""
        entries = self._entries()
        first_entry = entries.sum(axis=2)
        visits = np.zeros_like(entries)
        at_most = self.model.returns.at_most
        for _ in range(1 + (_MOST_RETURNS if at_most == UNLIMITED else min(at_most, _MOST_RETURNS))):
            came, ended = self._followed(entries)
            visits += came
            entries = self._returns(ended, first_entry)
            if entries.sum() <= _ENOUGH * visits.sum():
                break
        return self._of_lines(visits)

    def _entries(self) -> Floats:
        """Arrivals per tick of first contacts at each stage by class, (S, C, STEPS)."""
        model, slot = self.model, load_slot(self.model)
        found = np.zeros((len(model.stages.kind), model.n_classes, STEPS))
        edges, steps = np.arange(0, DAY + 1, slot), np.arange(0, DAY + 1, STEP)
        for stream, rate in enumerate(arrival_rates(model, self.kind)):
            below = np.concatenate([[0.0], np.cumsum(rate) * slot])
            each = np.diff(np.interp(steps, edges, below)) / STEP
            for p in self.periods:
                mix = mix_of(model, stream, p)
                found[:, :, self.period == p] += (mix.weights[:, None] * mix.enters).T[:, :, None] * each[
                    self.period == p
                ]
        return found

    def _followed(self, entries: Floats) -> tuple[Floats, Floats]:
        """Contacts per tick that come to each stage and that end there, (S, C, STEPS)."""
        came, ended, wave = np.zeros_like(entries), np.zeros_like(entries), entries
        for _ in range(_MOST_STEPS):
            came += wave
            done = self._done(wave)
            ended += done
            wave = np.zeros_like(done)
            for p in self.periods:
                now = self.period == p
                wave[:, :, now] = np.einsum("ict,cij->jct", done[:, :, now], self.onward[p])
            if wave.sum() <= _ENOUGH * entries.sum():
                break
        return came, ended

    def _done(self, wave: Floats) -> Floats:
        """When contacts that come to each stage are done there; a closed one is left at once."""
        stages = self.model.stages
        away = self.ways.away[:, None, self.period]
        there = np.where(away, 0.0, wave)
        replied = self._lagged(there, stages.reply, "ends")
        return np.where(away, wave, 0.0) + self._lagged(replied, stages.work, "ends")

    def _lagged(self, rate: Floats, law: Law, what: str) -> Floats:
        """A rate (S, C, STEPS) after a law of each row, class and period."""
        out = np.zeros_like(rate)
        for row in np.flatnonzero(rate.any(axis=(1, 2))).tolist():
            mean, shape = law.mean[row][:, self.periods], law.shape[row][:, self.periods]
            for m, k in dict.fromkeys(zip(mean.ravel().tolist(), shape.ravel().tolist(), strict=True)):
                is_law = (law.mean[row] == m) & (law.shape[row] == k)
                lag: Lag = self.lag(m, k)
                out[row] += passed(np.where(is_law[:, self.period], rate[row], 0.0), getattr(lag, what))
        return out

    def _returns(self, ended: Floats, first_entry: Floats) -> Floats:
        """Contacts per tick that come back, at each stage (S, C, STEPS), of those that ended at one."""
        model, returns = self.model, self.model.returns
        leave = 1 - self.ways.links.sum(axis=1)  # (R,)
        left = np.zeros((len(Leaving), *ended.shape[1:]))
        for p in self.periods:
            now = self.period == p
            unsolved = leave[model.stages.route[:, End.UNSOLVED - 1, :, p]] * (1 - self.ways.solved[:, :, p])
            closed = leave[model.stages.route[:, ROUTE_WHEN_CLOSED, :, p]]
            away, believes = self.ways.away[:, p, None], model.stages.p_believes[:, :, p]
            served = np.where(away, 0.0, unsolved)
            shares = {
                Leaving.BELIEVED: served * believes,
                Leaving.UNSOLVED: served * (1 - believes),
                Leaving.TURNED_AWAY: np.where(away, closed, 0.0),
            }
            for leaving, share in shares.items():
                chance = returns.chance[leaving, :, p]
                left[leaving][:, now] = np.einsum("sct,sc->ct", ended[:, :, now], share * chance)
        back = self._lagged(left, returns.after, "ends")
        entered = first_entry / np.maximum(first_entry.sum(axis=0), 1e-300)  # (S, C)
        found = np.zeros_like(ended)
        for way in np.flatnonzero(back.any(axis=(1, 2))).tolist():
            for p in self.periods:
                now, rows = self.period == p, returns.entry_route[way, :, p]
                to = np.where(rows[:, None] == NONE, entered.T, self.ways.links[rows])  # (C, S)
                found[:, :, now] += to.T[:, :, None] * back[way][:, now]
        return found

    def _of_lines(self, visits: Floats) -> Forecast:
        """Visits (S, C, STEPS) as work, arrivals and impatience of the lines."""
        model, stages = self.model, self.model.stages
        visits = np.where(self.ways.away[:, None, self.period], 0.0, visits)
        visits[stages.kind != StageKind.DESK] = 0.0
        after = self._lagged(visits, stages.work, "ends")
        load = self._lagged(visits, stages.work, "there") + self._lagged(after, stages.wrap_up, "there")
        gives_up = self._gives_up()
        found = np.zeros((3, len(model.lines.desk), STEPS))
        for stage in np.flatnonzero(stages.kind == StageKind.DESK).tolist():
            for cls, line in enumerate(stages.line[stage].tolist()):
                found[0, line] += load[stage, cls] * STEP
                found[1, line] += visits[stage, cls]
                found[2, line] += visits[stage, cls] * gives_up[stage, cls, self.period]
        found[2] /= np.maximum(found[1], 1e-300)
        return Forecast(*found)

    def _gives_up(self) -> Floats:
        """1 / mean patience [1 / ticks] by stage, class and period; less by the share that never gives up."""
        shapes, law = self.model.shapes, self.model.stages.patience
        never = np.isinf(shapes.atom_value) * (shapes.atom_to - shapes.atom_from)
        ever = 1 - never.sum(axis=1)[law.shape]
        return np.where(ever > 0, ever / np.maximum(law.mean, 1.0), 0.0)

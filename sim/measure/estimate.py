"""From the sums of several replications to figures with half-widths.

A *unit* is a replication (a group of them where there are very many, see `folded`) or, where there is one
replication of at least two whole measured days, a day (a group of days for quantiles and classes of very long
runs). A figure is a value, from the sums
of everything, and one deviation per unit, whose spread gives the half-width. For a ratio R of sums
the deviation is ``(x - R y) / mean(y)`` (delta method); for a quantile see `quantile_spread`; for the service
level by offered wait it is what leaving the unit out changes (jackknife). Deviations of two plans with
the same random numbers may be subtracted unit by unit: that is a paired comparison. A unit's own figure
(a day's own ratio) says on how many days a target was met, and is not what half-widths are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import late_scipy as scipy
from sim.measure.catalogue import (
    ISSUE_SUMS,
    TEAM_SUMS,
    VISIT_SUMS,
    WITHIN_SUMS,
    Backlog,
    How,
    Load,
    Measure,
    Offered,
    Peak,
    Quantile,
    Ratio,
)
from sim.measure.figure import Estimate
from sim.measure.folded import Units
from sim.measure.quantile_spread import moves_of_quantile
from sim.measure.reduce import ANSWERED, GAVE_UP, OPEN, Sums, thresholds, values_of_classes
from sim.measure.sketch import (
    OWNERS_AT_ONCE,
    Sparse,
    merged,
    owners_at_once,
    quantile,
    share_answered_within,
)
from sim.model.labels import Group, Labels
from sim.model.tables import DAY, Model, StageKind, are_days_alike
from sim.units import HOUR, SECOND

__all__ = ["Desk", "Part", "Sample", "Series", "Sketch", "half_width", "ratio", "standard_error"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Series(NamedTuple):
    """A sum over everything and by unit."""

    total: NDArray[np.float64]  # (...)
    units: NDArray[np.float64]  # (units, ...)


Terms = Callable[[str], Series]
Histograms = tuple[Callable[[], Sparse], ...]


def half_width(deviations: Floats, confidence: float = 0.95) -> Floats:
    """Half the width of the confidence interval, by Student's t; NaN with fewer than two units.

    Parameters
    ----------
    deviations : (units, ...)
        One deviation per unit in the figure's own unit.
    confidence : float
        Probability, 0..1.
    """
    degrees = np.maximum(np.sum(~np.isnan(deviations), axis=0) - 1, 1)
    error = standard_error(deviations)
    if np.isnan(error).all():
        return error
    return np.asarray(scipy.special.stdtrit(degrees, 0.5 + confidence / 2) * error)


def standard_error(deviations: Floats) -> Floats:
    """Standard error of a figure from its deviations (units, ...); NaN with fewer than two units."""
    n = np.sum(~np.isnan(deviations), axis=0)
    squares = np.nansum(deviations**2, axis=0)
    return np.where(n >= 2, np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1)), np.nan)


def _divide(above: Floats, below: Floats) -> Floats:
    """Above / below; NaN where below is 0."""
    zero = below == 0
    return np.where(zero, np.nan, above / np.where(zero, 1.0, below))


def ratio(above: Series, below: Series, scale: float = 1.0) -> Estimate:
    """Ratio of sums with its deviations by the delta method: ``(x - R y) / mean(y)``, times ``scale``.

    Source: methods of ratio estimation, e.g. Cochran (1977), section 6.4.
    """
    value = _divide(above.total, below.total)
    n_units = len(below.units)
    if n_units == 0:
        return Estimate(scale * value, np.empty((0, *value.shape)))
    mean = np.broadcast_to(below.units.mean(0), below.units.shape)
    deviations = _divide(above.units - value * below.units, mean)
    return Estimate(scale * value, scale * deviations)


class Desk(NamedTuple):
    """What the service level by offered wait needs of one desk."""

    number: int  # among the desks
    threshold: int  # ticks
    answered_within: Series


@dataclass(frozen=True)
class Sketch:
    """Histograms of everything and of each unit (made when asked for: they are large)."""

    total: Sparse
    units: tuple[Callable[[], Sparse], ...]
    desks: tuple[int, ...] = (0,)  # what is put together
    parts: tuple[int, ...] = (ANSWERED,)
    together: bool = True  # owners in one, not one figure for each
    spread: float = 1.0  # of a figure of everything, as a multiple of what the units tell: they may be few

    def quantile(self, q: float) -> Estimate:
        """A quantile [ticks]."""
        n_owners = self.total.shape[0]
        if not self.together and n_owners > OWNERS_AT_ONCE:
            found = [self._of_owners(*some).quantile(q) for some in owners_at_once(n_owners)]
            values = np.concatenate([of.value for of in found])
            return found[0]._replace(
                value=values, deviations=np.concatenate([of.deviations for of in found], axis=1)
            )
        value = quantile(self.total, q, self.desks, self.parts, together=self.together)
        units = [unit() for unit in self.units]
        if not units:
            return self._estimate(value, self._by_unit([]))
        moves = moves_of_quantile(self.total, units, value, self.desks, self.parts, together=self.together)
        return self._estimate(value, moves)

    def _of_owners(self, first: int, last: int) -> Sketch:
        """The same of owners ``first`` to ``last`` - 1 alone."""
        units = tuple(partial(_owners_of, unit, first, last) for unit in self.units)
        return replace(self, total=self.total.of_owners(first, last), units=units)

    def own_quantiles(self, q: float) -> Floats:
        """The quantile of each unit [ticks], (units,) or (units, owners)."""
        own = [quantile(u(), q, self.desks, self.parts, together=self.together) for u in self.units]
        return self._one_or_each(self._by_unit(own))

    def offered(self, desks: Sequence[Desk]) -> Estimate:
        """Service level by offered wait, desks weighted by the contacts that joined their queues."""
        value = self._level(self._waits(self.total, desks), [d.answered_within.total for d in desks], desks)
        units = [unit() for unit in self.units]
        if not units:
            return self._estimate(value, self._by_unit([]))
        waits = self._waits(merged(units), desks)  # without a day cut short at the end
        within = [d.answered_within.units.sum(0) for d in desks]
        of_all, apart = self._level(waits, within, desks), []
        for k, unit in enumerate(units):
            others = [w - own for w, own in zip(waits, self._waits(unit, desks), strict=True)]
            in_time = [w - d.answered_within.units[k] for w, d in zip(within, desks, strict=True)]
            apart.append((len(units) - 1) * (of_all - self._level(others, in_time, desks)))
        return self._estimate(value, self._by_unit(apart))

    def own_offered(self, desks: Sequence[Desk]) -> Floats:
        """The same of each unit, (units,) or (units, owners)."""
        own = [self._level(self._waits(unit(), desks), [d.answered_within.units[k] for d in desks], desks)
               for k, unit in enumerate(self.units)]  # fmt: skip
        return self._one_or_each(self._by_unit(own))

    def _by_unit(self, found: list[Floats]) -> Floats:
        return np.array(found).reshape(len(found), 1 if self.together else self.total.shape[0])

    def _one_or_each(self, by_unit: Floats) -> Floats:
        return np.asarray(by_unit[:, 0]) if self.together else by_unit

    def _estimate(self, value: Floats, apart: Floats) -> Estimate:
        deviations = self.spread * self._one_or_each(apart)
        rests_on = round(len(self.units) / self.spread**2) if self.spread < 1 else None
        return Estimate(np.asarray(value[0]) if self.together else value, deviations, rests_on=rests_on)

    def _waits(self, table: Sparse, desks: Sequence[Desk]) -> list[Ints]:
        return [table.of_desk(desk.number, together=self.together) for desk in desks]

    def _level(self, of_desks: list[Ints], within: list[Floats], desks: Sequence[Desk]) -> Floats:
        above = below = np.zeros(1 if self.together else self.total.shape[0])
        for desk, waits, in_time in zip(desks, of_desks, within, strict=True):
            level = share_answered_within(
                waits[:, ANSWERED],
                waits[:, GAVE_UP] + waits[:, OPEN],
                np.atleast_1d(in_time).astype(np.int64),
                desk.threshold,
            )
            joined = waits.sum((-1, -2))
            above, below = above + joined * np.nan_to_num(level), below + joined
        return _divide(above, below)


@dataclass(frozen=True)
class Part:
    """What figures of one stage, team, class or of everything are computed from.

    ``sums`` has the catalogue's terms; what a part does not have is None.
    """

    sums: Terms  # by term, e.g. "desk.answered"
    by_hour: Terms | None = None  # by term and clock hour, for peaks
    waits: Sketch | None = None
    desks: tuple[Desk, ...] = ()
    resolution: Sketch | None = None
    backlog: dict[str, Floats] | None = None  # contacts or issues by unit
    sizes: Floats | None = None  # replications by unit
    per_unit: float = 1.0  # replications, on average

    def estimate(self, measure: Measure) -> Estimate:
        """The figure of a measure."""
        found = self._of(measure.how)
        return found if found.rests_on is not None else found._replace(per_unit=self.per_unit)

    def own(self, measure: Measure) -> Floats:
        """The figure of each unit by itself, (units, ...); NaN where it has none."""
        how = measure.how
        if isinstance(how, Ratio):
            return self._own_ratios(how, self.sums)
        if isinstance(how, Quantile):
            return self._sketch(how).own_quantiles(how.q) / SECOND
        if isinstance(how, Offered):
            assert self.waits is not None
            return self.waits.own_offered(self.desks)
        if isinstance(how, Peak):
            assert self.by_hour is not None
            return np.asarray(np.fmax.reduce(self._own_ratios(how.of, self.by_hour), axis=1))
        if isinstance(how, Load):
            entered, handled = self.sums("desk.entered").units, self.sums("desk.handled").units
            of_all = np.where(entered == 0, 0.0, _divide(entered, handled))
            return _divide(self.sums("desk.handling").units * of_all, self.sums("time.ticks").units)
        assert isinstance(how, Backlog)
        assert self.backlog is not None
        assert self.sizes is not None
        return self.backlog[how.what] / self.sizes

    @staticmethod
    def _own_ratios(how: Ratio, sums: Terms) -> Floats:
        return how.scale * _divide(_added(how.above, sums).units, _added(how.below, sums).units)

    def _sketch(self, how: Quantile) -> Sketch:
        sketch = self.resolution if how.sketch == "resolution" else self.waits
        assert sketch is not None
        return sketch

    def _of(self, how: How) -> Estimate:
        if isinstance(how, Ratio):
            return self._ratio(how, self.sums)
        if isinstance(how, Quantile):
            return self._quantile(how)
        if isinstance(how, Offered):
            assert self.waits is not None
            return self.waits.offered(self.desks)
        if isinstance(how, Peak):
            return self._peak(how)
        if isinstance(how, Load):
            return self._load()
        assert isinstance(how, Backlog)
        assert self.backlog is not None
        assert self.sizes is not None
        return ratio(_by_unit(self.backlog[how.what]), _by_unit(self.sizes))

    @staticmethod
    def _ratio(how: Ratio, sums: Terms) -> Estimate:
        return ratio(_added(how.above, sums), _added(how.below, sums), how.scale)

    def _quantile(self, how: Quantile) -> Estimate:
        ticks = self._sketch(how).quantile(how.q)
        return ticks._replace(value=ticks.value / SECOND, deviations=ticks.deviations / SECOND)

    def _peak(self, how: Peak) -> Estimate:
        """The half-width is of the hour that is highest on the whole."""
        assert self.by_hour is not None
        hours = self._ratio(how.of, self.by_hour)
        if np.isnan(hours.value).all():
            return Estimate(np.asarray(np.nan), hours.deviations[:, 0])
        highest = int(np.nanargmax(hours.value))
        return Estimate(hours.value[highest], hours.deviations[:, highest])

    def _load(self) -> Estimate:
        """Arrivals per contact answered are taken as known, as in the value; nobody arriving is load 0."""
        entered, handled = self.sums("desk.entered"), self.sums("desk.handled")
        handling, ticks = self.sums("desk.handling"), self.sums("time.ticks")
        factor = np.where(entered.total == 0, 0.0, _divide(entered.total, handled.total))
        return ratio(Series(handling.total * factor, handling.units * factor), ticks)


def _by_unit(counts: Floats) -> Series:
    """Counts (units,) as a series; one unit alone has no spread."""
    return Series(np.asarray(counts.sum()), counts if len(counts) > 1 else counts[:0])


def _added(terms: tuple[str, ...], sums: Terms) -> Series:
    signs = [-1.0 if term.startswith("-") else 1.0 for term in terms]
    found = [sums(term.lstrip("-")) for term in terms]
    return Series(
        np.asarray(sum(s * f.total for s, f in zip(signs, found, strict=True))),
        np.asarray(sum(s * f.units for s, f in zip(signs, found, strict=True))),
    )


class Sample:
    """The sums of the replications of one scenario and plan, cut into the parts that figures are about.

    Parameters
    ----------
    sums : sequence of Sums
        One per replication, in their order, or `folded.Units` of groups of them; at least one.
    model, labels :
        What was simulated, and its names.
    """

    def __init__(self, sums: Sequence[Sums], model: Model, labels: Labels) -> None:
        assert sums, "a sample needs at least one replication"
        self.model, self.labels = model, labels
        self.frame = sums[0].frame
        self._sums = tuple(sums)
        self._total = sums.total if isinstance(sums, Units) else None
        self._some = Sample(sums.first, model, labels) if isinstance(sums, Units) else None
        self._sizes = np.array([s.replications for s in sums], np.int64)
        # days that differ say nothing of chance
        self._is_alone = len(sums) == 1 and self.n_replications == 1 and are_days_alike(model)
        self._by_day = self._is_alone and self.frame.n_whole_days >= 2
        self._kinds = model.stages.kind
        self._values = values_of_classes(model)
        self._thresholds = thresholds(labels, model.stages.kind)
        self._desks = [int(s) for s in np.flatnonzero(self._kinds == StageKind.DESK)]
        self._bots = [int(s) for s in np.flatnonzero(self._kinds == StageKind.BOT)]
        self._tables: dict[str, Ints] = {}  # made when they are asked for: they are large
        self._ticks = self._clock(self._sizes[:, None, None] * self.frame.ticks()[None, :, None])

    @property
    def unit(self) -> str:
        """What a unit is: "day" or "replication" (a group of them, where there are very many)."""
        return "day" if self._is_alone else "replication"

    @property
    def _per_unit(self) -> float:
        """Replications in a unit, on average; 1 where the units are days."""
        return self.n_replications / len(self._sums)

    @property
    def _first(self) -> Sample:
        """Of the replications whose histograms are kept."""
        return self if self._some is None else self._some  # not itself by a name: that keeps it in memory

    @property
    def n_replications(self) -> int:
        """Replications that are in it."""
        return int(self._sizes.sum())

    @property
    def n_units(self) -> int:
        """Units of which half-widths are made; for some figures of very long runs, groups of them."""
        return self.frame.n_whole_days if self._by_day else len(self._sums)

    def _stacked(self, name: str) -> Ints:
        """A table of sums of all units, by the clock: (..., units or days, intervals of the day, X)."""
        if name not in self._tables:
            axis = {"visits": 1, "within": 2, "waiting": 0, "present": 0, "team": 1}[name]
            self._tables[name] = self._clock(np.stack([getattr(s, name) for s in self._sums], axis))
        return self._tables[name]

    def _clock(self, table: Ints) -> Ints:
        """Intervals folded to the clock: (..., R, K, X) to (..., units or days, intervals of the day, X).

        For one replication all days are kept, the last may be cut short.
        """
        frame = self.frame
        missing = frame.n_days * frame.per_day - frame.n_intervals
        pad = [(0, 0)] * (table.ndim - 2) + [(0, missing), (0, 0)]
        padded = np.pad(table, pad)
        days = padded.reshape(*table.shape[:-2], frame.n_days, frame.per_day, table.shape[-1])
        # the first interval of a measured day is the clock's number `first`
        days = np.roll(days, frame.first % frame.per_day, axis=-2)
        return np.asarray(days[..., 0, :, :, :] if self._by_day else days.sum(-3))

    def _series(self, by_unit: Ints | Floats) -> Series:
        """Units along the first axis; the total has the day cut short too, the units have not."""
        total = by_unit.sum(0)
        units = by_unit[: self.frame.n_whole_days] if self._by_day else by_unit
        if len(units) < 2:
            units = units[:0]
        return Series(np.asarray(total, np.float64), np.asarray(units, np.float64))

    @property
    def _n_groups(self) -> int:
        """Groups of days that are whole, in one replication; fewer than two are no units."""
        return self.frame.n_whole_days // self._sums[0].days_per_group

    def _group_series(self, tables: list[Ints]) -> Series:
        """A sum by groups of days, one array (G, ...) per replication."""
        if not self._by_day:
            return self._series(np.stack([t.sum(0) for t in tables]))
        units = tables[0][: self._n_groups] if self._n_groups > 1 else tables[0][:0]
        return Series(np.asarray(tables[0].sum(0), np.float64), np.asarray(units, np.float64))

    # --- terms ---------------------------------------------------------------------------------

    def _time(self, what: str, folded: Callable[[Ints], Ints]) -> Series:
        scale = {"ticks": 1.0, "days": float(DAY), "intervals": float(self.frame.interval)}[what]
        ticks = self._series(folded(self._ticks[..., 0]))
        return Series(ticks.total / scale, ticks.units / scale)

    def _visit(self, what: str, stages: list[int], folded: Callable[[Ints], Ints], row: int = 0) -> Series:
        if what in ("waiting", "present"):
            table = self._stacked(what)
        elif what in WITHIN_SUMS:
            table = self._stacked("within")[row, WITHIN_SUMS.index(what)]
        else:
            table = self._stacked("visits")[VISIT_SUMS.index(what)]
        return self._series(folded(table[..., stages].sum(-1)))

    def _team(self, what: str, teams: list[int], folded: Callable[[Ints], Ints]) -> Series:
        table = self._stacked("team")
        chats = self.model.teams.chats[teams]
        sums = {name: table[k][..., teams] for k, name in enumerate(TEAM_SUMS)}
        slots = (sums["on"] + sums["overtime"]) * chats
        away = (sums["break"] + sums["absent"] + sums["shrinkage"]) * chats
        by_team = {**sums, "room": sums["on"] * chats, "slots": slots, "paid_slots": slots + away}[what]
        return self._series(folded(by_team.sum(-1)))

    def _cost(self, what: str, owners: list[int]) -> Series:
        if what == "bots":
            amount = self._stacked("visits")[VISIT_SUMS.index("answered")][..., owners].sum(-2)
            rates = np.array(self.labels.bot_cost_per_contact, np.float64)[owners]
        else:
            names = ("on", "break", "absent", "shrinkage", "overtime")
            tables = [self._stacked("team")[TEAM_SUMS.index(name)][..., owners].sum(-2) for name in names]
            amount = np.sum(tables, axis=0)
            rates = np.array(self.labels.team_cost_per_h, np.float64)[owners] / HOUR
        costs = amount * rates
        # added one after the other: the same on every machine
        by_unit = np.zeros(len(costs))
        for column in range(costs.shape[1]):
            by_unit = by_unit + costs[:, column]
        return self._series(by_unit)

    def _issue(self, what: str) -> Series:
        tables = [s.issues[ISSUE_SUMS.index(what)] for s in self._sums]
        return self._series(tables[0] if self._by_day else np.array([t.sum() for t in tables]))

    def _stages_of(self, place: str, stages: list[int]) -> list[int]:
        """Those of ``stages`` that a term's place speaks of."""
        if place == "any":
            return stages
        kind = StageKind[place.upper()]
        return [s for s in stages if self._kinds.item(s) == kind]

    def _terms(self, stages: list[int], teams: list[int], fold: str = "none", row: int = 0) -> Terms:
        """Terms of some stages and teams, summed over the day, by clock interval or by clock hour."""
        folded = {"none": _whole, "clock": _kept, "hour": self._hours}[fold]

        def term(name: str) -> Series:
            place, what = name.split(".")
            if place == "time":
                return self._time(what, folded)
            if place == "team":
                return self._team(what, teams, folded)
            if place == "issue":
                return self._issue(what)
            if place == "cost":
                return self._cost(what, self._stages_of("bot", stages) if what == "bots" else teams)
            return self._visit(what, self._stages_of(place, stages), folded, row)

        return term

    def _hours(self, table: Ints) -> Ints:
        """Intervals (units, I) to clock hours, by the hour in which they begin."""
        hour = np.arange(self.frame.per_day) * self.frame.interval // HOUR
        begins = np.flatnonzero(np.diff(hour, prepend=-1))
        return np.asarray(np.add.reduceat(table, begins, axis=-1))

    # --- sketches ------------------------------------------------------------------------------

    def _of_groups(self, of: Callable[[Sums], Sparse]) -> tuple[Sparse, Histograms]:
        """Histograms owned by groups of days: everything, and each unit."""
        if self._by_day:
            one = of(self._sums[0])
            return one, _if_several([partial(one.of_owners, g, g + 1) for g in range(self._n_groups)])
        return self._of_replications(of)

    def _of_replications(self, of: Callable[[Sums], Sparse]) -> tuple[Sparse, Histograms]:
        """Histograms not kept by day: everything, and each replication where there are several."""
        tables = [of(s) for s in self._first._sums]
        total = merged(tables) if self._total is None else of(self._total)
        return total, _if_several([partial(_itself, t) for t in tables])

    @property
    def _spread(self) -> float:
        """Of a figure of all replications, as a multiple of that of those whose histograms are kept."""
        return float(np.sqrt(self._first.n_replications / self.n_replications))

    def _sketch(self, found: tuple[Sparse, Histograms]) -> Sketch:
        return Sketch(*found, spread=self._spread)

    def _waits_of(
        self, found: tuple[Sparse, Histograms], stages: list[int], *, together: bool = True
    ) -> Sketch:
        desks = tuple(self._desks.index(s) for s in self._stages_of("desk", stages))
        return Sketch(*found, desks, (ANSWERED, GAVE_UP), together, self._spread)

    def _desks_of(
        self, stages: list[int], row: int, terms: Callable[[Sample, list[int]], Terms]
    ) -> tuple[Desk, ...]:
        """Desks with what was answered in time: of everything, and of the units whose histograms are kept."""
        found = []
        for s in self._stages_of("desk", stages):
            of_all, of_units = (terms(of, [s])("desk.answered_within") for of in (self, self._first))
            within = Series(of_all.total, of_units.units)
            found.append(Desk(self._desks.index(s), int(self._thresholds[row, s]), within))
        return tuple(found)

    # --- parts ---------------------------------------------------------------------------------

    def part(self, stages: list[int], teams: list[int], threshold: int = 0) -> Part:
        """Figures of some stages and teams together, and of all issues.

        Parameters
        ----------
        stages, teams : list of int
            Numbers.
        threshold : int
            Which row of `thresholds` the service level uses; 0 = the stages' own.
        """
        desks = self._stages_of("desk", stages)
        waiting = np.array([s.backlog_waiting[desks].sum() for s in self._sums], np.float64)
        issues = np.array([s.backlog_issues for s in self._sums], np.float64)
        return Part(
            sums=self._terms(stages, teams, row=threshold),
            by_hour=self._terms(stages, teams, "hour", threshold),
            waits=self._waits_of(self._of_groups(lambda s: s.waits), stages),
            desks=self._desks_of(stages, threshold, lambda of, one: of._in_time(one, threshold)),
            resolution=self._sketch(self._of_groups(lambda s: s.resolution)),
            backlog={"waiting": waiting, "issues": issues},
            sizes=self._sizes.astype(np.float64),
            per_unit=self._per_unit,
        )

    def _in_time(self, stages: list[int], threshold: int) -> Terms:
        """Contacts answered in time, by groups of days, as the sketches are."""
        within = WITHIN_SUMS.index("answered_within")
        tables = [s.class_within[threshold, within][:, :, stages].sum((1, 2)) for s in self._sums]
        return lambda _: self._group_series(tables)

    def overall(self, threshold: int = 0) -> Part:
        """Figures of everything."""
        return self.part(list(range(len(self._kinds))), list(range(len(self.labels.teams))), threshold)

    def stage(self, number: int, threshold: int = 0) -> Part:
        """Figures of one stage."""
        return self.part([number], [], threshold)

    def team(self, number: int) -> Part:
        """Figures of one team."""
        return Part(sums=self._terms([], [number]), per_unit=self._per_unit)

    def group(self, group: Group, threshold: int = 0) -> Part:
        """Figures of some stages, or of some teams, together."""
        members = list(group.members)
        return (
            Part(sums=self._terms([], members), per_unit=self._per_unit)
            if group.of_teams
            else self.part(members, [], threshold)
        )

    def value(
        self, attribute: int, value: int, threshold: int = 0, stages: Sequence[int] | None = None
    ) -> Part:
        """Figures of the contacts and issues with one value of an attribute.

        Parameters
        ----------
        attribute, value, threshold : int
            Numbers.
        stages : sequence of int, optional
            Only their visits to these; issues are of no stage.
        """
        number = int(self.model.attributes.n_values[:attribute].sum()) + value
        classes = np.flatnonzero(self._values[attribute] == number)

        at = list(range(len(self._kinds)) if stages is None else stages)
        return Part(
            sums=self._class_terms(classes, at, threshold),
            per_unit=self._per_unit,
            waits=self._waits_of(
                self._of_replications(lambda s: s.value_waits.of_owners(number, number + 1)), at
            ),
            desks=self._desks_of(at, threshold, lambda of, one: of._class_terms(classes, one, threshold)),
            resolution=self._sketch(
                self._of_replications(lambda s: s.value_resolution.of_owners(number, number + 1))
            ),
        )

    def _class_terms(self, classes: NDArray[np.intp], stages: list[int], threshold: int) -> Terms:
        """Terms of some classes at some stages."""

        def term(name: str) -> Series:
            place, what = name.split(".")
            if place == "time":
                return self._class_time(what)
            if place == "issue":
                k = ISSUE_SUMS.index(what)
                return self._group_series([s.class_issues[k][:, classes].sum(-1) for s in self._sums])
            chosen = self._stages_of(place, stages)
            tables = [_by_class(s, what, threshold) for s in self._sums]
            return self._group_series([t[:, classes][:, :, chosen].sum((1, 2)) for t in tables])

        return term

    def _class_time(self, what: str) -> Series:
        """Measured time by groups of days."""
        scale = {"ticks": 1.0, "days": float(DAY)}[what]
        frame, per_group = self.frame, self._sums[0].days_per_group
        n_groups = -(-frame.n_days // per_group)
        group = np.arange(frame.n_intervals) // (frame.per_day * per_group)
        ticks = np.zeros(n_groups, np.int64)
        np.add.at(ticks, group, frame.ticks())
        found = self._group_series([int(n) * ticks for n in self._sizes])
        return Series(found.total / scale, found.units / scale)

    def intervals_of_stages(self, stages: list[int]) -> Part:
        """Figures of some stages together by interval of the day, (I,)."""
        waits = self._of_replications(lambda s: s.clock_waits)
        return Part(
            sums=self._terms(stages, [], "clock"),
            per_unit=self._per_unit,
            waits=self._waits_of(waits, stages, together=False),
            desks=self._desks_of(stages, 0, lambda of, one: of._terms(one, [], "clock")),
        )

    def intervals_of_team(self, number: int) -> Part:
        """Figures of one team by interval of the day, (I,)."""
        return self.intervals_of_teams([number])

    def intervals_of_teams(self, numbers: list[int]) -> Part:
        """Figures of some teams together by interval of the day, (I,)."""
        return Part(sums=self._terms([], numbers, "clock"), per_unit=self._per_unit)

    def intervals_of_group(self, group: Group) -> Part:
        """Figures of a group by interval of the day, (I,)."""
        members = list(group.members)
        return self.intervals_of_teams(members) if group.of_teams else self.intervals_of_stages(members)


def _whole(table: Ints) -> Ints:
    return np.asarray(table.sum(-1))


def _kept(table: Ints) -> Ints:
    return table


def _by_class(sums: Sums, what: str, threshold: int) -> Ints:
    """A sum by groups of days, class and stage, (G, C, S)."""
    if what == "waiting":
        return sums.class_waiting
    if what in WITHIN_SUMS:
        return np.asarray(sums.class_within[threshold, WITHIN_SUMS.index(what)])
    return np.asarray(sums.class_visits[VISIT_SUMS.index(what)])


def _owners_of(unit: Callable[[], Sparse], first: int, last: int) -> Sparse:
    return unit().of_owners(first, last)


def _itself(table: Sparse) -> Sparse:
    return table


def _if_several(units: list[Callable[[], Sparse]]) -> Histograms:
    return tuple(units) if len(units) > 1 else ()

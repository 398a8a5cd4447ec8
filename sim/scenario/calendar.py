"""The calendar of a scenario: which days are alike, and which version of it holds at which time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from sim.model.tables import Horizon, Then
from sim.scenario.classes import When, day_keys, days_of
from sim.scenario.days import Days
from sim.scenario.profiles import Profile
from sim.scenario.schema import Scenario, Shift
from sim.scenario.values import Table
from sim.units import DAY

__all__ = ["DayKind", "Timetable", "Version", "horizon_of", "sets_in_force", "timetable"]

_THEN = {"drain": Then.DRAIN, "continue": Then.CONTINUE, "cut": Then.CUT}


class Version(NamedTuple):
    """A scenario with some of its changes laid on."""

    changes: tuple[int, ...]  # numbers of those that hold; none in the scenario as written
    scenario: Scenario
    profiles: Mapping[str, Table[Profile]]


class DayKind(NamedTuple):
    """Days that are alike."""

    days: tuple[str, ...]  # words for days that hold on them, the most special first
    spells: tuple[tuple[int, int], ...]  # (ticks after midnight, version that holds from then on); 0 first
    whole: int  # the version without the changes that hold at some clock times only

    def at(self, tick: int) -> When:
        """A time of such a day."""
        version = next(number for begins, number in reversed(self.spells) if begins <= tick)
        return When(tick, self.days, version)

    @property
    def of_day(self) -> When:
        """What holds on such a day whatever the clock: for shifts."""
        return When(0, self.days, self.whole)


class Timetable(NamedTuple):
    """The kinds of day in order of first appearance, and the kind of each day."""

    first_date: int  # days since 2024-01-01
    kinds: tuple[DayKind, ...]
    kind: tuple[int, ...]  # of the day before the first, then of each day up to the stop


def horizon_of(scenario: Scenario) -> Horizon:
    """When a simulation of it measures and stops."""
    h = scenario.horizon
    end = h.warm_up + h.measure
    return Horizon(
        warm_up=h.warm_up,
        end=end,
        stop=end + (0 if h.then == "cut" else h.follow),
        then=_THEN[h.then],
        drop_returns=h.returns == "dropped",
        interval=h.interval,
    )


def _dates(scenario: Scenario) -> range:
    """The dates from the day before the first to the last day."""
    first = scenario.horizon.starts or 0
    return range(first - 1, first - (-horizon_of(scenario).stop // DAY) + 1)


def _holding(scenario: Scenario, days: Days, number: int) -> tuple[int, ...]:
    """The changes that hold at some time of a date."""
    return tuple(i for i, change in enumerate(scenario.changes) if change.holds_on(number, days))


def _spells(scenario: Scenario, holding: Iterable[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(ticks after midnight, changes in force from then on), of a day on which some changes hold."""
    changes = [(i, scenario.changes[i]) for i in holding]
    edges = {edge % DAY for _, change in changes for edge in change.clock or ()}
    before = None
    for tick in sorted({0, *edges}):
        in_force = tuple(i for i, change in changes if change.holds_at(tick))
        if in_force != before:
            yield tick, in_force
        before = in_force


def _whole(scenario: Scenario, holding: Iterable[int]) -> tuple[int, ...]:
    return tuple(i for i in holding if scenario.changes[i].clock is None)


def sets_in_force(scenario: Scenario) -> list[tuple[int, ...]]:
    """Every set of changes that is in force at some time; first none, the scenario as written."""
    days = days_of(scenario)
    found: dict[tuple[int, ...], None] = {(): None}
    for holding in dict.fromkeys(_holding(scenario, days, number) for number in _dates(scenario)):
        found[_whole(scenario, holding)] = None
        found.update(dict.fromkeys(in_force for _, in_force in _spells(scenario, holding)))
    return list(found)


def timetable(versions: Sequence[Version]) -> Timetable:
    """The kinds of day of a scenario, given in the versions that `sets_in_force` tells."""
    scenario = versions[0].scenario
    days, dates = days_of(scenario), _dates(scenario)
    number = {version.changes: i for i, version in enumerate(versions)}
    words = list(dict.fromkeys(word for v in versions for word in _words(v.scenario, days)))
    alike = {date: (days.holding(words, date), _holding(scenario, days, date)) for date in dates}
    order = list(dict.fromkeys(alike[date] for date in (*dates[1:], dates[0])))
    kinds = tuple(
        DayKind(
            there,
            tuple((tick, number[in_force]) for tick, in_force in _spells(scenario, holding)),
            number[_whole(scenario, holding)],
        )
        for there, holding in order
    )
    return Timetable(scenario.horizon.starts or 0, kinds, tuple(order.index(alike[date]) for date in dates))


def _words(part: Any, days: Days) -> Iterator[str]:
    """Every word for days on which some value of a scenario depends."""
    if isinstance(part, Table):
        for _, entries in part.tables():
            yield from day_keys(entries, days)
    elif isinstance(part, BaseModel):
        if isinstance(part, Shift):
            yield from part.on or ()
        for _, inner in part:
            yield from _words(inner, days)
    elif isinstance(part, dict):
        for inner in part.values():
            yield from _words(inner, days)

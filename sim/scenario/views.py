"""What a scenario says, seen the way checks and the resolver need it: stages, streams, ranks, spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import TypeGuard

from sim.model.tables import demand_end
from sim.scenario.calendar import horizon_of
from sim.scenario.classes import attribute_of
from sim.scenario.demand_words import values_in
from sim.scenario.following import Follow
from sim.scenario.layers import Layered
from sim.scenario.marks import Path
from sim.scenario.profiles import Profile, profile, read_csv
from sim.scenario.replays import Replayed, read_replay
from sim.scenario.schema import Scenario, Shift, Stage, Stream, Team
from sim.scenario.values import ELSE, Table
from sim.units import DAY

__all__ = [
    "Served",
    "break_due",
    "by_hour_path",
    "csv_files",
    "is_csv",
    "key_path",
    "parent_of",
    "profiles_of",
    "rank_for",
    "replay_path",
    "replays_of",
    "served_ranks",
    "simulated_days",
    "shift_span",
    "stages_of",
    "streams_of",
    "values_by_attribute",
    "works_in_shifts",
]

Served = dict[tuple[str, str | None], int]
"""Rank by (desk, attribute value); value None stands for every class."""


_DEFAULT_STREAM = "demand"


def stages_of(scenario: Scenario) -> dict[str, Stage]:
    """All stages by name in the order of their numbers: bots, desks, delays."""
    return {**scenario.bots, **scenario.desks, **scenario.delays}


def streams_of(scenario: Scenario) -> dict[str, Stream]:
    """The streams by name, each with the defaults of `demand` filled in."""
    demand = scenario.demand
    if not demand.streams:
        return {_DEFAULT_STREAM: demand}
    shared = {key: getattr(demand, key) for key in ("by_hour", "enters", "busyness", "forecast_error")}
    return {
        name: stream.model_copy(
            update={
                **{k: v for k, v in shared.items() if getattr(stream, k) is None},
                "attributes": {**demand.attributes, **stream.attributes},
            }
        )
        for name, stream in demand.streams.items()
    }


def values_by_attribute(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """The values of each attribute."""
    return {name: values_in(shares) for name, shares in scenario.attributes.items()}


def parent_of(scenario: Scenario, attribute: str) -> str | None:
    """The attribute on whose value the shares of another depend, in some stream."""
    values = values_by_attribute(scenario)
    own = (s.attributes[attribute] for s in streams_of(scenario).values() if attribute in s.attributes)
    levels = (entries for shares in (scenario.attributes[attribute], *own) for _, entries in shares.tables())
    return next(filter(None, (attribute_of(entries, values) for entries in levels)), None)


def is_csv(by_hour: object) -> TypeGuard[str]:
    """Whether a profile is the name of a CSV file."""
    return isinstance(by_hour, str) and by_hour.endswith(".csv")


def key_path(scenario: Scenario, stream: str, key: str) -> Path:
    """Where a key that holds for a stream stands: with the stream, or for all streams under `demand`."""
    own = scenario.demand.streams.get(stream)
    is_own = own is not None and getattr(own, key) is not None
    return ("demand", "streams", stream, key) if is_own else ("demand", key)


def by_hour_path(scenario: Scenario, stream: str) -> Path:
    """Where the profile of a stream stands."""
    return key_path(scenario, stream, "by_hour")


def simulated_days(scenario: Scenario) -> int:
    """Days on which issues may arrive, the last perhaps in part."""
    return -(-demand_end(horizon_of(scenario)) // DAY)


def csv_files(scenario: Scenario, layered: Layered) -> dict[Path, FilePath]:
    """The CSV files that demand is read from, by where they are named; they lie beside who names them."""
    files = {}
    for name, stream in streams_of(scenario).items():
        if stream.replay is not None:
            path = replay_path(scenario, name)
            files[path] = layered.folder_of(path) / stream.replay
            continue
        for path, by_hour in _by_hour_leaves(scenario, name, stream):
            if is_csv(by_hour):
                files[path] = layered.folder_of(path) / by_hour
    return files


def _by_hour_leaves(
    scenario: Scenario, name: str, stream: Stream
) -> Iterator[tuple[Path, str | tuple[float, ...]]]:
    if stream.by_hour is not None:
        yield from stream.by_hour.leaves(by_hour_path(scenario, name))


def profiles_of(scenario: Scenario, layered: Layered) -> dict[str, Table[Profile]]:
    """The profile of each stream of a sound scenario, by days; CSV files lie beside who names them.

    A stream that is replayed has none.
    """

    def read(path: Path, by_hour: str | tuple[float, ...]) -> Profile:
        if not is_csv(by_hour):
            return profile(by_hour)
        shape, problems = read_csv(by_hour, layered.folder_of(path))
        assert shape is not None, problems
        return shape

    def mapped(table: Table[str | tuple[float, ...]], path: Path) -> Table[Profile]:
        if table.entries is None:
            assert table.leaf is not None
            return Table(read(path, table.leaf))
        return Table(None, {key: mapped(entry, (*path, key)) for key, entry in table.entries.items()})

    def of_stream(name: str, stream: Stream) -> Table[Profile]:
        if stream.gaps is not None:
            return Table(Profile(DAY, (DAY / stream.gaps.mean,)))
        if stream.by_hour is None:
            return Table(profile(None))
        return mapped(stream.by_hour, by_hour_path(scenario, name))

    streams = streams_of(scenario).items()
    return {name: of_stream(name, stream) for name, stream in streams if stream.replay is None}


def replay_path(scenario: Scenario, stream: str) -> Path:
    """Where a stream names the file of its arrivals."""
    return ("demand", "streams", stream, "replay") if scenario.demand.streams else ("demand", "replay")


def replays_of(scenario: Scenario, layered: Layered) -> dict[str, Replayed]:
    """The arrivals of each stream of a sound scenario that is replayed."""
    replays = {}
    for name, stream in streams_of(scenario).items():
        if stream.replay is not None:
            folder = layered.folder_of(replay_path(scenario, name))
            values, stages = values_by_attribute(scenario), list(stages_of(scenario))
            replayed, problems = read_replay(stream.replay, folder, values, stages, scenario.horizon.starts)
            assert replayed is not None, problems
            replays[name] = replayed
    return replays


def served_ranks(scenario: Scenario) -> dict[str, Served]:
    """What each team serves: rank by desk and attribute value; unknown names are left out."""
    values = {value for known in values_by_attribute(scenario).values() for value in known}
    only = next(iter(scenario.desks)) if len(scenario.desks) == 1 else None
    served: dict[str, Served] = {}
    for name, team in scenario.teams.items():
        own: Served = {}
        for key, rank in team.serves.ranks.items():
            if isinstance(rank, dict):
                own.update(
                    {
                        (key, None if value == ELSE else value): r
                        for value, r in rank.items()
                        if key in scenario.desks and (value in values or value == ELSE)
                    }
                )
            elif key in scenario.desks:
                own[key, None] = rank
            elif key in values and only is not None:
                own[only, key] = rank
        served[name] = own
    return served


def rank_for(served: Served, desk: str, values: Mapping[str, str]) -> int:
    """The rank at which a team serves a class at a desk; 0 = not. A named value goes before `else`."""
    named = [rank for (d, value), rank in served.items() if d == desk and value in values.values()]
    return min(named) if named else served.get((desk, None), 0)


def shift_span(shift: Shift) -> tuple[int, int]:
    """Ticks after midnight at which a shift begins and ends; the end may lie on the next day."""
    return shift.from_, shift.to if shift.to > shift.from_ else shift.to + DAY


def break_due(shift: Shift, at: int) -> int:
    """The tick after the shift's midnight of a break at a clock time; it may lie on the next day."""
    return at if at >= shift.from_ else at + DAY


def works_in_shifts(team: Team) -> bool:
    """Whether a team has shifts, given or following from the forecast; if not, it has a head count."""
    return team.shifts is not None or (
        isinstance(team.agents, Follow) and team.agents.in_shifts_of is not None
    )

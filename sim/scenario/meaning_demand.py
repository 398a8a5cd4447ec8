"""Whether the demand makes sense: volumes, profiles, entry."""

from __future__ import annotations

from collections.abc import Iterable

from sim.errors import Problem
from sim.scenario.classes import clock_keys
from sim.scenario.demand_words import ForecastError
from sim.scenario.findings import Findings
from sim.scenario.law_files import with_sample
from sim.scenario.laws import LawWords
from sim.scenario.marks import Path
from sim.scenario.meaning_tables import check_route, check_table
from sim.scenario.profiles import PROFILES, read_csv
from sim.scenario.replays import read_replay, rows_until
from sim.scenario.schema import Scenario, Stream
from sim.scenario.values import Table
from sim.scenario.views import (
    by_hour_path,
    is_csv,
    key_path,
    replay_path,
    simulated_days,
    stages_of,
    streams_of,
    values_by_attribute,
)
from sim.units import DAY, MINUTE, WordsError, clock_range

__all__ = ["check_demand"]

_SOURCES = ("volume", "gaps", "replay")
_SMALLEST_SPREAD = 0.002  # narrower shapes cannot be made
_MOST_PER_DAY = 1e9  # issues of a stream; those of a run are numbered below 2**31


def check_demand(scenario: Scenario, found: Findings) -> None:
    """Volumes, profiles and entry of every stream."""
    demand = scenario.demand
    for key in _SOURCES if demand.streams else ():
        if getattr(demand, key) is not None:
            found.add(
                "demand",
                ("demand", key),
                f"{'a volume' if key == 'volume' else repr(key)} beside streams belongs to none of them",
                "move it into a stream",
                on_key=True,
            )
    attributes = values_by_attribute(scenario)
    for name, stream in streams_of(scenario).items():
        own: Path = ("demand", "streams", name) if demand.streams else ("demand",)
        if stream.volume is not None:
            _volume(found, scenario, stream.volume, (*own, "volume"))
        _by_hour(found, stream, by_hour_path(scenario, name))
        _one_source(found, demand.streams.get(name, demand), own)
        if stream.gaps is not None:
            _gaps(scenario, found, stream.gaps, (*own, "gaps"))
        if stream.replay is not None:
            _replay(scenario, found, name, stream)
        for key, spread in (("busyness", stream.busyness), ("forecast_error", stream.forecast_error)):
            _spread(found, stream, key_path(scenario, name, key), spread)
        is_given = stream.volume is not None or stream.gaps is not None or stream.replay is not None
        if not is_given and not _has_volumes(stream):
            found.add(
                "missing", own, "'volume' is missing", "write for example 'volume: 1_200/day'", on_key=True
            )
        if stream.enters is not None:
            base = own if not demand.streams or demand.streams[name].enters is not None else ("demand",)
            check_route(found, stream.enters, (*base, "enters"), scenario, attributes, may_leave=False)
        elif len(scenario.desks) + len(scenario.bots) + len(scenario.delays) > 1:
            found.add(
                "demand",
                own,
                "does not say where contacts enter",
                "write for example 'enters: {assistant: 91%, chat: rest}'",
                on_key=True,
            )
    if not stages_of(scenario):
        found.add(
            "demand",
            (),
            "the scenario has no bots, desks or delays: contacts have nowhere to go",
            "write for example 'desks: {chat: {handling: lognormal 6 min cv 0.8}}'",
        )


def _volume(found: Findings, scenario: Scenario, volume: Table[float], path: Path) -> None:
    attributes = values_by_attribute(scenario)
    check_table(found, volume, path, attributes, attributes_allowed=False)
    if not any(rate for _, rate in volume.leaves()):
        found.add("no_volume", path, "the volume is 0", "give one, or take the stream out")
    for below, rate in volume.leaves(path):
        if rate * DAY * scenario.scale > _MOST_PER_DAY:
            found.add("demand", below, f"more than {_MOST_PER_DAY:_.0f} contacts a day")
    for below, entries in volume.tables(path):
        for key in clock_keys(entries):
            if any(tick % MINUTE for tick in _ends(key)):
                found.add("table", (*below, key), "a volume changes at whole minutes only", on_key=True)


def _ends(key: str) -> tuple[int, ...]:
    try:
        return tuple(clock_range(key))
    except WordsError:  # told with the table's other mistakes
        return ()


def _has_volumes(stream: Stream) -> bool:
    """Whether the profile is given by CSV files, which hold volumes of their own."""
    return stream.by_hour is not None and all(is_csv(leaf) for _, leaf in stream.by_hour.leaves())


def _by_hour(found: Findings, stream: Stream, path: Path) -> None:
    if stream.by_hour is None:
        return
    if stream.by_hour.entries is not None:
        check_table(found, stream.by_hour, path, {}, clock_allowed=False, attributes_allowed=False)
    if stream.volume is not None and any(clock_keys(entries) for _, entries in stream.volume.tables()):
        hint = "keep one of them, or write 'by_hour: flat'"
        if any(leaf != "flat" for _, leaf in stream.by_hour.leaves()):
            found.add("demand", path, "the volume goes by the clock already", hint, on_key=True)
    for below, by_hour in stream.by_hour.leaves(path):
        if is_csv(by_hour):
            _told(found, below, read_csv(by_hour, found.layered.folder_of(below))[1])
        elif isinstance(by_hour, str) and by_hour not in PROFILES:
            found.unknown(below, by_hour, "profile", [*PROFILES, "FILE.csv"])


def _told(found: Findings, path: Path, problems: Iterable[Problem]) -> None:
    """The problems of a CSV file; those without a place stand where the file is named."""
    for problem in problems:
        if problem.mark is None:
            found.add(problem.code, path, problem.message, problem.hint)
        elif problem not in found.problems:
            found.problems.append(problem)


def _one_source(found: Findings, own: Stream, path: Path) -> None:
    """Volume, gaps and replayed arrivals exclude one another."""
    given = [key for key in _SOURCES if getattr(own, key) is not None]
    for key in given[1:]:
        hint = f"keep one; '{given[0]}: null' takes away what a layer below gives"
        found.add("demand", (*path, key), f"has both '{given[0]}' and '{key}'", hint, on_key=True)
    if given and given[0] != "volume" and own.by_hour is not None:
        message = f"'by_hour' spreads a volume over the day; '{given[0]}' has its own times"
        found.add("demand", (*path, "by_hour"), message, "take it out", on_key=True)


def _gaps(scenario: Scenario, found: Findings, words: LawWords, path: Path) -> None:
    gaps = with_sample(words, found.layered.folder_of(path))
    if gaps is None:  # a file that cannot be read is told with the other laws
        return
    if any(c.kind == "never" and c.weight > 0 for c in gaps.components):
        found.add("demand", path, "a gap that never ends: nobody comes after it")
    elif gaps.mean == 0:
        found.add("demand", path, "the gaps are all 0")
    elif DAY / gaps.mean * scenario.scale > _MOST_PER_DAY:
        found.add("demand", path, f"more than {_MOST_PER_DAY:_.0f} contacts a day")


def _spread(found: Findings, stream: Stream, path: Path, spread: float | ForecastError | None) -> None:
    """A busyness or forecast error that can be drawn, and only where arrivals are drawn."""
    share = spread.share if isinstance(spread, ForecastError) else spread or 0.0
    if 0 < share < _SMALLEST_SPREAD:
        hint = f"write 0%, or at least {_SMALLEST_SPREAD * 100:g}%"
        found.add("demand", path, f"{share * 100:g}% is too small to matter", hint)
    if share and stream.replay is not None:
        hint = f"take it out, or write '{path[-1]}: 0%' in the stream that is replayed"
        found.add("demand", path, f"arrivals that are replayed have no '{path[-1]}'", hint, on_key=True)


def _replay(scenario: Scenario, found: Findings, name: str, stream: Stream) -> None:
    assert stream.replay is not None
    path = replay_path(scenario, name)
    if scenario.scale != 1:
        hint = "give the stream a volume, or take the scale out"
        found.add("demand", path, "arrivals that are replayed cannot be scaled", hint, on_key=True)
    replayed, problems = read_replay(
        stream.replay,
        found.layered.folder_of(path),
        values_by_attribute(scenario),
        list(stages_of(scenario)),
        scenario.horizon.starts,
    )
    _told(found, path, problems)
    n_days = simulated_days(scenario)
    if replayed is not None and not len(rows_until(replayed, n_days)[0]):
        days = "day 1" if n_days == 1 else f"day 1 to day {n_days}"
        found.add("csv", path, f"no arrival of '{stream.replay}' lies in the simulated time, {days}")

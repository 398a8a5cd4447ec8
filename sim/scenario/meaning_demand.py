"""Whether the demand makes sense: volumes, profiles, entry."""

from __future__ import annotations

from sim.scenario.findings import Findings
from sim.scenario.marks import Path
from sim.scenario.meaning_tables import check_route
from sim.scenario.profiles import PROFILES, read_csv
from sim.scenario.schema import Scenario, Stream
from sim.scenario.views import by_hour_path, is_csv, stages_of, streams_of, values_by_attribute
from sim.units import DAY

__all__ = ["check_demand"]

_MOST_PER_DAY = 1e9  # issues of a stream; those of a run are numbered below 2**31


def check_demand(scenario: Scenario, found: Findings) -> None:
    """Volumes, profiles and entry of every stream."""
    demand = scenario.demand
    if demand.streams and demand.volume is not None:
        found.add(
            "demand",
            ("demand", "volume"),
            "a volume beside streams belongs to none of them",
            "move it into a stream",
            on_key=True,
        )
    attributes = values_by_attribute(scenario)
    for name, stream in streams_of(scenario).items():
        own: Path = ("demand", "streams", name) if demand.streams else ("demand",)
        if stream.volume == 0:
            found.add("demand", (*own, "volume"), "the volume is 0")
        if (stream.volume or 0) * DAY * scenario.scale > _MOST_PER_DAY:
            found.add("demand", (*own, "volume"), f"more than {_MOST_PER_DAY:_.0f} contacts a day")
        _by_hour(found, stream, by_hour_path(scenario, name))
        if stream.volume is None and not is_csv(stream.by_hour):
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


def _by_hour(found: Findings, stream: Stream, path: Path) -> None:
    by_hour = stream.by_hour
    if is_csv(by_hour):
        for problem in read_csv(by_hour, found.layered.folder_of(path))[1]:
            if problem.mark is None:
                found.add(problem.code, path, problem.message, problem.hint)
            elif problem not in found.problems:
                found.problems.append(problem)
    elif isinstance(by_hour, str) and by_hour not in PROFILES:
        found.unknown(path, by_hour, "profile", [*PROFILES, "FILE.csv"])

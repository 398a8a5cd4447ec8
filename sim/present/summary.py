"""A scenario in words, on one page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

import numpy as np

from sim.model.tables import DAY, Then
from sim.present.words import figure
from sim.scenario.schema import Scenario, Team
from sim.scenario.traffic import clock_words, offered_load, overloads
from sim.scenario.validate import Loaded
from sim.units import HOUR, duration_words

__all__ = ["scenario_text"]

_WIDTH = 100
_HEAD = 12


def scenario_text(loaded: Loaded) -> str:
    """What comes in, where it goes, who works, and what is wished; one line or a few for each."""
    scenario, data = loaded.scenario, loaded.layered.data
    lines = [scenario.name, ""]
    if scenario.question:
        lines += _entry("Question", [scenario.question])
    lines += _entry("Time", [_time(loaded)])
    lines += _entry("Demand", _demand(loaded))
    for name, shares in data.get("attributes", {}).items():
        lines += _entry(name, [_words(shares)])
    for group, title in (("bots", "bot"), ("desks", "desk"), ("delays", "delay")):
        for name, stage in (data.get(group) or {}).items():
            lines += _entry(
                name, [f"{title}: " + "; ".join(f"{_plain(k)} {_words(v)}" for k, v in stage.items())]
            )
    for name, team in scenario.teams.items():
        lines += _entry(name, [_team(loaded, name, team)])
    if data.get("returns"):
        lines += _entry(
            "Returns", ["; ".join(f"{_plain(k)}: {_words(v)}" for k, v in data["returns"].items())]
        )
    lines += _entry("Load", _load(loaded))
    if data.get("targets"):
        lines += _entry("Targets", ["; ".join(f"{k} {v}" for k, v in data["targets"].items())])
    lines += _entry("Sources", [_sources(scenario, loaded)])
    return "\n".join(lines)


def _entry(title: str, texts: Iterable[str]) -> list[str]:
    wrapped = [line for text in texts for line in textwrap.wrap(text, _WIDTH - _HEAD)]
    head = f"{title:<{_HEAD - 1}} "
    if len(head) > _HEAD:
        return [head.rstrip(), *(" " * _HEAD + line for line in wrapped)]
    return [head + wrapped[0], *(" " * _HEAD + line for line in wrapped[1:])] if wrapped else []


def _plain(key: str) -> str:
    return key.replace("_", " ")


def _words(value: object) -> str:
    """A value as written, maps and lists in one line."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key} {_words(inner)}" if not isinstance(inner, Mapping) else f"{key} ({_words(inner)})"
            for key, inner in value.items()
        )
    if isinstance(value, list):
        return ", ".join(_words(inner) for inner in value)
    return str(value)


def _time(loaded: Loaded) -> str:
    horizon = loaded.resolved.model.horizon
    warm_up = f"{duration_words(horizon.warm_up)} of warm-up, then " if horizon.warm_up else ""
    then = {
        Then.DRAIN: "then open contacts are played out",
        Then.CONTINUE: "then demand goes on until these have ended",
        Then.CUT: "then the simulation stops",
    }[Then(horizon.then)]
    return f"{warm_up}{duration_words(horizon.end - horizon.warm_up)} measured, {then}"


def _demand(loaded: Loaded) -> list[str]:
    model, labels = loaded.resolved.model, loaded.resolved.labels
    said = []
    slots_per_hour = max(HOUR // model.streams.slot, 1)
    for name, rate in zip(labels.streams, model.streams.rate, strict=True):
        hourly = rate.reshape(-1, slots_per_hour).mean(1) * HOUR
        peak = int(np.argmax(hourly))
        hours = DAY // HOUR // len(hourly)
        busiest = (
            f", busiest {peak * hours:02d}:00-{(peak + 1) * hours:02d}:00 with {figure(hourly[peak])} an hour"
            if hourly.max() > hourly.min()
            else ""
        )
        title = f"{name}: " if len(labels.streams) > 1 else ""
        said.append(f"{title}{figure(float(rate.sum() * model.streams.slot))} new issues a day{busiest}")
    demand = loaded.layered.data["demand"]
    said += [f"{_plain(key)}: {_words(demand[key])}" for key in ("enters", "busyness") if key in demand]
    if loaded.scenario.scale != 1:
        said.append(f"scale {loaded.scenario.scale:g} is in these figures, and in those of the staff below")
    return said


def _team(loaded: Loaded, name: str, team: Team) -> str:
    model = loaded.resolved.model
    number = loaded.resolved.labels.teams.index(name)
    raw = loaded.layered.data["teams"][name]
    if team.shifts is None:
        counts = model.plan.head_counts
        rows = counts.team == number
        steps = [
            f"{n} from {b // HOUR:02d}:{b % HOUR * 60 // HOUR:02d}"
            for b, n in zip(counts.begins[rows].tolist(), counts.n_scheduled[rows].tolist(), strict=True)
        ]
        staff = "agents: " + (", ".join(steps) if len(steps) > 1 else steps[0].split(" ")[0])
    else:
        rows = np.flatnonzero(model.plan.shifts.team == number)
        n_agents = model.plan.shifts.n_scheduled[rows].tolist()
        staff = "; ".join(
            f"{shift} {spec['from']}-{spec['to']}: {n} agents"
            + (f", break {_words(spec['break'])}" if "break" in spec else "")
            for (shift, spec), n in zip(raw["shifts"].items(), n_agents, strict=True)
        )
    rest = "; ".join(f"{_plain(key)} {_words(raw[key])}" for key in raw if key not in ("agents", "shifts"))
    return f"team: {staff}; {rest}"


def _load(loaded: Loaded) -> list[str]:
    model = loaded.resolved.model
    load = offered_load(model)
    desks: dict[str, float] = {}
    for line, work in enumerate(load.mean(1)):
        desk = loaded.resolved.labels.stages[model.lines.desk[line]]
        desks[desk] = desks.get(desk, 0.0) + float(work)
    mean = ", ".join(f"{desk} {figure(work)}" for desk, work in desks.items())
    said = [f"agents' work on the mean of the day (erlangs, first contacts): {mean}"] if desks else []
    for lines, spells in overloads(model):
        names = dict.fromkeys(loaded.resolved.labels.stages[model.lines.desk[line]] for line in lines)
        said.append(f"above capacity at {', '.join(names)}: {clock_words(spells)}")
    return said


def _sources(scenario: Scenario, loaded: Loaded) -> str:
    kinds: dict[str, int] = {}
    for words in scenario.sources.values():
        kind = words.split(" ", 1)[0]
        kinds[kind] = kinds.get(kind, 0) + 1
    named = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    missing = len(loaded.unsourced)
    return (named or "none named") + (f"; {missing} inputs have none" if missing else "")

"""A scenario in words, on one page: who comes, where they go, who works, what is wished."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.model.tables import DAY, UNLIMITED, StageKind, Then
from sim.present.columns import grid, paragraph, width_of
from sim.present.words import duration, figure, number, share, writable
from sim.scenario.schema import Scenario, Team
from sim.scenario.traffic import Flows, clock_words, flows, offered_load, overloads, pool_names
from sim.scenario.validate import Loaded
from sim.units import HOUR, MINUTE, SECOND, duration_words

__all__ = ["scenario_text"]

_WIDEST_NAME = 16  # columns; a longer name stands in the text, without a column for it


def scenario_text(loaded: Loaded, *, width: int = 100, encoding: str = "utf-8") -> str:
    """A page about a scenario.

    Parameters
    ----------
    loaded
        The scenario.
    width
        Columns that lines try to stay within.
    encoding
        Of the stream it is written to; signs that it lacks become ASCII.
    """
    flow = flows(loaded.resolved.model)
    head = [loaded.scenario.name]
    if loaded.layered.plan:
        head += paragraph(f"Plan: {loaded.layered.plan}", width)
    if loaded.scenario.question:
        head += paragraph(loaded.scenario.question, width)
    blocks = [
        head,
        _facts(_coming(loaded, flow), width),
        ["Where they go", *_facts(_stages(loaded, flow), width, margin=2)],
        ["Teams", *_indented(_teams(loaded))] if loaded.scenario.teams else [],
        ["Load of first contacts, if all are answered", *_load(loaded, width)]
        if loaded.scenario.desks
        else [],
        _facts(_rest(loaded), width),
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return writable(text, encoding)


# --- pieces ---------------------------------------------------------------------------------------


def _facts(facts: Mapping[str, str], width: int, margin: int = 0) -> list[str]:
    """Names at the left, what is said of each beside them."""
    indent = margin + 2 + min(max(map(width_of, facts), default=0), _WIDEST_NAME)
    return [
        line for name, said in facts.items() for line in paragraph(said, width, " " * margin + name, indent)
    ]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}".rstrip() for line in lines]


def _listed(value: object) -> str:
    """A value as written, maps and lists in one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{k} ({_listed(v)})" if isinstance(v, Mapping) else f"{k} {_listed(v)}"
                         for k, v in value.items())  # fmt: skip
    if isinstance(value, list):
        return ", ".join(_listed(inner) for inner in value)
    return str(value)


def _clock(ticks: float) -> str:
    minutes = round((ticks if ticks <= DAY else ticks - DAY) / MINUTE)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _about(value: float) -> str:
    """A number of contacts, four digits of it."""
    return number(value, min(0, 4 - len(str(int(value))))) if value >= 10 else number(value)


def _share(value: float) -> str:
    """A share as scenarios are written: 71.6%."""
    return share(value).replace(" ", "")


# --- who comes ------------------------------------------------------------------------------------


def _coming(loaded: Loaded, flow: Flows) -> dict[str, str]:
    names = loaded.resolved.labels.stages
    total = flow.enters.sum()
    entries = ", ".join(
        f"{names[s]} {_share(flow.enters[s] / total)}" for s in np.argsort(-flow.enters) if flow.enters[s] > 0
    )
    said = {"Time": _time(loaded)}
    demand = _demand(loaded)
    said["Demand"] = demand.pop("") if "" in demand else f"{_about(total)} new customers a day"
    said |= {f"  {name}": text for name, text in demand.items()}
    if sum(flow.enters > 0) > 1:
        said["Entering at"] = entries
    else:
        said["Demand"] += f", all at {entries.rsplit(' ', 2)[0]}"
    for name, shares in loaded.layered.data.get("attributes", {}).items():
        said[name] = _listed(shares)
    if loaded.scenario.scale != 1:
        said["Scale"] = f"{loaded.scenario.scale:g}: in the volumes above and the numbers of agents below"
    return said


def _time(loaded: Loaded) -> str:
    horizon = loaded.resolved.model.horizon
    warm_up = f"{duration_words(horizon.warm_up)} of warm-up, then " if horizon.warm_up else ""
    then = {
        Then.DRAIN: "open contacts are played out",
        Then.CONTINUE: "demand goes on until the measured contacts have ended",
        Then.CUT: "the simulation stops there",
    }[Then(horizon.then)]
    return f"{warm_up}{duration_words(horizon.end - horizon.warm_up)} measured; {then}"


def _demand(loaded: Loaded) -> dict[str, str]:
    """What comes by each stream; the only one has no name."""
    model, names = loaded.resolved.model, loaded.resolved.labels.streams
    said = {}
    per_hour = max(HOUR // model.streams.slot, 1)
    written = loaded.layered.data["demand"]
    for name, rate in zip(names, model.streams.rate[:, 0], strict=True):
        hourly = rate.reshape(-1, per_hour).mean(1) * HOUR
        step = DAY // len(hourly)
        at = int(np.argmax(hourly))
        text = f"{_about(rate.sum() * model.streams.slot)} new customers a day"
        if hourly.max() > hourly.min():
            busiest = f"{_clock(at * step)}-{_clock((at + 1) * step)}"
            text += f", busiest {busiest} with {_about(hourly[at])} an hour"
        own = {**written, **written.get("streams", {}).get(name, {})}
        own = {key: words for key, words in own.items() if words not in ("0%", None)}
        said_of = {"gaps": "gaps of {}", "replay": "replayed from {}", "busyness": "days differ by {}",
                   "forecast_error": "forecast off by {}"}  # fmt: skip
        text += "".join(f"; {words.format(own[key])}" for key, words in said_of.items() if key in own)
        said[name if len(names) > 1 else ""] = text
    return said


# --- where they go --------------------------------------------------------------------------------


def _stages(loaded: Loaded, flow: Flows) -> dict[str, str]:
    model, names = loaded.resolved.model, loaded.resolved.labels.stages
    said = {}
    for s, name in enumerate(names):
        kind = StageKind(model.stages.kind[s])
        group = {StageKind.BOT: "bots", StageKind.DESK: "desks", StageKind.DELAY: "delays"}[kind]
        raw = loaded.layered.data[group][name]
        mean = f"mean {duration(flow.work[s] / flow.visits[s] / SECOND)}" if flow.visits[s] else ""
        parts = [f"{group[:-1]}, {_about(flow.visits[s])} a day"]
        if kind == StageKind.BOT:
            parts += _bot(loaded, s, raw, mean)
        elif kind == StageKind.DESK:
            parts += _desk(raw, mean)
        else:
            parts.append(f"lasts {_law(raw['lasts'], mean)}")
        said[name] = f"{'; '.join(parts)}. {_outcome(names, flow, s, raw, kind)}".strip()
    return said


def _law(raw: object, mean: str) -> str:
    return f"{_listed(raw)} ({mean})" if isinstance(raw, Mapping) and mean else _listed(raw)


def _bot(loaded: Loaded, s: int, raw: Mapping[str, Any], mean: str) -> list[str]:
    said = [f"replies in {_listed(raw['first_reply'])}"] if "first_reply" in raw else []
    said.append(f"sessions {_law(raw['session'], mean)}")
    limit = loaded.resolved.model.stages.limit[s]
    if (limit != UNLIMITED).all():
        numbers = sorted({int(n) for n in limit})
        said.append(f"at most {' to '.join(number(n) for n in {numbers[0], numbers[-1]})} at once")
    if "cost" in raw:
        said.append(f"{raw['cost']} a contact")
    return said


def _desk(raw: Mapping[str, Any], mean: str) -> list[str]:
    said = [f"handling {_law(raw['handling'], mean)}"]
    if "wrap_up" in raw:
        said.append(f"then wrap-up {_listed(raw['wrap_up'])}")
    patience = raw.get("patience", "never")
    said.append("nobody gives up waiting" if patience == "never" else f"patience {_listed(patience)}")
    if "at_most_waiting" in raw:
        said.append(f"at most {_listed(raw['at_most_waiting'])} waiting")
    if "head_start" in raw:
        said.append(f"head start {_listed(raw['head_start'])}")
    return said


def _outcome(names: tuple[str, ...], flow: Flows, s: int, raw: Mapping[str, Any], kind: StageKind) -> str:
    """What is solved and who goes where, as shares of those who come."""
    if not flow.visits[s]:
        return ""
    solved, onward = flow.solved[s] / flow.visits[s], flow.onward[s] / flow.visits[s]
    said = []
    if "solves" in raw or kind == StageKind.BOT:
        detail = f" ({_listed(raw['solves'])})" if isinstance(raw.get("solves"), Mapping) else ""
        said.append(f"Solves {_share(solved)}{detail}")
    goes = ", ".join(f"{names[to]} {_share(onward[to])}" for to in np.argsort(-onward) if onward[to] > 0)
    if goes:
        rest = "; the rest leaves" if round(float(onward.sum()), 6) < 1 else ""
        said.append(f"{'to' if said else 'To'} {goes}{rest}")
    for end, words in (("abandoned", "who gives up: "), ("turned_away", "who finds it full: ")):
        if end in raw:
            said.append(f"{words}{_listed(raw[end])}")
    return "; ".join(said) + "." if said else ""


# --- who works ------------------------------------------------------------------------------------


def _teams(loaded: Loaded) -> list[str]:
    head: tuple[str, ...] = ("team", "shift", "hours", "agents", "break", "away", "chats", "cost", "serves")
    rows = [head]
    for number_of_team, (name, team) in enumerate(loaded.scenario.teams.items()):
        raw = loaded.layered.data["teams"][name]
        away = " and ".join(str(raw[key]) for key in ("shrinkage", "absence") if key in raw)
        common = (
            away,
            str(team.chats) if team.chats > 1 else "",
            str(raw.get("cost", "")),
            _serves(raw["serves"]),
        )
        for k, hours in enumerate(_hours(loaded, number_of_team, team, raw)):
            rows.append((name if k == 0 else "", *hours, *(common if k == 0 else ("",) * len(common))))
    return grid(rows, to_the_right=(3, 5, 6, 7), gap="  ")


def _serves(raw: object) -> str:
    if isinstance(raw, Mapping) and all(rank == 1 for rank in raw.values()):
        return ", ".join(map(str, raw))
    if isinstance(raw, Mapping) and all(rank == 1 for ranks in raw.values() for rank in _ranks(ranks)):
        return ", ".join(f"{desk} ({', '.join(ranks)})" if isinstance(ranks, Mapping) else str(desk)
                         for desk, ranks in raw.items())  # fmt: skip
    return f"by rank: {_listed(raw)}" if isinstance(raw, Mapping) else _listed(raw)


def _ranks(raw: object) -> list[object]:
    return list(raw.values()) if isinstance(raw, Mapping) else [raw]


def _hours(loaded: Loaded, team: int, spec: Team, raw: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Shift, hours, agents and breaks, a row each; alike shifts that follow each other share a row."""
    plan = loaded.resolved.model.plan
    if spec.shifts is None:
        steps = np.flatnonzero(plan.head_counts.team == team)
        begins = [int(plan.head_counts.begins[k]) for k in steps]
        ends = [*begins[1:], DAY]
        return [
            ("", f"{_clock(begin)}-{_clock(end)}", number(plan.head_counts.n_scheduled[k]), "")
            for k, begin, end in zip(steps, begins, ends, strict=True)
        ]
    rows: list[list[Any]] = []
    for k, (name, shift) in zip(np.flatnonzero(plan.shifts.team == team), raw["shifts"].items(), strict=True):
        begin, end = int(plan.shifts.begins[k]), int(plan.shifts.ends[k])
        n = int(plan.shifts.n_scheduled[k, 0])
        breaks = _listed(shift["break"]) if "break" in shift else ""
        if rows and not breaks and rows[-1][2:] == [begin, n, ""]:
            rows[-1][0].append(name)
            rows[-1][2] = end
        else:
            rows.append([[name], begin, end, n, breaks])
    return [
        (
            ", ".join(names),
            f"{_clock(begin)}-{_clock(end)}",
            f"{number(n)} each" if len(names) > 1 else number(n),
            breaks,
        )
        for names, begin, end, n, breaks in rows
    ]


def _load(loaded: Loaded, width: int) -> list[str]:
    """Work offered to each desk, and the hours in which its teams (the worst off) cannot take it all."""
    model, names = loaded.resolved.model, loaded.resolved.labels.stages
    load = offered_load(model)
    of_desk: dict[str, Any] = {}
    for line, work in enumerate(load):
        desk = names[model.lines.desk[line]]
        of_desk[desk] = of_desk.get(desk, 0.0) + work
    above: dict[str, tuple[float, str]] = {}
    for pool, spells in overloads(model):
        worst = max(ratio for *_, ratio in spells)
        for desk, teams in pool_names(model, loaded.resolved.labels, pool).items():
            said = clock_words(spells) + (f" for {', '.join(teams)}" if teams else "")
            above[desk] = max(above.get(desk, (0.0, "")), (worst, said))
    rows = [["desk", "agents' work", "at the peak", ""]]
    when = ["more than the teams can take"]
    for desk, work in of_desk.items():
        peak = int(np.argmax(work))
        at = f"from {_clock(peak * model.streams.slot)}" if work.max() > work.min() else ""
        rows.append([desk, f"{figure(work.mean())} erlangs", figure(work.max()), at])
        when.append(above[desk][1] if desk in above else "never")
    beside = _indented(grid(rows, to_the_right=(1, 2)))
    indent = 3 + max(map(width_of, beside))
    return [
        part for row, said in zip(beside, when, strict=True) for part in paragraph(said, width, row, indent)
    ]


# --- the rest -------------------------------------------------------------------------------------


def _rest(loaded: Loaded) -> dict[str, str]:
    said = {}
    returns = _returns(loaded)
    if returns:
        said["Coming back"] = returns
    targets = loaded.layered.data.get("targets")
    if targets:
        said["Targets"] = "; ".join(f"{path} {wish}" for path, wish in targets.items())
    said["Sources"] = _sources(loaded.scenario, loaded)
    return said


def _returns(loaded: Loaded) -> str:
    """Who comes back; those who do so alike are told together."""
    raw = dict(loaded.layered.data.get("returns") or {})
    who = {"believed": "unsolved but believed solved", "unsolved": "unsolved", "abandoned": "gave up waiting",
           "turned_away": "turned away"}  # fmt: skip
    alike: dict[str, list[str]] = {}
    for leaving, words in who.items():
        if leaving in raw:
            one = raw[leaving]
            to = f", to {_listed(one['to'])}" if "to" in one else ""
            kept = ", with the patience left" if one.get("patience") == "kept" else ""
            after = re.sub("^from ", "times from ", _listed(one["after"]))
            said = f"{_listed(one['chance'])} after {after}{to}{kept}"
            alike.setdefault(said, []).append(words)
    said_of_all = "; ".join(f"{' or '.join(names)}: {said}" for said, names in alike.items())
    return said_of_all + (f"; at most {raw['at_most']} times" if "at_most" in raw and alike else "")


def _sources(scenario: Scenario, loaded: Loaded) -> str:
    kinds: dict[str, int] = {}
    for words in scenario.sources.values():
        kind = words.split(" ", 1)[0]
        kinds[kind] = kinds.get(kind, 0) + 1
    named = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items(), key=lambda item: -item[1]))
    missing = len(loaded.unsourced)
    none = f"{missing} {'input has' if missing == 1 else 'inputs have'} none" if missing else ""
    return "; ".join(filter(None, (named, none))) or "none named"

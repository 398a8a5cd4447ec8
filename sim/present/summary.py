"""A scenario in words, on one page: who comes, where they go, who works, what is wished."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.model.tables import DAY, UNLIMITED, Model, StageKind, Then
from sim.present.columns import grid, paragraph, width_of
from sim.present.words import duration, figure, number, share, writable
from sim.scenario.changes import TIME_KEYS
from sim.scenario.day_words import kind_weights, kind_words, kinds_met
from sim.scenario.plan_export import shift_names
from sim.scenario.schema import Scenario, Team
from sim.scenario.traffic import Flows, load_slot, mean_flows, offered_load, overload_words, pool_names
from sim.scenario.validate import Loaded
from sim.scenario.views import works_in_shifts
from sim.scenario.wishes import source_kind
from sim.units import HOUR, MINUTE, SECOND, duration_words

__all__ = ["scenario_text"]

_MOST_ROWS = 6  # of a team; more shifts or numbers are told in one
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
    flow = mean_flows(loaded.resolved.flows)
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
        ["At some times", *_facts(_changes(loaded), width, margin=2)] if loaded.scenario.changes else [],
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
    horizon = loaded.resolved.flows.horizon
    warm_up = f"{duration_words(horizon.warm_up)} of warm-up, then " if horizon.warm_up else ""
    then = {
        Then.DRAIN: "open contacts are played out",
        Then.CONTINUE: "demand goes on until the measured contacts have ended",
        Then.CUT: "the simulation stops there",
    }[Then(horizon.then)]
    return f"{warm_up}{duration_words(horizon.end - horizon.warm_up)} measured; {then}"


def _demand(loaded: Loaded) -> dict[str, str]:
    """What comes by each stream; the only one has no name."""
    model, names = loaded.resolved.flows, loaded.resolved.labels.streams
    said = {}
    per_hour = max(HOUR // model.streams.slot, 1)
    written = loaded.layered.data["demand"]
    kinds = kinds_met(model)
    for name, rate in zip(names, model.streams.rate[:, kinds], strict=True):
        hourly = rate.reshape(len(kinds), -1, per_hour).mean(2) * HOUR
        step = DAY // hourly.shape[1]
        of_day = rate.sum(1) * model.streams.slot
        at = int(np.argmax(hourly.max(0)))
        text = f"{_about(kind_weights(model)[kinds] @ of_day)} new customers a day"
        if np.ptp(of_day) > 1e-9 * of_day.max():
            text += f" on average ({_by_kind(model, kinds, [_about(n) for n in of_day])})"
        if hourly.max() > hourly.min():
            busiest = f"{_clock(at * step)}-{_clock((at + 1) * step)}"
            alike = [k for k, figures in zip(kinds, hourly, strict=True) if figures[at] == hourly.max()]
            on = f" {kind_words(model, alike)}" if len(alike) < len(kinds) else ""
            text += f", busiest {busiest}{on} with {_about(hourly.max())} an hour"
        own = {**written, **written.get("streams", {}).get(name, {})}
        own = {key: words for key, words in own.items() if words not in ("0%", None)}
        said_of = {"gaps": "gaps of {}", "replay": "replayed from {}", "busyness": "days differ by {}",
                   "forecast_error": "forecast off by {}"}  # fmt: skip
        text += "".join(f"; {words.format(own[key])}" for key, words in said_of.items() if key in own)
        said[name if len(names) > 1 else ""] = text
    return said


def _by_kind(model: Model, kinds: list[int], said: list[str]) -> str:
    """What is said of kinds of day; of kinds of which the same is said, once."""
    alike: dict[str, list[int]] = {}
    for kind, words in zip(kinds, said, strict=True):
        alike.setdefault(words, []).append(kind)
    return ", ".join(f"{words} {kind_words(model, of)}" for words, of in alike.items())


# --- where they go --------------------------------------------------------------------------------


def _stages(loaded: Loaded, flow: Flows) -> dict[str, str]:
    model, names = loaded.resolved.flows, loaded.resolved.labels.stages
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
    limit = loaded.resolved.flows.stages.limit[s]
    if (limit != UNLIMITED).all():
        numbers = sorted({int(n) for n in limit})
        said.append(f"at most {' to '.join(number(n) for n in {numbers[0], numbers[-1]})} at once")
    if "cost" in raw:
        said.append(f"{raw['cost']} a contact")
    return [*said, *_open(raw)]


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
    return [*said, *_open(raw)]


def _open(raw: Mapping[str, Any]) -> list[str]:
    return [f"open {_listed(raw['open'])}"] if "open" in raw else []


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
    for end, words in (
        ("abandoned", "who gives up: "),
        ("turned_away", "who finds it full: "),
        ("closed", "when it is closed: "),
    ):
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
        for k, hours in enumerate(_hours(loaded, number_of_team, team)):
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


def _hours(loaded: Loaded, team: int, spec: Team) -> list[tuple[str, str, str, str]]:
    """Shift, hours, agents and breaks, a row each; alike shifts that follow each other share a row."""
    plan = loaded.resolved.flows.plan
    model = loaded.resolved.flows
    kinds = kinds_met(model)
    names = shift_names(loaded.versions)
    if not works_in_shifts(spec):
        return _head_counts(model, team, kinds)
    if len(set(plan.shifts.begins[plan.shifts.team == team].tolist())) > _MOST_ROWS:
        return [_many_shifts(model, team, kinds)]
    rows: list[list[Any]] = []
    for k in np.flatnonzero(plan.shifts.team == team):
        begin, end = int(plan.shifts.begins[k]), int(plan.shifts.ends[k])
        name = names[int(plan.shifts.name_hash[k])]
        worked = [kind for kind in kinds if plan.shifts.n_scheduled[k, kind]] or kinds
        numbers = sorted({int(n) for n in plan.shifts.n_scheduled[k, worked]})
        n = " to ".join(number(n) for n in dict.fromkeys((numbers[0], numbers[-1])))
        name += f" {kind_words(model, worked)}" if worked != kinds else ""
        breaks = _breaks(model, int(k))
        if rows and not breaks and rows[-1][2:] == [begin, n, ""]:
            rows[-1][0].append(name)
            rows[-1][2] = end
        else:
            rows.append([[name], begin, end, n, breaks])
    return [
        (
            ", ".join(names),
            f"{_clock(begin)}-{_clock(end)}",
            f"{n} each" if len(names) > 1 else n,
            breaks,
        )
        for names, begin, end, n, breaks in rows
    ]


def _head_counts(model: Model, team: int, kinds: list[int]) -> list[tuple[str, str, str, str]]:
    """The rows of a team without shifts: its numbers over the day, for each kind of day that differs."""
    counts = model.plan.head_counts
    alike: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for kind in kinds:
        steps = np.flatnonzero((counts.team == team) & (counts.kind == kind))
        begins = [int(counts.begins[k]) for k in steps]
        hours = [
            f"{_clock(begin)}-{_clock(end)}" for begin, end in zip(begins, [*begins[1:], DAY], strict=True)
        ]
        numbers = [number(n) for n in counts.n_scheduled[steps]]
        alike.setdefault(tuple(zip(hours, numbers, strict=True)), []).append(kind)
    if len(alike) > 1:  # only when somebody is there
        there = {tuple(step for step in steps if step[1] != "0"): of for steps, of in alike.items()}
        alike = {steps: of for steps, of in there.items() if steps} or alike
    is_one = len(alike) == 1 and next(iter(alike.values())) == kinds
    if sum(map(len, alike)) > _MOST_ROWS:
        return [_many_steps(model, team, kinds)]
    return [
        ("" if is_one or i else kind_words(model, of), hours, n, "")
        for steps, of in alike.items()
        for i, (hours, n) in enumerate(steps)
    ]


def _many_steps(model: Model, team: int, kinds: list[int]) -> tuple[str, str, str, str]:
    """One row for a head count that changes often."""
    counts = model.plan.head_counts
    mine = counts.n_scheduled[(counts.team == team) & np.isin(counts.kind, kinds)]
    return "", "through the day", f"{number(int(mine.min()))} to {number(int(mine.max()))}", ""


def _many_shifts(model: Model, team: int, kinds: list[int]) -> tuple[str, str, str, str]:
    """One row for a team with many shifts."""
    shifts = model.plan.shifts
    mine = np.flatnonzero((shifts.team == team) & shifts.n_scheduled[:, kinds].any(axis=1))
    each = shifts.n_scheduled[mine][:, kinds]
    begins = shifts.begins[mine]
    return (
        f"{len(mine)} shifts",
        f"begin {_clock(int(begins.min()))} to {_clock(int(begins.max()))}",
        " to ".join(number(int(n)) for n in dict.fromkeys((each[each > 0].min(), each.max()))) + " each",
        "",
    )


def _breaks(model: Model, row: int) -> str:
    """The breaks of a row of shifts."""
    shifts = model.plan.shifts
    rows = range(shifts.first_break[row], shifts.first_break[row + 1])
    return ", ".join(
        f"{duration_words(shifts.break_length[b])} at {_clock(shifts.break_due[b])}" for b in rows
    )


def _load(loaded: Loaded, width: int) -> list[str]:
    """Work offered to each desk, and the hours in which its teams (the worst off) cannot take it all."""
    model, names = loaded.resolved.flows, loaded.resolved.labels.stages
    kinds = kinds_met(model)
    load = np.stack([offered_load(model, kind) for kind in kinds], axis=1)
    of_desk: dict[str, Any] = {}
    for line, work in enumerate(load):
        desk = names[model.lines.desk[line]]
        of_desk[desk] = of_desk.get(desk, 0.0) + work
    above = [(pool_names(model, loaded.resolved.labels, o.lines), o) for o in overload_words(model)]
    beside_desk: dict[str, tuple[float, str]] = {}
    for desks, overload in above if len(kinds) == 1 else []:
        for desk, teams in desks.items():
            said_of = overload.words + (f" for {', '.join(teams)}" if teams else "")
            beside_desk[desk] = max(beside_desk.get(desk, (0.0, "")), (overload.worst, said_of))
    rows = [["desk", "agents' work", "at the peak", ""]]
    when = ["more than the teams can take"]
    for desk, work in of_desk.items():
        kind, peak = (int(n) for n in np.unravel_index(np.argmax(work), work.shape))
        on = f" {kind_words(model, [kinds[kind]])}" if len(kinds) > 1 else ""
        at = f"from {_clock(peak * load_slot(model))}{on}" if work.max() > work.min() else ""
        mean = float(kind_weights(model)[kinds] @ work.mean(1))
        rows.append([desk, f"{figure(mean)} erlangs", figure(work.max()), at])
        when.append(beside_desk[desk][1] if desk in beside_desk else "never")
    beside = _indented(grid(rows, to_the_right=(1, 2)))
    if len(kinds) > 1:
        said = {"more than the teams can take": "never"} if not above else {}
        said |= {f"{', '.join(desks)} above capacity": overload.words for desks, overload in above}
        return beside + [
            line for what, words in said.items() for line in paragraph(f"{what}: {words}", width, "", 2)
        ]
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
    groups = loaded.scenario.groups
    if groups:
        said["Groups"] = "; ".join(f"{name} of {', '.join(members)}" for name, members in groups.items())
    targets = loaded.layered.data.get("targets")
    if targets:
        said["Targets"] = "; ".join(f"{path} {wish}" for path, wish in targets.items())
    said["Sources"] = _sources(loaded.scenario, loaded)
    return said


def _changes(loaded: Loaded) -> dict[str, str]:
    """What holds at some times only, by when it does."""
    said: dict[str, str] = {}
    for i, raw in enumerate(loaded.layered.data["changes"]):
        times = [f"{key} {raw[key]}" for key in ("from", "to") if key in raw]
        times += [str(raw["when"])] if "when" in raw else []
        when, name = " ".join(times), str(raw.get("name", ""))
        parts = {key: part for key, part in raw.items() if key not in TIME_KEYS}
        words = _listed(parts)
        said[name or when if (name or when) not in said else f"{when} ({i + 1})"] = (
            f"{when}: {words}" if name else words
        )
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
        kind = source_kind(words)
        kinds[kind] = kinds.get(kind, 0) + 1
    named = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items(), key=lambda item: -item[1]))
    missing = len(loaded.unsourced)
    none = f"{missing} {'input has' if missing == 1 else 'inputs have'} none" if missing else ""
    return "; ".join(filter(None, (named, none))) or "none named"

"""Hypothesis strategies for whole scenarios, as dictionaries; every one of them is valid.

`scenarios` makes small centres of a few hours or days with some hundred contacts. Half of them are
*coarse*: all durations are whole minutes without spread. With arrivals every fifth minute only,
arrivals, ends of work, breaks, shift ends and patience often meet at one tick.

Examples are the same in every run. ``MOST_EXAMPLES`` in the environment lowers their number,
``TIMES_EXAMPLES`` multiplies it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from sim.verify.random_scenarios import DAYS, NAMED_DAYS, SMOOTH_LAWS, STARTS, TIMES

__all__ = ["ARE_FEWER", "examples", "scenarios"]

ARE_FEWER = "MOST_EXAMPLES" in os.environ
"""Whether there are too few examples to reach all that they are meant for."""

Scenario = dict[str, Any]
Laws = SearchStrategy[str]

_SHARES = st.sampled_from(["0%", "20%", "50%", "80%", "100%"])
_EXACT = st.sampled_from(["0 s", "1 min", "2 min", "3 min", "5 min", "10 min", "20 min", "1 h"])
_COARSE = st.one_of(
    _EXACT,
    st.sampled_from(
        [
            "50% exactly 1 min + 50% exactly 4 min",
            "30% exactly 0 s + 40% exactly 2 min + 30% exactly 6 min",
            "50% exactly 5 min + 30% exactly 10 min + 20% exactly 15 min",
        ]
    ),
)
_SMOOTH = st.one_of(
    _EXACT,
    st.sampled_from(SMOOTH_LAWS),
)
_FIVES = st.sampled_from(["5 min", "10 min", "15 min", "50% exactly 5 min + 50% exactly 15 min"])
_PATIENCE = st.sampled_from(["never", "0 s", "20% never + 80% exactly 5 min", "30% exactly 0 s + 70% never"])
_HEAD_STARTS = st.sampled_from(["0 s", "5 min", "1 h", "always first"])
_RULES = st.sampled_from(["skill first", "priority first", "longest waiting"])
_LEVELS = st.sampled_from(["offered", "without_short", "any_end", "answered"])
_HOURS = ("flat", "office", "evening", [0] * 7 + [1, 5, 1] + [0] * 14, [3] * 23 + [9])
_ATTRIBUTES = {
    "language": {"english": "60%", "spanish": "40%"},
    "difficulty": {"easy": "50%", "middling": "30%", "hard": "rest"},
    "mood": {"calm": "90%", "cross": "10%"},
}
_OWN_SHARES = {
    "language": {"english": "10%", "spanish": "90%"},
    "difficulty": {"easy": "0%", "middling": "50%", "hard": "50%"},
    "mood": {"calm": "0%", "cross": "100%"},
}
_REPLAYS = Path(__file__).parent / "cases" / "replays"
_GAPS = st.sampled_from(
    [
        "exactly 10 min",
        "exponential 20 min",
        "80% exactly 0 s + 20% exactly 1 h",
        "gamma 15 min cv 2",
        "47 min",
    ]
)
_ERRORS = st.sampled_from(["25%", "40% each 1 h", "100% each 5 min", "10% each day"])
_OPEN = st.sampled_from(
    ["09:00-17:00", ["08:00-12:00", "13:00-24:00"], {"weekends": "closed", "else": "06:00-18:00"}, "always"]
)
_OFTEN_OPEN = st.sampled_from(
    [
        ["08:00-10:00", "12:00-16:00", "20:00-24:00"],
        ["00:00-08:00", "08:10-09:00", "09:05-11:55", "12:00-15:30", "16:00-22:00"],
        ["09:00-10:00", "10:05-12:00", "12:30-23:45"],
    ]
)
_CLOCKS = (("00:00-12:00",), ("08:00-10:00", "10:00-18:00"), ("22:00-02:00",), ("09:30-09:45",))
_STEPS = ("08:00-09:00", "09:00-10:00", "10:00-10:05", "10:05-10:10", "11:00-12:00", "12:30-16:00")

# (from, to, breaks that fit): a day, a night, hours that meet the next day's, the whole day.
_SHIFTS = (
    (
        "08:00",
        "16:00",
        ("30 min at 12:00", "30 min at 12:30", "15 min at 08:00", "9 min at 15:50", "1 min at 15:59"),
    ),
    ("09:00", "12:00", ("10 min at 10:00", "4 min at 11:55", "1 min at 11:59", "2 min at 10:10")),
    (
        "12:00",
        "20:00",
        ("30 min at 15:00", "1 min at 15:30", "3 min at 15:31", "4 min at 19:55", "1 min at 19:59"),
    ),
    ("22:00", "06:00", ("30 min at 23:45", "10 min at 00:15", "30 min at 02:00")),
    ("00:00", "24:00", ("1 h at 00:00", "1 h at 12:00")),
    ("08:00", "08:00", ("20 min at 12:00", "20 min at 00:00")),
    ("23:30", "00:30", ("5 min at 00:00",)),
)


def examples(n: int) -> settings:
    """The same n examples in every run; a failing one is not made smaller, which could take minutes."""
    n *= int(os.environ.get("TIMES_EXAMPLES", "1"))
    return settings(
        phases=[Phase.explicit, Phase.generate],
        max_examples=min(n, int(os.environ.get("MOST_EXAMPLES", n))),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def _sometimes(draw: DrawFn, key: str, value: SearchStrategy[Any], of: int = 3) -> Scenario:
    """The key with a value, or nothing: one time in ``of``."""
    return {key: draw(value)} if draw(st.integers(1, of)) == 1 else {}


@st.composite
def _tables(
    draw: DrawFn,
    leaf: SearchStrategy[Any],
    attributes: tuple[str, ...],
    clock: bool = True,
    depth: int = 1,
    days: bool = True,
) -> Any:
    """A value; or a table by the values of an attribute, the clock or days, perhaps one inside another."""
    kinds = ["clock"] * clock + ["days"] * days + ["attribute"] * bool(attributes)
    kind = draw(st.sampled_from(["leaf"] * 3 + kinds))
    if kind == "leaf" or depth > 2:
        return draw(leaf)
    if kind == "days":
        below = _tables(leaf, attributes, clock, depth + 1, False)
        return {**{key: draw(below) for key in draw(st.sampled_from(DAYS))}, "else": draw(below)}
    if kind == "clock":
        below = _tables(leaf, attributes, False, depth + 1, days)
        keys = draw(st.sampled_from(_CLOCKS))
        return {**{key: draw(below) for key in keys}, "else": draw(below)}
    attribute = draw(st.sampled_from(attributes))
    below = _tables(leaf, tuple(a for a in attributes if a != attribute), clock, depth + 1, days)
    values = list(_ATTRIBUTES[attribute])
    if draw(st.booleans()):
        return {values[0]: draw(below), "else": draw(below)}
    return {value: draw(below) for value in values}


@st.composite
def _route(draw: DrawFn, onward: tuple[str, ...], attributes: tuple[str, ...]) -> Any:
    """Where a contact goes: some stage further on, or it leaves; perhaps by an attribute."""

    def one() -> Any:
        if not onward or draw(st.booleans()):
            return "leaves"
        to = draw(st.sampled_from(onward))
        some = {"leaves": "90%", to: "rest"}
        return draw(st.sampled_from([to, {to: "100%"}, {to: "60%", "leaves": "rest"}, some]))

    if attributes and draw(st.integers(1, 4)) == 1:
        values = _ATTRIBUTES[draw(st.sampled_from(attributes))]
        return {value: one() for value in values}
    if draw(st.integers(1, 6)) == 1:
        return {draw(st.sampled_from(["10:00-13:00", "weekdays", "fest"])): one(), "else": one()}
    return one()


@st.composite
def _entry(draw: DrawFn, stages: tuple[str, ...], attributes: tuple[str, ...]) -> Any:
    """Where a contact enters: it cannot leave before."""

    def one() -> Any:
        first, second = draw(st.sampled_from(stages)), draw(st.sampled_from(stages))
        if first == second:
            return first
        return {first: draw(st.sampled_from(["0%", "30%", "100%"])), second: "rest"}

    if attributes and draw(st.integers(1, 4)) == 1:
        return {value: one() for value in _ATTRIBUTES[draw(st.sampled_from(attributes))]}
    return one()


def _opening(draw: DrawFn, onward: tuple[str, ...], *ways: str) -> Scenario:
    """Opening hours, one time in three, and what becomes of those who come at other times."""
    hours = _sometimes(draw, "open", _OPEN)
    elsewhere = [{"leaves": "20%", to: "rest"} for to in onward[:1]]
    return hours | (_sometimes(draw, "closed", st.sampled_from([*ways, *elsewhere]), of=1) if hours else {})


def _bot(draw: DrawFn, onward: tuple[str, ...], attributes: tuple[str, ...], law: Laws) -> Scenario:
    return {
        "session": draw(_tables(law, attributes)),
        "solves": draw(_tables(_SHARES, attributes)),
        **_sometimes(draw, "first_reply", _tables(law, attributes)),
        **_sometimes(draw, "steepness", st.sampled_from([0.1, 3, 40])),
        **_sometimes(draw, "luck", _SHARES),
        **_sometimes(draw, "believed", _tables(_SHARES, attributes)),
        **_sometimes(draw, "solved", _route(onward, attributes)),
        **_sometimes(draw, "unsolved", _route(onward, attributes), of=1),
        **_sometimes(draw, "turned_away", _route(onward, attributes), of=2),
        **_sometimes(draw, "at_once", _tables(st.integers(1, 4), ()), of=2),
        **_sometimes(draw, "cost", st.just("0.05 CNY")),
        **_opening(draw, onward, "turned away"),
    }


def _desk(
    draw: DrawFn, name: str, onward: tuple[str, ...], back: str | None, attributes: tuple[str, ...],
    law: Laws,
) -> Scenario:  # fmt: skip
    desk: Scenario = {
        "handling": draw(_tables(law, attributes)),
        **_sometimes(draw, "wrap_up", _tables(law, attributes)),
        **_sometimes(draw, "patience", _tables(st.one_of(law, law, _PATIENCE), attributes), of=1),
        **_sometimes(draw, "patience_per", st.just("contact")),
        **_sometimes(draw, "bot_time", st.just("counts")),
        **_sometimes(draw, "solves", _tables(_SHARES, attributes), of=2),
        **_sometimes(draw, "believed", _tables(_SHARES, attributes)),
        **_sometimes(draw, "solved", _route(onward, attributes)),
        **_sometimes(draw, "unsolved", _route(onward, attributes), of=2),
        **_sometimes(draw, "abandoned", _route(onward, attributes)),
        **_sometimes(draw, "turned_away", _route(onward, attributes), of=2),
        **_sometimes(draw, "at_most_waiting", _tables(st.integers(0, 4), ())),
        **_sometimes(draw, "head_start", _tables(_HEAD_STARTS, attributes), of=2),
        **_sometimes(draw, "agent", st.just("most busy")),
        **_opening(draw, onward, "waits", "turned away"),
        **_sometimes(draw, "answer_within", st.sampled_from(["0 s", "1 min"])),
    }
    # Who gave up calls again at once, or the last desk sends back to the first: small loops.
    if "abandoned" not in desk and draw(st.integers(1, 4)) == 1:
        desk["abandoned"] = {name: "10%", "leaves": "rest"}
    if back is not None and "unsolved" not in desk and draw(st.booleans()):
        desk["unsolved"] = {back: "10%", "leaves": "rest"}
    return desk


def _team(draw: DrawFn, serves: Any) -> Scenario:
    team: Scenario = {
        "serves": serves,
        **_sometimes(draw, "chats", st.integers(1, 4), of=2),
        **_sometimes(draw, "takes", _RULES, of=1),
        **_sometimes(draw, "absence", st.sampled_from(["10%", "40%"])),
        **_sometimes(draw, "shrinkage", st.sampled_from(["10%", "50%"])),
        **_sometimes(draw, "cost", st.just("40 CNY/h")),
    }
    if draw(st.booleans()):
        steps = st.fixed_dictionaries({clock: st.integers(0, 6) for clock in (*_STEPS, "else")})
        team["agents"] = draw(st.one_of(_tables(st.integers(0, 4), ()), steps))
        return team
    chosen = draw(st.lists(st.sampled_from(_SHIFTS), min_size=1, max_size=3, unique=True))
    team["shifts"] = {}
    for number, (begins, ends, breaks) in enumerate(chosen):
        own = draw(st.lists(st.sampled_from(breaks), max_size=len(breaks), unique=True))
        team["shifts"][f"shift {number}"] = {
            "from": begins,
            "to": ends,
            "agents": draw(_tables(st.integers(0 if number else 1, 3), (), clock=False)),
            **_sometimes(draw, "on", st.sampled_from(["weekdays", ["saturday", "fest"], "12-31"]), of=6),
            **({"break": own} if own else {}),
        }
    return team


def _served(draw: DrawFn, desks: tuple[str, ...], attributes: tuple[str, ...], everything: bool) -> Any:
    """What a team serves: all desks, or some of them or of their classes."""
    ranks = st.integers(1, 3)
    if everything:
        kind = draw(st.sampled_from(["list", "ranks"]))
        return list(desks) if kind == "list" else {desk: draw(ranks) for desk in desks}
    mine: list[str] = draw(st.lists(st.sampled_from(desks), min_size=1, unique=True))
    if draw(st.booleans()) and attributes:
        attribute = draw(st.sampled_from(attributes))
        value = draw(st.sampled_from(tuple(_ATTRIBUTES[attribute])))
        if len(desks) == 1:
            return {value: draw(ranks)}
        return {mine[0]: {value: draw(ranks), **_sometimes(draw, "else", ranks)}}
    return mine[0] if len(mine) == 1 else {desk: draw(ranks) for desk in mine}


def _asks(draw: DrawFn, desk: str, teams: Scenario, is_only: bool) -> Scenario:
    """The order in which a desk asks its teams; or nothing: the order of the file."""
    mine = [name for name, team in teams.items() if is_only or desk in team["serves"]]
    return {"asks": draw(st.permutations(mine))} if draw(st.booleans()) else {}


def _returns(draw: DrawFn, stages: tuple[str, ...], attributes: tuple[str, ...], law: Laws) -> Scenario:
    limited = draw(st.booleans())
    chances = _SHARES if limited else st.sampled_from(["0%", "20%", "50%"])
    returns: Scenario = {"at_most": draw(st.integers(0, 3))} if limited else {}
    for key in ("believed", "unsolved", "abandoned", "turned_away"):
        if draw(st.booleans()):
            returns[key] = {
                "chance": draw(_tables(chances, attributes)),
                "after": draw(_tables(st.one_of(law, st.just("5 h")), attributes)),
                **_sometimes(draw, "to", _entry(stages, attributes), of=2),
                **(_sometimes(draw, "patience", st.just("kept"), of=2) if key != "abandoned" else {}),
            }
    return returns


def _value_shares(draw: DrawFn, attributes: tuple[str, ...], own: bool) -> Scenario:
    """Shares of each attribute's values; of the second perhaps by those of the first, of all by the clock."""
    found: Scenario = {}
    for n, attribute in enumerate(attributes):
        rows = [_ATTRIBUTES[attribute], _OWN_SHARES[attribute]]
        first, second = rows[::-1] if own else rows
        kinds = ["flat", "flat", "clock", *["parent"] * (2 * n)]
        kind = draw(st.sampled_from(kinds))
        if kind == "flat":
            found[attribute] = first
        elif kind == "clock":
            found[attribute] = {draw(st.sampled_from(_CLOCKS))[0]: first, "else": second}
        else:
            inner = {"08:00-10:00": second, "else": first} if draw(st.booleans()) else first
            found[attribute] = {next(iter(_ATTRIBUTES[attributes[0]])): second, "else": inner}
    return found


def _replay(draw: DrawFn, stages: tuple[str, ...], attributes: tuple[str, ...]) -> Scenario:
    """Arrivals from a file whose columns the scenario knows; on whole five minutes."""
    files = [
        "times.csv",
        *["chat.csv"] * ("chat" in stages),
        *["difficulty.csv"] * ("difficulty" in attributes),
    ]
    return {"replay": str(_REPLAYS / draw(st.sampled_from(files)))}


def _stream(
    draw: DrawFn,
    stages: tuple[str, ...],
    attributes: tuple[str, ...],
    volumes: SearchStrategy[int],
    may_replay: bool,
) -> Scenario:
    source = draw(st.sampled_from(["volume"] * 5 + ["gaps"] + ["replay"] * may_replay))
    hours = draw(st.sampled_from(_HOURS))
    if source == "replay":
        stream = _replay(draw, stages, attributes)
    else:
        stream = {
            **(
                {"gaps": draw(_GAPS)}
                if source == "gaps"
                else {
                    "volume": draw(_tables(volumes.map(lambda n: f"{n}/day"), (), clock=False)),
                    "by_hour": hours,
                }
            ),
            **_sometimes(draw, "busyness", st.sampled_from(["10%", "50%"])),
            **_sometimes(draw, "forecast_error", _ERRORS),
        }
    return {
        **stream,
        "enters": draw(_entry(stages, attributes)),
        **({"attributes": _value_shares(draw, attributes, own=True)} if draw(st.booleans()) else {}),
    }


def _horizon(draw: DrawFn) -> Scenario:
    return {
        "starts": draw(st.sampled_from(STARTS)),
        **_sometimes(draw, "warm_up", st.sampled_from(["1 h", "8 h", "1 day"])),
        "measure": draw(st.sampled_from(["12 h 30 min", "1 day", "1 day", "2 days"])),
        "then": draw(st.sampled_from(["drain", "drain", "continue", "cut"])),
        "follow": draw(st.sampled_from(["30 min", "1 day", "7 days"])),
        **_sometimes(draw, "returns", st.just("dropped"), of=2),
        "interval": draw(st.sampled_from(["15 min", "1 h", "1 day"])),
    }


def _change(draw: DrawFn, scenario: Scenario, law: Laws) -> Scenario:
    """What holds at some times only; it changes every part that it may, one time in two."""
    times = draw(st.sampled_from(TIMES))
    is_whole = ":" not in times.get("when", "")
    parts: Scenario = {}
    streams = scenario["demand"].get("streams")
    first = scenario["demand"] if streams is None else next(iter(streams.values()))
    if "volume" in first and draw(st.booleans()):
        more = {"volume": "50% more", **_sometimes(draw, "by_hour", st.sampled_from(_HOURS))}
        parts["demand"] = more if streams is None else {"streams": {next(iter(streams)): more}}
    for group, key in (("bots", "session"), ("desks", "handling"), ("delays", "lasts")):
        for name in scenario.get(group, {}):
            if draw(st.booleans()):
                parts.setdefault(group, {})[name] = {
                    key: draw(law), "believed": draw(_SHARES), "solves": draw(_SHARES)
                }  # fmt: skip
    for name, team in scenario["teams"].items():
        if "agents" in team and draw(st.booleans()):
            parts.setdefault("teams", {})[name] = {"agents": draw(st.integers(0, 4))}
        elif "shifts" in team and is_whole and draw(st.booleans()):
            first, brief = team["shifts"]["shift 0"], {"from": "11:00", "to": "15:00", "agents": 2}
            hours: Scenario = {"agents": draw(st.integers(0, 3))}
            hours |= {key: None for key in ("break", "on") if key in first}
            if first["from"] < first["to"]:
                hours["to"] = "23:15"
            parts.setdefault("teams", {})[name] = {"shifts": {"shift 0": hours, "brief": brief}}
    for key in ("believed", "unsolved"):
        if key in scenario["returns"] and draw(st.booleans()):
            parts.setdefault("returns", {})[key] = {"chance": draw(st.sampled_from(["0%", "30%"]))}
    return {**times, **(parts or {"demand": {}})}


def _crowd(draw: DrawFn, scenario: Scenario, attributes: tuple[str, ...]) -> Scenario:
    """What makes several lines wait for the same teams: volumes, entries, ranks, durations, closing times."""
    demand, desks, teams = scenario["demand"], scenario["desks"], scenario["teams"]
    first, second, *_ = desks
    ranks = st.integers(1, 4)
    lines = st.fixed_dictionaries(dict.fromkeys(_ATTRIBUTES[attributes[0]], ranks)) if attributes else ranks
    bots = list(scenario.get("bots", {}))
    for stream in demand.get("streams", {"": demand}).values():
        to_bots = {bot: "20%" for bot in bots if draw(st.booleans())}
        stream["enters"] = {**to_bots, first: draw(st.sampled_from(["30%", "50%"])), second: "rest"}
        if "volume" in stream:
            stream["volume"] = draw(st.sampled_from(["300/day", "600/day"]))
    for team in teams.values():
        team["serves"] = {desk: draw(st.one_of(ranks, lines)) for desk in desks}
        if "agents" in team:
            counts = st.fixed_dictionaries({clock: st.integers(0, 5) for clock in (*_STEPS, "else")})
            team["agents"] = draw(st.one_of(st.integers(1, 4), counts))
    patience = st.sampled_from(["never", "15 min", "20 min", "1 h", "50% exactly 5 min + 50% exactly 1 h"])
    for bot in bots:
        scenario["bots"][bot] |= {"session": draw(_FIVES), "unsolved": draw(st.sampled_from([first, second]))}
    for desk in desks.values():
        closing = {"open": draw(_OFTEN_OPEN), "closed": "waits"} if draw(st.booleans()) else {}
        desk.update(
            handling=draw(_tables(_FIVES, attributes)),
            patience=draw(_tables(patience, attributes)),
            asks=draw(st.permutations(list(teams))),
            **_sometimes(draw, "head_start", _tables(_HEAD_STARTS, attributes, clock=False), of=2),
            **_sometimes(draw, "patience_per", st.just("contact"), of=2),
            **_sometimes(draw, "bot_time", st.just("counts"), of=2),
            **_sometimes(draw, "agent", st.just("most busy"), of=2),
            **_sometimes(draw, "unsolved", st.just({second: "30%", "leaves": "rest"}), of=2),
            **closing,
        )
    to = draw(st.sampled_from([*bots, second]))
    kept = {"chance": "50%", "after": draw(_FIVES), "to": to, "patience": "kept"}
    return {**scenario, "returns": {**scenario["returns"], "unsolved": kept}}


@st.composite
def scenarios(
    draw: DrawFn, coarse_ones: tuple[bool, ...] = (True, False), crowded_ones: tuple[bool, ...] = (False,)
) -> tuple[Scenario, bool]:
    """A valid scenario, and whether it is coarse (then let issues arrive every fifth minute).

    In a *crowded* one several lines wait for the same teams, so that it matters who is first. It is coarse.
    """
    crowded = draw(st.sampled_from(crowded_ones))
    coarse = crowded or draw(st.sampled_from(coarse_ones))
    law = _COARSE if coarse else _SMOOTH
    attributes = tuple(draw(st.lists(st.sampled_from(list(_ATTRIBUTES)), max_size=2, unique=True)))
    bots = ("assistant", "finder")[: draw(st.integers(0, 2))]
    n_desks = draw(st.sampled_from([2, 3] if crowded else [1, 2, 3, 2, 3, 0] if bots else [1, 2, 3]))
    desks = ("chat", "phone", "experts")[:n_desks]
    delays = ("office",)[: draw(st.integers(0, 1))]
    flow = (*bots, *desks[:1], *delays, *desks[1:])  # contacts go on from left to right
    later = {name: flow[n + 1 :] for n, name in enumerate(flow)}
    teams: Scenario = {}
    for name in ("own", "vendor", "seniors")[: draw(st.integers(1, 3)) if desks else 0]:
        teams[name] = _team(draw, _served(draw, desks, attributes, everything=name == "own"))
    asks = {name: _asks(draw, name, teams, len(desks) == 1) for name in desks}
    volumes = st.sampled_from(draw(st.sampled_from([(200, 500, 900), (20, 100), (100, 300, 700)])))
    scale = _sometimes(draw, "scale", st.sampled_from([0.5, 2]), of=6)
    streams = {
        name: _stream(draw, flow, attributes, volumes, may_replay=not scale)
        for name in ("web", "app", "shop")[: draw(st.integers(1, 3))]
    }
    demand = {"streams": streams} if len(streams) > 1 or draw(st.booleans()) else streams["web"]
    last = desks[-1] if len(desks) > 1 else None
    scenario: Scenario = {
        "name": "Made up",
        **scale,
        **_sometimes(draw, "service_level", _LEVELS),
        "horizon": _horizon(draw),
        "days": NAMED_DAYS,
        "demand": demand,
        "desks": {
            name: _desk(draw, name, later[name], desks[0] if name == last else None, attributes, law)
            | asks[name]
            for name in desks
        },
        "teams": teams,
        "returns": _returns(draw, flow, attributes, law),
    }
    if attributes:
        scenario["attributes"] = _value_shares(draw, attributes, own=False)
    if bots:
        scenario["bots"] = {name: _bot(draw, later[name], attributes, law) for name in bots}
    if delays:
        scenario["delays"] = {
            name: {"lasts": draw(_tables(law, attributes)), "unsolved": draw(_route(later[name], attributes))}
            for name in delays
        }
    if crowded:
        scenario = _crowd(draw, scenario, attributes)
    scenario["changes"] = [_change(draw, scenario, law) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    return scenario, coarse

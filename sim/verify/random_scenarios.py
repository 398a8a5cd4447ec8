"""Made-up scenarios: small centres of a day or two with some hundred contacts; every one of them is valid.

In a *coarse* one all durations are whole minutes and issues come every few minutes, so that arrivals, ends of
work, breaks, shift ends and patience often meet at one tick and the order of events is tried. Scenario ``n``
of a seed is the same on every machine: it is drawn by Python's own generator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, TypeVar

__all__ = [
    "DAYS",
    "NAMED_DAYS",
    "SMOOTH_LAWS",
    "STARTS",
    "TIMES",
    "Scenario",
    "random_scenario",
    "scenario_text",
]

T = TypeVar("T")
Scenario = dict[str, Any]
Make = Callable[[], Any]

_SHARES = ("0%", "20%", "50%", "80%", "100%")
_EXACT = ("0 s", "1 min", "2 min", "3 min", "5 min", "10 min", "20 min", "1 h")
_COARSE = (
    *_EXACT,
    "50% exactly 1 min + 50% exactly 4 min",
    "30% exactly 0 s + 40% exactly 2 min + 30% exactly 6 min",
    "50% exactly 5 min + 30% exactly 10 min + 20% exactly 15 min",
)
SMOOTH_LAWS = (
    "exponential 3 min",
    "exponential 10 min",
    "lognormal 6 min cv 0.8",
    "lognormal 12 min p90 25 min",
    "gamma 4 min cv 0.5",
    "weibull 8 min cv 1.5",
    "uniform 1..9 min",
    "10% exactly 0 s + 90% exponential 8 min",
    "60% exponential 2 min + 40% lognormal 12 min cv 1",
)
"""Durations that are never, or not often, equal."""
_SMOOTH = (*_EXACT[1:6], *SMOOTH_LAWS)
_PATIENCE = ("never", "0 s", "20% never + 80% exactly 5 min", "30% exactly 0 s + 70% never")
_HEAD_STARTS = ("0 s", "5 min", "1 h", "always first")
_RULES = ("skill first", "priority first", "longest waiting")
_LEVELS = ("offered", "without_short", "any_end", "answered")
_HOURS: tuple[Any, ...] = ("flat", "office", "evening", [0] * 7 + [1, 5, 1] + [0] * 14, [3] * 23 + [9])
_COARSE_GAPS = ("exactly 5 min", "exactly 10 min", "60% exactly 0 s + 40% exactly 10 min",
                "80% exactly 0 s + 20% exactly 20 min")  # fmt: skip
_SMOOTH_GAPS = ("exponential 10 min", "gamma 8 min cv 2", "47 min", "80% exactly 0 s + 20% exactly 1 h")
_ERRORS = ("25%", "40% each 1 h", "100% each 5 min", "10% each day")
_ATTRIBUTES: dict[str, tuple[Scenario, Scenario]] = {
    "language": ({"english": "60%", "spanish": "40%"}, {"english": "10%", "spanish": "90%"}),
    "difficulty": (
        {"easy": "50%", "middling": "30%", "hard": "rest"},
        {"easy": "0%", "middling": "50%", "hard": "50%"},
    ),
    "mood": ({"calm": "90%", "cross": "10%"}, {"calm": "0%", "cross": "100%"}),
}
"""The values of each attribute with their shares, and other shares."""
STARTS = ("2024-02-28", "2024-03-01", "2024-12-31")  # before a leap day, a Friday, over the new year
NAMED_DAYS = {"fest": ["03-02", "02-29", "2025-01-01"]}
DAYS = (("weekdays",), ("saturday", "03-02"), ("2024-03-01..2024-03-02", "12-31"), ("fest", "friday"))
_CLOCKS = (("00:00-12:00",), ("08:00-10:00", "10:00-18:00"), ("22:00-02:00",), ("09:30-09:45",))
_STEPS = ("08:00-09:00", "09:00-10:00", "10:00-10:05", "10:05-10:10", "11:00-12:00", "12:30-16:00")
TIMES = (
    {"from": "2024-03-02"},
    {"to": "2024-03-02"},
    {"when": "10:00-14:00 on weekends"},
    {"when": "22:00-02:00"},
    {"when": "fest"},
    {"from": "2024-02-29", "when": "09:30-12:00"},
)
_OPEN = (
    "09:00-17:00",
    ["08:00-12:00", "13:00-24:00"],
    {"weekends": "closed", "else": "06:00-18:00"},
    "always",
    ["09:00-10:00", "10:05-12:00", "12:30-23:45"],
)
_SHIFTS = (
    ("08:00", "16:00", ("30 min at 12:00", "30 min at 12:30", "15 min at 08:00", "9 min at 15:50")),
    ("09:00", "12:00", ("10 min at 10:00", "4 min at 11:55", "2 min at 10:10")),
    ("12:00", "20:00", ("30 min at 15:00", "1 min at 15:30", "4 min at 19:55")),
    ("22:00", "06:00", ("30 min at 23:45", "10 min at 00:15", "30 min at 02:00")),
    ("00:00", "24:00", ("1 h at 00:00", "1 h at 12:00")),
    ("08:00", "08:00", ("20 min at 12:00", "20 min at 00:00")),
    ("23:30", "00:30", ("5 min at 00:00",)),
)
"""From, to, and breaks that fit: a day, a night, hours that meet the next day's, the whole day."""


def random_scenario(seed: int, number: int) -> Scenario:
    """Scenario ``number`` of a seed."""
    return _Made(Random(f"{seed}:{number}")).scenario(f"Made up, {number} of seed {seed}")


def scenario_text(scenario: Scenario) -> str:
    """The scenario as a file: a line for each of its parts, which is both YAML and JSON."""
    lines = (f"{json.dumps(key)}: {json.dumps(part)}" for key, part in scenario.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


class _Made:
    """A scenario in the making."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._is_coarse = random.random() < 0.5
        self._attributes = tuple(self._some(tuple(_ATTRIBUTES), 0, 2))

    # --- choosing ------------------------------------------------------------------------------

    def _one(self, options: Sequence[T]) -> T:
        return options[self._random.randrange(len(options))]

    def _whole(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def _some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Different ones of the options, in any order."""
        return self._random.sample(options, min(self._whole(least, most), len(options)))

    def _maybe(self, key: str, make: Make, of: int = 3) -> Scenario:
        """The key with a value, or nothing: one time in ``of``."""
        return {key: make()} if self._random.randrange(of) == 0 else {}

    def _law(self) -> str:
        return self._one(_COARSE if self._is_coarse else _SMOOTH)

    def _share(self) -> str:
        return self._one(_SHARES)

    def _table(
        self, leaf: Make, *, attributes: bool = True, clock: bool = True, days: bool = True, depth: int = 1
    ) -> Any:
        """A value; or a table by the values of an attribute, the clock or days; perhaps one in another."""
        kinds = ["leaf"] * 3 + ["clock"] * clock + ["days"] * days
        kinds += ["attribute"] * (attributes and bool(self._attributes))
        kind = self._one(kinds)
        if kind == "leaf" or depth > 2:
            return leaf()

        def below() -> Any:
            return self._table(
                leaf,
                attributes=attributes and kind != "attribute",
                clock=clock and kind != "clock",
                days=days and kind != "days",
                depth=depth + 1,
            )

        if kind == "attribute":
            values = list(_ATTRIBUTES[self._one(self._attributes)][0])
            if self._whole(0, 1):
                return {values[0]: below(), "else": below()}
            return {value: below() for value in values}
        keys = self._one(DAYS if kind == "days" else _CLOCKS)
        return {**{key: below() for key in keys}, "else": below()}

    # --- where contacts go ---------------------------------------------------------------------

    def _route(self, onward: Sequence[str]) -> Any:
        """To some stage further on, or it leaves; perhaps by an attribute or the clock."""

        def way() -> Any:
            if not onward or self._whole(0, 1):
                return "leaves"
            to = self._one(onward)
            return self._one([to, {to: "60%", "leaves": "rest"}, {"leaves": "90%", to: "rest"}])

        kind = self._whole(1, 6)
        if self._attributes and kind == 1:
            return {value: way() for value in _ATTRIBUTES[self._one(self._attributes)][0]}
        if kind == 2:
            return {self._one(("10:00-13:00", "weekdays", "fest")): way(), "else": way()}
        return way()

    def _entry(self, stages: Sequence[str]) -> Any:
        """Where a contact enters: it cannot leave before."""
        first, second = self._one(stages), self._one(stages)
        if first == second:
            return first
        return {first: self._one(("0%", "30%", "100%")), second: "rest"}

    def _opening(self, onward: Sequence[str], *ways: str) -> Scenario:
        """Opening hours, one time in three, and what becomes of those who come at other times."""
        elsewhere: list[Any] = [{"leaves": "20%", to: "rest"} for to in onward[:1]]
        hours = self._maybe("open", lambda: self._one(_OPEN))
        return hours | ({"closed": self._one([*ways, *elsewhere])} if hours else {})

    # --- stages --------------------------------------------------------------------------------

    def _bot(self, onward: Sequence[str]) -> Scenario:
        return {
            "session": self._table(self._law),
            "solves": self._table(self._share),
            **self._maybe("first_reply", lambda: self._table(self._law)),
            **self._maybe("luck", self._share),
            **self._maybe("believed", lambda: self._table(self._share)),
            "unsolved": self._route(onward),
            **self._maybe("solved", lambda: self._route(onward)),
            **self._maybe("turned_away", lambda: self._route(onward), 2),
            **self._maybe("at_once", lambda: self._table(lambda: self._whole(1, 4), attributes=False), 2),
            **self._maybe("cost", lambda: "0.05 EUR"),
            **self._opening(onward, "turned away"),
        }

    def _desk(self, name: str, onward: Sequence[str], back: str | None) -> Scenario:
        def patience() -> str:
            return self._one(_PATIENCE) if self._whole(0, 2) == 0 else self._law()

        def places() -> Any:
            return self._table(lambda: self._whole(0, 4), attributes=False)

        desk: Scenario = {
            "handling": self._table(self._law),
            "patience": self._table(patience),
            **self._maybe("wrap_up", lambda: self._table(self._law)),
            **self._maybe("patience_per", lambda: "contact"),
            **self._maybe("bot_time", lambda: "counts"),
            **self._maybe("solves", lambda: self._table(self._share), 2),
            **self._maybe("believed", lambda: self._table(self._share)),
            **self._maybe("solved", lambda: self._route(onward)),
            **self._maybe("unsolved", lambda: self._route(onward), 2),
            **self._maybe("abandoned", lambda: self._route(onward)),
            **self._maybe("turned_away", lambda: self._route(onward), 2),
            **self._maybe("at_most_waiting", places),
            **self._maybe("head_start", lambda: self._table(lambda: self._one(_HEAD_STARTS)), 2),
            **self._maybe("agent", lambda: "most busy"),
            **self._opening(onward, "waits", "turned away"),
            **self._maybe("answer_within", lambda: self._one(("0 s", "1 min"))),
        }
        # Who gave up calls again at once, or the last desk sends back to the first: small loops.
        if "abandoned" not in desk and self._whole(1, 4) == 1:
            desk["abandoned"] = {name: "10%", "leaves": "rest"}
        if back is not None and "unsolved" not in desk and self._whole(0, 1):
            desk["unsolved"] = {back: "10%", "leaves": "rest"}
        return desk

    # --- teams ---------------------------------------------------------------------------------

    def _served(self, desks: Sequence[str], *, everything: bool) -> Any:
        """What a team serves: all desks with ranks, or some of them, or some of their classes."""
        if everything:
            return {desk: self._whole(1, 3) for desk in desks}
        mine = self._some(desks, 1, len(desks))
        if self._attributes and self._whole(0, 1):
            value = self._one(tuple(_ATTRIBUTES[self._one(self._attributes)][0]))
            if len(desks) == 1:
                return {value: self._whole(1, 3)}
            return {mine[0]: {value: self._whole(1, 3), **self._maybe("else", lambda: self._whole(1, 3))}}
        return {desk: self._whole(1, 3) for desk in mine}

    def _team(self, serves: Any) -> Scenario:
        team: Scenario = {
            "serves": serves,
            "takes": self._one(_RULES),
            **self._maybe("chats", lambda: self._whole(1, 4), 2),
            **self._maybe("absence", lambda: self._one(("10%", "40%"))),
            **self._maybe("shrinkage", lambda: self._one(("10%", "50%"))),
            **self._maybe("cost", lambda: "40 EUR/h"),
        }
        if self._whole(0, 1):
            if self._whole(0, 1):
                team["agents"] = {clock: self._whole(0, 6) for clock in (*_STEPS, "else")}
            else:
                team["agents"] = self._table(lambda: self._whole(0, 4), attributes=False)
            return team
        team["shifts"] = {}
        for number, (begins, ends, breaks) in enumerate(self._some(_SHIFTS, 1, 3)):
            own = self._some(breaks, 0, len(breaks))
            some = partial(self._whole, 0 if number else 1, 3)
            agents = self._table(some, attributes=False, clock=False)
            team["shifts"][f"shift {number}"] = {
                "from": begins, "to": ends, "agents": agents,
                **self._maybe("on", lambda: self._one(("weekdays", ["saturday", "fest"], "12-31")), 6),
                **({"break": own} if own else {}),
            }  # fmt: skip
        return team

    # --- demand --------------------------------------------------------------------------------

    def _value_shares(self, *, own: bool) -> Scenario:
        """Shares of each attribute's values; of the second perhaps by those of the first, or by the clock."""
        found: Scenario = {}
        for n, attribute in enumerate(self._attributes):
            first, second = _ATTRIBUTES[attribute][::-1] if own else _ATTRIBUTES[attribute]
            kind = self._one(["flat", "flat", "clock", *["parent"] * (2 * n)])
            if kind == "flat":
                found[attribute] = first
            elif kind == "clock":
                found[attribute] = {self._one(_CLOCKS)[0]: first, "else": second}
            else:
                found[attribute] = {next(iter(_ATTRIBUTES[self._attributes[0]][0])): second, "else": first}
        return found

    def _stream(self, stages: Sequence[str], volumes: Sequence[int]) -> Scenario:
        if self._is_coarse or self._whole(1, 6) == 1:
            stream: Scenario = {"gaps": self._one(_COARSE_GAPS if self._is_coarse else _SMOOTH_GAPS)}
        else:
            by_day = self._table(lambda: f"{self._one(volumes)}/day", attributes=False, clock=False)
            stream = {"volume": by_day, "by_hour": self._one(_HOURS)}
            stream |= self._maybe("busyness", lambda: self._one(("10%", "50%")))
            stream |= self._maybe("forecast_error", lambda: self._one(_ERRORS))
        return {
            **stream,
            "enters": self._entry(stages),
            **(self._maybe("attributes", lambda: self._value_shares(own=True)) if self._attributes else {}),
        }

    def _returns(self, stages: Sequence[str]) -> Scenario:
        limited = bool(self._whole(0, 1))
        chances = _SHARES if limited else ("0%", "20%", "50%")
        returns: Scenario = {"at_most": self._whole(0, 3)} if limited else {}
        for key in ("believed", "unsolved", "abandoned", "turned_away"):
            if self._whole(0, 1):
                returns[key] = {
                    "chance": self._table(lambda: self._one(chances)),
                    "after": self._table(lambda: self._one(("5 h", self._law()))),
                    **self._maybe("to", lambda: self._entry(stages), 2),
                    **(self._maybe("patience", lambda: "kept", 2) if key != "abandoned" else {}),
                }
        return returns

    def _horizon(self) -> Scenario:
        return {
            "starts": self._one(STARTS),
            **self._maybe("warm_up", lambda: self._one(("1 h", "8 h", "1 day"))),
            "measure": self._one(("12 h 30 min", "1 day", "1 day", "2 days")),
            "then": self._one(("drain", "drain", "continue", "cut")),
            "follow": self._one(("30 min", "1 day", "7 days")),
            **self._maybe("returns", lambda: "dropped", 2),
            "interval": self._one(("15 min", "1 h", "1 day")),
        }

    def _change(self, scenario: Scenario) -> Scenario:
        """What holds at some times only: durations, head counts, chances of returns."""
        parts: Scenario = {}
        for group, key in (("bots", "session"), ("desks", "handling"), ("delays", "lasts")):
            for name in scenario.get(group, {}):
                if self._whole(0, 1):
                    changed = {key: self._law(), "believed": self._share(), "solves": self._share()}
                    parts.setdefault(group, {})[name] = changed
        for name, team in scenario["teams"].items():
            if "agents" in team and self._whole(0, 1):
                parts.setdefault("teams", {})[name] = {"agents": self._whole(0, 4)}
        for key in ("believed", "unsolved"):
            if key in scenario["returns"] and self._whole(0, 1):
                parts.setdefault("returns", {})[key] = {"chance": self._one(("0%", "30%"))}
        return {**self._one(TIMES), **(parts or {"demand": {}})}

    # --- all of it -----------------------------------------------------------------------------

    def scenario(self, name: str) -> Scenario:
        """The whole scenario."""
        bots = ("assistant", "finder")[: self._whole(0, 2)]
        desks = ("chat", "phone", "experts")[: self._whole(1, 3)]
        delays = ("office",)[: self._whole(0, 1)]
        flow = (*bots, *desks[:1], *delays, *desks[1:])  # contacts go on from left to right
        later = {stage: flow[n + 1 :] for n, stage in enumerate(flow)}
        teams = {
            team: self._team(self._served(desks, everything=team == "own"))
            for team in ("own", "vendor", "seniors")[: self._whole(1, 3)]
        }
        last = desks[-1] if len(desks) > 1 else None
        volumes = self._one(((200, 500, 900), (20, 100), (100, 300, 700)))
        streams = {
            stream: self._stream(flow, volumes) for stream in ("web", "app", "shop")[: self._whole(1, 3)]
        }
        made: Scenario = {
            "name": name,
            **self._maybe("scale", lambda: self._one((0.5, 2)), 6),
            **self._maybe("service_level", lambda: self._one(_LEVELS)),
            "horizon": self._horizon(),
            "days": NAMED_DAYS,
            **({"attributes": self._value_shares(own=False)} if self._attributes else {}),
            "demand": {"streams": streams} if len(streams) > 1 else streams["web"],
            **({"bots": {bot: self._bot(later[bot]) for bot in bots}} if bots else {}),
            "desks": {
                desk: self._desk(desk, later[desk], desks[0] if desk == last else None)
                | self._maybe("asks", partial(self._asked, desk, teams, desks), 2)
                for desk in desks
            },
            "teams": teams,
            "returns": self._returns(flow),
        }
        if delays:
            made["delays"] = {
                delay: {"lasts": self._table(self._law), "unsolved": self._route(later[delay])}
                for delay in delays
            }
        made["changes"] = [self._change(made) for _ in range(self._one((0, 0, 1, 2)))]
        return made

    def _asked(self, desk: str, teams: Scenario, desks: Sequence[str]) -> list[str]:
        """The teams that serve a desk, in the order in which it asks them."""
        mine = [name for name, team in teams.items() if len(desks) == 1 or desk in team["serves"]]
        self._random.shuffle(mine)
        return mine

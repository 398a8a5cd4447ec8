"""A made-up result document of a support desk, for tests of tables and pictures: no simulation behind it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["support_desk"]

N = 96  # quarter-hours
_ADDED = ("arrivals", "waiting", "load")  # the rest is averaged over desks
Floats = NDArray[np.float64]


def _fig(value: float | None, unit: str, relative: float = 0.03, days: int = 20) -> dict[str, Any]:
    half_width = None if days == 1 or value is None else abs(value) * relative
    return {"value": value, "half_width": half_width, "unit": unit}


def _list(values: Floats) -> list[float | None]:
    return [None if not math.isfinite(v) else round(float(v), 6) for v in values]


def _series(values: Floats, relative: float, days: int) -> dict[str, Any]:
    half_width = np.full(N, np.nan) if days == 1 else np.abs(values) * relative
    return {"value": _list(values), "half_width": _list(half_width)}


def _profile(peak: float, rng: np.random.Generator) -> Floats:
    """Contacts per quarter-hour: quiet night, working day, evening peak between 20:00 and 22:00."""
    h = np.arange(N) / 4
    level = 0.12 + 0.5 / (1 + np.exp(-(h - 8.5) * 1.6)) + 0.43 * np.exp(-(((h - 20.9) / 1.25) ** 2))
    level -= 0.42 / (1 + np.exp(-(h - 22.8) * 2.2))
    return peak * np.maximum(level, 0.05) * (1 + 0.015 * rng.standard_normal(N))


def _desk(arrivals: Floats, room: Floats, handling_s: float, patience_s: float, days: int) -> dict[str, Any]:
    """A fluid queue: enough for curves of the right shape."""
    load = arrivals / 900 * handling_s
    waiting, waits = np.zeros(N), np.zeros(N)
    now = 0.0
    for _ in range(2):  # the second day begins with what the first left
        for k in range(N):
            for _ in range(15):
                served = room[k] / handling_s
                gone = now / patience_s
                now = max(0.0, now + 60 * (arrivals[k] / 900 - served - gone))
            waiting[k] = now
            waits[k] = now / (room[k] / handling_s) + 4 + 60 * min(1.0, load[k] / room[k]) ** 8
    abandoned = 1 - np.exp(-waits / patience_s)
    return {
        "arrivals": _series(arrivals, 0.02, days),
        "answered": _series(1 - abandoned, 0.02, days),
        "abandoned": _series(abandoned, 0.09, days),
        "wait.mean": _series(waits, 0.07, days),
        "wait.p90": _series(waits * 1.35 + 25, 0.09, days),
        "service_level": _series(np.exp(-waits / 60), 0.03, days),
        "waiting": _series(waiting, 0.07, days),
        "load": _series(load, 0.02, days),
    }


def _team(on: Floats, chats: int, load: Floats) -> dict[str, Any]:
    slots = on * chats
    return {
        "on": _list(on),
        "slots": _list(slots),
        "busy": _list(np.minimum(load, slots * 0.97)),
        "scheduled": _list(np.round(on * 1.08)),
    }


def support_desk(
    *, days: int = 20, chinese: bool = False, night_closed: bool = False, scale: float = 1.0, seed: int = 7
) -> dict[str, Any]:
    """A result document: desks chat (three chats an agent, short of people in the evening) and phone, a bot.

    Parameters
    ----------
    days
        Days simulated; with one there are no half-widths.
    chinese
        Chinese names of scenario, desks and teams.
    night_closed
        No phone contacts from 22:00 to 08:00, so gaps in its curves.
    """
    chat, phone, bot = ("在线客服", "电话", "智能机器人") if chinese else ("chat", "phone", "assistant")
    own, vendor, phones = ("自有团队", "外包团队", "电话组") if chinese else ("own", "vendor", "phone_agents")
    rng = np.random.default_rng(seed)
    h = np.arange(N) / 4
    chats_in, calls_in = _profile(1150, rng), _profile(120, rng)
    if night_closed:
        calls_in[(h < 8) | (h >= 22)] = np.nan
    own_on = np.select([h < 7, h < 9, h < 16.5, h < 23], [34.0, 84.0, 116.0, 136.0], 66.0)
    vendor_on = np.select([h < 8, h < 23.5], [20.0, 44.0], 20.0)
    phone_on = np.select([h < 8, h < 22], [20.0, 72.0], 30.0)
    blocks = {
        chat: _desk(chats_in, 3.0 * (own_on + vendor_on), 540.0, 88 * 60.0, days),
        phone: _desk(np.nan_to_num(calls_in), phone_on, 348.0, 240.0, days),
    }
    if night_closed:
        closed = np.isnan(calls_in)
        for key in ("answered", "abandoned", "wait.mean", "wait.p90", "service_level"):
            for part in blocks[phone][key].values():
                part[:] = [None if c else v for c, v in zip(closed, part, strict=True)]

    def added(key: str) -> Floats:
        return np.sum([np.array(b[key]["value"], float) for b in blocks.values()], axis=0)

    def averaged(key: str) -> Floats:
        weight = np.stack([np.array(b["arrivals"]["value"], float) for b in blocks.values()])
        value = np.stack([np.nan_to_num(np.array(b[key]["value"], float)) for b in blocks.values()])
        return (weight * value).sum(axis=0) / weight.sum(axis=0)

    blocks["all"] = {
        key: _series(added(key) if key in _ADDED else averaged(key), 0.05, days) for key in blocks[chat]
    }
    loads = {name: np.array(block["load"]["value"], float) for name, block in blocks.items()}

    def desk(
        contacts: float, wait: float, p90: float, gone: float, within: float, handling: float
    ) -> dict[str, Any]:
        return {
            "contacts": _fig(contacts, "contacts/day", 0.011, days),
            "answered": _fig(1 - gone, "share", 0.011, days),
            "abandoned": _fig(gone, "share", 0.06, days),
            "turned_away": _fig(0.0, "share", 0.0, days),
            "wait.mean": _fig(wait, "s", 0.05, days),
            "wait.p90": _fig(p90, "s", 0.05, days),
            "service_level": _fig(within, "share", 0.012, days),
            "handling.mean": _fig(handling, "s", 0.004, days),
        }

    def team(hours: float, occupancy: float, per_day: float, cost: float) -> dict[str, Any]:
        return {
            "hours.paid": _fig(hours, "h/day", 0.0, days),
            "hours.overtime": _fig(hours * 0.004, "h/day", 0.08, days),
            "occupancy": _fig(occupancy, "share", 0.008, days),
            "utilisation": _fig(occupancy * 0.89, "share", 0.008, days),
            "contacts_per_agent_day": _fig(per_day, "contacts", 0.012, days),
            "cost.total": _fig(cost, "CNY/day", 0.0002, days),
        }

    def value_of(share: float, gone: float, wait: float) -> dict[str, Any]:
        return {
            "contacts": _fig(97_337.0 * share, "contacts/day", 0.011, days),
            "abandoned": _fig(gone, "share", 0.06, days),
            "wait.mean": _fig(wait, "s", 0.05, days),
            "wait.p90": _fig(4 * wait, "s", 0.05, days),
            "solved.first": _fig(0.8 - gone, "share", 0.004, days),
        }

    return {
        "supportsim": "0.1.0",
        "scenario": "客服中心：晚高峰" if chinese else "Customer support, evening peak",
        "seed": seed, "replications": days, "days_per_replication": 1.0,
        "engine": "reference", "scale": scale, "confidence": 0.95, "unit_of_replication": "day",
        "service_level": {"definition": "all", "within_s": {chat: 20.0, phone: 20.0}},
        "measures": {
            "contacts": _fig(119_337.0, "contacts/day", 0.011, days),
            "returned": _fig(0.152, "share", 0.02, days),
            "abandoned": _fig(0.0534, "share", 0.06, days), "wait.mean": _fig(243.0, "s", 0.05, days),
            "wait.p90": _fig(1_012.0, "s", 0.05, days), "service_level": _fig(0.655, "share", 0.011, days),
            "handoff": _fig(0.371, "share", 0.006, days), "automation": _fig(0.486, "share", 0.005, days),
            "occupancy": _fig(0.823, "share", 0.008, days),
            "issues": _fig(101_240.0, "issues/day", 0.01, days),
            "solved.first": _fig(0.585, "share", 0.004, days),
            "solved.end": _fig(0.742, "share", 0.004, days),
            "believed": _fig(0.121, "share", 0.02, days),
            "time_to_resolution.mean": _fig(9_320.0, "s", 0.03, days),
            "backlog.open": _fig(412.0, "issues", 0.08, days),
            "cost.total": _fig(91_930.0, "CNY/day", 0.002, days),
            "cost.per_contact": _fig(0.7703, "CNY", 0.011, days),
            "cost.per_solved": _fig(1.224, "CNY", 0.012, days),
        },
        "stages": {
            bot: {"contacts": _fig(92_130.0, "contacts/day", 0.01, days),
                  "handoff": _fig(0.371, "share", 0.006, days),
                  "containment": _fig(0.629, "share", 0.004, days),
                  "bot.solved": _fig(0.501, "share", 0.005, days),
                  "turned_away": _fig(0.0, "share", 0.0, days),
                  "cost.total": _fig(4_606.0, "CNY/day", 0.01, days)},
            chat: desk(61_205.0, 258.0, 1_062.0, 0.0551, 0.641, 540.0),
            phone: desk(5_207.0, 34.2, 121.0, 0.0329, 0.823, 348.0),
        },
        "teams": {
            own: team(2_913.0, 0.861, 171.0, 116_520.0), vendor: team(866.0, 0.884, 182.0, 25_980.0),
            phones: team(1_372.0, 0.652, 79.0, 54_880.0),
        },
        "serves": {own: [chat], vendor: [chat], phones: [phone]},
        "classes": {
            "difficulty": {"standard": value_of(0.62, 0.048, 231.0), "complex": value_of(0.38, 0.063, 262.0)},
        },
        "targets": [
            {"path": f"{chat}.service_level", "words": "80% in 20 s", "value": 0.641,
             "half_width": None if days == 1 else 0.008, "unit": "share", "bound": 0.8, "at_least": True,
             "met": False},
            {"path": f"{phone}.abandoned", "words": "at most 5%", "value": 0.0329,
             "half_width": None if days == 1 else 0.002, "unit": "share", "bound": 0.05, "at_least": False,
             "met": True},
            {"path": f"{chat}.wait.mean", "words": "at most 2 min", "value": 258.0,
             "half_width": None if days == 1 else 12.9, "unit": "s", "bound": 120.0, "at_least": False,
             "met": False},
        ],
        "intervals": {
            "length_s": 900,
            "starts": [f"{k // 4:02d}:{k % 4 * 15:02d}" for k in range(N)],
            "stages": blocks,
            "teams": {own: _team(own_on, 3, loads[chat] * 0.78),
                      vendor: _team(vendor_on, 3, loads[chat] * 0.22),
                      phones: _team(phone_on, 1, loads[phone])},
        },
    }  # fmt: skip

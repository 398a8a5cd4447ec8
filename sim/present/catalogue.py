"""Lists: the shipped scenarios and plans, the measures."""

from __future__ import annotations

from typing import Any

from sim.measure.catalogue import MEASURES, Measure, Scope
from sim.present.columns import grid, paragraph, width_of
from sim.scenario.load import read
from sim.scenario.shipped import scenarios_in, shipped, shipped_folder, what_ifs

__all__ = ["measure_rows", "measures_text", "scenario_rows", "scenarios_text"]

_OF = {
    Scope.OVERALL: "all",
    Scope.BOT: "bot",
    Scope.DESK: "desk",
    Scope.DELAY: "delay",
    Scope.TEAM: "team",
    Scope.CLASS: "value",
}
"""What a figure may be of; those by interval have the same keys, and are told apart where they are used."""


def scenario_rows() -> list[dict[str, str]]:
    """Name and title of each shipped scenario, what-ifs last; ``kind`` says which is which."""
    kinds = (("scenario", shipped()), ("what-if", what_ifs()))
    return [
        {"name": name, "text": str(read(path).data.get("name", "")), "kind": kind}
        for kind, found in kinds
        for name, path in found.items()
    ]


def _plan_rows() -> list[dict[str, str]]:
    plans = scenarios_in(shipped_folder() / "plans")
    return [{"name": name, "text": str(read(path).data.get("plan", ""))} for name, path in plans.items()]


def scenarios_text(width: int = 100) -> str:
    """The shipped scenarios and plans, and what one does with them."""
    rows = scenario_rows()
    parts = {
        "": [row for row in rows if row["kind"] == "scenario"],
        "What-ifs, each a scenario above with a change and what is claimed of it": [
            row for row in rows if row["kind"] == "what-if"
        ],
        "Plans": _plan_rows(),
    }
    indent = 2 + max((width_of(row["name"]) for part in parts.values() for row in part), default=0)
    lines: list[str] = []
    for heading, part in parts.items():
        if heading and part:
            lines += ["", heading]
        lines += [line for row in part for line in paragraph(row["text"], width, row["name"], indent)]
    next_ = [("Look at one", "supportsim show help_desk"), ("Run one", "supportsim run help_desk"),
             ("Make your own", "supportsim init")]  # fmt: skip
    return "\n".join([*lines, "", *grid(next_)])


def _of(measure: Measure) -> list[str]:
    return [_OF[scope] for scope in measure.scopes if scope in _OF]


def measure_rows() -> list[dict[str, Any]]:
    """Key, heading, unit, what it is of and definition of each measure."""
    return [
        {
            "name": m.key,
            "heading": m.heading,
            "unit": m.unit.replace("CURRENCY", "money"),
            "of": _of(m) or ["interval"],
            "text": m.definition,
        }
        for m in MEASURES
    ]


def measures_text(width: int = 100) -> str:
    """Every measure: key and unit, what it is of, definition."""
    indent = 2 + max(width_of(row["name"]) for row in measure_rows())
    lines: list[str] = []
    before = ""
    for row in measure_rows():
        head = row["name"] if row["name"] != before else ""
        lines += paragraph(f"{row['text']} [{row['unit']}; {', '.join(row['of'])}]", width, head, indent)
        before = row["name"]
    end = (
        "In brackets: the unit, and what it is of. Ask for one of a bot, desk, delay, team or group by "
        "NAME.KEY (chat.wait.mean), of customers by VALUE.KEY (english.abandoned), of all by KEY alone."
    )
    return "\n".join([*lines, "", *paragraph(end, width)])

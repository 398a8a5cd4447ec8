"""Writes the generated files again: docs/measures.md and scenarios/scenario.schema.json."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sim.measure.catalogue import MEASURES, Measure, Scope

__all__ = ["MEASURES_PAGE", "SCHEMA", "measures_page", "write_schema"]

ROOT = Path(__file__).resolve().parents[1]
MEASURES_PAGE = ROOT / "docs" / "measures.md"
SCHEMA = ROOT / "scenarios" / "scenario.schema.json"

_HEAD = """\
# Measures

Written by `make docs` from `sim/measure/catalogue.py`; change it there.

A figure is asked for by its key (`abandoned`), or with what it is taken of before it: a bot, desk, delay or
team (`chat.wait.mean`, `own.occupancy`), a group of bots, desks or teams (`first_line.wait.mean`), or the
value of an attribute (`english.abandoned`, and `language.english.abandoned` where two attributes might be
meant), and with a clock time after it, if it is kept by interval (`chat.waiting at 18:00`: the interval of
the day that contains it).

A group has every measure of its kind, over all its members together: sums divided once, quantiles of all
waits. A contact that comes to two desks of a group counts at both. Of the contacts with one value of an
attribute at one stage or group (`chat.english.abandoned`) there is every measure of the stage but
`in_system`, `wait.peak`, `backlog.waiting` and `cost.total`; these figures are given where a target or claim
asks for them, and stand in no table.

- **Which contacts count:** those that arrive in the measured time. They are followed to their end, and
  counted in the interval in which they arrived. Issues count if their first contact falls into the measured
  time. Agents' time counts as far as it lies inside the measured time.
- **Ratios** are sums over all measured days divided once, never means of daily ratios.
- **Half-widths** are for 95 % confidence and come from the spread between days or replications.
- **Still open:** what had not ended when the simulation stopped stays in the denominators.
- What is not there (no contact came, nobody was answered) has no figure, shown as a dash.
"""

_OF = {
    Scope.OVERALL: "all",
    Scope.BOT: "bot",
    Scope.DESK: "desk",
    Scope.DELAY: "delay",
    Scope.TEAM: "team",
    Scope.CLASS: "attribute value",
    Scope.BOT_INTERVAL: "bot by interval",
    Scope.DESK_INTERVAL: "desk by interval",
    Scope.TEAM_INTERVAL: "team by interval",
    Scope.ALL_INTERVAL: "all by interval",
}


def _row(measure: Measure) -> str:
    unit = measure.unit.replace("CURRENCY", "money")
    of = ", ".join(_OF[scope] for scope in measure.scopes)
    return f"| `{measure.key}` | {measure.heading} | {unit} | {of} | {measure.definition} |"


def measures_page() -> str:
    """The text of docs/measures.md: one row for each measure of the catalogue, in its order."""
    head = ["| key | heading | unit | of | definition |", "|---|---|---|---|---|"]
    return "\n".join([_HEAD, *head, *map(_row, MEASURES), ""])


def write_schema(path: Path) -> None:
    """Write the JSON Schema of a scenario to a file, as the command `supportsim schema` does."""
    subprocess.run([sys.executable, "-m", "sim", "schema", "-o", str(path)], check=True, cwd=ROOT)


if __name__ == "__main__":
    MEASURES_PAGE.write_text(measures_page(), encoding="utf-8")
    print(f"wrote {MEASURES_PAGE.relative_to(ROOT)}")
    write_schema(SCHEMA)
    print(f"wrote {SCHEMA.relative_to(ROOT)}")

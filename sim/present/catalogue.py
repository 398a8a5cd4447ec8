"""Lists: the shipped scenarios, the measures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sim.measure.catalogue import MEASURES
from sim.scenario.load import read
from sim.scenario.shipped import shipped

__all__ = ["measure_rows", "scenario_rows", "two_columns"]

_WIDTH = 100


def scenario_rows() -> list[dict[str, str]]:
    """Name and title of each shipped scenario."""
    return [{"name": name, "text": str(read(path).data.get("name", ""))} for name, path in shipped().items()]


def measure_rows() -> list[dict[str, str]]:
    """Key and definition with unit of each measure."""
    return [
        {"name": m.key, "text": f"{m.definition} [{m.unit.replace('CURRENCY', 'money')}]"} for m in MEASURES
    ]


def two_columns(rows: Sequence[dict[str, str]]) -> str:
    """Names and texts side by side, the texts wrapped."""
    width = max((len(row["name"]) for row in rows), default=0) + 2
    lines = []
    for row in rows:
        wrapped = textwrap.wrap(row["text"], _WIDTH - width) or [""]
        lines += [row["name"].ljust(width) + wrapped[0], *(" " * width + line for line in wrapped[1:])]
    return "\n".join(lines)

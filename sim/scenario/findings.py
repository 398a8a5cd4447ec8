"""Problems of meaning as they are found, each placed in the files; and the rule for names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sim.errors import Problem, nearest
from sim.scenario.days import Days, is_day_word
from sim.scenario.layers import Layered
from sim.scenario.marks import Path, dotted
from sim.scenario.structure import place
from sim.scenario.values import ELSE, LEAVES, REST
from sim.units import is_clock_range

__all__ = ["MOST_CLASSES", "RESERVED", "Findings", "check_name"]

MOST_CLASSES = 10_000
"""Combinations of attribute values; memory grows with them."""

RESERVED = (ELSE, REST, LEAVES, "all", "demand")


@dataclass
class Findings:
    """Collects problems, each placed in the files."""

    layered: Layered
    days: Days = field(default_factory=Days)  # that tables may name
    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        code: str,
        path: Path,
        message: str,
        hint: str | None = None,
        on_key: bool = False,
        is_warning: bool = False,
    ) -> None:
        """One more problem at a path."""
        problem = Problem(code, dotted(path), message, place(self.layered, path, on_key), hint, is_warning)
        if problem not in self.problems:  # streams share what stands directly under `demand`
            self.problems.append(problem)

    def unknown(self, path: Path, word: str, what: str, known: Iterable[str], on_key: bool = False) -> None:
        """A name that is not known, with the nearest one."""
        names = list(known)
        near = nearest(word, names)
        listed = f"known: {', '.join(names)}" if names else f"the scenario has no {what}"
        self.add(
            "unknown_name",
            path,
            f"there is no {what} '{word}'",
            f"did you mean '{near}'?" if near else listed,
            on_key,
        )

    def raw(self, path: Path) -> object:
        """The composed data at a path; None where there is none."""
        data: object = self.layered.data
        for part in path:
            data = data.get(part) if isinstance(data, dict) else None
        return data


def check_name(found: Findings, path: Path, name: str, may_be_day: bool = False) -> None:
    """A name that could be mistaken for something else is a problem; a shift may be called 'saturday'."""
    if name in RESERVED or is_clock_range(name) or (is_day_word(name) and not may_be_day):
        found.add("name", path, f"'{name}' has a meaning of its own and cannot be a name", on_key=True)
    elif "." in name or "=" in name or not name.strip():
        found.add("name", path, f"the name '{name}' must not be empty or contain '.' or '='", on_key=True)

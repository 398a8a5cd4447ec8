"""Whether every input of a scenario has its source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.errors import Problem
from sim.scenario.changes import by_name
from sim.scenario.layers import Layered
from sim.scenario.marks import Path, dotted
from sim.scenario.structure import place

__all__ = ["source_of", "unsourced"]

_NOT_INPUTS = (
    "name",
    "question",
    "plan",
    "claims",
    "groups",
    "targets",
    "sources",
    "scale",
    "horizon",
    "days",
    "service_level",
)
_NOT_INPUT_KEYS = ("serves", "asks", "owner", "site", "enters", "before")


def _leaves(data: object, path: Path) -> Iterator[Path]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path


def _inputs(data: dict[str, Any]) -> Iterator[tuple[Path, Path]]:
    """Every value as `sources` name it, and where it stands: they may call a change by its name."""
    for path in _leaves({key: part for key, part in data.items() if key != "changes"}, ()):
        yield path, path
    for i, (name, part) in enumerate(by_name(data.get("changes")).items()):
        for path in _leaves(part, ()):
            yield ("changes", name, *path), ("changes", i, *path)


def source_of(sources: dict[str, str], path: Path) -> str | None:
    """The source of the longest prefix of a path, or None.

    Examples
    --------
    >>> source_of({"demand": "assumed", "demand.volume": "published contacts_per_day"}, ("demand", "volume"))
    'published contacts_per_day'
    """
    for n in range(len(path), 0, -1):
        found = sources.get(dotted(path[:n]))
        if found is not None:
            return found
    return None


def unsourced(layered: Layered) -> list[Problem]:
    """A problem for each input without a source; structure (who serves what) needs none."""
    sources = layered.data.get("sources") or {}
    problems = []
    for path, where in _inputs(layered.data):
        if path[0] in _NOT_INPUTS or any(part in _NOT_INPUT_KEYS for part in path):
            continue
        if source_of(sources, path) is None:
            problems.append(
                Problem(
                    "no_source",
                    dotted(path),
                    "this input has no source",
                    place(layered, where),
                    f"add '{dotted(path[:3])}: assumed' (or published ...) under 'sources'",
                )
            )
    return problems

"""One setting of the command line, ``--set path=value``, as a small layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, NoReturn

from sim.errors import InvalidInput, Mark, Problem
from sim.scenario.load import Document, parse_value
from sim.scenario.marks import Marks, Path, dotted
from sim.scenario.tree import LINE_END, name_problem

__all__ = ["Setting", "parse_setting"]


@dataclass(frozen=True)
class Setting:
    """A value and the path at which it is set."""

    path: Path
    layer: Document  # maps along the path, then the value


def parse_setting(text: str, name: str) -> Setting:
    """The setting in ``path=value``; the value is written as in a file.

    Parameters
    ----------
    text
        Such as ``teams.own.agents=20% more``. Keys in the path hold no dots.
    name
        What marks give as the file: ``--set #1``.

    Raises
    ------
    InvalidInput
        If there is no ``=``, no path or no value, or the value is not YAML.

    Examples
    --------
    >>> parse_setting("teams.own.agents=60", "--set #1").layer.data
    {'teams': {'own': {'agents': 60}}}
    """
    line = LINE_END.split(text)[0]
    words, equals, value_text = text.partition("=")
    if not equals:
        _refuse(
            "'=' is missing",
            Mark(name, 1, len(line) + 1, line),
            "write for example --set 'teams.own.agents=20% more'",
        )
    if not words.strip():
        _refuse("a path is missing before '='", Mark(name, 1, 1, line), None)
    keys = _keys(words, name, line)
    path = tuple(key for key, _ in keys)
    if not value_text.strip():
        _refuse(
            "a value is missing after '='",
            Mark(name, 1, len(words) + 2, line),
            "write null to take the value away",
            path,
        )
    value, inside = parse_value(text, name, len(words) + 1)

    known: dict[Path, tuple[Mark, Mark]] = {path[:i]: (mark, mark) for i, (_, mark) in enumerate(keys, 1)}
    known[()] = (Mark(name, 1, 1, line),) * 2
    for place, (key_mark, value_mark) in inside.known.items():
        known[path + place] = (key_mark if place else keys[-1][1], value_mark)
    data: Any = value
    for key in reversed(path):
        data = {key: data}
    return Setting(path, Document(data, Marks(known), FilePath(name)))


def _keys(words: str, name: str, line: str) -> list[tuple[str, Mark]]:
    """The keys of a path, each with its mark."""
    keys: list[tuple[str, Mark]] = []
    at = 0
    for part in words.split("."):
        mark = Mark(name, 1, at + len(part) - len(part.lstrip()) + 1, line)
        key = part.strip()
        problem = name_problem(key)
        if problem:
            _refuse(
                problem if key else "a key is missing in the path",
                mark,
                None,
                tuple(known for known, _ in keys),
            )
        keys.append((key, mark))
        at += len(part) + 1
    return keys


def _refuse(message: str, mark: Mark, hint: str | None, path: Path = ()) -> NoReturn:
    raise InvalidInput([Problem("setting", dotted(path), message, mark, hint)])

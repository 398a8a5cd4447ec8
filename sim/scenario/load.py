"""Scenario files in: YAML 1.2 as plain Python values, with the place of every key and value.

Everything wrong in a file becomes a `Problem`, never a traceback.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, NoReturn

from sim.errors import InvalidInput, Mark, Problem, nearest
from sim.scenario.marks import Marks, Path, dotted
from sim.scenario.tree import DEEPEST, LINE_END, MOST_NODES, Builder, name_problem

__all__ = [
    "DEEPEST",
    "LARGEST_FILE",
    "MOST_NODES",
    "Document",
    "Marks",
    "Path",
    "dotted",
    "name_problem",
    "parse",
    "parse_value",
    "read",
]

LARGEST_FILE = 5_000_000
"""Bytes; a larger file is refused."""


@dataclass(frozen=True)
class Document:
    """One file: plain dict, list, str, int, float, bool and None, with the marks of all of it."""

    data: dict[str, Any]
    marks: Marks
    path: FilePath
    is_whole_staff: bool = False  # the staff of teams in it replaces theirs, whatever its shifts are called


def read(path: str | os.PathLike[str], asked_at: Mark | None = None) -> Document:
    """The scenario, plan or overlay in a file.

    Parameters
    ----------
    path
        The file; marks name it as it is given here.
    asked_at
        Where the file is named (an ``extends``): the place shown when the file cannot be read at all.

    Raises
    ------
    InvalidInput
        With everything found wrong, up to the first place that is no YAML at all.
    """
    file = os.fspath(path)
    try:
        with open(file, "rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        _refuse("no_file", _no_file(file), asked_at)
    except IsADirectoryError:
        _refuse("no_file", f"'{file}' is a folder, not a file", asked_at)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _refuse("no_file", f"'{file}' cannot be read ({reason.lower()})", asked_at)
    if len(raw) > LARGEST_FILE:
        _refuse("too_large", f"'{file}' is larger than {LARGEST_FILE // 1_000_000} MB", asked_at)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput([_not_utf8(raw, error, file)]) from None
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """The document in a text; ``file`` is what its marks name.

    Raises
    ------
    InvalidInput
        With everything found wrong, up to the first place that is no YAML at all.

    Examples
    --------
    >>> parse("2024-07-01: {from: 08:00, agents: 1_000}", "example.yaml").data
    {'2024-07-01': {'from': '08:00', 'agents': 1000}}
    """
    builder = Builder(text, file)
    data, marks = builder.build(must_be_map=True)
    return Document(data, marks, FilePath(file))


def parse_value(text: str, file: str, start: int = 0) -> tuple[Any, Marks]:
    """The one value written in ``text[start:]``, with its marks, which count from the start of ``text``.

    Raises
    ------
    InvalidInput
        If it is not one YAML value.

    Examples
    --------
    >>> parse_value("agents=[1, 2]", "--set #1", 7)[0]
    [1, 2]
    """
    # Blanks in place of what stands before keep every mark right.
    return Builder(" " * start + text[start:], file, shown=text).build(must_be_map=False)


def _refuse(code: str, message: str, mark: Mark | None) -> NoReturn:
    raise InvalidInput([Problem(code, "", message, mark)]) from None


def _no_file(file: str) -> str:
    path = FilePath(file)
    if not path.parent.is_dir():
        return f"there is no folder '{path.parent}'"
    beside = sorted(p.name for p in path.parent.iterdir()) if os.access(path.parent, os.R_OK) else []
    near = nearest(path.name, beside)
    return f"there is no file '{file}'" + (f"; did you mean '{path.parent / near}'?" if near else "")


def _not_utf8(raw: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    before = raw[: error.start].decode("utf-8-sig", errors="replace")
    line_start = max(before.rfind("\n"), before.rfind("\r")) + 1
    rest = raw[error.start : error.start + 200].decode("utf-8", errors="replace")
    mark = Mark(
        file,
        len(LINE_END.findall(before)) + 1,
        len(before) - line_start + 1,
        before[line_start:] + LINE_END.split(rest)[0],
    )
    return Problem("encoding", "", "not UTF-8 text", mark, "save the file as UTF-8")

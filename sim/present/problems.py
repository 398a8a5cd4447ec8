"""Problems as people read them: place, what is wrong, the source line with a caret, and help."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sim.errors import Mark, Problem

__all__ = ["format_problems", "problems_to_json"]

_WIDEST = 100  # columns of a source line shown
_FAR = 4 * _WIDEST  # characters on either side of the caret that are looked at; a line may be megabytes long
_CUT = "..."
_DIRECTIONS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
_RED, _YELLOW, _CYAN, _BOLD, _PLAIN = "\033[31;1m", "\033[33;1m", "\033[36m", "\033[1m", "\033[0m"


def format_problems(problems: Iterable[Problem], color: bool = False, brief: bool = False) -> str:
    """All problems, sorted by place, and their count; empty text where there is none.

    In ``brief`` each is one line, without its source line and help.

    Examples
    --------
    >>> mark = Mark("shop.yaml", 2, 11, "  chat: {patience: 5}")
    >>> print(format_problems([Problem("unit", "desks.chat.patience", "'5' needs a unit", mark)]))
    shop.yaml:2:11: error[unit]: desks.chat.patience: '5' needs a unit
         2 |   chat: {patience: 5}
           |           ^
    1 error
    """
    found = _sorted(problems)
    if not found:
        return ""
    if brief:
        return "\n".join(_headline(p, color) for p in found)
    n_warnings = sum(p.is_warning for p in found)
    counts = [(len(found) - n_warnings, "error"), (n_warnings, "warning")]
    total = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n)
    return "\n".join([*(_one(p, color) for p in found), total])


def problems_to_json(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """The problems, sorted by place, as plain maps; what is not known is None."""
    return [
        {
            "severity": _severity(p),
            "code": p.code,
            "path": p.path,
            "message": p.message,
            "file": p.mark.file if p.mark else None,
            "line": p.mark.line if p.mark else None,
            "column": p.mark.column if p.mark else None,
            "hint": p.hint,
        }
        for p in _sorted(problems)
    ]


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    def place(p: Problem) -> tuple[str, int, int]:
        return (p.mark.file, p.mark.line, p.mark.column) if p.mark else ("", 0, 0)

    return sorted(problems, key=place)


def _severity(p: Problem) -> str:
    return "warning" if p.is_warning else "error"


def _headline(p: Problem, color: bool) -> str:
    where = f"{p.mark.file}:{p.mark.line}:{p.mark.column}: " if p.mark else ""
    kind = _painted(f"{_severity(p)}[{p.code}]", _YELLOW if p.is_warning else _RED, color)
    what = f"{p.path}: {p.message}" if p.path else p.message
    return f"{_painted(_printable(where), _BOLD, color)}{kind}: {_printable(what)}"


def _one(p: Problem, color: bool) -> str:
    lines = [_headline(p, color)]
    if p.mark is not None and p.mark.text.strip():
        lines += _source(p.mark, color)
    if p.hint:
        lines.append("       " + _painted("help", _CYAN, color) + ": " + _printable(p.hint))
    return "\n".join(lines)


def _source(mark: Mark, color: bool) -> list[str]:
    """The source line and the caret under its column."""
    at = mark.column - 1
    before, after = mark.text[max(0, at - _FAR) : at], mark.text[at : at + _FAR]
    before, after = _printable(before), _printable(after.rstrip())
    before, after = _cut_to_fit(before, after)
    caret = _painted("^", _RED, color)
    return [f"{mark.line:>6} | {before}{after}", f"       | {' ' * _width(before)}{caret}"]


def _cut_to_fit(before: str, after: str) -> tuple[str, str]:
    """Both sides of the caret, cut so that together they are no wider than `_WIDEST`."""
    if _width(before) + _width(after) <= _WIDEST:
        return before, after
    # The caret stays in the middle unless one side leaves room.
    room_before = max(_WIDEST // 2, _WIDEST - _width(after))
    if _width(before) > room_before:
        while _width(before) > room_before - len(_CUT):
            before = before[1:]
        before = _CUT + before
    room_after = _WIDEST - _width(before)
    if _width(after) > room_after:
        while _width(after) > room_after - len(_CUT):
            after = after[:-1]
        after += _CUT
    return before, after


def _printable(text: str) -> str:
    """A text without what moves the cursor, turns the direction of writing or cannot be encoded.

    A tab becomes one blank: the same in the line and above the caret.
    """
    return "".join(" " if c == "\t" else "\N{REPLACEMENT CHARACTER}" if _is_unsafe(c) else c for c in text)


def _is_unsafe(c: str) -> bool:
    return unicodedata.bidirectional(c) in _DIRECTIONS or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")


def _width(text: str) -> int:
    """Columns of a text on a terminal: wide characters take two, combining ones none."""
    return sum(_columns(c) for c in text)


def _columns(c: str) -> int:
    if unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1


def _painted(text: str, style: str, color: bool) -> str:
    return f"{style}{text}{_PLAIN}" if color and text else text

"""Text in columns of a terminal: Chinese characters take two, combining marks none."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["grid", "left", "paragraph", "right", "width_of"]


def width_of(text: str) -> int:
    """Columns that a text takes.

    Examples
    --------
    >>> width_of("chat"), width_of("在线")
    (4, 4)
    """
    return sum(_columns(c) for c in text)


def _columns(c: str) -> int:
    if unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def left(text: str, width: int) -> str:
    """The text at the left of so many columns."""
    return text + " " * (width - width_of(text))


def right(text: str, width: int) -> str:
    """The text at the right of so many columns."""
    return " " * (width - width_of(text)) + text


def grid(rows: Sequence[Sequence[str]], to_the_right: Sequence[int] = (), gap: str = "   ") -> list[str]:
    """Rows of equally many cells as lines; columns without any text below the first row are left out.

    Examples
    --------
    >>> grid([["team", "agents"], ["own", "60"]], to_the_right=[1])
    ['team   agents', 'own        60']
    """
    columns = []
    for k, cells in enumerate(zip(*rows, strict=True)):
        width = max(width_of(cell) for cell in cells)
        if any(cells[1:]) or len(cells) == 1:
            columns.append([(right if k in to_the_right else left)(cell, width) for cell in cells])
    return [gap.join(cells).rstrip() for cells in zip(*columns, strict=True)]


def paragraph(text: str, width: int, head: str = "", indent: int = 0) -> list[str]:
    """The text wrapped at blanks, after a head and with an indent for all lines; long words stay whole.

    Examples
    --------
    >>> paragraph("nobody waits here", 16, "chat", 6)
    ['chat  nobody', '      waits here']
    """
    lines: list[str] = []
    line = head + "  " if head and width_of(head) >= indent else left(head, indent)
    empty = line
    for word in text.split(" "):
        if line != empty and width_of(line) + 1 + width_of(word) > width:
            lines.append(line)
            line = empty = " " * indent
        line += word if line == empty else f" {word}"
    return [text.rstrip() for text in [*lines, line]]

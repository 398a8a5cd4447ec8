"""Paths into a document, and the place in a file of every key and value."""

from __future__ import annotations

from sim.errors import Mark

__all__ = ["Marks", "Path", "dotted"]

Path = tuple[str | int, ...]
"""Keys and list indexes from the top of a file to a value."""


def dotted(path: Path) -> str:
    """A path as people write it.

    Examples
    --------
    >>> dotted(("teams", "own", "agents"))
    'teams.own.agents'
    """
    return ".".join(str(part) for part in path)


class Marks:
    """Where each key and value of a document stands.

    Parameters
    ----------
    known
        By path: the mark of the key (of the item itself in a list) and the mark of the value.
        The top, path ``()``, must be there.
    """

    def __init__(self, known: dict[Path, tuple[Mark, Mark]]) -> None:
        self.known = known

    def key(self, path: Path) -> Mark:
        """The mark of the key at ``path``; of the nearest known parent's key where it is not written."""
        return self._nearest(path)[0]

    def value(self, path: Path) -> Mark:
        """The mark of the value at ``path``; of the nearest known parent's key where it is not written.

        For text it is the mark of its first character (after a quote): an offset into the text can be added.
        """
        return self.known[path][1] if path in self.known else self._nearest(path)[0]

    def _nearest(self, path: Path) -> tuple[Mark, Mark]:
        while path not in self.known:
            path = path[:-1]
        return self.known[path]

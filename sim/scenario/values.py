"""Values as people write them: one leaf, or a table by attribute values, clock ranges or days; routes; ranks.

Parsing looks at words only. Whether the keys of a table are known names is `meaning`'s question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic_core import PydanticCustomError

from sim.units import WordsError, count, no_such, share

__all__ = [
    "ELSE",
    "LEAVES",
    "REST",
    "Route",
    "Serves",
    "SubProblem",
    "Table",
    "parse_route",
    "parse_serves",
    "parse_shares",
    "parse_table",
    "raise_all",
    "read_whole",
]

ELSE = "else"
REST = "rest"
LEAVES = "leaves"

T = TypeVar("T")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Table(Generic[T]):
    """One leaf, or entries by key: attribute values, clock ranges or days, and ``else``."""

    leaf: T | None
    entries: dict[str, Table[T]] | None = None

    def leaves(self, path: Path = ()) -> Iterator[tuple[Path, T]]:
        """Every leaf with its path below the table."""
        if self.entries is None:
            assert self.leaf is not None
            yield path, self.leaf
        else:
            for key, entry in self.entries.items():
                yield from entry.leaves((*path, key))

    def tables(self, path: Path = ()) -> Iterator[tuple[Path, dict[str, Table[T]]]]:
        """Every level of keys with its path below the table."""
        if self.entries is not None:
            yield path, self.entries
            for key, entry in self.entries.items():
                yield from entry.tables((*path, key))


@dataclass(frozen=True)
class Route:
    """Where to, with which share; the shares add up to 1. A destination is a stage or ``leaves``."""

    shares: dict[str, float]


@dataclass(frozen=True)
class Serves:
    """What a team serves: rank by desk or attribute value, perhaps by attribute value inside a desk."""

    ranks: dict[str, int | dict[str, int]]


@dataclass(frozen=True)
class SubProblem:
    """Something wrong at a path below the field being read."""

    path: Path
    message: str
    hint: str | None = None
    offset: int = 0
    code: str = "words"
    on_key: bool = False


def raise_all(problems: list[SubProblem]) -> None:
    """Hand all problems of one field to pydantic as one error, if there are any.

    Raises
    ------
    PydanticCustomError
        With the problems in its context.
    """
    if problems:
        raise PydanticCustomError("words", "cannot be read", {"problems": problems})


def read_whole(read: Callable[[list[SubProblem]], T | None]) -> T:
    """What ``read`` makes of a field, if it notes no problem.

    Raises
    ------
    PydanticCustomError
        Holding the problems that it noted.
    """
    problems: list[SubProblem] = []
    found = read(problems)
    raise_all(problems)
    assert found is not None
    return found


def parse_table(raw: object, leaf: Callable[[object], T]) -> Table[T]:
    """A value or a table of values.

    Raises
    ------
    PydanticCustomError
        Holding a `SubProblem` for each leaf that cannot be read.
    """
    return read_whole(lambda problems: _table(raw, leaf, (), problems))


def _table(
    raw: object, leaf: Callable[[object], T], path: Path, problems: list[SubProblem]
) -> Table[T] | None:
    if isinstance(raw, dict):
        if not raw:
            problems.append(SubProblem(path, "an empty table", "give a value for each key, or 'else'"))
            return None
        entries = {str(k): _table(v, leaf, (*path, k), problems) for k, v in raw.items()}
        kept = {k: v for k, v in entries.items() if v is not None}
        return Table(None, kept) if kept else None
    try:
        return Table(leaf(raw))
    except WordsError as e:
        problems.append(SubProblem(path, e.message, e.hint, e.offset))
    except PydanticCustomError as e:
        inner = (e.context or {})["problems"]
        problems.extend(replace(sub, path=(*path, *sub.path)) for sub in inner)
    return None


def parse_shares(raw: object, path: Path, problems: list[SubProblem]) -> dict[str, float]:
    """Shares that add up to 1 out of a map whose values are shares or (once) ``rest``.

    Examples
    --------
    >>> parse_shares({"chat": "90%", "leaves": "rest"}, (), [])
    {'chat': 0.9, 'leaves': 0.1}
    """
    assert isinstance(raw, dict)
    shares: dict[str, float] = {}
    rest: str | None = None
    before = len(problems)
    for key, value in raw.items():
        if value == REST:
            if rest is not None:
                problems.append(
                    SubProblem((*path, key), f"only one share may be 'rest'; '{rest}' is it already")
                )
            rest = str(key)
            shares[rest] = 0.0
            continue
        try:
            shares[str(key)] = share(value)
        except WordsError as e:
            problems.append(SubProblem((*path, key), e.message, e.hint, e.offset))
    if len(problems) > before:
        return shares
    total = sum(shares.values())
    if rest is not None and total <= 1 + 1e-9:
        shares[rest] = round(max(0.0, 1 - total), 12)
    elif abs(total - 1) > 1e-6:
        hint = "let the shares add up to 100%, or give one as 'rest'"
        if rest is not None:
            hint = f"nothing is left for '{rest}'"
        problems.append(
            SubProblem(path, f"the shares add up to {total * 100:.6g}%, not 100%", hint, code="shares")
        )
    return shares


def parse_route(raw: object) -> Table[Route]:
    """A destination, shares over destinations, or a table of such by the values of one attribute.

    Raises
    ------
    PydanticCustomError
        Holding a `SubProblem` for each part that cannot be read.
    """
    return read_whole(lambda problems: _route(raw, (), problems))


def _is_share(value: object) -> bool:
    return (
        value == REST
        or (isinstance(value, (int, float)) and not isinstance(value, bool))
        or _is_percentage(value)
    )


def _is_percentage(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\s*[-+\d._,]+\s*(%|percent)\s*", value) is not None


def _route(raw: object, path: Path, problems: list[SubProblem]) -> Table[Route] | None:
    if isinstance(raw, str) and not _is_percentage(raw):
        return Table(Route({raw: 1.0}))
    if not isinstance(raw, dict) or not raw:
        problems.append(
            SubProblem(
                path,
                "says nothing of where to go" if raw == {} else no_such(raw, "a destination"),
                "write a stage's name, 'leaves', or shares such as {chat: 90%, leaves: rest}",
            )
        )
        return None
    if any(_is_share(v) for v in raw.values()):
        return Table(Route(parse_shares(raw, path, problems)))
    entries = {str(k): _route(v, (*path, k), problems) for k, v in raw.items()}
    kept = {k: v for k, v in entries.items() if v is not None}
    return Table(None, kept) if kept else None


def parse_serves(raw: object) -> Serves:
    """A name, a list of names (all rank 1), or ranks by name.

    Raises
    ------
    PydanticCustomError
        Holding a `SubProblem` for each part that cannot be read.
    """
    problems: list[SubProblem] = []
    ranks: dict[str, int | dict[str, int]] = {}
    if isinstance(raw, str):
        ranks[raw] = 1
    elif isinstance(raw, list) and raw:
        for i, name in enumerate(raw):
            if not isinstance(name, str):
                problems.append(SubProblem((i,), no_such(name, "a name"), "write a desk's name"))
            elif name in ranks:
                problems.append(SubProblem((i,), f"'{name}' stands here twice"))
            else:
                ranks[name] = 1
    elif isinstance(raw, dict) and raw:
        for key, value in raw.items():
            if isinstance(value, dict) and value:
                ranks[str(key)] = {str(k): _rank(v, (key, k), problems) for k, v in value.items()}
            else:
                ranks[str(key)] = _rank(value, (key,), problems)
    else:
        problems.append(
            SubProblem(
                (),
                "does not say what the team serves",
                "write a desk's name, a list of desks, or ranks such as {chat: 1, phone: 2}",
            )
        )
    raise_all(problems)
    return Serves(ranks)


def _rank(value: object, path: Path, problems: list[SubProblem]) -> int:
    try:
        rank = count(value)
    except WordsError:
        rank = 0
    if not 1 <= rank <= 1000:
        problems.append(
            SubProblem(path, no_such(value, "a rank"), "ranks are 1, 2, 3, ...; 1 is served first")
        )
    return rank

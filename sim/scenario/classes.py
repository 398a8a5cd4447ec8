"""Classes of contacts: every combination of attribute values; and how tables are looked up by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeVar

from sim.scenario.demand_words import values_in
from sim.scenario.schema import Scenario
from sim.scenario.values import ELSE, Table
from sim.units import DAY, Clock, clock_range, is_clock_range, time_of_day

__all__ = ["Classes", "TableFault", "When", "attribute_of", "clock_keys", "faults", "look_up", "periods"]

T = TypeVar("T")


@dataclass(frozen=True)
class Classes:
    """Classes numbered like the digits of a counter: the last attribute changes fastest."""

    attributes: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, scenario: Scenario) -> Classes:
        """The classes of a scenario."""
        return cls({name: values_in(shares) for name, shares in scenario.attributes.items()})

    @property
    def strides(self) -> dict[str, int]:
        """What one step of each attribute's value adds to the class number."""
        strides, step = {}, 1
        for name in reversed(self.attributes):
            strides[name] = step
            step *= len(self.attributes[name])
        return {name: strides[name] for name in self.attributes}

    def __len__(self) -> int:
        n = 1
        for values in self.attributes.values():
            n *= len(values)
        return n

    def __iter__(self) -> Iterator[dict[str, str]]:
        """The attribute values of each class, in the order of the class numbers."""
        for values in product(*self.attributes.values()):
            yield dict(zip(self.attributes, values, strict=True))


class When(NamedTuple):
    """A time of a kind of day at which a value is looked up."""

    tick: int  # after midnight
    days: tuple[str, ...] = ()  # keys of tables that hold on such a day, the most specific first
    version: int = 0  # of the scenario, where dated changes make several


@dataclass(frozen=True)
class TableFault:
    """A key or a gap in a table that makes no sense."""

    path: tuple[str | int, ...]
    message: str
    hint_words: tuple[str, ...] = ()  # known keys, for the nearest one
    word: str = ""
    on_key: bool = True
    hint: str | None = None


_EXAMPLE = "difficulty: {standard: 62%, complex: rest}"


def clock_keys(entries: Mapping[str, object]) -> list[str]:
    """The keys that are clock ranges."""
    return [key for key in entries if is_clock_range(key)]


def attribute_of(entries: Mapping[str, object], attributes: Mapping[str, tuple[str, ...]]) -> str | None:
    """The attribute with the most values among the keys; None where no key is a known value."""
    hits = {name: sum(key in values for key in entries) for name, values in attributes.items()}
    best = max(hits, key=lambda name: hits[name], default=None)
    return best if best is not None and hits[best] else None


def faults(
    table: Table[T],
    attributes: Mapping[str, tuple[str, ...]],
    clock_allowed: bool = True,
    attributes_allowed: bool = True,
) -> list[TableFault]:
    """What is wrong with the keys of a table at any level."""
    found: list[TableFault] = []
    chosen: dict[tuple[str | int, ...], str | None] = {}
    for path, entries in table.tables():
        ranges = clock_keys(entries)
        others = [key for key in entries if key not in ranges and key != ELSE]
        if ranges:
            if not clock_allowed:
                hint = "give one value, or a table by the values of an attribute"
                found.append(TableFault((*path, ranges[0]), "this cannot change with the clock", hint=hint))
            found.extend(
                TableFault((*path, key), f"'{key}' stands among clock ranges but is none") for key in others
            )
            found.extend(_clock_faults(path, ranges, ELSE in entries))
        else:
            found.extend(_attribute_faults(path, entries, others, attributes, attributes_allowed))
            by = attribute_of(entries, attributes)
            if by is not None and by in [chosen.get(path[:n]) for n in range(len(path))]:
                found.append(TableFault((*path, others[0]), f"the table above goes by '{by}' already"))
            chosen[path] = by
    return found


def _clock_faults(path: tuple[str | int, ...], ranges: list[str], has_else: bool) -> list[TableFault]:
    found: list[TableFault] = []
    covered: list[tuple[int, int, str]] = []
    for key in ranges:
        try:
            begins, ends = clock_range(key)
        except ValueError as e:
            found.append(TableFault((*path, key), str(e)))
            continue
        pieces = [(begins, ends)] if ends <= DAY else [(begins, DAY), (0, ends - DAY)]
        for begin, end in pieces:
            clash = next((other for b, e, other in covered if begin < e and b < end), None)
            if clash is not None:
                found.append(TableFault((*path, key), f"the clock ranges '{clash}' and '{key}' overlap"))
                break
        covered.extend((begin, end, key) for begin, end in pieces)
    if not found and not has_else:
        gaps = _gaps([(begin, end) for begin, end, _ in covered])
        if gaps:
            found.append(TableFault(path, f"no value for {', '.join(gaps)} and no 'else'", on_key=False))
    return found


def _gaps(covered: list[tuple[int, int]]) -> list[str]:
    """What ranges that do not overlap leave of the day, in words."""
    begins = [end for _, end in sorted(covered)]
    ends = [begin for begin, _ in sorted(covered)]
    pairs = zip([0, *begins], [*ends, DAY], strict=True)
    return [f"{time_of_day(begin)}-{time_of_day(end)}" for begin, end in pairs if begin < end]


def _attribute_faults(
    path: tuple[str | int, ...],
    entries: Mapping[str, object],
    others: list[str],
    attributes: Mapping[str, tuple[str, ...]],
    allowed: bool,
) -> list[TableFault]:
    name = attribute_of(entries, attributes)
    every = tuple(value for values in attributes.values() for value in values)
    if not others:
        hint = "write the value without a table"
        return [TableFault(path, "a table with nothing but 'else'", on_key=False, hint=hint)]
    if not allowed:
        hint = "give one value, or a table by clock ranges such as {08:00-20:00: 60, else: 20}"
        return [TableFault((*path, others[0]), "this cannot differ from contact to contact", hint=hint)]
    known = every if name is None else attributes[name]
    found = []
    for key in others:
        other = next((n for n, values in attributes.items() if key in values), None)
        if key not in known and other is not None:
            message = f"'{key}' is a value of '{other}', the others of '{name}'"
            inside = f"a table goes by one attribute; inside an entry there may be another, by '{other}'"
            found.append(TableFault((*path, key), message, hint=inside))
        elif key not in known:
            what = "is no value of an attribute" if name is None else f"is no value of '{name}'"
            lack = None if attributes else f"the scenario has no attributes; add 'attributes: {{{_EXAMPLE}}}'"
            found.append(TableFault((*path, key), f"'{key}' {what}", known, key, hint=lack))
    if name is not None and ELSE not in entries:
        gaps = [value for value in known if value not in entries]
        if gaps and not found:
            found.append(TableFault(path, f"no value for {', '.join(gaps)} and no 'else'", on_key=False))
    return found


def look_up(
    table: Table[T], values: Mapping[str, str], when: When, attributes: Mapping[str, tuple[str, ...]]
) -> T:
    """The leaf for a class's attribute values at a time of a kind of day; the table has no `faults`."""
    while table.entries is not None:
        entries = table.entries
        ranges = clock_keys(entries)
        if ranges:
            key = next((k for k in ranges if _inside(clock_range(k), when.tick)), ELSE)
        else:
            name = attribute_of(entries, attributes)
            assert name is not None, "tables are checked before they are looked up"
            key = values[name] if values[name] in entries else ELSE
        table = entries[key]
    assert table.leaf is not None
    return table.leaf


def _inside(span: Clock, tick: int) -> bool:
    return span.begins <= tick < span.ends or span.begins <= tick + DAY < span.ends


def periods(tables: Iterable[Table[T]]) -> list[int]:
    """The ticks of the day, 0 first, at which some table changes its value."""
    starts = {0}
    for table in tables:
        for _, entries in table.tables():
            for key in clock_keys(entries):
                begins, ends = clock_range(key)
                starts.update((begins % DAY, ends % DAY))
    return sorted(starts)

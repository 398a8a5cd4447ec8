"""Classes of contacts: every combination of attribute values; and how tables are looked up by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeVar

from sim.errors import nearest
from sim.scenario.days import DAY_WORDS, WEEKDAYS, Days, rank_of
from sim.scenario.demand_words import values_in
from sim.scenario.schema import Scenario
from sim.scenario.values import ELSE, Table
from sim.units import DAY, WordsError, clock_range, is_clock_range, time_of_day

__all__ = ["Classes", "TableFault", "When", "attribute_of", "clock_keys", "day_keys", "days_of", "faults",
           "look_up", "periods"]  # fmt: skip

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


def days_of(scenario: Scenario) -> Days:
    """The days that a scenario can name."""
    return Days(scenario.days, scenario.horizon.starts)


def day_keys(entries: Mapping[str, object], days: Days) -> list[str]:
    """The keys that mean days."""
    return [key for key in entries if days.knows(key)]


def faults(
    table: Table[T],
    attributes: Mapping[str, tuple[str, ...]],
    clock_allowed: bool = True,
    attributes_allowed: bool = True,
    days: Days | None = None,
) -> list[TableFault]:
    """What is wrong with the keys of a table at any level."""
    days = days or Days()
    found: list[TableFault] = []
    chosen: dict[tuple[str | int, ...], str | None] = {}
    for path, entries in table.tables():
        above = [chosen.get(path[:n]) for n in range(len(path))]
        ranges, of_days = clock_keys(entries), day_keys(entries, days)
        others = [key for key in entries if key not in ranges and key not in of_days and key != ELSE]
        if ranges:
            if not clock_allowed:
                other = (
                    ", or a table by days" if not attributes_allowed else ", or a table by days or attributes"
                )
                hint = f"give one value{other}"
                found.append(TableFault((*path, ranges[0]), "this cannot change with the clock", hint=hint))
            found.extend(
                TableFault((*path, key), f"'{key}' stands among clock ranges but is none")
                for key in (*of_days, *others)
            )
            found.extend(_clock_faults(path, ranges, ELSE in entries))
            chosen[path] = None
        elif of_days:
            found.extend(_day_faults(path, entries, others, of_days, attributes, days))
            if _DAYS in above:
                found.append(TableFault((*path, of_days[0]), "the table above goes by days already"))
            chosen[path] = _DAYS
        else:
            found.extend(_attribute_faults(path, entries, others, attributes, attributes_allowed, days))
            by = attribute_of(entries, attributes)
            if by is not None and by in above:
                found.append(TableFault((*path, others[0]), f"the table above goes by '{by}' already"))
            chosen[path] = by
    return found


_DAYS = "."  # no attribute has such a name


def _day_faults(
    path: tuple[str | int, ...],
    entries: Mapping[str, object],
    others: list[str],
    of_days: list[str],
    attributes: Mapping[str, tuple[str, ...]],
    days: Days,
) -> list[TableFault]:
    found: list[TableFault] = []
    values = {value for known in attributes.values() for value in known}
    for key in others:
        if key in values:
            inside = "a table goes by days or by an attribute; inside an entry there may be another table"
            found.append(TableFault((*path, key), f"'{key}' stands among days but is none", hint=inside))
        else:
            known = (*days.named, *DAY_WORDS)
            found.append(TableFault((*path, key), f"there is no day '{key}'", known, key))
    sound: list[str] = []
    for key in of_days:
        try:
            meant = days.of(key)
        except WordsError as e:
            found.append(TableFault((*path, key), e.message, hint=e.hint))
            continue
        if key not in days.named and meant[0].needs_date and days.starts is None:
            hint = "add the date of the first day: 'horizon: {starts: 2024-07-01}'"
            found.append(TableFault((*path, key), f"nobody knows on which day '{key}' is", hint=hint))
        clash = next((other for other in sound if _clash(days, other, key)), None)
        if clash is not None:
            found.append(TableFault((*path, key), f"'{clash}' and '{key}' mean some of the same days"))
        sound.append(key)
    if not found and ELSE not in entries:
        covered = {day for key in of_days for meant in days.of(key) for day in meant.weekdays}
        gaps = [name for n, name in enumerate(WEEKDAYS) if n not in covered]
        if gaps:
            lacking = ", ".join(gaps) if covered else "all other days"
            found.append(TableFault(path, f"no value for {lacking} and no 'else'", on_key=False))
    return found


def _clash(days: Days, one: str, other: str) -> bool:
    """Whether two keys are as special as each other and mean a day in common; own names may do so."""
    if one in days.named or other in days.named or rank_of(one) != rank_of(other):
        return False
    return days.of(one)[0].meets(days.of(other)[0])


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
    days: Days,
) -> list[TableFault]:
    name = attribute_of(entries, attributes)
    every = tuple(value for values in attributes.values() for value in values)
    days_too = (*days.named, *DAY_WORDS)
    if not others:
        hint = "write the value without a table"
        return [TableFault(path, "a table with nothing but 'else'", on_key=False, hint=hint)]
    if not allowed and name is None and (near := nearest(others[0], days_too)):
        return [TableFault((*path, others[0]), f"there is no day '{others[0]}'", (near,), others[0])]
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
            near_day = nearest(key, days_too) if not nearest(key, known) else None
            lack = f"did you mean '{near_day}'?" if near_day else lack
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
        name = None if ranges else attribute_of(entries, attributes)
        if ranges:
            key = next((k for k in ranges if clock_range(k).contains(when.tick)), ELSE)
        elif name is not None:
            key = values[name] if values[name] in entries else ELSE
        else:
            key = _day_key(entries, when.days)
        table = entries[key]
    assert table.leaf is not None
    return table.leaf


def _day_key(entries: Mapping[str, object], days: tuple[str, ...]) -> str:
    """The key that counts on a day on which some keys hold; of days by name and ranges the first written."""
    there = [key for key in entries if key in days]
    return min(there, key=rank_of, default=ELSE)


def periods(tables: Iterable[Table[T]], when: When, days: Days) -> list[int]:
    """The ticks of a kind of day, 0 first, at which some table changes its value."""
    starts = {0}
    for table in tables:
        starts.update(_edges(table, when, days))
    return sorted(starts)


def _edges(table: Table[T], when: When, days: Days) -> Iterator[int]:
    if table.entries is None:
        return
    entries = table.entries
    for key in clock_keys(entries):
        begins, ends = clock_range(key)
        yield from (begins % DAY, ends % DAY)
    by_day = bool(day_keys(entries, days))
    for entry in [entries[_day_key(entries, when.days)]] if by_day else entries.values():
        yield from _edges(entry, when, days)

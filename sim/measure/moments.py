"""Measures at a clock time: ``phone.wait.mean at 20:00`` is the interval of the day that contains it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sim.errors import UsageError
from sim.measure.catalogue import (
    Measure,
    Scope,
    entry,
    known_paths,
    measures_of,
    unknown_path,
    value_at,
)
from sim.model.labels import Group, Labels
from sim.model.tables import StageKind
from sim.units import DAY, WordsError, clock

__all__ = [
    "ALL",
    "Moment",
    "found_measure",
    "group_intervals",
    "interval_measures",
    "not_at_a_time",
    "parse_moment",
]

ALL = ""
"""The owner of the figures of all stages, or of all teams, together."""

_AT = " at "
_INTERVALS_OF = {StageKind.BOT: Scope.BOT_INTERVAL, StageKind.DESK: Scope.DESK_INTERVAL}


class Moment(NamedTuple):
    """A measure at a clock time."""

    path: str  # without the time
    ticks: int  # after midnight, below a day


def parse_moment(path: str) -> Moment | None:
    """Path and clock time of ``PATH at TIME``; None for a path without a time.

    Raises
    ------
    UsageError
        If what follows ``at`` is no time of the day.

    Examples
    --------
    >>> parse_moment("chat.waiting at 00:15")
    Moment(path='chat.waiting', ticks=900000000)
    """
    measure, at, words = path.rpartition(_AT)
    if not at:
        return None
    try:
        ticks = clock(words)
    except WordsError as e:
        raise UsageError(f"{e.message}; write for example '{measure.strip()} at 18:00'") from e
    if ticks >= DAY:
        raise UsageError(f"{words.strip()} is not within the day; the last interval ends at 24:00")
    return Moment(measure.strip(), ticks)


def interval_measures(labels: Labels, kinds: Iterable[int]) -> dict[str, tuple[str, Scope, Measure]]:
    """Every path that is kept by interval: its owner's name (`ALL` without one), scope and measure."""
    kinds = list(kinds)
    owners = [(ALL, Scope.ALL_INTERVAL), (ALL, Scope.TEAM_INTERVAL)]
    owners += [(name, _INTERVALS_OF[StageKind(kind)])
               for name, kind in zip(labels.stages, kinds, strict=True) if kind in _INTERVALS_OF]  # fmt: skip
    owners += [(name, Scope.TEAM_INTERVAL) for name in labels.teams]
    owners += [(group.name, group_intervals(group, kinds)) for group in labels.groups]
    found: dict[str, tuple[str, Scope, Measure]] = {}
    for name, scope in owners:
        for measure in measures_of(scope, labels):
            path = f"{name}.{measure.key}" if name else measure.key
            found.setdefault(path, (name, scope, measure))
    return found


def group_intervals(group: Group, kinds: Sequence[int]) -> Scope:
    """The scope of a group's figures by interval; ``kinds``: the `StageKind` of each stage."""
    if group.of_teams:
        return Scope.TEAM_INTERVAL
    return _INTERVALS_OF[StageKind(kinds[group.members[0]])]


def found_measure(path: str, labels: Labels, kinds: Iterable[int]) -> Measure:
    """The measure at a path, be it with a clock time or without.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest, or what is kept by the time of day.
    """
    kinds = list(kinds)
    at = parse_moment(path)
    if at is None:
        return entry(path, labels, kinds)
    kept = interval_measures(labels, kinds)
    if at.path not in kept:
        known = list(known_paths(labels, kinds))
        known += [at.path] if value_at(at.path, labels, kinds) else []
        raise not_at_a_time(at.path, {p: owner for p, (owner, _, _) in kept.items()}, known)
    return kept[at.path][2]


def not_at_a_time(path: str, kept: Mapping[str, str], known: Iterable[str]) -> UsageError:
    """The error for a measure that is not kept by interval.

    Parameters
    ----------
    path
        Without the time.
    kept
        The owner of each path that is kept by interval.
    known
        All paths without a time.
    """
    if path not in known:
        return unknown_path(path, kept)
    owner = next((name for name in dict.fromkeys(kept.values()) if name and path.startswith(f"{name}.")), ALL)
    has = ", ".join(p for p, name in kept.items() if name == owner)
    of = f"of {owner}" if owner else "of all together"
    return UsageError(f"'{path}' is not kept by the time of day; {of} there are {has}")

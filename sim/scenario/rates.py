"""Demand over each kind of day: volumes and profiles to arrivals per tick."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.scenario.calendar import DayKind, Version
from sim.scenario.classes import When, days_of, look_up, periods
from sim.scenario.days import Days
from sim.scenario.profiles import Profile
from sim.scenario.schema import Stream
from sim.scenario.values import Table
from sim.scenario.views import streams_of
from sim.units import DAY, HOUR

__all__ = ["rates_of"]


def rates_of(
    versions: Sequence[Version],
    kinds: Sequence[DayKind],
    given: Mapping[str, Sequence[Profile]],
    spans: Sequence[int],
) -> tuple[int, NDArray[np.float64]]:
    """The length of a demand slot, and arrivals per tick of each stream, kind of day and slot.

    What a stream brings in a slot is the volume that holds then, spread by the profile of the day; or what
    is ``given`` for each kind of day. A slot divides the ``spans`` [ticks].
    """
    base = versions[0].scenario
    days = days_of(base)
    spells = {
        (name, k): [(0, given[name][k], None)] if name in given else list(_spells(versions, kind, name, days))
        for name in streams_of(base)
        for k, kind in enumerate(kinds)
    }
    edges = {begins for found in spells.values() for begins, *_ in found} - {0}
    slots = {shape.slot for found in spells.values() for *_, shape, _ in found}
    slot = math.gcd(*slots, *spans, *edges, *([HOUR] if edges else []))
    rate = np.zeros((len(streams_of(base)), len(kinds), DAY // slot))
    for s, name in enumerate(streams_of(base)):
        for k in range(len(kinds)):
            for begins, shape, volume in spells[name, k]:
                per_slot = np.array(_volumes(shape, volume)) * base.scale / shape.slot
                rate[s, k, begins // slot :] = np.repeat(per_slot, shape.slot // slot)[begins // slot :]
    return slot, rate


def _spells(
    versions: Sequence[Version], kind: DayKind, name: str, days: Days
) -> Iterator[tuple[int, Profile, float | None]]:
    """(ticks after midnight, profile and volume of a stream from then on) of a kind of day."""
    streams = [streams_of(version.scenario)[name] for version in versions]
    used = {version for _, version in kind.spells}
    volumes = [table for v in sorted(used) if (table := streams[v].volume) is not None]
    for tick in sorted({*periods(volumes, kind.of_day, days), *(begins for begins, _ in kind.spells)}):
        when = kind.at(tick)
        shape = look_up(versions[when.version].profiles[name], {}, when, {})
        yield tick, shape, _volume(streams[when.version], when)


def _volume(stream: Stream, when: When) -> float | None:
    table: Table[float] | None = stream.volume
    return None if table is None else look_up(table, {}, when, {})


def _volumes(shape: Profile, volume: float | None) -> tuple[float, ...]:
    """Issues in each slot of the profile; without a volume its figures are those."""
    if volume is None:
        return shape.volumes
    factor = volume * DAY / sum(shape.volumes)
    return tuple(v * factor for v in shape.volumes)

"""The resolved scenario as arrays: everything an engine reads, ids only.

Shapes use these letters: ``S`` stages, ``C`` classes, ``P`` periods, ``T`` teams, ``L`` lines,
``A`` attributes, ``K`` kinds of day. A *period* is a stretch of a kind of day: ``P`` counts those of all
kinds. Stages are numbered bots, then desks, then delays, each in file order.
Times are ticks (1 microsecond). A *law* is a mean (ticks, float) times a shape (an id of `shapes`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.units import DAY

__all__ = [
    "DAY",
    "NEVER",
    "UNLIMITED",
    "Attributes",
    "Calendar",
    "HeadCounts",
    "Horizon",
    "Law",
    "Leaving",
    "LineRule",
    "Lines",
    "Model",
    "Plan",
    "Replay",
    "Returns",
    "Routes",
    "Shapes",
    "Shifts",
    "StageKind",
    "Stages",
    "Streams",
    "Teams",
    "Then",
    "are_days_alike",
    "demand_end",
    "kind_of_day",
    "kind_shares",
    "n_periods",
    "period_at",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEVER = 2**62
"""The tick of what never happens; later than every tick of a simulation."""

UNLIMITED = -1
"""No limit (sessions at once, waiting places, returns)."""


class Then(IntEnum):
    """What happens after the measured time."""

    DRAIN = 0  # no new issues; open ones and their returns are played out
    CONTINUE = 1  # demand goes on until what is measured has ended
    CUT = 2  # the simulation stops


class StageKind(IntEnum):
    """What kind of place a stage is."""

    BOT = 0
    DESK = 1
    DELAY = 2


class LineRule(IntEnum):
    """How a freed agent's team chooses among the lines it serves; ties by enter time less head start."""

    SKILL_FIRST = 0  # lowest rank, then order key
    PRIORITY_FIRST = 1  # strict priority (infinite head start), then rank, then order key
    LONGEST_WAITING = 2  # order key alone


class Leaving(IntEnum):
    """How a contact left without being truly solved: rows of `Returns`."""

    BELIEVED = 0
    UNSOLVED = 1
    ABANDONED = 2
    TURNED_AWAY = 3


class Horizon(NamedTuple):
    """When the simulation measures and stops; it begins at tick 0, midnight."""

    warm_up: int  # ticks; measured time is [warm_up, end)
    end: int
    stop: int  # the latest tick simulated: end + follow; equal to end for CUT
    then: int  # `Then`
    drop_returns: bool  # returns at or after `end` are dropped
    interval: int  # ticks of a reporting interval; divides DAY


class Calendar(NamedTuple):
    """Which day is of which kind, and the periods of each kind of day.

    Days of one kind have the same demand, values and plan. `period_at` looks a tick up.
    """

    first_date: int  # date of the day of tick 0, in days since 2024-01-01, a Monday; names a day's draws
    kind: Ints  # (D + 1,) kind of the day before the first, then of each day up to the stop
    first: Ints  # (K + 1,) periods of kind k: first[k] : first[k + 1]
    begins: Ints  # (P,) ticks after midnight at which a period begins; 0 for the first of each kind
    is_dated: bool = False  # whether the scenario says the date of its first day


class Law(NamedTuple):
    """A law for each stage (or leaving), class and period: sample = mean x shape(u), rounded."""

    mean: Floats  # (S, C, P) ticks; mean of the finite part
    shape: Ints  # (S, C, P) id of a shape


class Shapes(NamedTuple):
    """Quantile tables of mean 1 on the octave grid; id 0 is 'exactly' (always 1).

    Cell ``side * 1024 + octave * 32 + cell``; see `shapes` for the grid and for atoms.
    """

    value: Floats  # (K, 2048)
    slope: Floats  # (K, 2048) change over one cell
    n_atoms: Ints  # (K,)
    atom_from: Floats  # (K, M) u in [from, to) gives exactly atom_value
    atom_to: Floats  # (K, M)
    atom_value: Floats  # (K, M) multiple of the mean; inf = never


class Streams(NamedTuple):
    """Where issues come from, per stream ``s``."""

    name_hash: Ints  # (n,) 31 bits, never 0; the upper half of an issue's uid
    busy_hash: Ints  # (n,) streams with the same hash share the day factor
    busy_shape: Ints  # (n,) shape id of the day factor (mean 1); 0 = no busyness
    error_hash: Ints  # (n,) streams with the same hash share the forecast error
    error_shape: Ints  # (n,) shape id of the forecast error (mean 1); 0 = none
    error_span: Ints  # (n,) ticks for which one forecast error holds; divides DAY, a multiple of `slot`
    gap_shape: Ints  # (n,) shape id of the gaps between arrivals, counted in expected arrivals
    slot: int  # ticks of a demand slot; divides DAY
    rate: Floats  # (n, K, DAY / slot) expected arrivals per tick in each slot of a kind of day
    share: Floats  # (n, P, A, V, V) cumulative shares by the parent's value; padded with 1
    entry_route: Ints  # (n, C, P) row of `routes`: the stage where an issue enters


class Replay(NamedTuple):
    """Arrivals given one by one; of a stream that has some none are drawn, and its rate is their mean."""

    first: Ints  # (n + 1,) rows of stream s: first[s] : first[s + 1], sorted by tick
    tick: Ints  # (N,)
    value: Ints  # (N, A) value number of each attribute; NONE = drawn
    entry: Ints  # (N,) stage number; NONE = drawn


class Attributes(NamedTuple):
    """Attributes of an issue; class = sum over attributes of value number x stride."""

    name_hash: Ints  # (A,) 32 bits
    n_values: Ints  # (A,)
    stride: Ints  # (A,)
    parent: Ints  # (A,) attribute with a lower number on whose value the shares depend; NONE = on none
    difficulty: int  # number of the attribute whose values are slices of d; NONE if there is none


class Stages(NamedTuple):
    """Per stage; what a kind does not have is zero, NONE or UNLIMITED."""

    kind: Ints  # (S,) `StageKind`
    name_hash: Ints  # (S,) 32 bits
    work: Law  # session (bot), handling (desk), duration (delay)
    reply: Law  # time to the first reply (bot)
    wrap_up: Law  # after-call work (desk): holds the agent, not the contact
    patience: Law  # (desk)
    p_solved: Floats  # (S, C, P) probability that a visit solves, where `curve` is NONE
    curve: Ints  # (S, C, P) row of `curves`, or NONE
    curves: Floats  # (n, 257) probability to solve at d = 0, 1/256, ..., 1; linear between
    luck: Floats  # (S,) share of visits whose luck is drawn once per issue
    p_believes: Floats  # (S, C, P) who leaves unsolved believes it solved
    limit: Ints  # (S, P) sessions at once (bot), contacts waiting (desk); UNLIMITED
    head_start: Ints  # (S, C, P) ticks taken off the enter time in the line's order; NEVER = strict priority
    patience_per_contact: NDArray[np.bool_]  # (S,) one budget for the whole contact
    bot_time_counts: NDArray[np.bool_]  # (S,) time at bots uses up patience
    line: Ints  # (S, C) line of a class at a desk; NONE elsewhere
    busiest_first: NDArray[np.bool_]  # (S,) agent choice: most open chats first (default: fewest)
    is_open: NDArray[np.bool_]  # (S, P) takes arriving contacts
    waits_when_closed: NDArray[np.bool_]  # (S,) who comes when closed waits; nobody is answered then
    route: Ints  # (S, 5, C, P) row of `routes` by end (SOLVED ... TURNED_AWAY), and when closed


class Routes(NamedTuple):
    """Where to, with which share; row ``r`` has entries ``first[r] : first[r + 1]``."""

    first: Ints  # (R + 1,)
    below: Floats  # (N,) cumulative share; the last of each row is 1
    to: Ints  # (N,) stage number or LEAVES


class Lines(NamedTuple):
    """Classes of one desk that exactly the same teams serve at the same rank."""

    desk: Ints  # (L,) stage number
    asks: Ints  # (L, T) teams in the order in which an arriving contact asks; padded with NONE
    rank: Ints  # (L, T) rank at which the team serves the line; 0 = does not


class Teams(NamedTuple):
    """Per team; its agents are numbered ``first_agent`` ... ``first_agent + n_agents - 1``."""

    name_hash: Ints  # (T,) 32 bits
    chats: Ints  # (T,) contacts an agent handles at once
    rule: Ints  # (T,) `LineRule`
    first_agent: Ints  # (T,)
    n_agents: Ints  # (T,) numbers set aside, vacancies of head counts included
    is_head_count: NDArray[np.bool_]  # (T,)
    p_absent: Floats  # (T,)


class Shifts(NamedTuple):
    """Daily shifts of named agents, one row per shift (and per version of it, where its hours change)."""

    team: Ints  # (n,)
    name_hash: Ints  # (n,) 32 bits
    begins: Ints  # (n,) ticks after midnight
    ends: Ints  # (n,) ticks after the same midnight; may pass the next one
    first_agent: Ints  # (n,)
    n_scheduled: Ints  # (n, K) agents paid for on each kind of day
    n_present: Ints  # (n, K) agents left after shrinkage; the rest has SHRINKAGE duty
    first_break: Ints  # (n + 1,) breaks of shift k: first_break[k] : first_break[k + 1]
    break_due: Ints  # (B,) ticks after the shift's midnight
    break_length: Ints  # (B,) ticks


class HeadCounts(NamedTuple):
    """Steps of the head counts of teams without shifts, sorted by (team, kind of day, begins)."""

    team: Ints  # (n,)
    kind: Ints  # (n,) kind of day
    begins: Ints  # (n,) ticks after midnight; each team has a step at 0 of each kind of day
    n_scheduled: Ints  # (n,)
    n_present: Ints  # (n,) after shrinkage


class Plan(NamedTuple):
    """Who works when."""

    shifts: Shifts
    head_counts: HeadCounts


class Returns(NamedTuple):
    """Whether, when and where an issue comes back, per `Leaving` and class."""

    chance: Floats  # (4, C, P)
    after: Law  # (4, C, P)
    entry_route: Ints  # (4, C, P) row of `routes`; NONE = where the issue first entered
    keeps_patience: NDArray[np.bool_]  # (4,) what was left of the patience is the next contact's
    at_most: int  # returns per issue; UNLIMITED


class Model(NamedTuple):
    """A resolved scenario with its plan: all that an engine reads besides seed and replication."""

    horizon: Horizon
    n_classes: int
    calendar: Calendar
    streams: Streams
    replay: Replay
    attributes: Attributes
    stages: Stages
    routes: Routes
    lines: Lines
    teams: Teams
    plan: Plan
    returns: Returns
    shapes: Shapes


def kind_of_day(calendar: Calendar, day: int) -> int:
    """The kind of a day; -1 is the day before the first."""
    return int(calendar.kind[day + 1])


def kind_shares(calendar: Calendar, begins: int, ends: int) -> Floats:
    """Share of each kind of day in a span of ticks, shape (K,); a part of a day counts as such.

    Examples
    --------
    >>> week = Calendar(0, np.array([1, 0, 1]), np.array([0, 1, 2]), np.array([0, 0]))
    >>> kind_shares(week, 0, DAY + DAY // 2).round(3).tolist()
    [0.667, 0.333]
    """
    days = np.arange(begins // DAY, -(-ends // DAY))
    ticks = np.minimum((days + 1) * DAY, ends) - np.maximum(days * DAY, begins)
    n_kinds = len(calendar.first) - 1
    return np.asarray(np.bincount(calendar.kind[days + 1], ticks, n_kinds) / (ends - begins), np.float64)


def demand_end(horizon: Horizon) -> int:
    """The tick from which on no new issues come."""
    return horizon.stop if horizon.then == Then.CONTINUE else horizon.end


def n_periods(calendar: Calendar) -> int:
    """Periods of all kinds of day together."""
    return len(calendar.begins)


def period_at(calendar: Calendar, tick: Ints) -> Ints:
    """The period of each tick (n,).

    Examples
    --------
    >>> nine = 9 * DAY // 24
    >>> week = Calendar(0, np.array([1, 0, 1]), np.array([0, 2, 3]), np.array([0, nine, 0]))
    >>> period_at(week, np.array([0, nine, DAY + nine])).tolist()
    [0, 1, 2]
    """
    kind = calendar.kind[tick // DAY + 1]
    found = calendar.first[kind]
    for k in range(len(calendar.first) - 1):
        mine = np.flatnonzero(kind == k)
        begins = calendar.begins[calendar.first[k] : calendar.first[k + 1]]
        found[mine] += np.searchsorted(begins, tick[mine] % DAY, side="right") - 1
    return np.asarray(found, np.int64)


def are_days_alike(model: Model) -> bool:
    """Whether all measured days are of one kind."""
    measured = kind_shares(model.calendar, model.horizon.warm_up, model.horizon.end)
    return int(np.count_nonzero(measured)) <= 1

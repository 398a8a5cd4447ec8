"""The resolved scenario as arrays: everything an engine reads, ids only.

Shapes use these letters: ``S`` stages, ``C`` classes, ``P`` clock periods, ``T`` teams, ``L`` lines,
``A`` attributes. Stages are numbered bots, then desks, then delays, each in file order.
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
    "HeadCounts",
    "Horizon",
    "Law",
    "Leaving",
    "LineRule",
    "Lines",
    "Model",
    "Plan",
    "Returns",
    "Routes",
    "Shapes",
    "Shifts",
    "StageKind",
    "Stages",
    "Streams",
    "Teams",
    "Then",
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
    slot: int  # ticks of a demand slot; divides DAY
    rate: Floats  # (n, DAY / slot) arrivals per tick in each slot of the day
    share: Floats  # (n, A, V) cumulative shares of attribute values, padded with 1
    entry_route: Ints  # (n, C) row of `routes`: the stage where an issue enters


class Attributes(NamedTuple):
    """Attributes of an issue; class = sum over attributes of value number x stride."""

    name_hash: Ints  # (A,) 32 bits
    n_values: Ints  # (A,)
    stride: Ints  # (A,)
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
    p_believes: Floats  # (S, C) who leaves unsolved believes it solved
    limit: Ints  # (S, P) sessions at once (bot), contacts waiting (desk); UNLIMITED
    head_start: Ints  # (S, C) ticks taken off the enter time in the line's order; NEVER = strict priority
    patience_per_contact: NDArray[np.bool_]  # (S,) one budget for the whole contact
    bot_time_counts: NDArray[np.bool_]  # (S,) time at bots uses up patience
    line: Ints  # (S, C) line of a class at a desk; NONE elsewhere
    busiest_first: NDArray[np.bool_]  # (S,) agent choice: most open chats first (default: fewest)
    route: Ints  # (S, 4, C) row of `routes` after SOLVED, UNSOLVED, ABANDONED, TURNED_AWAY


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
    """Daily shifts of named agents, one row per shift."""

    team: Ints  # (n,)
    name_hash: Ints  # (n,) 32 bits
    begins: Ints  # (n,) ticks after midnight
    ends: Ints  # (n,) ticks after the same midnight; may pass the next one
    first_agent: Ints  # (n,)
    n_scheduled: Ints  # (n,) agents paid for
    n_present: Ints  # (n,) agents left after shrinkage; the rest has SHRINKAGE duty
    first_break: Ints  # (n + 1,) breaks of shift k: first_break[k] : first_break[k + 1]
    break_due: Ints  # (B,) ticks after the shift's midnight
    break_length: Ints  # (B,) ticks


class HeadCounts(NamedTuple):
    """Steps of the daily head counts of teams without shifts, sorted by (team, begins)."""

    team: Ints  # (n,)
    begins: Ints  # (n,) ticks after midnight; each team has a step at 0
    n_scheduled: Ints  # (n,)
    n_present: Ints  # (n,) after shrinkage


class Plan(NamedTuple):
    """Who works when."""

    shifts: Shifts
    head_counts: HeadCounts


class Returns(NamedTuple):
    """Whether, when and where an issue comes back, per `Leaving` and class."""

    chance: Floats  # (4, C)
    after: Law  # (4, C, P)
    entry_route: Ints  # (4, C) row of `routes`; NONE = where the issue first entered
    keeps_patience: NDArray[np.bool_]  # (4,) what was left of the patience is the next contact's
    at_most: int  # returns per issue; UNLIMITED


class Model(NamedTuple):
    """A resolved scenario with its plan: all that an engine reads besides seed and replication."""

    horizon: Horizon
    n_classes: int
    period_begins: Ints  # (P,) ticks after midnight at which a clock period begins; first is 0
    streams: Streams
    attributes: Attributes
    stages: Stages
    routes: Routes
    lines: Lines
    teams: Teams
    plan: Plan
    returns: Returns
    shapes: Shapes

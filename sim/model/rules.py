"""The small decisions that every engine takes in the same way. Scalars in, a scalar or a key out.

Uniforms lie in (0, 1); times are ticks. Nothing here draws, stores or schedules.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.model.tables import NEVER, LineRule

__all__ = [
    "ROUTE_WHEN_CLOSED",
    "LineKey",
    "answers",
    "chance_at",
    "destination",
    "has_luck_of_issue",
    "line_key",
    "order_key",
    "patience_budget",
    "patience_left",
    "turns_away",
]

ROUTE_WHEN_CLOSED = 4
"""Row of `Stages.route` of who is turned away because the place is closed."""

LineKey = tuple[int, int, int, int]


def chance_at(nodes: Sequence[float], d: float) -> float:
    """Probability to solve at difficulty ``d``: straight lines between 257 nodes.

    Examples
    --------
    >>> chance_at([1.0] * 128 + [0.5] * 129, 0.9)
    0.5
    """
    x = d * 256.0
    cell = min(int(x), 255)
    return nodes[cell] + (nodes[cell + 1] - nodes[cell]) * (x - cell)


def has_luck_of_issue(share: float, u_mix: float) -> bool:
    """Whether a visit's luck is the one drawn once for the issue (else its own)."""
    return u_mix < share


def turns_away(is_open: bool, waits_when_closed: bool) -> bool:
    """Whether who arrives is turned away because the place is closed."""
    return not is_open and not waits_when_closed


def answers(is_open: bool, waits_when_closed: bool) -> bool:
    """Whether those who wait at a desk are answered.

    Where contacts wait when the desk is closed nobody is. Where they are turned away then, those who came
    before it closed are.
    """
    return is_open or not waits_when_closed


def destination(first: Sequence[int], below: Sequence[float], to: Sequence[int], row: int, u: float) -> int:
    """Stage (or LEAVES) of a row of `Routes` for a uniform."""
    at = first[row]
    while u >= below[at]:
        at += 1
    return to[at]


def patience_budget(fresh: int, bot_ticks: int, bot_time_counts: bool) -> int:
    """Ticks a customer will wait at a desk, from a fresh draw and the time already spent at bots."""
    if fresh == NEVER or not bot_time_counts:
        return fresh
    return max(fresh - bot_ticks, 0)


def patience_left(budget: int, waited: int) -> int:
    """Ticks of patience left after a wait."""
    return NEVER if budget == NEVER else max(budget - waited, 0)


def order_key(enter: int, head_start: int) -> int:
    """Place in the waiting order of a line, the least first (ties by uid)."""
    return enter - head_start


def line_key(rule: int, rank: int, head_start: int, key: int, uid: int) -> LineKey:
    """How much a freed agent's team wants a waiting contact; the least is taken."""
    if rule == LineRule.SKILL_FIRST:
        return (rank, 0, key, uid)
    if rule == LineRule.PRIORITY_FIRST:
        return (0 if head_start == NEVER else 1, rank, key, uid)
    return (0, 0, key, uid)

"""What planners would rather have of a measure: more, less, or neither by itself."""

from __future__ import annotations

from enum import Enum

__all__ = ["Better", "better"]


class Better(Enum):
    """Which way is better."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"  # a matter of volume or of taste: contacts, utilisation


_WAYS = {
    Better.MORE: ("service_level", "answered", "solved", "bot.solved", "containment", "automation"),
    Better.LESS: (
        "abandoned", "turned_away", "open", "waited", "wait", "waiting", "returned", "believed", "handoff",
        "time_to_resolution", "backlog", "cost", "hours.paid", "hours.overtime", "breaks_lost",
    ),
}  # fmt: skip


def better(key: str) -> Better:
    """Which way is better for a measure of this key (see `catalogue.Measure`).

    Examples
    --------
    >>> [better(key).value for key in ("wait.p90", "service_level.offered", "occupancy")]
    ['less', 'more', 'neither']
    """
    for way, keys in _WAYS.items():
        if any(key == known or key.startswith(f"{known}.") for known in keys):
            return way
    return Better.NEITHER

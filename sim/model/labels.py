"""Names, costs and thresholds that belong to the numbers of a `Model`.

Engines never see them; measures, tables and plots do.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Group", "Labels", "Target"]


@dataclass(frozen=True)
class Target:
    """A planner's wish: ``measure`` (a measure path) compared with ``bound``."""

    path: str  # e.g. "service_level", "chat.wait.p90"
    at_least: bool  # else: at most
    bound: float  # in the measure's own unit: share 0..1, seconds, money
    words: str  # as the planner wrote it
    within_s: float | None = None  # service level only: threshold in seconds


@dataclass(frozen=True)
class Group:
    """Stages of one kind, or teams, whose figures are taken together."""

    name: str
    of_teams: bool  # else: of stages
    members: tuple[int, ...]  # numbers of the stages or teams, at least one


@dataclass(frozen=True)
class Labels:
    """Names by number, and what measures need beside the records."""

    scenario: str  # name: of the scenario
    stages: tuple[str, ...]
    streams: tuple[str, ...]
    teams: tuple[str, ...]
    attributes: tuple[tuple[str, tuple[str, ...]], ...]  # (name, values) in class order
    currency: str | None  # e.g. "CNY"; None where nothing costs anything
    team_cost_per_h: tuple[float, ...]  # per paid hour; 0 where none is given
    bot_cost_per_contact: tuple[float, ...]  # per stage; 0 where none is given
    answer_within_s: tuple[float, ...]  # per stage: service-level threshold
    service_level: str  # key of the definition used (see the measure catalogue)
    targets: tuple[Target, ...]
    groups: tuple[Group, ...] = ()

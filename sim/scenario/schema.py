"""The scenario as people write it: every key, its type, its default and what it means.

The descriptions end up in the JSON Schema that editors show. Names (of stages, teams, attribute
values) are checked afterwards, by `meaning`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sim import units
from sim.scenario.fields import (
    Agents,
    Breaks,
    ByHour,
    ChangesField,
    ChangeWords,
    ClaimFigure,
    ClaimFigures,
    ClockTime,
    Closed,
    Cost,
    Count,
    Counts,
    DateField,
    DayNames,
    DaySet,
    Duration,
    ForecastErrors,
    Gaps,
    HeadStart,
    Law,
    NameList,
    OpenHours,
    Rates,
    RouteTable,
    Scale,
    ServesField,
    Share,
    Shares,
    Steepness,
    TargetWish,
    ValueShares,
)
from sim.scenario.wishes import source_kind

__all__ = [
    "Before",
    "Bot",
    "Claim",
    "Delay",
    "Demand",
    "Desk",
    "Horizon",
    "Keys",
    "Return",
    "Returns",
    "Scenario",
    "Shift",
    "Stage",
    "Stream",
    "Team",
]


class Keys(BaseModel):
    """Base of every map with fixed keys: unknown keys are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True
    )


class Horizon(Keys):
    """When the simulation measures and how it ends."""

    starts: DateField | None = Field(
        None, description="date of the first day, warm-up included (default: some Monday)"
    )
    warm_up: Duration = Field(0, description="simulated before measuring starts")
    measure: Duration = Field(units.DAY, description="measured time")
    then: Literal["drain", "continue", "cut"] = Field(
        "drain",
        description="after the measured time: drain (no new issues, open ones are played out), "
        "continue (demand goes on until what was measured has ended) or cut (stop at once)",
    )
    follow: Duration = Field(7 * units.DAY, description="open contacts are followed at most this long")
    returns: Literal["followed", "dropped"] = Field(
        "followed", description="dropped: who would come back after the measured time does not"
    )
    interval: Duration = Field(15 * units.MINUTE, description="length of a reporting interval")


class Stream(Keys):
    """One stream of demand."""

    volume: Rates | None = Field(
        None, description="expected new issues per time, perhaps by days and by the clock"
    )
    by_hour: ByHour | None = Field(
        None,
        description="profile over the day: flat, office, evening, 24 figures, or a CSV file with "
        "time,volume; or a table of these by days",
    )
    gaps: Gaps | None = Field(
        None, description="law of the time from one arrival to the next; instead of volume"
    )
    replay: str | None = Field(
        None, description="CSV file with a time for each issue, perhaps its attributes; instead of volume"
    )
    enters: RouteTable | None = Field(None, description="the stage where an issue enters")
    forecast_error: ForecastErrors | None = Field(
        None,
        description="how far what comes is off the volume: its mean absolute error (lognormal, mean 1), "
        "each day or in each span, as in 25% each 30 min",
    )
    busyness: Share | None = Field(
        None, description="random day factor: its standard deviation (gamma, mean 1)"
    )
    attributes: dict[str, ValueShares] = Field(default_factory=dict, description="shares that differ here")


class Demand(Stream):
    """Where contacts come from; keys here are defaults for the streams."""

    streams: dict[str, Stream] = Field(default_factory=dict, description="several streams by name")


class Stage(Keys):
    """What bots, desks and delays share."""

    solved: RouteTable | None = Field(
        None, description="where a contact goes whose visit solved (default: leaves)"
    )
    unsolved: RouteTable | None = Field(None, description="where a contact goes whose visit did not solve")
    believed: Shares | None = Field(
        None, description="share of those who leave unsolved but believe it solved"
    )


class Bot(Stage):
    """An automated tier: chatbot, self-service, recogniser."""

    first_reply: Law | None = Field(None, description="time to the first reply (default: none)")
    session: Law = Field(description="length of a session")
    solves: Shares = Field(description="share of its contacts that it truly solves")
    steepness: Steepness = Field(10.0, description="how fast one accuracy falls with difficulty (logistic)")
    luck: Share = Field(
        1.0, description="share of visits whose luck is drawn once per issue, not per attempt"
    )
    turned_away: RouteTable | None = Field(None, description="where a contact goes that finds it full")
    open: OpenHours | None = Field(None, description="hours at which it takes contacts (default: always)")
    closed: Closed | None = Field(
        None, description="who comes when it is closed: turned away (default), or goes elsewhere"
    )
    at_once: Counts | None = Field(None, description="sessions at once (default: unlimited)")
    cost: Cost | None = Field(None, description="cost per contact")


class Desk(Stage):
    """A queue and the agents who serve it."""

    handling: Law = Field(description="handling time of a contact")
    wrap_up: Law | None = Field(None, description="after-call work: holds the agent, not the customer")
    patience: Law | None = Field(
        None, description="how long customers wait before they give up (default: never)"
    )
    patience_per: Literal["visit", "contact"] = Field(
        "visit", description="one budget of patience per visit or for the whole contact"
    )
    bot_time: Literal["ignored", "counts"] = Field(
        "ignored", description="whether time at bots uses up patience"
    )
    solves: Shares | None = Field(
        None, description="share of answered contacts that it truly solves (default: all)"
    )
    abandoned: RouteTable | None = Field(None, description="where a contact goes that gave up")
    turned_away: RouteTable | None = Field(None, description="where a contact goes that finds the queue full")
    open: OpenHours | None = Field(None, description="hours at which contacts may enter (default: always)")
    closed: Closed | None = Field(
        None, description="who comes when it is closed: turned away (default), waits, or goes elsewhere"
    )
    at_most_waiting: Counts | None = Field(None, description="places in the queue (default: unlimited)")
    head_start: HeadStart | None = Field(
        None, description="time taken off the waiting order; 'always first' = strict priority"
    )
    asks: NameList | None = Field(
        None, description="teams in the order in which an arriving contact asks them"
    )
    agent: Literal["least busy", "most busy"] = Field(
        "least busy", description="which free agent of a team is taken; then the one longest idle"
    )
    answer_within: Duration | None = Field(None, description="threshold of the service level (default: 20 s)")


class Delay(Stage):
    """A place where time passes: another department, an approval."""

    lasts: Law = Field(description="how long it takes")
    solves: Shares | None = Field(None, description="share that it truly solves (default: none)")


class Shift(Keys):
    """Named agents who work at the same hours."""

    from_: ClockTime = Field(alias="from", description="begins at")
    to: ClockTime = Field(description="ends at; a time at or before the beginning is on the next day")
    agents: Counts = Field(description="agents scheduled, perhaps by days")
    on: DayNames | None = Field(None, description="days on which the shift begins (default: every day)")
    break_: Breaks = Field((), alias="break", description="one break or a list: '30 min at 12:00'")


class Before(Keys):
    """The staff of a team before its agents followed the forecast."""

    agents: Counts | None = Field(None, description="head count, perhaps by days and by the clock")
    shifts: dict[str, Shift] | None = Field(None, description="shifts by name; instead of agents")


class Team(Keys):
    """Agents alike in skills and cost."""

    serves: ServesField = Field(description="a desk, a list of desks, or ranks by desk or attribute value")
    agents: Agents | None = Field(
        None,
        description="head count, perhaps by days and by the clock, or one that follows the forecast; "
        "instead of shifts",
    )
    shifts: dict[str, Shift] | None = Field(None, description="shifts by name; instead of agents")
    before: Before | None = Field(
        None,
        description="whose hours 'hours: as before' keeps; a plan need not give it, it takes what is below",
    )
    chats: Count = Field(1, description="contacts an agent handles at once")
    takes: Literal["skill first", "priority first", "longest waiting"] = Field(
        "skill first", description="how a freed agent chooses among queues"
    )
    absence: Share = Field(0.0, description="chance that an agent is absent for a whole shift")
    shrinkage: Share = Field(0.0, description="planned share of scheduled agents away from the queue")
    cost: Cost | None = Field(None, description="cost per paid hour")
    owner: str | None = Field(None, description="who employs the team")
    site: str | None = Field(None, description="where the team works")


class Return(Keys):
    """Whether, when and where an issue comes back."""

    chance: Shares = Field(description="share that comes back")
    after: Law = Field(description="how long after leaving")
    to: RouteTable | None = Field(
        None, description="where it comes back to (default: where it first entered)"
    )
    patience: Literal["renewed", "kept"] = Field("renewed", description="kept: what was left of the patience")


class Returns(Keys):
    """Returns by how the last contact left."""

    believed: Return | None = Field(None, description="left unsolved, believing it solved")
    unsolved: Return | None = Field(None, description="left unsolved, knowing it")
    abandoned: Return | None = Field(None, description="gave up waiting")
    turned_away: Return | None = Field(None, description="found the queue or the bot full")
    at_most: Count | None = Field(None, description="returns per issue")


class Claim(Keys):
    """A published figure, a promised effect or an exact value to compare with."""

    is_: ClaimFigure | None = Field(None, alias="is", description="the figure")
    figures: ClaimFigures | None = Field(
        None, description="several figures, by measure; the claim's own key is then a title"
    )
    change: ChangeWords | None = Field(None, description="the promised change, for example '17% less'")
    within: ClaimFigure | None = Field(None, description="tolerance")
    source: str = Field(description="published ID, exact, expected (words) or assumed (words)")
    awaits: str | None = Field(None, description="what must exist before it can be measured")

    @property
    def kind(self) -> str:
        """What kind of source it has: published, exact, ..."""
        return source_kind(self.source)


class Scenario(Keys):
    """A whole scenario."""

    name: str = Field(description="a title a planner recognises", min_length=1)
    question: str | None = Field(None, description="what the scenario is to answer")
    plan: str | None = Field(None, description="title of the plan in use")
    scale: Scale = Field(1.0, description="multiplies volumes, agents, sessions and queue limits")
    horizon: Horizon = Field(default_factory=lambda: Horizon.model_validate({}))
    days: dict[str, DaySet] = Field(
        default_factory=dict, description="days by name, for tables: dates, ranges of dates, or lists of them"
    )
    attributes: dict[str, ValueShares] = Field(
        default_factory=dict, description="attributes of an issue: shares of their values"
    )
    demand: Demand
    bots: dict[str, Bot] = Field(default_factory=dict)
    desks: dict[str, Desk] = Field(default_factory=dict)
    delays: dict[str, Delay] = Field(default_factory=dict)
    teams: dict[str, Team] = Field(default_factory=dict)
    groups: dict[str, NameList] = Field(
        default_factory=dict, description="desks, teams or bots whose figures are taken together, by name"
    )
    returns: Returns = Field(default_factory=lambda: Returns.model_validate({}))
    changes: ChangesField = Field((), description="what holds at some times only: dated changes")
    service_level: Literal["all", "offered", "without_short", "any_end", "answered"] = Field(
        "all", description="which definition of the service level is meant"
    )
    targets: dict[str, TargetWish] = Field(default_factory=dict, description="wishes by measure")
    claims: dict[str, Claim] = Field(
        default_factory=dict, description="figures to compare with, by measure (or title)"
    )
    sources: dict[str, str] = Field(
        default_factory=dict, description="where inputs come from, by path prefix"
    )

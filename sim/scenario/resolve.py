"""A sound scenario to plain numbers: the `Model` that engines read, and its `Labels`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import hash32
from sim.model.labels import Group, Labels, Target
from sim.model.laws import LawKind, LawPart
from sim.model.records import LEAVES as LEAVES_ID
from sim.model.records import NONE
from sim.model.shapes import ShapeBook
from sim.model.tables import (
    DAY,
    NEVER,
    UNLIMITED,
    Calendar,
    Law,
    Model,
    Returns,
    Routes,
    StageKind,
    Stages,
)
from sim.scenario.calendar import DayKind, Version, horizon_of, timetable
from sim.scenario.classes import Classes, When, attribute_of, clock_keys, days_of, look_up, periods
from sim.scenario.fields import ALWAYS_FIRST, WAITS
from sim.scenario.following import Follow
from sim.scenario.generate import followed
from sim.scenario.laws import Component, LawWords, parse_law
from sim.scenario.replays import Replayed
from sim.scenario.scaling import scaled
from sim.scenario.schema import Bot, Desk, Scenario, Stage
from sim.scenario.staff import lines_of, staff_of
from sim.scenario.streams import DIFFICULTY, attributes_part, replay_part, streams_part
from sim.scenario.traffic import endless
from sim.scenario.values import LEAVES, Route, Table
from sim.scenario.views import stages_of, streams_of, values_by_attribute
from sim.units import SECOND, Clock

__all__ = ["Resolved", "kinds_of", "labels_of", "logistic_nodes", "resolve"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ANSWER_WITHIN_S = 20.0  # the trade's usual threshold
_EXACTLY_ZERO = parse_law("0 s")
_NEVER_LAW = parse_law("never")
_LEAVES = Route({LEAVES: 1.0})
_LEAVINGS = ("believed", "unsolved", "abandoned", "turned_away")  # in the order of `Leaving`
_ALWAYS = (Clock(0, DAY),)
_WORK = {StageKind.BOT: "session", StageKind.DESK: "handling", StageKind.DELAY: "lasts"}

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Resolved:
    """A scenario ready to be simulated."""

    scenario: Scenario
    labels: Labels
    flows: Model  # the model but for its shapes, of which there are none: enough for expected flows
    book: ShapeBook

    @cached_property
    def model(self) -> Model:
        """The whole model; tables of shapes are made, or read, when it is first asked for."""
        return self.flows._replace(shapes=self.book.shapes())


def resolve(versions: Sequence[Version], replays: Mapping[str, Replayed]) -> Resolved:
    """The numbers behind a scenario that `meaning` found sound: as written, then with changes in force.

    ``replays`` has the arrivals of the streams that have no volume.
    """
    scenario = versions[0].scenario
    resolver = _Resolver(versions, replays)
    return Resolved(scenario, labels_of(scenario), resolver.model(), resolver.book)


def logistic_nodes(mean: float, steepness: float, n_cells: int = 256) -> Floats:
    """Probability to solve at d = 0, 1/n, ..., 1: falling, logistic, with exactly the given mean over d.

    The midpoint m of 1 / (1 + exp(steepness (d - m))) is solved for the mean of the curve drawn
    with straight lines between the nodes, which is what engines look up.

    Examples
    --------
    >>> nodes = logistic_nodes(0.72, 10.0)
    >>> round(float((nodes[:-1] + nodes[1:]).mean() / 2), 9)
    0.72
    """
    d = np.linspace(0.0, 1.0, n_cells + 1)

    def nodes(midpoint: float) -> Floats:
        return np.asarray(1 / (1 + np.exp(np.clip(steepness * (d - midpoint), -700, 700))))

    low, high = -1 - 40 / steepness, 2 + 40 / steepness
    while low < (middle := low + (high - low) / 2) < high:
        p = nodes(middle)
        if float((p[:-1] + p[1:]).mean() / 2) < mean:
            low = middle
        else:
            high = middle
    return nodes(high)


class _Resolver:
    """Builds the model; holds what the parts share: numbers of stages, classes, periods, shapes, routes."""

    def __init__(self, versions: Sequence[Version], replays: Mapping[str, Replayed]) -> None:
        self.versions = versions
        self.replays = replays
        self.scenario = versions[0].scenario
        self.timetable = timetable(versions)
        self.stages: dict[str, Stage] = stages_of(self.scenario)
        self.stage_ids = {name: i for i, name in enumerate(self.stages)}
        self.classes = Classes.of(self.scenario)
        self.values = self.classes.attributes
        self.kinds = [list(self._periods(kind)) for kind in self.timetable.kinds]
        self.periods = [when for kind in self.kinds for when in kind]
        self.book = ShapeBook()
        self.laws: dict[LawWords, tuple[float, int]] = {}
        self.route_rows: dict[tuple[tuple[float, int], ...], int] = {}
        self.curve_rows: dict[tuple[float, float], int] = {}

    def _periods(self, kind: DayKind) -> Iterator[When]:
        """The times of a kind of day at which some value changes."""
        days = days_of(self.scenario)
        ticks = {begins for begins, _ in kind.spells}
        for number in {version for _, version in kind.spells}:
            scenario = self.versions[number].scenario
            ticks.update(periods(_tables(scenario), kind.of_day, days))
            for hours in [
                place.open for group in (scenario.bots, scenario.desks) for place in group.values()
            ]:
                spells = () if hours is None else look_up(hours, {}, kind.of_day, {})
                ticks.update(edge % DAY for spell in spells for edge in spell)
        return (kind.at(tick) for tick in sorted(ticks))

    def _each(self, get: Callable[[Scenario], Table[T] | None]) -> list[Table[T] | None]:
        """A table as it is in each version of the scenario."""
        return [get(version.scenario) for version in self.versions]

    def _at_stage(self, name: str, key: str) -> list[Any]:
        """A value of a stage in each version of the scenario; None where it has none."""
        return self._each(lambda scenario: getattr(stages_of(scenario)[name], key, None))

    def model(self) -> Model:
        """All the parts together, but for the shapes, which `book` collects."""
        lines, line_of = lines_of(self.scenario, self.classes, self.stage_ids)
        kinds = self.timetable.kinds
        teams, plan = staff_of(self.versions, kinds, {})
        streams = streams_part(
            self.versions,
            self.timetable,
            self.replays,
            self.periods,
            self.book,
            lambda law: self._law(law)[1],
            self._route_rows,
        )
        stages = self._stages(line_of)
        returns = self._returns()
        model = Model(
            horizon=horizon_of(self.scenario),
            n_classes=len(self.classes),
            calendar=self._calendar(),
            streams=streams,
            replay=replay_part(self.scenario, self.replays),
            attributes=attributes_part(self.versions),
            stages=stages,
            routes=self._routes(),
            lines=lines,
            teams=teams,
            plan=plan,
            returns=returns,
            shapes=ShapeBook.none(),
        )
        if self._some_follow() and endless(model) is None:
            staff = followed(self.versions, kinds, model._replace(shapes=self.book.shapes()))
            teams, plan = staff_of(self.versions, kinds, staff)
            model = model._replace(teams=teams, plan=plan)
        return model

    def _some_follow(self) -> bool:
        teams = [team for version in self.versions for team in version.scenario.teams.values()]
        return any(isinstance(team.agents, Follow) for team in teams)

    # ------------------------------------------------------------------------------- dense values
    def _dense(self, tables: Sequence[Table[LawWords] | None], default: LawWords) -> tuple[Floats, Ints]:
        """Mean (ticks) and shape of a law by its table in each version, shape (C, P)."""
        found = self._by_class(tables, default, self._law)
        mean = np.array([[law[0] for law in row] for row in found], np.float64)
        return mean, np.array([[law[1] for law in row] for row in found], np.int64)

    def _by_class(
        self, tables: Sequence[Table[T] | None], default: T, made: Callable[[T], U]
    ) -> list[list[U]]:
        """What is made of a value, by class and period, (C, P)."""
        if all(table is None or table.entries is None for table in tables):
            one = [made(self._value(tables, {}, when, default)) for when in self.periods]
            return [one] * len(self.classes)
        return [
            [made(self._value(tables, values, when, default)) for when in self.periods]
            for values in self.classes
        ]

    def _value(
        self, tables: Sequence[Table[T] | None], values: Mapping[str, str], when: When, default: T
    ) -> T:
        table = tables[when.version]
        return default if table is None else look_up(table, values, when, self.values)

    def _law(self, words: LawWords) -> tuple[float, int]:
        """Mean (ticks) and shape of a law."""
        if words not in self.laws:
            self.laws[words] = self.book.add(*(_part(c) for c in words.components))
        return self.laws[words]

    def _laws(self, each: Sequence[Sequence[Table[LawWords] | None]], default: LawWords) -> Law:
        dense = [self._dense(tables, default) for tables in each]
        return Law(
            self._stack([mean for mean, _ in dense], np.float64),
            self._stack([shape for _, shape in dense], np.int64),
        )

    def _stack(self, parts: list[NDArray], dtype: type) -> NDArray:  # type: ignore[type-arg]
        size = (len(parts), len(self.classes), len(self.periods))
        return np.array(parts, dtype).reshape(size)

    def _numbers(self, tables: Sequence[Table[float] | None], default: float) -> Floats:
        """A number by class and period, shape (C, P)."""
        found = self._by_class(tables, default, float)
        return np.array(found, np.float64).reshape(len(self.classes), len(self.periods))

    # ------------------------------------------------------------------------------------- routes
    def _route_row(self, route: Route) -> int:
        """Number of a row of `Routes` with these shares."""
        below, entries = 0.0, []
        for name, share in route.shares.items():
            if share > 0:
                below += share
                entries.append((below, LEAVES_ID if name == LEAVES else self.stage_ids[name]))
        entries[-1] = (1.0, entries[-1][1])
        return self.route_rows.setdefault(tuple(entries), len(self.route_rows))

    def _route_rows(self, tables: Sequence[Table[Route] | None], default: Route) -> list[list[int]]:
        """Rows of `Routes` by class and period, (C, P)."""
        return self._by_class(tables, default, self._route_row)

    def _routes(self) -> Routes:
        rows = list(self.route_rows)
        return Routes(
            first=np.cumsum([0] + [len(row) for row in rows]).astype(np.int64),
            below=np.array([below for row in rows for below, _ in row], np.float64),
            to=np.array([to for row in rows for _, to in row], np.int64),
        )

    # ------------------------------------------------------------------------------------- stages
    def _stages(self, line_of: Ints) -> Stages:
        stages = list(self.stages.values())
        n, n_classes, n_periods = len(stages), len(self.classes), len(self.periods)
        work = self._laws(
            [self._at_stage(name, _WORK[_kind(stage)]) for name, stage in self.stages.items()], _EXACTLY_ZERO
        )
        p_solved = np.zeros((n, n_classes, n_periods))
        curve = np.full((n, n_classes, n_periods), NONE, np.int64)
        p_believes = np.zeros((n, n_classes, n_periods))
        head_start = np.zeros((n, n_classes, n_periods), np.int64)
        limit = np.full((n, n_periods), UNLIMITED, np.int64)
        is_open = np.ones((n, n_periods), np.bool_)
        for i, (name, stage) in enumerate(self.stages.items()):
            p_solved[i] = self._numbers(
                self._at_stage(name, "solves"), 1.0 if isinstance(stage, Desk) else 0.0
            )
            if isinstance(stage, Bot):
                curve[i] = self._curves(name, p_solved[i])
            p_believes[i] = self._numbers(
                self._at_stage(name, "believed"), 1.0 if isinstance(stage, Bot) else 0.0
            )
            starts: list[Table[int] | None] = self._at_stage(name, "head_start")
            head_start[i] = self._by_class(starts, 0, _head_start)
            limits = self._at_stage(name, "at_once" if isinstance(stage, Bot) else "at_most_waiting")
            limit[i] = [self._limit(limits, when) for when in self.periods]
            hours: list[Table[tuple[Clock, ...]] | None] = self._at_stage(name, "open")
            is_open[i] = [_is_open(self._value(hours, {}, when, _ALWAYS), when.tick) for when in self.periods]
        routes = [[self._route_rows(tables, _LEAVES) for tables in self._ends(name)] for name in self.stages]
        return Stages(
            kind=np.array([_kind(stage) for stage in stages], np.int64),
            name_hash=np.array([hash32(f"stage:{name}") for name in self.stages], np.int64),
            work=work,
            reply=self._laws([self._at_stage(name, "first_reply") for name in self.stages], _EXACTLY_ZERO),
            wrap_up=self._laws([self._at_stage(name, "wrap_up") for name in self.stages], _EXACTLY_ZERO),
            patience=self._laws([self._at_stage(name, "patience") for name in self.stages], _NEVER_LAW),
            p_solved=p_solved,
            curve=curve,
            curves=self._curve_table(),
            luck=np.array([getattr(stage, "luck", 0.0) for stage in stages], np.float64),
            p_believes=p_believes,
            limit=limit,
            head_start=head_start,
            patience_per_contact=np.array(
                [getattr(s, "patience_per", "") == "contact" for s in stages], np.bool_
            ),
            bot_time_counts=np.array([getattr(s, "bot_time", "") == "counts" for s in stages], np.bool_),
            line=line_of,
            busiest_first=np.array([getattr(s, "agent", "") == "most busy" for s in stages], np.bool_),
            is_open=is_open,
            waits_when_closed=np.array([getattr(s, "closed", "") == WAITS for s in stages], np.bool_),
            route=np.array(routes, np.int64).reshape(n, 5, n_classes, n_periods),
        )

    def _limit(self, tables: Sequence[Table[int] | None], when: When) -> int:
        table = tables[when.version]
        return UNLIMITED if table is None else scaled(look_up(table, {}, when, {}), self.scenario.scale)

    def _ends(self, name: str) -> Iterator[list[Table[Route] | None]]:
        """The routes of a stage by how a visit ended, and for who comes when it is closed."""
        for key in ("solved", "unsolved", "abandoned", "turned_away"):
            yield self._at_stage(name, key)
        elsewhere = zip(self._at_stage(name, "closed"), self._at_stage(name, "turned_away"), strict=True)
        yield [closed if isinstance(closed, Table) else full for closed, full in elsewhere]

    def _curves(self, name: str, p_solved: Floats) -> Ints:
        """Row of the falling curve by class and period; NONE where accuracy is per difficulty, 0 or 1."""
        rows = np.full(p_solved.shape, NONE, np.int64)
        bots = [version.scenario.bots[name] for version in self.versions]
        by_grade = [_goes_by_grade(bot.solves, self.values) for bot in bots]
        for (c, p), mean in np.ndenumerate(p_solved):
            version = self.periods[p].version
            if 0 < mean < 1 and not by_grade[version]:
                curve = (float(mean), bots[version].steepness)
                rows[c, p] = self.curve_rows.setdefault(curve, len(self.curve_rows))
        return rows

    def _curve_table(self) -> Floats:
        rows = [logistic_nodes(mean, steepness) for mean, steepness in self.curve_rows]
        return np.array(rows, np.float64).reshape(-1, 257)

    # ---------------------------------------------------------------------------- demand, returns
    def _calendar(self) -> Calendar:
        return Calendar(
            first_date=self.timetable.first_date,
            kind=np.array(self.timetable.kind, np.int64),
            first=np.cumsum([0, *map(len, self.kinds)]),
            begins=np.array([when.tick for when in self.periods], np.int64),
            is_dated=self.scenario.horizon.starts is not None,
        )

    def _returns(self) -> Returns:
        rules = self.scenario.returns
        each = [rules.believed, rules.unsolved, rules.abandoned, rules.turned_away]
        chances, afters, tos = (
            [self._at_leaving(leaving, key) for leaving in _LEAVINGS] for key in ("chance", "after", "to")
        )
        entry = [
            [[self._return_row(tables, values, when) for when in self.periods] for values in self.classes]
            for tables in tos
        ]
        return Returns(
            chance=np.array([self._numbers(tables, 0.0) for tables in chances]),
            after=self._laws(afters, _EXACTLY_ZERO),
            entry_route=np.array(entry, np.int64),
            keeps_patience=np.array([r is not None and r.patience == "kept" for r in each], np.bool_),
            at_most=UNLIMITED if rules.at_most is None else rules.at_most,
        )

    def _at_leaving(self, leaving: str, key: str) -> list[Any]:
        """A value of a rule of return in each version of the scenario; None where it has none."""
        return self._each(lambda scenario: getattr(getattr(scenario.returns, leaving), key, None))

    def _return_row(
        self, tables: Sequence[Table[Route] | None], values: Mapping[str, str], when: When
    ) -> int:
        """Row of `Routes` by which one comes back; NONE = where the issue first entered."""
        table = tables[when.version]
        return NONE if table is None else self._route_row(look_up(table, values, when, self.values))


def _tables(scenario: Scenario) -> list[Table[object]]:
    """Every table whose values a contact meets, by the time at which it enters or leaves."""
    owners = [
        *stages_of(scenario).values(),
        *(rule for key, rule in scenario.returns if key != "at_most" and rule),
    ]
    streams = list(streams_of(scenario).values())
    attributes = [scenario.attributes, *(stream.attributes for stream in streams)]
    shares = [table for own in attributes for table in own.values()]
    entries = [stream.enters for stream in streams if stream.enters is not None]
    of_owners = [value for owner in owners for _, value in owner if isinstance(value, Table)]
    return [*of_owners, *entries, *shares]


def _goes_by_grade(solves: Table[float], attributes: Mapping[str, tuple[str, ...]]) -> bool:
    return any(
        not clock_keys(entries) and attribute_of(entries, attributes) == DIFFICULTY
        for _, entries in solves.tables()
    )


def _is_open(spells: tuple[Clock, ...], tick: int) -> bool:
    return any(spell.contains(tick) for spell in spells)


def _part(c: Component) -> LawPart:
    kind = LawKind(c.kind)
    if kind is LawKind.UNIFORM:
        return LawPart(kind, c.low, c.high, c.weight)
    name = "" if kind is LawKind.SAMPLE else c.name  # equal samples are one shape, whatever the file
    return LawPart(kind, c.mean, c.cv or 0.0, c.weight, name, c.figures, c.sample)


def _kind(stage: Stage) -> StageKind:
    if isinstance(stage, Bot):
        return StageKind.BOT
    return StageKind.DESK if isinstance(stage, Desk) else StageKind.DELAY


def _head_start(ticks: int) -> int:
    return NEVER if ticks == ALWAYS_FIRST else ticks


def kinds_of(scenario: Scenario) -> list[StageKind]:
    """The kind of each stage, in the order of the labels."""
    return [_kind(stage) for stage in stages_of(scenario).values()]


def labels_of(scenario: Scenario) -> Labels:
    """The names of everything, also of a scenario that makes no sense yet."""
    stages = stages_of(scenario)
    costs = [*(t.cost for t in scenario.teams.values()), *(b.cost for b in scenario.bots.values())]
    targets = tuple(
        Target(path, w.at_least, w.figure.value, w.words, w.within_s) for path, w in scenario.targets.items()
    )
    within = {t.path: t.within_s for t in targets if t.within_s is not None}
    return Labels(
        scenario=scenario.name,
        stages=tuple(stages),
        streams=tuple(streams_of(scenario)),
        teams=tuple(scenario.teams),
        attributes=tuple(values_by_attribute(scenario).items()),
        currency=next((cost.currency for cost in costs if cost is not None), None),
        team_cost_per_h=tuple(t.cost.amount if t.cost else 0.0 for t in scenario.teams.values()),
        bot_cost_per_contact=tuple(
            s.cost.amount if isinstance(s, Bot) and s.cost else 0.0 for s in stages.values()
        ),
        answer_within_s=tuple(
            _answer_within(name, stage, within, scenario.groups) for name, stage in stages.items()
        ),
        service_level=scenario.service_level,
        targets=targets,
        groups=tuple(_groups(scenario)),
    )


def _groups(scenario: Scenario) -> Iterator[Group]:
    """The groups; of a scenario that makes no sense yet, the members of the kind of the first known one."""
    stages, teams = list(stages_of(scenario)), list(scenario.teams)
    kinds = (list(scenario.desks), teams, list(scenario.bots))
    for name, members in scenario.groups.items():
        one_kind = next((kind for member in members for kind in kinds if member in kind), [])
        numbered = teams if one_kind is teams else stages
        numbers = tuple(numbered.index(member) for member in dict.fromkeys(members) if member in one_kind)
        if numbers:
            yield Group(name, one_kind is teams, numbers)


def _answer_within(
    name: str, stage: Stage, within: Mapping[str, float], groups: Mapping[str, tuple[str, ...]]
) -> float:
    """The service-level threshold of a stage: its own key, else that of its target, of one of a group
    that holds it, or the overall one."""
    if isinstance(stage, Desk) and stage.answer_within is not None:
        return stage.answer_within / SECOND
    owners = [name, *(group for group, members in groups.items() if name in members)]
    paths = [*(f"{owner}.service_level" for owner in owners), "service_level"]
    return next((within[path] for path in paths if path in within), _ANSWER_WITHIN_S)

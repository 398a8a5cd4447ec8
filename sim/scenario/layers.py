"""Layers of a scenario laid on each other: extends < file < overlays < plan < settings (``--set``).

Maps merge deep; lists and single values are replaced whole; ``null`` takes away what is below; a
relative value (``20% more``) changes what is below. A table by clock ranges replaces another one whole
unless it names ranges of it, for two sets of ranges cannot be mixed; so does a table by keys of another
sort (days, values of attributes). Agents of a team replace its shifts, shifts its agents.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from sim.errors import InvalidInput, Mark, Problem, nearest
from sim.scenario.days import is_day_word
from sim.scenario.find import Files
from sim.scenario.following import follows, is_as_before, is_part_of_follow
from sim.scenario.laws import files_renamed
from sim.scenario.load import Document
from sim.scenario.marks import Marks, Path, dotted
from sim.scenario.relative import Change, NotChangeable, changed, parse_change
from sim.scenario.setting import Setting, parse_setting
from sim.units import is_clock_range

__all__ = ["Layered", "compose", "with_parts"]

_NAMED = (
    ("teams", "*"),
    ("teams", "*", "shifts", "*"),
    ("desks", "*"),
    ("bots", "*"),
    ("delays", "*"),
    ("attributes", "*"),
    ("demand", "streams", "*"),
)
"""Maps keyed by names that a plan or a setting may use but not make."""

_PLAN_KEYS = ("plan", "teams", "sources")
_PLAIN_WORDS = ("name", "question", "plan", "claims", "sources")  # "17% less" is a claim's own text there


@dataclass(frozen=True)
class Layered:
    """A scenario with all its layers merged."""

    data: dict[str, Any]
    marks: Marks  # of each key and value in the layer that it comes from
    origin: dict[Path, Mark]  # every value (a list is one value) that the main file does not give itself
    plan: str | None = None  # title of the plan
    files: tuple[str, ...] = ()  # read, lowest layer first
    folder: FilePath = FilePath()  # of the main file
    main: str = ""  # the main file

    def folder_of(self, path: Path) -> FilePath:
        """The folder of the file that gives a value: where a file named by it is looked for."""
        return FilePath(self.marks.value(path).file).parent


def compose(
    path_or_name: str | FilePath,
    overlays: Sequence[str | FilePath] = (),
    plan: str | FilePath | None = None,
    sets: Sequence[str] = (),
    search: FilePath | None = None,
) -> Layered:
    """The scenario of a file (or of a shipped scenario's name) with everything laid on it.

    Parameters
    ----------
    path_or_name
        A file, or the bare name of a shipped scenario.
    overlays
        Files with partial scenarios, lowest first.
    plan
        A plan's file (YAML, or CSV as `plan_csv` reads it), or a bare name: looked up in ``plans/`` beside
        the scenario, then in the shipped plans.
    sets
        ``path=value`` each, such as ``teams.own.agents=20% more``.
    search
        The folder of the shipped scenarios, where it is not the usual one.

    Raises
    ------
    InvalidInput
        With the problems of all layers.
    """
    files = Files(search)
    main = files.scenario(str(path_or_name))
    if main is None:
        raise InvalidInput(files.problems)
    below = files.with_bases(main)
    above = [document for overlay in overlays for document in files.with_bases(str(overlay))]
    planned = files.plan(str(plan), main) if plan is not None else None
    settings = _settings(sets, files.problems)
    files.problems += [_plan_as_scenario(d) for d in below + above if "plan" in d.data]
    if files.problems:
        raise InvalidInput(files.problems)

    stack = _Stack()
    for document in below + above:
        stack.lay(document)
    if planned is not None:
        stack.check_plan(planned)
        stack.check_names(planned, may_give_shifts=True)
        stack.lay(planned)
    for setting in settings:
        gives_all = len(setting.path) <= len(("teams", "NAME", "shifts"))
        if stack.check_names(setting.layer, may_give_shifts=gives_all) and stack.check_way(setting):
            stack.lay(setting.layer, is_setting=True)
    if stack.problems:
        raise InvalidInput(stack.problems)
    title = str(planned.data["plan"]) if planned is not None else None
    read = tuple(str(d.path) for d in [*below, *above, *([planned] if planned else [])])
    return Layered(
        stack.data,
        Marks(stack.known),
        stack.origin(main),
        title,
        read,
        FilePath(main).parent,
        str(FilePath(main)),
    )


def with_parts(
    layered: Layered, paths: Sequence[Path], leave_out: Sequence[str]
) -> tuple[Layered, list[Problem]]:
    """A scenario with some of its own changes laid on it, and what is wrong with laying them on.

    Parameters
    ----------
    layered
        The scenario.
    paths
        Where the changes stand in it, lowest first: each a partial scenario, one of a list.
    leave_out
        Keys of a change that are no part of a scenario.
    """
    data = {key: value for key, value in layered.data.items() if key != paths[0][0]}
    stack = _Stack(copy.deepcopy(data), dict(layered.marks.known), may_be_gone=len(paths) > 1)
    for path in paths:
        part: Any = layered.data
        for key in path:
            part = part[key]
        inside = {
            at[len(path) :]: marks for at, marks in layered.marks.known.items() if at[: len(path)] == path
        }
        upper = {key: value for key, value in part.items() if key not in leave_out}
        document = Document(upper, Marks(inside), layered.folder)
        before = len(stack.problems)
        for pattern in _NAMED:
            if "shifts" not in pattern:  # a change may bring shifts of its own
                stack.check_names_at(document, pattern, (), stack.data, upper, False)
        stack.check_shifts(document)
        if len(stack.problems) == before:
            stack.lay(document, is_setting=True)
    return replace(layered, data=stack.data, marks=Marks(stack.known)), stack.problems


def _plan_as_scenario(layer: Document) -> Problem:
    return Problem(
        "plan",
        "plan",
        "this file is a plan, not a scenario",
        layer.marks.key(("plan",)),
        "give it with --plan",
    )


def _settings(texts: Sequence[str], problems: list[Problem]) -> list[Setting]:
    settings = []
    for i, text in enumerate(texts, 1):
        try:
            settings.append(parse_setting(text, f"--set #{i}"))
        except InvalidInput as error:
            problems += error.problems
    return settings


@dataclass
class _Stack:
    """The layers merged so far."""

    data: dict[str, Any] = field(default_factory=dict)
    known: dict[Path, tuple[Mark, Mark]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    may_be_gone: bool = False  # what a layer takes away: another of several changes may have done so

    def lay(self, layer: Document, is_setting: bool = False) -> None:
        """Merge a layer on top."""
        upper = {k: v for k, v in layer.data.items() if k not in ("extends", "plan")}
        if layer.is_whole_staff:
            self._dismiss(list(upper["teams"]))
        if not is_setting or () not in self.known:
            self.known[()] = layer.marks.known[()]
        self._lay_map(self.data, upper, (), layer.marks, is_setting)

    def _lay_map(
        self, lower: dict[str, Any], upper: dict[str, Any], path: Path, marks: Marks, is_setting: bool
    ) -> None:
        for key, value in upper.items():
            inner = (*path, key)
            change = parse_change(value) if inner[0] not in _PLAIN_WORDS else None
            if isinstance(value, dict):
                below = lower.get(key)
                if _is_at(inner, ("teams", "*")) and isinstance(below, dict):
                    self._make_way(below, value, inner, marks)
                is_table = not any(_is_at(inner, pattern[:-1]) for pattern in _NAMED)
                of_shares = "attributes" in path
                if (
                    not isinstance(below, dict)
                    or (is_table and not self._go_together(below, value))
                    or (of_shares and _is_table(below) != _is_table(value))
                ):
                    self._forget(inner, below)
                    below = lower[key] = {}
                if not is_setting or inner not in self.known:
                    # A map is shown where it was written last, but never in a setting inside it.
                    self.known[inner] = marks.known[inner]
                self._lay_map(below, value, inner, marks, is_setting)
            elif change is not None:
                self._change(lower, key, change, inner, marks)
            else:
                self._forget(inner, lower.get(key))
                if value is None and (key in lower or self.may_be_gone):
                    lower.pop(key, None)
                    continue
                lower[key] = value
                for place in _places(value, inner):
                    self.known[place] = marks.known[place]

    def _dismiss(self, teams: Sequence[str]) -> None:
        """Take away all staff of some teams."""
        for name in teams:
            below = self.data.get("teams", {}).get(name)
            if isinstance(below, dict):
                gone = {key: below.pop(key) for key in ("agents", "shifts", "before") if key in below}
                self._moved(gone, ("teams", name))

    def _make_way(self, lower: dict[str, Any], upper: dict[str, Any], team: Path, marks: Marks) -> None:
        """Set aside the staff of a team that a layer replaces: agents for shifts, or the other way round."""
        agents, shifts = upper.get("agents"), upper.get("shifts")
        gives_agents = agents is not None and parse_change(agents) is None
        gives_shifts = isinstance(shifts, dict)
        followed, is_part = follows(lower.get("agents")), is_part_of_follow(agents)
        if gives_agents == gives_shifts or (followed and is_part):  # both: it is not for us to choose
            return
        old = ["agents"] if gives_shifts else ["shifts", *(["agents"] if followed or follows(agents) else [])]
        gone = {key: lower.pop(key) for key in old if lower.get(key) is not None and key not in _nulls(upper)}
        before = self._moved(gone, team)
        if not is_as_before(agents):
            self._forget((*team, "before"), lower.pop("before", None))
        elif followed and "before" not in lower:
            mark = marks.value((*team, "agents", "hours"))
            message = "hours as before of what? The agents below follow the forecast too"
            self._add(
                "relative", (*team, "agents", "hours"), message, mark, "write for example 'hours: 800 h'"
            )
        elif gone and not followed:
            lower["before"] = gone
            self.known[(*team, "before")] = marks.known[(*team, "agents")]
            self.known |= before

    def _moved(self, gone: dict[str, Any], team: Path) -> dict[Path, tuple[Mark, Mark]]:
        """Marks of staff that is set aside, as it stands under ``before``; its sources are taken away."""
        marks = {}
        for key, value in gone.items():
            for place in _places(value, (*team, key)):
                if place in self.known:
                    marks[(*team, "before", *place[len(team) :])] = self.known.pop(place)
        sources: dict[str, Any] = self.data.get("sources") or {}
        for named in list(sources):
            if any(f"{named}.".startswith(f"{dotted((*team, key))}.") for key in gone):
                self._forget(("sources", named), sources.pop(named))
        return marks

    def _go_together(self, lower: dict[str, Any], upper: dict[str, Any]) -> bool:
        """Whether two maps merge: not where ranges would mix with other ranges, or keys of several sorts."""
        ranges = {k for k in lower if is_clock_range(k)}
        new = {k for k in upper if is_clock_range(k)}
        others = {k for k in upper if k != "else"} - new
        by_day = {self._is_day(k) for k in lower if k != "else"} | {self._is_day(k) for k in others}
        return new <= ranges and not (ranges and others) and len(by_day) < 2

    def _is_day(self, key: str) -> bool:
        named = self.data.get("days")
        return is_day_word(key) or (isinstance(named, dict) and key in named)

    def _change(self, lower: dict[str, Any], key: str, change: Change, path: Path, marks: Marks) -> None:
        """Lay a relative value on what is below it."""
        mark = marks.value(path)
        if lower.get(key) is None:
            self._add(
                "relative",
                path,
                f"'{change.words}' of what? Nothing below gives a value here",
                mark,
                "write the value itself",
            )
            return
        if follows(lower[key]):
            message = f"agents that follow the forecast cannot be made '{change.words}'"
            self._add("relative", path, message, mark, "change how they follow it, for example utilisation")
            return
        try:
            lower[key] = changed(lower[key], change)
        except NotChangeable as error:
            self._add("relative", path + error.path, error.message, mark, error.hint)
            return
        for leaf in _leaves(lower[key], path):
            self._keep_files(lower, key, leaf[len(path) :], self.known[leaf][1], mark)
        self.known[path] = marks.known[path]
        for leaf in _leaves(lower[key], path):
            self.known[leaf] = (self.known[leaf][0], mark)

    @staticmethod
    def _keep_files(owner: dict[str, Any], key: str, inner: Path, named: Mark, changed_at: Mark) -> None:
        """A law's files lie beside who named them, not beside who made the law longer."""
        for part in inner:
            owner, key = owner[key], str(part)
        old, new = (os.path.realpath(FilePath(mark.file).parent) for mark in (named, changed_at))
        if isinstance(owner[key], str) and old != new:
            owner[key] = files_renamed(
                owner[key], lambda name: FilePath(os.path.relpath(os.path.join(old, name), new)).as_posix()
            )

    def _forget(self, path: Path, value: object) -> None:
        for place in _places(value, path):
            self.known.pop(place, None)

    def _add(self, code: str, path: Path, message: str, mark: Mark, hint: str | None = None) -> None:
        self.problems.append(Problem(code, dotted(path), message, mark, hint))

    def check_plan(self, plan: Document) -> None:
        """Note what a plan may not do: it has a title and touches teams only."""
        if not isinstance(plan.data.get("plan"), str):
            self._add(
                "plan",
                ("plan",),
                "a plan needs its title",
                plan.marks.value(("plan",)),
                "write for example 'plan: More people in the evening'",
            )
        for key in plan.data:
            if key not in _PLAN_KEYS:
                near = nearest(key, _PLAN_KEYS)
                more = f"; did you mean '{near}'?" if near else ""
                self._add(
                    "plan",
                    (key,),
                    f"a plan may change teams only, not '{key}'{more}",
                    plan.marks.key((key,)),
                    None if near else "a change of anything else is an overlay",
                )

    def check_shifts(self, change: Document) -> None:
        """Note changes of shifts where a team has none, perhaps because a plan has replaced them."""
        for name, team in (change.data.get("teams") or {}).items():
            below = self.data["teams"].get(name)
            gives = isinstance(team, dict) and isinstance(team.get("shifts"), dict)
            if gives and isinstance(below, dict) and "shifts" not in below and "agents" in below:
                path: Path = ("teams", name, "shifts")
                has = "agents that follow the forecast" if follows(below["agents"]) else "a head count"
                message = f"the team has {has} at all times"
                self._add("changes", path, message, change.marks.key(path), "a change may give it 'agents'")

    def check_way(self, setting: Setting) -> bool:
        """Whether a setting's path leads through maps only; a problem is noted if not."""
        below: Any = self.data
        for i, key in enumerate(setting.path):
            before, here = dotted(setting.path[:i]), setting.path[: i + 1]
            if below is None:
                return True
            if not isinstance(below, dict):
                what = "a list" if isinstance(below, list) else f"'{below}'"
                self._add(
                    "not_a_map",
                    here,
                    f"{before} is {what} and has no '{key}'",
                    setting.layer.marks.key(here),
                    f"give all of it: {before}=...",
                )
                return False
            ranges = [k for k in below if is_clock_range(k)]
            if is_clock_range(key) and ranges and key not in below:
                self._add(
                    "unknown_name",
                    here,
                    f"there is no '{key}' in this table, only {', '.join(below)}",
                    setting.layer.marks.key(here),
                    f"give all of the table: {before}={{...}}",
                )
                return False
            below = below.get(str(key))
        return True

    def check_names(self, layer: Document, may_give_shifts: bool) -> bool:
        """Whether a layer names only what there is; problems are noted if not.

        A plan may give shifts to a team that has none: there is no name to misspell.
        """
        before = len(self.problems)
        for pattern in _NAMED:
            if not (layer.is_whole_staff and "shifts" in pattern):
                self.check_names_at(layer, pattern, (), self.data, layer.data, may_give_shifts)
        return len(self.problems) == before

    def check_names_at(
        self,
        layer: Document,
        pattern: tuple[str, ...],
        path: Path,
        lower: object,
        upper: object,
        may_give_shifts: bool,
    ) -> None:
        """Note names below a path that are not among those of the layers below."""
        if not isinstance(upper, dict):
            return
        known = lower if isinstance(lower, dict) else {}
        if len(pattern) > 1:
            keys = list(upper) if pattern[0] == "*" else [pattern[0]] if pattern[0] in upper else []
            for key in keys:
                if pattern[0] != "*" or key in known:  # an unknown team is told once, not again by its shifts
                    self.check_names_at(
                        layer, pattern[1:], (*path, key), known.get(key), upper[key], may_give_shifts
                    )
        elif not (may_give_shifts and path[-1] == "shifts" and not known):
            for key in upper:
                if key not in known:
                    self._add_unknown(layer, (*path, key), list(known))

    def _add_unknown(self, layer: Document, path: Path, known: list[str]) -> None:
        near = nearest(str(path[-1]), known)
        has = f"known: {', '.join(known)}" if known else "there is none"
        more = f"; did you mean '{near}'?" if near else ""
        self._add(
            "unknown_name",
            path,
            f"there is no '{path[-1]}' in {dotted(path[:-1])}{more}",
            layer.marks.key(path),
            None if near else has,
        )

    def origin(self, main: str) -> dict[Path, Mark]:
        """The mark of every value that does not come from the main file."""
        marks = ((path, self.known[path][1]) for path in _leaves(self.data, ()))
        return {path: mark for path, mark in marks if mark.file != main}


def _is_at(path: Path, pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(p in ("*", k) for k, p in zip(path, pattern, strict=True))


def _nulls(layer: dict[str, Any]) -> list[str]:
    """Keys that a layer takes away itself."""
    return [key for key, value in layer.items() if value is None]


def _is_table(shares: dict[str, Any]) -> bool:
    """Whether what is written for an attribute is a table of shares; empty maps are shares."""
    return any(isinstance(value, dict) for value in shares.values())


def _leaves(value: object, path: Path) -> Iterator[Path]:
    """The path of every value that is no map; an empty map is one too."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    else:
        yield path


def _places(value: object, path: Path) -> Iterator[Path]:
    """Paths of a value and of everything inside it, list items included."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))

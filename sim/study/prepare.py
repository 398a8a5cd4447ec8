"""A scenario ready for a study: sound, resolved, and with measures that exist in its targets and claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath
from typing import NamedTuple

from sim.errors import InvalidInput, Problem, UsageError
from sim.measure.catalogue import unit_words
from sim.measure.expressions import ANY, parse_expression, unit_of
from sim.measure.moments import found_measure
from sim.model.labels import Labels
from sim.scenario.layers import Layered
from sim.scenario.marks import Path, dotted
from sim.scenario.resolve import kinds_of, labels_of
from sim.scenario.schema import Scenario
from sim.scenario.shipped import named_scenarios, scenarios_in
from sim.scenario.structure import place
from sim.scenario.validate import Loaded, load
from sim.scenario.wishes import ChangeOf, Figure, FigureClaim
from sim.units import SECOND, duration_words

__all__ = ["prepare"]


def prepare(
    source: str | FilePath,
    overlays: Sequence[str | FilePath] = (),
    plan: str | FilePath | None = None,
    sets: Sequence[str] = (),
) -> Loaded:
    """The scenario under its layers.

    Raises
    ------
    InvalidInput
        With every problem found, unknown measures included.
    """
    _refuse_folders([source, *overlays])
    return load(source, overlays, plan, sets, _measure_problems)


def _refuse_folders(given: Sequence[str | FilePath]) -> None:
    """A folder in place of a file is told as such, with the files that might be meant."""
    problems = []
    for folder in (
        FilePath(path) for path in given if FilePath(path).is_dir() and not _is_shipped(str(path))
    ):
        files = list(scenarios_in(folder).values())
        hint = f"give a file: {', '.join(map(str, files))}" if files else "give a YAML file"
        problems.append(Problem("folder", "", f"'{folder}' is a folder, not a file", None, hint))
    if problems:
        raise InvalidInput(problems)


def _is_shipped(name: str) -> bool:
    return name in named_scenarios()


class _Wanted(NamedTuple):
    """A measure that a target or a claim speaks of."""

    path: Path  # in the scenario, of the key that names the measure
    value_path: Path  # of its figure
    figure: Figure | None
    may_be_missing: bool = False


def _wanted(scenario: Scenario, layered: Layered) -> Iterator[_Wanted]:
    for measure, wish in scenario.targets.items():
        yield _Wanted(("targets", measure), ("targets", measure), wish.figure)
    for title, claim in scenario.claims.items():
        path: Path = ("claims", title)
        asked = claim.asked(title)
        if "figures" in layered.data["claims"][title]:  # then the key is a title
            for measure, figure in asked.items():
                inner = (*path, "figures", measure)
                yield _Wanted(inner, inner, _own_unit(figure), claim.awaits is not None)
        else:
            at = (*path, "is" if claim.change is None else "change")
            yield _Wanted(path, at, _own_unit(asked.get(title)), claim.awaits is not None)


def _own_unit(claimed: FigureClaim | None) -> Figure | None:
    """The figure that is claimed where it has the unit of its measure; a share of another figure has not."""
    return None if claimed is None or claimed.change == ChangeOf.SHARE else claimed.is_


def _measure_problems(scenario: Scenario, layered: Layered) -> Iterator[Problem]:
    labels, kinds = labels_of(scenario), kinds_of(scenario)
    for wanted in _wanted(scenario, layered):
        section, words = wanted.path[0], str(wanted.path[-1])
        full, where = dotted(wanted.path), place(layered, wanted.value_path)
        try:
            unit = _unit(words, labels, kinds) if section == "claims" else _unit_of_path(words, labels, kinds)
        except UsageError as e:
            if not wanted.may_be_missing:
                on_key = place(layered, wanted.path, on_key=True)
                message, hint = _unknown(words, e, labels)
                yield Problem("unknown_measure", full, message, on_key, hint)
            continue
        if wanted.figure is not None and not _goes_with(wanted.figure.unit, unit):
            yield Problem("unit", full, f"'{words}' is measured as {_example(unit, labels)}", where)
        elif section == "targets" and (wrong := _threshold_problem(scenario, words)):
            yield Problem("target", full, wrong[0], where, wrong[1])


def _unit_of_path(path: str, labels: Labels, kinds: Sequence[int]) -> str:
    return unit_words(found_measure(path, labels, kinds), labels)


def _unit(words: str, labels: Labels, kinds: Sequence[int]) -> str:
    """The unit of a measure or of several put together."""
    return unit_of(parse_expression(words), lambda path: _unit_of_path(path, labels, kinds))


def _unknown(path: str, error: UsageError, labels: Labels) -> tuple[str, str]:
    """Message and hint of a measure that there is not."""
    message, _, hint = str(error).partition("; ")
    if labels.currency is None and "cost." in path:
        hint = "nothing has a cost; a team has it as for example 'cost: 40 EUR/h'"
    if not message.startswith("there is no measure '"):
        hint = hint or "write for example 'own.cost.total / vendor.cost.total'"
    return message, hint or "'supportsim list --measures' names them all"


def _goes_with(figure: str, unit: str) -> bool:
    """Whether the unit of a figure, as written, is that of a measure."""
    if unit == ANY or (unit == "" and figure == "share"):  # a ratio may be written as a share
        return True
    if unit in ("share", "s") or figure in ("share", "s"):
        return figure == unit
    return not figure or unit.partition("/")[0] == figure  # else a currency, or a bare number


def _example(unit: str, labels: Labels) -> str:
    if labels.currency and unit.startswith(labels.currency):
        return f"money in {labels.currency}"
    words = {"share": "a share such as 5%", "s": "a time such as 2 min", "": "a number or a share"}
    return words.get(unit, f"a number ({unit})")


def _threshold_problem(scenario: Scenario, path: str) -> tuple[str, str] | None:
    """Message and hint where a target gives a time that nothing is measured with: only desks (and groups of
    them) have one."""
    wish = scenario.targets[path]
    desk = scenario.desks.get(path.removesuffix(".service_level"))
    if wish.within_s is None:
        return None
    if "service_level" not in path.partition(" at ")[0].split("."):
        return "only a service level has a time", "write for example 'at least 80%'"
    of_group = path.removesuffix(".service_level") in scenario.groups
    if desk is None and not of_group and path != "service_level":
        return (
            "the time is that of the desks and cannot be given here",
            "write 'at least 80%' here, and the time in the target 'service_level' or at the desk",
        )
    if desk is not None and desk.answer_within not in (None, round(wish.within_s * SECOND)):
        return (
            f"the desk's own 'answer_within' is {duration_words(desk.answer_within or 0)}",
            "keep one of them",
        )
    return None

"""A scenario ready for a study: sound, resolved, and with measures that exist in its targets and claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.errors import InvalidInput, Problem, nearest
from sim.measure.catalogue import entry, known_paths, unit_words
from sim.scenario.schema import Scenario
from sim.scenario.structure import place
from sim.scenario.validate import Loaded, load
from sim.scenario.wishes import Figure

__all__ = ["prepare"]

_UNITS_OF_WORDS = {"share": ("share",), "s": ("s",)}


def prepare(
    source: str | Path,
    overlays: Sequence[str | Path] = (),
    plan: str | Path | None = None,
    sets: Sequence[str] = (),
) -> Loaded:
    """The scenario under its layers.

    Raises
    ------
    InvalidInput
        With every problem found, unknown measures included.
    """
    loaded = load(source, overlays, plan, sets)
    problems = list(_measure_problems(loaded))
    if problems:
        raise InvalidInput(problems)
    return loaded


def _wanted(scenario: Scenario) -> Iterator[tuple[str, str, Figure | None, bool]]:
    """Section, measure path, figure and whether it may be missing of every target and claim."""
    for path, wish in scenario.targets.items():
        yield "targets", path, wish.figure, False
    for path, claim in scenario.claims.items():
        yield "claims", path, claim.is_, claim.awaits is not None


def _measure_problems(loaded: Loaded) -> Iterator[Problem]:
    labels, kinds = loaded.resolved.labels, loaded.resolved.model.stages.kind.tolist()
    known = known_paths(labels, kinds)
    for section, path, figure, may_be_missing in _wanted(loaded.scenario):
        where = (section, path)
        if path not in known:
            if not may_be_missing:
                near = nearest(path, known)
                yield Problem(
                    "unknown_measure",
                    f"{section}.{path}",
                    f"there is no measure '{path}'",
                    place(loaded.layered, where, on_key=True),
                    f"did you mean '{near}'?" if near else "'supportsim list --measures' names them all",
                )
            continue
        unit = unit_words(entry(path, labels, kinds), labels)
        if (
            figure is not None
            and figure.unit != unit
            and (figure.unit in _UNITS_OF_WORDS or unit in _UNITS_OF_WORDS)
        ):
            meant = {"share": "a share such as 5%", "s": "a time such as 2 min"}.get(
                unit, f"a number ({unit})"
            )
            yield Problem(
                "unit",
                f"{section}.{path}",
                f"'{path}' is measured as {meant}",
                place(loaded.layered, where),
                None,
            )

"""From files to a sound scenario: layers, structure, meaning; all problems told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.errors import InvalidInput, Problem
from sim.model.tables import Model
from sim.scenario.calendar import Version
from sim.scenario.following import Follow
from sim.scenario.law_files import law_files
from sim.scenario.layers import Layered, compose
from sim.scenario.marks import Path as KeyPath
from sim.scenario.marks import dotted
from sim.scenario.meaning import check_meaning
from sim.scenario.resolve import Resolved, resolve
from sim.scenario.schema import Scenario
from sim.scenario.sources import unsourced
from sim.scenario.structure import place, read_structure
from sim.scenario.traffic import endless, overload_words, pool_names
from sim.scenario.versions import follows_from, versions_of
from sim.scenario.views import csv_files, replays_of

__all__ = ["Loaded", "load"]


@dataclass(frozen=True)
class Loaded:
    """A sound scenario, resolved, with where each of its values came from and what to warn of."""

    layered: Layered
    csv_files: dict[KeyPath, Path]  # of demand, by where they are named
    law_files: dict[KeyPath, dict[str, Path]]  # of laws, by where they are named, by name
    versions: list[Version]  # the scenario as written, then with changes in force
    resolved: Resolved
    warnings: tuple[Problem, ...]
    unsourced: tuple[Problem, ...]

    @property
    def scenario(self) -> Scenario:
        """The scenario as written."""
        return self.resolved.scenario

    @property
    def tables(self) -> tuple[Path, ...]:
        """Every CSV file, in the order of the scenario."""
        of_laws = (file for files in self.law_files.values() for file in files.values())
        return tuple(dict.fromkeys([*self.csv_files.values(), *of_laws]))

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that was read."""
        return (*map(Path, self.layered.files), *self.tables)


def load(
    source: str | Path,
    overlays: Sequence[str | Path] = (),
    plan: str | Path | None = None,
    sets: Sequence[str] = (),
    more_checks: Callable[[Scenario, Layered], Iterable[Problem]] = lambda _, __: (),
) -> Loaded:
    """The scenario of a file (or of a shipped name) under its layers, checked and resolved.

    Parameters
    ----------
    source, overlays, plan, sets
        The layers, as `compose` takes them.
    more_checks
        Finds what else is wrong with a scenario that can be read; told together with all the rest.

    Raises
    ------
    InvalidInput
        With every problem found, each with its place in the files.
    """
    layered = compose(source, overlays=overlays, plan=plan, sets=sets)
    scenario, problems, left_out = read_structure(layered)
    if scenario is not None:
        meant = [*check_meaning(scenario, layered), *more_checks(scenario, layered)]
        problems = problems + [p for p in meant if not follows_from(p, left_out)]
        changed = versions_of(scenario, layered)
        problems += [p for p in changed.problems if p not in problems]
    if scenario is None or problems:
        raise InvalidInput(problems)
    versions = changed.versions()
    resolved = resolve(versions, replays_of(scenario, layered))
    loops = _loops(resolved, layered)
    if loops:
        raise InvalidInput(loops)
    return Loaded(
        layered,
        csv_files(scenario, layered) | changed.csv_files,
        law_files(scenario, layered) | changed.law_files,
        versions,
        resolved,
        tuple(_overloads(resolved, layered)),
        tuple(unsourced(layered)),
    )


def _group(resolved: Resolved, stage: str) -> str:
    s = resolved.scenario
    return "bots" if stage in s.bots else "desks" if stage in s.desks else "delays"


def _loops(resolved: Resolved, layered: Layered) -> list[Problem]:
    problems = []
    names = resolved.labels.stages
    stuck = endless(resolved.flows)
    if stuck is not None:
        path: KeyPath = (_group(resolved, names[stuck[0]]), names[stuck[0]])
        problems.append(
            Problem(
                "endless",
                dotted(path),
                f"contacts may go round for ever: {' -> '.join(names[i] for i in stuck)}",
                place(layered, path, on_key=True),
                "let some of them leave: {..., leaves: rest}",
            )
        )
    return problems


def _planned_for_the_load(scenario: Scenario) -> set[int]:
    """Teams with as many agents as the forecast asks for, whose work comes later than the contacts do."""
    return {
        t
        for t, team in enumerate(scenario.teams.values())
        if isinstance(team.agents, Follow) and team.agents.hours is None
    }


def _overloads(resolved: Resolved, layered: Layered) -> list[Problem]:
    problems = []
    model: Model = resolved.flows
    following = _planned_for_the_load(resolved.scenario)
    for overload in overload_words(model):
        if set(np.flatnonzero(model.lines.rank[overload.lines].any(axis=0)).tolist()) <= following:
            continue
        desks = pool_names(model, resolved.labels, overload.lines)
        at = ", ".join(f"{desk} ({', '.join(teams)})" if teams else desk for desk, teams in desks.items())
        path: KeyPath = ("desks", next(iter(desks)))
        problems.append(
            Problem(
                "overload",
                dotted(path),
                f"load of first contacts above capacity at {at}: {overload.words}",
                place(layered, path, on_key=True),
                "queues build up in these hours; add agents there, or expect waits",
                is_warning=True,
            )
        )
    return problems

"""The scenario that a what-if is held against: the whole scenario that it extends, under the same layers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sim.errors import InvalidInput, Problem, UsageError
from sim.measure.moments import found_measure
from sim.scenario.marks import dotted
from sim.scenario.schema import Claim
from sim.scenario.structure import place
from sim.scenario.validate import Loaded, load
from sim.study.audit import measures_in, whole_scenarios_below

__all__ = ["scenario_below"]

_OF_THE_WHAT_IF = ("claims", "name", "question")  # what a setting changes in it alone


def scenario_below(
    loaded: Loaded,
    claims: Mapping[str, Claim],
    overlays: Sequence[str | Path] = (),
    plan: str | Path | None = None,
    sets: Sequence[str] = (),
) -> Loaded | None:
    """The nearest whole scenario below, under the same layers; None without one or with two side by side.

    Parameters
    ----------
    loaded
        The what-if.
    claims
        Whose changes are held against it.
    overlays, plan, sets
        What is laid on the what-if.

    Raises
    ------
    InvalidInput
        If a layer does not fit there, or there is no such measure as a claim says will change.
    """
    whole = whole_scenarios_below(loaded)
    if not whole:
        return None
    planned = (
        loaded.layered.files[-1] if plan is not None else None
    )  # a bare name might be another plan there
    there = [text for text in sets if text.split("=")[0].split(".")[0].strip() not in _OF_THE_WHAT_IF]
    try:
        below = load(whole[-1], overlays, planned, there)
    except InvalidInput as error:
        told = f"in the scenario below, '{whole[-1]}', that changes are held against: "
        raise InvalidInput([replace(p, message=told + p.message) for p in error.problems]) from None
    inside = {os.path.realpath(file) for file in below.layered.files}
    if any(os.path.realpath(file) not in inside for file in whole):
        return None
    problems = [
        problem
        for title, claim in claims.items()
        for problem in _unknown(
            loaded, below, title, measures_in({title: claim}, is_compared=True, of_changes=True)
        )
    ]
    if problems:
        raise InvalidInput(problems)
    return below


def _unknown(loaded: Loaded, below: Loaded, title: str, paths: Sequence[str]) -> list[Problem]:
    """A problem for each measure that the scenario below has not."""
    labels, kinds = below.resolved.labels, below.resolved.model.stages.kind.tolist()
    where = ("claims", title)
    problems = []
    for path in paths:
        try:
            found_measure(path, labels, kinds)
        except UsageError as error:
            message, _, hint = str(error).partition("; ")
            told = f"in the scenario below, '{below.layered.main}', {message}"
            mark = place(loaded.layered, where, on_key=True)
            problems.append(Problem("unknown_measure", dotted(where), told, mark, hint or None))
    return problems

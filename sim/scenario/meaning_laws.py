"""Whether the files that laws name can be read, and SciPy's laws be tabulated."""

from __future__ import annotations

from pathlib import Path as FilePath

from sim.errors import Problem
from sim.model.laws import LawKind, LawPart
from sim.model.scipy_laws import Misfit
from sim.model.shapes import ShapeBook
from sim.scenario.findings import Findings
from sim.scenario.law_files import law_files, laws_of, read_durations
from sim.scenario.marks import Path, dotted
from sim.scenario.schema import Scenario
from sim.scenario.structure import place

__all__ = ["check_laws"]


def check_laws(scenario: Scenario, found: Findings) -> None:
    """What only reading a file, or SciPy's own figures, can tell of a law."""
    read: dict[FilePath, list[Problem]] = {}
    for path, files in law_files(scenario, found.layered).items():
        for name, file in files.items():
            if file not in read:
                read[file] = read_durations(name, found.layered.folder_of(path))[1]
                found.problems += [p for p in read[file] if p.mark is not None and p not in found.problems]
            for problem in read[file]:
                if problem.mark is None:
                    _add(found, path, name, problem)
    _scipy(scenario, found)


def _add(found: Findings, path: Path, name: str, problem: Problem) -> None:
    """A file that cannot be read, placed at its name."""
    raw = found.raw(path)
    offset = raw.find(name) if isinstance(raw, str) else 0
    mark = place(found.layered, path, offset=max(offset, 0))
    found.problems.append(Problem(problem.code, dotted(path), problem.message, mark, problem.hint))


def _scipy(scenario: Scenario, found: Findings) -> None:
    """A law whose quantiles in SciPy do not have the mean that SciPy says."""
    for path, law in laws_of(scenario):
        for c in law.components:
            if c.kind == LawKind.SCIPY.value:
                try:
                    book = ShapeBook()
                    book.add(LawPart(LawKind.SCIPY, 1.0, name=c.name, figures=c.figures))
                    book.shapes()
                except Misfit as e:
                    hint = "take another law of SciPy, or other parameters"
                    found.add("law", path, f"'scipy {c.name}' cannot be drawn from: {e}", hint)

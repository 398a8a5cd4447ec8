"""Which files make up a scenario: names of shipped scenarios and plans, and the bases of ``extends``."""

from __future__ import annotations

import os
from pathlib import Path as FilePath

from sim.errors import InvalidInput, Mark, Problem, nearest
from sim.scenario.load import Document, name_problem, read
from sim.scenario.plan_csv import read_plan
from sim.scenario.shipped import scenarios_in, shipped_folder

__all__ = ["Files"]

_LONGEST_CHAIN = 32


class Files:
    """Finds and reads the files of a scenario; what goes wrong is gathered in ``problems``."""

    def __init__(self, search: FilePath | None = None) -> None:
        self.problems: list[Problem] = []
        self._shipped = shipped_folder() if search is None else search
        self._placed: set[str] = set()

    def scenario(self, name: str, asked_at: Mark | None = None, folder: str = "") -> str | None:
        """The file of a scenario given as a path (from ``folder`` on) or as a shipped one's bare name."""
        beside = _shown(os.path.join(folder, name)) if asked_at else name
        if not _is_bare(name) or os.path.isfile(beside):
            return beside
        shipped = scenarios_in(self._shipped)
        if name in shipped:
            return _shown(os.fspath(shipped[name]))
        if os.path.isfile(beside + ".yaml"):
            near = f"; did you mean the file '{name}.yaml'?"
        else:
            near = _did_you_mean(name, shipped)
        self._add(
            "no_file",
            f"there is no shipped scenario '{name}'{near}",
            asked_at,
            None if near else _there_are("shipped scenarios", shipped),
        )
        return None

    def plan(self, name: str, scenario: str) -> Document | None:
        """The plan in a file, or by its bare name beside the scenario or among the shipped ones."""
        file = name
        if _is_bare(name):
            plans = scenarios_in(self._shipped / "plans") | scenarios_in(FilePath(scenario).parent / "plans")
            if name not in plans:
                near = _did_you_mean(name, plans)
                self._add(
                    "no_file",
                    f"there is no plan '{name}'{near}",
                    None,
                    None if near else _there_are("plans", plans),
                )
                return None
            file = _shown(os.fspath(plans[name]))
        if FilePath(file).suffix.lower() == ".csv":
            document, problems = read_plan(file)
            self.problems += problems
            return document
        return self._read(file, None)

    def with_bases(
        self, file: str, asked_at: Mark | None = None, chain: tuple[tuple[str, str], ...] = ()
    ) -> list[Document]:
        """A file and what it extends, lowest first; a base that several files share is there once."""
        identity = os.path.realpath(file)
        if any(identity == above for above, _ in chain) or len(chain) > _LONGEST_CHAIN:
            loop = " extends ".join([*(shown for _, shown in chain), file])
            self._add("loop", f"the files extend each other without end: {loop}", asked_at)
            return []
        if chain and identity in self._placed:
            return []
        self._placed.add(identity)
        document = self._read(file, asked_at)
        if document is None:
            return []
        layers = []
        for name, mark in self._bases(document):
            base = self.scenario(name, mark, os.path.dirname(file))
            if base is not None:
                layers += self.with_bases(base, mark, (*chain, (identity, file)))
        return [*layers, document]

    def _bases(self, document: Document) -> list[tuple[str, Mark]]:
        """The names under ``extends``, each with its mark."""
        if "extends" not in document.data:
            return []
        given, marks = document.data["extends"], document.marks
        names = list(enumerate(given)) if isinstance(given, list) else [(None, given)]
        bases = []
        for i, name in names:
            mark = marks.value(("extends",) if i is None else ("extends", i))
            if isinstance(name, str) and not name_problem(name):
                bases.append((name, mark))
            else:
                self._add(
                    "extends",
                    "this does not name a file",
                    mark,
                    "write for example 'extends: base.yaml', or a list of files",
                    "extends",
                )
        return bases

    def _read(self, file: str, asked_at: Mark | None) -> Document | None:
        try:
            return read(file, asked_at)
        except InvalidInput as error:
            self.problems += error.problems
            return None

    def _add(
        self, code: str, message: str, mark: Mark | None, hint: str | None = None, path: str = ""
    ) -> None:
        self.problems.append(Problem(code, path, message, mark, hint))


def _is_bare(name: str) -> bool:
    return not FilePath(name).suffix and "/" not in name and os.sep not in name


def _shown(file: str) -> str:
    """A file's name as people see it: from the current folder on where it lies below that."""
    path = FilePath(os.path.normpath(file))
    here = FilePath.cwd()
    return os.fspath(path.relative_to(here) if path.is_relative_to(here) else path)


def _did_you_mean(name: str, known: dict[str, FilePath]) -> str:
    near = nearest(name, known)
    return f"; did you mean '{near}'?" if near else ""


def _there_are(what: str, known: dict[str, FilePath]) -> str:
    return f"{what}: {', '.join(known)}" if known else f"there are no {what}"

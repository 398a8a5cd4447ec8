"""The errors a user can meet, and the problems that validation collects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "InvalidInput",
    "Mark",
    "NoAnswer",
    "Problem",
    "SimError",
    "UnstableQueue",
    "UsageError",
    "nearest",
]


@dataclass(frozen=True)
class Mark:
    """A place in a file; line and column count from 1. ``text`` is the whole source line."""

    file: str
    line: int
    column: int
    text: str = ""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input: where, what, and how to mend it."""

    code: str  # short and stable: "unknown_key", "unit", "shares", ...
    path: str  # dotted path in the scenario: "teams.own.agents"; "" for the whole file
    message: str
    mark: Mark | None = None
    hint: str | None = None
    is_warning: bool = False


class SimError(Exception):
    """Base of every error that is the user's to mend; shown without a traceback."""

    exit_code = 1


class UsageError(SimError):
    """The command line asks for something that does not go together."""

    exit_code = 2


class InvalidInput(SimError):
    """A scenario, plan or data file is wrong; holds every problem found."""

    exit_code = 3

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        assert problems, "InvalidInput needs at least one problem"
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.path}: {p.message}" if p.path else p.message for p in problems))


class NoAnswer(SimError):
    """What was asked for was not found; the best so far is kept."""

    exit_code = 5


class UnstableQueue(SimError):
    """A steady state was asked for where there is none: the queue grows without end."""

    exit_code = 5


def nearest(word: str, known: Iterable[object]) -> str | None:
    """The known word most like ``word``, or None where none is near.

    Examples
    --------
    >>> nearest("agnets", ["agents", "absence"])
    'agents'
    """
    found = get_close_matches(str(word), [str(k) for k in known], n=1, cutoff=0.6)
    return found[0] if found else None

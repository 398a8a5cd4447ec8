"""What several commands have in common: layers, whole numbers, warnings, commands to try next."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TextIO, TypeVar, cast

import rich_click as click
from click.types import IntParamType

from sim.errors import Problem, nearest

__all__ = [
    "ENGINES",
    "Whole",
    "columns",
    "encoding",
    "keeping",
    "layers",
    "layers_without_plan",
    "quoted",
    "simulation",
    "tell_warnings",
    "wants_color",
]

F = TypeVar("F", bound=Callable[..., Any])

EXECUTORS = ("auto", "threads", "processes")
ENGINES = ("auto", "compiled", "reference")
"""Those of `sim.study.engines`, which is slow to import."""

_COLUMNS = 100  # where nobody looks at a terminal


class Whole(IntParamType):
    """A whole number from ``least`` to ``most``, refused in words that planners use."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that a text names."""
        try:
            number = int(value)
        except ValueError:
            self.fail(f"'{value}' is not a whole number", param, ctx)
        if not self.least <= number <= self.most:
            self.fail(f"{number} is not between {self.least} and {self.most}", param, ctx)
        return number


def _layers(command: F, *, plan: bool) -> F:
    options = [
        click.option(
            "--set",
            "sets",
            multiple=True,
            metavar="PATH=VALUE",
            help='Change one value: scale=0.1, "teams.own.agents=20% more". May be repeated.',
        ),
        click.option(
            "--plan", metavar="PLAN", help="A plan file, or its name in plans/ beside the scenario."
        ),
        click.option(
            "--overlay",
            "overlays",
            multiple=True,
            metavar="FILE",
            help="A partial scenario laid on top. May be repeated.",
        ),
    ]
    for decorate in options if plan else (options[0], options[2]):
        command = decorate(command)
    return command


def layers(command: F) -> F:
    """What is laid on a scenario: overlays, a plan, single settings."""
    return _layers(command, plan=True)


def layers_without_plan(command: F) -> F:
    """The same where plans are given otherwise."""
    return _layers(command, plan=False)


class Executor(click.ParamType[str]):
    """Who simulates: threads, processes or a Dask cluster."""

    name = "executor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same, if it is one of them."""
        text = str(value)
        if text in EXECUTORS or (text.startswith("dask:") and len(text) > len("dask:")):
            return text
        near = nearest(text.partition(":")[0], (*EXECUTORS, "dask"))
        hint = f"; did you mean '{near + (':ADDRESS' if near == 'dask' else '')}'?" if near else ""
        return self.fail(f"'{text}' is none of {', '.join(EXECUTORS)}, dask:ADDRESS{hint}", param, ctx)


def _with_executor(command: F) -> F:
    """``workers`` becomes how many there are and what they are."""

    @wraps(command)
    def combined(*args: Any, workers: int | None, executor: str, **given: Any) -> Any:
        from sim.study.workers import Workers

        return command(*args, workers=Workers(workers, executor), **given)

    return cast(F, combined)


def keeping(command: F) -> F:
    """What is there already is used, unless somebody does not want it."""
    option = click.option("--fresh", is_flag=True, help="Simulate again what is there from earlier.")
    return option(command)


def simulation(command: F) -> F:
    """How much is simulated, with which random numbers, by which engine and how many workers."""
    command = _with_executor(command)
    for decorate in (
        click.option(
            "--executor",
            type=Executor(),
            metavar="WHO",
            default="auto",
            show_default=True,
            help="Threads, processes, or dask:ADDRESS of a cluster; auto: what suits the engine. "
            "It changes no figure.",
        ),
        click.option("--no-progress", is_flag=True, help="No progress on stderr."),
        click.option(
            "--engine",
            type=click.Choice(ENGINES),
            default="auto",
            show_default=True,
            help="What simulates; auto: compiled, or reference without Numba. It changes no figure.",
        ),
        click.option(
            "-j",
            "--workers",
            type=Whole(1, 1024),
            metavar="N",
            help="Threads or processes (default: one per core for long runs); they change no figure.",
        ),
        click.option(
            "--seed",
            type=Whole(0, 2**63 - 1),
            metavar="N",
            default=1,
            show_default=True,
            help="Start of every random number: the same seed gives the same customers.",
        ),
        click.option(
            "--reps",
            type=Whole(1, 1_000_000),
            metavar="N",
            help="Replications (default: a number that the scenario alone decides).",
        ),
    ):
        command = decorate(command)
    return command


def columns() -> int:
    """Columns that text may take: the terminal's, at most 100; 100 where the output goes elsewhere."""
    if not sys.stdout.isatty():
        return _COLUMNS
    return max(40, min(_COLUMNS, shutil.get_terminal_size((_COLUMNS, 24)).columns))


def encoding() -> str:
    """The encoding of stdout."""
    return sys.stdout.encoding or "utf-8"


def wants_color(stream: TextIO) -> bool:
    """Whether a stream is a terminal that may show colours (see https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def tell_warnings(warnings: Iterable[Problem], *, brief: bool = False) -> None:
    """Warnings on stderr, a line each where that will do."""
    from sim.present.problems import format_problems

    text = format_problems(warnings, color=wants_color(sys.stderr), brief=brief)
    if text:
        print(text, file=sys.stderr)


def quoted(*words: object) -> str:
    """Words as one types them in a shell, quotation marks only where they are needed."""
    return " ".join(
        text if re.fullmatch(r"[\w@%+=:,./-]+", text) else shlex.quote(text) for text in map(str, words)
    )

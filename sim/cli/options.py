"""What several commands have in common: the options that choose a scenario and its layers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import rich_click as click

from sim.errors import Problem

__all__ = ["layers", "tell_warnings"]

F = TypeVar("F", bound=Callable[..., Any])


def layers(command: F) -> F:
    """The scenario and what is laid on it: overlays, a plan, single settings."""
    for decorate in (
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
        click.argument("scenario"),
    ):
        command = decorate(command)
    return command


def tell_warnings(warnings: Iterable[Problem]) -> None:
    """Warnings on stderr."""
    from sim.present.problems import format_problems

    text = format_problems(warnings, color=sys.stderr.isatty())
    if text:
        print(text, file=sys.stderr)

"""The command group, and what every command does when something is wrong."""

from __future__ import annotations

import os
import sys
import traceback

import rich_click as click
from click.exceptions import Exit

from sim.cli.plot import plot
from sim.cli.run import run_command
from sim.cli.scenarios import init, list_command, schema, show, validate
from sim.errors import InvalidInput, SimError
from sim.version import VERSION

__all__ = ["run"]

_OURS = "this is a bug in supportsim, not your mistake; --debug before the command prints the trace"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="supportsim")
@click.option("--debug", is_flag=True, help="Print the trace of an unexpected error.")
@click.pass_context
def app(context: click.Context, debug: bool) -> None:
    """Simulate customer service: a scenario goes in; waits, resolution and cost come out.

    Start with `supportsim init`, then `supportsim run help_desk.yaml`.

    Exit codes: 0 done, 1 our bug, 2 wrong usage, 3 invalid input, 4 a target was missed (with --check),
    5 no answer found, 130 interrupted.
    """
    context.obj = debug


for command in (init, list_command, show, validate, schema, run_command, plot):
    app.add_command(command)


def run(argv: list[str]) -> int:
    """Run a command line; the exit code."""
    try:
        return int(app.main(argv, prog_name="supportsim", standalone_mode=False) or 0)
    except Exit as e:
        return int(e.exit_code)
    except click.ClickException as e:
        e.show()
        return int(e.exit_code)
    except (KeyboardInterrupt, click.Abort):
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SimError as e:
        _tell(e)
        return e.exit_code
    except Exception as e:
        if "--debug" in argv:
            traceback.print_exc()
        print(f"supportsim: unexpected {type(e).__name__}: {e}\n{_OURS}", file=sys.stderr)
        return 1


def _tell(error: SimError) -> None:
    """The error on stderr: every problem with its place, or one line."""
    if isinstance(error, InvalidInput):
        from sim.present.problems import format_problems

        print(format_problems(error.problems, color=wants_color()), file=sys.stderr)
    else:
        print(f"supportsim: {error}", file=sys.stderr)


def wants_color() -> bool:
    """Whether stderr is a terminal that may show colours (see https://no-color.org)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")

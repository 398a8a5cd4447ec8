"""The command group, and what every command does when something is wrong."""

from __future__ import annotations

import errno
import os
import sys
import traceback

import rich_click as click
from click.exceptions import Exit, NoArgsIsHelpError

from sim.cli.audit import audit
from sim.cli.compare import compare_command
from sim.cli.compile import compile_command
from sim.cli.export import export_command
from sim.cli.options import wants_color
from sim.cli.plan import plan_command
from sim.cli.plot import plot
from sim.cli.run import run_command
from sim.cli.scenarios import init, list_command, schema, show, validate
from sim.cli.staff import staff
from sim.cli.sweep import sweep_command
from sim.cli.verify import verify
from sim.errors import InvalidInput, SimError, nearest
from sim.version import VERSION

__all__ = ["run"]

_OURS = "this is a bug in supportsim, not your mistake; supportsim --debug COMMAND prints the trace"


class _InOrder(click.RichGroup):
    """Commands are listed in the order in which one needs them."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Names in the order in which they were added."""
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="supportsim")
@click.option("--debug", is_flag=True, help="Print the trace of an unexpected error.")
@click.rich_config({"text_paragraph_linebreaks": "\n\n"})
def app(debug: bool) -> None:
    """Simulate customer service: a scenario goes in; waits, resolution and cost come out.

    Start with `supportsim init`, then `supportsim run help_desk.yaml`.

    Exit codes: 0 done, 1 our bug, 2 wrong usage, 3 invalid input, 4 a target was missed (with --check),
    a claim (audit) or a limit passed (--fail-if),
    or something does not agree (verify), 5 no answer found, or none as
    precise as asked (--precision), 130 interrupted.
    """


for command in (
    init,
    list_command,
    show,
    validate,
    run_command,
    compare_command,
    staff,
    plan_command,
    sweep_command,
    plot,
    audit,
    export_command,
    schema,
    compile_command,
    verify,
):
    app.add_command(command)


def run(argv: list[str]) -> int:
    """Run a command line; the exit code."""
    try:
        # Not app.main(): that turns a reader who has gone into exit code 1.
        with app.make_context("supportsim", list(argv)) as context:
            code = int(app.invoke(context) or 0)
        sys.stdout.flush()
        return code
    except Exit as e:
        return int(e.exit_code)
    except NoArgsIsHelpError as e:
        print(e.format_message(), file=sys.stderr)
        return int(e.exit_code)
    except click.ClickException as e:
        _tell_usage(e)
        return int(e.exit_code)
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        _write_nowhere()
        return 0
    except SimError as e:
        _tell(e)
        return e.exit_code
    except Exception as e:
        if isinstance(e, OSError) and e.errno == errno.ENOSPC:
            _write_nowhere()
            print(f"supportsim: cannot write the output: {e.strerror}", file=sys.stderr)
            return 2
        if argv[:1] == ["--debug"]:
            traceback.print_exc()
        print(f"supportsim: unexpected {type(e).__name__}: {e}\n{_OURS}", file=sys.stderr)
        return 1


def _write_nowhere() -> None:
    """Let what is still to be written to stdout vanish, or Python would complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell_usage(error: click.ClickException) -> None:
    """What is wrong with the command line, and where to read how it goes."""
    context = getattr(error, "ctx", None)
    name = context.command_path if context else "supportsim"
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    if isinstance(error, click.NoSuchOption):
        known = (
            [option for parameter in context.command.params for option in parameter.opts] if context else []
        )
        near = nearest(error.option_name, known)
        message = f"no such option '{error.option_name}'" + (f"; did you mean '{near}'?" if near else "")
    print(f"{name}: {message}\nTry '{name} --help'.", file=sys.stderr)


def _tell(error: SimError) -> None:
    """The error on stderr: every problem with its place, or one line."""
    if isinstance(error, InvalidInput):
        from sim.present.problems import format_problems

        print(format_problems(error.problems, color=wants_color(sys.stderr)), file=sys.stderr)
    else:
        print(f"supportsim: {error}", file=sys.stderr)

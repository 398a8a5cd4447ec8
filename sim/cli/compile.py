"""The command that compiles the engine."""

from __future__ import annotations

import rich_click as click

from sim.cli.ready import ready

__all__ = ["compile_command"]


@click.command("compile")
def compile_command() -> None:
    """Compile the engine for this machine now, instead of at the first run.

    Needed once for each installation, and done by itself when it is; set-ups and container images may want it
    done before. The code is kept in the user's cache folder, or in the folder that SUPPORTSIM_CACHE names.

    \b
    Examples:
      supportsim compile
      SUPPORTSIM_CACHE=/var/cache/supportsim supportsim compile
    """
    from sim.jit import kept_in
    from sim.study.engines import is_machine_code

    if is_machine_code(ready("auto")):
        click.echo(f"The engine is compiled: {kept_in()}")

"""Commands about plans: who works when, to and from other programs."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from sim.cli.options import layers, quoted
from sim.errors import UsageError

__all__ = ["plan_command"]

_WAYS = ("intervals", "agents")


@click.group("plan")
def plan_command() -> None:
    """Take plans to a spreadsheet and back.

    A plan that was written as CSV is given with --plan, as any other.

    \b
    Examples:
      supportsim plan export support_baseline --plan forecast85 -o heads.csv
      supportsim run support_baseline --plan heads.csv
    """


@plan_command.command("export")
@click.argument("scenario")
@layers
@click.option(
    "--as",
    "way",
    type=click.Choice(_WAYS),
    default="intervals",
    show_default=True,
    help="intervals: agents of each team from each time on; agents: a row for each who works in shifts.",
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file instead."
)
def export(
    scenario: str,
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    way: str,
    output: Path | None,
) -> None:
    """Write who works when as CSV: agents scheduled, at full size whatever `scale` says.

    The file is a plan: give it with --plan. Teams that it does not name stay as they are.

    \b
    Examples:
      supportsim plan export help_desk.yaml --as agents -o roster.csv
      supportsim run help_desk.yaml --plan roster.csv
    """
    from sim.scenario.plan_export import agents_csv, intervals_csv, teams_without_shifts
    from sim.study.prepare import prepare

    loaded = prepare(scenario, overlays, plan, [*sets, "scale=1"])
    text = intervals_csv(loaded) if way == "intervals" else agents_csv(loaded)
    left_out = teams_without_shifts(loaded) if way == "agents" else []
    if left_out:
        print(f"no shifts, so left out: {', '.join(left_out)}", file=sys.stderr)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as e:
        raise UsageError(f"cannot write '{output}': {e.strerror or e}") from e
    click.echo(f"Wrote {output}\n\nNext  {quoted('supportsim', 'run', scenario, '--plan', output)}")

"""Commands about scenario files: init, list, show, validate, schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rich_click as click

from sim.cli.options import layers, tell_warnings
from sim.errors import InvalidInput, Problem, UsageError

__all__ = ["init", "list_command", "schema", "show", "validate"]

_FIRST = "help_desk"
_SCHEMA_FILE = "scenario.schema.json"


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(folder: Path, force: bool) -> None:
    """Write a first scenario, help_desk.yaml, and the schema that editors complete it with."""
    from sim.scenario.describe import schema_text
    from sim.scenario.shipped import shipped

    parts = {f"{_FIRST}.yaml": shipped()[_FIRST].read_text(encoding="utf-8"), _SCHEMA_FILE: schema_text()}
    there = [name for name in parts if (folder / name).exists()]
    if there and not force:
        raise UsageError(f"'{folder / there[0]}' is already there; --force overwrites it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in parts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as e:
        raise UsageError(f"cannot write to '{folder}': {e.strerror or e}") from e
    scenario = folder / f"{_FIRST}.yaml"
    click.echo(
        f"Wrote {scenario} and {folder / _SCHEMA_FILE}.\nNext: supportsim show {scenario}\n"
        f"      supportsim run {scenario}"
    )


@click.command("list")
@click.option("--measures", is_flag=True, help="List the measures instead: key, unit, definition.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(measures: bool, as_json: bool) -> None:
    """List the scenarios that come with supportsim, or the measures."""
    from sim.present.catalogue import measure_rows, scenario_rows, two_columns

    rows = measure_rows() if measures else scenario_rows()
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    click.echo(two_columns(rows))
    if not measures:
        click.echo("\nRun one by its name: supportsim run erlang_a")


@click.command()
@layers
@click.option(
    "--resolved",
    is_flag=True,
    help="Print the scenario with all layers merged; changed values say where they come from.",
)
def show(
    scenario: str, overlays: tuple[str, ...], plan: str | None, sets: tuple[str, ...], resolved: bool
) -> None:
    """Show a scenario in words, on one page."""
    from sim.present.summary import scenario_text
    from sim.scenario.write import resolved_yaml
    from sim.study.prepare import prepare

    loaded = prepare(scenario, overlays, plan, sets)
    if resolved:
        click.echo(resolved_yaml(loaded.layered), nl=False)
    else:
        click.echo(scenario_text(loaded))


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--overlay", "overlays", multiple=True, metavar="FILE", help="A partial scenario laid on top.")
@click.option("--plan", metavar="PLAN", help="A plan file, or its name in plans/ beside the scenario.")
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Change one value.")
@click.option("--strict", is_flag=True, help="Warnings and inputs without a source are errors too.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def validate(
    paths: tuple[str, ...],
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    strict: bool,
    style: str,
) -> int:
    """Check scenario files: every problem at once, with its place and how to mend it."""
    from sim.present.problems import format_problems, problems_to_json
    from sim.study.prepare import prepare

    problems: list[Problem] = []
    for path in paths:
        try:
            loaded = prepare(path, overlays, plan, sets)
        except InvalidInput as e:
            problems.extend(e.problems)
            continue
        problems.extend(loaded.warnings)
        if strict:
            problems.extend(loaded.unsourced)
    is_wrong = any(strict or not p.is_warning for p in problems)
    if style == "json":
        click.echo(json.dumps(problems_to_json(problems), indent=1, ensure_ascii=False))
    elif is_wrong:
        print(format_problems(problems, color=sys.stderr.isatty()), file=sys.stderr)
    else:
        tell_warnings(problems)
        click.echo(f"{len(paths)} {'scenario' if len(paths) == 1 else 'scenarios'} valid")
    return 3 if is_wrong else 0


@click.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.scenario.describe import schema_text

    if output is None:
        click.echo(schema_text(), nl=False)
        return
    try:
        output.write_text(schema_text(), encoding="utf-8", newline="\n")
    except OSError as e:
        raise UsageError(f"cannot write '{output}': {e.strerror or e}") from e
    click.echo(f"Wrote {output}.", err=True)

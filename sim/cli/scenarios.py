"""Commands about scenario files: init, list, show, validate, schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rich_click as click

from sim.cli.options import columns, encoding, layers, quoted, tell_warnings, wants_color
from sim.errors import InvalidInput, Problem, UsageError

__all__ = ["init", "list_command", "schema", "show", "validate"]

_FIRST = "help_desk"
_SCHEMA_FILE = "scenario.schema.json"


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(folder: Path, force: bool) -> None:
    """Write a first scenario, help_desk.yaml, to start from.

    Beside it goes scenario.schema.json, with which editors complete keys and explain them.

    \b
    Examples:
      supportsim init
      supportsim init shop
    """
    from sim.scenario.describe import schema_text
    from sim.scenario.shipped import shipped

    parts = {f"{_FIRST}.yaml": shipped()[_FIRST].read_text(encoding="utf-8"), _SCHEMA_FILE: schema_text()}
    there = [name for name in parts if (folder / name).exists()]
    if there and not force:
        names = " and ".join(f"'{folder / name}'" for name in there)
        are, them = ("are", "them") if len(there) > 1 else ("is", "it")
        raise UsageError(f"{names} {are} already there; --force overwrites {them}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in parts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as e:
        in_the_way = next((path for path in (folder, *folder.parents) if path.is_file()), None)
        why = f"'{in_the_way}' is a file, not a folder" if in_the_way else e.strerror or str(e)
        raise UsageError(f"cannot write to '{folder}': {why}") from e
    scenario = folder / f"{_FIRST}.yaml"
    click.echo(
        f"Wrote {scenario} and {folder / _SCHEMA_FILE}\n\n"
        f"Next  {quoted('supportsim', 'show', scenario)}\n      {quoted('supportsim', 'run', scenario)}"
    )


@click.command("list")
@click.option(
    "--measures", is_flag=True, help="List the measures instead: key, unit, what it is of, definition."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(measures: bool, as_json: bool) -> None:
    """List the scenarios and plans that come with supportsim, or the measures.

    Each may be shown and run by its name; `supportsim init` writes one to change.

    \b
    Examples:
      supportsim list
      supportsim list --measures
    """
    from sim.present.catalogue import measure_rows, measures_text, scenario_rows, scenarios_text

    if as_json:
        rows = measure_rows() if measures else scenario_rows()
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif measures:
        click.echo(measures_text(columns()))
    else:
        click.echo(scenarios_text(columns()))


@click.command()
@click.argument("scenario")
@layers
@click.option(
    "--resolved",
    is_flag=True,
    help="Print the scenario with all layers merged; changed values say where they come from.",
)
def show(
    scenario: str, overlays: tuple[str, ...], plan: str | None, sets: tuple[str, ...], resolved: bool
) -> None:
    """Show a scenario in words, on one page.

    SCENARIO is a file, or the name of a scenario that comes with supportsim.

    \b
    Examples:
      supportsim show help_desk.yaml
      supportsim show support_baseline --plan evening
      supportsim show support_baseline --resolved > whole.yaml
    """
    from sim.present.summary import scenario_text
    from sim.scenario.write import resolved_yaml
    from sim.study.prepare import prepare

    loaded = prepare(scenario, overlays, plan, sets)
    if resolved:
        click.echo(resolved_yaml(loaded, Path()), nl=False)
    else:
        click.echo(scenario_text(loaded, width=columns(), encoding=encoding()))
        chosen = [word for path in overlays for word in ("--overlay", path)]
        chosen += [*(("--plan", plan) if plan else ()), *(word for text in sets for word in ("--set", text))]
        click.echo(f"\nNext  {quoted('supportsim', 'run', scenario, *chosen)}")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="SCENARIO...")
@layers
@click.option("--strict", is_flag=True, help="Inputs without a source are errors too.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one document on stdout.",
)
def validate(
    paths: tuple[str, ...],
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    strict: bool,
    style: str,
) -> int:
    """Check scenarios: every problem at once, with its place and how to mend it.

    SCENARIO is a file, or the name of a scenario that comes with supportsim.

    \b
    Examples:
      supportsim validate help_desk.yaml
      supportsim validate shop/*.yaml --strict
    """
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
    is_wrong = any(not p.is_warning for p in problems)
    if style == "json":
        click.echo(json.dumps(problems_to_json(problems), indent=1, ensure_ascii=False))
    elif is_wrong:
        print(format_problems(problems, color=wants_color(sys.stderr)), file=sys.stderr)
    else:
        tell_warnings(problems)
        click.echo(f"{paths[0]} is valid" if len(paths) == 1 else f"all {len(paths)} scenarios are valid")
    return 3 if is_wrong else 0


@click.command()
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file instead."
)
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenario files, for editors.

    With it an editor completes keys and explains them; `supportsim init` writes it too.

    \b
    Example:
      supportsim schema -o scenario.schema.json
    """
    from sim.scenario.describe import schema_text

    if output is None:
        click.echo(schema_text(), nl=False)
        return
    try:
        output.write_text(schema_text(), encoding="utf-8", newline="\n")
    except OSError as e:
        raise UsageError(f"cannot write '{output}': {e.strerror or e}") from e
    click.echo(f"Wrote {output}")

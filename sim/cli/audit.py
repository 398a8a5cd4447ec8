"""The command that checks claims."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from sim.cli.options import columns, encoding, layers, simulation, tell_warnings
from sim.cli.progress import progress
from sim.cli.ready import ready

if TYPE_CHECKING:
    from sim.study.executors import Workers

__all__ = ["audit"]


@click.command("audit")
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@layers
@simulation
@click.option(
    "--all", "inherited", is_flag=True, help="Also the claims of the scenario that this one extends."
)
@click.option("--json", "as_json", is_flag=True, help="Print the audit as one JSON document.")
def audit(
    scenarios: tuple[str, ...],
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    reps: int | None,
    seed: int,
    engine: str,
    workers: Workers,
    no_progress: bool,
    inherited: bool,
    as_json: bool,
) -> int:
    """Compare what a scenario claims with what the simulation gives.

    SCENARIO is a file, a shipped scenario's name, or a folder: then all scenarios in it that make claims. A
    claimed change is held against the scenario that a what-if extends, simulated with the same customers.

    Each claim is within its tolerance, missed, too close to call, or not yet measurable. Exits with 4 where
    one is missed. Nothing is written. Where days are busy or badly forecast, the default of --reps is four
    times as many.

    \b
    Examples:
      supportsim audit erlang_a
      supportsim audit bot_accuracy_80 --set scale=0.1
      supportsim audit scenarios/ --set scale=0.1
      supportsim audit my_what_if.yaml --all --json > audit.json
    """
    from sim.present.audit import audit_text, audits_text
    from sim.study.audits import Layers, audit_of, audits, audits_document, audits_of, work
    from sim.study.folder import summary_json

    laid = Layers(overlays, plan, sets)
    sources = _sources(scenarios)
    is_one = len(scenarios) == 1 and sources == list(scenarios)
    silent: list[str] = []
    if is_one:
        cases = [audit_of(sources[0], laid, inherited=inherited, reps=reps)]
    else:
        cases, silent = audits_of(sources, laid, inherited=inherited, reps=reps)
    n, issues = work(cases)
    if n:
        engine = ready(engine)
    with progress(n, issues, bool(n) and not no_progress, engine) as tell:
        documents = audits(cases, seed, engine=engine, workers=workers, tell=tell)
    several = audits_document(documents, silent, seed)
    if as_json:
        click.echo(summary_json(documents[0] if is_one else several), nl=False)
    elif is_one:
        click.echo(audit_text(documents[0], width=columns(), encoding=encoding()))
    else:
        click.echo(audits_text(several, width=columns(), encoding=encoding()))
    if is_one:
        tell_warnings(cases[0].loaded.warnings, brief=True)
    return 4 if several["count"]["missed"] else 0


def _sources(scenarios: tuple[str, ...]) -> list[str]:
    """The scenarios meant, those of a folder in place of the folder, each once."""
    from sim.scenario.shipped import named_scenarios
    from sim.study.audits import scenarios_below

    shipped = named_scenarios()
    found: list[str] = []
    for scenario in scenarios:
        is_folder = scenario not in shipped and Path(scenario).is_dir()
        found += map(str, scenarios_below(Path(scenario))) if is_folder else [scenario]
    return list(dict.fromkeys(found))

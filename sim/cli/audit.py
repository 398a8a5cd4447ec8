"""The command that checks claims."""

from __future__ import annotations

import rich_click as click

from sim.cli.options import columns, encoding, layers, simulation, tell_warnings
from sim.cli.progress import progress
from sim.cli.ready import ready

__all__ = ["audit"]


@click.command("audit")
@click.argument("scenario")
@layers
@simulation
@click.option(
    "--all", "inherited", is_flag=True, help="Also the claims of the scenario that this one extends."
)
@click.option("--json", "as_json", is_flag=True, help="Print the audit as one JSON document.")
def audit(
    scenario: str,
    overlays: tuple[str, ...],
    plan: str | None,
    sets: tuple[str, ...],
    reps: int | None,
    seed: int,
    engine: str,
    workers: int | None,
    no_progress: bool,
    inherited: bool,
    as_json: bool,
) -> int:
    """Compare what a scenario claims with what the simulation gives.

    Each claim is within its tolerance, missed, too close to call, or not yet measurable. Exits with 4 where
    one is missed. Nothing is written.

    \b
    Examples:
      supportsim audit erlang_a
      supportsim audit support_baseline --set scale=0.02
      supportsim audit my_what_if.yaml --all --json > audit.json
    """
    from sim.measure.reduce import Sums
    from sim.present.audit import audit_text
    from sim.study.audit import audit_document, audited_claims, judged_claims, measures_in
    from sim.study.folder import summary_json
    from sim.study.prepare import prepare
    from sim.study.replications import default_replications, expected_issues, sums_of_replications

    loaded = prepare(scenario, overlays, plan, sets)
    model, labels = loaded.resolved.model, loaded.resolved.labels
    claims, left_out = audited_claims(loaded, inherited=inherited)
    n = (reps or default_replications(model)) if measures_in(claims) else 0
    sums: list[Sums] = []
    if n:
        engine = ready(engine)
        with progress(n, n * expected_issues(model), not no_progress, engine) as tell:
            sums = sums_of_replications(model, labels, seed, n, workers, tell, engine=engine)
    audits = judged_claims(claims, sums, model, labels)
    document = audit_document(audits, loaded, seed=seed, replications=n, inherited=left_out)
    if as_json:
        click.echo(summary_json(document), nl=False)
    else:
        click.echo(audit_text(document, width=columns(), encoding=encoding()))
    tell_warnings(loaded.warnings, brief=True)
    return 4 if document["count"]["missed"] else 0

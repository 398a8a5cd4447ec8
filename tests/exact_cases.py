"""Scenarios with an exact answer, and the run of them all: ``python tests/exact_cases.py [NAME ...]``.

The files in `cases/exact` hold the claims, each with the name of the quantity it stands for. `CASES` says
how many replications bring the standard error to 2 % of a figure (5 % where it is taken at one instant),
and how many to 5 % for a quick look. Every case has a seed of its own, made of its name: with one seed for
all, cases of equal demand would meet the same customers and err together.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from sim.study.audit import MOST_Z, audited_claims, judged_claims
from sim.study.prepare import prepare
from sim.study.replications import sums_of_replications

FOLDER = Path(__file__).resolve().parent / "cases" / "exact"
MOST_ERROR, MOST_ERROR_AT = 0.02, 0.05
SHARE_BEYOND_2 = (0.02, 0.09)  # of the figures; 4.6 % of a normal law, and figures of one case go together


class Case(NamedTuple):
    """A scenario with an exact answer."""

    family: str
    replications: int


CASES = {
    "eb-5-3": Case("erlang_b", 100),
    "eb-10-8": Case("erlang_b", 130),
    "eb-24-30": Case("erlang_b", 60),
    "eb-50-45": Case("erlang_b", 60),
    "ec-1-5-7": Case("erlang_c", 310),
    "ec-4.2-2-12": Case("erlang_c", 120),
    "ec-8-5-44": Case("erlang_c", 190),
    "ec-48-1-50": Case("erlang_c", 130),
    "ea-01": Case("erlang_a", 70),
    "ea-02": Case("erlang_a", 230),
    "ea-03": Case("erlang_a", 180),
    "ea-05": Case("erlang_a", 150),
    "ea-07": Case("erlang_a", 120),
    "ea-09": Case("erlang_a", 200),
    "ea-11": Case("erlang_a", 110),
    "mmck-1": Case("finite_capacity", 110),
    "mmcka-1": Case("finite_capacity", 100),
    "mmcka-3": Case("finite_capacity", 110),
    "pg-d1": Case("mm_n_plus_g", 220),
    "pg-d1-60s": Case("mm_n_plus_g", 100),
    "pg-e2": Case("mm_n_plus_g", 80),
    "pg-e2-60s": Case("mm_n_plus_g", 60),
    "md-1": Case("m_d_c", 250),
    "md-3": Case("m_d_c", 120),
    "me2-1": Case("m_ph_c", 360),
    "me2-2": Case("m_ph_c", 60),
    "pk-1": Case("mg1", 60),
    "pk-3": Case("mg1", 160),
    "inf-1": Case("mginf", 60),
    "mti-1": Case("mt_g_inf", 60),
    "mti-3": Case("mt_g_inf", 60),
    "mti-5": Case("mt_g_inf", 60),
    "gim-1": Case("gi_m_c", 90),
    "gim-3": Case("gi_m_c", 330),
    "cp-1": Case("priority_nonpreemptive", 110),
    "cp-1-60s": Case("priority_nonpreemptive", 60),
    "cp-3": Case("priority_nonpreemptive", 70),
    "cp-3-60s": Case("priority_nonpreemptive", 60),
    "cp-5": Case("priority_nonpreemptive", 90),
    "cp-5-60s": Case("priority_nonpreemptive", 60),
    "mg1p-1": Case("priority_mg1", 60),
    "pa-1": Case("priority_abandonment", 60),
    "net-1": Case("network", 410),
    "ds-1": Case("random_rate", 5800),
    "ds-1-mean": Case("random_rate", 600),
    "ch-1": Case("chat_no_slowdown", 100),
    "cc-mmc": Case("published_contactcenters", 1630),
    "cc-mmcab": Case("published_contactcenters", 280),
    "kf-1": Case("time_varying", 1270),
    "sk-n1": Case("skills_N", 60),
    "sk-ovf1": Case("skills_overflow_loss", 60),
    "rt-1": Case("retrial", 60),
    "returns": Case("returns", 180),
}

NOT_COVERED = {
    "priority_preemptive (PP-1)": "no agent puts a contact aside for another",
    "overflow (OVF-10.0-8-6, OVF-4.5-3-5)": "the moments of an overflow stream are no figures of a run",
    "chat_slowdown_1, chat_slowdown_pool (CH-3, CH-5)": "chats that slow each other down are not built yet",
    "processor_sharing (PS-1)": "likewise: all contacts of an agent at once, each the slower",
    "vacations (VAC-1)": "agents do not take a break whenever they are idle",
    "scheduling (SCH-1)": "shifts are not planned by the program yet",
    "staffing_min, qed (ST-*, QED-1)": "no simulation; tests/test_theory.py holds them against sim/theory",
}
"""Families of the reference cases that are not simulated, and why."""


class Met(NamedTuple):
    """A figure beside its exact value."""

    case: str
    measure: str
    exact: float
    value: float
    error: float  # standard error
    z: float  # standard errors between the two

    @property
    def relative_error(self) -> float:
        """Standard error as a share of the exact value."""
        return self.error / abs(self.exact) if self.exact else 0.0

    @property
    def most_error(self) -> float:
        """The largest share allowed."""
        return MOST_ERROR_AT if " at " in self.measure else MOST_ERROR


def figures(name: str, replications: int, workers: int = 1) -> list[Met]:
    """Every exact figure of a case beside what the reference engine gives."""
    loaded = prepare(FOLDER / f"{name}.yaml")
    model, labels = loaded.resolved.model, loaded.resolved.labels
    claims, _ = audited_claims(loaded)
    sums = sums_of_replications(model, labels, crc32(name.encode()), replications, workers)
    found = []
    for audit in judged_claims(claims, sums, model, labels):
        for figure in audit.figures:
            assert figure.value is not None, f"{name}: no figure for {figure.measure}"
            assert figure.error is not None, f"{name}: no standard error of {figure.measure}"
            assert figure.z is not None, f"{name}: {figure.measure} is not judged as an exact figure"
            found.append(Met(name, figure.measure, figure.figure.value, figure.value, figure.error, figure.z))
    return found


def wrong(found: Met, most_error: float | None = None) -> str | None:
    """What is wrong with a figure, if anything: too far off, or not precise enough to tell."""
    if abs(found.z) > MOST_Z:
        return f"{found.case}: {found.measure} is {found.z:+.1f} standard errors off"
    if found.relative_error > (most_error or found.most_error):
        return f"{found.case}: {found.measure} has a standard error of {found.relative_error:.1%}"
    return None


def _table(found: list[Met], seconds: float) -> Iterator[str]:
    case = found[0].case
    yield f"{case}  ({CASES[case].family}, {CASES[case].replications} replications, {seconds:.0f} s)"
    for met in found:
        yield (
            f"  {met.measure:<62} {met.exact:>12.6g} {met.value:>12.6g}"
            f"  s.e. {met.relative_error:6.2%}  z {met.z:+5.2f}"
        )


def main(argv: list[str]) -> int:
    """Run the cases and say how far each figure is off; 1 if any is wrong."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases (default: all)")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(argv)
    unknown = [name for name in given.names if name not in CASES]
    if unknown:
        parser.error(f"there is no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    everything: list[Met] = []
    for name in given.names or CASES:
        begun = time.monotonic()
        found = figures(name, CASES[name].replications, given.workers)
        everything += found
        print("\n".join(_table(found, time.monotonic() - begun)), flush=True)
    bad = [text for met in everything if (text := wrong(met)) is not None]
    z = [abs(met.z) for met in everything if met.error]
    beyond = sum(x > 2 for x in z) / len(z)
    families = dict.fromkeys(CASES[met.case].family for met in everything)
    print(f"\n{len(everything)} figures of {len(families)} families: {', '.join(families)}")
    print(f"largest |z| {max(z):.2f} (at most {MOST_Z}); beyond 2: {beyond:.1%} of the figures")
    if not given.names:
        low, high = SHARE_BEYOND_2
        if not low <= beyond <= high:
            bad.append(
                f"{beyond:.1%} of the figures are more than 2 standard errors off, not {low:.0%}-{high:.0%}"
            )
        print("Not covered:\n" + "\n".join(f"  {family}: {why}" for family, why in NOT_COVERED.items()))
    print("\n".join(["", *bad]) if bad else "\nAll agree.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Scenarios with an exact answer, each simulated until its figures are known well enough.

The files in `exact` hold the claims, each with the name of the quantity it stands for. `PILOT` replications
say how many more are needed; as the seed is fixed, so is the number. Every case has a seed of its own, made
of its name: with one seed for all, cases of equal demand would meet the same customers and err together.
"""

from __future__ import annotations

import time
from importlib.resources import files
from math import ceil
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from sim.measure.catalogue import Offered, Quantile
from sim.measure.moments import found_measure
from sim.study.audit import audited_claims, judged_claims, measures_in
from sim.study.prepare import prepare
from sim.verify.folded import FoldedReplications

__all__ = ["CASES", "EXACT_FOLDER", "NOT_COVERED", "PILOT", "Found", "Met", "found_exact", "seed_of"]

EXACT_FOLDER = Path(str(files("sim.verify"))) / "exact"
PILOT = 64  # replications from whose spread it is told how many are needed
MARGIN = 1.1  # of that number: the spread of a few is not quite known

CASES = {
    "eb-5-3": "erlang_b",
    "eb-10-8": "erlang_b",
    "eb-24-30": "erlang_b",
    "eb-50-45": "erlang_b",
    "ec-1-5-7": "erlang_c",
    "ec-4.2-2-12": "erlang_c",
    "ec-8-5-44": "erlang_c",
    "ec-48-1-50": "erlang_c",
    "ea-01": "erlang_a",
    "ea-02": "erlang_a",
    "ea-03": "erlang_a",
    "ea-05": "erlang_a",
    "ea-07": "erlang_a",
    "ea-09": "erlang_a",
    "ea-11": "erlang_a",
    "mmck-1": "finite_capacity",
    "mmcka-1": "finite_capacity",
    "mmcka-3": "finite_capacity",
    "pg-d1": "mm_n_plus_g",
    "pg-d1-60s": "mm_n_plus_g",
    "pg-e2": "mm_n_plus_g",
    "pg-e2-60s": "mm_n_plus_g",
    "md-1": "m_d_c",
    "md-3": "m_d_c",
    "me2-1": "m_ph_c",
    "me2-2": "m_ph_c",
    "pk-1": "mg1",
    "pk-3": "mg1",
    "inf-1": "mginf",
    "mti-1": "mt_g_inf",
    "mti-3": "mt_g_inf",
    "mti-5": "mt_g_inf",
    "gim-1": "gi_m_c",
    "gim-3": "gi_m_c",
    "cp-1": "priority_nonpreemptive",
    "cp-1-60s": "priority_nonpreemptive",
    "cp-3": "priority_nonpreemptive",
    "cp-3-60s": "priority_nonpreemptive",
    "cp-5": "priority_nonpreemptive",
    "cp-5-60s": "priority_nonpreemptive",
    "mg1p-1": "priority_mg1",
    "pa-1": "priority_abandonment",
    "net-1": "network",
    "ds-1": "random_rate",
    "ds-1-mean": "random_rate",
    "ch-1": "chat_no_slowdown",
    "cc-mmc": "published_contactcenters",
    "cc-mmcab": "published_contactcenters",
    "kf-1": "time_varying",
    "sk-n1": "skills_N",
    "sk-ovf1": "skills_overflow_loss",
    "rt-1": "retrial",
    "returns": "returns",
}
"""Name and family of every case."""

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

    def most_error(self, precision: float) -> float:
        """The largest share allowed where ``precision`` is wished; a figure at one instant may have more."""
        return max(0.02, 2.5 * precision) if " at " in self.measure else precision


class Found(NamedTuple):
    """What a case gives."""

    replications: int
    figures: list[Met]
    seconds: float
    units: int  # of which standard errors are made


def seed_of(name: str, seed: int = 1) -> int:
    """The seed of a case; another ``seed`` gives all cases other customers."""
    return crc32(name.encode(), seed - 1)


def found_exact(
    name: str,
    precision: float,
    engine: str = "auto",
    first: int = PILOT,
    seed: int = 1,
    folder: Path = EXACT_FOLDER,
) -> Found:
    """Every exact figure of a case beside what an engine gives.

    Parameters
    ----------
    name
        Of the case.
    precision
        Largest standard error as a share of a figure.
    engine
        One of `sim.study.engines.ENGINES`.
    first
        Replications after which it is looked how many are needed; the fewest.
    seed
        Other ones give all cases other customers.
    folder
        Where the files are.
    """
    begun = time.monotonic()
    loaded = prepare(folder / f"{name}.yaml")
    model, labels = loaded.resolved.model, loaded.resolved.labels
    claims, _ = audited_claims(loaded)
    kinds = model.stages.kind.tolist()
    how = [found_measure(path, labels, kinds).how for path in measures_in(claims)]
    has_sketches = any(isinstance(one, Offered | Quantile) for one in how)
    folded = FoldedReplications(model, labels, seed_of(name, seed), engine, has_sketches=has_sketches)
    needed = float(first)
    while True:
        folded.simulate(ceil(needed))
        figures: list[Met] = []
        for audit in judged_claims(claims, folded.units, model, labels):
            for one in audit.figures:
                assert one.value is not None, f"{name}: no figure for {one.measure}"
                assert one.error is not None, f"{name}: no standard error of {one.measure}"
                assert one.z is not None, f"{name}: {one.measure} is not judged as an exact figure"
                figures.append(Met(name, one.measure, one.figure.value, one.value, one.error, one.z))
        excess = max(met.relative_error / met.most_error(precision) for met in figures)
        if excess <= 1:
            return Found(folded.n, figures, time.monotonic() - begun, len(folded.units))
        needed = MARGIN * excess**2 * folded.n  # a standard error goes with 1 / sqrt(n)

"""Scenarios with an exact answer, and the run of them all: ``python tests/exact_cases.py [NAME ...]``.

The files in `cases/exact` hold the claims, each with the name of the quantity it stands for. Each case is
simulated until the standard error of every figure is small enough: 0.5 % of the figure on the compiled
engine (2 % where it is taken at one instant), 2 % on the reference engine (5 %). `PILOT` replications say
how many more that takes; as their seed is fixed, so is the number. Every case has a seed of its own, made of
its name: with one seed for all, cases of equal demand would meet the same customers and err together.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from folded_replications import FoldedReplications

from sim.measure.catalogue import Offered, Quantile
from sim.measure.moments import found_measure
from sim.study.audit import MOST_Z, audited_claims, judged_claims, measures_in
from sim.study.compiling import ready_engine
from sim.study.engines import ENGINES, is_machine_code
from sim.study.prepare import prepare
from sim.units import WordsError, share

FOLDER = Path(__file__).resolve().parent / "cases" / "exact"
PRECISION, SLOW_PRECISION = 0.005, 0.02  # standard error as a share of a figure: compiled engine, any other
PILOT = 64  # replications from whose spread it is told how many are needed
MARGIN = 1.1  # of that number: the spread of a few is not quite known
SHARE_BEYOND_2 = (0.02, 0.09)  # of the figures; 4.6 % of a normal law, and figures of one case go together

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


def found(name: str, precision: float, engine: str = "auto", first: int = PILOT) -> Found:
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
    """
    begun = time.monotonic()
    loaded = prepare(FOLDER / f"{name}.yaml")
    model, labels = loaded.resolved.model, loaded.resolved.labels
    claims, _ = audited_claims(loaded)
    kinds = model.stages.kind.tolist()
    how = [found_measure(path, labels, kinds).how for path in measures_in(claims)]
    has_sketches = any(isinstance(one, Offered | Quantile) for one in how)
    seed = crc32(name.encode())
    folded = FoldedReplications(model, labels, seed, engine, has_sketches=has_sketches)
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
            return Found(folded.n, figures, time.monotonic() - begun)
        needed = MARGIN * excess**2 * folded.n  # a standard error goes with 1 / sqrt(n)


def _all_found(names: Collection[str], precision: float, engine: str, workers: int) -> Iterator[Found]:
    """What each case gives, in this order; each is simulated by one process."""
    one = partial(found, precision=precision, engine=engine)
    if min(workers, len(names)) <= 1:
        yield from map(one, names)
    else:
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            yield from pool.map(one, names)


def wrong(met: Met) -> str | None:
    """What is wrong with a figure, if anything."""
    return f"{met.case}: {met.measure} is {met.z:+.1f} standard errors off" if abs(met.z) > MOST_Z else None


def _table(found: Found) -> Iterator[str]:
    case = found.figures[0].case
    yield f"{case}  ({CASES[case]}, {found.replications} replications, {found.seconds:.0f} s)"
    for met in found.figures:
        yield (
            f"  {met.measure:<62} {met.exact:>12.6g} {met.value:>12.6g}"
            f"  s.e. {met.relative_error:6.2%}  z {met.z:+5.2f}"
        )


def _precision(words: str) -> float:
    """A share above 0 in words."""
    try:
        wished = share(words)
    except WordsError as error:
        raise argparse.ArgumentTypeError(error.message) from error
    if not wished:
        raise argparse.ArgumentTypeError("no number of replications brings the standard error to 0")
    return wished


def main(argv: list[str]) -> int:
    """Run the cases and say how far each figure is off; 1 if any is wrong."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases (default: all)")
    parser.add_argument("--workers", type=int, default=2, help="cases at a time (default: 2)")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="(default: the fastest there is)")
    parser.add_argument(
        "--precision",
        type=_precision,
        metavar="SHARE",
        help="largest standard error as a share of a figure, such as 0.5%% (default: that on the compiled "
        "engine, else 2%%); at one instant 2.5 times as much, and 2%% at least",
    )
    given = parser.parse_args(argv)
    unknown = [name for name in given.names if name not in CASES]
    if unknown:
        parser.error(f"there is no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    engine = ready_engine(given.engine, print)
    precision = given.precision or (PRECISION if is_machine_code(engine) else SLOW_PRECISION)
    everything: list[Met] = []
    start = time.monotonic()
    for case in _all_found(given.names or CASES, precision, engine, given.workers):
        everything += case.figures
        print("\n".join(_table(case)), flush=True)
    bad = [text for met in everything if (text := wrong(met)) is not None]
    z = [abs(met.z) for met in everything if met.error]
    beyond = sum(x > 2 for x in z) / len(z)
    families = dict.fromkeys(CASES[met.case] for met in everything)
    print(f"\n{len(everything)} figures of {len(families)} families: {', '.join(families)}")
    print(f"The {engine} engine, standard errors of at most {100 * precision:g} % of a figure, ", end="")
    print(f"in {time.monotonic() - start:.0f} s")
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

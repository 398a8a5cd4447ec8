"""The run of all scenarios with an exact answer: ``python tests/exact_cases.py [NAME ...]``.

The cases are those of `sim.verify.exact_cases`. Each is simulated until the standard error of every figure is
small enough: 0.5 % of the figure on the compiled engine (2 % where it is taken at one instant), 2 % on the
reference engine (5 %).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from sim.study.audit import MOST_Z
from sim.study.compiling import ready_engine
from sim.study.engines import ENGINES, is_machine_code
from sim.units import WordsError, share
from sim.verify.exact_cases import CASES, NOT_COVERED, Found, Met, found_exact

PRECISION, SLOW_PRECISION = 0.005, 0.02  # standard error as a share of a figure: compiled engine, any other
SHARE_BEYOND_2 = (0.02, 0.09)  # of the figures; 4.6 % of a normal law, and figures of one case go together


def _all_found(names: Collection[str], precision: float, engine: str, workers: int) -> Iterator[Found]:
    """What each case gives, in this order; each is simulated by one process."""
    one = partial(found_exact, precision=precision, engine=engine)
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

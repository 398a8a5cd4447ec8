"""The parts of a verification: what is done in each, and what to think of what came out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim import late_scipy as scipy
from sim.measure.check import AXIOMS
from sim.verify.coverage import BLOCK, CONFIDENCE, REPLICATIONS, block_of_runs, covered
from sim.verify.equality import SIMULATE, Tried, tried
from sim.verify.exact_cases import CASES, EXACT_FOLDER, PILOT, Found, Met, found_exact, seed_of
from sim.verify.installation import Check

__all__ = ["FALSE_ALARMS", "LONG_CASES", "Crashed", "Job", "Part", "Size", "installed", "jobs", "made",
           "of_coverage", "of_exact", "of_random", "size_of"]  # fmt: skip

FALSE_ALARMS = 0.01
"""Probability that a part with chance in it does not agree though nothing is wrong; any seed."""

LONG_CASES = ("ds-1", "ec-48-1-50", "kf-1", "pk-3", "pg-d1", "net-1", "md-3", "ec-8-5-44", "ds-1-mean",
              "cp-3", "cc-mmc")  # fmt: skip
"""Exact cases that take longest."""

_FEW_CASES = ("eb-24-30", "ea-03", "ea-05", "mmcka-1", "me2-2", "pa-1", "inf-1")
_IN_A_JOB = 10  # random scenarios

Row = dict[str, Any]


class Size(NamedTuple):
    """How much is done."""

    precision: float  # standard error as a share of an exact figure
    cases: tuple[str, ...]
    pilot: int  # replications of a case at least
    scenarios: int
    blocks: int  # of coverage, `BLOCK` runs each
    left_out: tuple[str, ...]


def size_of(*, quick: bool, is_compiled: bool) -> Size:
    """How much is done: the whole, or a minute's work; little where nothing is compiled."""
    if not is_compiled:
        left_out: tuple[str, ...] = (
            f"{len(CASES) - len(_FEW_CASES)} exact cases, and coverage: without Numba they take too long",
            "standard errors of 1% of an exact figure, not 5%",
        )
        return Size(0.05, _FEW_CASES, 20, 20 if quick else 100, 0, left_out)
    short = tuple(name for name in CASES if name not in LONG_CASES)
    whole = Size(0.01, (*LONG_CASES, *short), PILOT, 1000, 80, ())
    if not quick:
        return whole
    small = Size(0.02, short, PILOT, 150, 12, ())
    return small._replace(
        left_out=(
            f"{len(LONG_CASES)} exact cases that take long: {', '.join(LONG_CASES)}",
            f"standard errors of {whole.precision:.0%} of an exact figure, not {small.precision:.0%}",
            f"{whole.scenarios - small.scenarios:,} of {whole.scenarios:,} random scenarios",
            f"{BLOCK * (whole.blocks - small.blocks):,} of {BLOCK * whole.blocks:,} runs for coverage",
        )
    )


class Job(NamedTuple):
    """A piece of work for one process."""

    part: str
    number: int
    name: str = ""


class Crashed(NamedTuple):
    """A job that ended with an error."""

    job: Job
    error: str


def jobs(size: Size) -> list[Job]:
    """All the work, longest pieces first."""
    return [
        *(Job("exact", n, name) for n, name in enumerate(size.cases)),
        *(Job("coverage", block) for block in range(size.blocks)),
        *(Job("random", first) for first in range(0, size.scenarios, _IN_A_JOB)),
    ]


def made(job: Job, size: Size, seed: int, engine: str) -> Any:
    """What a piece of work gives; an error in it is a result too."""
    try:
        if job.part == "exact":
            return found_exact(job.name, size.precision, engine, size.pilot, seed)
        if job.part == "coverage":
            return block_of_runs(engine, seed, job.number)
        last = min(job.number + _IN_A_JOB, size.scenarios)
        return [tried(seed, number) for number in range(job.number, last)]
    except Exception as error:
        return Crashed(job, f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class Part:
    """A part of the verdict."""

    title: str
    checked: str  # what, and how many
    worst: str
    failing: tuple[Row, ...] = ()  # what does not agree: "what", "reproduce"
    notes: tuple[str, ...] = ()
    rows: tuple[Row, ...] = field(default=(), repr=False)  # every figure

    @property
    def agrees(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failing

    def told(self) -> Row:
        """As plain Python, ready for JSON."""
        return {
            "title": self.title,
            "agrees": self.agrees,
            "checked": self.checked,
            "worst": self.worst,
            "failing": list(self.failing),
            "notes": list(self.notes),
            "rows": list(self.rows),
        }


def _failing(what: str, reproduce: str = "") -> Row:
    return {"what": what, "reproduce": reproduce}


def _crashed(results: Sequence[Any], reproduce: str) -> Iterator[Row]:
    """What ended with an error; ``{}`` in how to see it again is the name or number of the work."""
    for one in results:
        if isinstance(one, Crashed):
            which = one.job.name or str(one.job.number)
            yield _failing(f"{which}: {one.error}", reproduce.replace("{}", which))


def installed(checks: Sequence[Check]) -> Part:
    """What there is on this machine."""
    bad = [one for one in checks if not one.is_good]
    return Part(
        "Installation",
        f"{len(checks)} things",
        f"not as it must be: {', '.join(one.name for one in bad)}" if bad else "all as it must be",
        tuple(_failing(f"{one.name}: {one.said}", one.hint) for one in bad),
        tuple(f"{one.name}: {one.said}. {one.hint}" for one in checks if one.hint and one.is_good),
        tuple({"name": one.name, "said": one.said, "good": one.is_good} for one in checks),
    )


def of_exact(results: Sequence[Found | Crashed], seed: int, precision: float) -> Part:
    """Figures beside their exact values; all together are off by chance in at most `FALSE_ALARMS`."""
    found = [one for one in results if isinstance(one, Found)]
    figures = [(case, met) for case in found for met in case.figures]
    failing = list(_crashed(results, f"supportsim --debug audit {EXACT_FOLDER}/{{}}.yaml"))
    worst, most, beyond = "nothing was measured", 0.0, 0
    limits = {case.units: _limit(case.units, len(figures)) for case in found}
    for case, met in figures:
        share = abs(met.z) / limits[case.units]
        beyond += abs(met.z) > 2
        if share >= most:
            most = share
            worst = f"{met.case}, {met.measure}: {_off(met)} (at most {limits[case.units]:.1f})"
        if share > 1:
            failing.append(_failing(
                f"{met.case}, {met.measure}: exactly {met.exact:.8g}, simulated {met.value:.8g}, {_off(met)}",
                f"supportsim audit {EXACT_FOLDER / met.case}.yaml --reps {case.replications} "
                f"--seed {seed_of(met.case, seed)}",
            ))  # fmt: skip
    families = {CASES[case.figures[0].case] for case in found}
    n = len(figures)
    return Part(
        "Exact answers",
        f"{n} figures of {len(found)} queues ({len(families)} families) whose answers theory knows, "
        f"to standard errors of {precision:.0%}",
        worst,
        tuple(failing),
        (f"{beyond / max(n, 1):.1%} of the figures are more than 2 standard errors off; by chance: 5%",),
        tuple(
            {"case": met.case, "measure": met.measure, "exact": met.exact, "value": met.value,
             "error": met.error, "z": met.z, "replications": case.replications}
            for case, met in figures
        ),
    )  # fmt: skip


def _off(met: Met) -> str:
    return f"{met.z:+.1f} standard errors off"


def _limit(units: int, figures: int) -> float:
    """Standard errors that some of so many figures exceed with `FALSE_ALARMS` at most (Bonferroni)."""
    return float(scipy.special.stdtrit(units - 1, 1 - FALSE_ALARMS / (2 * figures)))


def of_random(results: Sequence[list[Tried] | Crashed], seed: int) -> list[Part]:
    """Two parts: axioms on random scenarios, and equality of engines."""
    found = [one for block in results if isinstance(block, list) for one in block]
    contacts, rows = sum(one.contacts for one in found), sum(one.rows for one in found)
    crashed = list(
        _crashed(
            results, f"supportsim verify --seed {seed} --random {{}}, or one of the {_IN_A_JOB - 1} after it"
        )
    )
    broken = [
        _failing(f"scenario {one.number}: {said}", _again(seed, one.number))
        for one in found
        for said in one.broken
    ]
    unlike = [
        _failing(f"scenario {one.number}: {one.unlike}", _again(seed, one.number))
        for one in found
        if one.unlike
    ]
    return [
        Part(
            "Rules of the model",
            f"{len(AXIOMS)} rules on {len(found):,} random scenarios with {contacts:,} contacts",
            f"{len(broken)} broken",
            (*broken, *crashed),
        ),
        Part(
            "Engines are equal",
            f"{' and '.join(SIMULATE)}, {rows:,} records of each on the same scenarios",
            f"{len(unlike)} scenarios with unlike records",
            (*unlike, *crashed),
        ),
    ]


def _again(seed: int, number: int) -> str:
    return (
        f"supportsim verify --seed {seed} --random {number} > made_up.yaml; then supportsim run made_up.yaml "
        f"--reps 1 --seed {seed} --engine compiled, and --engine reference"
    )


def of_coverage(results: Sequence[list[list[bool]] | Crashed], seed: int) -> Part:
    """The share of intervals that cover what is true; 95 % must lie in the interval of that share."""
    rows = [row for block in results if isinstance(block, list) for row in block]
    failing = list(_crashed(results, ""))
    shares = covered(rows, FALSE_ALARMS) if rows else []
    for one in shares:
        if not one.low <= CONFIDENCE <= one.high:
            failing.append(
                _failing(
                    f"{one.measure}: {one.share:.1%} of {one.runs} intervals cover {one.exact:.6g}, which is "
                    f"{one.low:.1%} to {one.high:.1%} of all, not {CONFIDENCE:.0%}",
                    f"supportsim verify --seed {seed + 1}",
                )
            )
    far = max(shares, key=lambda one: abs(one.share - CONFIDENCE), default=None)
    worst = "nothing was measured"
    if far is not None:
        worst = f"{far.measure}: {far.share:.1%} cover, so {far.low:.1%} to {far.high:.1%} of all do"
    return Part(
        "Intervals cover",
        f"{len(shares)} figures of a desk whose answers theory knows, {len(rows):,} times "
        f"{REPLICATIONS} replications",
        worst,
        tuple(failing),
        (),
        tuple(one._asdict() | {"share": one.share} for one in shares),
    )

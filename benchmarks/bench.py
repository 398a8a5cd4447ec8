"""Everything that is measured, in one go. See README.md.

    python -m benchmarks.bench [--only SYSTEM,...] [--quick]
    python -m benchmarks.bench --rows build/bench/all.jsonl

The second form makes the figures of what an interrupted run has written down.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.agreement import compared, different, differing_engines
from benchmarks.figures import figures
from benchmarks.machine import machine
from benchmarks.ours import SMALL
from benchmarks.plan import CHECKS, PROGRAMS, RATES, chosen, in_rounds, quick
from benchmarks.runs import ROOT, Log, built, program, run
from benchmarks.table import table
from sim.jit import IS_COMPILED
from sim.version import VERSION

__all__ = ["main"]

_BUILD = ROOT / "build" / "bench"
_LATEST = ROOT / "benchmarks" / "latest.json"


class _Run(NamedTuple):
    """A process to start, and what its row is about."""

    about: dict[str, Any]
    command: Sequence[str]
    is_cold: bool = False  # with an empty cache


def _ready() -> list[_Run]:
    """The engine is compiled before anything else runs, so that compiling falls into no other figure."""
    command = [sys.executable, "-m", "sim", "compile"]
    return [_Run({"what": "ready", "round": 1}, command)] if IS_COMPILED else []


def _checks(args: argparse.Namespace, roofline: Path | None, without: Sequence[str]) -> Iterator[_Run]:
    items = chosen(quick(CHECKS) if args.quick else CHECKS, args.only)
    for check in items:
        if check.system not in without:
            for seed in range(1, check.seeds + 1):
                about = {"what": "check", **check._asdict(), "seed": seed, "round": seed}
                yield _Run(about, program(roofline, check.system, check.workload, check.size, seed))


def _rates(args: argparse.Namespace, roofline: Path | None, without: Sequence[str]) -> Iterator[_Run]:
    items = [r for r in chosen(quick(RATES) if args.quick else RATES, args.only) if r.system not in without]
    for number, rate in in_rounds(items):
        about = {"what": "rate", "system": rate.system, "workload": rate.workload, "size": rate.size}
        command = program(roofline, rate.system, rate.workload, rate.size, number)
        yield _Run({**about, "seed": number, "round": number}, command)


def _ours(args: argparse.Namespace, out: str) -> Iterator[_Run]:
    """What only the compiled engine and the command are asked."""
    size = 0.01 if args.quick else 1.0
    python, baseline = [sys.executable, "-m"], str(ROOT / "scenarios" / "support_baseline.yaml")
    for workload in ("w2", "baseline"):
        words = ["benchmarks.small", "compiled", workload, f"{0.05 * size:g}"]
        yield _Run(
            {"what": "small", "system": "compiled", "workload": workload, "round": 1}, [*python, *words]
        )
    words = ["benchmarks.threads", "compiled", "w2", f"{size:g}"]
    yield _Run({"what": "threads", "system": "compiled", "workload": "w2", "round": 1}, [*python, *words])
    small = program(None, "compiled", "baseline", SMALL["baseline"], 1)
    for number in range(1, 4):
        yield _Run({"what": "warm", "system": "compiled", "round": number}, small)
    for number in range(1, 3):
        yield _Run({"what": "cold", "system": "compiled", "round": number}, small, is_cold=True)
    day = [*python, "sim", "run", baseline, "--set", f"scale={size:g}", "--reps", "1", "--out", out]
    for number in range(1, 4):
        yield _Run({"what": "help", "round": number}, [*python, "sim", "--help"])
        yield _Run({"what": "validate", "round": number}, [*python, "sim", "validate", baseline])
        yield _Run({"what": "command", "round": number}, [*day, "--seed", str(number)])
    yield _Run({"what": "week", "round": 1}, [*day, "--set", "horizon.measure=7 days"])


def _left_out(roofline: Path | None, why: str) -> dict[str, str]:
    """Systems that cannot run here."""
    missing = {} if roofline else {"roofline": why}
    missing |= {system: "not installed" for system in ("ciw", "salabim") if find_spec(system) is None}
    if not IS_COMPILED:
        missing["compiled"] = "no Numba, or NUMBA_DISABLE_JIT is set"
    return missing


def _compared(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return compared(row for row in rows if row["what"] == "check")


def _done(rows: list[dict[str, Any]], about: dict[str, Any], is_whole: bool) -> None:
    """Write the figures and print the table."""
    checked = _compared(rows)
    whole = {
        **about,
        "names": {row["system"]: row["name"] for row in rows if "name" in row},
        "agreement": checked,
        "differences": different(checked) + differing_engines(rows),
        **figures(rows),
    }
    text = table(whole)
    path = _LATEST if is_whole else _BUILD / "part.json"
    path.write_text(json.dumps(whole, indent=1) + "\n")
    path.with_suffix(".txt").write_text(text)
    print(text, end="")
    print(f"written: {path.relative_to(ROOT)} and {path.with_suffix('.txt').name} beside it", file=sys.stderr)


def _measure(args: argparse.Namespace) -> int:
    _BUILD.mkdir(parents=True, exist_ok=True)
    roofline, compiler = built(_BUILD)
    left_out = _left_out(roofline, compiler)
    for system, why in left_out.items():
        print(f"without {system}: {why}", file=sys.stderr)
    about = {
        "version": VERSION,
        "machine": machine(compiler),
        "only": args.only,
        "is_try": args.quick,
        "left_out": left_out,
    }
    without = tuple(left_out)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        checks = list(_checks(args, roofline, without))
        timed = list(_rates(args, roofline, without))
        if (not args.only or "compiled" in args.only) and "compiled" not in without:
            timed += _ours(args, str(Path(folder) / "run"))
        name = "quick" if args.quick else "-".join(args.only) or "all"
        log = Log(_BUILD / f"{name}.jsonl", 1 + len(_ready()) + len(checks) + len(timed))
        log.add({"what": "about", "round": 0, "process_s": 0.0, **about})
        try:
            _run_all([*_ready(), *checks], log, folder)
            wrong = different(_compared(log.rows)) + differing_engines(log.rows)
            if wrong:
                print("The answers do not agree, so nothing is timed:", *wrong, sep="\n  ", file=sys.stderr)
                return 1
            print("The answers agree.", file=sys.stderr)
            _run_all(timed, log, folder)
        except KeyboardInterrupt:
            print(f"interrupted; the figures so far: --rows {log.path.relative_to(ROOT)}", file=sys.stderr)
            return 130
    _done(log.rows[1:], about, is_whole=not args.only and not args.quick)
    return 0


def _run_all(runs: Sequence[_Run], log: Log, folder: str) -> None:
    cache = _BUILD / "cache"
    for number, each in enumerate(runs):
        place = Path(folder) / f"cold-{number}" if each.is_cold else cache
        log.add({**each.about, **run(each.command, place)})


def main(words: Sequence[str] | None = None) -> int:
    """Measure, or make the figures of rows that are there; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=[],
        metavar="SYSTEM,...",
        help=", ".join(PROGRAMS),
    )
    parser.add_argument(
        "--quick", action="store_true", help="try all paths at small sizes; the figures mean nothing"
    )
    parser.add_argument("--rows", type=Path, metavar="FILE", help="only make the figures of these rows")
    args = parser.parse_args(words)
    if unknown := set(args.only) - set(PROGRAMS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PROGRAMS)}")
    if args.rows:
        head, *rows = map(json.loads, args.rows.read_text().splitlines())
        about = {key: head[key] for key in ("version", "machine", "only", "is_try", "left_out")}
        _done(rows, about, is_whole=not about["only"] and not about["is_try"])
        return 0
    return _measure(args)


if __name__ == "__main__":
    sys.exit(main())

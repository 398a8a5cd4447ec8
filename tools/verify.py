"""``make verify``: all that takes longer than the tests, in parts that remember themselves.

``python -m tools.verify [--only NAME,...] [--full] [--list] [--again]``

A part that passed is remembered in `build/verify/`, with a hash of what it was made of: its command, its
scripts and all of the project that they import, its data, Python and the packages. As long as that hash
stays, the part is not run again; what it printed is printed again. A part that failed is not remembered.

A new part is one line in `PARTS`. Test files with tests marked slow are parts by themselves.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tools.inputs import ROOT, closure, digest, matching

__all__ = ["PARTS", "Part", "Verdict", "all_parts", "chosen", "code_of", "command_of", "key_of", "run_parts"]

KEPT = ROOT / "build" / "verify"
SOURCES = ("sim/**", "scenarios/**", "pyproject.toml", "README.md", "LICENSE")


class Part(NamedTuple):
    """A piece of the verification with inputs of its own."""

    name: str
    command: str  # its first word "python" is this Python, {workers} how much may run at a time
    full: str = ""  # words added where all is run at the larger sizes; NAME=VALUE goes to the environment
    data: tuple[str, ...] = ()  # files that it reads, as patterns; Python files are found by their imports


PUBLISHED = ("tests/cases/published/**",)
STUDIED = ("sim/**", "scenarios/**", "tests/faults/**")
COVERAGE = "python tests/coverage_study.py {kind} --workers {workers}"
PARTS = (
    Part("schema", "python -m check_jsonschema --check-metaschema scenarios/scenario.schema.json",
         data=("scenarios/scenario.schema.json",)),
    Part("package", "make package", data=SOURCES),
    Part("exact", "python tests/exact_cases.py --workers {workers}", "--precision 0.25%",
         ("sim/verify/exact/**",)),
    Part("command", "python -m sim verify --no-progress --workers {workers}",
         data=("scenarios/**", "sim/verify/exact/**")),
    Part("coverage-mild", COVERAGE.replace("{kind}", "mild"), "--runs 8000", PUBLISHED),
    Part("coverage-few-strong", COVERAGE.replace("{kind}", "'few strong'"), "--runs 8000", PUBLISHED),
    Part("coverage-strong", COVERAGE.replace("{kind}", "strong"), "--runs 8000", PUBLISHED),
    Part("coverage-until", COVERAGE.replace("{kind}", "until"), "--runs 8000", PUBLISHED),
    Part("paired", "python tests/paired_study.py --workers {workers}", "--days 40000", PUBLISHED),
    Part("selection", "python tests/selection_study.py", "--trials 10000", PUBLISHED),
    Part("staff", "python tests/staff_study.py --workers {workers}", "--scale 1", ("scenarios/**",)),
    Part("memory", "python tests/memory_study.py", data=("scenarios/help_desk.yaml",)),
    Part("killed", "python tests/kill_study.py", "--kills 1000", STUDIED),
    Part("killed-support-desk", "python tests/kill_study.py --baseline", data=STUDIED),
    Part("faults", "python tests/fault_study.py", "--reps 30", STUDIED),
    Part("interrupts", "python tests/interrupt_study.py", "--times 30", STUDIED),
    Part("workers", "python tests/workers_study.py", "--scale 0.3", STUDIED),
)  # fmt: skip
"""All parts but the slow tests, in the order in which they are run."""

SLOW_TESTS = Part(
    "slow-{name}",
    "python -m pytest -q -n {workers} -m slow {path}",
    "TIMES_EXAMPLES=4",
    (
        "scenarios/**",
        "sim/verify/exact/**",
        "tests/cases/**",
        "tests/golden/**",
        "tests/data/**",
        "pyproject.toml",
    ),
)
"""A part for each test file with slow tests."""


class Verdict(NamedTuple):
    """How a part ended."""

    name: str
    how: str  # "passed", "FAILED", "remembered", "interrupted"
    seconds: float
    since: str = ""  # when what is remembered was run


def all_parts(root: Path = ROOT) -> list[Part]:
    """The table, then one part for each test file with tests marked slow."""
    slow = []
    for path in sorted((root / "tests").glob("test_*.py")):
        if _has_slow_tests(path):
            name = path.stem.removeprefix("test_").replace("_", "-")
            command = SLOW_TESTS.command.replace("{path}", f"tests/{path.name}")
            slow.append(SLOW_TESTS._replace(name=f"slow-{name}", command=command))
    return [*PARTS, *slow]


def _has_slow_tests(path: Path) -> bool:
    """Whether `pytest.mark.slow` stands in a file, other than in words."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    marks = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "slow")
    return any(isinstance(mark.value, ast.Attribute) and mark.value.attr == "mark" for mark in marks)


def chosen(parts: Sequence[Part], only: str) -> list[Part]:
    """The parts that names or patterns with commas between mean; a name that means none ends the program."""
    wishes = [word for word in only.replace(",", " ").split() if word]
    for wish in wishes:
        if not any(fnmatch(part.name, wish) for part in parts):
            raise SystemExit(f"verify: there is no part {wish}; there are {', '.join(p.name for p in parts)}")
    return [part for part in parts if not wishes or any(fnmatch(part.name, wish) for wish in wishes)]


def code_of(part: Part, root: Path = ROOT) -> set[Path]:
    """The Python files of this project that a part runs, themselves and by import."""
    words = shlex.split(part.command)
    files = [root / word for word in words if word.endswith(".py")]
    for flag, name in pairwise(words):
        if flag == "-m":
            module = root.joinpath(*name.split("."))
            found = [module.with_suffix(".py"), module / "__main__.py"]
            files += [path for path in found if path.is_file()]
    return closure(files, root)


def key_of(part: Part, is_full: bool, root: Path = ROOT) -> str:
    """The hash of all that a part depends on."""
    files = code_of(part, root) | matching(part.data, root)
    return digest((part.command, part.full if is_full else ""), files, root)


def command_of(
    part: Part, is_full: bool, workers: int, root: Path = ROOT
) -> tuple[list[str], dict[str, str]]:
    """The command of a part, and what it finds in its environment."""
    words = shlex.split(part.command.format(workers=workers))
    added = shlex.split(part.full) if is_full else []
    is_variable = [word.partition("=")[0].isupper() for word in added]
    given = [word for word, is_one in zip(added, is_variable, strict=True) if not is_one]
    env = dict(word.split("=", 1) for word, is_one in zip(added, is_variable, strict=True) if is_one)
    if words[0] == "python":
        words[0] = sys.executable
        env |= {"PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
    return words + given, env


def _run(
    words: list[str], env: dict[str, str], root: Path, say: Callable[[str], None]
) -> tuple[int, list[str]]:
    """The exit code of a command and the lines that it printed, each said as it comes."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    lines: list[str] = []
    with subprocess.Popen(
        words, cwd=root, env=inherited | env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                say(f"  {lines[-1]}")
            return process.wait(), lines
        except KeyboardInterrupt:  # the terminal has told the part too
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.terminate()
            raise


def _remembered(file: Path, key: str) -> dict[str, Any] | None:
    """What is known of a part whose inputs have this hash."""
    try:
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if kept.get("hash") == key else None


def _file(kept: Path, part: Part, is_full: bool) -> Path:
    return kept / f"{part.name}{'.full' if is_full else ''}.json"


def _keep(file: Path, what: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(what, indent=1) + "\n", encoding="utf-8")
    beside.replace(file)


def run_parts(
    parts: Sequence[Part],
    is_full: bool,
    workers: int,
    kept: Path = KEPT,
    root: Path = ROOT,
    *,
    is_again: bool = False,
    say: Callable[[str], None] = print,
) -> list[Verdict]:
    """Run the parts, or print what is remembered of them; an interrupt ends it with what there is."""
    verdicts = []
    for number, part in enumerate(parts, 1):
        key, file = key_of(part, is_full, root), _file(kept, part, is_full)
        title = f"{part.name} ({number} of {len(parts)})"
        old = None if is_again else _remembered(file, key)
        if old is not None:
            say(f"\n== {title}: unchanged, remembered from {old['date']} ({old['seconds']:.0f} s)")
            for line in old["output"]:
                say(f"  {line}")
            verdicts.append(Verdict(part.name, "remembered", old["seconds"], old["date"]))
            continue
        words, env = command_of(part, is_full, workers, root)
        say(f"\n== {title}: {shlex.join([*(f'{k}={v}' for k, v in env.items() if 'PY' not in k), *words])}")
        begun = time.monotonic()
        try:
            code, lines = _run(words, env, root, say)
        except KeyboardInterrupt:
            verdicts.append(Verdict(part.name, "interrupted", time.monotonic() - begun))
            return verdicts
        except OSError as error:
            code, lines = 127, [f"{words[0]}: {error.strerror}"]
            say(f"  {lines[0]}")
        seconds = time.monotonic() - begun
        verdicts.append(Verdict(part.name, "FAILED" if code else "passed", seconds))
        file.unlink(missing_ok=True)
        if code == 0 and key_of(part, is_full, root) == key:  # else something was changed meanwhile
            date = datetime.now().astimezone().isoformat(sep=" ", timespec="minutes")
            _keep(file, {"hash": key, "date": date, "seconds": round(seconds, 1), "exit": 0, "output": lines})
    return verdicts


def _page(verdicts: list[Verdict], left: int, is_full: bool) -> list[str]:
    """The verdict on one page."""
    lines = [
        "",
        f"Verification{' at the larger sizes' if is_full else ''}, Python {sys.version.split()[0]}",
        "",
    ]
    for one in verdicts:
        since = f"  of {one.since}" if one.since else ""
        lines.append(f"  {one.name:<28} {one.how:<11} {one.seconds:7.0f} s{since}")
    failed = [one.name for one in verdicts if one.how == "FAILED"]
    counts = [f"{sum(v.how == how for v in verdicts)} {how}" for how in ("passed", "remembered", "FAILED")]
    counts += [f"{left} not run"] if left else []
    lines += ["", ", ".join(counts)]
    if failed:
        lines.append(f"Failed: {', '.join(failed)}. One alone: make verify ONLY={failed[0]}")
    return lines


def main(argv: list[str]) -> int:
    """Run what is not remembered, print all; 1 if a part failed."""
    parser = argparse.ArgumentParser(prog="make verify", description=main.__doc__)
    parser.add_argument("--only", default="", metavar="NAME,...", help="parts, or patterns such as slow-*")
    parser.add_argument("--full", action="store_true", help="the larger sizes")
    parser.add_argument("--list", action="store_true", help="list the parts and whether they would run")
    parser.add_argument("--again", action="store_true", help="run also what is remembered")
    parser.add_argument("--workers", type=int, default=2, help="(default: 2)")
    given = parser.parse_args(argv)
    parts = chosen(all_parts(), given.only)
    if given.list:
        for part in parts:
            old = _remembered(_file(KEPT, part, given.full), key_of(part, given.full))
            state = f"unchanged, of {old['date']}, {old['seconds']:.0f} s" if old else "would run"
            print(f"{part.name:<28} {state if not given.again else 'would run'}")
        return 0
    verdicts = run_parts(
        parts, given.full, given.workers, is_again=given.again, say=lambda line: print(line, flush=True)
    )
    was_interrupted = any(one.how == "interrupted" for one in verdicts)
    print("\n".join(_page(verdicts, len(parts) - len(verdicts), given.full)))
    if was_interrupted:
        return 130
    return 1 if any(one.how == "FAILED" for one in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

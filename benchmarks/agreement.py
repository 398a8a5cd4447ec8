"""Whether the programs simulate the same: their answers beside exact ones, and beside one another.

A program's mean over its seeds is held against Erlang's exact figures (W1), or against the mean of the
program with most seeds (W2), in standard errors. The spread of single runs is that of the program with most
seeds; where that has few, nobody is judged. The two engines of supportsim must agree in every figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Any, NamedTuple

from benchmarks.workloads import W1
from sim.theory.erlang import erlang_a

__all__ = ["FARTHEST", "compared", "different", "differing_engines"]

FARTHEST = 4.0
"""Standard errors; chance alone goes beyond in about one comparison of 10,000."""

_FEWEST = 10  # seeds from which a spread is known well enough
_COMPARED = ("mean_wait_min", "abandoned", "in_20_s", "contacts")

Row = Mapping[str, Any]


class _Answer(NamedTuple):
    """What an answer should be."""

    mean: float
    error: float  # standard error of it
    spread: float  # standard deviation of one run


def compared(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """A line for each program and workload: its means and how many standard errors they are off (``z``)."""
    runs: dict[tuple[str, float], dict[str, list[Row]]] = {}
    for row in rows:
        if "error" not in row:
            runs.setdefault((row["workload"], row["size"]), {}).setdefault(row["system"], []).append(row)
    lines = []
    for (workload, size), of_system in runs.items():
        most = max(of_system, key=lambda system: len(of_system[system]))
        answers = _answers(workload, size, of_system[most])
        for system, those in of_system.items():
            means = {key: fmean(row[key] for row in those) for key in _COMPARED}
            judged = answers if workload == "w1" or system != most else {}
            z = {key: (means[key] - a.mean) / _error(a, len(those)) for key, a in judged.items()}
            line = {
                "workload": workload,
                "size": size,
                "system": system,
                "seeds": len(those),
                **means,
                "z": z,
            }
            lines.append(line)
    return lines


def _error(answer: _Answer, seeds: int) -> float:
    return sqrt(answer.error**2 + answer.spread**2 / seeds)


def _answers(workload: str, size: float, rows: Sequence[Row]) -> dict[str, _Answer]:
    """What programs should give, where that is known."""
    if len(rows) < _FEWEST:
        return {}
    spread = {key: stdev(row[key] for row in rows) for key in _COMPARED}
    if workload == "w1":
        exact = erlang_a(W1.rate, W1.handling, W1.agents, W1.patience)
        figures = {
            "mean_wait_min": exact.mean_wait,
            "abandoned": exact.p_abandon,
            "in_20_s": exact.service_level(20 / 60),
        }
        answers = {key: _Answer(value, 0.0, spread[key]) for key, value in figures.items()}
        return {
            **answers,
            "contacts": _Answer(size, 0.0, sqrt(size)),
        }  # some make exactly so many, some a Poisson number
    n = sqrt(len(rows))
    return {key: _Answer(fmean(row[key] for row in rows), spread[key] / n, spread[key]) for key in _COMPARED}


def different(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """Answers that are too far off, in words."""
    return [
        f"{line['system']} {line['workload']}: {key} {line[key]:.5g} is {z:+.1f} standard errors off"
        for line in lines
        for key, z in line["z"].items()
        if abs(z) > FARTHEST
    ]


def differing_engines(rows: Iterable[Row]) -> list[str]:
    """Runs in which our two engines do not give the very same, in words."""
    keys = ("contacts", "at_desk", "mean_wait_min", "mean_wait_answered_min", "abandoned", "in_20_s")
    of_run: dict[tuple[str, float, int], dict[str, tuple[float, ...]]] = {}
    for row in rows:
        is_run = row["what"] in {"check", "rate"} and "error" not in row
        if is_run and row["system"] in {"compiled", "reference"}:
            run = (row["workload"], row["size"], row["seed"])
            of_run.setdefault(run, {})[row["system"]] = tuple(row[key] for key in keys)
    return [
        f"{workload} at size {size:g}, seed {seed}: compiled {of['compiled']}, reference {of['reference']}"
        for (workload, size, seed), of in of_run.items()
        if len(of) == 2 and of["compiled"] != of["reference"]
    ]

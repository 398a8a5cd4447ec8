"""Contacts per second of the reference engine, beside a plain SimPy program of the same day.

    python benchmarks/reference.py [SCALE] [ROUNDS]

Both simulate scenarios/two_tier_day.yaml. The rounds alternate and the median counts, because other work on
the machine comes and goes. Waits and abandonment are printed beside the speed: they agree but for chance.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np
from plain_simpy import simulate_day

from sim.engine.reference import simulate
from sim.model.records import End, VisitColumn, gather
from sim.model.tables import Model, StageKind
from sim.scenario.validate import load
from sim.units import MINUTE

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "two_tier_day.yaml"


class Day(NamedTuple):
    """One simulated day and how long it took."""

    seconds: float
    contacts: int
    mean_wait: float  # minutes
    abandoned: float  # share of those who reached the desk


def reference_day(model: Model, seed: int) -> Day:
    """The day by the reference engine; the time includes making the records."""
    begin = perf_counter()
    visits = gather(simulate(model, seed, 0)).visits
    seconds = perf_counter() - begin
    desk = visits[model.stages.kind[visits[:, VisitColumn.STAGE]] == StageKind.DESK]
    gave_up = desk[:, VisitColumn.HOW] == End.ABANDONED
    answered = desk[:, VisitColumn.START]
    wait = np.where(gave_up, desk[:, VisitColumn.END], answered) - desk[:, VisitColumn.ENTER]
    contacts = int((visits[:, VisitColumn.STEP] == 1).sum())
    return Day(seconds, contacts, float(wait.mean()) / MINUTE, float(gave_up.mean()))


def plain_day(scale: float, seed: int) -> Day:
    """The day by the plain program."""
    begin = perf_counter()
    counts = simulate_day(scale, seed)
    seconds = perf_counter() - begin
    return Day(seconds, counts.contacts, counts.waits / counts.at_desk, counts.abandoned / counts.at_desk)


def row(name: str, days: list[Day]) -> str:
    """A line of the table: medians over the rounds of speed, means of the rest."""
    speed = median(day.contacts / day.seconds for day in days)
    contacts, wait, abandoned = (float(np.mean([day[i] for day in days])) for i in (1, 2, 3))
    return f"{name:18} {speed:12,.0f} {contacts:10,.0f} {wait:10.2f} min {abandoned:10.2%}"


def main(scale: float = 0.02, rounds: int = 5) -> None:
    """Run both in turns and print the table."""
    model = load(SCENARIO, sets=[f"scale={scale:g}"]).resolved.model
    ours, plain = [], []
    for seed in range(1, rounds + 1):
        ours.append(reference_day(model, seed))
        plain.append(plain_day(scale, seed))
    print(f"two_tier_day at scale {scale:g}, {rounds} rounds, Python {sys.version.split()[0]}")
    print(f"{'':18} {'contacts/s':>12} {'contacts':>10} {'mean wait':>14} {'abandoned':>10}")
    print(row("reference engine", ours))
    print(row("plain SimPy", plain))
    ratio = median(o.contacts / o.seconds * p.seconds / p.contacts for o, p in zip(ours, plain, strict=True))
    print(f"The reference engine makes {ratio:.2f} times the contacts of the plain program in the same time.")


if __name__ == "__main__":
    main(*(kind(word) for kind, word in zip((float, int), sys.argv[1:], strict=False)))

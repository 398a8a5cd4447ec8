"""Which variants are on the front of what they cost against how well they serve."""

from __future__ import annotations

from typing import Any

from sim.measure.pareto import Objective, membership, on_front
from sim.measure.preference import Better
from sim.measure.result import plain
from sim.study.best import Best
from sim.study.meeting import Meeting
from sim.study.variants import ALIKE, MEANS

__all__ = ["told_front"]

_FEWEST = 3  # variants


def told_front(meeting: Meeting, best: Best | None) -> dict[str, Any] | None:
    """Which of three variants or more are on the front of cost (or hours) against the first judged measure.

    None where it cannot be said: no such measure has a better side, or there is a single replication.
    """
    by = {measure.path: measure for measure in meeting.measures}
    price = next((by[path] for path in ("cost.total", "hours.paid") if path in by), None)
    quality = next((m for m in meeting.measures if m.is_judged), None) if best is None else by[best.path]
    if len(meeting.variants) < _FEWEST or price is None or quality is None:
        return None
    if quality.way == Better.NEITHER or quality.path in MEANS:
        return None
    n = min(meeting.replications(number) for number in range(len(meeting.variants)))
    found = [meeting.estimates(number, n) for number in range(len(meeting.variants))]
    objectives = [
        Objective(
            [own[measure.path] for own in found],
            measure.way,
            ALIKE * abs(float(found[0][measure.path].value)),
        )
        for measure in (price, quality)
    ]
    probability = on_front(objectives)
    if probability is None:
        return None
    return {
        "cost": price.path,
        "measure": quality.path,
        "heading": quality.heading,
        "replications": n,
        "of": [
            {"name": variant.name, "probability": plain(float(p)), "verdict": membership(float(p)).value}
            for variant, p in zip(meeting.variants, probability, strict=True)
        ],
    }

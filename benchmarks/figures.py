"""Rows of runs made into figures: medians and ranges, ratios of runs of the same round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import Any

__all__ = ["figures", "growth", "paired", "rates", "spread"]

Row = Mapping[str, Any]
Spread = dict[str, float]


def spread(values: Iterable[float]) -> Spread | None:
    """Median, least and most; None of nothing."""
    known = list(values)
    return {"median": median(known), "min": min(known), "max": max(known)} if known else None


def paired(of: Sequence[Row], to: Sequence[Row]) -> Spread | None:
    """Contacts per second of runs over those of other runs in the same rounds."""
    others = {row["round"]: row["contacts_per_s"] for row in to}
    return spread(row["contacts_per_s"] / others[row["round"]] for row in of if row["round"] in others)


def rates(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """A line for each program and size: how fast, how much memory."""
    runs = _by(rows, lambda row: (row["workload"], row["size"], row["system"]))
    return [
        {
            "workload": workload,
            "size": size,
            "system": system,
            "rounds": len(those),
            "contacts": fmean(row["contacts"] for row in those),
            "contacts_per_s": spread(row["contacts_per_s"] for row in those),
            "x_plain": paired(those, runs.get((workload, size, "plain"), [])),
            "x_roofline": paired(those, runs.get((workload, size, "roofline"), [])),
            "peak_mb": _most(those, "peak_mb"),
            "process_s": median(row["process_s"] for row in those),
            **{key: _median(those, key) for key in ("import_s", "load_s", "jit_s")},
            "mean_wait_min": fmean(row["mean_wait_min"] for row in those),
            "abandoned": fmean(row["abandoned"] for row in those),
        }
        for (workload, size, system), those in runs.items()
    ]


def growth(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rate at one size over that at the next smaller one, for each program."""
    lines = []
    for (workload, system), those in _by(rows, lambda row: (row["workload"], row["system"])).items():
        of_size = _by(those, lambda row: row["size"])
        for small, large in pairwise(sorted(of_size)):
            kept = paired(of_size[large], of_size[small])
            line = {"workload": workload, "system": system, "from": small, "to": large, "rate_kept": kept}
            lines.append(line)
    return lines


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """All figures that the rows have; None where they have not."""
    sound = _by((row for row in rows if "error" not in row), lambda row: row["what"])

    def only(what: str, key: str) -> Spread | None:
        return spread(row[key] for row in sound.get(what, []) if row.get(key) is not None)

    cold, warm = only("cold", "jit_s"), only("warm", "jit_s")
    day, week = only("command", "peak_mb"), only("week", "peak_mb")
    return {
        "rates": rates(sound.get("rate", [])),
        "growth": growth(sound.get("rate", [])),
        "two_threads": spread(x for row in sound.get("threads", []) for x in row["times_one_thread"]),
        "small": [
            {key: row[key] for key in ("workload", "contacts", "replication_ms", "beyond_contacts_ms")}
            for row in sound.get("small", [])
        ],
        "compile": {
            "cold_s": cold,
            "warm_s": warm,
            "overhead_s": cold["median"] - warm["median"] if cold and warm else None,
        },
        "start": {
            "help_s": only("help", "process_s"),
            "validate_s": only("validate", "process_s"),
            "run_baseline_s": only("command", "process_s"),
        },
        "memory": {
            "baseline_day_mb": day["max"] if day else None,
            "baseline_week_mb": week["max"] if week else None,
            "week_over_day": week["max"] / day["max"] if day and week else None,
        },
        "failed": [f"{row['what']} {row.get('system', '')} {row.get('workload', '')}: {row['error']}"
                   for row in rows if "error" in row],
    }  # fmt: skip


def _by(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _median(rows: Iterable[Row], key: str) -> float | None:
    known = [row[key] for row in rows if row.get(key) is not None]
    return median(known) if known else None


def _most(rows: Iterable[Row], key: str) -> float | None:
    return max((row[key] for row in rows if row.get(key) is not None), default=None)

"""The figures as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.goals import goals

__all__ = ["aligned", "number", "table"]

_HEADS = [
    "",
    "contacts/s",
    "(least .. most)",
    "x plain SimPy",
    "x C",
    "peak MB",
    "wait min",
    "abandoned",
    "rounds",
]


def number(value: float | None) -> str:
    """Three digits that count; thousands in groups."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns of equal width: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def table(of: Mapping[str, Any]) -> str:
    """The whole text of what `benchmarks.bench` has made."""
    lines = [", ".join(f"{key} {value}" for key, value in of["machine"].items() if value is not None)]
    lines += [f"left out: {what} ({why})" for what, why in of["left_out"].items()]
    lines += [f"FAILED: {what}" for what in of["failed"]]
    lines += [f"NOT EQUAL: {what}" for what in of["differences"]]
    parts = [_agreement(of), _rates(of), _growth(of), _ours(of)]
    if of["is_try"]:
        lines += ["A TRY AT SMALL SIZES: the figures mean nothing, and goals are not looked at"]
    else:
        parts.append(_goals(of))
    for part in parts:
        lines += ["", *part]
    return "\n".join(lines) + "\n"


def _spread(value: Mapping[str, float] | None) -> str:
    if value is None:
        return "-"
    return f"{number(value['median'])} ({number(value['min'])} .. {number(value['max'])})"


def _agreement(of: Mapping[str, Any]) -> Iterator[str]:
    yield "Answers before anything is timed; z: the farthest from what they should be, in standard errors"
    rows = [["", "workload", "seeds", "contacts", "wait min", "abandoned", "z"]]
    for line in of["agreement"]:
        rows.append(
            [
                f"  {line['system']}",
                f"{line['workload'].upper()} {line['size']:g}",
                str(line["seeds"]),
                number(line["contacts"]),
                f"{line['mean_wait_min']:.4f}",
                f"{line['abandoned']:.3%}",
                number(max(map(abs, line["z"].values()), default=None)),
            ]
        )
    yield from aligned(rows)


def _rates(of: Mapping[str, Any]) -> Iterator[str]:
    yield "Contacts per second; ratios of runs of the same round: median (least .. most)"
    for workload, size in dict.fromkeys((line["workload"], line["size"]) for line in of["rates"]):
        those = [line for line in of["rates"] if (line["workload"], line["size"]) == (workload, size)]
        rows = [[f"{workload.upper() if workload != 'baseline' else workload} {size:g}", *_HEADS[1:]]]
        for line in those:
            rate = line["contacts_per_s"]
            rows.append(
                [
                    f"  {of['names'].get(line['system'], line['system'])}",
                    number(rate["median"]),
                    f"({number(rate['min'])} .. {number(rate['max'])})",
                    _spread(line["x_plain"]),
                    _spread(line["x_roofline"]),
                    number(line["peak_mb"]),
                    f"{line['mean_wait_min']:.4f}",
                    f"{line['abandoned']:.3%}",
                    str(line["rounds"]),
                ]
            )
        yield from aligned(rows)


def _growth(of: Mapping[str, Any]) -> Iterator[str]:
    yield "Rate at a size over the rate at a smaller one"
    yield from aligned(
        [
            [
                f"  {line['workload'].upper()} {line['system']}",
                f"{line['from']:g} to {line['to']:g}",
                _spread(line["rate_kept"]),
            ]
            for line in of["growth"]
            if line["rate_kept"]
        ]
    )


def _ours(of: Mapping[str, Any]) -> Iterator[str]:
    yield "Ours"
    start, compiling, memory = of["start"], of["compile"], of["memory"]
    rows = [
        ["  supportsim --help, s", _spread(start["help_s"])],
        ["  supportsim validate support_baseline, s", _spread(start["validate_s"])],
        ["  supportsim run support_baseline --reps 1, s", _spread(start["run_baseline_s"])],
        ["    its peak memory, MB", number(memory["baseline_day_mb"])],
        ["    the same for seven days, MB", number(memory["baseline_week_mb"])],
        ["  compiling with an empty cache, s", number(compiling["overhead_s"])],
        ["  two threads over one", _spread(of["two_threads"])],
    ]
    for small in of["small"]:
        rows.append(
            [
                f"  replication of {number(small['contacts'])} contacts, {small['workload']}, ms",
                number(small["replication_ms"]),
            ]
        )
        rows.append(["    beyond its contacts, ms", number(small["beyond_contacts_ms"])])
    yield from aligned(rows)


def _goals(of: Mapping[str, Any]) -> Iterator[str]:
    yield "Goals"
    words = {True: "met", False: "MISSED", None: "not measured"}
    rows = [
        [
            f"  {goal.name}",
            number(goal.value),
            f"{'>=' if goal.is_least else '<='} {goal.bound:g}",
            "" if goal.aim is None else f"aim {goal.aim:g}",
            words[goal.is_met],
        ]
        for goal in goals(of)
    ]
    yield from aligned(rows)

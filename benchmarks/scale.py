"""What a year of the desk costs on a cluster: the figures of docs/scale.md.

    python -m benchmarks.scale [--scales 1,2,4,8] [--rounds 5] [--tasks 400]
    python -m benchmarks.scale --rows build/bench/scale.jsonl

First replications of support_baseline at growing scales, each scale a process of its own: CPU seconds, memory
peak, bytes of a task and of a payload, and what the machine that began the study does with each payload. Then
tasks of no work on a Dask cluster of two worker processes on this machine. Seconds are of CPU, as other work
on a machine changes these least. From this the table is worked out; what was not measured is marked.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import inf, log
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine
from benchmarks.memory import peak_mb
from benchmarks.no_work import Nothing
from benchmarks.ours import contacts_of, scenario, work
from benchmarks.runs import ROOT
from sim.study.compiling import ready_engine
from sim.study.engines import replicate
from sim.study.executors import Task
from sim.study.payload import SUMS, Codec
from sim.study.replications import each_replication
from sim.study.store import Store
from sim.study.workers import Workers

__all__ = ["main"]

Row = dict[str, Any]

DAYS = 365
LARGER = 100.0
_ROWS = ROOT / "build" / "bench" / "scale.jsonl"


def _cpu(do: Callable[[], object]) -> float:
    begin = process_time()
    do()
    return process_time() - begin


# --- one scale ------------------------------------------------------------------------------------


def of_scale(scale: float, rounds: int, *, is_counted: bool) -> Row:
    """Replications at a scale, in this thread; memory is that of a process which does nothing else.

    Counting contacts takes a pass of its own, which is not timed.
    """
    begin = process_time()
    resolved = scenario("baseline", scale)
    load_s = process_time() - begin
    engine = ready_engine("auto")
    small = work(engine, "baseline", 1e-4)
    small.sums(1)  # the compiled code is loaded before anything is timed
    whole = work(engine, "baseline", scale)
    one = partial(replicate, engine, resolved.model, whole.reduction, 1)
    task = pickle.dumps(Task(one, SUMS.encode, True, partial(ready_engine, engine)))
    cpu, wall, found = [], [], []
    for number in range(rounds):
        start, begin = perf_counter(), process_time()
        found.append(whole.sums(1, number))
        cpu.append(process_time() - begin)
        wall.append(perf_counter() - start)
    peak = peak_mb()
    payloads = [SUMS.encode(sums) for sums in found]
    with (
        tempfile.TemporaryDirectory(prefix="scale-", dir=_ROWS.parent) as folder,
        Store(Path(folder) / "results.sqlite") as store,
    ):
        puts = [_cpu(partial(store.put, "study", k, payload)) for k, payload in enumerate(payloads)]
    return {
        "what": "scale",
        "scale": scale,
        "contacts": contacts_of(resolved.model, 1) if is_counted else None,
        "cpu_s": cpu,
        "wall_s": wall,
        "load_cpu_s": load_s,
        "peak_mb": peak,
        "task_bytes": len(task),
        "payload_bytes": [len(payload) for payload in payloads],
        "encode_s": [_cpu(partial(SUMS.encode, sums)) for sums in found],
        "decode_s": [_cpu(partial(SUMS.decode, payload)) for payload in payloads],
        "put_s": puts,
    }


# --- tasks of no work -----------------------------------------------------------------------------


def of_tasks(n: int, size: int) -> Row:
    """Tasks that return so many bytes: seconds a task of this process, which is client and scheduler."""
    import distributed  # noqa: PLC0415  (an extra)

    as_it_is: Codec[bytes] = Codec(bytes, bytes)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        workers = Workers(None, f"dask:{cluster.scheduler_address}")
        start = begin = 0.0
        done = each_replication(Nothing(size), n + 50, inf, "auto", workers, codec=as_it_is)
        for k, _ in enumerate(done):
            if k == 49:  # all is under way
                start, begin = perf_counter(), process_time()
        wall, cpu = perf_counter() - start, process_time() - begin
    return {"what": "tasks", "size": size, "n": n, "wall_s": wall / n, "cpu_s": cpu / n}


# --- all of it ------------------------------------------------------------------------------------


def _measured(args: argparse.Namespace) -> Iterator[Row]:
    yield {"what": "about", **machine("")}
    size = 0
    for scale in args.scales:
        rounds = args.rounds if scale <= 2 else 1
        row = _child("--one", f"{scale:g}", "--rounds", str(rounds), *([] if size else ["--count"]))
        size = size or int(median(row["payload_bytes"]))
        yield row
    for each in (0, size):
        yield _child("--no-work", str(each), "--tasks", str(args.tasks))


def _child(*words: str) -> Row:
    command = [sys.executable, "-m", "benchmarks.scale", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def table(rows: Sequence[Row]) -> str:
    """What was measured, and what a year costs."""
    scales = [row for row in rows if row["what"] == "scale"]
    tasks = [row for row in rows if row["what"] == "tasks"]
    lines = [" ".join(f"{key} {value}," for key, value in rows[0].items() if key != "what" and value)]
    lines += ["", "support_baseline, one replication (a day of warm-up and a day measured), one thread"]
    lines += ["  scale    contacts  CPU s (least .. most)    ns a contact  peak MB   task MB  payload kB"]
    first = scales[0]
    for row in scales:
        cpu, contacts = row["cpu_s"], first["contacts"] * row["scale"] / first["scale"]
        spread = f"({min(cpu):.2f} .. {max(cpu):.2f})"
        lines.append(
            f"  {row['scale']:5g} {contacts:11,.0f}  {median(cpu):6.2f} {spread:17} "
            f"{1e9 * median(cpu) / contacts:9.0f} {row['peak_mb']:12.0f} "
            f"{row['task_bytes'] / 1e6:9.2f} {median(row['payload_bytes']) / 1e3:11.0f}"
        )
    home = {name: 1e3 * median(first[f"{name}_s"]) for name in ("encode", "decode", "put")}
    lines += ["", f"a payload at scale {first['scale']:g}, CPU ms: " + ", ".join(
        f"{name} {ms:.1f}" for name, ms in home.items())]  # fmt: skip
    lines += [
        "",
        "tasks of no work, two worker processes on this machine; CPU of client and scheduler together",
    ]
    lines += [
        f"  {row['size']:9,d} bytes back: {1e3 * row['cpu_s']:6.2f} CPU ms a task, "
        f"{1e3 * row['wall_s']:6.2f} ms from one to the next"
        for row in tasks
    ]
    lines += ["", f"{DAYS} days, a replication each"]
    lines += [_year(scales, scale) for scale in (1.0, LARGER)]
    return "\n".join(lines) + "\n"


def _year(scales: Sequence[Row], scale: float) -> str:
    """What a year costs at a scale. Where that was not measured, CPU of a contact is on the straight line
    over the logarithm of the scale (trees of agents are deeper, caches fuller), memory on that over the
    scale, through all that was measured; payloads are those of the largest."""
    row = next((row for row in scales if row["scale"] == scale), None)
    note = "" if row else "  (not measured: see above)"
    if row:
        cpu, peak = median(row["cpu_s"]), row["peak_mb"]
    else:
        sizes = np.array([of["scale"] for of in scales])
        per_scale = np.array([median(of["cpu_s"]) for of in scales]) / sizes
        cpu = scale * _on_line(np.log(sizes), per_scale, log(scale))
        peak = _on_line(sizes, np.array([of["peak_mb"] for of in scales]), scale)
        row = max(scales, key=lambda of: float(of["scale"]))
    return (
        f"  scale {scale:4g}: {cpu * DAYS / 3600:8.2f} core-hours, a replication {cpu:,.1f} s, "
        f"{peak / 1e3:.2f} GB a worker, out {row['task_bytes'] / 1e6:.2f} MB a worker, "
        f"back {DAYS * median(row['payload_bytes']) / 1e6:,.0f} MB{note}"
    )


def _on_line(x: NDArray[np.float64], y: NDArray[np.float64], at: float) -> float:
    """Where the least-squares line through points is; their mean if there is one only."""
    if len(x) < 2:
        return float(y.mean())
    slope, start = np.polyfit(x, y, 1)
    return float(start + slope * at)


def main(words: Sequence[str] | None = None) -> int:
    """Measure, or print the table of rows that are there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--scales", type=lambda text: [float(x) for x in text.split(",")], default=[1, 2, 4, 8]
    )
    parser.add_argument("--rounds", type=int, default=5, help="replications at scales 1 and 2; one above")
    parser.add_argument("--tasks", type=int, default=400, help="tasks of no work")
    parser.add_argument("--rows", type=Path, metavar="FILE", help="only print the table of these rows")
    parser.add_argument("--one", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--count", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--no-work", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(words)
    if args.one is not None:
        print(json.dumps(of_scale(args.one, args.rounds, is_counted=args.count)))
    elif args.no_work is not None:
        print(json.dumps(of_tasks(args.tasks, args.no_work)))
    elif args.rows:
        print(table([json.loads(line) for line in args.rows.read_text().splitlines()]), end="")
    else:
        _ROWS.parent.mkdir(parents=True, exist_ok=True)
        rows = []
        with _ROWS.open("w") as file:
            for row in _measured(args):
                rows.append(row)
                file.write(json.dumps(row) + "\n")
                file.flush()
                print(f"measured: {row['what']} {row.get('scale', row.get('size', ''))}", file=sys.stderr)
        print(table(rows), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What Python programs and notebooks use; `import sim` answers these names.

Everything is worked out as on the command line: equal scenario, plan and seed give equal figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure as MatplotlibFigure

from sim.errors import UsageError
from sim.frames import to_pandas, to_polars
from sim.measure.result import figure, figures
from sim.present import words
from sim.present.comparison import compared_text
from sim.present.plots import save, wait_curve, wait_curves
from sim.present.tables import run_text
from sim.scenario.validate import Loaded
from sim.study.compare import Compared, Variant, wanted
from sim.study.compare import compare as compare_variants
from sim.study.compared_folder import COMPARED_KEYS
from sim.study.prepare import prepare
from sim.study.replications import default_replications, run_replications

__all__ = ["Comparison", "Difference", "Figure", "Picture", "Result", "Scenario", "compare", "load", "run"]


class Figure(NamedTuple):
    """A figure with the half-width of its 95 % interval, in its own unit: share 0..1, s, CNY/day, ..."""

    value: float  # NaN where there is none
    half_width: float  # NaN where it is not known
    unit: str

    def __str__(self) -> str:
        return words.figure(self.value, self.half_width, self.unit)


class Difference(NamedTuple):
    """How much more a plan has of a measure than the first."""

    value: float
    half_width: float
    unit: str
    verdict: str  # better, worse, undecided, ... (see `sim.measure.paired.Verdict`)
    variance_ratio: float  # times the days that plans with customers of their own would need


@dataclass(frozen=True)
class Picture:
    """A drawing; notebooks show it where it is the last of a cell."""

    figure: MatplotlibFigure

    def save(self, file: str | Path) -> None:
        """Write it: .png, .svg or .pdf."""
        save(self.figure, Path(file))

    def _repr_png_(self) -> bytes:
        png = BytesIO()
        self.figure.savefig(png, format="png", dpi=80, metadata={"Software": None})
        return png.getvalue()


@dataclass(frozen=True)
class Scenario:
    """A sound scenario; make it with `load`."""

    loaded: Loaded
    source: str

    @property
    def name(self) -> str:
        """As the scenario says."""
        return self.loaded.resolved.labels.scenario

    @property
    def plan(self) -> str | None:
        """Title of the plan, where there is one."""
        return self.loaded.layered.plan

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the scenario is warned of, a line each."""
        return tuple(problem.message for problem in self.loaded.warnings)

    def __repr__(self) -> str:
        plan = f", plan {self.plan!r}" if self.plan else ""
        return f"<Scenario {self.name!r}{plan}>"


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


@dataclass(frozen=True)
class Result:
    """The results of a run. ``print(result)`` shows what the command line shows."""

    document: dict[str, Any]
    """All of it, as in summary.json."""

    def __getitem__(self, path: str) -> Figure:
        """The figure at a measure path: ``result["chat.wait.p90"]``, ``result["chat.waiting at 20:00"]``."""
        found = figure(self.document, path)
        return Figure(_number(found["value"]), _number(found["half_width"]), found["unit"])

    def __iter__(self) -> Iterator[str]:
        return iter(figures(self.document))

    def __str__(self) -> str:
        return run_text(self.document)

    def __repr__(self) -> str:
        return f"<Result of {self.document['scenario']!r}, {self.document['replications']} replications>"

    def rows(self) -> list[dict[str, Any]]:
        """Every figure: measure, value, half_width, unit."""
        return [
            {"measure": path, "value": f["value"], "half_width": f["half_width"], "unit": f["unit"]}
            for path, f in figures(self.document).items()
        ]

    def rows_by_interval(self) -> list[dict[str, Any]]:
        """Every figure by interval of the day: of (a stage or team), measure, begins, value, half_width."""
        intervals = self.document["intervals"]
        owners: dict[str, Any] = dict(intervals["stages"]) | dict(intervals.get("groups", {}))
        for team, keys in intervals["teams"].items():
            widths = intervals["teams_half_width"][team]
            owners[team] = {key: {"value": keys[key], "half_width": widths[key]} for key in keys}
        return [
            {"of": of, "measure": key, "begins": begins, "value": value, "half_width": width}
            for of, keys in owners.items()
            for key, series in keys.items()
            for begins, value, width in zip(
                intervals["starts"], series["value"], series["half_width"], strict=True
            )
        ]

    def to_pandas(self, *, by_interval: bool = False) -> Any:
        """The figures (or those by interval) as a pandas DataFrame."""
        return to_pandas(_columns(self.rows_by_interval() if by_interval else self.rows()))

    def to_polars(self, *, by_interval: bool = False) -> Any:
        """The figures (or those by interval) as a polars DataFrame."""
        return to_polars(_columns(self.rows_by_interval() if by_interval else self.rows()))

    def plot(self, *stages: str) -> Picture:
        """The wait over the day at some desks (by default where people wait most)."""
        several = len(stages) > 1
        return Picture(
            wait_curves(self.document, list(stages)) if several else wait_curve(self.document, *stages)
        )


@dataclass(frozen=True)
class Comparison:
    """Plans beside each other. ``print(comparison)`` shows what the command line shows."""

    compared: Compared

    @property
    def document(self) -> dict[str, Any]:
        """All of it, as in comparison.json."""
        return self.compared.comparison

    @property
    def results(self) -> dict[str, Result]:
        """The results of each plan, by its name; the first is the one that others are held against."""
        names = [variant["name"] for variant in self.document["variants"]]
        return {name: Result(run) for name, run in zip(names, self.compared.runs, strict=True)}

    def difference(self, measure: str, plan: str) -> Difference:
        """How much more a plan has of a measure than the first plan."""
        row = next((row for row in self.document["measures"] if row["path"] == measure), None)
        if row is None:
            raise UsageError(f"'{measure}' was not compared; give it as one of metrics=[...]")
        names = [variant["name"] for variant in self.document["variants"]]
        if plan not in names[1:]:
            raise UsageError(f"there is no plan '{plan}' beside {names[0]}; there are {', '.join(names[1:])}")
        cell = row["of"][names.index(plan)]
        return Difference(
            _number(cell["difference"]),
            _number(cell["difference_half_width"]),
            row["unit"],
            cell["verdict"],
            _number(cell["variance_ratio"]),
        )

    def rows(self) -> list[dict[str, Any]]:
        """A row for each measure and plan, as in comparison.csv."""
        return [
            {"measure": row["path"], "unit": row["unit"], "plan": variant["name"]}
            | {key: cell.get(key) for key in COMPARED_KEYS}
            for row in self.document["measures"]
            for variant, cell in zip(self.document["variants"], row["of"], strict=True)
        ]

    def to_pandas(self) -> Any:
        """The rows as a pandas DataFrame."""
        return to_pandas(_columns(self.rows()))

    def to_polars(self) -> Any:
        """The rows as a polars DataFrame."""
        return to_polars(_columns(self.rows()))

    def __str__(self) -> str:
        return compared_text(self.document)

    def __repr__(self) -> str:
        names = ", ".join(variant["name"] for variant in self.document["variants"])
        return f"<Comparison of {names}, {self.document['replications']} replications>"


def load(
    source: str | Path,
    *,
    plan: str | Path | None = None,
    overlays: Sequence[str | Path] = (),
    sets: Mapping[str, Any] | Sequence[str] = (),
) -> Scenario:
    """A scenario from a file, or a shipped one by its name.

    Parameters
    ----------
    source
        File or name: ``"help_desk.yaml"``, ``"support_baseline"``.
    plan, overlays
        As ``--plan`` and ``--overlay``.
    sets
        Single changes, as ``--set``: ``{"scale": 0.1, "teams.own.agents": "20% more"}``, or the words.

    Raises
    ------
    sim.InvalidInput
        With every problem found; each has its place in the files.

    Examples
    --------
    >>> load("erlang_a")
    <Scenario 'Erlang A, 48 a minute, 50 agents'>
    """
    said = [f"{path}={value}" for path, value in sets.items()] if isinstance(sets, Mapping) else list(sets)
    return Scenario(prepare(source, overlays, plan, said), str(source))


def _scenario(given: Scenario | str | Path) -> Scenario:
    return given if isinstance(given, Scenario) else load(given)


def run(
    scenario: Scenario | str | Path,
    *,
    reps: int | None = None,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
) -> Result:
    """Simulate a scenario; parameters as the options of ``supportsim run``. Nothing is written."""
    _check(reps, seed)
    given = _scenario(scenario)
    resolved = given.loaded.resolved
    n = reps or default_replications(resolved.model)
    return Result(
        run_replications(resolved, seed, n, engine=engine, workers=workers, plan=given.plan),
    )


def compare(
    scenarios: Scenario | str | Path | Sequence[Scenario | str | Path],
    *,
    plans: Sequence[str | Path | None] = (),
    metrics: Sequence[str] = (),
    reps: int | None = None,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    sets: Mapping[str, Any] | Sequence[str] = (),
) -> Comparison:
    """Compare plans for one scenario, or several scenarios; the same customers meet each.

    Parameters
    ----------
    scenarios
        One scenario (with ``plans``: by its file or name), or several.
    plans
        Plan files or names; None is the scenario as it is. The first is what others are held against.
    metrics
        What to judge by; by default the measures of the targets, or the usual ones.
    reps
        Replications; by default until all is clear, or a fixed number of contacts is simulated.
    seed, engine, workers
        As the options of ``supportsim compare``.
    sets
        Single changes to a scenario that is compared under several plans.
    """
    _check(reps, seed)
    if isinstance(plans, str) or isinstance(metrics, str):
        raise UsageError("plans and metrics are lists, for example plans=['flat', 'evening']")
    several = [scenarios] if isinstance(scenarios, Scenario | str | Path) else list(scenarios)
    if not several or (sets and not plans):
        raise UsageError("give what to compare; settings of scenarios go to sim.load")
    if plans:
        if len(several) > 1 or isinstance(several[0], Scenario):
            raise UsageError("give one scenario by its file or name with plans, or several scenarios without")
        named = {_name(plan): load(several[0], plan=plan, sets=sets) for plan in plans}
    else:
        given = [_scenario(one) for one in several]
        named = dict(zip(_titles(given), given, strict=True)) if len(given) > 1 else {}
    if len(named) < max(2, len(plans) or len(several)):
        raise UsageError("give at least two different things to compare")
    variants = [Variant(name, of.plan or of.name, of.loaded.resolved, of.plan) for name, of in named.items()]
    measures = wanted(variants, metrics)
    return Comparison(compare_variants(variants, measures, seed, reps, engine=engine, workers=workers))


def _name(plan: str | Path | None) -> str:
    return "as-is" if plan is None else Path(plan).stem


def _titles(scenarios: Sequence[Scenario]) -> list[str]:
    """A name for each; of equal ones the second is "NAME 2"."""
    names = [scenario.plan or Path(scenario.source).stem for scenario in scenarios]
    counts = [names[: k + 1].count(name) for k, name in enumerate(names)]
    return [name if n == 1 else f"{name} {n}" for name, n in zip(names, counts, strict=True)]


def _check(reps: int | None, seed: int) -> None:
    if reps is not None and reps < 1:
        raise UsageError(f"reps is {reps}; at least one replication is needed")
    if not 0 <= seed < 2**63:
        raise UsageError(f"the seed {seed} is not between 0 and 2**63 - 1")

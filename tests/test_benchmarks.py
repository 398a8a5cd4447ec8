"""The bench's own arithmetic, and whether its programs simulate the same as ours. Nothing is timed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import agreement, figures, plan
from benchmarks.goals import Goal, goals
from benchmarks.memory import peak_mb
from benchmarks.one import measured
from benchmarks.ours import contacts_of, scenario, settings, work
from benchmarks.runs import Log, built, program, run
from benchmarks.table import aligned, number, table
from benchmarks.workloads import W1, W2, agents_at, rates_at
from sim.engine import reference
from sim.model.records import VisitColumn

Row = dict[str, Any]


def rate(system: str, round_: int, per_s: float, size: float = 1.0, workload: str = "w2") -> Row:
    """A row of a timed run."""
    return {
        "what": "rate", "system": system, "workload": workload, "size": size, "round": round_, "seed": round_,
        "name": system.title(), "contacts": 100, "at_desk": 60, "mean_wait_min": 1.0,
        "mean_wait_answered_min": 0.9, "abandoned": 0.05, "in_20_s": 0.5, "contacts_per_s": per_s,
        "peak_mb": 10.0 * round_, "process_s": 2.0, "import_s": 0.5,
    }  # fmt: skip


def some_rows() -> list[Row]:
    """Three rounds of two programs, one of them once more at a tenth of the size."""
    ours, plain, small = (300.0, 500.0, 400.0), (1.0, 2.0, 4.0), (500.0, 500.0, 500.0)
    return [
        *(rate("compiled", k, per_s) for k, per_s in enumerate(ours, 1)),
        *(rate("plain", k, per_s) for k, per_s in enumerate(plain, 1)),
        *(rate("compiled", k, per_s, size=0.1) for k, per_s in enumerate(small, 1)),
        {"what": "rate", "system": "plain", "workload": "w2", "size": 1.0, "round": 4, "error": "Killed"},
        {"what": "small", "workload": "w2", "round": 1, "contacts": 101.5, "replication_ms": 1.5,
         "beyond_contacts_ms": 1.4, "process_s": 1.0},
        {"what": "cold", "system": "compiled", "round": 1, "jit_s": 12.0, "process_s": 14.0},
        {"what": "warm", "system": "compiled", "round": 1, "jit_s": 0.5, "process_s": 2.0},
        {"what": "threads", "round": 1, "times_one_thread": [1.8, 1.9, 2.0], "process_s": 3.0},
        {"what": "command", "round": 1, "process_s": 2.5, "peak_mb": 200.0},
        {"what": "week", "round": 1, "process_s": 9.0, "peak_mb": 210.0},
    ]  # fmt: skip


class TestFigures:
    def test_spread_is_median_least_and_most(self) -> None:
        assert figures.spread([3.0, 1.0, 2.0]) == {"median": 2.0, "min": 1.0, "max": 3.0}
        assert figures.spread([]) is None

    def test_ratios_are_of_runs_of_the_same_round(self) -> None:
        rows = some_rows()
        # 300/1, 500/2, 400/4; the ratio of the medians would be 200
        assert figures.paired(rows[:3], rows[3:6]) == {"median": 250.0, "min": 100.0, "max": 300.0}

    def test_a_round_that_the_other_missed_gives_no_ratio(self) -> None:
        rows = some_rows()
        assert figures.paired(rows[:3], rows[4:5]) == {"median": 250.0, "min": 250.0, "max": 250.0}

    def test_rates(self) -> None:
        line = figures.figures(some_rows())["rates"][0]
        assert (line["system"], line["size"], line["rounds"]) == ("compiled", 1.0, 3)
        assert line["contacts_per_s"]["median"] == 400.0
        assert line["x_plain"]["median"] == 250.0
        assert line["x_roofline"] is None
        assert line["peak_mb"] == 30.0  # the most of all rounds
        assert line["jit_s"] is None

    def test_growth_is_the_rate_at_a_size_over_that_at_a_smaller_one(self) -> None:
        (line,) = figures.figures(some_rows())["growth"]
        assert (line["system"], line["from"], line["to"]) == ("compiled", 0.1, 1.0)
        assert line["rate_kept"] == {"median": 0.8, "min": 0.6, "max": 1.0}

    def test_what_only_ours_are_asked(self) -> None:
        of = figures.figures(some_rows())
        assert of["compile"]["overhead_s"] == 11.5
        assert of["two_threads"] == {"median": 1.9, "min": 1.8, "max": 2.0}
        assert of["memory"] == {"baseline_day_mb": 200.0, "baseline_week_mb": 210.0, "week_over_day": 1.05}
        assert of["start"]["help_s"] is None
        assert of["failed"] == ["rate plain w2: Killed"]

    def test_of_nothing(self) -> None:
        of = figures.figures([])
        assert of["rates"] == []
        assert {goal.is_met for goal in goals(of)} == {None}


class TestGoals:
    def test_bounds(self) -> None:
        assert Goal("at least", 2.0, 2.0, True).is_met is True
        assert Goal("at least", 1.9, 2.0, True).is_met is False
        assert Goal("at most", 2.1, 2.0, False).is_met is False
        assert Goal("at most", None, 2.0, False).is_met is None

    def test_they_find_their_figures(self) -> None:
        values = {goal.name: goal.value for goal in goals(figures.figures(some_rows()))}
        assert values["W2, full scale, over plain SimPy"] == 250.0
        assert values["W2, full scale, over C"] is None
        assert values["W2, rate kept from 0.1 to full scale"] == 0.8
        assert values["ms beyond the contacts of a small replication, w2"] == 1.4


class TestTable:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, "-"),
            (1234567.8, "1,234,568"),
            (250.0, "250"),
            (12.345, "12.3"),
            (0.4, "0.400"),
            (0.0, "0.00"),
        ],
    )
    def test_number(self, value: float | None, text: str) -> None:
        assert number(value) == text

    def test_columns_are_aligned(self) -> None:
        assert aligned([["a", "1"], ["long", "100"]]) == ["a       1", "long  100"]

    def test_the_whole_of_it(self) -> None:
        of = {
            "machine": {"cores": 2, "cpu": "a processor", "numba": None},
            "is_try": False,
            "left_out": {"ciw": "not installed"},
            "names": {"compiled": "ours"},
            "agreement": agreement.compared(rate("expert", k, 1.0) for k in range(2)),
            "differences": ["expert w1: contacts"],
            **figures.figures(some_rows()),
        }
        text = table(of)
        assert "cores 2, cpu a processor" in text
        assert "left out: ciw (not installed)" in text
        assert "FAILED: rate plain w2: Killed" in text
        assert "NOT EQUAL: expert w1: contacts" in text
        assert "  expert      W2 1      2" in text
        assert "  ours" in text
        assert "250 (100 .. 300)" in text
        assert "MISSED" in text
        tried = table({**of, "is_try": True})
        assert "A TRY AT SMALL SIZES" in tried
        assert "MISSED" not in tried


class TestPlan:
    def test_without_a_choice_all_are_taken(self) -> None:
        assert plan.chosen(plan.RATES, []) == list(plan.RATES)

    def test_a_choice_takes_those_beside_it_where_they_are_quick(self) -> None:
        those = plan.chosen(plan.RATES, ["compiled"])
        assert {r.system for r in those} == {"compiled", "plain", "roofline"}
        assert {r.size for r in those if r.system == "plain" and r.workload == "w2"} == {0.1, 0.01}

    def test_rounds_alternate(self) -> None:
        rates = [plan.Rate("a", "w1", 1.0, 2), plan.Rate("b", "w1", 1.0, 1), plan.Rate("c", "w2", 1.0, 1)]
        order = [(number, r.system) for number, r in plan.in_rounds(rates)]
        assert order == [(1, "a"), (1, "b"), (2, "a"), (1, "c")]

    def test_every_system_has_a_program(self) -> None:
        assert {r.system for r in plan.RATES} == {c.system for c in plan.CHECKS} == set(plan.PROGRAMS)


class TestRuns:
    def test_a_program_that_fails_gives_its_last_words(self, tmp_path: Path) -> None:
        command = program(None, "plain", "no such workload", 1.0, 1)
        assert run(command, tmp_path)["error"] == "KeyError: 'no such workload'"

    def test_rows_are_kept_as_they_come(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        log = Log(tmp_path / "rows.jsonl", 1)
        row = {"what": "check", "round": 1, **run(program(None, "plain", "w1", 7000, 1), tmp_path)}
        log.add(row)
        assert json.loads(log.path.read_text()) == row
        assert row["contacts"] == 7000
        assert "contacts/s" in capsys.readouterr().err

    def test_peak_memory_is_known_in_megabytes(self) -> None:
        peak = peak_mb()
        assert peak is None or 10 < peak < 10_000


class TestWorkloads:
    """The scenario files say the same as the constants of the other programs."""

    def test_one_desk(self) -> None:
        model = scenario("w1", 1e6).model
        minute = 60_000_000
        assert settings("w1", 1e6) == ["horizon.measure=9940 min"]
        assert model.horizon.end == 10_000 * minute
        assert model.horizon.warm_up == W1.warm_up * minute
        assert model.streams.rate.min() == pytest.approx(W1.rate / minute)

    def test_two_tiers(self) -> None:
        model = scenario("w2", 0.01).model
        per_minute = model.streams.rate.reshape(-1, 24)[0] * 60_000_000
        assert per_minute == pytest.approx(rates_at(0.01))
        assert sum(rates_at(1.0)) * 60 == pytest.approx(W2.first_contacts)
        assert agents_at(0.01) == [16, 62, 92]


class TestOurs:
    @pytest.mark.parametrize(("workload", "size"), [("w1", 7000), ("w2", 0.001)])
    def test_the_engines_give_the_same_sums(self, workload: str, size: float) -> None:
        one, other = (work(engine, workload, size).sums(1) for engine in ("compiled", "reference"))
        assert one.visits.tolist() == other.visits.tolist()

    @pytest.mark.parametrize(("workload", "size"), [("w1", 7000), ("w2", 0.001), ("baseline", 0.001)])
    def test_contacts_are_all_that_the_reference_engine_records(self, workload: str, size: float) -> None:
        model = scenario(workload, size).model
        firsts = [
            (issue, attempt)
            for chunk in reference.simulate(model, 3, 1)
            for issue, attempt in chunk.visits[:, [VisitColumn.ISSUE, VisitColumn.ATTEMPT]].tolist()
        ]
        assert contacts_of(model, 3, 1) == len(set(firsts))


def runs(system: str, workload: str, size: float, seeds: int) -> Iterator[Row]:
    """Rows of checks in this process."""
    for seed in range(1, seeds + 1):
        about = {"system": system, "workload": workload, "size": size, "seed": seed}
        yield {**about, **measured(plan.PROGRAMS[system], workload, size, seed)}


class TestAgreement:
    @pytest.mark.parametrize(("workload", "size"), [("w1", 9_000), ("w2", 0.001)])
    def test_programs_in_simpy_and_ours_simulate_the_same(self, workload: str, size: float) -> None:
        seeds = {"expert": 16, "plain": 8, "reference": 2, "compiled": 2}
        rows = [row for system, n in seeds.items() for row in runs(system, workload, size, n)]
        lines = agreement.compared(rows)
        assert [(line["system"], line["seeds"]) for line in lines] == list(seeds.items())
        assert agreement.different(lines) == []
        assert agreement.differing_engines([{**row, "what": "check"} for row in rows]) == []

    @pytest.mark.parametrize("workload", ["w1", "w2"])
    def test_the_program_in_c_simulates_the_same(self, workload: str, tmp_path: Path) -> None:
        path, why = built(tmp_path)
        if path is None:
            pytest.skip(why)
        size = {"w1": 12_000, "w2": 0.001}[workload]
        rows = list(runs("plain", workload, size, 5))
        for seed in range(1, 31):
            command = program(path, "roofline", workload, size, seed)
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            rows.append({"system": "roofline", "workload": workload, "size": size, **json.loads(out)})
        assert agreement.different(agreement.compared(rows)) == []

    def test_an_answer_that_is_off_is_told(self) -> None:
        good = [{**rate("expert", k, 1.0), "contacts": 100 + k % 3} for k in range(12)]
        wrong = [{**rate("plain", k, 1.0), "contacts": 110} for k in range(2)]
        (told,) = agreement.different(agreement.compared(spread_out([*good, *wrong])))
        assert told.startswith("plain w2: contacts 110 is ")

    def test_with_few_seeds_nobody_is_judged(self) -> None:
        rows = [rate("expert", 1, 1.0), {**rate("plain", 1, 1.0), "contacts": 500}]
        assert agreement.different(agreement.compared(rows)) == []

    def test_engines_that_differ_are_told(self) -> None:
        same = [rate("compiled", 1, 9.0), rate("reference", 1, 1.0), rate("compiled", 2, 9.0)]
        assert agreement.differing_engines([*same, *some_rows()[9:]]) == []
        (told,) = agreement.differing_engines([*same, {**rate("reference", 2, 1.0), "contacts": 99}])
        assert told.startswith("w2 at size 1, seed 2: ")


def spread_out(rows: list[Row]) -> list[Row]:
    """The rows with a little chance in every answer, so that each has a spread."""
    for k, row in enumerate(rows):
        for key in ("mean_wait_min", "abandoned", "in_20_s"):
            row[key] *= 1 + (k % 5 - 2) / 100
    return rows


@pytest.mark.parametrize("system", ["ciw", "salabim"])
@pytest.mark.parametrize(("workload", "size"), [("w1", 7000), ("w2", 0.0005)])
def test_other_simulators_run(system: str, workload: str, size: float) -> None:
    pytest.importorskip(system)
    result = measured(plan.PROGRAMS[system], workload, size, 1)
    expected = size if workload == "w1" else 2_161_000 * size
    assert result["contacts"] == pytest.approx(expected, rel=0.2)
    assert 0 <= result["abandoned"] < 0.5

"""`supportsim verify`: what is right agrees, and what is planted wrong is found."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.cli import main
from sim.engine import reference
from sim.jit import IS_COMPILED
from sim.model.records import Chunk, VisitColumn
from sim.model.tables import Model
from sim.present.verification import drawing, verification_markdown, verification_text
from sim.study.compiling import ready_engine
from sim.verify import coverage, equality, installation, parts, verification
from sim.verify.coverage import FIGURES, covered
from sim.verify.equality import difference, tried
from sim.verify.exact_cases import CASES, EXACT_FOLDER, PILOT, Found, Met, found_exact
from sim.verify.installation import Check
from sim.verify.parts import (
    LONG_CASES,
    Crashed,
    Job,
    Size,
    installed,
    jobs,
    of_coverage,
    of_exact,
    of_random,
    size_of,
)
from sim.verify.random_scenarios import random_scenario, scenario_text

SMALL = Size(0.05, ("eb-24-30", "inf-1"), PILOT, 4, 0, ("nearly everything",))
Simulate = Callable[[Model, int, int], Iterable[Chunk]]

needs_speed = pytest.mark.skipif(not IS_COMPILED, reason="nothing is compiled: too slow")


def with_later_ends(simulate: Simulate) -> Simulate:
    """An engine that lets some visits end a tick later than they do."""

    def faulty(model: Model, seed: int, replication: int) -> Iterable[Chunk]:
        for chunk in simulate(model, seed, replication):
            visits = chunk.visits.copy()
            visits[5::7, VisitColumn.END] += 1
            yield chunk._replace(visits=visits)

    return faulty


class TestRandomScenarios:
    def test_a_number_names_one_scenario(self) -> None:
        assert scenario_text(random_scenario(3, 5)) == scenario_text(random_scenario(3, 5))
        assert len({scenario_text(random_scenario(seed, 5))[60:] for seed in (1, 2, 3)}) == 3

    def test_together_they_have_everything(self) -> None:
        texts = [scenario_text(random_scenario(1, number)) for number in range(150)]
        for word in (
            *("bots", "delays", "shifts", "break", "absence", "shrinkage", "chats", "open", "closed", "luck"),
            *("head_start", "at_most_waiting", "at_once", "returns", "busyness", "forecast_error", "kept"),
            *("patience_per", "asks", "attributes", "weekdays", "when", "scale", "gaps", "wrap_up"),
        ):
            assert 5 < sum(f'"{word}"' in text for text in texts) <= 150, word

    def test_engines_agree_on_them_and_all_rules_hold(self) -> None:
        found = [tried(1, number) for number in range(8 if IS_COMPILED else 3)]
        assert [(one.unlike, one.broken) for one in found] == [("", ())] * len(found)
        assert all(part.agrees for part in of_random([found], 1))
        assert sum(one.contacts for one in found) > 1000

    def test_an_engine_that_differs_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        faulty = with_later_ends(reference.simulate)
        monkeypatch.setattr(equality, "SIMULATE", {"one": reference.simulate, "two": faulty})
        rules, equal = of_random([[tried(1, number) for number in range(3)]], 1)
        assert not equal.agrees
        assert "visits, row 5 of" in equal.failing[0]["what"]
        assert "END" in equal.failing[0]["what"]
        assert "supportsim verify --seed 1 --random 0 > made_up.yaml" in equal.failing[0]["reproduce"]
        assert any("two: " in one["what"] for one in rules.failing)

    def test_engines_with_the_same_mistake_break_a_rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        faulty = with_later_ends(reference.simulate)
        monkeypatch.setattr(equality, "SIMULATE", {"one": faulty, "two": faulty})
        rules, equal = of_random([[tried(1, number) for number in range(3)]], 1)
        assert equal.agrees
        assert not rules.agrees

    def test_a_missing_row_is_a_difference(self) -> None:
        table = np.arange(6).reshape(3, 2)
        one = Chunk(table, table, table)
        assert difference(one, one) == ""
        assert difference(one, one._replace(duty=table[:2])) == "duty: 3 and 2 rows"

    def test_a_scenario_that_cannot_be_loaded_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(equality, "random_scenario", lambda seed, number: {"name": "nothing else"})
        assert tried(1, 0).broken[0].startswith("not loaded: ")


class TestExactAnswers:
    def test_a_wrong_claim_is_found(self, tmp_path: Path) -> None:
        engine = ready_engine("auto")
        folder = tmp_path / "exact"
        shutil.copytree(EXACT_FOLDER, folder)
        right = found_exact("inf-1", 0.05, engine, 20)
        path = folder / "inf-1.yaml"
        claimed = right.figures[0].exact
        text = path.read_text(encoding="utf-8")
        (figure,) = {word.strip(" ,{}") for word in text.split("is: ")[1].split(",")[:1]}
        path.write_text(text.replace(f"is: {figure}", f"is: {claimed * 1.5:g}", 1), encoding="utf-8")
        wrong = found_exact("inf-1", 0.05, engine, 20, 1, folder)
        assert of_exact([right], 1, 0.05).agrees
        part = of_exact([wrong], 1, 0.05)
        assert len(part.failing) == 1
        assert "standard errors off" in part.failing[0]["what"]
        assert "supportsim audit" in part.failing[0]["reproduce"]

    def test_many_figures_may_lie_farther_off(self) -> None:
        """Of 300 normal figures one in 100 sets has one beyond 4.15; with 64 units a little more."""

        def met(n: int) -> Found:
            return Found(64, [Met("eb-5-3", "blocked", 1.0, 1.0, 0.01, 4.3)] * n, 0.0, 10**6)

        assert not of_exact([met(1)], 1, 0.01).agrees
        assert not of_exact([met(300)], 1, 0.01).agrees
        assert of_exact([met(300)._replace(units=64)], 1, 0.01).agrees

    def test_another_seed_has_other_customers(self) -> None:
        one, other = (found_exact("inf-1", 0.5, "reference", 4, seed).figures[0].value for seed in (1, 2))
        assert one != other


class TestCoverage:
    @needs_speed
    def test_intervals_cover(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(coverage, "BLOCK", 6)
        rows = coverage.block_of_runs("compiled", 1, 0)
        assert of_coverage([rows], 1).agrees
        monkeypatch.setattr(coverage, "truths", lambda: dict.fromkeys(FIGURES, 0.1))
        part = of_coverage([coverage.block_of_runs("compiled", 1, 0)], 1)
        assert not part.agrees
        assert "cover 0.1, which is" in part.failing[0]["what"]

    @pytest.mark.parametrize(("hits", "agrees"), [(2000, False), (1930, False), (1900, True), (1850, False)])
    def test_95_of_100_are_asked_for(self, hits: int, agrees: bool) -> None:
        rows = [[run < hits] * len(FIGURES) for run in range(2000)]
        assert of_coverage([rows], 1).agrees is agrees
        assert covered(rows, 0.01)[0].share == hits / 2000


class TestInstallation:
    def test_this_one_is_good(self, tmp_path: Path) -> None:
        checks = list(installation.installation(tmp_path / "not" / "there"))
        assert installed(checks).agrees, installed(checks).failing
        assert list(tmp_path.iterdir()) == []
        assert {"supportsim", "Python", "engine", "cache", "SQLite", "free disk"} <= {c.name for c in checks}
        assert drawing()[1]

    def test_a_file_system_without_a_write_ahead_log_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(installation, "_write_and_read", lambda path: "delete")
        assert "no write-ahead log" in installed([installation._database(tmp_path)]).failing[0]["what"]

        def broken(path: Path) -> str:
            raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(installation, "_write_and_read", broken)
        assert "disk I/O error" in installed([installation._database(tmp_path)]).failing[0]["what"]

    def test_old_and_missing_libraries_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wanted = ["numpy>=99", "nothing-of-that-name>=1", "pytest>=99; extra == 'dev'"]
        monkeypatch.setattr(installation, "requires", lambda name: wanted)
        (check,) = installation._libraries()
        assert not check.is_good
        assert "older than 99; nothing-of-that-name is missing" in check.said
        assert "pytest" not in check.said


class TestWork:
    def test_quick_says_what_it_leaves_out(self) -> None:
        quick, whole = (size_of(quick=is_quick, is_compiled=True) for is_quick in (True, False))
        assert set(whole.cases) == set(CASES)
        assert set(whole.cases) - set(quick.cases) == set(LONG_CASES)
        assert not whole.left_out
        assert any("random scenarios" in words for words in quick.left_out)
        assert size_of(quick=False, is_compiled=False).left_out
        assert len(jobs(quick)) < len(jobs(whole))

    def test_an_error_is_a_result_that_does_not_agree(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any) -> None:
            raise RuntimeError("out of order")

        monkeypatch.setattr(parts, "tried", broken)
        crashed = parts.made(Job("random", 0), SMALL, 1, "reference")
        assert crashed == Crashed(Job("random", 0), "RuntimeError: out of order")
        assert [part.agrees for part in of_random([crashed], 1)] == [False, False]

    def test_processes_change_nothing(self) -> None:
        size = SMALL._replace(cases=("inf-1",), scenarios=1)
        alone, several = (verification.verified(size, 1, ready_engine("auto"), n) for n in (1, 2))
        assert [part.told() for part in alone] == [part.told() for part in several]


class TestCommand:
    @pytest.fixture
    def small(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(verification, "size_of", lambda **_: SMALL)

    @pytest.mark.usefixtures("small")
    def test_all_agree(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert main(["verify", "--quick", "-j", "1", "-o", "v.md", "--no-progress"]) == 0
        out, err = capsys.readouterr()
        assert "Verdict            all agree" in out
        assert "by --quick: nearly everything" in out
        assert "one seed in 100" in " ".join(out.split())
        assert "## ✓ Exact answers" in (tmp_path / "v.md").read_text(encoding="utf-8")
        assert [path.name for path in tmp_path.iterdir()] == ["v.md"]
        assert err == ""

    @pytest.mark.usefixtures("small")
    def test_what_does_not_agree_ends_with_4(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        faulty = with_later_ends(reference.simulate)
        monkeypatch.setattr(equality, "SIMULATE", {"reference": reference.simulate, "compiled": faulty})
        assert main(["verify", "-j", "1", "--json"]) == 4
        document = json.loads(capsys.readouterr().out)
        assert not document["agrees"]
        text = verification_text(document)
        assert "✗ Engines are equal" in text
        assert "✓ Exact answers" in text
        assert "DOES NOT AGREE: Rules of the model, Engines are equal" in text
        assert "WRONG" in verification_markdown(document)

    def test_a_random_scenario_is_printed_and_runs(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert main(["verify", "--random", "4", "--seed", "9"]) == 0
        (tmp_path / "made_up.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
        assert main(["validate", "made_up.yaml"]) == 0

    def test_a_report_that_cannot_be_written_is_told_before_the_work(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(verification, "size_of", None)
        assert main(["verify", "-o", str(tmp_path / "nowhere" / "v.md")]) == 2
        assert "nowhere' that can be written to" in capsys.readouterr().err

    def test_a_seed_must_be_a_whole_number_from_1_on(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify", "--seed", "0"]) == 2
        assert "0 is not between 1 and" in capsys.readouterr().err


def test_hints_that_are_no_failures_are_notes() -> None:
    part = installed([Check("cache", "no folder for it", True, "SUPPORTSIM_CACHE may name one")])
    assert part.agrees
    assert part.notes == ("cache: no folder for it. SUPPORTSIM_CACHE may name one",)

"""Laws from CSV files: what a file may say, what is wrong in it, and that runs know of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sim.cli import main
from sim.errors import InvalidInput
from sim.model.arrivals import arrivals
from sim.model.tables import Model
from sim.scenario.law_files import read_durations
from sim.scenario.validate import load
from sim.units import HOUR, MINUTE, SECOND

SHOP = """\
name: Web shop help desk
horizon: {measure: 1 h}
attributes: {topic: {orders: 40%, other: rest}}
demand: {volume: 60/h}
desks: {chat: {handling: LAW}}
teams: {support: {serves: chat, agents: 20}}
"""

NO_HEAD = "the first line must name the column 'duration'"
ONLY_COUNT = "beside the durations there may only be the column 'count'"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def shop(folder: Path, law: str, name: str = "shop.yaml") -> Path:
    return write(folder, name, SHOP.replace("LAW", law))


def means(model: Model) -> list[float]:
    return model.stages.work.mean.ravel().tolist()


class TestReading:
    @pytest.mark.parametrize(
        ("text", "mean"),
        [
            ("duration\n20 s\n1 min\n", 40 * SECOND),
            ("duration,count\n20 s,3\n1 min,1\n", 30 * SECOND),
            ("duration_s\n20\n40\n", 30 * SECOND),
            ("duration_min, count\n1_0, 1\n 4 , 0.5\n\n", 8 * MINUTE),
            ("duration_h\r\n2\r\n1\r\n", 1.5 * HOUR),
            ('\ufeffduration\n"1 h 30 min"\n', 1.5 * HOUR),
            ("duration_s\n20\n20\n20\n60\n", 30 * SECOND),
            ("duration_s\n0\n", 0),
        ],
    )
    def test_units_and_counts(self, text: str, mean: float, tmp_path: Path) -> None:
        write(tmp_path, "aht.csv", text)
        measured, problems = read_durations("aht.csv", tmp_path)
        assert problems == []
        assert measured is not None
        assert measured.mean == pytest.approx(mean)
        assert measured.sample.shares.sum() == pytest.approx(1)

    @pytest.mark.parametrize(
        ("text", "line", "column", "message", "hint"),
        [
            ("", 1, 1, NO_HEAD, "write 'duration' and a unit in every line, or duration_s, duration_min or "),
            ("duraton\n3 s\n", 1, 1, NO_HEAD, "did you mean 'duration'?"),
            ("duration;count\n3 s;1\n", 1, 1, NO_HEAD, "columns are separated by ','"),
            (
                "duration,count,team\n",
                1,
                1,
                "beside the durations there may only be the column 'count'",
                "take",
            ),
            ("duration,n\n", 1, 1, ONLY_COUNT, "take the others out"),
            ("duration\n\n", 1, 1, "it has no durations", None),
            ("duration\n3 s\n312\n", 3, 1, "'312' needs a unit", "write for example '312 min', or name the"),
            ("duration\n3 mim\n", 2, 3, "unknown time unit 'mim'", "did you mean 'min'?"),
            ("duration\n 3 km\n", 2, 4, "unknown time unit 'km'", "time units are s, min, h, days, weeks"),
            ("duration_s\n3 s\n", 2, 1, "'3 s' is not a number", None),
            ("duration_s\n3\n-4\n", 3, 1, "a duration cannot be negative", None),
            ("duration_h\n1e6\n", 2, 1, "a duration of more than ten years", None),
            ("duration,count\n3 s\n", 2, 1, "a line needs two columns: duration,count", None),
            ("duration\n3 s,1\n", 2, 1, "a line needs one column: duration", None),
            ("duration,count\n3 s, 0\n", 2, 6, "a count must be above 0", "leave the line out"),
            ("duration,count\n3 s,many\n", 2, 5, "'many' is not a count", None),
        ],
    )
    def test_what_is_wrong_has_its_place(
        self, text: str, line: int, column: int, message: str, hint: str | None, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "aht.csv", text)
        measured, (problem,) = read_durations("aht.csv", tmp_path)
        assert measured is None
        assert (problem.message, problem.code) == (message, "csv")
        assert (problem.hint or "").startswith(hint or "")
        assert (problem.hint is None) == (hint is None)
        assert problem.mark is not None
        assert (problem.mark.file, problem.mark.line, problem.mark.column) == (str(path), line, column)


class TestInScenarios:
    def test_everywhere_a_law_may_stand(self, tmp_path: Path) -> None:
        write(tmp_path, "aht.csv", "duration_s\n20\n40\n")
        law = "{orders: 2 times from aht.csv, other: 50% from aht.csv + 50% exponential 10 s}"
        loaded = load(shop(tmp_path, law))
        assert means(loaded.resolved.model) == pytest.approx([60 * SECOND, 20 * SECOND])
        assert loaded.files[1:] == (tmp_path / "aht.csv",)

    def test_gaps_between_arrivals(self, tmp_path: Path) -> None:
        write(tmp_path, "gaps.csv", "duration_s\n20\n40\n")
        for demand, per_hour in (
            ("{gaps: from gaps.csv}", [120]),
            ("{gaps: 50% from gaps.csv + 50% exactly 90 s}", [60]),
            ("{streams: {a: {gaps: 2 times from gaps.csv}, b: {gaps: exactly 1 min}}}", [60, 60]),
        ):
            loaded = load(
                write(tmp_path, "g.yaml", SHOP.replace("{volume: 60/h}", demand).replace("LAW", "1 s"))
            )
            streams = loaded.resolved.model.streams
            per_tick = streams.rate[:, 0].mean(axis=1)
            assert (per_tick * HOUR).tolist() == pytest.approx(per_hour)
            assert loaded.files[1:] == (tmp_path / "gaps.csv",)
        issues = next(arrivals(loaded.resolved.model, 1, 0, 10 * HOUR))
        per_h = np.bincount(issues.stream, minlength=2) / 10
        assert per_h == pytest.approx([60, 60], rel=0.1)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (None, "cannot read the file 'gaps.csv'"),
            ("duration_s\n0\n", "the gaps are all 0"),
            ("duration_s\n1e-6\n", "more than 1_000_000_000 contacts a day"),
        ],
    )
    def test_gaps_that_cannot_be(self, text: str | None, message: str, tmp_path: Path) -> None:
        if text is not None:
            write(tmp_path, "gaps.csv", text)
        file = write(
            tmp_path, "g.yaml", SHOP.replace("volume: 60/h", "gaps: from gaps.csv").replace("LAW", "1 s")
        )
        with pytest.raises(InvalidInput) as e:
            load(file)
        (problem,) = e.value.problems
        assert problem.path == "demand.gaps"
        assert message in problem.message

    def test_lies_beside_the_file_that_names_it_whatever_is_laid_on_it(self, tmp_path: Path) -> None:
        write(tmp_path, "base/aht.csv", "duration_s\n20\n40\n")
        shop(tmp_path, "from aht.csv", "base/shop.yaml")
        top = write(tmp_path, "top/what_if.yaml", "extends: ../base/shop.yaml\nname: Top\n")
        over = write(tmp_path, "over/longer.yaml", "desks: {chat: {handling: 50% more}}\n")
        assert means(load(top).resolved.model) == pytest.approx([30 * SECOND] * 2)
        both = load(top, overlays=[over], sets=["desks.chat.handling=100% more"])
        assert means(both.resolved.model) == pytest.approx([90 * SECOND] * 2)

    def test_the_resolved_scenario_is_the_same(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(tmp_path, "aht.csv", "duration_s\n20\n40\n")
        file = shop(tmp_path, "{orders: 3 times from aht.csv, other: 50% from aht.csv + 50% 10 s}")
        out = tmp_path / "out" / "deep"
        assert main(["run", str(file), "--reps", "2", "--out", str(out)]) == 0
        assert "3 times from ../../aht.csv" in (out / "resolved.yaml").read_text()
        again, first = load(out / "resolved.yaml").resolved.model, load(file).resolved.model
        assert means(again) == means(first)
        manifest = json.loads((out / "manifest.json").read_text())
        assert str(tmp_path / "aht.csv") in manifest["files"]
        capsys.readouterr()

    def test_another_content_is_another_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        shop(tmp_path, "from aht.csv")
        for text in ("duration_s\n20\n", "duration_s\n21\n"):
            write(tmp_path, "aht.csv", text)
            assert main(["run", "shop.yaml", "--reps", "2"]) == 0
        assert len(list(Path("runs").iterdir())) == 2
        capsys.readouterr()

    def test_every_form_reads_back_as_it_was_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(tmp_path, "aht.csv", "duration_s\n20\n40\n")
        monkeypatch.chdir(tmp_path)
        for law in (
            "from aht.csv",
            "2 times from aht.csv",
            "gamma p50 4 min p99.9 20 min",
            "weibull 6 min p75 8 min",
            "percentiles p0 10 s p50 4 min p100 30 min",
            "40% scipy burr12 c=2 d=3 mean 5 min + 60% exactly 0 s",
        ):
            file = shop(tmp_path, law)
            assert main(["show", str(file)]) == 0
            assert f"handling {law};" in " ".join(capsys.readouterr().out.split())
            assert main(["show", "--resolved", str(file)]) == 0
            again = write(tmp_path, "again.yaml", capsys.readouterr().out)
            assert f"handling: {law}\n" in again.read_text(encoding="utf-8")
            assert means(load(again).resolved.model) == means(load(file).resolved.model)

"""Records as files for other programs: they give the figures of the run, and other programs can read them."""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from engines import ENGINES
from running import resolved
from test_cli import Command, command  # noqa: F401 (a fixture)

from sim.engine import reference
from sim.errors import UsageError
from sim.measure.result import figure
from sim.model.records import IssueColumn, VisitColumn, gather, sort_rows
from sim.scenario.resolve import Resolved
from sim.study.engines import choose_engine
from sim.study.export import cases
from sim.study.export import export as exporting
from sim.study.export.cases import CaseStream
from sim.study.export.export import FORMATS, Written, export
from sim.study.export.names import DUTIES, ENDS, STATES
from sim.study.export.whole import file_whole, folder_whole
from sim.study.replications import run_replications

ENGINE = choose_engine("auto").engine
NASTY = {"+SUM(A1)": "30%", '<b>&"x"': "20%", "a, b": "20%", "@home": "10%", "-x": "10%", "日本": "10%"}
SHOP = {
    "name": 'Shop <1> & "2"',
    "horizon": {"measure": "2 days", "warm_up": "12 h", "starts": "2024-03-30", "then": "cut"},
    "attributes": {"language": NASTY, "stage": {"new": "50%", "old": "50%"}},
    "demand": {"volume": "300/day", "by_hour": "office", "enters": {"assistant": "80%", "chat": "rest"}},
    "bots": {"assistant": {"session": "1 min", "solves": "50%", "at_once": 2,
                           "unsolved": {"chat": "60%", "check": "20%", "leaves": "rest"},
                           "turned_away": {"chat": "50%", "leaves": "rest"}}},
    "desks": {"chat": {"handling": "exponential 8 min", "patience": "exponential 5 min", "wrap_up": "1 min",
                       "at_most_waiting": 8, "solves": "80%"}},
    "delays": {"check": {"lasts": "30 min", "unsolved": {"chat": "50%", "leaves": "rest"}}},
    "teams": {"own": {"serves": "chat", "absence": "10%",
                      "shifts": {"day": {"from": "08:00", "to": "20:00", "agents": 3,
                                         "break": "30 min at 12:00"}}},
              "+night": {"serves": "chat", "shrinkage": "40%", "agents": {"20:00-08:00": 3, "else": 1}}},
    "returns": {"unsolved": {"chance": "50%", "after": "exponential 1 h"},
                "abandoned": {"chance": "50%", "after": "exponential 1 h"}, "at_most": 2},
}  # fmt: skip
"""Something of everything, with names that files do not like, cut while contacts are under way."""


@pytest.fixture(scope="module")
def shop() -> Resolved:
    """A small scenario with something of everything."""
    return resolved(SHOP)


def written(found: Resolved, form: str, target: Path, **options: Any) -> list[Written]:
    """An export of replication 0."""
    return export(found, form, target, **({"seed": 1, "replication": 0, "engine": ENGINE} | options))


def bytes_of(target: Path) -> dict[str, bytes]:
    """The files of an export by name, or the one file."""
    files = sorted(target.iterdir()) if target.is_dir() else [target]
    return {file.name if target.is_dir() else "": file.read_bytes() for file in files}


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with open(file, encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def records_of(found: Resolved, seed: int = 1) -> Any:
    """All records of replication 0."""
    return gather(reference.simulate(found.model, seed, 0))


def seconds(rows: list[dict[str, str]], column: str) -> list[float]:
    """The numbers in a column that are there."""
    return [float(row[column]) for row in rows if row[column]]


# --- what is in the tables ------------------------------------------------------------------------


def test_tables_give_the_figures_of_the_run(shop: Resolved, tmp_path: Path) -> None:
    written(shop, "csv", tmp_path / "out")
    document = run_replications(shop, 1, 1, engine=ENGINE)
    measured = [row for row in rows_of(tmp_path / "out/visits.csv") if row["measured"] == "true"]
    desk = [row for row in measured if row["stage"] == "chat"]
    waited = [row for row in desk if row["outcome"] == "abandoned" or row["answered"]]
    issues = [row for row in rows_of(tmp_path / "out/issues.csv") if row["measured"] == "true"]

    def share(rows: list[dict[str, str]], outcome: str) -> float:
        return sum(row["outcome"] == outcome for row in rows) / len(rows)

    expected = {
        "chat.wait.mean": np.mean(seconds(waited, "wait_s")),
        "chat.abandoned": share(desk, "abandoned"),
        "chat.handling.mean": np.mean(seconds(desk, "handling_s")),
        "chat.turned_away": share(desk, "turned away"),
        "assistant.turned_away": share(
            [row for row in measured if row["stage"] == "assistant"], "turned away"
        ),
        "solved.end": sum(row["state"] == "solved" for row in issues) / len(issues),
    }
    found = {path: figure(document, path)["value"] for path in expected}
    assert found == pytest.approx(expected, rel=1e-6)


def test_every_record_is_there_once(shop: Resolved, tmp_path: Path) -> None:
    told = written(shop, "csv", tmp_path / "out")
    records = records_of(shop)
    assert [of.rows["rows"] for of in told] == [len(table) for table in records]
    visits, issues, duty = (rows_of(of.file) for of in told)
    assert sum(seconds(visits, "entered_s")) * 1e6 == pytest.approx(
        records.visits[:, VisitColumn.ENTER].sum()
    )
    assert Counter(row["outcome"] for row in visits) == Counter(
        ENDS[k] for k in records.visits[:, VisitColumn.HOW]
    )
    assert Counter(row["state"] for row in issues) == Counter(
        STATES[k] for k in records.issues[:, IssueColumn.STATE]
    )
    assert {row["issue"] for row in visits} == {row["issue"] for row in issues}
    assert len({row["issue"] for row in issues}) == len(issues)
    assert {row["duty"] for row in duty} <= {*DUTIES}
    assert {"absent", "shrinkage", "break", "on duty"} <= {row["duty"] for row in duty}
    assert {"open", "solved", "unsolved", "abandoned", "turned away"} == {row["outcome"] for row in visits}
    lasts = [float(row["ends_s"]) - float(row["begins_s"]) for row in duty]
    assert seconds(duty, "lasts_s") == pytest.approx(lasts, abs=1e-6)


def test_visits_of_an_issue_stand_together_in_order(shop: Resolved, tmp_path: Path) -> None:
    visits, issues, _ = (rows_of(of.file) for of in written(shop, "csv", tmp_path / "out"))
    keys = [(row["issue"], int(row["contact"]), int(row["step"])) for row in visits]
    order = {row["issue"]: k for k, row in enumerate(issues)}
    assert keys == sorted(keys, key=lambda key: (order[key[0]], *key[1:]))
    assert Counter(row["issue"] for row in visits if row["step"] == "1") == {
        row["issue"]: int(row["contacts"]) for row in issues
    }
    closed = [float(row["closed_s"] or "inf") for row in issues]
    assert closed == sorted(closed)


def test_times_are_dates_where_the_scenario_is_dated(shop: Resolved, tmp_path: Path) -> None:
    visits, *_ = (rows_of(of.file) for of in written(shop, "csv", tmp_path / "dated"))
    start = datetime(2024, 3, 30)
    for row in visits[:50]:
        since = (datetime.fromisoformat(row["entered"]) - start).total_seconds()
        assert since == int(float(row["entered_s"]))
    undated = resolved(SHOP | {"horizon": {"measure": "1 day"}})
    visits, *_ = (rows_of(of.file) for of in written(undated, "csv", tmp_path / "undated"))
    clock = re.fullmatch(r"day (\d+) (\d\d):(\d\d):(\d\d)", visits[9]["entered"])
    assert clock
    day, hour, minute, second = map(int, clock.groups())
    assert (day - 1) * 86400 + hour * 3600 + minute * 60 + second == int(float(visits[9]["entered_s"]))


def test_no_cell_is_a_formula(shop: Resolved, tmp_path: Path) -> None:
    visits, issues, _ = (rows_of(of.file) for of in written(shop, "csv", tmp_path / "out"))
    assert {row["language"] for row in issues} == {"'+SUM(A1)", '<b>&"x"', "a, b", "'@home", "'-x", "日本"}
    assert {row["team"] for row in visits} == {"", "own", "'+night"}
    assert {row["attribute.stage"] for row in visits} == {"new", "old"}
    cells = {cell for row in (*visits, *issues) for cell in row.values()}
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_parquet_says_what_csv_says(shop: Resolved, tmp_path: Path) -> None:
    written(shop, "csv", tmp_path / "csv")
    written(shop, "parquet", tmp_path / "parquet")
    for table in exporting.TABLES:
        file = str(tmp_path / "parquet" / f"{table}.parquet")
        names = [row[0] for row in duckdb.sql(f"DESCRIBE FROM '{file}'").fetchall()]
        of_csv = rows_of(tmp_path / "csv" / f"{table}.csv")
        of_parquet = duckdb.sql(f"FROM '{file}'").fetchall()
        assert names == list(of_csv[0])
        assert [_said(row) for row in of_parquet] == [tuple(row.values()) for row in of_csv]


def _said(row: tuple[Any, ...]) -> tuple[str, ...]:
    """A row of a Parquet file as it stands in a CSV file."""

    def said(value: Any) -> str:
        if isinstance(value, bool | None):
            return "" if value is None else str(value).lower()
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S}"
        if isinstance(value, float):
            return f"{value:.6f}".rstrip("0").rstrip(".")
        text = str(value)
        return f"'{text}" if text[0] in "+-@" else text

    return tuple(said(value) for value in row)


# --- event logs -----------------------------------------------------------------------------------


def test_xes_is_a_trace_of_events_for_each_issue(shop: Resolved, tmp_path: Path) -> None:
    (told,) = written(shop, "xes", tmp_path / "log.xes")
    log = ET.parse(told.file).getroot()
    space = "{http://www.xes-standard.org/}"
    prefixes = {of.get("prefix") for of in log.iter(f"{space}extension")}
    traces = log.findall(f"{space}trace")
    events = [_values(event) for trace in traces for event in trace.findall(f"{space}event")]
    records = records_of(shop)
    assert told.rows == {"traces": len(traces), "events": len(events)}
    assert len(traces) == len(records.issues)
    assert Counter(event["lifecycle:transition"] for event in events) == {
        "schedule": len(records.visits),
        "start": np.count_nonzero(records.visits[:, VisitColumn.START] >= 0),
        "complete": np.count_nonzero(np.isin(records.visits[:, VisitColumn.HOW], (1, 2))),
        "withdraw": np.count_nonzero(records.visits[:, VisitColumn.HOW] >= 3),
    }
    assert {key.split(":")[0] for event in events for key in event if ":" in key} == prefixes
    assert {event["concept:name"] for event in events} == {"assistant", "chat", "check"}
    assert {event["org:group"] for event in events if "org:group" in event} == {"own", "+night"}
    assert {_values(trace)["language"] for trace in traces} == set(NASTY)
    assert _values(log)["concept:name"] == SHOP["name"]
    for trace in traces:
        times = [datetime.fromisoformat(_values(e)["time:timestamp"]) for e in trace.findall(f"{space}event")]
        assert times == sorted(times)
        assert times[0].tzinfo is not None
    for of in log.iter(f"{space}global"):
        of_scope = events if of.get("scope") == "event" else [_values(trace) for trace in traces]
        assert all(_values(of).keys() <= known.keys() for known in of_scope)


def _values(element: ET.Element) -> dict[str, str]:
    """The attributes of a log, a trace or an event."""
    return {str(of.get("key")): str(of.get("value")) for of in element if of.get("key")}


def test_ocel_keeps_the_rules_of_the_standard(shop: Resolved, tmp_path: Path) -> None:
    (told,) = written(shop, "ocel", tmp_path / "log.json")
    log = json.loads(told.file.read_text(encoding="utf-8"))
    kinds = {"objects": "objectTypes", "events": "eventTypes"}
    ids = {of["id"]: of["type"] for of in log["objects"]}
    for things, types in kinds.items():
        known = {of["name"]: {a["name"]: a["type"] for a in of["attributes"]} for of in log[types]}
        assert len(known) == len(log[types])
        assert len({of["id"] for of in log[things]}) == len(log[things]) == told.rows[things]
        for of in log[things]:
            assert {a["name"] for a in of["attributes"]} == set(known[of["type"]])
            assert all(_is_of(a["value"], known[of["type"]][a["name"]]) for a in of["attributes"])
            assert all(r["objectId"] in ids and r["qualifier"] for r in of["relationships"])
    records = records_of(shop)
    assert Counter(ids.values())["issue"] == len(records.issues)
    assert Counter(ids.values())["contact"] == records.issues[:, IssueColumn.ATTEMPTS].sum()
    assert Counter(of["type"].split(": ")[1] for of in log["events"])["enters"] == len(records.visits)
    for event in log["events"]:
        assert datetime.fromisoformat(event["time"]).tzinfo is not None
        met = Counter(ids[of["objectId"]] for of in event["relationships"])
        assert met in ({"issue": 1, "contact": 1, "stage": 1},
                       {"issue": 1, "contact": 1, "stage": 1, "agent": 1, "team": 1})  # fmt: skip


def _is_of(value: object, kind: str) -> bool:
    """Whether a value is of a type of OCEL 2.0."""
    if kind == "time":
        return datetime.fromisoformat(str(value)).tzinfo is not None
    return type(value) is {"string": str, "integer": int, "float": float, "boolean": bool}[kind]


# --- the same bytes -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_engine_chunks_and_repetition_change_no_byte(
    shop: Resolved, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(shop, form, tmp_path / "first")
    for engine in ENGINES:
        written(shop, form, tmp_path / engine, engine=engine)
        assert bytes_of(tmp_path / engine) == bytes_of(tmp_path / "first")
    monkeypatch.setattr(cases, "_BATCH", 7)
    monkeypatch.setattr(reference, "_CHUNK_VISITS", 5)
    again = written(shop, form, tmp_path / "small", engine="reference")
    assert [of.rows for of in again] == [of.rows for of in first]
    assert bytes_of(tmp_path / "small") == bytes_of(tmp_path / "first")
    written(shop, form, tmp_path / "other", seed=2)
    assert bytes_of(tmp_path / "other") != bytes_of(tmp_path / "first")


def test_cases_hold_every_row_whatever_the_chunks(shop: Resolved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_BATCH", 1)
    monkeypatch.setattr(reference, "_CHUNK_VISITS", 20)
    stream = CaseStream(0, 2**62)
    given = [of for chunk in reference.simulate(shop.model, 1, 0) if (of := stream.add(chunk)) is not None]
    given.append(stream.rest())
    issues, visits = (np.concatenate([getattr(of, name) for of in given]) for name in ("issues", "visits"))
    whole, ours = (
        sort_rows(records_of(shop)),
        sort_rows(records_of(shop)._replace(visits=visits, issues=issues)),
    )
    assert all(np.array_equal(*pair) for pair in zip(ours, whole, strict=True))
    assert len(given) > 2
    for of in given:
        assert of.first[-1] == len(of.visits)
        assert np.array_equal(
            np.repeat(of.issues[:, IssueColumn.ISSUE], np.diff(of.first)), of.visits[:, VisitColumn.ISSUE]
        )


def test_compressed_log_is_the_log(shop: Resolved, tmp_path: Path) -> None:
    for name in ("log.xes", "log.xes.gz", "again.gz"):
        written(shop, "xes", tmp_path / name)
    packed = (tmp_path / "log.xes.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "log.xes").read_bytes()
    assert packed == (tmp_path / "again.gz").read_bytes()


# --- days -----------------------------------------------------------------------------------------


def test_days_choose_issues_with_all_their_visits(shop: Resolved, tmp_path: Path) -> None:
    whole = [rows_of(of.file) for of in written(shop, "csv", tmp_path / "whole")]
    by_words = [("2", "2024-03-31"), ("2..3", "2024-03-31..2024-04-01"), ("1..3", "2024-03-30..3")]
    for number, date in by_words:
        visits, issues, duty = (
            rows_of(of.file) for of in written(shop, "csv", tmp_path / number, days=number)
        )
        written(shop, "csv", tmp_path / date, days=date)
        assert bytes_of(tmp_path / number) == bytes_of(tmp_path / date)
        first, _, last = number.partition("..")
        begins, ends = (int(first) - 1) * 86400, int(last or first) * 86400
        kept = {row["issue"] for row in whole[1] if begins <= float(row["began_s"]) < ends}
        assert issues == [row for row in whole[1] if row["issue"] in kept]
        assert visits == [row for row in whole[0] if row["issue"] in kept]
        assert duty == [
            row for row in whole[2] if float(row["begins_s"]) < ends and float(row["ends_s"]) > begins
        ]


@pytest.mark.parametrize("days", ["0", "4", "2..1", "x", "2..", "2024-01-01", "monday", "1..2..3"])
def test_days_that_there_are_not(shop: Resolved, days: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(f"--days '{days}'")):
        written(shop, "csv", tmp_path / "out", days=days)
    assert not list(tmp_path.iterdir())


# --- whole or not at all --------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_nothing_is_left_when_it_fails(
    shop: Resolved, form: str, error: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise error

    with pytest.raises((KeyboardInterrupt, UsageError), match=r"No space|^$"):
        written(shop, form, tmp_path / "new" / "out", tell=fails)
    assert not list(tmp_path.iterdir())


def test_a_database_that_cannot_be_written_is_told(shop: Resolved, tmp_path: Path) -> None:
    def removes(_: float) -> None:  # the folder that is written to
        for file in tmp_path.glob(".out*/*"):
            file.unlink()
            file.mkdir()

    with pytest.raises(UsageError, match="cannot write"):
        written(shop, "parquet", tmp_path / "out", tell=removes)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_keeps_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    (tmp_path / "out/visits.csv").write_text("old")
    with folder_whole(tmp_path / "out") as part:
        (part / "visits.csv").write_text("new")
        assert (tmp_path / "out/visits.csv").read_text() == "old"
    assert bytes_of(tmp_path / "out") == {"mine.txt": b"mine", "visits.csv": b"new"}
    with pytest.raises(UsageError, match="it is a folder"), file_whole(tmp_path / "out"):
        pass
    with pytest.raises(UsageError, match="is a file, not a folder"), file_whole(tmp_path / "out/mine.txt/x"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_duckdb_it_says_what_to_install(
    shop: Resolved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match=re.escape("pip install 'supportsim[parquet]'")):
        written(shop, "parquet", tmp_path / "out")
    assert not list(tmp_path.iterdir())


# --- the command ----------------------------------------------------------------------------------


def test_export_of_a_run_is_that_of_its_scenario(command: Command, tmp_path: Path) -> None:  # noqa: F811
    layers = ("--set", "demand.volume=200/day", "--seed", "7")
    assert command("run", "small.yaml", *layers, "--reps", "2", "--out", "runs/small").code == 0
    said = command("export", "runs/small", "--to", "csv", "--replication", "1")
    assert said.code == 0
    assert re.search(r"Wrote  small-csv/visits.csv  .* rows\n", said.out)
    assert "pandas.read_csv" in said.out
    assert command("export", "small.yaml", *layers, "--to", "csv", "--replication", "1", "-o", "b").code == 0
    assert bytes_of(tmp_path / "small-csv") == bytes_of(tmp_path / "b")
    assert command("export", "runs/small/summary.json", "--to", "xes").code == 0
    assert (tmp_path / "small.xes").is_file()

    assert command("export", "runs/small", "--to", "csv", "--replication", "2").code == 2
    assert "replications 0 to 1" in command("export", "runs/small", "--to", "csv", "--replication", "2").err
    for option in (("--seed", "1"), ("--set", "scale=2"), ("--plan", "x"), ("--overlay", "x")):
        assert "a run is exported as it was" in command("export", "runs/small", "--to", "csv", *option).err
    refused = command("export", "runs", "--to", "csv")
    assert refused.code == 3
    assert "runs/small" in refused.err


def test_what_is_there_is_kept_unless_forced(command: Command, tmp_path: Path) -> None:  # noqa: F811
    for form, file in (("ocel", "small.ocel.json"), ("parquet", "small-parquet/visits.parquet")):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("mine")
        said = command("export", "small.yaml", "--to", form)
        assert (said.code, said.out) == (2, "")
        assert f"'{file}' is there already" in said.err
        assert (tmp_path / file).read_text() == "mine"
        assert command("export", "small.yaml", "--to", form, "--force").code == 0
        assert b"mine" not in (tmp_path / file).read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("small.yaml",), 2, "say what to write: --to csv, parquet, xes or ocel"),
        (("small.yaml", "--to", "cvs"), 2, "'cvs' is not one of 'csv', 'parquet', 'xes', 'ocel'"),
        (("smal.yaml", "--to", "csv"), 3, "did you mean 'small.yaml'?"),
        ((".", "--to", "csv"), 3, "there is no run in '.'"),
        (("small.yaml", "--to", "csv", "-o", "small.yaml"), 2, "is a file, not a folder"),
        (("small.yaml", "--to", "xes", "-o", "."), 2, "is a folder, not a file"),
        (("small.yaml", "--to", "csv", "--days", "2"), 2, "customers come on day 1"),
        (("small.yaml", "--to", "csv", "--days", "2024-01-01"), 2, "the scenario has no dates"),
        (("small.yaml", "--to", "csv", "--replication", "-1"), 2, "-1 is not between 0 and"),
    ],
)
def test_mistakes_are_told_in_one_message(
    command: Command, words: tuple[str, ...], code: int, told: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    said = command("export", *words)
    assert (said.code, said.out) == (code, "")
    assert told in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_a_run_of_other_files_or_of_another_version_is_told(
    command: Command, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    (tmp_path / "law.csv").write_text("duration_s\n60\n120\n180\n", encoding="utf-8")
    words = ("run", "small.yaml", "--set", "desks.chat.handling=from law.csv", "--reps", "1", "--out", "a")
    assert command(*words).code == 0
    manifest = json.loads((tmp_path / "a/manifest.json").read_text(encoding="utf-8"))
    assert command("export", "a", "--to", "csv").err == ""
    (tmp_path / "a/manifest.json").write_text(json.dumps(manifest | {"supportsim": "0.0.1"}))
    said = command("export", "a", "--to", "csv", "--force")
    assert said.code == 0
    assert "the run is of supportsim 0.0.1" in said.err
    (tmp_path / "law.csv").write_text("duration_s\n60\n120\n190\n", encoding="utf-8")
    said = command("export", "a", "--to", "csv", "--force")
    assert said.code == 3
    assert "changed since the run" in said.err
    for text in ("{", "[]", '{"seed": 1}'):
        (tmp_path / "a/manifest.json").write_text(text)
        said = command("export", "a", "--to", "csv", "--force")
        assert said.code == 3
        assert "not the manifest of a run" in said.err

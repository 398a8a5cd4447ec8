"""What is kept is there again: payloads, the file, runs that go on, comparisons and sweeps."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sim.cli import main
from sim.errors import UsageError
from sim.measure.doubts import doubts
from sim.measure.figure import Estimate
from sim.measure.folded import MOST_UNITS
from sim.measure.reduce import Sums
from sim.measure.result import estimates
from sim.study import engines
from sim.study.compiling import ready_engine
from sim.study.control_variates import control_variates
from sim.study.folder import open_folder
from sim.study.payload import SUMS, arrays_of, packed, unpacked
from sim.study.prepare import prepare
from sim.study.replications import FoldedRun, run_replications, sums_of_replications
from sim.study.store import STORE, Kept, Store

SCENARIO = """
name: Line
horizon: {measure: 1 day, interval: 1 h}
demand: {volume: 300/day, by_hour: office, enters: line}
desks: {line: {handling: 4 min, patience: 3 min, solves: 80%}}
teams: {crew: {serves: line, agents: 4}}
targets: {service_level: 80% in 20 s}
"""
PLAN = "plan: One more\nteams: {crew: {agents: 5}}\n"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small scenario and a plan in a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    Path("line.yaml").write_text(SCENARIO, encoding="utf-8")
    Path("more.yaml").write_text(PLAN, encoding="utf-8")
    return "line.yaml"


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the replications that an engine simulates."""
    found: list[int] = []
    for name, simulate in dict(engines._SIMULATE).items():

        def seen(*args: object, of: Callable[..., object] = simulate) -> object:
            found.append(args[2])  # type: ignore[arg-type]
            return of(*args)

        monkeypatch.setitem(engines._SIMULATE, name, seen)  # type: ignore[arg-type]
    return found


def sums(n: int) -> list[Sums]:
    resolved = prepare("line.yaml").resolved
    return sums_of_replications(resolved.model, resolved.labels, 1, n, 1)


# --- payloads -------------------------------------------------------------------------------------


def test_sums_come_back_as_they_were(line: str) -> None:
    for one in sums(3):
        again = SUMS.decode(SUMS.encode(one))
        assert (again.frame, again.days_per_group, again.replications) == (one.frame, one.days_per_group, 1)
        for mine, theirs in zip(arrays_of(one), arrays_of(again), strict=True):
            assert theirs.dtype == np.int64
            np.testing.assert_array_equal(mine, theirs)


def test_arrays_of_any_shape_come_back() -> None:
    given = [np.array(7), np.zeros((0, 3), np.int64), np.arange(24).reshape(2, 3, 4), np.array([-(1 << 60)])]
    for mine, theirs in zip(given, unpacked(packed(given)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


# --- the file -------------------------------------------------------------------------------------


def test_what_was_put_is_there_by_study_and_number(tmp_path: Path) -> None:
    with Store(tmp_path / STORE) as store:
        for number in (3, 0, 1):
            store.put("a", number, b"%d" % number)
        store.put("b", 2, b"other")
    with Store(tmp_path / STORE) as store:
        assert list(store.read("a", 0, 10)) == [(0, b"0"), (1, b"1"), (3, b"3")]
        assert list(store.read("a", 1, 3)) == [(1, b"1")]
        assert list(store.read("b", 0, 10)) == [(2, b"other")]
    assert [path.name for path in tmp_path.iterdir()] == [STORE]


def test_a_damaged_payload_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / STORE
    with Store(path) as store:
        store.put("a", 0, b"good")
        store.put("a", 1, b"good too")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE results SET payload = ? WHERE number = 1", (b"gone bad",))
    connection.close()
    with Store(path) as store:
        assert list(store.read("a", 0, 2)) == [(0, b"good")]
        store.put("a", 1, b"good too")
        assert [number for number, _ in store.read("a", 0, 2)] == [0, 1]


def test_two_at_once_do_each_other_no_harm(tmp_path: Path) -> None:
    path = tmp_path / STORE
    with Store(path) as one, Store(path) as other:
        for number in range(20):
            (one if number % 2 else other).put("a", number, b"%d" % number)
            one.put("a", number, b"%d" % number)
        assert list(one.read("a", 0, 20)) == list(other.read("a", 0, 20))
    with Store(path) as again:
        assert len(list(again.read("a", 0, 20))) == 20


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda path: path.write_bytes(b"no database at all, but long enough to be looked at" * 30),
            "damaged",
        ),
        (lambda path: path.mkdir(), "unable to open"),
        (lambda path: _of_version(path, 99), "another version of supportsim"),
        (lambda path: _of_others(path).close(), "no store of supportsim"),
    ],
)
def test_what_is_no_store_is_told(tmp_path: Path, make: Callable[[Path], object], words: str) -> None:
    make(tmp_path / STORE)
    with pytest.raises(UsageError, match=words):
        Store(tmp_path / STORE)


def _of_version(path: Path, version: int) -> None:
    with Store(path) as store:
        store.put("a", 0, b"")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def _of_others(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    return connection


def test_a_database_of_others_is_left_alone(line: str) -> None:
    Path("a").mkdir()
    _of_others(Path("a") / STORE).close()
    before = (Path("a") / STORE).read_bytes()
    assert main(["run", line, "--reps", "2", "--out", "a"]) == 2
    assert (Path("a") / STORE).read_bytes() == before


def test_an_empty_store_that_was_there_stays(tmp_path: Path) -> None:
    with Store(tmp_path / STORE):
        pass
    with pytest.raises(KeyboardInterrupt), Store(tmp_path / STORE):
        raise KeyboardInterrupt
    assert (tmp_path / STORE).exists()


def test_a_payload_in_the_place_of_another_is_damaged(tmp_path: Path) -> None:
    with Store(tmp_path / STORE) as store:
        store.put("a", 0, b"nought")
    connection = sqlite3.connect(tmp_path / STORE, isolation_level=None)
    connection.execute("INSERT INTO results SELECT study, 1, payload, checksum FROM results")
    connection.close()
    with Store(tmp_path / STORE) as store:
        assert list(store.read("a", 0, 9)) == [(0, b"nought")]


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    """Each with a connection of its own, as processes have."""

    def opens(path: Path, number: int) -> None:
        with Store(path) as store:
            store.put("a", number, b"%d" % number)

    for k in range(10):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(opens, tmp_path / f"{k}.sqlite"), range(4)))
        with Store(tmp_path / f"{k}.sqlite") as store:
            assert [number for number, _ in store.read("a", 0, 9)] == [0, 1, 2, 3]


def test_a_folder_in_which_nothing_came_to_be_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_folder(tmp_path / "a" / "b"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


# --- runs -----------------------------------------------------------------------------------------


def bytes_of(folder: str) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in Path(folder).iterdir() if path.name.startswith("summary")
    }


def test_the_same_run_again_simulates_nothing(
    line: str, simulated: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", line, "--reps", "4", "--out", "a"]) == 0
    first, n = bytes_of("a"), len(simulated)
    assert n == 4
    assert main(["run", line, "--reps", "4", "--out", "a"]) == 0
    assert len(simulated) == n
    assert bytes_of("a") == first
    assert "4 replications were there, 0 are new" in capsys.readouterr().err


def test_a_longer_run_simulates_what_is_missing(line: str, simulated: list[int]) -> None:
    main(["run", line, "--reps", "3", "--out", "a"])
    main(["run", line, "--reps", "5", "--out", "a"])
    assert sorted(simulated) == [0, 1, 2, 3, 4]
    main(["run", line, "--reps", "5", "--out", "b"])
    assert bytes_of("a") == bytes_of("b")


@pytest.mark.parametrize("change", ["--seed 2", "--set teams.crew.agents=6", "--plan more.yaml"])
def test_another_study_in_the_same_folder_is_another_study(
    line: str, simulated: list[int], change: str
) -> None:
    main(["run", line, "--reps", "2", "--out", "a"])
    first = bytes_of("a")
    main(["run", line, "--reps", "2", "--out", "a", *change.split()])
    assert bytes_of("a") != first
    assert len(simulated) == 4
    main(["run", line, "--reps", "2", "--out", "a"])  # nothing of it was lost
    assert len(simulated) == 4
    assert bytes_of("a") == first


def test_fresh_simulates_again(line: str, simulated: list[int]) -> None:
    for _ in range(2):
        main(["run", line, "--reps", "2", "--out", "a", "--fresh"])
    assert sorted(simulated) == [0, 0, 1, 1]


def test_an_interrupted_run_goes_on(
    line: str, simulated: list[int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put = Store.put

    def interrupted(self: Store, study: str, number: int, payload: bytes) -> None:
        put(self, study, number, payload)
        if number == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Store, "put", interrupted)
    assert main(["run", line, "--reps", "4", "--out", "a", "-j", "1"]) == 130
    told = capsys.readouterr().err
    assert "2 finished replications are kept in 'a'; the same command goes on from there" in told
    assert bytes_of("a") == {}
    monkeypatch.setattr(Store, "put", put)
    assert main(["run", line, "--reps", "4", "--out", "a"]) == 0
    assert sorted(simulated) == [0, 1, 2, 3]
    main(["run", line, "--reps", "4", "--out", "b"])
    assert bytes_of("a") == bytes_of("b")


def test_precision_is_reached_with_what_is_there(line: str, simulated: list[int]) -> None:
    words = ["run", line, "--precision", "wait.mean 5%", "--reps", "40", "--out", "a"]
    first = main(words)
    n = len(simulated)
    again = main(words)
    assert (first, n) == (again, len(simulated))


def test_comparisons_and_sweeps_go_on_too(line: str, simulated: list[int]) -> None:
    for words, name in (
        (["compare", line, "--plans", "as-is,more.yaml"], "comparison.json"),
        (["sweep", line, "--vary", "teams.crew.agents=3,4,5"], "sweep.json"),
    ):
        main([*words, "--reps", "3", "--out", "a"])
        simulated.clear()
        main([*words, "--reps", "5", "--out", "a"])
        assert set(simulated) == {3, 4}
        main([*words, "--reps", "5", "--out", "b"])
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes()


def test_half_written_files_of_dead_processes_are_cleared_away(line: str) -> None:
    Path("a").mkdir()
    dead, alive = Path("a/.summary.json.999999999.part"), Path("a/.summary.json.1.part")
    dead.touch()
    alive.touch()
    main(["run", line, "--reps", "2", "--out", "a"])
    assert (dead.exists(), alive.exists()) == (False, True)


# --- many replications ----------------------------------------------------------------------------


def test_many_replications_are_told_from_groups_of_them(line: str) -> None:
    """The same figures, nearly the same half-widths, and the days on which targets are met to the one."""
    resolved = prepare(line).resolved
    n = 4 * MOST_UNITS + 3
    found = run_replications(resolved, 1, n)
    alone = sums(n)
    paths = ["wait.mean", "service_level", "waiting", "line.wait.p90"]
    for path, apart in estimates(alone, resolved.model, resolved.labels, paths).items():
        told = found["measures"].get(path) or found["stages"]["line"]["wait.p90"]
        assert told["value"] == pytest.approx(float(apart.value), rel=1e-9)
        widths = 2.0 * apart.deviations.std(ddof=1) / n**0.5
        assert told["half_width"] == pytest.approx(widths, rel=0.35)
    days = found["targets"][0]["days"]
    own = [estimates([one], resolved.model, resolved.labels, ["service_level"]) for one in alone]
    assert (days["met"], days["of"]) == (sum(float(e["service_level"].value) >= 0.8 for e in own), n)
    assert found["replications"] == n


@pytest.mark.parametrize(("days", "n"), [(1, MOST_UNITS + 29), (3, MOST_UNITS + 29), (1, MOST_UNITS + 61)])
def test_every_replication_counts_for_its_targets_once(line: str, days: int, n: int) -> None:
    resolved = prepare(line, sets=[f"horizon.measure='{days} days'" if days > 1 else "scale=1"]).resolved
    assert run_replications(resolved, 1, n)["targets"][0]["days"]["of"] == n


@pytest.mark.parametrize("n", [MOST_UNITS, 2 * MOST_UNITS, 3 * MOST_UNITS])
def test_control_variates_are_held_against_figures_of_the_same_units(line: str, n: int) -> None:
    """Percentiles of many replications rest on some of them, controls on groups of all."""
    resolved = prepare(line).resolved
    run = FoldedRun(resolved, 1, ready_engine("auto"))
    run.simulate(n)
    found = control_variates(run.units(), run.model, run.labels, 1, ["line.wait.p90", "wait.mean"])
    assert ("line.wait.p90" in found["measures"]) == (n == MOST_UNITS)
    assert "wait.mean" in found["measures"]


def test_warnings_of_uneven_days_speak_of_replications() -> None:
    uneven = np.array([*[-1.0] * 49, 49.0])
    alone, grouped, some = (
        doubts({"wait.mean": (of, "s")}, "replication", 50)[0].message
        for of in (
            Estimate(np.array(10.0), uneven),
            Estimate(np.array(10.0), uneven, per_unit=8.0),
            Estimate(np.array(10.0), uneven, rests_on=400),
        )
    )
    n_alone, n_grouped, n_some = (int(text.split()[-2]) for text in (alone, grouped, some))
    assert n_some == n_alone
    assert n_grouped == pytest.approx(8 * n_alone, rel=0.3)


def test_groups_are_the_same_whatever_was_asked_before(line: str) -> None:
    n = 2 * MOST_UNITS + 5
    main(["run", line, "--reps", "7", "--out", "a"])
    main(["run", line, "--reps", str(n), "--out", "a"])
    main(["run", line, "--reps", str(n), "--out", "b", "-j", "1"])
    assert bytes_of("a") == bytes_of("b")
    assert json.loads(Path("a/summary.json").read_text())["replications"] == n


def test_a_kept_study_reads_its_own(line: str, tmp_path: Path) -> None:
    with Store(tmp_path / STORE) as store:
        kept = Kept(store, "study", SUMS)
        kept.put(2, SUMS.encode(sums(1)[0]))
        ((number, again),) = kept.read(0, 5)
        assert number == 2
        np.testing.assert_array_equal(again.visits, sums(1)[0].visits)

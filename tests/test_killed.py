"""Studies that are killed, meet faults or are interrupted lose nothing; the whole counts are made by scripts.

`kill_study.py`, `fault_study.py` and `interrupt_study.py` do the same at every call and hundreds of moments.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import fault_study
import pytest
from faulty_calls import arming, built, calls, complaint
from interrupt_study import LONG, WITHIN_S, interrupted, wrong_after
from kill_study import WAYS, Undisturbed, end_of, kill_studies, undisturbed
from killed_runs import DESK, begun, damage, kept, n_found, summaries, words

_LARGEST = 100_000  # bytes: less than the files of 60 replications, more than those of some
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="workers are found in /proc")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small desk."""
    path = tmp_path_factory.mktemp("scenario") / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    return path


Rights = Callable[[list[str]], Undisturbed]


@pytest.fixture(scope="module")
def right_of(tmp_path_factory: pytest.TempPathFactory) -> Rights:
    """Studies undisturbed, each made once."""
    made: dict[str, Undisturbed] = {}

    def right_of(said: list[str]) -> Undisturbed:
        key = " ".join(said)
        if key not in made:
            folder = tmp_path_factory.mktemp("right") / "study"
            made[key] = undisturbed([*said, "--out", str(folder)], folder)
        return made[key]

    return right_of


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What makes calls fail."""
    found = built(tmp_path_factory.mktemp("library"))
    if found is None:
        pytest.skip("no C compiler")
    return found


def ended(
    said: list[str], folder: Path, *, largest: int | None = None, **environment: str
) -> tuple[int, str]:
    """Exit code and complaints of a study that writes to a folder."""
    stderr = folder.with_suffix(".err")
    return end_of(begun([*said, "--out", str(folder)], stderr, largest=largest, **environment), stderr)


@pytest.mark.parametrize("way", WAYS)
def test_kills_at_random_moments_lose_nothing(
    way: str, right_of: Rights, scenario: Path, tmp_path: Path
) -> None:
    said = words(scenario, 200, *WAYS[way].options)
    tally = kill_studies(said, tmp_path, right_of(said), 6, random.Random(1))
    assert tally.wrong == []
    assert tally.n_kills == 6
    assert tally.ended == tally.studies > 0


def test_faults_at_some_calls_lose_nothing(library: Path) -> None:
    assert fault_study.main(["--every", "43"]) == 0


@pytest.mark.parametrize(
    ("kind", "name"), [("kill", "summary.csv"), ("kill", "summary.json"), ("full", "summary.json")]
)
def test_a_fault_while_a_summary_is_written(
    kind: str, name: str, right_of: Rights, library: Path, scenario: Path, tmp_path: Path
) -> None:
    said = words(scenario, 3)
    right = right_of(said)
    folder, log = tmp_path / "study", tmp_path / "log"
    preloaded = {"LD_PRELOAD": str(library)}
    assert ended(said, folder, **preloaded, **arming(folder, kind, 0, log)) == (0, "")
    at = next(n for n, call in enumerate(calls(log), 1) if name in call.file and call.can("torn"))
    shutil.rmtree(folder)
    code, complaints = ended(said, folder, **preloaded, **arming(folder, kind, at, log))
    if kind == "kill":
        assert code == -signal.SIGKILL
    else:
        assert complaint(code, complaints) is None, complaints
    assert damage(folder, right.kept, right.kept, right.summaries) == (right.kept, [])
    assert name not in summaries(folder)
    assert ended(said, folder) == (0, "3 replications were there, 0 are new\n")
    assert summaries(folder) == right.summaries


@pytest.mark.parametrize("done", [0, 2])
def test_a_folder_that_can_only_be_read_is_said_so(
    done: int, library: Path, scenario: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    if done:
        assert ended(words(scenario, done), folder) == (0, "")
    before = kept(folder)
    faults = arming(folder, "readonly", 1, tmp_path / "log")
    code, complaints = ended(words(scenario, 4), folder, LD_PRELOAD=str(library), **faults)
    assert complaint(code, complaints) is None, complaints
    assert str(folder) in complaints
    assert kept(folder) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_said_so(scenario: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    folder.chmod(0o555)
    code, complaints = ended(words(scenario, 4), folder)
    assert complaint(code, complaints) is None, complaints


def test_a_store_that_may_not_grow_keeps_what_it_has(
    right_of: Rights, scenario: Path, tmp_path: Path
) -> None:
    said, folder = words(scenario, 60), tmp_path / "study"
    right = right_of(said)
    code, complaints = ended(said, folder, largest=_LARGEST)
    assert complaint(code, complaints) is None, complaints
    now, wrong = damage(folder, {}, right.kept, right.summaries)
    assert wrong == []
    code, told = ended(said, folder)
    assert (code, n_found(told)) == (0, len(now))
    assert now
    assert damage(folder, now, right.kept, right.summaries) == (right.kept, [])
    assert summaries(folder) == right.summaries


@pytest.mark.parametrize("whole_group", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_keeps_what_is_done(
    way: str, whole_group: bool, right_of: Rights, scenario: Path, tmp_path: Path
) -> None:
    said = words(scenario, 400, *WAYS[way].options)
    right = right_of(said)
    share = 0.5
    for attempt in range(4):  # it may be over before
        folder = tmp_path / f"study{attempt}"
        end = interrupted(said, folder, share * (right.fresh_s - right.again_s), whole_group=whole_group)
        if end is not None:
            break
        share /= 2
    assert end is not None
    assert end.is_right(len(kept(folder))), end
    assert wrong_after(said, folder, right) == []


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_while_nothing_is_done_yet_ends_it_soon(
    way: str, scenario: Path, tmp_path: Path
) -> None:
    said = words(scenario, 4, *WAYS[way].options, *LONG)
    ends = []
    for attempt in range(3):  # this machine may be busy: once in three is enough
        folder = tmp_path / f"study{attempt}"
        end = interrupted(said, folder, 1.0, whole_group=True)
        assert end is not None
        assert end.is_right(len(kept(folder))), end
        ends.append(end.seconds)
        if end.seconds <= WITHIN_S:
            return
    pytest.fail(f"interrupts took {ends} s")

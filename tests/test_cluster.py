"""Replications on a Dask cluster: the same bytes, and one message where it cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sim.cli import main
from sim.errors import UsageError
from sim.study import cluster as cluster_of_dask
from sim.study.executors import Task
from sim.study.folder import summary_json
from sim.study.prepare import prepare
from sim.study.replications import run_replications
from sim.study.workers import Workers, pool_of

pytest.importorskip("distributed")

NONE_THERE: dict[str, str] = {"sim/__init__.py": "raise ImportError('no supportsim here')"}
ANOTHER = {
    "sim/__init__.py": "",
    "sim/study/__init__.py": "",
    "sim/study/identity.py": "def computing():\n    return 'another'\n",
}


@pytest.fixture(scope="module")
def distributed() -> ModuleType:
    """Dask's scheduler, imported when a test needs it."""
    return pytest.importorskip("distributed")


def cluster(distributed: ModuleType, workers: int) -> Any:
    """A cluster inside this process, of workers with one thread each."""
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=":0"
    )


@pytest.fixture(scope="module")
def address(distributed: ModuleType) -> Iterator[str]:
    """Of a cluster with two workers."""
    with cluster(distributed, 2) as found:
        yield found.scheduler_address


def test_a_cluster_gives_the_same_bytes_as_one_thread(address: str) -> None:
    resolved = prepare("help_desk", (), None, ()).resolved
    alone = run_replications(resolved, 3, 7, workers=1)
    assert summary_json(alone) == summary_json(
        run_replications(resolved, 3, 7, workers=Workers(None, f"dask:{address}"))
    )


def test_what_a_cluster_has_done_is_kept(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["run", "help_desk", "--out", "found", "--no-progress", "--reps"]
    assert main([*words, "3", "--executor", f"dask:{address}"]) == 0
    capsys.readouterr()
    assert main([*words, "4"]) == 0
    assert "3 replications were there, 1 is new" in capsys.readouterr().err


def fails(number: int, tell: Callable[[float], None]) -> int:
    """A replication that is an error."""
    raise ZeroDivisionError(f"in replication {number}")


def test_an_error_in_a_worker_is_raised_here(address: str) -> None:
    pool = pool_of(Task(fails), Workers(None, f"dask:{address}"), 2, has_threads=True)
    assert pool is not None
    try:
        with pytest.raises(ZeroDivisionError, match="in replication 1"):
            pool.submit(1).result(30)
    finally:
        pool.end()


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (NONE_THERE, "has no supportsim, or an old one"),
        (ANOTHER, "has another version of supportsim, NumPy or SciPy"),
    ],
    ids=["none", "another"],
)
def test_workers_that_are_not_alike_are_refused(
    files: dict[str, str], says: str, distributed: ModuleType, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with cluster(distributed, 0) as found:
        words = ["-m", "distributed.cli.dask_worker", found.scheduler_address, "--no-nanny", "--no-dashboard"]
        worker = subprocess.Popen(
            [sys.executable, *words, "--nthreads", "1", "--local-directory", str(tmp_path)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            stderr=subprocess.DEVNULL,
        )
        try:
            with pytest.raises(UsageError, match=f"^the worker at 'tcp://.*' {says}; install the same"):
                pool_of(Task(fails), Workers(None, f"dask:{found.scheduler_address}"), 2, has_threads=True)
            assert worker.poll() is None  # it does not die of it
        finally:
            worker.kill()
            worker.wait()


def test_a_worker_that_came_later_is_refused_too() -> None:
    with pytest.raises(UsageError, match="another version of supportsim"):
        cluster_of_dask._far_work(b"", 0, "another")


def test_a_cluster_without_workers_is_said(distributed: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_of_dask, "_ANSWERS_S", 0.5)
    with cluster(distributed, 0) as found, pytest.raises(UsageError, match="has no workers"):
        pool_of(Task(fails), Workers(None, f"dask:{found.scheduler_address}"), 2, has_threads=True)


@pytest.mark.parametrize("address", ["nowhere", "localhost:port", "http://127.0.0.1:9", "tcp://127.0.0.1:9"])
def test_no_cluster_at_the_address_is_one_message_and_leaves_nothing(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster_of_dask, "_ANSWERS_S", 0.5)
    monkeypatch.chdir(tmp_path)
    assert main(["run", "help_desk", "--reps", "3", "--no-progress", "--executor", f"dask:{address}"]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert said.err.startswith(f"supportsim: no Dask cluster answers at '{address}': ")
    assert said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())

"""Tables of laws are made once; whatever lies in the cache, the table is the same."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.model import shape_cache
from sim.model.shape_cache import kept
from sim.places import cache_folder

N = 4099  # a table and one atom


class Maker:
    """Makes a table and counts how often."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self) -> np.ndarray:
        self.n += 1
        return np.append(np.linspace(0, 1, N - 1), np.inf)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUPPORTSIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def same(table: np.ndarray) -> bool:
    return np.array_equal(table, Maker()())


def test_a_table_is_made_once(folder: Path) -> None:
    make = Maker()
    assert same(kept("a law", N, make))
    assert same(kept("a law", N, make))
    assert make.n == 1
    assert len(list(folder.iterdir())) == 1  # nothing temporary is left


def test_another_law_or_another_scipy_is_another_table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    kept("a law", N, make)
    kept("b law", N, make)
    monkeypatch.setattr(shape_cache, "_tools", lambda: "scipy 0.0.1")
    kept("a law", N, make)
    assert make.n == 3


def test_where_there_are_too_many_the_oldest_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape_cache, "MOST_FILES", 4)
    for n in range(4):
        before = set(folder.glob("*"))
        kept(f"law {n}", N, Maker())
        (new,) = set(folder.iterdir()) - before
        os.utime(new, (n, n))
    kept("law 4", N, Maker())
    left = sorted(round(file.stat().st_mtime) for file in folder.iterdir())
    assert left[:2] == [2, 3]
    assert len(left) == 3


@pytest.mark.parametrize("damage", ["cut", "bit", "foreign", "empty", "moved", "folder"])
def test_what_is_damaged_or_foreign_is_made_again(folder: Path, damage: str) -> None:
    make = Maker()
    kept("a law", N, make)
    (file,) = folder.iterdir()
    raw = bytearray(file.read_bytes())
    if damage == "moved":
        kept("b law", N, Maker())
        (other,) = (f for f in folder.iterdir() if f != file)
        raw = bytearray(other.read_bytes())
    elif damage == "bit":
        raw[1000] ^= 1
    else:
        raw = {"cut": raw[:-1], "foreign": bytearray(b"x" * len(raw)), "empty": bytearray()}.get(damage, raw)
    file.unlink()
    file.mkdir() if damage == "folder" else file.write_bytes(raw)
    assert same(kept("a law", N, make))
    assert make.n == 2
    assert same(kept("a law", N, make))
    assert make.n == (3 if damage == "folder" else 2)


def test_where_nothing_can_be_written_nothing_is_kept(folder: Path) -> None:
    folder.write_text("a file, not a folder")
    make = Maker()
    assert same(kept("a law", N, make))
    assert same(kept("a law", N, make))
    assert make.n == 2


def test_the_platforms_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SUPPORTSIM_CACHE")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    places = {"linux": ".cache", "darwin": "Library/Caches", "win32": "local"}
    for platform, place in places.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert cache_folder() == tmp_path / place / "supportsim"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "supportsim"


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("SUPPORTSIM_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert cache_folder() is None
    assert same(kept("a law", N, Maker()))

"""Compiling the engine: once on a machine, before the first replication that needs it, and said.

A small scenario that has something of everything is simulated; all that is compiled meanwhile is kept in the
folder `sim.jit.kept_in` names, and found there by later runs, whatever they simulate. A file in that folder
says that it is complete.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sim.jit import kept_in
from sim.measure.reduction import Reduction
from sim.places import cache_folder
from sim.scenario.resolve import Resolved
from sim.scenario.validate import load
from sim.study.engines import choose_engine, is_machine_code, replicate

__all__ = ["COMPLETE", "compile_engine", "ready_engine", "warm_up_scenario"]

COMPLETE = "complete.json"
"""The file that says that all is compiled, and how long it took [s]."""

_ABOUT_S = 20
_KEPT = 3  # folders of compiled code: other versions, other Pythons
_UNUSED_S = 24 * 3600.0  # one used since then is left alone, whoever uses it

_WARM_UP = """\
name: Something of everything
horizon: {measure: 2 days, starts: 2024-01-05}
attributes: {language: {english: 60%, spanish: 40%}}
demand: {volume: 60/day, by_hour: office, busyness: 10%, enters: {assistant: 80%, chat: rest}}
bots:
  assistant: {session: 1 min, solves: 50%, believed: 20%, at_once: 5, unsolved: {chat: 90%, leaves: rest}}
desks:
  chat:
    handling: lognormal 30 min cv 0.8
    wrap_up: 1 min
    patience: 10% exactly 0 s + 90% exponential 10 min
    at_most_waiting: 3
    solves: 80%
    open: 07:00-22:00
    unsolved: {approval: 50%, leaves: rest}
  second: {handling: 5 min, head_start: {spanish: 10 min, else: 0 s}}
delays:
  approval: {lasts: 10 min, unsolved: {second: 50%, leaves: rest}}
teams:
  head_count: {serves: chat, agents: {08:00-20:00: 2, else: 1}}
  named:
    serves: {chat: {english: 1, spanish: 2}, second: 1}
    chats: 2
    takes: priority first
    absence: 10%
    shrinkage: 10%
    shifts:
      day: {from: 08:00, to: 18:00, agents: {weekdays: 2, else: 1}, break: 30 min at 12:00}
      night: {from: 22:00, to: 06:00, agents: 1}
returns: {unsolved: {chance: 50%, after: exponential 1 h}, at_most: 2}
"""


def ready_engine(name: str, say: Callable[[str], None] = lambda _: None) -> str:
    """The engine that one of `ENGINES` means on this machine, ready to simulate.

    Parameters
    ----------
    name
        What was asked for.
    say
        Called with what the user should know, a line each: a slower engine than there might be, compiling.
    """
    engine, notice = choose_engine(name)
    if notice:
        say(notice)
    if is_machine_code(engine):
        compile_engine(say)
    return engine


def compile_engine(say: Callable[[str], None] = lambda _: None) -> None:
    """Compile all of the compiled engine and keep it, unless that was done; call it before threads start."""
    folder = kept_in()
    complete = folder / COMPLETE
    if complete.is_file():
        with suppress(OSError):  # somebody else's
            os.utime(complete)  # those used last are kept
        return
    base = cache_folder()
    is_kept = base is not None and folder.is_relative_to(base)
    how_often = "once" if is_kept else "at every run, until SUPPORTSIM_CACHE names a folder to keep it"
    say(f"Compiling the engine for this machine ({how_often}; about {_ABOUT_S} s) ...")
    start = time.perf_counter()
    found = warm_up_scenario()
    replicate("compiled", found.model, Reduction(found.model, found.labels), 1, 0, lambda _: None)
    took = time.perf_counter() - start
    say(f"Compiled in {took:.1f} s")
    with suppress(OSError):  # no room: said again next time
        _write(complete, {"seconds": round(took, 3)})
    if is_kept:
        _prune(folder)


def warm_up_scenario() -> Resolved:
    """The scenario that is simulated so that all gets compiled."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warm_up.yaml"
        path.write_text(_WARM_UP, encoding="utf-8")
        return load(path).resolved


def _write(path: Path, said: dict[str, float]) -> None:
    """Write a file whole or not at all: another process may compile at this very time."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(said) + "\n", encoding="utf-8")
    part.replace(path)


def _prune(current: Path) -> None:
    """Remove folders of compiled code beside the current one that have not been used for long."""
    used = {folder: _last_use(folder) for folder in current.parent.iterdir() if folder != current}
    for folder in sorted(used, key=lambda folder: used[folder], reverse=True)[_KEPT - 1 :]:
        if time.time() - used[folder] > _UNUSED_S:
            shutil.rmtree(folder, ignore_errors=True)


def _last_use(folder: Path) -> float:
    """When compiled code was used last, or made if it never was complete [s since 1970]."""
    for path in (folder / COMPLETE, folder):
        with suppress(OSError):
            return path.stat().st_mtime
    return time.time()  # somebody has just removed it

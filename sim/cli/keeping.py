"""The folder of results with its store, and what users are told of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.study.store import Store

__all__ = ["results_in"]


@contextmanager
def results_in(folder: Path, *, is_fresh: bool) -> Iterator[Store]:
    """Make the folder and open its store; say on stderr what was there, and what an interruption leaves."""
    from sim.study.folder import open_folder

    with open_folder(folder, is_fresh=is_fresh) as store:
        try:
            yield store
        except KeyboardInterrupt:
            n = store.n_kept + store.n_read
            if n:
                kept = f"{n} finished replication{'s are' if n > 1 else ' is'} kept in '{folder}'"
                how = "the same command without --fresh" if is_fresh else "the same command"
                print(f"{kept}; {how} goes on from there", file=sys.stderr)
            raise
        if store.n_read:
            were = "replications were" if store.n_read > 1 else "replication was"
            new = "are new" if store.n_kept != 1 else "is new"
            print(f"{store.n_read} {were} there, {store.n_kept} {new}", file=sys.stderr)

"""The command line: thin verbs. Libraries that are slow to import are imported inside the commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code (0 done, 1 our bug, 2 wrong usage, 3 invalid input, 4 target missed,
    5 no answer, 130 interrupted)."""
    try:
        from sim.cli.app import run

        return run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:  # also while libraries are still being imported
        print("interrupted", file=sys.stderr)
        return 130

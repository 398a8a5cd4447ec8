"""How many replications a comparison may take: a budget of contacts, about a minute; never the clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.study.replications import expected_issues
from sim.study.variants import Variant

__all__ = ["BESIDES", "BUDGET", "FIRST_LOOK", "cost", "left_over", "most_replications"]

FIRST_LOOK = 10
"""Replications before anything is said."""

BUDGET = 250_000_000  # new issues of all variants: worth about a minute of two cores
BESIDES = 10_000  # issues that a replication costs beside its own
_MOST = 640  # replications; their sums are kept, a megabyte each where there are many classes


def cost(variant: Variant) -> float:
    """What a replication of a variant takes of the budget, in issues."""
    return expected_issues(variant.model) + BESIDES


def most_replications(variants: Sequence[Variant]) -> int:
    """Replications that the budget allows, at least the first look."""
    return int(np.clip(BUDGET // sum(map(cost, variants)), FIRST_LOOK, _MOST))


def left_over(variants: Sequence[Variant], done: Sequence[int], still_in: Sequence[int]) -> int:
    """The replication up to which the rest of the budget lasts.

    Parameters
    ----------
    variants
        All that began.
    done
        Replications of each.
    still_in
        Numbers of those that go on.
    """
    spent = sum(n * cost(variant) for n, variant in zip(done, variants, strict=True))
    more = max(BUDGET - spent, 0.0) // sum(cost(variants[k]) for k in still_in)
    return int(min(max(done) + more, _MOST))

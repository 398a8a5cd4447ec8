"""Limits that plans, or points of a sweep, pass."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.study.limits import Limit

__all__ = ["tell_limits"]


def tell_limits(limits: Sequence[Limit], comparison: Mapping[str, Any]) -> bool:
    """The limits that are passed, on stderr; whether one is for sure."""
    from sim.study.limits import broken

    passed = broken(limits, comparison)
    for one in passed:
        sure = "passed" if one.is_sure else "perhaps passed (the interval does not say for sure)"
        sure = "not judged, there is no figure" if one.difference is None else sure
        print(f"limit {sure}: {one.variant}, {one.limit.words}", file=sys.stderr)
    return any(one.is_sure for one in passed)

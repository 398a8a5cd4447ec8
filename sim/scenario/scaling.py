"""Whole numbers after scaling: rounding that keeps totals, and never loses the last one."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["apportion", "scaled"]


def scaled(n: int, factor: float) -> int:
    """``n`` times ``factor`` rounded half up, at least 1 where there was one.

    Examples
    --------
    >>> scaled(3, 0.1), scaled(0, 0.1), scaled(25, 0.1)
    (1, 0, 3)
    """
    return max(int(n * factor + 0.5), 1 if n else 0)


def apportion(counts: Sequence[int], factor: float, at_least_one: bool = True) -> list[int]:
    """Counts times a factor, whole, by largest remainder: their sum is the rounded sum.

    With ``at_least_one`` no count that was positive falls to 0 (the sum may then be larger).

    Examples
    --------
    >>> apportion([10, 10, 10], 0.25)
    [3, 3, 2]
    >>> apportion([1, 1, 30], 0.1)
    [1, 1, 3]
    """
    exact = [n * factor for n in counts]
    whole = [int(x + 1e-9) for x in exact]
    left = int(sum(exact) + 0.5) - sum(whole)
    by_remainder = sorted(range(len(counts)), key=lambda i: (whole[i] - exact[i], i))
    for i in by_remainder[: max(left, 0)]:
        whole[i] += 1
    if at_least_one:
        whole = [max(w, 1 if n else 0) for w, n in zip(whole, counts, strict=True)]
    return whole

"""Any continuous law of `scipy.stats`, scaled to a mean.

SciPy's `stats` are loaded when they are first used, so nobody pays for them whose scenario names no such law.

References
----------
Partial expectations by parts, E[X; X <= x] = x F(x) - integral of F up to x, the integral by Gauss-Legendre
quadrature between quantiles.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import isfinite

import numpy as np

from sim import late_scipy as scipy
from sim.model.grid import cell_edges
from sim.model.pieces import Floats, Piece

__all__ = ["Misfit", "law_names", "parameters_of", "scaled_scipy", "unit_mean"]

_TAIL_OCTAVES = 40  # taken at once beyond the last cell
_MOST_OCTAVES = 960  # 2**-997 is still a number
_SAME_MEAN = 1e-6  # relative difference between SciPy's mean and that of its quantiles


class Misfit(ValueError):
    """A law of SciPy that no duration can follow, or that its parameters do not make."""


@contextmanager
def _quiet() -> Iterator[None]:
    """SciPy warns of what is checked here anyway."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@lru_cache(maxsize=1)
def law_names() -> dict[str, bool]:
    """Every law of one number in `scipy.stats`, and whether it is continuous."""
    stats = scipy.stats
    kinds = ((stats.rv_continuous, True), (stats.rv_discrete, False))
    return {name: c for kind, c in kinds for name in dir(stats) if isinstance(getattr(stats, name), kind)}


def parameters_of(name: str) -> tuple[str, ...]:
    """The shape parameters of a law, in SciPy's order.

    Examples
    --------
    >>> parameters_of("burr12"), parameters_of("expon")
    (('c', 'd'), ())
    """
    shapes = getattr(scipy.stats, name).shapes
    return tuple(part.strip() for part in shapes.split(",")) if shapes else ()


@lru_cache(maxsize=256)
def unit_mean(name: str, figures: tuple[float, ...]) -> float:
    """Mean of a law in SciPy's own scale.

    Raises
    ------
    Misfit
        If the parameters make no law, it reaches below 0, or has no finite mean above 0.
    """
    law = getattr(scipy.stats, name)
    with _quiet():
        low, high = (float(end) for end in law.support(*figures))
        if not low < high:
            raise Misfit("these parameters make no such law")
        if low < 0:
            raise Misfit(f"it reaches down to {'minus infinity' if low < -1e300 else f'{low:g}'}")
        mean = float(law.mean(*figures))
    if not (isfinite(mean) and mean > 0):
        raise Misfit("it has no finite mean")
    return mean


def scaled_scipy(name: str, figures: tuple[float, ...], mean: float) -> Piece:
    """Functions of a law of SciPy with location 0 and the scale that gives it a mean."""
    law = getattr(scipy.stats, name)
    scale = mean / unit_mean(name, figures)

    def call(function: Callable[..., Floats], at: Floats) -> Floats:
        with _quiet():
            return np.asarray(function(at, *figures), np.float64)

    def inverse(p: Floats, side: int) -> Floats:
        grid = cell_edges()[1:]
        if p.shape == grid.shape and np.array_equal(p, grid):
            return scale * _quantiles(name, figures, side)[1:]  # found once, for many laws slowly
        return scale * call(law.isf if side else law.ppf, p)

    def partial(x: Floats) -> tuple[Floats, Floats]:
        below, above = _partial(name, figures, x / scale)
        return scale * below, scale * above

    return Piece(
        lambda x: (call(law.cdf, x / scale), call(law.sf, x / scale)),
        (lambda u: inverse(u, 0), lambda w: inverse(w, 1)),
        partial,
    )


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)


def _integral(function: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Integral (n,) of a function over n intervals."""
    half = (high - low) / 2
    at = low[:, None] + half[:, None] * (1 + _NODES)
    return np.asarray(half * (function(at) @ _WEIGHTS))


@lru_cache(maxsize=64)
def _quantiles(name: str, figures: tuple[float, ...], side: int) -> Floats:
    """Quantiles (1025,) at the edges of the grid, from below (side 0) or above (side 1)."""
    law = getattr(scipy.stats, name)
    with _quiet():
        return np.asarray((law.isf if side else law.ppf)(cell_edges(), *figures), np.float64)


@lru_cache(maxsize=32)
def _nodes(name: str, figures: tuple[float, ...]) -> tuple[Floats, Floats, Floats]:
    """Quantiles (n,) over the octave grid, and the partial expectations below and above each.

    Raises
    ------
    Misfit
        If SciPy's mean is not that of its quantiles, so that one of them is wrong.
    """
    law = getattr(scipy.stats, name)
    edges = cell_edges()
    x = np.maximum.accumulate(
        np.concatenate([_quantiles(name, figures, 0), _quantiles(name, figures, 1)[-2:0:-1]])
    )
    with _quiet():
        f, s = law.cdf(x, *figures), law.sf(x, *figures)
        of_f = _integral(lambda t: law.cdf(t, *figures), x[:-1], x[1:])
        of_s = _integral(lambda t: law.sf(t, *figures), x[:-1], x[1:])
    # Each from the side on which its figures are small, and so exact.
    is_low = np.arange(len(x) - 1) < len(edges) - 1
    by_f, by_s = np.diff(x * f) - of_f, of_s - np.diff(x * s)
    tail_x, tail = _beyond(name, figures, edges[1], float(x[-1]))
    cells = np.concatenate([np.where(is_low, by_f, by_s), tail])
    below = np.concatenate([[0.0], np.cumsum(cells)])
    above = np.concatenate([np.cumsum(cells[::-1])[::-1], [0.0]])
    mean = unit_mean(name, figures)
    if not abs(above[0] / mean - 1) < _SAME_MEAN:
        raise Misfit(f"SciPy gives it the mean {mean:.9g}, but its quantiles have {above[0]:.9g}")
    return np.concatenate([x, tail_x]), below, above


def _beyond(name: str, figures: tuple[float, ...], w: float, least: float) -> tuple[Floats, Floats]:
    """Quantiles (n,) at the far ends of the octaves in the last w of probability, and the integral over each.

    Where SciPy has no more quantiles, or wrong ones, the last one before goes on.
    """
    law = getattr(scipy.stats, name)
    ends, parts = [], []
    for first in range(0, _MOST_OCTAVES, _TAIL_OCTAVES):
        high = w * 2.0 ** -np.arange(first, first + _TAIL_OCTAVES)
        # Falling, as the octaves do; the last of each row is the end of its octave.
        at = high[:, None] * np.append((3 + _NODES[::-1]) / 4, 0.5)
        with _quiet():
            x = law.isf(at.ravel(), *figures)
            is_right = np.abs(np.log2(law.sf(x, *figures) / at.ravel())) < 1
        x = np.maximum.accumulate(np.where(np.isfinite(x) & is_right, x, least)).reshape(at.shape)
        ends.append(x[:, -1])
        parts.append(high / 4 * (x[:, :-1] @ _WEIGHTS))
        least = float(x[-1, -1])
        if parts[-1].sum() <= 1e-14 * sum(part.sum() for part in parts):
            break
    return np.concatenate(ends), np.concatenate(parts)


def _partial(name: str, figures: tuple[float, ...], x: Floats) -> tuple[Floats, Floats]:
    """E[X; X <= x] and E[X; X > x] (n,), from the nearest node below each x."""
    law = getattr(scipy.stats, name)
    nodes, below, above = _nodes(name, figures)
    at = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 1)
    from_, first = nodes[at], x < nodes[0]
    with _quiet():
        f, s = (np.asarray(fn(x, *figures)) for fn in (law.cdf, law.sf))
        at_f, at_s = (np.asarray(fn(from_, *figures)) for fn in (law.cdf, law.sf))
        more_f = x * f - from_ * at_f - _integral(lambda t: law.cdf(t, *figures), from_, x)
        more_s = from_ * at_s - x * s + _integral(lambda t: law.sf(t, *figures), from_, x)
    up, down = below[at] + more_f, above[at] - more_s
    return np.where(first, 0.0, up), np.where(first, above[0], np.maximum(down, 0.0))

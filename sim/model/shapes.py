"""Shapes of laws as quantile tables on the octave grid of `lookup`.

The *shape* of a law is the law divided by its mean (the mean of its finite part), so that laws which
differ in their mean only share a table. The quantile function of the whole mixture is tabulated, not
one per part: more u is always more time.

Each cell of a table has exactly the law's mean there, from partial expectations, and lies between the
law's quantiles at its two ends; the last cell of 1 - u so carries the mean of all that lies beyond. The
function is therefore monotone and of mean 1. Where a mixture's density has a hole, the one cell that
crosses it (at most 1/128 of the samples) is filled evenly. Atoms are exact; beside one, samples may be
on its wrong side by the error of interpolation (some 1e-5 of the value).

This module is for building models; engines import `lookup`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import fsum, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from sim.model.grid import cell_edges
from sim.model.laws import LARGEST_CV, LawKind, LawPart, Mixture
from sim.model.lookup import CELLS, EXACTLY, EXPONENTIAL, OCTAVES
from sim.model.samples import MOST_ATOMS
from sim.model.shape_cache import kept
from sim.model.tables import Shapes

__all__ = ["ShapeBook"]

Floats = NDArray[np.float64]

_NODE_BITS = 24  # after the point, or of the figure where it is above 1
_SMALLEST_CV = 1e-3
_U_UNIT = 2.0**-53  # ends of atoms are whole multiples of it


def _cell_numbers() -> NDArray[np.int64]:
    """Number (1024,) inside its side of each cell between the edges of `cell_edges`."""
    octave = np.arange(OCTAVES - 1, -1, -1)
    return (octave[:, None] * CELLS + np.arange(CELLS)).ravel()


def _side(law: Mixture, side: int) -> tuple[Floats, Floats]:
    """Values (1024,) of one side's cells at their outer (nearer to 0 or 1) and inner edge."""
    edges = cell_edges()
    inner = law.quantile(edges[1:], side)
    first = law.quantile(np.zeros(1), side) if side == 0 else np.array([inf])
    outer = np.concatenate([first, inner[:-1]])
    below = law.partial_to(edges[1:], inner, side)  # mean of all from the outer end to each inner edge
    means = np.diff(below, prepend=0.0) / np.diff(edges)
    low, high = np.minimum(outer, inner), np.maximum(outer, inner)
    means = np.clip(means, low, high)
    half = np.minimum(means - low, high - means)
    sign = 1 if side == 0 else -1
    return means - sign * half, means + sign * half


def _rounded_nodes(x: Floats) -> Floats:
    """Nodes with 24 bits, so that another processor or SciPy, off in the last digits, gives the same.

    With the vector units of a processor switched off, no node of 24 tables changed; with 36 bits
    362 nodes did.
    """
    unit = 2.0 ** (np.frexp(np.maximum(x, 1.0))[1] - 1 - _NODE_BITS)
    return np.asarray(np.rint(x / unit) * unit)


def _tabulate(law: Mixture) -> tuple[Floats, Floats]:
    """Values and slopes (2048,) of the table of a continuous law."""
    sides = [_side(law, side) for side in (0, 1)]
    widths = np.diff(cell_edges())
    mean = fsum(float(np.sum((a + b) / 2 * widths)) for a, b in sides)
    assert abs(mean / law.mean - 1) < 1e-6, "cells do not add up to the law's mean"
    value, slope = np.empty((2, 2, OCTAVES * CELLS))
    for side, (outer, inner) in enumerate(sides):
        begins, ends = (_rounded_nodes(x * (law.mean / mean)) for x in (outer, inner))
        value[side, _cell_numbers()], slope[side, _cell_numbers()] = begins, ends - begins
    return value.ravel(), slope.ravel()


@dataclass(frozen=True)
class _Table:
    """One row of `Shapes`; atoms are (from, to, value)."""

    value: Floats
    slope: Floats
    atoms: tuple[tuple[float, float, float], ...] = ()


def _weights(points: list[LawPart]) -> dict[float, float]:
    """The weight of each single value; inf for never."""
    weights: dict[float, float] = {}
    for part in points:
        value = inf if part.kind is LawKind.NEVER else part.a
        weights[value] = weights.get(value, 0.0) + part.weight
    return weights


def _atoms(weights: dict[float, float], law: Mixture | None) -> list[tuple[float, float, float]]:
    """Each atom at its place in the whole law's quantile function, never last."""
    left = 1.0 - fsum(weights.values()) if law else 0.0
    atoms = []
    for value in sorted(weights):
        below = float(law.share(np.array([value]), 0)[0]) if law and isfinite(value) else 1.0
        begins = fsum([left * below, *(w for x, w in weights.items() if x < value)])
        ends = fsum([left * below, *(w for x, w in weights.items() if x <= value)])
        atoms.append((_on_grid(begins), _on_grid(ends), value))
    return atoms


def _on_grid(u: float) -> float:
    # Weights that add up to 1 but for the last digits must leave no gap at the top.
    return 1.0 if u > 1 - 1e-12 else round(u / _U_UNIT) * _U_UNIT


_FLAT = _Table(np.ones(2 * OCTAVES * CELLS), np.zeros(2 * OCTAVES * CELLS))


@lru_cache(maxsize=1024)
def _table(parts: tuple[LawPart, ...]) -> _Table:
    """Table of a law whose finite part has mean 1."""
    continuous = [p for p in parts if p.kind not in (LawKind.EXACTLY, LawKind.NEVER)]
    weights = _weights([p for p in parts if p.kind in (LawKind.EXACTLY, LawKind.NEVER)])
    if not continuous:
        return _Table(_FLAT.value, _FLAT.slope, tuple(_atoms(weights, None)))

    def make() -> Floats:
        law = Mixture(continuous)
        return np.concatenate([*_tabulate(law), np.ravel(_atoms(weights, law))])

    cells = 2 * OCTAVES * CELLS
    figures = kept(repr(parts), 2 * cells + 3 * len(weights), make)
    atoms = tuple(
        (begins, ends, value) for begins, ends, value in figures[2 * cells :].reshape(-1, 3).tolist()
    )
    return _Table(figures[:cells], figures[cells : 2 * cells], atoms)


def _checked(law: tuple[LawPart, ...]) -> list[LawPart]:
    """Parts with a weight, weights adding up to 1, what has no spread as `LawKind.EXACTLY`."""
    total = fsum(p.weight for p in law)
    if not law or abs(total - 1) > 1e-9 or any(p.weight < 0 for p in law):
        raise ValueError("weights of a law's parts are not negative and add up to 1")
    return [plain for p in law if p.weight > 0 for plain in _plain(p, p.weight / total)]


def _plain(part: LawPart, weight: float) -> list[LawPart]:
    """The part as it is tabulated: what has no spread, and each value of a small sample, is an atom."""
    kind, a, b = part.kind, part.a, part.b
    has_cv = kind in (LawKind.LOGNORMAL, LawKind.GAMMA, LawKind.WEIBULL)
    if not (isfinite(a) and isfinite(b) and a >= 0 and b >= 0) or (kind is LawKind.UNIFORM and b < a):
        raise ValueError(f"parameters of {kind.value} are not negative, the lower bound first")
    if has_cv and b and not _SMALLEST_CV <= b <= LARGEST_CV:
        bounds = f"0, or from {_SMALLEST_CV:g} to {LARGEST_CV:g}"
        raise ValueError(f"the coefficient of variation of {kind.value} is {bounds}")
    if kind is LawKind.NEVER:
        return [LawPart(kind, weight=weight)]
    if part.mean == 0 or (has_cv and b == 0) or (kind is LawKind.UNIFORM and a == b):
        return [LawPart(LawKind.EXACTLY, a, weight=weight)]
    if part.sample is not None and len(part.sample.values) <= MOST_ATOMS:
        each = zip(part.sample.values.tolist(), part.sample.shares.tolist(), strict=True)
        return [LawPart(LawKind.EXACTLY, a * value, weight=weight * share) for value, share in each]
    return [replace(part, weight=weight)]


def _rounded(x: float) -> float:
    return float(f"{x:.14e}")


def _divided(part: LawPart, mean: float) -> LawPart:
    """The part with the law's mean as unit; figures cut to 15 digits so that equal shapes are equal."""
    b = part.b / mean if part.kind is LawKind.UNIFORM else part.b
    return replace(part, a=_rounded(part.a / mean), b=_rounded(b), weight=_rounded(part.weight))


def _order(part: LawPart) -> tuple[object, ...]:
    digest = part.sample.digest if part.sample else ""
    return part.kind.value, part.a, part.b, part.weight, part.name, part.figures, digest


class ShapeBook:
    """Collects the shapes of a model, each once; `EXACTLY` and `EXPONENTIAL` are always there.

    Collecting is quick and needs no SciPy; tables are made, or read from disk, by `shapes`.
    """

    def __init__(self) -> None:
        exponential = (LawPart(LawKind.EXPONENTIAL, 1.0),)
        self._ids: dict[tuple[LawPart, ...], int] = {exponential: EXPONENTIAL}

    def add(self, *law: LawPart) -> tuple[float, int]:
        """Mean in ticks (of the finite part; 0 where there is none) and shape id of a law.

        Raises
        ------
        ValueError
            Weights do not add up to 1, or a parameter is outside its range.
        """
        parts = _checked(law)
        finite = [p for p in parts if p.kind is not LawKind.NEVER]
        mean = fsum(p.weight * p.mean for p in finite) / (fsum(p.weight for p in finite) or 1.0)
        if {(p.kind, p.a) for p in parts} == {(LawKind.EXACTLY, parts[0].a)}:
            return parts[0].a, EXACTLY
        scaled = tuple(_divided(p, mean or 1.0) for p in parts)
        key = tuple(sorted(scaled, key=_order))
        return mean, self._ids.setdefault(key, EXPONENTIAL + len(self._ids))

    @staticmethod
    def none() -> Shapes:
        """No shape at all: for a model from which nothing is drawn."""
        rows, atoms = np.empty((0, 2 * OCTAVES * CELLS)), np.empty((0, 1))
        return Shapes(rows, rows, np.empty(0, np.int64), atoms, atoms, atoms)

    def shapes(self) -> Shapes:
        """All shapes collected so far, as tables.

        Raises
        ------
        Misfit
            If SciPy's figures for one of its laws do not fit each other.
        """
        tables = [_FLAT, *map(_table, self._ids)]
        n_atoms = np.array([len(t.atoms) for t in tables], np.int64)
        atoms = np.empty((3, len(tables), max(1, int(n_atoms.max()))))
        atoms[:2], atoms[2] = 1.0, 0.0  # padding: an empty interval that no u reaches
        for row, table in enumerate(tables):
            if table.atoms:
                atoms[:, row, : len(table.atoms)] = np.array(table.atoms).T
        return Shapes(
            np.array([t.value for t in tables]),
            np.array([t.slope for t in tables]),
            n_atoms,
            *atoms,
        )

"""Integration over panels: each is halved until a polynomial through 16 Gauss points fits.

Made for functions built from survival functions, which fall and perhaps jump: a jump is halved down to
a panel of no weight, also one between an end of a panel and its nodes.

References
----------
Trefethen, Approximation Theory and Approximation Practice (2013), chapters 4 and 19.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

__all__ = ["LEFT_TO_NODE", "NODES", "WEIGHTS", "Curve", "Floats", "Panels", "at_nodes", "from_zero", "panels"]

Floats = NDArray[np.float64]
Curve = Callable[[Floats], Floats]
"""A function of an array of times (n,), answering with an array (n,)."""

_N = 16
_X, _W = legendre.leggauss(_N)
NODES: Floats = (1 + _X) / 2
"""Gauss points of the panel [0, 1]; shape (16,)."""
WEIGHTS: Floats = _W / 2
"""Weights of the Gauss points; shape (16,)."""


def _coefficients() -> Floats:
    """Matrix from values at the nodes to Legendre coefficients."""
    return (np.arange(_N)[:, None] + 0.5) * legendre.legvander(_X, _N - 1).T * _W


def _left_to_node() -> Floats:
    """Matrix from values at the nodes to integrals from the left end to each node, panel [0, 1]."""
    p = legendre.legvander(_X, _N)
    k = np.arange(1, _N)
    of_each = np.column_stack([_X + 1, (p[:, 2:] - p[:, :-2]) / (2 * k + 1)])
    return of_each @ _coefficients() / 2


_LAST = _coefficients()[-2:]
_TO_ENDS = legendre.legvander(np.array([-1.0, 1.0]), _N - 1) @ _coefficients()
_UNSEEN = float(NODES[0])  # share of a panel between an end and the node next to it
LEFT_TO_NODE: Floats = _left_to_node()
"""Matrix (16, 16): ``LEFT_TO_NODE @ values`` are integrals from 0 to each node of the panel [0, 1]."""


class Panels(NamedTuple):
    """Panels side by side and a function on them."""

    left: Floats  # (p,)
    width: Floats  # (p,)
    values: Floats  # (p, 16), at the nodes

    @property
    def nodes(self) -> Floats:
        """Where the values are taken; (p, 16)."""
        return self.left[:, None] + self.width[:, None] * NODES

    @property
    def integrals(self) -> Floats:
        """Integral over each panel; (p,)."""
        integral: Floats = (self.values @ WEIGHTS) * self.width
        return integral


def at_nodes(curve: Curve, left: Floats, width: Floats) -> Floats:
    """Values of a curve (p, 16) at the nodes of panels (p,)."""
    nodes = left[:, None] + width[:, None] * NODES
    return np.asarray(curve(nodes.ravel()), np.float64).reshape(nodes.shape)


def panels(curve: Curve, edges: Floats, tolerance: float, size: float = 0.0) -> Panels:
    """Panels between the edges (n,) on which the curve is integrated to ``tolerance`` each.

    ``size`` is that of the terms the curve is summed from: below their rounding nothing is refined.
    """
    rounding = 32 * np.finfo(float).eps * size
    left, width = edges[:-1], np.diff(edges)
    done: list[Panels] = []
    while len(left):
        values = at_nodes(curve, left, width)
        right = left + width
        ends = curve(np.concatenate([left, np.nextafter(right, left)])).reshape(2, -1).T
        rest = np.abs(values @ _LAST.T).sum(-1) * width
        rest += np.abs(values @ _TO_ENDS.T - ends).sum(-1) * width * _UNSEEN
        fits = (rest <= tolerance + rounding * width) | (width <= 8 * np.finfo(float).eps * right)
        done.append(Panels(left[fits], width[fits], values[fits]))
        left, width = left[~fits], width[~fits] / 2
        left, width = np.concatenate([left, left + width]), np.concatenate([width, width])
    found = Panels(*(np.concatenate(column) for column in zip(*done, strict=True)))
    order = np.argsort(found.left)
    return Panels(*(column[order] for column in found))


def from_zero(first: float) -> Floats:
    """Edges from 0 to ``first``, halved towards 0: laws may be steep there."""
    return np.concatenate([[0.0], first * 0.5 ** np.arange(60, -1, -1)])

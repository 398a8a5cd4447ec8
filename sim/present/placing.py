"""Labels put at their lines where they cover nothing, so that a picture needs no legend."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

__all__ = ["Label", "place"]

Floats = NDArray[np.float64]

_GAP = 5.0  # points between a label and its line
_STEP = 4.0  # pixels between the points by which a line is felt
# Where on its box a label touches its line: shares of width and height.
_SIDES = ((0.5, 0.0), (0.5, 1.0), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


class Label(NamedTuple):
    """A text that belongs to a line, both in data coordinates of one panel."""

    text: str
    x: Floats
    y: Floats
    colour: str
    near: float | None = None  # preferred x; None: anywhere
    bold: bool = False
    point: float | None = None  # y of the point at ``near`` that the text is about; allows a leader to it
    band: Floats | None = None  # half-width drawn around the line, to be kept clear too


def _felt(axes: Axes, x: Floats, y: Floats) -> Floats:
    """Points along a line, `_STEP` pixels apart, in pixels; shape (n, 2). Gaps (NaN) stay gaps."""
    pixels = axes.transData.transform(np.column_stack([x, y]))
    pieces = [pixels[np.isfinite(pixels).all(axis=1)]]
    for begin, end in pairwise(pixels):
        if np.isfinite(begin).all() and np.isfinite(end).all():
            n = int(np.hypot(*(end - begin)) / _STEP)
            if n > 1:
                pieces.append(begin + np.linspace(0.0, 1.0, n)[:, None] * (end - begin))
    return np.concatenate(pieces)


def _hits(low: Floats, high: Floats, points: Floats) -> Floats:
    """How many points lie in each box; boxes by their corners, shapes (n, 2)."""
    inside = np.ones((len(low), len(points)), np.bool_)
    for k in (0, 1):
        inside &= (points[:, k] >= low[:, k, None]) & (points[:, k] <= high[:, k, None])
    hits: Floats = inside.sum(axis=1).astype(np.float64)
    return hits


def _distance(low: Floats, high: Floats, points: Floats) -> Floats:
    """Pixels from each box to the nearest of the points."""
    if not len(points):
        return np.full(len(low), np.inf)
    dx = np.maximum(np.maximum(low[:, 0, None] - points[:, 0], points[:, 0] - high[:, 0, None]), 0.0)
    dy = np.maximum(np.maximum(low[:, 1, None] - points[:, 1], points[:, 1] - high[:, 1, None]), 0.0)
    nearest: Floats = np.hypot(dx, dy).min(axis=1)
    return nearest


class _Spots(NamedTuple):
    """Boxes where a label could go, by their lower left corners in pixels, and how bad each is."""

    low: Floats  # (n, 2)
    cost: Floats  # (n,)


def _beside(size: Floats, own: Floats, others: Floats, gap: float) -> _Spots:
    """Boxes that touch the label's own line. A reader takes a text to belong to the nearest line."""
    anchors = own[:: max(1, len(own) // 150)]
    low = np.concatenate([anchors - size * side + (0.0, gap if side[1] == 0.0 else -gap) for side in _SIDES])
    nearer = _distance(low, low + size, own) - _distance(low, low + size, others)
    return _Spots(low, 40.0 * np.maximum(0.0, 1.5 * gap + nearer))


def _off(size: Floats, point: Floats, gap: float) -> _Spots:
    """Boxes left and right of a point, far enough for a leader between them."""
    away, up = np.meshgrid(np.arange(2.0, 40.0, 2.0) * gap, np.arange(-8.0, 9.0) * gap)
    offsets = np.column_stack([away.ravel(), up.ravel() - size[1] / 2])
    left = point + offsets * (-1.0, 1.0) - (size[0], 0.0)
    cost = 60.0 + 1.2 * away.ravel() + 1.2 * np.abs(up.ravel())
    return _Spots(np.concatenate([left, point + offsets]), np.concatenate([cost, cost]))


def _leader(axes: Axes, low: Floats, high: Floats, point: Floats, colour: str) -> None:
    """A thin line from a box to the point that it speaks of."""
    begin = np.array([high[0] + 3 if high[0] < point[0] else low[0] - 3, (low[1] + high[1]) / 2])
    ends = axes.transData.inverted().transform([begin, point])
    axes.plot(ends[:, 0], ends[:, 1], color=colour, linewidth=0.8, zorder=2.5)


def place(axes: Axes, labels: Sequence[Label]) -> None:
    """Write each label beside its own line, clear of all lines and of the labels written before.

    The first label chooses first. Axis limits must be final. A line without any point gets no label.
    """
    lines = [_felt(axes, label.x, label.y) for label in labels]
    bands = [
        _felt(axes, label.x, label.y + sign * label.band)
        for label in labels
        if label.band is not None
        for sign in (-1.0, 1.0)
    ]
    frame = axes.get_window_extent()
    gap = _GAP * axes.figure.dpi / 72
    margin = 0.4 * gap
    taken: list[Floats] = []
    for own, label in enumerate(labels):
        if not len(lines[own]):
            continue
        text = axes.text(
            0,
            0,
            label.text,
            color=label.colour,
            fontsize=9.5,
            fontweight="bold" if label.bold else "normal",
            ha="left",
            va="bottom",
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )
        extent = text.get_window_extent()
        size = np.array([extent.width, extent.height])
        others = np.concatenate([np.empty((0, 2)), *(line for k, line in enumerate(lines) if k != own)])
        low, cost = _beside(size, lines[own], others, gap)
        n_beside = len(low)
        if label.near is not None:
            wanted = axes.transData.transform((label.near, label.point or 0.0))
            cost = cost + 0.5 * np.abs(low[:, 0] + size[0] / 2 - wanted[0])
            if label.point is not None:
                cost += 0.3 * np.abs(low[:, 1] + size[1] / 2 - wanted[1])
                off = _off(size, wanted, gap)
                low, cost = np.concatenate([low, off.low]), np.concatenate([cost, off.cost])
        high = low + size
        cost = cost + 40.0 * _hits(low - margin, high + margin, np.concatenate([lines[own], others]))
        for edge in bands:
            cost += 20.0 * _hits(low, high, edge)
        for box in taken:
            cost += 5000.0 * ((low < box[1] + gap) & (high > box[0] - gap)).all(axis=1)
        outside = ((low < (frame.x0 + 2, frame.y0 + 2)) | (high > (frame.x1 - 2, frame.y1 - 1))).any(axis=1)
        # A text too long for the panel is better seen than lost.
        best = int(np.argmin(cost if outside.all() else np.where(outside, np.inf, cost)))
        x, y = axes.transData.inverted().transform(low[best])
        text.set_position((float(x), float(y)))
        taken.append(np.array([low[best], high[best]]))
        if best >= n_beside:
            _leader(axes, low[best], high[best], wanted, label.colour)

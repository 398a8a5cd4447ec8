"""A winner tree in compiled code: the next of many deadlines, one leaf per owner.

Node j is the lesser of its children 2j and 2j + 1; leaf i is node ``n + i``. A key is a tick since the
tree's origin above the number of the leaf, so a comparison is that of two integers. Where two ticks are
equal the owners' order decides, never the leaf: see `order`. Setting or clearing a leaf walks to the root
once; nothing outdated stays in the tree.

The origin moves every midnight, so that more than a day of ticks fits above the leaf numbers (50 days with
a million leaves); what lies further ahead counts as that far until then.

References
----------
Knuth, The Art of Computer Programming 3 (1998), 5.4.1: trees of losers and winners.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit import inlined, kernel
from sim.model.tables import DAY, NEVER

__all__ = [
    "DEADLINE",
    "RANK",
    "Tree",
    "clears",
    "first_leaf",
    "first_tick",
    "leaf_at",
    "made",
    "rebuilt",
    "sets",
]

Ints = NDArray[np.int64]

DEADLINE, RANK = range(2)
"""Columns of `Tree.leaf`."""

_BITS, _ORIGIN = range(2)


class Tree(NamedTuple):
    """A tree of n leaves, a power of two."""

    key: Ints  # (2 n,) node 0 is not used
    leaf: Ints  # (n, 2) tick of the deadline (NEVER: none), and its rank among those of the same tick
    frame: Ints  # (2,) bits of a leaf number, tick of the origin


def made(n_leaves: int) -> Tree:
    """A tree for at least so many leaves, without deadlines."""
    bits = max(int(n_leaves - 1).bit_length(), 1)
    assert 1 << (62 - bits) > DAY + 1, "too many leaves: a day's ticks do not fit above their numbers"
    n = 1 << bits
    leaf = np.empty((n, 2), np.int64)
    leaf[:, DEADLINE] = NEVER
    tree = Tree(np.empty(2 * n, np.int64), leaf, np.array([bits, 0]))
    rebuilt(tree, 0)
    return tree


@inlined
def _key(tick: int, leaf: int, bits: int, origin: int) -> int:
    """The key of a deadline; leaves without one have keys of their own above all others."""
    far = (1 << (62 - bits)) - 1
    since = far + 1 + leaf if tick == NEVER else min(tick - origin, far)
    return since << bits | leaf


@inlined
def _lesser(tree: Tree, a: int, b: int, bits: int) -> int:
    """The key that comes first."""
    lesser = min(a, b)  # without a branch, which nothing could foretell
    if (a ^ b) >> bits == 0:
        mask = (1 << bits) - 1
        if tree.leaf[a & mask, RANK] < tree.leaf[b & mask, RANK]:
            lesser = a
        else:
            lesser = b
    return lesser


@inlined
def _climbs(tree: Tree, leaf: int, key: int, bits: int) -> None:
    """Put a key at a leaf and let it climb as far as it wins."""
    node = (1 << bits) + leaf
    tree.key[node] = key
    while node > 1:
        key = _lesser(tree, key, tree.key[node ^ 1], bits)
        node = node >> 1
        tree.key[node] = key


@inlined
def sets(tree: Tree, leaf: int, tick: int, rank: int) -> None:
    """Give a leaf a deadline; `NEVER` is none."""
    bits = tree.frame[_BITS]
    tree.leaf[leaf, DEADLINE] = tick
    tree.leaf[leaf, RANK] = rank
    _climbs(tree, leaf, _key(tick, leaf, bits, tree.frame[_ORIGIN]), bits)


@inlined
def clears(tree: Tree, leaf: int) -> None:
    """Take a leaf's deadline away."""
    bits = tree.frame[_BITS]
    tree.leaf[leaf, DEADLINE] = NEVER
    _climbs(tree, leaf, _key(NEVER, leaf, bits, 0), bits)


@inlined
def first_leaf(tree: Tree) -> int:
    """The leaf whose deadline is next."""
    leaf: int = tree.key[1] & ((1 << tree.frame[_BITS]) - 1)
    return leaf


@inlined
def leaf_at(tree: Tree, node: int) -> int:
    """The leaf whose deadline is next below a node."""
    leaf: int = tree.key[node] & ((1 << tree.frame[_BITS]) - 1)
    return leaf


@inlined
def first_tick(tree: Tree) -> int:
    """The next deadline; NEVER where there is none, or none in the tree's reach."""
    bits = tree.frame[_BITS]
    since = tree.key[1] >> bits
    return NEVER if since >= (1 << (62 - bits)) - 1 else since + tree.frame[_ORIGIN]


@kernel
def rebuilt(tree: Tree, origin: int) -> None:
    """Count ticks from another origin, which no deadline lies before."""
    bits = tree.frame[_BITS]
    tree.frame[_ORIGIN] = origin
    n = 1 << bits
    for leaf in range(n):
        tree.key[n + leaf] = _key(tree.leaf[leaf, DEADLINE], leaf, bits, origin)
    for node in range(n - 1, 0, -1):
        tree.key[node] = _lesser(tree, tree.key[2 * node], tree.key[2 * node + 1], bits)

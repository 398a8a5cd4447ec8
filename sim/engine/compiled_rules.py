"""The decisions of `sim.model.rules`, compiled: the very same functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sim.jit import inlined
from sim.model import rules

__all__ = ["chance_at", "destination", "has_luck_of_issue", "order_key", "patience_budget", "patience_left"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

chance_at: Callable[[Floats, float], float] = inlined(cast(Any, rules.chance_at))
destination: Callable[[Ints, Floats, Ints, int, float], int] = inlined(cast(Any, rules.destination))
has_luck_of_issue = inlined(rules.has_luck_of_issue)
order_key = inlined(rules.order_key)
patience_budget = inlined(rules.patience_budget)
patience_left = inlined(rules.patience_left)

"""The decisions of `sim.model.rules`, compiled: the very same functions."""

from __future__ import annotations

from sim.jit import inlined
from sim.model import rules

__all__ = ["chance_at", "destination", "has_luck_of_issue", "order_key", "patience_budget", "patience_left"]

chance_at = inlined(rules.chance_at)
destination = inlined(rules.destination)
has_luck_of_issue = inlined(rules.has_luck_of_issue)
order_key = inlined(rules.order_key)
patience_budget = inlined(rules.patience_budget)
patience_left = inlined(rules.patience_left)

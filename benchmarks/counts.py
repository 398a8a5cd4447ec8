"""What a program has simulated, and what it hands to `benchmarks.one` to be timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Counts", "Prepared"]


@dataclass
class Counts:
    """Contacts of a run; times in minutes. At the desk only those count that came after the warm-up."""

    warm_up: float = 0.0
    contacts: int = 0  # first and repeated, warm-up included
    at_desk: int = 0
    answered: int = 0
    abandoned: int = 0
    in_20_s: int = 0  # answered within 20 s
    wait: float = 0.0  # sum over all at the desk
    wait_answered: float = 0.0

    def count(self, entered: float, wait: float, is_answered: bool) -> None:
        """Note a contact whose wait at the desk is over."""
        if entered < self.warm_up:
            return
        self.at_desk += 1
        self.wait += wait
        if is_answered:
            self.answered += 1
            self.wait_answered += wait
            self.in_20_s += wait <= 20 / 60
        else:
            self.abandoned += 1

    def figures(self) -> dict[str, float]:
        """What is compared between programs."""
        return {
            "contacts": self.contacts,
            "at_desk": self.at_desk,
            "mean_wait_min": self.wait / self.at_desk,
            "mean_wait_answered_min": self.wait_answered / max(self.answered, 1),
            "abandoned": self.abandoned / self.at_desk,
            "in_20_s": self.in_20_s / self.at_desk,
        }


class Prepared(NamedTuple):
    """Work that is ready to be timed."""

    work: Callable[[], Any]
    counts: Callable[[Any], Counts] = lambda result: result  # not timed
    apart: Mapping[str, float] = {}  # seconds that preparing took, by name

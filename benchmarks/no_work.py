"""Replications that take no time, for what giving them out costs; importable on workers."""

from __future__ import annotations

import random
from typing import NamedTuple

__all__ = ["Nothing"]


class Nothing(NamedTuple):
    """Makes so many bytes that cannot be compressed, at once."""

    size: int

    def __call__(self, number: int, _: object) -> bytes:
        return random.Random(number).randbytes(self.size)

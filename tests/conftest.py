"""What all tests share: the engines."""

from __future__ import annotations

import pytest
from golden_trace import Engine

from sim.engine import reference

ENGINES: dict[str, Engine] = {"reference": reference.simulate}
"""Every engine by name; all of them must tell the same."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return ENGINES[request.param]

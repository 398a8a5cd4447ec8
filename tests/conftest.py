"""What all tests share: the engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engines import ENGINES
from golden_trace import Engine


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests keep no tables in the cache of whoever runs them, and find none there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUPPORTSIM_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return ENGINES[request.param]

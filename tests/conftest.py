"""What all tests share: the engines, and caches of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engines import ENGINES
from golden_trace import Engine

from sim.jit import IS_COMPILED, kept_in
from sim.places import cache_folder
from sim.study.compiling import ready_engine


def pytest_sessionstart(session: pytest.Session) -> None:
    """The engine is compiled once, before there are workers, and outside the time limit of a test."""
    if not hasattr(session.config, "workerinput"):
        ready_engine("auto", print)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests keep no tables in the cache of whoever runs them, and find none there.

    Compiled code is another matter: it is the same for all, and takes long.
    """
    base, own = cache_folder(), tmp_path_factory.mktemp("cache")
    if IS_COMPILED and base is not None and kept_in().is_relative_to(base):
        (own / "compiled").symlink_to(kept_in().parent, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUPPORTSIM_CACHE", str(own))
        yield


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return ENGINES[request.param]

"""supportsim: a simulator of customer service, for planners.

>>> import sim
>>> desk = sim.load("erlang_a", sets={"horizon.measure": "2 h"})
>>> sim.run(desk, reps=3)["hours.paid"].value
1200.0
"""

from importlib import import_module as _import_module
from typing import Any as _Any

__all__ = [
    "Comparison",
    "Difference",
    "Figure",
    "InvalidInput",
    "Picture",
    "Result",
    "Scenario",
    "UsageError",
    "__version__",
    "compare",
    "load",
    "run",
]

_HOMES = {"InvalidInput": "sim.errors", "UsageError": "sim.errors", "__version__": "sim.version"}


def __getattr__(name: str) -> _Any:
    """Public names are loaded when they are first asked for (PEP 562): `import sim` takes no time."""
    if name not in __all__:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    home = _import_module(_HOMES.get(name, "sim.api"))
    value = globals()[name] = getattr(home, "VERSION" if name == "__version__" else name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

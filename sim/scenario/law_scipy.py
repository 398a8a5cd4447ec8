"""Laws of SciPy in words: ``scipy gamma a=2 mean 5 min``."""

from __future__ import annotations

import re

from sim.errors import nearest
from sim.model.scipy_laws import Misfit, law_names, parameters_of, unit_mean
from sim.scenario.law_parts import Component, longer_than_none
from sim.units import WordsError, number

__all__ = ["read_scipy"]

_EXAMPLE = "write for example 'scipy gamma a=2 mean 5 min'"
_GIVEN = re.compile(r"([A-Za-z_]\w*)\s*=\s*([^\s=]+)")


def read_scipy(weight: float, rest: str, offset: int) -> list[Component]:
    """A continuous law of `scipy.stats`, its shape parameters named as SciPy names them, and its mean.

    Raises
    ------
    WordsError
        If there is no such law, its parameters are not right, or no duration can follow it.
    """
    found = re.match(r"\s*([A-Za-z_]\w*)(?!\w|\s*=)", rest)
    if not found:
        raise WordsError("the name of a law of SciPy is missing", _EXAMPLE, offset + 1 if rest else offset)
    name, at = found.group(1), offset + found.start(1)
    _check_name(name, at)
    figures, mean_at = _figures(name, rest, found.end(), offset)
    words = re.match(r"\s*mean(?=\s|$)(.*)", rest[mean_at:], re.S)
    if not words or not words.group(1).strip():
        raise WordsError(
            f"the law 'scipy {name}' needs its mean",
            f"write '{_shown(name)} mean 5 min'",
            offset + len(rest) - len(rest[mean_at:].lstrip()) if rest[mean_at:].strip() else at,
        )
    mean = longer_than_none(words.group(1), offset + mean_at + words.start(1))
    try:
        unit_mean(name, figures)
    except Misfit as e:
        given = " ".join(
            f"{key}={figure:g}" for key, figure in zip(parameters_of(name), figures, strict=True)
        )
        raise WordsError(
            f"'{name}{' ' if given else ''}{given}' is no law of durations: {e}",
            "take another law of SciPy, or other parameters",
            at,
        ) from None
    return [Component(weight, "scipy", mean, name=name, figures=figures)]


def _shown(name: str) -> str:
    return " ".join(["scipy", name, *(f"{key}=2" for key in parameters_of(name))])


def _check_name(name: str, at: int) -> None:
    known = law_names()
    if name not in known:
        near = nearest(name, [law for law, is_continuous in known.items() if is_continuous])
        raise WordsError(
            f"SciPy has no law '{name}'",
            f"did you mean '{near}'?" if near else "laws are named as in scipy.stats: gamma, burr12, ...",
            at,
        )
    if not known[name]:
        raise WordsError(
            f"'{name}' is a law of whole numbers, not of durations",
            "take a continuous law of scipy.stats",
            at,
        )


def _figures(name: str, rest: str, begins: int, offset: int) -> tuple[tuple[float, ...], int]:
    """The shape parameters in SciPy's order, and where they end."""
    wanted = parameters_of(name)
    given: dict[str, float] = {}
    end = begins
    while found := _GIVEN.match(rest, end + len(rest[end:]) - len(rest[end:].lstrip())):
        key, at = found.group(1), offset + found.start(1)
        if key in ("loc", "scale") and key not in wanted:
            raise WordsError(f"'{key}' is not given here", "the mean sets the scale; loc is 0", at)
        if key not in wanted:
            near = nearest(key, wanted)
            has = f"its parameters are {', '.join(wanted)}" if wanted else "it has none, only a mean"
            hint = f"did you mean '{near}'?" if near else has
            raise WordsError(f"'{name}' has no parameter '{key}'", hint, at)
        if key in given:
            raise WordsError(f"'{key}' stands here twice", None, at)
        given[key] = number(found.group(2), offset=offset + found.start(2))
        end = found.end()
    lacking = [key for key in wanted if key not in given]
    if lacking:
        raise WordsError(
            f"'{name}' needs {' and '.join(lacking)}",
            f"write for example '{_shown(name)} mean 5 min'",
            offset + rest.index(name),
        )
    return tuple(given[key] for key in wanted), end

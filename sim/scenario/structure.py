"""Composed layers to a `Scenario`, with every problem of form turned into one clear message."""

from __future__ import annotations

import copy
import re
import types
from collections.abc import Iterable
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sim.errors import Mark, Problem, nearest
from sim.scenario.layers import Layered
from sim.scenario.marks import Path, dotted
from sim.scenario.schema import Scenario
from sim.scenario.values import SubProblem

__all__ = ["place", "read_structure"]


def place(layered: Layered, path: Path, on_key: bool = False, offset: int = 0) -> Mark | None:
    """Where a path stands in the files; ``offset`` characters into a value's text."""
    mark = layered.marks.key(path) if on_key else layered.marks.value(path)
    if mark is None or not offset:
        return mark
    return Mark(mark.file, mark.line, mark.column + offset, mark.text)


def read_structure(layered: Layered) -> tuple[Scenario | None, list[Problem], list[Path]]:
    """The scenario, the problems found, and the paths that had to be left out to read the rest.

    A scenario is given even where there are problems, without the parts that cannot be read, so that
    its meaning can be checked in the same go; it is None where too much is missing for that.
    """
    try:
        return Scenario.model_validate(layered.data), [], []
    except ValidationError as e:
        errors = e.errors(include_url=False)
    problems: list[Problem] = []
    left_out: list[Path] = []
    extras = {tuple(e["loc"]) for e in errors if e["type"] == "extra_forbidden"}
    typos: dict[Path, str] = {}
    for loc in extras:
        near = nearest(str(loc[-1]), _keys_at(loc[:-1]))
        if near is not None:
            typos[loc] = near
    for error in errors:
        path = _clean(error["loc"])
        if error["type"] == "missing" and (*path[:-1], path[-1]) in {
            (*t[:-1], near) for t, near in typos.items()
        }:
            continue  # told once, as the typo
        problems.extend(_problems(layered, error, path, typos))
        if error["type"] != "missing":
            left_out.append(path)
    pruned = copy.deepcopy(layered.data)
    for path in left_out:
        _delete(pruned, path)
    try:
        return Scenario.model_validate(pruned), problems, left_out
    except ValidationError:
        return None, problems, left_out


def _clean(loc: Iterable[str | int]) -> Path:
    return tuple(part for part in loc if part != "[key]")


def _delete(data: Any, path: Path) -> None:
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict):
        data.pop(path[-1], None)


def _problems(layered: Layered, error: Any, path: Path, typos: dict[Path, str]) -> list[Problem]:
    kind, ctx = error["type"], error.get("ctx") or {}
    if kind == "words":
        return [_sub(layered, path, sub) for sub in ctx["problems"]]
    if kind == "extra_forbidden":
        near = typos.get(path)
        known = _keys_at(path[:-1])
        hint = f"did you mean '{near}'?" if near else f"known keys here: {', '.join(known)}"
        return [
            Problem(
                "unknown_key",
                dotted(path),
                f"unknown key '{path[-1]}'",
                place(layered, path, on_key=True),
                hint,
            )
        ]
    if kind == "missing":
        parent = path[:-1]
        return [
            Problem(
                "missing",
                dotted(path),
                f"'{path[-1]}' is missing",
                place(layered, parent, on_key=bool(parent)),
                _missing_hint(path),
            )
        ]
    return [
        Problem(
            *_plain(kind, ctx, path, _get(layered.data, path)),
            mark=place(layered, path),
            hint=_hint(kind, ctx, _get(layered.data, path)),
        )
    ]


def _sub(layered: Layered, path: Path, sub: SubProblem) -> Problem:
    whole = (*path, *sub.path)
    return Problem(
        sub.code, dotted(whole), sub.message, place(layered, whole, sub.on_key, sub.offset), sub.hint
    )


def _plain(kind: str, ctx: dict[str, Any], path: Path, value: object) -> tuple[str, str, str]:
    """Code, path and message for pydantic's own kinds of error."""
    if kind == "literal_error":
        return "choice", dotted(path), f"'{value}' is not one of {ctx['expected'].replace(chr(39), '')}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "type", dotted(path), f"must be a map of keys, not {_kind_of(value)}"
    if kind == "string_type":
        return "type", dotted(path), f"must be text, not {_kind_of(value)}"
    if kind == "string_too_short":
        return "type", dotted(path), "must not be empty"
    return "type", dotted(path), f"cannot be read ({kind})"


def _hint(kind: str, ctx: dict[str, Any], value: object) -> str | None:
    if kind == "literal_error":
        near = nearest(str(value), re.findall(r"'([^']+)'", ctx["expected"]))
        return f"did you mean '{near}'?" if near else None
    return None


def _missing_hint(path: Path) -> str | None:
    examples = {
        "demand": "write for example 'demand: {volume: 1_200/day}'",
        "name": "write for example 'name: Web shop help desk'",
        "handling": "write for example 'handling: lognormal 6 min cv 0.8'",
        "session": "write for example 'session: lognormal 2 min cv 0.8'",
        "solves": "write for example 'solves: 72%'",
        "serves": "write the desk or desks that the team serves",
        "lasts": "write for example 'lasts: 12 h'",
        "chance": "write for example 'chance: 45%'",
        "after": "write for example 'after: exponential 4 h'",
    }
    return examples.get(str(path[-1]))


def _kind_of(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    return "a list" if isinstance(value, list) else f"'{value}'"


def _get(data: Any, path: Path) -> object:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _keys_at(path: Path) -> list[str]:
    """The keys known in the map at a path."""
    model = _model_at(Scenario, path)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            by_key = {f.alias or n: f for n, f in current.model_fields.items()}
            if part not in by_key:
                return None
            current = _bare(by_key[str(part)].annotation)
        elif get_origin(current) is dict:
            current = _bare(get_args(current)[1])
        else:
            return None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _bare(annotation: Any) -> Any:
    """The annotation without Optional and Annotated."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return next(_bare(a) for a in get_args(annotation) if a is not type(None))
    return annotation

"""Composed layers to a `Scenario`, with every problem of form turned into one clear message."""

from __future__ import annotations

import copy
import re
import types
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sim.errors import Mark, Problem, nearest
from sim.scenario.layers import Layered
from sim.scenario.marks import Path, dotted
from sim.scenario.schema import Scenario
from sim.scenario.values import SubProblem
from sim.units import no_such

__all__ = ["keys_at", "place", "read_structure"]


def place(layered: Layered, path: Path, on_key: bool = False, offset: int = 0) -> Mark | None:
    """Where a path stands in the files; ``offset`` characters into a value's text."""
    mark = layered.marks.key(path) if on_key else layered.marks.value(path)
    if mark is None or not offset or mark.column + offset > len(mark.text) + 1:  # a text of several lines
        return mark
    return Mark(mark.file, mark.line, mark.column + offset, mark.text)


def read_structure(layered: Layered) -> tuple[Scenario | None, list[Problem], list[Path]]:
    """The scenario, the problems found, and the paths that had to be left out to read the rest.

    A scenario is given even where there are problems: without the parts that cannot be read, or with
    stand-ins for those that it needs, so that its meaning can be checked in the same go. It is None
    where names are lost that other parts may use.
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
        near = _meant(str(loc[-1]), loc[:-1])
        if near is not None:
            typos[_clean(loc)] = near
    for error in errors:
        path = _clean(error["loc"])
        left_out.append(path)
        if error["type"] == "missing" and path in {(*typo[:-1], near) for typo, near in typos.items()}:
            continue  # told once, as the typo
        problems.extend(_problems(layered, error, path, typos))
    loses_names = any(_loses_names(layered.data, path, typos) for path in left_out)
    return None if loses_names else _mended(layered.data, left_out), problems, left_out


def _clean(loc: Iterable[str | int]) -> Path:
    return tuple(part for part in loc if part != "[key]")


_NAMED = ("attributes", "bots", "desks", "delays", "teams")


def _loses_names(data: dict[str, Any], path: Path, typos: dict[Path, str]) -> bool:
    """Whether names that other parts may use stand in what cannot be read."""
    if len(path) == 1:
        return (path[0] in _NAMED and bool(data.get(str(path[0])))) or typos.get(path) in _NAMED
    values = _first_row(_get(data, path))
    return path[0] == "attributes" and len(path) == 2 and not (isinstance(values, dict) and values)


def _first_row(values: Any) -> Any:
    """The first map of shares in what is written for an attribute, perhaps a table of such."""
    while isinstance(values, dict) and any(isinstance(value, dict) for value in values.values()):
        values = next(value for value in values.values() if isinstance(value, dict))
    return values


def _mended(data: dict[str, Any], left_out: Iterable[Path]) -> Scenario | None:
    """The scenario with stand-ins for required parts that cannot be read, without the optional ones."""
    mended = copy.deepcopy(data)
    for path in left_out:
        owner = _get(mended, path[:-1])
        if not isinstance(owner, dict):
            continue
        stand_in = _stand_in(mended, path)
        if stand_in is None:
            owner.pop(path[-1], None)
        else:
            owner[path[-1]] = stand_in
        if path[-1] in ("from", "to") and path[0] == "teams":
            owner.pop("break", None)  # it cannot be said whether the break lies inside the shift
    try:
        return Scenario.model_validate(mended)
    except ValidationError:
        return None


_STAND_INS: dict[str, object] = {
    "name": "-",
    "demand": {},
    "handling": "1 s",
    "session": "1 s",
    "lasts": "1 s",
    "after": "1 s",
    "solves": "50%",
    "chance": "0%",
    "from": "00:00",
    "to": "24:00",
    "agents": 0,
    "source": "assumed",
}
"""Values for required keys that no check finds anything wrong with."""


def _stand_in(data: dict[str, Any], path: Path) -> object:
    """Something sound to stand where a part cannot be read; None where it may as well be left out."""
    if path == ("horizon", "starts"):
        return "2024-01-01"  # dates elsewhere may be right
    key, owner, own = str(path[-1]), _model_at(Scenario, path[:-1]), _model_at(Scenario, path)
    if path[0] == "attributes" and len(path) == 2:
        names = list(_first_row(data["attributes"][path[1]]))
        return {name: "rest" if name == names[-1] else "0%" for name in names}
    if owner is not None:
        field = {f.alias or name: f for name, f in owner.model_fields.items()}.get(key)
        if field is None or not field.is_required():
            return None
        return list(data.get("desks") or ["-"]) if key == "serves" else copy.copy(_STAND_INS[key])
    if own is None or path[0] == "claims":
        return None
    required = [f.alias or name for name, f in own.model_fields.items() if f.is_required()]
    return {inner: _stand_in(data, (*path, inner)) for inner in required}


def _problems(layered: Layered, error: Any, path: Path, typos: dict[Path, str]) -> list[Problem]:
    kind, ctx = error["type"], error.get("ctx") or {}
    if kind == "words":
        return [_sub(layered, path, sub) for sub in ctx["problems"]]
    if kind == "extra_forbidden":
        hint = _unknown_hint(path, typos.get(path), _get(layered.data, path))
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
            hint=_hint(kind, ctx, path, _get(layered.data, path)),
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
        return "choice", dotted(path), no_such(value, f"one of {ctx['expected'].replace(chr(39), '')}")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return (
            "type",
            dotted(path),
            "a value is missing" if value is None else (f"must be a map of keys, not {_kind_of(value)}"),
        )
    if kind == "string_type":
        return (
            "type",
            dotted(path),
            "a value is missing" if value is None else (f"must be text, not {_kind_of(value)}"),
        )
    if kind == "string_too_short":
        return "type", dotted(path), "must not be empty"
    return "type", dotted(path), f"cannot be read ({kind})"


def _hint(kind: str, ctx: dict[str, Any], path: Path, value: object) -> str | None:
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", ctx["expected"])
        near = nearest(str(value), choices)
        return (
            f"did you mean '{near}'?" if near else f"write {' or '.join(choices)}" if value is None else None
        )
    if kind == "string_type":
        is_one_word = isinstance(value, bool | int | float)
        if value is None:
            return _missing_hint(path) or "write it, or take the key out"
        return "put it in quotes" if is_one_word else None
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        if value is None:
            return _missing_hint(path) or f"take the key out, or write for example {_example(path)}"
        return f"write for example {_example(path)}"
    return None


def _example(path: Path) -> str:
    """What may stand where a map belongs."""
    owner = _NAMED_EXAMPLES.get(str(path[-2])) if len(path) > 1 else None
    if owner is not None:
        return owner[owner.index(": ") + 2 : -1]  # without the name
    return _NAMED_EXAMPLES.get(str(path[-1])) or _EXAMPLES.get(str(path[-1]), "{...}")


_EXAMPLES = {
    "demand": "{volume: 1_200/day}",
    "horizon": "{warm_up: 1 h, measure: 1 day}",
    "returns": "{unsolved: {chance: 45%, after: exponential 4 h}}",
    "believed": "{chance: 45%, after: exponential 4 h}",
    "unsolved": "{chance: 45%, after: exponential 4 h}",
    "abandoned": "{chance: 45%, after: exponential 4 h}",
    "turned_away": "{chance: 45%, after: exponential 4 h}",
}
_NAMED_EXAMPLES = {
    "attributes": "{topic: {orders: 60%, other: rest}}",
    "streams": "{web: {volume: 1_200/day}}",
    "bots": "{assistant: {session: 2 min, solves: 72%}}",
    "desks": "{chat: {handling: lognormal 6 min cv 0.8}}",
    "delays": "{approval: {lasts: 12 h}}",
    "teams": "{support: {serves: chat, agents: 10}}",
    "shifts": "{early: {from: 08:00, to: 16:00, agents: 10}}",
    "groups": "{first_line: [chat, phone]}",
    "targets": "{abandoned: at most 5%}",
    "claims": "{abandoned: {is: 5%, source: assumed}}",
    "sources": "{demand: assumed}",
}
"""Maps of things with names; the name of each comes first."""


def _meant(key: str, path: Path) -> str | None:
    """The known key that an unknown one is a misspelling of."""
    known = keys_at(path)
    # A key that is right elsewhere is hardly misspelt, unless it is nearly the same word.
    return next(iter(get_close_matches(key, known, 1, 0.8 if _homes(key) else 0.6)), None)


_FULL_WIDTH = re.compile("[\uff0c\uff1a]")


def _unknown_hint(path: Path, near: str | None, value: object) -> str:
    key = str(path[-1])
    if _FULL_WIDTH.search(key):
        return "a full-width ',' or ':' does not count in YAML; write ', ' and ': '"
    if value is None and key[:1].isdigit():
        return "inside { } a ',' ends the value before it; decimals are written with a point"
    hints = [f"did you mean '{near}'?"] if near else []
    if _homes(key):
        hints.append(f"'{key}' belongs to {' or '.join(_homes(key)[:2])}")
    return " ".join(hints) or f"known keys here: {', '.join(keys_at(path[:-1]))}"


def _homes(key: str) -> list[str]:
    """Where in a scenario a key may stand."""
    return [home for home, model in _sections(Scenario, "") if key in _keys_of(model)]


def _sections(model: type[BaseModel], where: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every map with fixed keys below a model, with its path in words."""
    for key, field in zip(_keys_of(model), model.model_fields.values(), strict=True):
        kind = _bare(field.annotation)
        path = f"{where}{key}"
        if get_origin(kind) is dict:
            kind, path = _bare(get_args(kind)[1]), f"{path}.NAME"
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield path, kind
            yield from _sections(kind, f"{path}.")


def _missing_hint(path: Path) -> str | None:
    if _model_at(Scenario, path[:-1]) is None:  # a name, not a key
        return None
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
        "from": "write for example 'from: 08:00'",
        "to": "write for example 'to: 16:30'",
        "agents": "write for example 'agents: 10'",
        "source": "write published ID, exact, expected (words) or assumed (words)",
    }
    return examples.get(str(path[-1]))


def _kind_of(value: object) -> str:
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    return "a list" if isinstance(value, list) else f"'{value}'"


def _get(data: Any, path: Path) -> object:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def keys_at(path: Path) -> list[str]:
    """The keys known in the map at a path."""
    model = _model_at(Scenario, path)
    return [] if model is None else _keys_of(model)


def _keys_of(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


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

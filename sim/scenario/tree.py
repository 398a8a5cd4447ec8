"""A YAML text as plain Python values with marks: what each word of it means.

ruamel.yaml scans and parses; what a word means is decided here, so that a scenario reads the same
whatever the library's version: ``22:00``, ``2024-07-01`` and ``yes`` are text, keys are always text,
a key given twice is an error.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    ScalarEvent,
    SequenceStartEvent,
)

from sim.errors import InvalidInput, Mark, Problem
from sim.scenario.marks import Marks, Path, dotted
from sim.scenario.syntax import Broken, events_of

__all__ = ["DEEPEST", "LINE_END", "MOST_NODES", "Builder", "name_problem"]

MOST_NODES = 100_000
"""Keys and values in a file, aliases written out; more are refused (a few lines can stand for billions)."""

DEEPEST = 32
"""Levels of maps and lists inside each other."""

LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line in YAML."""

_FIRST_LINE = "the first line reads for example 'name: Web shop help desk'"
_LARGEST_INT = 2**53  # the largest up to which a float holds every whole number
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INT = re.compile(r"[-+]?\d+(_\d+)*", re.ASCII)
_BASED_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(_\d+)*(\.\d*)?)([eE][-+]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PROPERTIES = re.compile(r"([&!]\S*\s+)+")  # anchor and tag before a value


def name_problem(name: str) -> str | None:
    """What is wrong with a name (a key), or None: names are not empty and show as they are."""
    if not name.strip():
        return "a key is missing before ':'"
    if any(c in _BIDI for c in name):
        return "the name holds invisible characters that turn the direction of writing"
    if any(unicodedata.category(c) == "Cc" for c in name):
        return "the name holds a control character"
    return None


class _Stop(Exception):
    """Nothing after this place can be read; the problem is noted."""


@dataclass(frozen=True)
class _Node:
    """A value as written; ``at`` is the index of its first character."""

    at: int
    tag: str | None


@dataclass(frozen=True)
class _Scalar(_Node):
    text: str
    plain: bool  # neither quoted nor a block


@dataclass(frozen=True)
class _List(_Node):
    items: list[_Node]


@dataclass(frozen=True)
class _Map(_Node):
    entries: list[tuple[_Node, _Node]]


class Builder:
    """Builds plain values and marks out of one text: first the tree as written, then its meaning."""

    def __init__(self, text: str, file: str, shown: str | None = None) -> None:
        self._text, self._file = text, file
        self._line_starts = [0, *(found.end() for found in LINE_END.finditer(text))]
        self._lines = LINE_END.split(text if shown is None else shown)
        self._problems: dict[tuple[str, int], Problem] = {}  # by code and index: aliases show a problem once
        self._anchors: dict[str, _Node | None] = {}  # None while the anchored value is still being read
        self._known: dict[Path, tuple[Mark, Mark]] = {}
        self._n_written = self._n_nodes = 0

    def build(self, must_be_map: bool) -> tuple[Any, Marks]:
        """The value and its marks."""
        try:
            root = self._tree()
            top = self._mark(root.at if root else 0)
            data = self._plain(root, (), top) if root else None
            if must_be_map and data is None and not self._problems:
                self._add("empty", 0, "the file is empty", hint=_FIRST_LINE)
            elif must_be_map and not isinstance(root, _Map):
                self._add(
                    "not_a_map",
                    root.at if root else 0,
                    "a scenario is a map of keys and values",
                    hint=_FIRST_LINE,
                )
        except _Stop:
            pass
        if self._problems:
            raise InvalidInput(list(self._problems.values()))
        return data, Marks(self._known)

    def _mark(self, index: int) -> Mark:
        line = bisect_right(self._line_starts, index) - 1
        return Mark(self._file, line + 1, index - self._line_starts[line] + 1, self._lines[line])

    def _add(self, code: str, at: int, message: str, path: Path = (), hint: str | None = None) -> None:
        self._problems.setdefault((code, at), Problem(code, dotted(path), message, self._mark(at), hint))

    # The tree as written.

    def _tree(self) -> _Node | None:
        """The tree of the only document; None where there is none."""
        root: _Node | None = None
        events = self._events()
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    self._add(
                        "documents",
                        event.start_mark.index,
                        "a second document begins here",
                        hint="one file holds one scenario; write the second one in a file of its own",
                    )
                    raise _Stop
                if event.version not in (None, (1, 2)):
                    self._add("syntax", event.start_mark.index, "not YAML 1.2; take the %YAML line out")
                root = self._node(next(events), events, 0)
        return root

    def _events(self) -> Iterator[Event]:
        """ruamel's events; what it cannot read becomes a problem."""
        try:
            yield from events_of(self._text)
        except Broken as broken:
            self._add(broken.code, broken.at, broken.message, hint=broken.hint)
            raise _Stop from None

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> _Node:
        at = event.start_mark.index
        self._n_written += 1
        if self._n_written > MOST_NODES:
            self._stop_large(at)
        if isinstance(event, AliasEvent):
            return self._aliased(event.anchor, at)
        assert isinstance(event, ScalarEvent | CollectionStartEvent)
        if event.anchor:
            self._anchors[event.anchor] = None
        if event.anchor or event.tag:
            found = _PROPERTIES.match(self._text, at)
            at = found.end() if found else at
        node = self._bare_node(event, events, at, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _bare_node(
        self, event: ScalarEvent | CollectionStartEvent, events: Iterator[Event], at: int, depth: int
    ) -> _Node:
        tag = None if event.tag is None else str(event.tag)
        if isinstance(event, ScalarEvent):
            return _Scalar(self._text_start(at, event.style), tag, event.value, plain=event.style is None)
        if depth >= DEEPEST:
            self._add("too_deep", at, f"more than {DEEPEST} levels inside each other")
            raise _Stop
        nodes = []
        while not isinstance(inner := next(events), CollectionEndEvent):
            nodes.append(self._node(inner, events, depth + 1))
        if isinstance(event, SequenceStartEvent):
            return _List(at, tag, nodes)
        return _Map(at, tag, list(zip(nodes[::2], nodes[1::2], strict=True)))

    def _text_start(self, at: int, style: str | None) -> int:
        """Index of the first character of a text itself."""
        if style in ("'", '"'):
            return at + 1
        if style in ("|", ">"):
            found = re.compile(r"[^\n]*\n\s*").match(self._text, at)
            return min(found.end() if found else at, len(self._text))
        return at

    def _aliased(self, name: str, at: int) -> _Node:
        if name not in self._anchors:
            self._add("anchor", at, f"there is no anchor '&{name}' above")
        elif self._anchors[name] is None:
            self._add("anchor", at, f"'*{name}' stands inside the value it stands for")
        return self._anchors.get(name) or _Scalar(at, None, "", plain=True)

    def _stop_large(self, at: int) -> NoReturn:
        self._add("too_large", at, f"more than {MOST_NODES:_} keys and values (aliases written out)")
        raise _Stop

    # What it means.

    def _plain(self, node: _Node, path: Path, key: Mark) -> Any:
        self._n_nodes += 1
        if self._n_nodes > MOST_NODES:
            self._stop_large(node.at)
        if len(path) > DEEPEST:
            self._add("too_deep", node.at, f"more than {DEEPEST} levels inside each other")
            raise _Stop
        self._known[path] = (key, self._value_mark(node, key))
        if node.tag is not None:
            words = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._add("tag", node.at, f"tags such as '{words}' cannot be used", path)
        if isinstance(node, _Scalar):
            return self._scalar(node, path) if node.plain else node.text
        if isinstance(node, _List):
            return [self._plain(item, (*path, i), self._item_mark(item)) for i, item in enumerate(node.items)]
        assert isinstance(node, _Map)
        return self._map(node, path)

    def _value_mark(self, node: _Node, key: Mark) -> Mark:
        """Where a value is shown: at its key where nothing is written, or where it begins in a later line."""
        at = self._mark(node.at)
        is_nothing = isinstance(node, _Scalar) and node.plain and not node.text
        return key if is_nothing or (isinstance(node, _Map | _List) and at.line != key.line) else at

    def _item_mark(self, item: _Node) -> Mark:
        """Where an item of a list is shown: at its dash where nothing is written."""
        is_nothing = isinstance(item, _Scalar) and item.plain and not item.text
        return self._mark(self._text.rfind("-", 0, item.at) if is_nothing else item.at)

    def _map(self, node: _Map, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.entries:
            if not self._is_name(key, path):
                continue
            assert isinstance(key, _Scalar)
            inner = (*path, key.text)
            if key.text in data:
                first = self._known[inner][0]
                self._add("duplicate_key", key.at, f"'{key.text}' stands already in line {first.line}", inner)
                continue
            is_empty = isinstance(value, _Scalar) and value.plain and not value.text
            if is_empty and re.match(r"[A-Za-z_]\w*:\S", key.text):
                self._add("syntax", key.at, f"'{key.text}' needs a blank after the ':'", inner)
            data[key.text] = self._plain(value, inner, self._mark(key.at))
        return data

    def _is_name(self, key: _Node, path: Path) -> bool:
        """Whether a key can be used; a problem is noted if not."""
        if not isinstance(key, _Scalar):
            self._add("key", key.at, "a key must be a word, not a list or a map", path)
            return False
        if key.plain and key.text == "<<":
            self._add(
                "merge_key",
                key.at,
                "merge keys ('<<') cannot be used",
                path,
                "build on another file with 'extends: FILE'",
            )
            return False
        problem = name_problem(key.text)
        if problem or key.tag is not None:
            self._add("key", key.at, problem or "a key cannot have a tag", path)
        return not problem

    def _scalar(self, node: _Scalar, path: Path) -> Any:
        text = node.text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _BASED_INT.fullmatch(text):
            return self._whole(node, path, int(text, 0) if len(text) < 40 else _LARGEST_INT + 1)
        if _INT.fullmatch(text):
            # Python refuses to read thousands of digits.
            return self._whole(node, path, int(text) if len(text) < 400 else _LARGEST_INT + 1)
        if _NOT_FINITE.fullmatch(text):
            self._add("number", node.at, f"'{text}' is not a number that can be used", path)
            return 0.0
        if _FLOAT.fullmatch(text):
            value = float(text)
            if math.isinf(value):
                self._add("number", node.at, f"{text[:20]} is too large", path)
            return value
        return text

    def _whole(self, node: _Scalar, path: Path, value: int) -> int:
        if abs(value) > _LARGEST_INT:
            short = node.text if len(node.text) <= 24 else node.text[:20] + "..."
            self._add("number", node.at, f"{short} is too large", path)
        return value

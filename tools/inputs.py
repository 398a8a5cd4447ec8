"""The files of this project on which a Python file depends, and a hash of what is in them."""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path

__all__ = ["ROOT", "closure", "digest", "matching"]

ROOT = Path(__file__).resolve().parents[1]
SWITCHES = ("NUMBA_DISABLE_JIT", "MOST_EXAMPLES")  # in the environment
NOT_INPUT = {"__pycache__", ".pytest_cache", ".hypothesis"}


def closure(files: Iterable[Path], root: Path = ROOT) -> set[Path]:
    """The files and everything of the project that they import, and so on.

    Imports inside functions count. The lazy names of ``import sim`` are those of the modules that its
    ``__init__`` names in strings; a list that holds ``"-m", "sim"`` runs the command. Of a test file also
    the `conftest.py` beside it.
    """
    seen: set[Path] = set()
    todo = list(files)
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        tests = path.parent / "conftest.py"
        if path.name.startswith("test_") and tests.is_file():
            todo.append(tests)
        todo += _needed(path, root)
    return seen


def _needed(path: Path, root: Path) -> Iterator[Path]:
    """The files of the project that a file imports itself."""
    beside = () if (path.parent / "__init__.py").is_file() else (path.parent,)
    places = dict.fromkeys((root, root / "tests", *beside))
    for name in _imported(path.read_text(encoding="utf-8")):
        for place in places:
            yield from _files(name, place)


@cache
def _imported(text: str) -> tuple[str, ...]:
    """Dotted names of what a file imports, wherever the import stands; a name of a module comes with it."""
    return tuple(_imports(ast.parse(text)))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.List | ast.Tuple):
            words = [getattr(word, "value", None) for word in node.elts]
            for flag, name in pairwise(words):
                if flag == "-m" and isinstance(name, str):
                    yield f"{name}.__main__"


def _files(name: str, place: Path) -> Iterator[Path]:
    """The modules of a dotted name below a folder, from the outermost package to the innermost."""
    found = place
    for word in name.split("."):
        found /= word
        if found.with_suffix(".py").is_file():
            yield found.with_suffix(".py")
            return
        if not found.is_dir():
            return
        init = found / "__init__.py"
        if init.is_file():
            yield init
            if not _is_module(name, place, found):
                yield from _lazy(init, place)


def _is_module(name: str, place: Path, package: Path) -> bool:
    """Whether a dotted name goes on to a module below ``package``, rather than to a name in it."""
    rest = name.split(".")[len(package.relative_to(place).parts) :]
    return bool(rest) and ((package / rest[0]).is_dir() or (package / f"{rest[0]}.py").is_file())


def _lazy(init: Path, place: Path) -> Iterator[Path]:
    """Modules whose dotted names stand as strings in the ``__init__`` of a package."""
    for node in ast.walk(ast.parse(init.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
            if re.fullmatch(rf"{init.parent.name}(\.\w+)+", name):
                yield from (file for file in _files(name, place) if file != init)


def matching(patterns: Iterable[str], root: Path = ROOT) -> set[Path]:
    """The files that patterns such as ``scenarios/**`` mean."""
    wider = (f"{pattern}/*" if pattern.endswith("**") else pattern for pattern in patterns)
    found = {path for pattern in wider for path in root.glob(pattern) if path.is_file()}
    return {path for path in found if NOT_INPUT.isdisjoint(path.parts) and path.suffix != ".pyc"}


def digest(words: Iterable[str], files: Iterable[Path], root: Path = ROOT) -> str:
    """A hash of some words, of what is in the files, and of the Python and the packages that run them."""
    made = hashlib.sha256()
    switches = (os.environ.get(name, "") for name in SWITCHES)
    machine = (sys.version, sys.platform, platform.machine(), *switches)
    for word in (*machine, *words, *_packages(root / "constraints.txt")):
        made.update(word.encode() + b"\0")
    for path in sorted(files):
        made.update(path.relative_to(root).as_posix().encode() + b"\0")
        made.update(hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()


def _packages(constraints: Path) -> Iterator[str]:
    """The lines of constraints.txt, and what is installed of it."""
    if not constraints.is_file():
        return
    for line in constraints.read_text(encoding="utf-8").splitlines():
        yield line
        name = re.match(r"[\w.-]+", line)
        if name:
            try:
                yield version(name.group())
            except PackageNotFoundError:
                yield "-"

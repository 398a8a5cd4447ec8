"""The composed scenario as YAML, with the place each changed value comes from."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from sim.errors import Mark
from sim.scenario.laws import files_renamed
from sim.scenario.marks import Path
from sim.scenario.validate import Loaded

__all__ = ["resolved_yaml"]


def resolved_yaml(loaded: Loaded, folder: FilePath) -> str:
    """YAML that loads to the same scenario; values not of the main file end with ``# from FILE:LINE``.

    Parameters
    ----------
    loaded
        The scenario.
    folder
        Where the YAML will lie: CSV files are named from there on.
    """
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 1000
    text = io.StringIO()

    def seen(file: FilePath) -> str:
        return FilePath(os.path.relpath(file, folder)).as_posix()

    named = {path: seen(file) for path, file in loaded.csv_files.items()}
    for path, files in loaded.law_files.items():
        seen_as = {name: seen(file) for name, file in files.items()}
        named[path] = files_renamed(_at(loaded.layered.data, path), seen_as.__getitem__)
    yaml.dump(_commented(loaded.layered.data, (), loaded.layered.origin, named), text)
    return text.getvalue()


def _at(data: Any, path: Path) -> str:
    for key in path:
        data = data[key]
    return str(data)


def _renamed(value: object, path: Path, named: Mapping[Path, str]) -> object:
    """A value with the CSV files in it named from the folder of the new file."""
    if isinstance(value, list):
        return [_renamed(inner, (*path, i), named) for i, inner in enumerate(value)]
    if isinstance(value, dict):
        return {key: _renamed(inner, (*path, key), named) for key, inner in value.items()}
    return named.get(path, value)


def _commented(
    data: dict[str, Any], path: Path, origin: Mapping[Path, Mark], named: Mapping[Path, str]
) -> CommentedMap:
    commented = CommentedMap()
    for key, value in data.items():
        below = (*path, key)
        is_map = isinstance(value, dict) and value
        commented[key] = _commented(value, below, origin, named) if is_map else _renamed(value, below, named)
        mark = origin.get(below)
        if mark is not None and not is_map:
            commented.yaml_add_eol_comment(f"from {mark.file}:{mark.line}", key, column=0)
    return commented

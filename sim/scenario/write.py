"""The composed scenario as YAML, with the place each changed value comes from."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from sim.errors import Mark
from sim.scenario.layers import Layered

__all__ = ["resolved_yaml"]

Path = tuple[str | int, ...]


def resolved_yaml(layered: Layered) -> str:
    """YAML that loads to the same scenario; values not of the main file end with ``# from FILE:LINE``."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 1000
    text = io.StringIO()
    yaml.dump(_commented(layered.data, (), layered.origin), text)
    return text.getvalue()


def _commented(data: dict[str, Any], path: Path, origin: dict[Path, Mark]) -> CommentedMap:
    commented = CommentedMap()
    for key, value in data.items():
        below = (*path, key)
        commented[key] = _commented(value, below, origin) if isinstance(value, dict) and value else value
        mark = origin.get(below)
        if mark is not None and not (isinstance(value, dict) and value):
            commented.yaml_add_eol_comment(f"from {mark.file}:{mark.line}", key)
    return commented

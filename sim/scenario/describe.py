"""The JSON Schema of scenario files, for editors."""

from __future__ import annotations

import json
from typing import Any

from sim.scenario.schema import Scenario

__all__ = ["schema_text"]

_LAYER_KEYS = {
    "extends": {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "scenario files that this one builds on; a bare name is a shipped scenario",
    },
}


_GROUPED = r"^\s*\d[\d_]*\s*$"  # 1_200: a number for us, a text for many editors
_CHANGE = r"\s(more|less|fewer)\s*$"  # in a layer: 5 fewer, 20% more


def _allow_changes(schema: Any) -> None:
    """Let whole numbers be grouped by underscores, and every figure be changed relatively."""
    if isinstance(schema, list):
        for part in schema:
            _allow_changes(part)
    elif isinstance(schema, dict):
        for part in schema.values():
            _allow_changes(part)
        if schema.get("type") == "integer":
            schema |= {"type": ["integer", "string"], "pattern": f"{_GROUPED}|{_CHANGE}"}
        elif isinstance(schema.get("pattern"), str) and schema.get("type") == "string":
            schema["pattern"] += f"|{_CHANGE}"


def schema_text() -> str:
    """The schema as text. Nothing is required: a file that extends others may hold any part."""
    schema = Scenario.model_json_schema(by_alias=True)
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    schema["title"] = "supportsim scenario"
    schema["properties"] = {**_LAYER_KEYS, **schema["properties"]}
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("required", None)
    _allow_changes(schema)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"

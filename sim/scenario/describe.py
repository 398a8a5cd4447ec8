"""The JSON Schema of scenario files, for editors."""

from __future__ import annotations

import json

from sim.scenario.schema import Scenario

__all__ = ["schema_text"]

_LAYER_KEYS = {
    "extends": {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "scenario files that this one builds on; a bare name is a shipped scenario",
    },
}


def schema_text() -> str:
    """The schema as text. Nothing is required: a file that extends others may hold any part."""
    schema = Scenario.model_json_schema(by_alias=True)
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    schema["title"] = "supportsim scenario"
    schema["properties"] = {**_LAYER_KEYS, **schema["properties"]}
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("required", None)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"

"""The grammar as a JSON Schema, from which editors complete and explain config.yaml."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from feeds.config.schema import Config

TITLE = "config.yaml of feeds"
INTERNAL = MappingProxyType({"Config": ("path", "files", "secrets"), "Source": ("private", "written")})
REFERENCE = "#/$defs/Reference"
LOOSE = ("integer", "boolean", "number")


def tidied(node: Any) -> Any:
    """Take out what an editor would only be confused by, and let ``${NAME}`` stand for any value.

    Defaults are told in the descriptions: pydantic writes some of them in a spelling that is not ours.
    """
    if isinstance(node, list):
        return [tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: tidied(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    if isinstance(kept.get("default"), str | list | dict) or kept.get("default", 0) is None:
        del kept["default"]
    options = [option for option in kept.get("anyOf", ()) if option != {"type": "null"}]
    if "anyOf" in kept:
        kept["anyOf"] = options
        if len(options) == 1:
            del kept["anyOf"]
            kept = {**options[0], **kept}
    strict = kept.get("type") in LOOSE or "enum" in kept or "const" in kept or "pattern" in kept
    if strict:
        about = {key: kept.pop(key) for key in ("description", "examples", "default") if key in kept}
        return {**about, "anyOf": [kept, {"$ref": REFERENCE}]}
    return kept


def schema_json() -> dict[str, Any]:
    """Make the JSON Schema (draft 2020-12) of config.yaml and of the files it includes."""
    made = Config.model_json_schema(by_alias=True)
    definitions = made.pop("$defs")
    definitions["Config"] = made
    for model, keys in INTERNAL.items():
        for key in keys:
            definitions[model]["properties"].pop(key, None)
        definitions[model].pop("required", None)
    schema = {key: tidied(value) for key, value in definitions.items()}
    for part in schema.values():
        part["type"] = "object"
    schema["Source"]["description"] = "A feed (url) or a folder of texts (path) with its settings."
    schema["Source"]["anyOf"] = [{"required": ["url"]}, {"required": ["path"]}]
    schema["Config"]["description"] = "A whole configuration; every part is optional."
    schema["Reference"] = {
        "description": "A variable of the environment.",
        "type": "string",
        "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}",
        "examples": ["${NAME}", "${NAME:-default}"],
    }
    schema["UntrackStep"] = {
        "description": "Remove tracking parameters and pixels.",
        "anyOf": [{"const": "untrack"}, schema["UntrackStep"]],
    }
    sources = {
        "description": "What is polled: addresses, or mappings with url or path and settings.",
        "type": ["array", "null"],
        "items": {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": r"^\s*[hH][tT][tT][pP][sS]?://|\$\{",
                    "description": "Address of a feed.",
                    "examples": ["https://example.org/feed.xml"],
                },
                {"$ref": "#/$defs/Source"},
            ]
        },
    }
    config = schema.pop("Config")
    config["properties"]["sources"] = {"$ref": "#/$defs/Sources"}
    config["properties"]["outputs"]["type"] = ["array", "null"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "description": "A list of addresses, or a mapping.",
        "anyOf": [{"$ref": "#/$defs/Sources"}, {"$ref": "#/$defs/Config"}],
        "$defs": dict(sorted({**schema, "Config": config, "Sources": sources}.items())),
    }

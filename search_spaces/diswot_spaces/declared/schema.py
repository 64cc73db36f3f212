"""The JSON Schema of files that declare a space, for editors: made of the same declarations that files are read by."""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any

from diswot_spaces.blocks import BLOCKS, Block
from diswot_spaces.blocks.base import Setting, settings
from diswot_spaces.blocks.head import Head
from diswot_spaces.declared.choices import MOST_OPTIONS
from diswot_spaces.declared.family import MOST_STAGES, NAME
from diswot_spaces.declared.rules import MOST
from diswot_spaces.declared.stages import DEPTH, SHARED

TYPES = {int: "integer", float: "number", str: "string"}
TIE = {
    "type": "object",
    "properties": {"choice": {"type": "string"}, "times": {"type": "number", "exclusiveMinimum": 0}},
    "required": ["choice"],
    "additionalProperties": False,
}
RANGE = {
    "type": "object",
    "properties": {name: {"type": "number"} for name in ("start", "end", "step")},
    "required": ["start", "end"],
    "additionalProperties": False,
}


def space_schema() -> dict[str, Any]:
    """The JSON Schema, draft 2020-12."""
    variants = [_variant(kind) for kind in BLOCKS.builtin.values()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A family of classifiers",
        "type": "object",
        "properties": {
            "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
            "summary": {"type": "string", "description": "One line for lists."},
            "choices": {
                "type": "object",
                "description": "Choices that several places share, by name.",
                "additionalProperties": _choice({"type": ["number", "string"]}),
            },
            "stem": {
                "description": "A block, or several, before the stages.",
                "anyOf": [{"$ref": "#/$defs/block"}, {"type": "array", "items": {"$ref": "#/$defs/block"}}],
            },
            "stages": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_STAGES,
                "items": {"anyOf": [{"$ref": "#/$defs/stage"}, {"$ref": "#/$defs/layers"}]},
            },
            "head": _object("What stands before the logits.", _settings(Head)),
            "constraints": {"type": "array", "maxItems": MOST, "items": {"type": "string"}},
            "notation": {"type": "string", "description": "How architectures are written, with places in braces."},
        },
        "required": ["name", "stages"],
        "additionalProperties": False,
        "$defs": {
            "block": {"anyOf": [_block(kind, {}) for kind in BLOCKS.builtin.values()]},
            "stage": {"anyOf": [_block(kind, {"depth": _setting(int, DEPTH)}) for kind in BLOCKS.builtin.values()]},
            "layers": _object(
                "A stage each of whose layers takes one of a list of blocks.",
                {
                    "blocks": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"anyOf": variants},
                    },
                    "depth": _setting(int, DEPTH),
                    **{name: found for name, found in _settings(BLOCKS["conv"]).items() if name in SHARED},
                },
                ["blocks"],
            ),
        },
    }


def _block(kind: type[Block], more: dict[str, Any]) -> dict[str, Any]:
    needed = [name for name, (_, default, _) in settings(kind).items() if default is MISSING]
    return _object(kind.summary, {"block": {"const": kind.kind}, **_settings(kind), **more}, ["block", *needed])


def _variant(kind: type[Block]) -> dict[str, Any]:
    own = {
        name: {
            "anyOf": [_value(of, limits), {"type": "array", "items": _value(of, limits)}],
            "description": limits.help,
        }
        for name, (of, _, limits) in settings(kind).items()
        if name not in SHARED
    }
    label = {"type": ["string", "number"], "description": "What the block is called in architectures."}
    with_settings = _object(kind.summary, {"block": {"const": kind.kind}, "label": label, **own}, ["block"])
    return {"anyOf": [{"const": kind.kind}, with_settings]}


def _settings(kind: type) -> dict[str, Any]:
    return {name: _setting(of, limits, default) for name, (of, default, limits) in settings(kind).items()}


def _setting(of: type, limits: Setting, default: Any = MISSING) -> dict[str, Any]:
    found = {**_choice(_value(of, limits)), "description": limits.help}
    return found if default is MISSING else {**found, "default": default}


def _choice(value: dict[str, Any]) -> dict[str, Any]:
    options = {"type": "array", "minItems": 1, "maxItems": MOST_OPTIONS, "uniqueItems": True, "items": value}
    return {"anyOf": [value, options, RANGE, TIE]}


def _value(of: type, limits: Setting) -> dict[str, Any]:
    if limits.among:
        return {"enum": list(limits.among)}
    ends = {"minimum": limits.low, "maximum": limits.high}
    return {"type": TYPES[of], **{name: end for name, end in ends.items() if end is not None}}


def _object(text: str, properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    found = {"type": "object", "description": text, "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found

"""The Pulumi package schema, derived from the specs (https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/)."""

from __future__ import annotations

import enum
import inspect
import json
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from provision.core.record import BESIDES
from provision.core.registry import catalogue, configuration
from provision.core.spec import ADOPTED_FROM, MADE_WITH, PACKAGE, Mark

_PRIMITIVES = {str: "string", bool: "boolean", int: "integer", float: "number"}
_ANY = {"$ref": "pulumi.json#/Any"}


def schema_json(version: str) -> str:
    """Return the schema as a JSON text."""
    return json.dumps(schema(version))


def schema(version: str) -> dict[str, Any]:
    """Return the schema as plain data."""
    named: dict[str, Any] = {}
    resources = {token: _resource(handler, token, named) for token, handler in catalogue().items()}
    former = {old: now for now, handler in catalogue().items() for old in handler.spec.former_tokens}
    resources |= {old: _renamed(resources[now], now) for old, now in former.items()}
    settings, _ = _properties(configuration(), "", named)
    return {
        "name": PACKAGE,
        "displayName": "Provision",
        "version": version,
        "description": "Keycloak for MCP authorization: typed, adopting, free of false drift.",
        "license": "Apache-2.0",
        "config": {},
        "provider": {"inputProperties": settings, "properties": dict(settings)},
        "types": named,
        "resources": resources,
        "language": {"python": {"pyproject": {"enabled": True}, "respectSchemaVersion": True}},
    }


def _resource(handler: Any, token: str, named: dict[str, Any]) -> dict[str, Any]:
    module = token.split(":")[1]
    inputs, required = _properties(handler.spec, module, named)
    outputs, _ = _properties(handler.outputs, module, named)
    certain = [name for name in outputs if not _may_be_none(handler.outputs, name)]
    adopted = {ADOPTED_FROM: {**_ANY, "secret": True, "description": "What was there before it was adopted."}}
    made = {
        MADE_WITH: {"type": "string", "description": "What it was made with and nobody declared, as JSON."},
        BESIDES: {
            "type": "string",
            "description": "What it had besides its fields when it was made, packed.",
        },
    }
    former = [{"type": token} for token in handler.spec.former_tokens]
    return {
        **({"aliases": former} if former else {}),
        "description": inspect.cleandoc(handler.spec.__doc__ or ""),
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": inputs | outputs | adopted | made,
        "required": sorted({*required, *certain}),
    }


def _renamed(resource: dict[str, Any], now: str) -> dict[str, Any]:
    """Return the resource's schema under a former name, for programs that use that name."""
    told = {name: value for name, value in resource.items() if name != "aliases"}
    return told | {
        "deprecationMessage": f"It is called {now} now; nothing is made anew when a program says so."
    }


def _may_be_none(model: Any, wire: str) -> bool:
    return type(None) in get_args(model.model_fields[model.fields()[wire].name].annotation)


def _properties(model: Any, module: str, named: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    properties, required = {}, []
    for name, info in model.model_fields.items():
        field = model.fields()[info.alias or name]
        entry = _type(info.annotation, module, named)
        if info.description:
            entry["description"] = info.description
        if field.secret:
            entry["secret"] = True
        if {Mark.NATURAL_KEY, Mark.REPLACE_ON_CHANGE} & field.marks:
            entry["willReplaceOnChanges"] = True
        properties[field.wire] = entry
        if field.required:
            required.append(field.wire)
    return properties, sorted(required)


def _type(annotation: Any, module: str, named: dict[str, Any]) -> dict[str, Any]:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        kinds = [argument for argument in get_args(annotation) if argument is not type(None)]
        return _type(kinds[0], module, named) if len(kinds) == 1 else dict(_ANY)
    if origin is Literal or (isinstance(annotation, type) and issubclass(annotation, enum.Enum)):
        return {"type": "string"}
    if origin in {list, tuple, set, frozenset}:
        return {"type": "array", "items": _type(get_args(annotation)[0], module, named)}
    if origin is dict or getattr(origin, "__name__", "") == "Mapping":
        return {"type": "object", "additionalProperties": _type(get_args(annotation)[1], module, named)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        token = f"{PACKAGE}:{module}:{annotation.__name__}"
        if token not in named:
            named[token] = {}  # known already where a value of the type holds others of the same type
            properties, required = _properties(annotation, module, named)
            named[token] = {
                "type": "object",
                "description": inspect.cleandoc(annotation.__doc__ or ""),
                "properties": properties,
                "required": required,
            }
        return {"$ref": f"#/types/{token}"}
    return {"type": _PRIMITIVES[annotation]} if annotation in _PRIMITIVES else dict(_ANY)

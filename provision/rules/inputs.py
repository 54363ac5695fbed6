"""A resource's inputs as the engine tells them, as rules look at them: unknown and secret values marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.provider.wire import OUTPUT_VALUE, SECRET, SIGNATURE, UNKNOWNS
from provision.rules.declared import Resource
from provision.rules.thing import MASKED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping


def resource(type_token: str, urn: str, inputs: Mapping[str, Any]) -> Resource:
    """A resource of a program.

    Args:
        type_token: Its type.
        urn: Its URN, which reports call it by.
        inputs: Its inputs in the JSON form of Pulumi's protocol.
    """
    return Resource(type_token, urn, {name: _seen(value) for name, value in inputs.items()})


def _seen(value: Any) -> Any:
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    if isinstance(value, float) and value.is_integer():
        return int(value)  # protobuf has no other numbers
    if isinstance(value, list):
        return [_seen(item) for item in value]
    return _object(value) if isinstance(value, dict) else value


def _object(value: dict[str, Any]) -> Any:
    kind = value.get(SIGNATURE)
    if kind == SECRET or (kind == OUTPUT_VALUE and value.get("secret")):
        return MASKED
    if kind == OUTPUT_VALUE:
        return _seen(value["value"]) if "value" in value else UNKNOWN
    return {name: _seen(item) for name, item in value.items()}

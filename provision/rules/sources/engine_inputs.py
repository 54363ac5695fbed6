"""Declared resources, made from the inputs that the engine sends: unknown and secret values are marked.

Rules see secrets of Keycloak objects that are given in clear, because one rule judges their strength; no report shows
them (:attr:`provision.rules.model.Resource.secrets`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.core.registry import kind
from provision.provider import wire
from provision.provider.wire import OUTPUT_VALUE, SECRET, SIGNATURE, UNKNOWNS
from provision.rules.model import MASKED, UNKNOWN
from provision.rules.sources.keycloak_resource import KEYCLOAK
from provision.rules.sources.resource_input import ResourceInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.struct_pb2 import Struct


def resource(
    type_token: str, urn: str, inputs: Mapping[str, Any], secrets: Mapping[str, Any] | None = None
) -> ResourceInput:
    """Return a declared resource.

    Args:
        type_token: The type of the resource.
        urn: The URN, which is the resource's name in reports.
        inputs: The inputs in the JSON form of Pulumi's protocol.
        secrets: The secret inputs, from :func:`secrets_of`.
    """
    properties = {name: _seen(value) for name, value in inputs.items()}
    return ResourceInput(type_token, urn, properties | dict(secrets or {}))


def secrets_of(type_token: str, inputs: Struct | None) -> dict[str, Any]:
    """Return the secret inputs of a Keycloak object; empty for any other resource.

    Args:
        type_token: The type of the resource.
        inputs: The inputs in the form of Pulumi's protocol for a provider or a policy pack; None if not kept.
    """
    handler = kind(type_token) if type_token.startswith(KEYCLOAK) else None
    if handler is None or inputs is None:
        return {}
    given = wire.plain(wire.from_struct(inputs))
    named = (name for name, field in handler.spec.fields().items() if field.secret and name in given)
    return {name: UNKNOWN if given[name] is wire.UNKNOWN else given[name] for name in named}


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

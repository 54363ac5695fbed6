"""Keycloak objects as resources, with the terms, defaults and names of their specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue
from provision.core.spec import PACKAGE
from provision.rules.model import Resource
from provision.rules.sources.wire_names import with_wire_names

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYCLOAK = f"{PACKAGE}:keycloak:"
"""The beginning of the type token of every Keycloak object."""


def keycloak_resource(kind: str, name: str, properties: Mapping[str, Any]) -> Resource:
    """Return a Keycloak object with the defaults of its spec.

    Raises:
        KeyError: The kind does not exist.
    """
    spec = catalogue()[KEYCLOAK + kind].spec
    secrets = frozenset(name for name, field in spec.fields().items() if field.secret)
    return Resource(kind, name, with_wire_names(spec, properties), defaults=spec.defaults(), secrets=secrets)


def natural_name(resource: Resource) -> str:
    """Return the name made from a resource's natural key, such as ``client cli in realm mcp``.

    A program, a state, a live realm and an export give the same object the same name.

    Args:
        resource: The resource.

    Returns:
        The name; empty if the resource is no Keycloak object or its key is not known.
    """
    handler = catalogue().get(KEYCLOAK + resource.kind)
    if handler is None:
        return ""
    key = {
        field.name: resource.properties.get(field.wire, resource.defaults.get(field.wire))
        for field in handler.spec.key_fields()
    }
    if not all(isinstance(value, str) for value in key.values()):
        return ""
    spec: Any = handler.spec.model_construct(**key)
    return str(spec.label())

"""Keycloak objects as resources, with the terms, defaults and names of their specs."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from provision._lib.display_names import in_words, shown_name
from provision._lib.urn import is_urn
from provision.core.registry import catalogue
from provision.core.spec import PACKAGE
from provision.keycloak.builtin import is_client
from provision.rules.model import Resource
from provision.rules.sources.wire_names import with_wire_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.core.spec import Spec

KEYCLOAK = f"{PACKAGE}:keycloak:"
"""The beginning of the type token of every Keycloak object."""


def keycloak_resource(kind: str, name: str, properties: Mapping[str, Any]) -> Resource:
    """Return a Keycloak object with the defaults of its spec.

    Raises:
        KeyError: The kind does not exist.
    """
    spec = catalogue()[KEYCLOAK + kind].spec
    named = with_wire_names(spec, properties)
    return Resource(
        kind, name, named, defaults=spec.defaults(), secrets=_secrets(spec), builtin=_is_builtin(kind, named)
    )


def _is_builtin(kind: str, properties: Mapping[str, Any]) -> bool:
    """Return whether Keycloak makes the object itself, and a program only changes it."""
    client = properties.get("clientId")
    return kind == "Client" and isinstance(client, str) and is_client(properties.get("realm"), client)


@cache
def _secrets(spec: type[Spec]) -> frozenset[str]:
    return frozenset(name for name, field in spec.fields().items() if field.secret)


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


def former_names(resource: Resource) -> tuple[str, ...]:
    """Return the names and URNs that former versions gave a resource whose kind had another name then.

    Args:
        resource: The resource.
    """
    handler = catalogue().get(KEYCLOAK + resource.kind)
    found: list[str] = []
    for token in () if handler is None else handler.spec.former_tokens:
        former = token.rpartition(":")[2]
        present = {shown_name(resource.name), natural_name(resource)}
        words = re.compile(rf"^{in_words(resource.kind)}(?= |$)")
        found += sorted(words.sub(in_words(former), name) for name in present if words.match(name))
        if is_urn(resource.name):
            found.append(re.sub(rf"\b{resource.kind}\b", former, resource.name))
    return tuple(found)

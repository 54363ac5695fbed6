"""Policies and mappers declared with Keycloak's id of their type, converted to the kind with fields for that type."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue
from provision.keycloak.bases.representation import read_config
from provision.rules.model import MASKED, UNKNOWN, Resource
from provision.rules.sources.keycloak_resource import KEYCLOAK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.core.spec import Spec

_GENERIC: Mapping[str, str] = {
    "GenericRegistrationPolicy": "provider_id",
    "GenericProtocolMapper": "provider",
}
"""The attribute of other kinds' handlers that holds the id of their type."""
_OWN = ("providerId", "config")


def specialized(resource: Resource) -> Resource:
    """Return the resource as the kind for its type, or unchanged if there is no such kind or the type is not known yet."""
    if resource.kind not in _GENERIC:
        return resource
    spec = _kinds(_GENERIC[resource.kind]).get(resource.peek("providerId"))
    if spec is None:
        return resource
    kept = {name: value for name, value in resource.properties.items() if name not in _OWN}
    return replace(
        resource,
        kind=spec.__name__,
        properties={**kept, **_settings(spec, resource.peek("config"))},
        defaults=spec.defaults(),
        paths={name: "config" for name in spec.fields() if name not in resource.defaults},
    )


def _settings(spec: type[Spec], config: Any) -> dict[str, Any]:
    """Return the declared fields of the kind, with markers for values that cannot be seen."""
    if config is UNKNOWN or config is MASKED:
        return {name: config for name in spec.fields() if name not in {"realm", "registration", *_OWNER}}
    found = {}
    for key, value in (config or {}).items():
        marker = next((one for one in (UNKNOWN, MASKED) if value is one or _holds(value, one)), None)
        for name, understood in read_config(spec, {key: value if marker is None else ""}).items():
            found[name] = understood if marker is None else marker
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


_OWNER = frozenset({"scope", "client", "name"})


def _holds(value: Any, marker: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(item is marker for item in value)


@cache
def _kinds(attribute: str) -> Mapping[Any, type[Spec]]:
    """Return the kinds by Keycloak's id of their type."""
    of_keycloak = (handler for token, handler in catalogue().items() if token.startswith(KEYCLOAK))
    found = {getattr(handler, attribute, None): handler.spec for handler in of_keycloak}
    return {id_: spec for id_, spec in found.items() if id_}

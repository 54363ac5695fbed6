"""Policies and mappers that are declared by Keycloak's own id of their type, as the kinds that there are for these."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue
from provision.core.spec import PACKAGE, Spec
from provision.keycloak.bases.representation import read_config
from provision.rules.thing import MASKED, UNKNOWN, Thing

if TYPE_CHECKING:
    from collections.abc import Mapping

_GENERIC: Mapping[str, str] = {
    "GenericRegistrationPolicy": "provider_id",
    "GenericProtocolMapper": "provider",
}
"""Which attribute of the calls of other kinds is the id."""
_OWN = ("providerId", "config")


def typed(thing: Thing) -> Thing:
    """The same object as the kind that there is for its type; itself where there is none, or the type is not known yet."""
    spec = _kinds(_GENERIC[thing.kind]).get(thing.peek("providerId")) if thing.kind in _GENERIC else None
    if spec is None:
        return thing
    kept = {name: value for name, value in thing.properties.items() if name not in _OWN}
    return replace(
        thing,
        kind=spec.__name__,
        properties={**kept, **_settings(spec, thing.peek("config"))},
        defaults=spec.defaults(),
        paths={name: "config" for name in spec.fields() if name not in thing.defaults},
    )


def _settings(spec: type[Spec], config: Any) -> dict[str, Any]:
    """The fields of the kind that are declared; of those that can't be seen the marker."""
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
    """The kinds by Keycloak's id of the type."""
    of_keycloak = (
        handler for token, handler in catalogue().items() if token.startswith(f"{PACKAGE}:keycloak:")
    )
    found = {getattr(handler, attribute, None): handler.spec for handler in of_keycloak}
    return {id_: spec for id_, spec in found.items() if id_}

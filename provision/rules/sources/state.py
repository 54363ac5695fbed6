"""The resources that a stack recorded, and a live realm with these added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from provision.keycloak.objects.ldap_user_federation import PROVIDER
from provision.keycloak.objects.realm_key import STAMPED
from provision.rules.model import MASKED
from provision.rules.sources.keycloak_resource import natural_name
from provision.rules.sources.kinds import OF_A_STACK
from provision.rules.sources.resource_input import ResourceInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provision.rules.model import Resource, Snapshot

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key that marks special values in a Pulumi state."""
_FALLBACK: Final = "fallback-"
"""The beginning of the names of keys that Keycloak makes when a realm has none for an algorithm."""
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"


def resource_inputs(state: Iterable[Mapping[str, Any]]) -> tuple[ResourceInput, ...]:
    """Return the resources of a Pulumi state, with secrets masked.

    Args:
        state: The list of resources from ``pulumi stack export``.
    """
    return tuple(
        ResourceInput(item["type"], item["urn"], _without_secrets(item.get("inputs") or {})) for item in state
    )


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE, _ASSET) != _ASSET:
            return MASKED
        return {key: _without_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value


def surrounded(live: Snapshot, recorded: Snapshot) -> Snapshot:
    """Return a live realm with the recorded servers and containers around it; objects get the stack's names.

    Args:
        live: The realm.
        recorded: The stack's resources.
    """
    names = {identity(resource): resource.name for resource in recorded.resources}
    declared = {identity(one) for one in recorded.resources if one.properties.get("declared", True)}
    own = [
        _as_declared(
            replace(resource, name=names.get((resource.kind, resource.name), resource.name)),
            (resource.kind, resource.name) in declared,
            recorded,
        )
        for resource in live.resources
    ]
    server = next((resource for resource in own if resource.kind == "KeycloakServer"), None)
    if any(resource.kind == "KeycloakServer" for resource in recorded.resources):
        own = [resource for resource in own if resource is not server]
    lacking = {*OF_A_STACK, *live.unseen}
    seen = {identity(resource) for resource in own}
    around = [
        _with_version(resource, server)
        for resource in recorded.resources
        if resource.kind in lacking and identity(resource) not in seen
    ]
    unseen = {kind: why for kind, why in live.unseen.items() if kind not in OF_A_STACK}
    return replace(live, resources=(*own, *around), unseen=unseen)


def _as_declared(resource: Resource, declared: bool, recorded: Snapshot) -> Resource:  # noqa: FBT001 - the answer
    """Return a key or a source of users with the answer whether the program declares it; anything else unchanged.

    Keycloak makes a key of each type, which has the type's name; a rotation stamps the names of its keys.
    """
    if resource.kind == "RealmKey":
        name, provider = resource.peek("name"), resource.peek("provider")
        made = name == provider or name.startswith(_FALLBACK) or STAMPED.search(name) is not None
        return replace(resource, properties={**resource.properties, "declared": declared or made})
    if resource.kind == "UserSource":
        is_directory = resource.peek("type") == PROVIDER
        kind, key = ("LdapUserFederation", "name") if is_directory else ("IdentityProvider", "alias")
        own = (resource.peek("realm"), resource.peek("name")) in recorded.keyed(kind, "realm", key)
        return replace(resource, properties={**resource.properties, "declared": own})
    return resource


def identity(resource: Resource) -> tuple[str, str]:
    """Return the kind and the name that a live realm gives the object.

    Args:
        resource: A recorded or a live resource.
    """
    return resource.kind, natural_name(resource) or resource.name


def _with_version(resource: Resource, server: Resource | None) -> Resource:
    """Return a recorded Keycloak with the version that the live one reports."""
    if (
        resource.kind != "KeycloakServer"
        or server is None
        or isinstance(server.properties["version"], str) is False
    ):
        return resource
    return replace(resource, properties={**resource.properties, "version": server.properties["version"]})

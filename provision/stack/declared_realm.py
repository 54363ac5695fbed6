"""The realm of a stack that declares objects only, and the objects that any stack file may declare."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pulumi import Alias, Output, ResourceOptions

from provision.config.objects import further_name, in_order
from provision.resources import keycloak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.core.spec import Spec
    from provision.stack.foundation import Foundation

_NONE: Mapping[str, Any] = MappingProxyType({})


class DeclaredRealm:
    """The realm of a stack that declares objects only.

    Args:
        foundation: What the realm is built on.
    """

    def __init__(self, foundation: Foundation) -> None:
        config = foundation.config
        realm = _declare(foundation, in_order(config.objects, config.realm.name), "realm")
        self.issuer: Output[str] = realm.issuer
        self.name: Output[str] = realm.name

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs about the realm."""
        return {"issuer": self.issuer, "realm": self.name, "servers": [], "clients": []}


def declare_further_realms(foundation: Foundation) -> None:
    """Declare the realms that the stack file lists under `realms`, each with its objects.

    Args:
        foundation: What the realms are built on.
    """
    for realm in foundation.config.realms:
        declared = in_order(realm.objects, realm.name)
        _declare(
            foundation,
            {further_name(realm.name, name): spec for name, spec in declared.items()},
            further_name(realm.name),
            foundation.of_realm(realm.name),
        )


def _declare(
    foundation: Foundation, declared: Mapping[str, Spec], name: str, inputs: Mapping[str, Any] = _NONE
) -> keycloak.Realm:
    """Declare a realm with exactly the given objects.

    Args:
        foundation: What the realm is built on.
        declared: The realm and its objects by their Pulumi names.
        name: The Pulumi name of the realm.
        inputs: More inputs of the realm.
    """
    spec = next(spec for spec in declared.values() if _is_realm(spec))
    realm = keycloak.Realm(
        name,
        **{**_arguments(spec), **inputs},
        opts=foundation.realm_options(),
    )
    goes_with = None if getattr(spec, "adopt", False) else realm
    inside = ResourceOptions(parent=realm, provider=foundation.provider, deleted_with=goes_with)
    declare_objects(declared, realm.name, inside)
    return realm


def declare_objects(declared: Mapping[str, Spec], realm: Output[str], inside: ResourceOptions) -> None:
    """Declare the objects of a realm, except the realm itself.

    Args:
        declared: The objects by their Pulumi names.
        realm: The realm's name.
        inside: The options of resources in the realm.
    """
    for name, spec in declared.items():
        if not _is_realm(spec):
            kind = getattr(keycloak, type(spec).__name__)
            opts = ResourceOptions.merge(inside, ResourceOptions(aliases=_former_names(spec)))
            kind(name, **_arguments(spec) | {"realm": realm}, opts=opts)


def _is_realm(spec: Spec) -> bool:
    return spec.token.endswith(":Realm")


def _arguments(spec: Spec) -> dict[str, Any]:
    """Return a spec's declared values by their Python names."""
    wire = spec.wire()
    return {field.name: wire[field.wire] for field in spec.fields().values() if field.wire in wire}


def _former_names(spec: Spec) -> list[Alias | str]:
    """Return an alias for each Pulumi name that a declared object had under a former name of its kind."""
    _, *key = spec.key_in_container()
    return [
        Alias(name="/".join((token.rpartition(":")[2], *key)), type_=token) for token in spec.former_tokens
    ]

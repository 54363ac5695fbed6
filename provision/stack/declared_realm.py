"""The realm of a stack that declares objects only, and the objects that any stack file may declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi import Alias, Output, ResourceOptions

from provision.config.objects import in_order
from provision.resources import keycloak

if TYPE_CHECKING:
    from provision.config.stack_config import StackConfig
    from provision.core.spec import Spec
    from provision.stack.foundation import Foundation


class DeclaredRealm:
    """A realm with exactly the objects that the stack file declares under `objects`.

    Args:
        foundation: What the realm is built on.
    """

    def __init__(self, foundation: Foundation) -> None:
        spec = next(spec for spec in _specs(foundation.config).values() if _is_realm(spec))
        realm = keycloak.Realm(
            "realm",
            **_arguments(spec),
            opts=ResourceOptions(parent=foundation.component, provider=foundation.provider),
        )
        goes_with = None if getattr(spec, "adopt", False) else realm
        declare_objects(
            foundation.config,
            realm.name,
            ResourceOptions(parent=realm, provider=foundation.provider, deleted_with=goes_with),
        )
        self.issuer: Output[str] = realm.issuer
        self.name: Output[str] = realm.name

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs about the realm."""
        return {"issuer": self.issuer, "realm": self.name, "servers": [], "clients": []}


def declare_objects(config: StackConfig, realm: Output[str], inside: ResourceOptions) -> None:
    """Declare the objects that the stack file lists under `objects`, except the realm itself.

    Args:
        config: The stack file's settings.
        realm: The realm's name.
        inside: The options of resources in the realm.
    """
    for name, spec in _specs(config).items():
        if not _is_realm(spec):
            kind = getattr(keycloak, type(spec).__name__)
            opts = ResourceOptions.merge(inside, ResourceOptions(aliases=_former_names(spec)))
            kind(name, **_arguments(spec) | {"realm": realm}, opts=opts)


def _specs(config: StackConfig) -> dict[str, Spec]:
    return in_order(config.objects, config.realm.name)


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

"""Protocol mappers of any type (Admin REST API, "ProtocolMapperRepresentation")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision.core.registry import catalogue
from provision.core.spec import ReplaceOnChange
from provision.keycloak.bases.protocol_mapper import ProtocolMapper, ProtocolMapperHandler
from provision.keycloak.bases.representation import at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing


class GenericProtocolMapper(ProtocolMapper, module="keycloak"):
    """A mapper of a type without a kind of its own here, such as a type of an extension of the server.

    Only the declared settings are compared and changed. A server lists its types and their settings in
    ``/admin/serverinfo`` under ``protocolMapperTypes``.
    """

    provider_id: Annotated[str, ReplaceOnChange, at("protocolMapper")] = Field(
        min_length=1, description="Keycloak's id of the type, for example `oidc-group-membership-mapper`."
    )
    config: Annotated[dict[str, str], at("config", absent={})] = Field(
        default={},
        description="Settings under Keycloak's own keys, all of them text (`true`). An empty one takes the setting "
        "away: Keycloak does not keep it.",
    )


class GenericProtocolMapperHandler(ProtocolMapperHandler[GenericProtocolMapper]):
    """The handler of mappers of any type through the Admin API."""

    def discover(self, listing: RealmListing) -> Iterator[GenericProtocolMapper]:
        """Yield the mappers of types without a kind of their own."""
        typed = {getattr(handler, "provider", "") for handler in catalogue().values()}
        for scope, client, mapper in listing.mappers:
            if mapper["protocolMapper"] not in typed:
                yield self.key(realm=listing.realm, scope=scope, client=client, name=mapper["name"])

    def why_not_found(self, key: GenericProtocolMapper) -> str:
        """Return the reason: Keycloak lists a mapper of a type that is not installed, but does not show it alone."""
        return f"the type of the mapper {key.name} is not installed in this Keycloak"

    def fits(self, key: GenericProtocolMapper, raw: Mapping[str, Any]) -> None:
        """Accept a mapper of any type, so that a change of the type is seen as a difference."""

    def is_complete(self, raw: Mapping[str, Any]) -> bool:
        """Return whether nothing is left to fill in: what that is depends on the type."""
        return "introspection.token.claim" in (raw.get("config") or {})

    def effective(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the representation as it is."""
        return raw

    def provider_of(self, spec: GenericProtocolMapper) -> str:
        """Return the declared type."""
        return spec.provider_id

    def to_json(
        self, spec: GenericProtocolMapper, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; undeclared settings stay unchanged, and another type is a replacement."""
        if raw:
            super().fits(spec, raw)
        body = super().to_json(spec, raw, names)
        return {**body, "config": {**raw.get("config", {}), **spec.config}}

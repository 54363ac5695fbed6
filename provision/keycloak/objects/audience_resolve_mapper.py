"""Audiences that follow from the user's roles (Server Administration Guide, "Automatically add audience")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from provision.keycloak.bases.protocol_mapper import (
    AddToAccessToken,
    AddToIntrospection,
    AddToLightweightToken,
    ProtocolMapper,
    ProtocolMapperHandler,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class AudienceResolveMapper(ProtocolMapper, module="keycloak"):
    """A mapper that adds each client in which the user has a role to a token's audience ("Automatically add audience").

    Keycloak has such a mapper in its own scope ``roles``. A resource server that must not see tokens meant for others
    is better served by an AudienceMapper.
    """

    add_to_access_token: AddToAccessToken = Field(
        default=True, description="Put the audiences into access tokens."
    )
    add_to_introspection: AddToIntrospection = True
    add_to_lightweight_token: AddToLightweightToken = False


class AudienceResolveMapperHandler(ProtocolMapperHandler[AudienceResolveMapper]):
    """The handler of Audience Resolve mappers through the Admin API."""

    provider = "oidc-audience-resolve-mapper"

    def effective(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the representation with what counts where nothing is set: this mapper adds to both."""
        both = {"access.token.claim": "true", "introspection.token.claim": "true"}
        return {**raw, "config": both | (raw.get("config") or {})}

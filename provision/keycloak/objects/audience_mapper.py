"""Audience mappers (Server Administration Guide, "Audience support")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.spec import Refers
from provision.keycloak.bases.protocol_mapper import ProtocolMapper, ProtocolMapperHandler
from provision.keycloak.bases.representation import config

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class AudienceMapper(ProtocolMapper, module="keycloak"):
    """A mapper that puts an audience into access tokens (Server Administration Guide, "Hardcoded audience").

    Give either ``included_custom_audience`` (any text, for MCP the server's canonical URI, RFC 8707) or
    ``included_client_audience`` (the client id of a client in the realm).
    """

    included_custom_audience: Annotated[str | None, config("included.custom.audience")] = Field(
        default=None,
        min_length=1,
        description="The audience as text, for example `https://mcp.example.org/mcp`.",
    )
    included_client_audience: Annotated[str | None, config("included.client.audience"), Refers("Client")] = (
        Field(default=None, min_length=1, description="Client id of the client that is the audience.")
    )
    add_to_access_token: Annotated[bool, config("access.token.claim")] = Field(
        default=True, description="Put the audience into access tokens."
    )
    add_to_id_token: Annotated[bool, config("id.token.claim")] = Field(
        default=False, description="Put the audience into ID tokens too."
    )
    add_to_introspection: Annotated[bool, config("introspection.token.claim")] = Field(
        default=False,
        description="Add it again whenever a token is introspected. Only lightweight tokens need this: a token whose "
        "audience was narrowed would look as if it were not.",
    )

    @across_fields
    def _one_audience(self) -> None:
        if (self.included_custom_audience is None) == (self.included_client_audience is None):
            raise ValueError("give either includedCustomAudience or includedClientAudience")


_AUDIENCES = frozenset({"included_custom_audience", "included_client_audience"})


class AudienceMapperHandler(ProtocolMapperHandler[AudienceMapper]):
    """The handler of audience mappers through the Admin API."""

    provider = "oidc-audience-mapper"

    def to_json(
        self, spec: AudienceMapper, raw: Mapping[str, Any], names: Collection[str] | None
    ) -> dict[str, Any]:
        """Return the representation; the one audience takes the other's place."""
        return super().to_json(spec, raw, None if names is None else {*names, *_AUDIENCES})

"""The base of mappers that write one claim (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provision.keycloak.bases.protocol_mapper import (
    AddToAccessToken,
    AddToIntrospection,
    AddToLightweightToken,
    ProtocolMapper,
)
from provision.keycloak.bases.representation import config


class ClaimMapper(ProtocolMapper):
    """The claim and the tokens that it is written to. Subclasses name the source of its value."""

    claim_name: Annotated[str, config("claim.name")] = Field(
        min_length=1,
        description="A dot makes an object in the token (`address.street`); write `\\.` for a dot in the name.",
    )
    json_type: Annotated[
        Literal["String", "long", "int", "boolean", "JSON"], config("jsonType.label", absent="String")
    ] = Field(default="String", description="How the value is written in the token.")
    add_to_access_token: AddToAccessToken = Field(
        default=True, description="Put the claim into access tokens."
    )
    add_to_id_token: Annotated[bool, config("id.token.claim")] = Field(
        default=True, description="Put the claim into ID tokens."
    )
    add_to_userinfo: Annotated[bool, config("userinfo.token.claim")] = Field(
        default=True, description="Put the claim into the answers of the userinfo endpoint."
    )
    add_to_introspection: AddToIntrospection = True
    add_to_lightweight_token: AddToLightweightToken = False

"""Hardcoded claims (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.keycloak.bases.claim_mapper import ClaimMapper
from provision.keycloak.bases.protocol_mapper import ProtocolMapperHandler
from provision.keycloak.bases.representation import config


class HardcodedClaimMapper(ClaimMapper, module="keycloak"):
    """A mapper that writes a claim with a fixed value into every token ("OIDC token and SAML assertion mappings").

    Keycloak keeps the value as text, and everybody who gets a token can read that text: the value is no place for a
    secret.
    """

    claim_value: Annotated[str, config("claim.value")] = Field(
        min_length=1, description="The value as text, to be read as `jsonType` says: `true`, `42`, `[1]`."
    )
    add_to_token_response: Annotated[bool, config("access.tokenResponse.claim")] = Field(
        default=False, description="Write it into the token endpoint's answer too, beside the tokens."
    )


class HardcodedClaimMapperHandler(ProtocolMapperHandler[HardcodedClaimMapper]):
    """The handler of hardcoded claims through the Admin API."""

    provider = "oidc-hardcoded-claim-mapper"

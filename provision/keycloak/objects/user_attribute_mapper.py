"""User attributes in tokens (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.keycloak.bases.claim_mapper import ClaimMapper
from provision.keycloak.bases.protocol_mapper import ProtocolMapperHandler
from provision.keycloak.bases.representation import config


class UserAttributeMapper(ClaimMapper, module="keycloak"):
    """A mapper that writes an attribute of the user into a claim (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

    user_attribute: Annotated[str, config("user.attribute")] = Field(
        min_length=1, description="The attribute's name in the user profile."
    )
    multivalued: Annotated[bool, config("multivalued")] = Field(
        default=False, description="Write all values as an array instead of the first one."
    )
    aggregate_values: Annotated[bool, config("aggregate.attrs")] = Field(
        default=False, description="Add the values that the user's groups have for the attribute."
    )


class UserAttributeMapperHandler(ProtocolMapperHandler[UserAttributeMapper]):
    """The handler of user attribute mappers through the Admin API."""

    provider = "oidc-usermodel-attribute-mapper"

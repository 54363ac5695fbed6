"""Realm roles in tokens (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.keycloak.bases.claim_mapper import ClaimMapper
from provision.keycloak.bases.protocol_mapper import ProtocolMapperHandler
from provision.keycloak.bases.representation import config


class RealmRoleMapper(ClaimMapper, module="keycloak"):
    """A mapper that writes the user's realm roles into a claim (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

    multivalued: Annotated[bool, config("multivalued")] = Field(
        default=True, description="Write all roles as an array instead of any one of them."
    )
    role_prefix: Annotated[str, config("usermodel.realmRoleMapping.rolePrefix")] = Field(
        default="", description="Put before each role's name."
    )


class RealmRoleMapperHandler(ProtocolMapperHandler[RealmRoleMapper]):
    """The handler of realm role mappers through the Admin API."""

    provider = "oidc-usermodel-realm-role-mapper"

"""Client roles in tokens (Server Administration Guide, "OIDC token and SAML assertion mappings")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.core.spec import Refers
from provision.keycloak.bases.claim_mapper import ClaimMapper
from provision.keycloak.bases.protocol_mapper import ProtocolMapperHandler
from provision.keycloak.bases.representation import config


class ClientRoleMapper(ClaimMapper, module="keycloak"):
    """A mapper that writes the user's roles of one client, or of all clients, into a claim (Server Administration Guide, "OIDC token and SAML assertion mappings").

    ``${client_id}`` in the claim's name stands for the client that has the roles.
    """

    roles_of_client: Annotated[str, config("usermodel.clientRoleMapping.clientId"), Refers("Client")] = Field(
        default="",
        description="The client id of the client whose roles are meant; all clients' when left out.",
    )
    multivalued: Annotated[bool, config("multivalued")] = Field(
        default=True, description="Write all roles as an array instead of any one of them."
    )
    role_prefix: Annotated[str, config("usermodel.clientRoleMapping.rolePrefix")] = Field(
        default="", description="Put before each role's name."
    )


class ClientRoleMapperHandler(ProtocolMapperHandler[ClientRoleMapper]):
    """The handler of client role mappers through the Admin API."""

    provider = "oidc-usermodel-client-role-mapper"

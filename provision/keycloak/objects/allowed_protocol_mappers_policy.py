"""The Allowed Protocol Mapper Types policy (Keycloak "Client registration service", "Protocol Mappers Policy")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.core.spec import Unordered
from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler
from provision.keycloak.bases.representation import config_values


class AllowedProtocolMappersPolicy(RegistrationPolicy, module="keycloak"):
    """The types of protocol mappers that a registered client may have ("Protocol Mappers Policy").

    A fresh realm has this policy with the mappers that only show the user's own data.
    """

    allowed_protocol_mapper_types: Annotated[
        tuple[str, ...], Unordered, config_values("allowed-protocol-mapper-types")
    ] = Field(
        default=(),
        description="Keycloak's ids of the types, for example `oidc-full-name-mapper`; none by default.",
    )


class AllowedProtocolMappersPolicyHandler(RegistrationPolicyHandler[AllowedProtocolMappersPolicy]):
    """The handler of Allowed Protocol Mapper Types policies through the Admin API."""

    provider_id = "allowed-protocol-mappers"
    display_name = "Allowed Protocol Mapper Types"

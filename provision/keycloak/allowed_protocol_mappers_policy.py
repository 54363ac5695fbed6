"""The Allowed Protocol Mapper Types policy (Keycloak "Client registration service", "Protocol Mappers Policy")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.keycloak.registration_policy import RegistrationPolicy, RegistrationPolicyCalls
from provision.keycloak.representation import config_values
from provision.spec import Unordered


class AllowedProtocolMappersPolicy(RegistrationPolicy, module="keycloak"):
    """Which types of protocol mappers a registered client may have ("Protocol Mappers Policy").

    A fresh realm has it with the mappers that only show the user's own data.
    """

    allowed_protocol_mapper_types: Annotated[
        tuple[str, ...], Unordered, config_values("allowed-protocol-mapper-types")
    ] = Field(
        default=(),
        description="Keycloak's ids of the types, for example `oidc-full-name-mapper`; none by default.",
    )


class AllowedProtocolMappersPolicyCalls(RegistrationPolicyCalls[AllowedProtocolMappersPolicy]):
    """Allowed Protocol Mapper Types through the Admin API."""

    provider_id = "allowed-protocol-mappers"
    display_name = "Allowed Protocol Mapper Types"

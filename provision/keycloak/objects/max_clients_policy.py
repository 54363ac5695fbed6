"""The Max Clients Limit policy (Keycloak "Client registration service", "Max Clients Policy")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler
from provision.keycloak.bases.representation import config_values


class MaxClientsPolicy(RegistrationPolicy, module="keycloak"):
    """The number of clients at which a realm refuses further registrations ("Max Clients Policy").

    All clients of the realm count, the registered ones as well as others.
    """

    max_clients: Annotated[int, config_values("max-clients")] = Field(
        default=200, ge=0, description="Registration is refused as soon as the realm has that many clients."
    )


class MaxClientsPolicyHandler(RegistrationPolicyHandler[MaxClientsPolicy]):
    """The handler of Max Clients Limit policies through the Admin API."""

    provider_id = "max-clients"
    display_name = "Max Clients Limit"

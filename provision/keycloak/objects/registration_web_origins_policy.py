"""The Allowed Registration Web Origins policy (Keycloak "Client registration service", "Client Registration Policies")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.core.spec import Unordered
from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler
from provision.keycloak.bases.representation import config_values


class RegistrationWebOriginsPolicy(RegistrationPolicy, module="keycloak"):
    """The web origins from which a browser may register clients (CORS on the registration endpoint).

    Not every version of Keycloak has this policy; a version that has it adds it to fresh realms with no origins.
    """

    web_origins: Annotated[tuple[str, ...], Unordered, config_values("web-origins")] = Field(
        default=(), description="Origins such as `https://inspector.example`; none by default."
    )


class RegistrationWebOriginsPolicyHandler(RegistrationPolicyHandler[RegistrationWebOriginsPolicy]):
    """The handler of Allowed Registration Web Origins policies through the Admin API."""

    provider_id = "registration-web-origins"
    display_name = "Allowed Registration Web Origins"

"""The Allowed Client Scopes policy (Keycloak "Client registration service", "Client Scopes Policy")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.keycloak.registration_policy import RegistrationPolicy, RegistrationPolicyCalls
from provision.spec import Unordered


class AllowedClientScopesPolicy(RegistrationPolicy, module="keycloak"):
    """Which client scopes a registration may ask for ("Client Scopes Policy").

    Keycloak refuses names of scopes that do not exist: declare the scopes first.
    """

    allowed_client_scopes: Annotated[tuple[str, ...], Unordered] = ()
    allow_default_scopes: bool = Field(
        default=True, description="The realm's default scopes are allowed as well."
    )


class AllowedClientScopesPolicyCalls(RegistrationPolicyCalls[AllowedClientScopesPolicy]):
    """Allowed Client Scopes through the Admin API."""

    provider_id = "allowed-client-templates"  # the name it had when client scopes were client templates
    display_name = "Allowed Client Scopes"
    config = {  # noqa: RUF012 - declared ClassVar in the base
        "allowed_client_scopes": "allowed-client-scopes",
        "allow_default_scopes": "allow-default-scopes",
    }

"""The Allowed Client Scopes policy (Keycloak "Client registration service", "Client Scopes Policy")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.keycloak.registration_policy import RegistrationPolicy, RegistrationPolicyCalls
from provision.keycloak.representation import config_values
from provision.spec import Refers, Unordered


class AllowedClientScopesPolicy(RegistrationPolicy, module="keycloak"):
    """Which client scopes a registration may ask for ("Client Scopes Policy").

    Keycloak refuses names of scopes that do not exist: declare the scopes first.
    """

    allowed_client_scopes: Annotated[
        tuple[str, ...], Unordered, config_values("allowed-client-scopes"), Refers("ClientScope")
    ] = Field(default=(), description="Names of client scopes that a registration may ask for.")
    allow_default_scopes: Annotated[bool, config_values("allow-default-scopes")] = Field(
        default=True, description="The realm's default scopes are allowed as well."
    )


class AllowedClientScopesPolicyCalls(RegistrationPolicyCalls[AllowedClientScopesPolicy]):
    """Allowed Client Scopes through the Admin API."""

    provider_id = "allowed-client-templates"  # the name it had when client scopes were client templates
    display_name = "Allowed Client Scopes"

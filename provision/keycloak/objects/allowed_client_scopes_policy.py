"""The Allowed Client Scopes policy (Keycloak "Client registration service", "Client Scopes Policy")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.core.spec import Refers, Unordered
from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler
from provision.keycloak.bases.representation import config_values


class AllowedClientScopesPolicy(RegistrationPolicy, module="keycloak"):
    """The client scopes that a registration may ask for ("Client Scopes Policy").

    Keycloak refuses names of scopes that do not exist: declare the scopes first.
    """

    allowed_client_scopes: Annotated[
        tuple[str, ...], Unordered, config_values("allowed-client-scopes"), Refers("ClientScope")
    ] = Field(default=(), description="Names of client scopes that a registration may ask for.")
    allow_default_scopes: Annotated[bool, config_values("allow-default-scopes")] = Field(
        default=True, description="The realm's default scopes are allowed as well."
    )


class AllowedClientScopesPolicyHandler(RegistrationPolicyHandler[AllowedClientScopesPolicy]):
    """The handler of Allowed Client Scopes policies through the Admin API."""

    provider_id = "allowed-client-templates"  # the policy's name when client scopes were client templates
    display_name = "Allowed Client Scopes"

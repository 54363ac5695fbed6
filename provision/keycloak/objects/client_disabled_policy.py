"""The Client Disabled policy (Keycloak "Client registration service", "Client Disabled Policy")."""

from __future__ import annotations

from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler


class ClientDisabledPolicy(RegistrationPolicy, module="keycloak"):
    """Every registered client is disabled until somebody enables it ("Client Disabled Policy").

    It has no settings: it is in force while it is there.
    """


class ClientDisabledPolicyHandler(RegistrationPolicyHandler[ClientDisabledPolicy]):
    """Client Disabled through the Admin API."""

    provider_id = "client-disabled"
    display_name = "Client Disabled"

"""The Client Disabled policy (Keycloak "Client registration service", "Client Disabled Policy")."""

from __future__ import annotations

from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler


class ClientDisabledPolicy(RegistrationPolicy, module="keycloak"):
    """A policy that disables every registered client until somebody enables the client ("Client Disabled Policy").

    The policy has no settings: while it exists, it is in force.
    """


class ClientDisabledPolicyHandler(RegistrationPolicyHandler[ClientDisabledPolicy]):
    """The handler of Client Disabled policies through the Admin API."""

    provider_id = "client-disabled"
    display_name = "Client Disabled"

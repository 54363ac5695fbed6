"""The Full Scope Disabled policy (Keycloak "Client registration service", "Full Scope Policy")."""

from __future__ import annotations

from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler


class FullScopeDisabledPolicy(RegistrationPolicy, module="keycloak"):
    """No registered client gets all roles of its users ("Full Scope Policy").

    It has no settings: it is in force while it is there. A fresh realm has it for anonymous registration.
    """


class FullScopeDisabledPolicyHandler(RegistrationPolicyHandler[FullScopeDisabledPolicy]):
    """Full Scope Disabled through the Admin API."""

    provider_id = "scope"
    display_name = "Full Scope Disabled"

"""The Full Scope Disabled policy (Keycloak "Client registration service", "Full Scope Policy")."""

from __future__ import annotations

from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler


class FullScopeDisabledPolicy(RegistrationPolicy, module="keycloak"):
    """A policy that denies every registered client the full scope, all roles of its users ("Full Scope Policy").

    The policy has no settings: while it exists, it is in force. A fresh realm has the policy for anonymous
    registration.
    """


class FullScopeDisabledPolicyHandler(RegistrationPolicyHandler[FullScopeDisabledPolicy]):
    """The handler of Full Scope Disabled policies through the Admin API."""

    provider_id = "scope"
    display_name = "Full Scope Disabled"

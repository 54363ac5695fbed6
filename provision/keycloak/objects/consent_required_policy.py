"""The Consent Required policy (Keycloak "Client registration service", "Consent Required Policy")."""

from __future__ import annotations

from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler


class ConsentRequiredPolicy(RegistrationPolicy, module="keycloak"):
    """A policy that makes every registered client ask its users for consent ("Consent Required Policy").

    The policy has no settings: while it exists, it is in force. A fresh realm has the policy for anonymous
    registration.
    """


class ConsentRequiredPolicyHandler(RegistrationPolicyHandler[ConsentRequiredPolicy]):
    """The handler of Consent Required policies through the Admin API."""

    provider_id = "consent-required"
    display_name = "Consent Required"

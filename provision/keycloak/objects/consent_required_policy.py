"""The Consent Required policy (Keycloak "Client registration service", "Consent Required Policy")."""

from __future__ import annotations

from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler


class ConsentRequiredPolicy(RegistrationPolicy, module="keycloak"):
    """Every registered client has to ask its users for consent ("Consent Required Policy").

    It has no settings: it is in force while it is there. A fresh realm has it for anonymous registration.
    """


class ConsentRequiredPolicyHandler(RegistrationPolicyHandler[ConsentRequiredPolicy]):
    """Consent Required through the Admin API."""

    provider_id = "consent-required"
    display_name = "Consent Required"

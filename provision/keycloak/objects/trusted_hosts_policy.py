"""The Trusted Hosts policy (Keycloak "Client registration service", "Trusted Hosts Policy")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.spec import Unordered
from provision.keycloak.bases.registration_policy import RegistrationPolicy, RegistrationPolicyHandler
from provision.keycloak.bases.representation import config_values


class TrustedHostsPolicy(RegistrationPolicy, module="keycloak"):
    """The hosts that may register clients and the hosts that clients' URIs may name ("Trusted Hosts Policy").

    A fresh realm has this policy with no hosts and both checks on, which blocks anonymous registration; destroy puts
    that factory state back. Removing the policy itself would open registration to the world.
    """

    trusted_hosts: Annotated[tuple[str, ...], Unordered, config_values("trusted-hosts")] = Field(
        default=(), description="Host names or addresses; `*.example.org` stands for all hosts below."
    )
    host_sending_registration_request_must_match: Annotated[
        bool, config_values("host-sending-registration-request-must-match")
    ] = Field(
        default=True,
        description="The sender's address must be one of the hosts, as Keycloak sees it (a proxy hides it).",
    )
    client_uris_must_match: Annotated[bool, config_values("client-uris-must-match")] = Field(
        default=True, description="Every redirect and client URI must be on one of the hosts."
    )

    @across_fields
    def _something_is_checked(self) -> None:
        if not (self.host_sending_registration_request_must_match or self.client_uris_must_match):
            raise ValueError(
                "hostSendingRegistrationRequestMustMatch and clientUrisMustMatch can't both be off"
            )


class TrustedHostsPolicyHandler(RegistrationPolicyHandler[TrustedHostsPolicy]):
    """The handler of Trusted Hosts policies through the Admin API."""

    provider_id = "trusted-hosts"
    display_name = "Trusted Hosts"

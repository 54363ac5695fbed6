"""Which Keycloak the stack uses."""

from __future__ import annotations

from pydantic import Field

from provision.config.concept import Concept


class KeycloakConfig(Concept):
    """The Keycloak of the stack."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """The port on localhost; left out, a free one is chosen at the first start and kept."""
    admin_client_id: str = Field(default="provision-admin", min_length=1)
    """The admin service account that provisioning uses (client credentials, master realm)."""
    features: tuple[str, ...] = ()
    """Keycloak features to switch on besides the default ones."""

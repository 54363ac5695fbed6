"""Which Keycloak the stack uses."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from provision.config.concept import Concept
from provision.server.values import Port, base_url

Url = Annotated[str, Field(pattern=r"^https?://[^/\s?#]+(/[^\s?#]*[^/\s?#])?$"), AfterValidator(base_url)]


class KeycloakConfig(Concept):
    """The Keycloak of the stack."""

    port: Port | None = None
    """The port on localhost; left out, a free one is chosen at the first start and kept."""
    url: Url | None = None
    """The base address of a Keycloak that somebody else runs, without a trailing slash (`runtime: external`)."""
    ca_file: str | None = None
    """A PEM bundle with the authority of that Keycloak's certificate; the system's trust store when left out."""
    auth_realm: str = Field(default="master", min_length=1)
    """The realm in which the admin service account is; one in the managed realm itself can do least."""
    admin_client_id: str = Field(default="provision-admin", min_length=1)
    """The admin service account that provisioning uses (client credentials)."""
    java_options: tuple[str, ...] = ()
    """More options of the Java machine, such as `-Xmx1g`; ours are for a quick start, `-XX:TieredStopAtLevel=4` is for load."""
    features: tuple[str, ...] = ()
    """Keycloak features to switch on besides the default ones."""

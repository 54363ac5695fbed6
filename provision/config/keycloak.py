"""The Keycloak of the stack."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from provision.config.concept import Concept
from provision.keycloak.connection import MASTER, Address, AuthRealm, CaFile, ClientId, Connection
from provision.server.values import Port, base_url

Url = Annotated[Address, AfterValidator(base_url)]


class KeycloakConfig(Concept):
    """The Keycloak of the stack."""

    port: Port | None = None
    """The port on localhost; left out, a free one is chosen at the first start and kept."""
    url: Url | None = None
    """The base address of a Keycloak that somebody else runs, without a trailing slash (`runtime: external`)."""
    ca_file: CaFile = None
    auth_realm: AuthRealm = MASTER
    admin_client_id: ClientId = "provision-admin"
    java_options: tuple[str, ...] = ()
    """More options of the Java machine, such as `-Xmx1g`; the default options suit a quick start, `-XX:TieredStopAtLevel=4` suits load."""
    features: tuple[str, ...] = ()
    """Keycloak features to switch on besides the default ones."""

    def service_account(self) -> dict[str, Any]:
        """Return the fields of a :class:`Connection` that the stack file sets: all but the address and the secret."""
        return {"client_id": self.admin_client_id, "ca_file": self.ca_file, "auth_realm": self.auth_realm}

    def connection(self, url: str, client_secret: str, **other: str) -> Connection:
        """Return the connection to this Keycloak.

        Args:
            url: The base address of Keycloak, known when Keycloak is up.
            client_secret: The secret of the service account.
            other: Further fields of the connection, which replace the fields of the stack file.
        """
        return Connection(url=url, client_secret=client_secret, **self.service_account() | other)

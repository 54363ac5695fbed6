"""The deployment of Keycloak and MCP servers as processes on this machine, declared to Pulumi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.loopback import ADDRESS
from provision.resources import process
from provision.runtimes.deployment import StartedKeycloak, StartedServer

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi import Output

    from provision.config.server import ServerConfig
    from provision.runtimes.deployment import Placement, ServerNeeds


class ProcessDeployment:
    """The deployment as processes; see :class:`provision.runtimes.deployment.Deployment`.

    Args:
        placement: The place of the stack and the common options of its resources.
    """

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._runs_keycloak = False

    def keycloak(self, admin_secret: Output[str]) -> StartedKeycloak | None:
        """Declare Keycloak's process and return the started Keycloak."""
        config = self._placement.config
        self._runs_keycloak = True
        started = process.Keycloak(
            "keycloak",
            home=str(self._placement.home / "keycloak"),
            port=config.keycloak.port,
            admin_client_id=config.keycloak.admin_client_id,
            admin_client_secret=admin_secret,
            java_options=config.keycloak.java_options,
            features=config.features,
            opts=self._placement.opts,
        )
        return StartedKeycloak(resource=started, url=started.url, data_id=lambda _: started.data_id)

    def server(self, config: ServerConfig, needs: ServerNeeds) -> StartedServer:
        """Declare an MCP server's process and return the started server."""
        started = process.McpServer(
            config.name,
            home=str(self._placement.home / config.name),
            name=config.name,
            port=config.port,
            command=config.command,
            folder=str(self._placement.folder) if config.command else None,
            tls_certificate_file=_path(config.tls_certificate_file),
            tls_key_file=_path(config.tls_key_file),
            authorization_server_ca_file=self._placement.config.keycloak.ca_file,
            issuer=needs.issuer,
            realm_url=needs.issuer.apply(_by_number) if config.command and self._runs_keycloak else None,
            scopes=[needs.scope],
            **config.options(),
            introspection_client_id=needs.client_id,
            introspection_client_secret=needs.client_secret,
            opts=self._placement.opts,
        )
        return StartedServer(
            url=started.url, resource_metadata=started.resource_metadata, secret_given_by=[started]
        )


def _by_number(issuer: str) -> str:
    """Return the realm's URL with the address at which our Keycloak listens: another user may listen at ``::1``.

    The reference server looks whose listener it is before it sends a secret; a server of the user's own can't be expected to.
    """
    return issuer.replace("//localhost", f"//{ADDRESS}", 1)


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file)

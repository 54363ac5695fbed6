"""Keycloak and MCP servers as processes of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.deployments import StartedKeycloak, StartedServer
from provision.resources import process

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi import Output, ResourceOptions

    from provision.config.server import ServerConfig
    from provision.config.stack_config import StackConfig
    from provision.deployments import ServerNeeds


class ProcessDeployment:
    """See :class:`provision.deployments.Deployment`.

    Args:
        home: The folder for the stack's processes.
        folder: The folder of the stack file, in which a command of the user's own runs.
        opts: Options of the resources.
    """

    def __init__(self, home: Path, folder: Path, opts: ResourceOptions) -> None:
        self._home = home
        self._folder = folder
        self._opts = opts

    def keycloak(self, config: StackConfig, admin_secret: Output[str]) -> StartedKeycloak:
        """Start Keycloak."""
        started = process.Keycloak(
            "keycloak",
            home=str(self._home / "keycloak"),
            port=config.keycloak.port,
            admin_client_id=config.keycloak.admin_client_id,
            admin_client_secret=admin_secret,
            java_options=config.keycloak.java_options,
            features=config.features,
            opts=self._opts,
        )
        return StartedKeycloak(resource=started, url=started.url, data_id=started.data_id)

    def server(self, config: ServerConfig, needs: ServerNeeds) -> StartedServer:
        """Start an MCP server."""
        started = process.McpServer(
            config.name,
            home=str(self._home / config.name),
            name=config.name,
            port=config.port,
            command=config.command,
            folder=str(self._folder) if config.command else None,
            tls_certificate_file=_path(config.tls_certificate_file),
            tls_key_file=_path(config.tls_key_file),
            issuer=needs.issuer,
            scopes=[needs.scope],
            **config.options(),
            introspection_client_id=needs.client_id,
            introspection_client_secret=needs.client_secret,
            opts=self._opts,
        )
        return StartedServer(url=started.url, resource_metadata=started.resource_metadata)


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file)

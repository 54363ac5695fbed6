"""The deployment of MCP servers as processes on this machine, beside an external Keycloak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.runtimes.process.deployment import ProcessDeployment

if TYPE_CHECKING:
    from pulumi import Output


class ExternalDeployment(ProcessDeployment):
    """The deployment beside an external Keycloak; see :class:`provision.runtimes.deployment.Deployment`."""

    def keycloak(self, admin_secret: Output[str]) -> None:
        """Start nothing: the stack file names the address of a running Keycloak."""

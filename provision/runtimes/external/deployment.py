"""MCP servers as processes of this machine, beside a Keycloak that somebody else runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.runtimes.process.deployment import ProcessDeployment

if TYPE_CHECKING:
    from pulumi import Output


class ExternalDeployment(ProcessDeployment):
    """See :class:`provision.runtimes.deployment.Deployment`."""

    def keycloak(self, admin_secret: Output[str]) -> None:
        """Start nothing: Keycloak is where the stack file says."""

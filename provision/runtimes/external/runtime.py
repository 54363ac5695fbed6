"""The runtime with an external Keycloak; the MCP servers are processes on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.runtimes.process.runtime import ProcessRuntime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision._lib.progress import Progress
    from provision.config.stack_config import StackConfig
    from provision.runtimes.deployment import Deployment, Placement
    from provision.runtimes.protocol import Finding, LiveStack


class ExternalRuntime(ProcessRuntime):
    """The external runtime; see :class:`~provision.runtimes.protocol.Runtime`."""

    instead_of_backup = (
        "Keycloak's users, clients and logins are in the database of whoever runs it: use the backup of that database, and see "
        "that it is taken while Keycloak is stopped or by the database's own tools (Keycloak's Upgrading Guide)."
    )

    def diagnose(self, config: StackConfig | None) -> Iterator[Finding]:
        """Yield findings about the Keycloak that the stack file names; nothing if the file names no Keycloak."""
        if config is None or config.keycloak.url is None:
            return
        from provision.runtimes.external.diagnosis import findings

        yield from findings(config.keycloak.url, config.keycloak.auth_realm, config.keycloak.ca_file)

    def load_ahead(self) -> None:
        """Load nothing: there is no Keycloak to start."""

    def prepare(self, stack: LiveStack, config: StackConfig, progress: Progress) -> None:
        """Prepare nothing: there is no Keycloak to start."""

    def deployment(self, placement: Placement) -> Deployment:
        """Return the deployment that starts the servers only."""
        from provision.runtimes.external.deployment import ExternalDeployment

        return ExternalDeployment(placement)


RUNTIME = ExternalRuntime

"""A Keycloak that somebody else runs; the MCP servers are processes of this machine."""

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
    """See :class:`~provision.runtimes.protocol.Runtime`."""

    def diagnose(self, config: StackConfig | None) -> Iterator[Finding]:
        """Ask the Keycloak that the stack file names; yield nothing if it names none."""
        if config is None or config.keycloak.url is None:
            return
        from provision.runtimes.external.diagnosis import findings

        yield from findings(config.keycloak.url, config.keycloak.auth_realm, config.keycloak.ca_file)

    def load_ahead(self) -> None:
        """Load nothing: there is no Keycloak to start."""

    def prepare(self, stack: LiveStack, config: StackConfig, progress: Progress) -> None:
        """Prepare nothing: there is no Keycloak to start."""

    def deployment(self, placement: Placement) -> Deployment:
        """Return what starts the servers only."""
        from provision.runtimes.external.deployment import ExternalDeployment

        return ExternalDeployment(placement)


RUNTIME = ExternalRuntime

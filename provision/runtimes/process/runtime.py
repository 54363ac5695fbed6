"""The runtime with Keycloak and MCP servers as processes on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.config.names import NAMESPACE
from provision.config.stack_config import KEYCLOAK
from provision.runtimes.protocol import Finding, Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision._lib.progress import Progress
    from provision.config.stack_config import StackConfig
    from provision.runtimes.deployment import Deployment, Placement
    from provision.runtimes.keycloak_data import Copied, KeycloakData
    from provision.runtimes.protocol import LiveStack, RunningProcess


class ProcessRuntime(Runtime):
    """The process runtime; see :class:`~provision.runtimes.protocol.Runtime`. It fetches all that it needs by itself."""

    instead_of_backup = ""

    def diagnose(self, config: StackConfig | None) -> Iterator[Finding]:
        """Yield findings about Java, Keycloak, and the Keycloak that is prepared for quick starts."""
        del config
        looks: dict[str, Callable[[str], Finding]] = {
            "Java": _java,
            "Keycloak": _keycloak,
            "Prepared Keycloak": _prepared,
        }
        for part, look in looks.items():
            try:
                yield look(part)
            except ProvisionError as error:
                yield Finding.missing(part, error)

    def load_ahead(self) -> None:
        """Load the module that starts Keycloak."""
        from provision.runtimes.process import keycloak  # noqa: F401 - kept in memory for Keycloak's start

    def check(self, stack: LiveStack, config: StackConfig) -> None:
        """Refuse ports in the stack file that other processes than the stack's hold."""
        from provision.runtimes.process.status import refuse_taken

        declared = [("keycloak", config.keycloak.port)]
        declared += [(place, server.port) for place, server in config.placed_servers]
        keys = {port: f"{NAMESPACE}:{place}.port" for place, port in declared if port is not None}
        refuse_taken(stack.home, keys, stack.file)

    def prepare(self, stack: LiveStack, config: StackConfig, progress: Progress) -> None:
        """Fetch and prepare Keycloak."""
        del stack
        from provision.runtimes.process.preparation import prepare

        prepare(progress, config.features)

    def deployment(self, placement: Placement) -> Deployment:
        """Return the deployment that starts Keycloak and the servers as processes."""
        from provision.runtimes.process.deployment import ProcessDeployment

        return ProcessDeployment(placement)

    def processes(self, stack: LiveStack) -> tuple[RunningProcess, ...]:
        """Return the processes that the stack has folders for."""
        from provision.runtimes.process.status import processes

        return processes(stack.home)

    def audit_log(self, process: RunningProcess) -> str | None:
        """Return the audit file in a server's settings, else the server's log; None for other processes."""
        from provision.runtimes.process.status import audit_log

        return audit_log(process)

    def end(self, stack: LiveStack, process: RunningProcess) -> None:
        """Stop the process."""
        del stack
        from pathlib import Path

        from provision.runtimes.process import managed_process

        managed_process.stop(Path(process.log).parent)

    def take_data(self, stack: LiveStack, progress: Progress) -> Copied:
        """Stop Keycloak's process, copy its database file, and start the process again."""
        from provision.runtimes.process import keycloak

        with progress.step("Copying Keycloak's data; Keycloak is stopped meanwhile"):
            return keycloak.take_data(stack.home / KEYCLOAK)

    def put_data(self, stack: LiveStack, data: KeycloakData) -> None:
        """Write the database file and the facts about it into the folder of Keycloak's process."""
        from provision.runtimes.process import keycloak

        keycloak.put_data(stack.home / KEYCLOAK, data)

    def stop(self, stack: LiveStack) -> None:
        """Stop all processes of the stack that still run."""
        from provision.runtimes.process.status import stop_all

        stop_all(stack.home)


RUNTIME = ProcessRuntime


def _java(part: str) -> Finding:
    from provision.runtimes.process import java

    found = java.find()
    return Finding(part, "found", f"{found.version}, {found.home}")


def _keycloak(part: str) -> Finding:
    from provision.keycloak.version import VERSION
    from provision.runtimes.process import distribution

    own = distribution.override()
    if own is not None:
        return Finding(part, "found", f"{VERSION}, {own} (from {distribution.VARIABLE})")
    archive = distribution.archive()
    if archive.is_file():
        return Finding(part, "found", f"{VERSION}, {archive}")
    return Finding(part, "comes by itself", f"{VERSION} is fetched at the first start, to {archive}")


def _prepared(part: str) -> Finding:
    from provision.runtimes.process import preparation

    prepared = preparation.find()
    if prepared is None:
        return Finding(part, "comes by itself", "it is built at the first start (about two minutes)")
    speed = "" if prepared.has_aot_cache else ", without a start-up cache: starts take twice as long"
    return Finding(part, "found", f"{prepared.folder}{speed}")

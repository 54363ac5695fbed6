"""Keycloak and MCP servers in containers of a Docker daemon."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.config.stack_config import KEYCLOAK
from provision.runtimes.protocol import Finding, Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provision._lib.progress import Progress
    from provision.config.stack_config import StackConfig
    from provision.runtimes.deployment import Deployment, Placement
    from provision.runtimes.docker.containers import Recorded, Stack
    from provision.runtimes.keycloak_data import Copied, KeycloakData
    from provision.runtimes.protocol import LiveStack, RunningProcess

_LOGS = "containers"
"""The subfolder of a stack's folder with copies of the containers' logs."""


class DockerRuntime(Runtime):
    """The container runtime; see :class:`~provision.runtimes.protocol.Runtime`. A stack without a mark is not up."""

    instead_of_backup = ""
    resource_types = ("docker:", "pulumi:providers:docker")

    def missing(self) -> ProvisionError | None:
        """Return the error for a missing plugin of Pulumi, a missing daemon or a missing permission to use the daemon."""
        from provision.runtimes.docker import daemon

        return daemon.missing()

    def diagnose(self, config: StackConfig | None) -> Iterator[Finding]:
        """Yield findings about the daemon, with version and address, and about Pulumi's plugin."""
        del config
        from provision.runtimes.docker import daemon

        yield from daemon.diagnose()

    def prepare(self, stack: LiveStack, config: StackConfig, progress: Progress) -> None:
        """Refuse to go on if another stack of the same name has containers."""
        del config, progress
        from provision.runtimes.docker import containers

        containers.refuse_foreign(stack.name, stack.mark or None)

    def deployment(self, placement: Placement) -> Deployment:
        """Return the deployment that declares Keycloak and the servers to pulumi-docker."""
        from provision.runtimes.docker.deployment import DockerDeployment

        return DockerDeployment(placement)

    def processes(self, stack: LiveStack) -> tuple[RunningProcess, ...]:
        """Return the containers that run or should run; none if the stack is not up."""
        if not stack.mark:
            return ()
        from provision.runtimes.docker import containers

        with _named():
            return containers.processes(_labels(stack), stack.home / _LOGS, _recorded(stack))

    def fetch_logs(self, chosen: Sequence[RunningProcess], *, follow: bool) -> None:
        """Copy the containers' logs from the daemon into files."""
        from provision.runtimes.docker import containers

        containers.copy_logs(chosen, follow=follow)

    def audit_log(self, process: RunningProcess) -> str | None:
        """Return a server's log file, which holds the audit lines since the container's root is read-only."""
        return None if process.name == KEYCLOAK else process.log

    def before_up(
        self, stack: LiveStack, config: Callable[[], StackConfig], say: Callable[[str], None]
    ) -> bool:
        """Remove containers that the state does not know, that do not work, or that are in the way of a new one."""
        if not stack.mark:
            return False
        with _named():
            removed = _remove_strangers(stack, say)
            made_way = _make_way(stack, config(), say)
            return _say_what_is_the_matter(stack, say, repair=True) or removed or made_way

    def before_preview(self, stack: LiveStack, say: Callable[[str], None]) -> bool:
        """Return whether containers are missing or do not work; name them to the user."""
        if not stack.mark:
            return False
        with _named():
            return _say_what_is_the_matter(stack, say, repair=False)

    def before_down(self, stack: LiveStack, say: Callable[[str], None]) -> None:
        """Remove containers and networks that the state does not know."""
        if stack.mark:
            with _named():
                _remove_strangers(stack, say)

    def end(self, stack: LiveStack, process: RunningProcess) -> None:
        """Remove the container, which the next ``up`` makes anew; the data is in a volume and stays."""
        from provision.runtimes.docker import containers

        with _named():
            containers.remove(_labels(stack), process)

    def take_data(self, stack: LiveStack, progress: Progress) -> Copied:
        """Stop Keycloak's container, copy its database file, and start the container again."""
        from provision.runtimes.docker import data_volume

        with _named(), progress.step("Copying Keycloak's data; Keycloak is stopped meanwhile"):
            return data_volume.take(_labels(stack), _recorded(stack))

    def put_data(self, stack: LiveStack, data: KeycloakData) -> None:
        """Make Keycloak's volume with the database file in it."""
        from provision.runtimes.docker import data_volume

        with _named():
            data_volume.put(_labels(stack), data.database)

    def stop(self, stack: LiveStack) -> None:
        """Remove all remaining containers, networks, volumes and images of the stack."""
        if stack.mark:
            from provision.runtimes.docker import containers

            containers.remove_all(_labels(stack))

    def explain(self, errors: str) -> ProvisionError | None:
        """Return an error that explains a taken port or an image that can't be pulled; None for other failures."""
        from provision.runtimes.docker.error_messages import explained

        return explained(errors)


RUNTIME = DockerRuntime


@contextmanager
def _named() -> Iterator[None]:
    """Add to a daemon's error that the stack runs in containers."""
    try:
        yield
    except ProvisionError as error:
        raise ProvisionError(f"The stack runs in containers. {error.what}", error.do) from error


def _labels(stack: LiveStack) -> Stack:
    from provision.runtimes.docker.containers import Stack

    return Stack(stack.name, stack.mark)


def _recorded(stack: LiveStack) -> Recorded:
    from provision.runtimes.docker.containers import Recorded

    return Recorded.of(stack.resources())


def _remove_strangers(stack: LiveStack, say: Callable[[str], None]) -> bool:
    """Remove what a killed run left behind; return whether anything was removed."""
    if not stack.is_alone:
        return False
    from provision.runtimes.docker import containers

    removed = containers.remove_strangers(_labels(stack), _recorded(stack))
    if removed:
        say(f"  · removed what a run made that was cut off: {', '.join(removed)}")
    return bool(removed)


def _make_way(stack: LiveStack, config: StackConfig, say: Callable[[str], None]) -> bool:
    """Remove containers that leave the stack and hold a port of others; return whether there were any."""
    from provision.runtimes.docker import containers

    servers = {server.name: server.port for server in config.mcp_servers if server.url is None}
    removed = containers.make_way(_labels(stack), {KEYCLOAK: config.keycloak.port, **servers})
    for name in removed:
        say(f"  · container {name} leaves the stack and makes way: another one gets its port")
    return bool(removed)


def _say_what_is_the_matter(stack: LiveStack, say: Callable[[str], None], *, repair: bool) -> bool:
    """Name to the user the containers that have to be made anew; return whether there are any."""
    from provision.runtimes.docker import containers

    matters = containers.needs_update(_labels(stack), _recorded(stack), repair=repair)
    for name, matter in matters.items():
        say(f"  · container {name} {matter}")
    return bool(matters)

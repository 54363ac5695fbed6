"""The containers of a stack: their states, their repair, their removal and their logs."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision.runtimes.docker import health
from provision.runtimes.docker.daemon import daemon
from provision.runtimes.protocol import RunningProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docker import APIClient

LABEL = "mcp-provision.stack"
"""The label of all images, containers, networks and volumes of a stack, with the stack's name as its value."""
MARK_LABEL = "mcp-provision.mark"
"""The label of a stack's containers, networks and volumes whose value distinguishes stacks of the same name."""
FILES_LABEL = "mcp-provision.files"
"""The label of a running container whose value identifies the files that the container was made with."""
_CONTAINER = "docker:index/container:Container"
_NETWORK = "docker:index/network:Network"
UNHEALTHY = "unhealthy"
REMOVED = "removed"
_WAS_REMOVED = f"was {REMOVED}"


@dataclass(frozen=True)
class Stack:
    """A stack as the labels of its containers identify it.

    Args:
        name: The value of the label :data:`LABEL`.
        mark: The value of the label :data:`MARK_LABEL`.
    """

    name: str
    mark: str

    def of(self, listed: Mapping[str, Any]) -> bool:
        """Return whether a listed Docker object with the stack's name belongs to this very stack."""
        return (listed.get("Labels") or {}).get(MARK_LABEL) == self.mark

    def short(self, name: str) -> str:
        """Return a container's short name, without the stack's name."""
        return name.removeprefix("/").removeprefix(f"{self.name}-")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The containers and networks in a stack's state.

    Args:
        ids: The ids of the stack's containers and networks.
        running: The names of the containers that have to run, by container id.
    """

    ids: frozenset[str] = frozenset()
    running: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Mapping[str, Any]]) -> Recorded:
        """Return the containers and networks in a state.

        Args:
            resources: The resources of a deployment, as Pulumi writes them.
        """
        found = [item for item in resources if item["type"] in {_CONTAINER, _NETWORK} and item.get("id")]
        running = {
            item["id"]: item["outputs"]["name"]
            for item in found
            if item["type"] == _CONTAINER and not item.get("delete") and item["inputs"].get("mustRun", True)
        }
        return cls(ids=frozenset(item["id"] for item in found), running=running)


def processes(stack: Stack, logs: Path, recorded: Recorded) -> tuple[RunningProcess, ...]:
    """Return the stack's containers.

    Args:
        stack: The stack.
        logs: The folder for copies of the containers' logs.
        recorded: The state's containers; a removed container of the state is returned too, as removed.

    Raises:
        ProvisionError: The daemon does not answer.
    """
    with daemon() as client:
        # A container without the last label received files for another container and never ran.
        found = client.containers.list(all=True, filters=_labelled(stack, FILES_LABEL))
    by_name: dict[str, Any] = dict.fromkeys(recorded.running.values())
    by_name |= {str(item.name): item for item in found}
    return tuple(
        RunningProcess(
            name=stack.short(name),
            pid=_pid(item),
            log=str(logs / f"{name}.log"),
            container=name,
            state=_state(item),
            works=_state(item) != UNHEALTHY,
        )
        for name, item in sorted(by_name.items())
    )


def _pid(item: Any) -> int | None:
    return item.attrs["State"]["Pid"] or None if item is not None and item.status == "running" else None


def _state(item: Any) -> str:
    if item is None:
        return REMOVED
    return str(item.health) if item.status == "running" else str(item.status)


def refuse_foreign(name: str, mark: str | None) -> None:
    """Refuse to go on if another stack of the same name has containers: the stacks would replace each other's containers.

    Args:
        name: The value of the label :data:`LABEL`.
        mark: The mark of this stack; None if the stack is not up.

    Raises:
        ProvisionError: Another stack has containers, or the daemon does not answer.
    """
    with daemon() as client:
        listed = client.api.containers(all=True, filters={"label": [f"{LABEL}={name}"]})
    ours = Stack(name, mark or "")
    if any(not ours.of(item) for item in listed):
        raise ProvisionError(
            f"There are containers of another stack {name} (of another folder, user or backend).",
            f"If they are this stack's, because its folder was lost, run {hint('down')}. Otherwise remove the other stack, or "
            f"name the project in Pulumi.yaml otherwise; see `docker ps -a --filter label={LABEL}={name}`.",
        )


def remove_strangers(stack: Stack, recorded: Recorded) -> list[str]:
    """Remove the stack's containers and networks that are missing in its state, which a killed run left behind.

    Args:
        stack: The stack.
        recorded: The containers and networks in the state.

    Returns:
        The names of the removed containers and networks.

    Raises:
        ProvisionError: The daemon does not answer.
    """
    removed = []
    with daemon() as client:
        api = client.api
        for item in api.containers(all=True, filters=_labelled(stack)):
            if item["Id"] not in recorded.ids:
                removed.append(stack.short(item["Names"][0]))
                api.remove_container(item["Id"], force=True, v=True)
        for item in api.networks(filters=_labelled(stack)):
            if item["Id"] not in recorded.ids:
                removed.append("network")
                api.remove_network(item["Id"])
    return removed


def make_way(stack: Stack, ports: Mapping[str, int | None]) -> list[str]:
    """Remove containers that are no longer declared and hold a declared port: the engine removes them after it makes others.

    Args:
        stack: The stack.
        ports: The declared containers by short name, with their ports on this machine; None for a port that is open.

    Returns:
        The short names of the removed containers.

    Raises:
        ProvisionError: The daemon does not answer.
    """
    removed, wanted = [], set(ports.values()) - {None}
    with daemon() as client:
        api = client.api
        for item in api.containers(filters=_labelled(stack)):
            name = stack.short(item["Names"][0])
            if name not in ports and wanted & {each.get("PublicPort") for each in item["Ports"]}:
                api.remove_container(item["Id"], force=True, v=True)
                removed.append(name)
    return removed


def needs_update(stack: Stack, recorded: Recorded, *, repair: bool) -> dict[str, str]:
    """Return the containers that do not run or do not work, after waiting for starting containers.

    Args:
        stack: The stack.
        recorded: The containers in the state.
        repair: Whether to remove containers that do not run or do not work, so that a refresh finds them missing.

    Returns:
        The problem of each such container, by the container's short name.

    Raises:
        ProvisionError: The daemon does not answer.
    """
    with daemon() as client:
        found = matters(client.api, stack, recorded)
        for identity, name in recorded.running.items():
            if repair and found.get(stack.short(name), _WAS_REMOVED) != _WAS_REMOVED:
                client.api.remove_container(identity, force=True, v=True)
    return found


def matters(api: APIClient, stack: Stack, recorded: Recorded) -> dict[str, str]:
    """Return the problem of each container that does not run or does not work, by the container's short name.

    Containers that are starting are waited for.

    Args:
        api: The daemon's client.
        stack: The stack.
        recorded: The containers in the state.
    """
    listed = _settled(api, stack, recorded.running)
    return {
        stack.short(name): _matter(listed.get(identity))
        for identity, name in recorded.running.items()
        if not _is_well(listed.get(identity))
    }


def remove(stack: Stack, process: RunningProcess) -> None:
    """Remove one container; do nothing if it has gone.

    Args:
        stack: The stack.
        process: The container, as :func:`processes` returns it.

    Raises:
        ProvisionError: The daemon does not answer, or refuses the removal.
    """
    with daemon() as client:
        for item in _listed(client.api, stack).values():
            if f"/{process.container}" in item["Names"]:
                client.api.stop(item["Id"])
                client.api.remove_container(item["Id"], v=True)


def remove_all(stack: Stack) -> None:
    """Remove all remaining containers, networks, volumes and images of a stack.

    Args:
        stack: The stack.

    Raises:
        ProvisionError: The daemon does not answer, or refuses a removal.
    """
    remove_strangers(stack, Recorded())
    with daemon() as client:
        for volume in client.api.volumes(filters=_labelled(stack))["Volumes"] or ():
            client.api.remove_volume(volume["Name"], force=True)
        _remove_images(client.api, stack)


def _remove_images(api: APIClient, stack: Stack) -> None:
    """Remove the stack's images unless another stack of the same name uses them: images have no mark."""
    used = {item["ImageID"] for item in api.containers(all=True)}
    for image in api.images(filters={"label": [f"{LABEL}={stack.name}"]}):
        if image["Id"] not in used:
            api.remove_image(image["Id"], force=True)


def _settled(api: APIClient, stack: Stack, wanted: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the containers by id as soon as no wanted container is starting any more."""
    since = int(time.time())
    listed = _listed(api, stack)
    if not _starting(listed, wanted):
        return listed
    # The stream begins with the events since the first listing, so that none is missed, and ends at the time limit.
    events = api.events(
        since=since,
        until=since + health.READY_SECONDS,
        filters={**_labelled(stack), "event": ["health_status", "die"]},
        decode=True,
    )
    try:
        for _ in events:
            listed = _listed(api, stack)
            if not _starting(listed, wanted):
                break
    finally:
        events.close()
    return listed


def _listed(api: APIClient, stack: Stack) -> dict[str, Mapping[str, Any]]:
    return {item["Id"]: item for item in api.containers(all=True, filters=_labelled(stack))}


def _starting(listed: Mapping[str, Mapping[str, Any]], wanted: Iterable[str]) -> bool:
    return any("(health: starting)" in listed[item]["Status"] for item in wanted if item in listed)


def _is_well(item: Mapping[str, Any] | None) -> bool:
    return item is not None and item["State"] == "running" and f"({UNHEALTHY})" not in item["Status"]


def _matter(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return _WAS_REMOVED
    return f"is {UNHEALTHY}" if item["State"] == "running" else "does not run"


def _labelled(stack: Stack, *more: str) -> dict[str, Any]:
    return {"label": [f"{LABEL}={stack.name}", f"{MARK_LABEL}={stack.mark}", *more]}


def copy_logs(chosen: Sequence[RunningProcess], *, follow: bool) -> None:
    """Copy the logs of containers into the files that :func:`processes` names.

    Args:
        chosen: The containers.
        follow: Whether to go on copying in the background as long as this process lives.

    Raises:
        ProvisionError: A container was removed together with its log, or the daemon does not answer.
    """
    contained = {item.container: item for item in chosen if item.container is not None}
    for name, item in contained.items():
        if item.state == REMOVED:
            raise ProvisionError(
                f"Container {name} was removed, and its log with it.", f"{hint('up')} makes it anew."
            )
    for name, item in contained.items():
        file = Path(item.log)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        _copy(name, file)
        if follow:
            threading.Thread(target=_go_on, args=(name, file), daemon=True).start()


def _copy(name: str, file: Path) -> None:
    with daemon() as client, file.open("wb") as copy:
        copy.write(client.containers.get(name).logs())


def _go_on(name: str, file: Path) -> None:
    since = int(time.time())
    with daemon() as client, file.open("ab", buffering=0) as copy:
        copy.writelines(client.containers.get(name).logs(stream=True, follow=True, since=since))

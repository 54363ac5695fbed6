"""The containers of a stack: what of them runs, what of them does not, and what they wrote."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision.runtimes.docker.daemon import daemon
from provision.runtimes.protocol import RunningProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docker import APIClient

LABEL = "mcp-provision.stack"
"""Everything of a stack carries this label, with the stack's name as its value."""
MARK_LABEL = "mcp-provision.mark"
"""What runs, its network and its volumes carry this one, too: it tells stacks of the same name apart."""
FILES_LABEL = "mcp-provision.files"
"""A container that runs carries this label, too: it tells of which files it was made."""
_CONTAINER = "docker:index/container:Container"
_NETWORK = "docker:index/network:Network"
_SETTLE_SECONDS = 120
UNHEALTHY = "unhealthy"
REMOVED = "removed"


@dataclass(frozen=True)
class Stack:
    """A stack as its labels tell it from others.

    Args:
        name: The value of the one label.
        mark: The value of the other.
    """

    name: str
    mark: str

    def of(self, listed: Mapping[str, Any]) -> bool:
        """Whether something that carries the stack's name is this stack's."""
        return (listed.get("Labels") or {}).get(MARK_LABEL) == self.mark

    def short(self, name: str) -> str:
        """What a person calls a container."""
        return name.removeprefix("/").removeprefix(f"{self.name}-")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What the state has of a stack.

    Args:
        ids: The ids of its containers and networks.
        running: The names of the containers that have to run, by their id.
    """

    ids: frozenset[str] = frozenset()
    running: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Mapping[str, Any]]) -> Recorded:
        """Return what a state has.

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
        logs: The folder for copies of their logs.
        recorded: What the state has: one that was removed is told of, too.

    Raises:
        ProvisionError: The daemon does not answer.
    """
    with daemon() as client:
        # Those without the last label took files for another container and never ran.
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
    """Refuse to go on where another stack of the same name has its containers: they would take each other's.

    Args:
        name: The value of the label.
        mark: The mark of this one; None when nothing of it is there.

    Raises:
        ProvisionError: There are some, or the daemon does not answer.
    """
    with daemon() as client:
        listed = client.api.containers(all=True, filters={"label": [f"{LABEL}={name}"]})
    ours = Stack(name, mark or "")
    if any(not ours.of(item) for item in listed):
        raise ProvisionError(
            f"There are containers of another stack {name} (of another folder, user or backend).",
            f"Remove that one, name the project in Pulumi.yaml otherwise, or see `docker ps -a --filter label={LABEL}={name}`.",
        )


def remove_strangers(stack: Stack, recorded: Recorded) -> list[str]:
    """Remove what the stack made and its state does not know: what a run made that was killed.

    Args:
        stack: The stack.
        recorded: What the state has.

    Returns:
        The names of what was removed.

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


def needs_update(stack: Stack, recorded: Recorded, *, repair: bool) -> dict[str, str]:
    """Which containers are not as they have to be, once those have started that are about to.

    Args:
        stack: The stack.
        recorded: What the state has.
        repair: Remove those that run but do not work, so that a look at the world finds them missing.

    Returns:
        What is the matter, by name.

    Raises:
        ProvisionError: The daemon does not answer.
    """
    with daemon() as client:
        listed = _settled(client.api, stack, recorded.running)
        matters = {
            name: _matter(listed.get(identity))
            for identity, name in recorded.running.items()
            if not _is_well(listed.get(identity))
        }
        for identity, name in recorded.running.items():
            if repair and name in matters and identity in listed:
                client.api.remove_container(identity, force=True, v=True)
    return {stack.short(name): matter for name, matter in matters.items()}


def remove_all(stack: Stack) -> None:
    """Remove whatever of the stack is left.

    Args:
        stack: The stack.

    Raises:
        ProvisionError: The daemon does not answer, or something can't be removed.
    """
    remove_strangers(stack, Recorded())
    with daemon() as client:
        for volume in client.api.volumes(filters=_labelled(stack))["Volumes"] or ():
            client.api.remove_volume(volume["Name"], force=True)
        _remove_images(client.api, stack)


def _remove_images(api: APIClient, stack: Stack) -> None:
    """Images have no mark, so that equal ones are one; what another stack of the name still uses stays."""
    used = {item["ImageID"] for item in api.containers(all=True)}
    for image in api.images(filters={"label": [f"{LABEL}={stack.name}"]}):
        if image["Id"] not in used:
            api.remove_image(image["Id"], force=True)


def _settled(api: APIClient, stack: Stack, wanted: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The containers by their id, as they are when none is starting any more."""
    since = int(time.time())
    listed = _listed(api, stack)
    if not _starting(listed, wanted):
        return listed
    # The events since the first look come first, so that none is missed; the stream ends by itself at the time limit.
    events = api.events(
        since=since,
        until=since + _SETTLE_SECONDS,
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
        return "was removed"
    return f"is {UNHEALTHY}" if item["State"] == "running" else "does not run"


def _labelled(stack: Stack, *more: str) -> dict[str, Any]:
    return {"label": [f"{LABEL}={stack.name}", f"{MARK_LABEL}={stack.mark}", *more]}


def copy_logs(chosen: Sequence[RunningProcess], *, follow: bool) -> None:
    """Write what containers wrote into the files that :func:`processes` names.

    Args:
        chosen: Which of them.
        follow: Go on, in the background, as long as this process lives.

    Raises:
        ProvisionError: A container was removed, and its log with it; or the daemon does not answer.
    """
    contained = {item.container: item for item in chosen if item.container is not None}
    for name, item in contained.items():
        if item.state == REMOVED:
            raise ProvisionError(
                f"Container {name} was removed, and its log with it.", "`provision up` makes it anew."
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

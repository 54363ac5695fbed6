"""``docker:index/container:Container``."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, ClassVar

from tests.support.docker_plugin.container_form import (
    archive,
    configuration,
    in_bytes,
    live_inputs,
    network_datas,
    restart_policy,
)
from tests.support.docker_plugin.daemon import DockerError, HalfMadeError, failures, found
from tests.support.docker_plugin.kind import Kind, Seen, strings
from tests.support.docker_plugin.published import CONTAINER, Property, Table

if TYPE_CHECKING:
    from tests.support.docker_plugin.daemon import Daemon

_LOG_LINES = 20
_UPDATED_IN_PLACE = ("restart", "maxRetryCount", "memory", "memorySwap")


class Container(Kind):
    token = "docker:index/container:Container"
    inputs = CONTAINER
    outputs: ClassVar[Table] = {
        **strings("bridge", "containerLogs"),
        "exitCode": Property("integer"),
        "networkDatas": Property("list:ContainerNetworkData"),
    }

    def failures(self, inputs: dict[str, Any]) -> list[str]:
        reasons = []
        if inputs["restart"] not in ("no", "on-failure", "always", "unless-stopped"):
            reasons.append("restart must be one of no, on-failure, always, unless-stopped")
        for number, upload in enumerate(inputs.get("uploads", ())):
            if sum(bool(upload.get(name)) for name in ("content", "contentBase64")) != 1:
                reasons.append(f"uploads[{number}]: either content or contentBase64 must be set")
            if not re.fullmatch(r"0[0-7]{3}", str(upload.get("permissions", "0644"))):
                reasons.append(f"uploads[{number}].permissions must be four octal digits, the first a 0")
        return reasons

    def create(self, daemon: Daemon, inputs: dict[str, Any]) -> str:
        client, name = daemon.client, inputs["name"]
        if found(client.inspect_image, inputs["image"]) is None:
            with failures(f"create container {name}: no such image, and pulling it failed"):
                client.pull(inputs["image"])
        with failures(f"create container {name}"):
            made = str(client.create_container_from_config(configuration(inputs), name)["Id"])
        try:
            _finish(daemon, made, inputs)
        except DockerError as failure:
            raise HalfMadeError(str(failure), made) from failure
        return made

    def read(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> Seen | None:  # noqa: A002
        shown = found(daemon.client.inspect_container, id)
        if shown is None:
            return None
        computed = {
            "bridge": shown["NetworkSettings"].get("Bridge", ""),
            "networkDatas": network_datas(shown),
            "exitCode": 0 if shown["State"]["Running"] else shown["State"]["ExitCode"],
            "containerLogs": "",  # only filled with `attach` and `logs`, which the stack does not use
        }
        return Seen(shown["Id"], live_inputs(shown, inputs), computed)

    def update(self, daemon: Daemon, id: str, old: dict[str, Any], new: dict[str, Any]) -> None:  # noqa: A002
        with failures(f"update container {new['name']}"):
            if new["mustRun"] and not old.get("mustRun", True) and new["start"]:
                daemon.client.start(id)
            if any(old.get(name) != new.get(name) for name in _UPDATED_IN_PLACE):
                daemon.client.update_container(
                    id,
                    mem_limit=in_bytes(new.get("memory")),
                    memswap_limit=in_bytes(new.get("memorySwap")),
                    restart_policy=restart_policy(new),
                )

    def delete(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> None:  # noqa: A002
        import docker

        try:
            with failures(f"remove container {inputs['name']}"):
                daemon.client.stop(id, timeout=inputs.get("destroyGraceSeconds") or 0)
                daemon.client.remove_container(id, v=inputs.get("removeVolumes", True), force=True)
        except DockerError as failure:
            # A container that removes itself when it stops may be gone or about to go.
            leaving = "is already in progress" in str(failure)
            if not leaving and not isinstance(failure.__cause__, docker.errors.NotFound):
                raise


def _finish(daemon: Daemon, made: str, inputs: dict[str, Any]) -> None:
    """Complete a new container: networks, uploads, the start and the waits."""
    client, name = daemon.client, inputs["name"]
    networks = inputs.get("networksAdvanced", ())
    if networks and found(client.inspect_container, made)["NetworkSettings"]["Networks"].get("bridge"):  # type: ignore[index]
        with failures(f"disconnect container {name} from the default network"):
            client.disconnect_container_from_network(made, "bridge")
    for network in networks:
        with failures(f"connect container {name} to network {network['name']}"):
            client.connect_container_to_network(
                made,
                network["name"],
                aliases=network.get("aliases"),
                ipv4_address=network.get("ipv4Address"),
            )
    for upload in inputs.get("uploads", ()):
        with failures(f"upload {upload['file']} to container {name}"):
            client.put_archive(made, "/", archive(upload))
    if inputs["start"]:
        begun = time.time()
        with failures(f"start container {name}"):
            client.start(made)
        if inputs["wait"]:
            _wait_until_healthy(daemon, made, name, begun, inputs["waitTimeout"])


def _wait_until_healthy(daemon: Daemon, made: str, name: str, begun: float, seconds: int) -> None:
    until = begun + seconds
    # The events since the start come first, so that none is missed; the stream ends by itself at the time limit.
    with failures(f"wait for container {name}"), daemon.events(made, begun, until) as events:
        state = daemon.client.inspect_container(made)["State"]
        if "Health" not in state:
            raise DockerError(
                f"Container {name} has 'wait' but no health check: remove 'wait' or add 'healthcheck'."
            )
        for _ in events:
            state = daemon.client.inspect_container(made)["State"]
            if state["Health"]["Status"] == "healthy" and state["Running"]:
                return
            if state["Health"]["Status"] == "unhealthy" or state["Status"] in ("exited", "dead"):
                break
    if state["Status"] in ("exited", "dead"):
        reason = f"ended with exit code {state['ExitCode']} before it was healthy"
    elif state["Health"]["Status"] == "unhealthy":
        reason = f"is unhealthy: {' '.join(state['Health']['Log'][-1]['Output'].split())}"
    elif time.time() >= until:
        reason = f"was not healthy after {seconds} s"
    else:
        reason = "was not healthy when the command was cancelled"
    with failures(f"read the log of container {name}"):
        log = daemon.client.logs(made, tail=_LOG_LINES).decode(errors="replace")
    raise DockerError(f"Container {name} {reason}. Its last log lines:\n{log or '(none)'}")

"""``docker:index/remoteImage:RemoteImage``, pulled or built by the daemon's classic builder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.docker_plugin.daemon import DockerError, failures, found
from tests.support.docker_plugin.kind import Kind, Seen, strings
from tests.support.docker_plugin.published import REMOTE_IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.docker_plugin.daemon import Daemon

_LINES_OF_A_FAILED_BUILD = 30


class RemoteImage(Kind):
    token = "docker:index/remoteImage:RemoteImage"
    inputs = REMOTE_IMAGE
    outputs = strings("imageId", "repoDigest")
    delete_first = (
        False  # like the official plugin, which then removes the *name*: give each content a name of its own
    )

    def failures(self, inputs: dict[str, Any]) -> list[str]:
        both = "build" in inputs and "pullTriggers" in inputs
        return ["build and pullTriggers exclude each other"] if both else []

    def create(self, daemon: Daemon, inputs: dict[str, Any]) -> str:
        name = inputs["name"]
        if "build" in inputs:
            _build(daemon, name, inputs["build"])
        image = found(daemon.client.inspect_image, name) or _pull(daemon, name, inputs.get("platform"))
        return str(image["Id"]) + name

    def read(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> Seen | None:  # noqa: A002
        name = inputs.get("name") or id
        image = found(daemon.client.inspect_image, name)
        if image is None:
            return None
        digests = image.get("RepoDigests") or [""]
        return Seen(image["Id"] + name, {}, {"imageId": image["Id"], "repoDigest": digests[0]})

    def update(self, daemon: Daemon, id: str, old: dict[str, Any], new: dict[str, Any]) -> None:  # noqa: A002
        if found(daemon.client.inspect_image, new["name"]) is None:
            _pull(daemon, new["name"], new.get("platform"))

    def delete(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> None:  # noqa: A002
        name = inputs["name"]
        if not inputs.get("keepLocally") and found(daemon.client.inspect_image, name):
            with failures(f"remove Docker image {name}"):
                daemon.client.remove_image(name, force=inputs.get("forceRemove", False))


def _pull(daemon: Daemon, name: str, platform: str | None) -> dict[str, Any]:
    # Without a tag docker-py would pull every tag.
    tag = None if "@" in name or ":" in name.rpartition("/")[2] else "latest"
    with failures(f"find or pull image {name}"):
        _follow(
            daemon.client.pull(name, tag=tag, stream=True, decode=True, platform=platform),
            f"find or pull image {name}",
        )
    image = found(daemon.client.inspect_image, name)
    if image is None:
        raise DockerError(f"Unable to find or pull image {name}")
    return image


def _build(daemon: Daemon, name: str, build: dict[str, Any]) -> None:
    context = Path(build["context"]).expanduser().resolve()
    file = context / build["dockerfile"]
    if not file.is_file():
        raise DockerError(f"Unable to build image {name}: dockerfile not found at path: {file}")
    with failures(f"build image {name}"):
        stream = daemon.client.build(
            path=str(context),
            dockerfile=str(file),
            tag=name,
            buildargs=build.get("buildArgs"),
            labels=build.get("label", {}),  # like the official plugin, which ignores `labels`
            target=build.get("target"),
            nocache=build.get("noCache", False),
            platform=build.get("platform"),
            rm=True,
            forcerm=True,  # a failed step must leave no container behind
            decode=True,
        )
        _follow(stream, f"build image {name}")
        for tag in build.get("tags", ()):
            repository, _, version = tag.rpartition(":")
            daemon.client.tag(name, repository or tag, version if repository else None)


def _follow(stream: Iterable[dict[str, Any]], what: str) -> None:
    """Read the daemon's stream to its end; an error contains the last lines."""
    told: list[str] = []
    for message in stream:
        told.append(message.get("stream", ""))
        if "error" in message:
            lines = "".join(told).splitlines()[-_LINES_OF_A_FAILED_BUILD:]
            raise DockerError("\n".join([f"Unable to {what}: {message['error'].strip()}", *lines]))

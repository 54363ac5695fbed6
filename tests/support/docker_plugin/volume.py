"""``docker:index/volume:Volume``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.docker_plugin.daemon import failures, found, labels_of, published_labels
from tests.support.docker_plugin.kind import Kind, Seen, strings
from tests.support.docker_plugin.published import VOLUME

if TYPE_CHECKING:
    from tests.support.docker_plugin.daemon import Daemon


class Volume(Kind):
    token = "docker:index/volume:Volume"
    inputs = VOLUME
    outputs = strings("mountpoint")

    def create(self, daemon: Daemon, inputs: dict[str, Any]) -> str:
        with failures(f"create volume {inputs['name']}"):
            made = daemon.client.create_volume(
                inputs["name"],
                driver=inputs.get("driver"),
                labels=labels_of(inputs),
            )
        return str(made["Name"])

    def read(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> Seen | None:  # noqa: A002
        shown = found(daemon.client.inspect_volume, id)
        if shown is None:
            return None
        live = {
            "name": shown["Name"],
            "labels": published_labels(shown["Labels"]),
            "driver": shown["Driver"],
        }
        return Seen(shown["Name"], live, {"mountpoint": shown["Mountpoint"]})

    def delete(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> None:  # noqa: A002
        if found(daemon.client.inspect_volume, id):
            with failures(f"remove volume {id}"):
                daemon.client.remove_volume(id, force=True)

"""``docker:index/network:Network``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.docker_plugin.daemon import failures, found, labels_of, published_labels
from tests.support.docker_plugin.kind import Kind, Seen, strings
from tests.support.docker_plugin.published import NETWORK

if TYPE_CHECKING:
    from tests.support.docker_plugin.daemon import Daemon

_IPAM = {"subnet": "Subnet", "ipRange": "IPRange", "gateway": "Gateway", "auxAddress": "AuxiliaryAddresses"}


class Network(Kind):
    token = "docker:index/network:Network"
    inputs = NETWORK
    outputs = strings("scope")

    def create(self, daemon: Daemon, inputs: dict[str, Any]) -> str:
        ranges = [
            {key: item[name] for name, key in _IPAM.items() if item.get(name)}
            for item in inputs.get("ipamConfigs", ())
        ]
        with failures(f"create network {inputs['name']}"):
            made = daemon.client.create_network(
                inputs["name"],
                driver=inputs.get("driver"),
                ipam={"Driver": "default", "Config": ranges},
                check_duplicate=True,
                internal=inputs.get("internal", False),
                labels=labels_of(inputs),
            )
        return str(made["Id"])

    def read(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> Seen | None:  # noqa: A002
        shown = found(daemon.client.inspect_network, id)
        if shown is None:
            return None
        live = {
            "name": shown["Name"],
            "labels": published_labels(shown["Labels"]),
            "driver": shown["Driver"],
            "internal": shown["Internal"],
            "ipamConfigs": [
                {name: item[key] for name, key in _IPAM.items() if item.get(key)}
                for item in shown["IPAM"]["Config"] or ()
            ],
        }
        return Seen(shown["Id"], live, {"scope": shown["Scope"]})

    def delete(self, daemon: Daemon, id: str, inputs: dict[str, Any]) -> None:  # noqa: A002
        if found(daemon.client.inspect_network, id):
            with failures(f"remove network {inputs['name']}"):
                daemon.client.remove_network(id)

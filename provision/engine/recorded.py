"""What a stack's record says of its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.runtimes.docker.containers import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CONTAINER = "docker:index/container:Container"
_NETWORK = "docker:index/network:Network"


def containers(resources: Iterable[Mapping[str, Any]]) -> Recorded:
    """The containers and networks.

    Args:
        resources: The resources of a deployment, as Pulumi writes them.
    """
    ours = [item for item in resources if item["type"] in {_CONTAINER, _NETWORK} and item.get("id")]
    running = {
        item["id"]: item["outputs"]["name"]
        for item in ours
        if item["type"] == _CONTAINER and not item.get("delete") and item["inputs"].get("mustRun", True)
    }
    return Recorded(ids=frozenset(item["id"] for item in ours), running=running)

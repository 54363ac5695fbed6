"""The reader of a Keycloak that is a process on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.urls import of_port
from provision.rules.model import UNKNOWN
from provision.rules.sources.adapters.keycloak_options import Placement, keycloak_server
from provision.rules.sources.adapters.program import Program, is_hidden, seen
from provision.runtimes.process import launch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.model import Resource
    from provision.rules.sources.resource_input import ResourceInput


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the Keycloak; it listens on loopback only and gets its secret through the database."""
    properties = declared.properties
    port, features = properties.get("port"), seen(properties.get("features"))
    yield keycloak_server(
        declared.name,
        Program(
            arguments=(*seen(properties.get("javaOptions")), launch.MAIN, *launch.START),
            arguments_at="javaOptions",
            image_at="",
        ),
        Placement(reachable=False),
        {
            "hostname": UNKNOWN if port is None or is_hidden(port) else of_port(int(port)),
            "features": next((name for name in features if is_hidden(name)), None) or ",".join(features),
        },
    )

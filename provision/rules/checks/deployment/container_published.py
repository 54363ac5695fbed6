"""A container for development is reachable from this machine only."""

from collections.abc import Iterator

from provision._lib.urls import is_loopback
from provision.rules import Resource, Violation, rule


@rule(
    id="container-published",
    severity="medium",
    title="A container for development is published on this machine alone",
    why="A port without an address is published on all of them, past the machine's firewall: everyone in the same network logs in to a Keycloak with known passwords.",
    fix="ports: ip 127.0.0.1",
    example='Container: publishedOn: ["127.0.0.1", "192.0.2.1"]',
    see="https://docs.docker.com/engine/network/port-publishing/",
    on=("Container",),
    profiles=("dev", "test"),
)
def check(container: Resource) -> Iterator[Violation]:
    """Check that every published port is on a loopback address."""
    for address in container.items("publishedOn"):
        if not is_loopback(address.strip("[]")):
            yield Violation("publishedOn", f"is published on {address}")

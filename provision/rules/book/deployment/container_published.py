"""A container for development is published on this machine alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.urls import is_loopback
from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="container-published",
    severity="medium",
    title="A container for development is published on this machine alone",
    why="A port without an address is published on all of them, past the machine's firewall: everyone in the same network logs in to a Keycloak with known passwords.",
    fix="ports: ip 127.0.0.1",
    see="https://docs.docker.com/engine/network/port-publishing/",
    on=("Container",),
    profiles=("dev", "test"),
    breaks=((Set(Where("Container"), {"publishedOn": ["127.0.0.1", "192.0.2.1"]}),),),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """Every published port is on a loopback address."""
    del scene
    for address in container.items("publishedOn"):
        if not is_loopback(address.strip("[]")):
            yield Violation("publishedOn", f"is published on {address}")

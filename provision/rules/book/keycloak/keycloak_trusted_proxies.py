"""Only named proxies say where a request comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="keycloak-trusted-proxies",
    severity="medium",
    title="Only named proxies say where a request comes from",
    why="With proxy-headers Keycloak believes the sender's address in a header. Without a list of trusted proxies everybody can write it: "
    "lock-outs, the trusted hosts of client registration and the event log then follow what an attacker claims.",
    fix="proxy-trusted-addresses=10.0.0.0/8, the addresses of the proxies",
    see="https://www.keycloak.org/server/reverseproxy",
    on=("KeycloakServer",),
    ephemeral="advisory",
    breaks=((Set(Where("KeycloakServer"), {"proxyHeaders": "xforwarded", "proxyTrustedAddresses": []}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """Where headers of proxies count, the proxies are listed."""
    del scene
    if server.get("proxyHeaders") and not server.get("proxyTrustedAddresses"):
        yield Violation("proxyTrustedAddresses", "believes the sender's address from everybody")

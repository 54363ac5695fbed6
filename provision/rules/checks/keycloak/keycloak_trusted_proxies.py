"""Only named proxies set the origin of a request."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-trusted-proxies",
    severity="medium",
    title="Only named proxies say where a request comes from",
    why="With proxy-headers Keycloak believes the sender's address in a header. Without a list of trusted proxies everybody can write it: "
    "lock-outs, the trusted hosts of client registration and the event log then follow what an attacker claims.",
    fix="proxy-trusted-addresses=10.0.0.0/8, the addresses of the proxies",
    example='KeycloakServer: proxyHeaders: "xforwarded", proxyTrustedAddresses: []',
    see="https://www.keycloak.org/server/reverseproxy",
    on=("KeycloakServer",),
    ephemeral="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the proxies are listed if their headers count."""
    if server.get("proxyHeaders") and not server.get("proxyTrustedAddresses"):
        yield Violation("proxyTrustedAddresses", "believes the sender's address from everybody")

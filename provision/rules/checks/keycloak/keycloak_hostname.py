"""Keycloak's address is fixed."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-hostname",
    severity="high",
    title="Keycloak's address is fixed",
    why="Without a fixed host name Keycloak takes it from the request. A forged Host header then puts an attacker's address into password mails, "
    "and tokens carry an issuer that servers must not accept.",
    fix="hostname=https://login.example.org and hostname-strict=true",
    example="KeycloakServer: hostname: null",
    see="https://www.keycloak.org/server/hostname",
    on=("KeycloakServer",),
    ephemeral="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the host name is set, and that no request changes it."""
    if server.get("hostname") is None:
        yield Violation("hostname", "takes its address from each request")
    elif server.get("hostnameStrict") is False:
        yield Violation("hostnameStrict", "lets requests change its address")

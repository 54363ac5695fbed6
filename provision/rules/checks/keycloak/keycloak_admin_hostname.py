"""The admin console has an address of its own."""

from collections.abc import Iterator

from provision._lib.urls import host
from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-admin-hostname",
    severity="medium",
    title="The admin console has an address of its own",
    why="On the public address everybody can reach the login of the administrators, and every hole in the console with it. "
    "With an address of its own it can be kept inside.",
    fix="hostname-admin=https://keycloak.internal.example.org, and no route for /admin on the public proxy",
    example="KeycloakServer: adminHostname: null",
    see="https://www.keycloak.org/server/hostname",
    on=("KeycloakServer",),
    profiles=("staging", "prod"),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the admin console has another host than the public address; either may be a bare host."""
    own = host(server.get("adminHostname") or "")
    if not own:
        yield Violation("adminHostname", "serves the admin console on the public address")
    elif own == host(server.get("hostname") or ""):
        yield Violation("adminHostname", "is the public address")

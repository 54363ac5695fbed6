"""Introspection answers a client only about tokens made for it."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-introspection-audience",
    severity="high",
    title="Introspection tells a client only of tokens that are for it",
    why="The option that switches the audience check off brings CVE-2026-37979 back: every client of the realm reads the claims of every token, "
    "and a server believes tokens that were given for another one.",
    fix="remove the option; give the introspecting client's scope an audience mapper for that client",
    example="KeycloakServer: introspectionAudienceCheck: false",
    see="https://www.keycloak.org/docs/latest/upgrading/",
    on=("KeycloakServer",),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the audience check is on."""
    if server.get("introspectionAudienceCheck") is False:
        yield Violation("introspectionAudienceCheck", "introspects tokens for clients that they are not for")

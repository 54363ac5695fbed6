"""Tokens carry no more about a user than the client needs."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="client-full-scope",
    severity="low",
    title="Tokens hold the roles of the client's scopes only",
    why="With full scope every token holds all roles of its user, those of other applications and of administrators too. A token that "
    "leaks, or a server that looks at roles, then gives more than the user agreed to. Keycloak's default is full scope.",
    fix="fullScopeAllowed: false",
    example='Client (access: "public"): fullScopeAllowed: true',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.3",
    on=("Client",),
    ephemeral="advisory",
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that full scope is off."""
    if client.get("fullScopeAllowed"):
        yield Violation("fullScopeAllowed", "gets all roles of its users in each token")

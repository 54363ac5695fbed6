"""Keycloak's own scopes bring no audience."""

from collections.abc import Iterator

from provision.keycloak.builtin import KEYCLOAK_SCOPES
from provision.rules import Resource, Violation, rule
from provision.rules.helpers.audiences import audience


@rule(
    id="audience-built-in-scope",
    severity="high",
    title="Keycloak's own scopes bring no audience",
    why="Scopes such as `profile` and `roles` are in the tokens of nearly every client of the realm. An audience there makes "
    "all of these tokens good for the server, also those of clients that have nothing to do with it.",
    fix="scope: the scope of the server, such as mcp:tools",
    example='a further AudienceMapper: name: "more", scope: "profile"',
    see="https://www.keycloak.org/docs/latest/server_admin/#audience-support",
    on=("AudienceMapper",),
)
def check(mapper: Resource) -> Iterator[Violation]:
    """Check that the mapper is not in a scope that Keycloak makes itself."""
    scope = mapper.get("scope")
    if scope in KEYCLOAK_SCOPES and mapper.get("addToAccessToken"):
        yield Violation("scope", f"puts {audience(mapper)} into the tokens of every client that has {scope}")

"""Audiences come with a scope."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.audiences import audience


@rule(
    id="audience-on-client",
    severity="low",
    title="Audiences come with a scope",
    why="An audience on the client itself is in every token of that client, whatever was asked for and consented to. On a scope"
    " it is in those tokens alone that are for the server.",
    fix="scope: the scope of the server, such as mcp:tools",
    example='a further AudienceMapper: name: "more", scope: "", client: "mcp-client"',
    see="https://www.keycloak.org/docs/latest/server_admin/#_audience_hardcoded",
    on=("AudienceMapper",),
    ephemeral="advisory",
)
def check(mapper: Resource) -> Iterator[Violation]:
    """Check that the mapper is in a client scope."""
    client = mapper.get("client")
    if client and mapper.get("addToAccessToken"):
        yield Violation("client", f"puts {audience(mapper)} into every token of {client}")

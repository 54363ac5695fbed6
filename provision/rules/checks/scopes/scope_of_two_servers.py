"""A scope brings the audience of one server."""

from collections.abc import Iterator

from provision.keycloak.builtin import KEYCLOAK_SCOPES
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.audiences import audience, audience_mappers, canonical, is_url


@rule(
    id="scope-of-two-servers",
    severity="high",
    title="A scope brings the audience of one server",
    why="With two servers in one scope, a token that was asked for one of them is good at the other. A server that is broken "
    "into calls the other as the user.",
    fix="a scope of its own for each server, such as mcp:calculator and mcp:weather",
    example='a further AudienceMapper: name: "more", includedCustomAudience: "https://other.example.org/mcp"',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#token-passthrough",
    on=("ClientScope",),
    beside=("AudienceMapper",),
)
def check(scope: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the scope's audiences that are URLs name one server."""
    name = scope.get("name")
    mappers = audience_mappers(context, realm=scope.get("realm"), scope=name)
    servers = {canonical(named) for mapper in mappers if is_url(named := audience(mapper))}
    if len(servers) > 1 and name not in KEYCLOAK_SCOPES:
        yield Violation("", f"makes a token good for {len(servers)} servers: {', '.join(sorted(servers))}")

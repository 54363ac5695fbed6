"""A server's scope brings the server's own URL."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.audiences import audience, audience_mappers, audience_of, canonical, is_url


@rule(
    id="audience-server-url",
    severity="high",
    title="A server's scope brings the server's own URL",
    why="A server must refuse tokens that do not name it. When its scope names another address, either no token is accepted, or"
    " the server does not look, and then takes tokens that were made for others.",
    fix="includedCustomAudience: the server's url, exactly",
    example='AudienceMapper (name: "audience-config"): includedCustomAudience: "http://localhost:3999/mcp"',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("McpServer",),
    beside=("AudienceMapper",),
)
def check(server: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that one audience of the server's scope is the server's URL, in any spelling."""
    url = audience_of(server)
    scopes = tuple(server.items("scopes"))
    named = [audience(mapper) for scope in scopes for mapper in audience_mappers(context, scope=scope)]
    others = [name for name in named if is_url(name) and canonical(name) != canonical(url)]
    if url in named:
        return
    context.all_seen("AudienceMapper")
    if others:
        yield Violation(
            "url", f"gets tokens for {', '.join(others)} with its scope {' '.join(scopes)}, not for itself"
        )

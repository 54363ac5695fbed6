"""Audiences name one server."""

from collections.abc import Iterator

from provision.keycloak.builtin import KEYCLOAK_CLIENTS
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.audiences import audience, custom_audience


@rule(
    id="audience-generic",
    severity="high",
    title="Audiences name one server",
    why="A server accepts the tokens that name it. A name that any service may have, such as `api`, makes one token good for "
    "all of them: whoever gets it at one uses it at the others. `account` is in most tokens of Keycloak anyway, and proves "
    "nothing.",
    fix="includedCustomAudience: https://mcp.example.org/mcp",
    example='a further AudienceMapper: name: "more", includedCustomAudience: "api"',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("AudienceMapper",),
    parameters={
        "generic": ["account", "all", "any", "api", "default", "mcp", "public", "resource", "server"]
    },
)
def check(mapper: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the audience names one server only."""
    named = audience(mapper)
    written = custom_audience(mapper)
    own = written is None and named in KEYCLOAK_CLIENTS
    if own or "*" in named or named.strip().lower() in ("", *context.parameters["generic"]):
        place = "includedClientAudience" if written is None else "includedCustomAudience"
        yield Violation(place, f"puts an audience into tokens that names no server: {named!r}")

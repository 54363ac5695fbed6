"""A server's scope brings its audience."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.audiences import (
    BESIDE,
    SCOPES,
    audience,
    audience_mappers,
    custom_audience,
    is_of_a_server,
    is_url,
)


@rule(
    id="scope-without-audience",
    severity="high",
    title="A server's scope brings its audience",
    why="Keycloak puts no server into a token by itself. Without an audience mapper in the scope the token names none, and a "
    "server that accepts it accepts every token of the realm: also those that users gave to quite another service.",
    fix="in this scope, an AudienceMapper with includedCustomAudience: the server's url",
    example='no AudienceMapper (name: "audience-config")',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("ClientScope",),
    beside=(*BESIDE, "Client", "RealmClientScopeAssignment"),
    parameters=SCOPES,
)
def check(scope: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the scope has an audience, or that a scope in every token has one."""
    realm, name = scope.get("realm"), scope.get("name")
    if not is_of_a_server(scope, context) or _has_audience(realm, name, context):
        return
    defaults = [
        member.get("scope")
        for member in context.of("RealmClientScopeAssignment", realm=realm, kind="default")
    ]
    if any(_has_audience(realm, default, context) for default in defaults):
        return
    context.all_seen("AudienceMapper")
    yield Violation("", f"{name} puts no server's URL into tokens")


def _has_audience(realm: str, scope: str, context: RuleContext) -> bool:
    """Return whether a scope has an address as audience; a client counts if it has a resource URL or such a name."""
    for mapper in audience_mappers(context, realm=realm, scope=scope):
        named = audience(mapper)
        if custom_audience(mapper) is not None or is_url(named):
            return True
        if any(client.get("resourceUrl") for client in context.of("Client", realm=realm, clientId=named)):
            return True
    return False

"""Introspecting clients are an audience of the tokens."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.audiences import audience, audience_mappers, is_url

_GRANTS = (
    "standardFlow",
    "implicitFlow",
    "directAccessGrants",
    "serviceAccounts",
    "deviceGrant",
    "tokenExchange",
)


@rule(
    id="introspection-client-audience",
    severity="medium",
    title="Introspecting clients are an audience of the tokens",
    why="Keycloak tells a client only of tokens that name it as an audience; of all others it says that they are not active "
    "(its fix for CVE-2026-37979). The server then refuses everybody, and the ways out that are found first switch the "
    "check off again.",
    fix="in the server's scope, an AudienceMapper with includedClientAudience: the introspection client",
    example='no AudienceMapper (name: "introspection-audience")',
    see="https://www.keycloak.org/docs/latest/server_admin/#audience-support",
    on=("McpServer", "Client"),
    beside=("AudienceMapper", "ClientRole"),
)
def check(resource: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a known server's client is an audience of the server's scope; without known servers, of any scope."""
    if resource.kind == "McpServer":
        path, client = "introspectionClientId", resource.get("introspectionClientId") or resource.get("url")
        well = resource.get("verifier") != "introspection" or client in _audiences(resource, context)
    else:
        path, client = "clientId", resource.get("clientId")
        well = resource.get("access") != "confidential" or not _no_client_can(resource.get("realm"), context)
        well = well or _has_another_use(resource)
    if well or _has_roles(client, context):
        return
    context.all_seen("AudienceMapper")
    yield Violation(path, f"asks Keycloak about tokens as {client}, which is no audience of them")


def _audiences(server: Resource, context: RuleContext) -> set[str]:
    """Return the audiences that a server's scopes put into tokens."""
    return {
        audience(mapper)
        for scope in server.items("scopes")
        for mapper in audience_mappers(context, scope=scope)
    }


def _no_client_can(realm: str, context: RuleContext) -> bool:
    """Return whether scopes name servers and no scope names a client."""
    known = {client.get("clientId") for client in context.of("Client", realm=realm, access="confidential")}
    named = {audience(mapper) for mapper in audience_mappers(context, realm=realm)}
    return any(map(is_url, named)) and not named & known


def _has_another_use(client: Resource) -> bool:
    """Return whether a client gets tokens itself or is disabled, so that it need not introspect."""
    return not client.get("enabled") or any(client.get(grant) for grant in _GRANTS)


def _has_roles(client: str, context: RuleContext) -> bool:
    """Return whether a client has roles, which make it an audience of tokens that carry one."""
    return any(role.get("client") == client for role in context.seen("ClientRole"))

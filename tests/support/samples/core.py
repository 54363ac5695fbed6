"""Samples of the objects that every MCP realm has."""

from tests.support.samples.sample import Sample

_SCOPE = ("provision:keycloak:ClientScope", {"name": "owner"})

SAMPLES = {
    "provision:keycloak:ClientScope": Sample(
        {"name": "mcp:tools", "description": "Tools", "consentText": "Use tools"},
        {"description": "", "inTokenScope": False},
    ),
    "provision:keycloak:RealmClientScopeAssignment": Sample({"scope": "owner"}, {}, needs=(_SCOPE,)),
    "provision:keycloak:AudienceMapper": Sample(
        {"scope": "owner", "name": "aud", "includedCustomAudience": "http://localhost:3000/mcp"},
        {"includedCustomAudience": "http://localhost:3001/mcp", "addToIdToken": True},
        needs=(_SCOPE,),
    ),
    "provision:keycloak:TrustedHostsPolicy": Sample(
        {"trustedHosts": ["localhost", "127.0.0.1", "claude.ai"], "clientUrisMustMatch": False},
        {"trustedHosts": ["localhost"], "clientUrisMustMatch": True},
        factory=True,
    ),
    "provision:keycloak:AllowedClientScopesPolicy": Sample(
        {"allowedClientScopes": ["owner"]}, {"allowDefaultScopes": False}, needs=(_SCOPE,), factory=True
    ),
}

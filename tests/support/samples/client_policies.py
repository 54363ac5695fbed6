"""Samples of client profiles and policies."""

from tests.support.samples.sample import Sample

_SCOPE = ("provision:keycloak:ClientScope", {"name": "mcp:tools"})
_PROFILE = ("provision:keycloak:ClientProfile", {"name": "strict"})

SAMPLES = {
    # `rotation` and `clientIdMetadataDocument` need features that are off in the test's Keycloak.
    "provision:keycloak:ClientProfile": Sample(
        {
            "name": "mcp / clients é",
            "description": "For MCP clients",
            "pkce": {"autoConfigure": True},
            "clientAuthenticators": {"allowedClientAuthenticators": ["client-jwt", "client-secret"]},
            "redirectUris": {"allowIpv4LoopbackAddress": True},
            "executors": [{"executor": "consent-required", "configuration": {"auto-configure": True}}],
        },
        {
            "description": "",
            "pkce": {"autoConfigure": False},
            "clientAuthenticators": {
                "allowedClientAuthenticators": ["client-jwt"],
                "defaultClientAuthenticator": "client-secret",
            },
            "redirectUris": {
                "allowHttpScheme": True,
                "allowPermittedDomains": [".*\\.example\\.org"],
                "oauth21Compliant": True,
            },
            "executors": [
                {"executor": "reject-ropc-grant", "configuration": {"auto-configure": True}},
                {"executor": "secure-session"},
            ],
        },
    ),
    "provision:keycloak:ClientPolicy": Sample(
        {
            "name": "mcp / policy é",
            "description": "Who is strict",
            "clientRoles": {"roles": ["mcp"]},
            "clientScopes": {"scopes": ["mcp:tools"]},
            "clientAccessType": {"type": ["public"]},
            "clientUpdaterContext": {"updateClientSource": ["ByAnonymous"]},
            "clientUpdaterSourceHost": {"trustedHosts": ["localhost"]},
            "conditions": [{"condition": "client-type", "configuration": {"protocol": "openid-connect"}}],
        },
        {
            "description": "Everybody",
            "enabled": False,
            "anyClient": True,
            "clientRoles": {"roles": ["mcp", "agent"], "isNegativeLogic": True},
            "clientScopes": {"scopes": ["mcp:tools"], "type": "Any"},
            "clientAccessType": {"type": ["confidential"]},
            "clientUpdaterContext": {"updateClientSource": ["ByAuthenticatedUser", "ByInitialAccessToken"]},
            "clientUpdaterSourceHost": {"trustedHosts": ["127.0.0.1"]},
            "conditions": [{"condition": "grant-type", "configuration": {"grant_types": ["refresh_token"]}}],
            "profiles": ["strict", "fapi-1-baseline"],
        },
        needs=(_SCOPE, _PROFILE),
    ),
}

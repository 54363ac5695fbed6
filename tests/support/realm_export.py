"""A realm as an export holds it, with a part of each kind."""

from __future__ import annotations

from typing import Any, Final

SECRET: Final = "the-secret-of-a-client"
CLIENT: Final[dict[str, Any]] = {
    "clientId": "app",
    "publicClient": False,
    "secret": SECRET,
    "directAccessGrantsEnabled": True,
    "serviceAccountsEnabled": True,
    "redirectUris": ["https://app.example.org/callback"],
    "protocolMappers": [
        {
            "name": "audience",
            "protocolMapper": "oidc-audience-mapper",
            "config": {"included.custom.audience": "https://mcp.example.org/mcp"},
        }
    ],
}
REALM: Final[dict[str, Any]] = {
    "realm": "shop",
    "enabled": True,
    "keycloakVersion": "26.4.0",
    "clients": [CLIENT, {"clientId": "admin-cli", "publicClient": True, "directAccessGrantsEnabled": True}],
    "clientScopes": [],
    "components": {
        "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy": [
            {
                "name": "Trusted Hosts",
                "providerId": "trusted-hosts",
                "subType": "anonymous",
                "config": {"trusted-hosts": ["localhost"], "client-uris-must-match": ["true"]},
            }
        ]
    },
    "roles": {"realm": [{"name": "writer", "composites": {"client": {"app": ["write"]}}}]},
    "groups": [{"name": "staff", "subGroups": [{"name": "night", "realmRoles": ["writer"]}]}],
    "users": [
        {"username": "ada", "realmRoles": ["writer"], "groups": ["/staff/night"]},
        {
            "username": "service-account-app",
            "serviceAccountClientId": "app",
            "clientRoles": {"realm-management": ["realm-admin"]},
        },
    ],
}

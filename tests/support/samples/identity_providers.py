"""Samples of identity providers and their mappers."""

from tests.support.samples.sample import Sample

PROVIDER = {
    "alias": "corp-é",
    "displayName": "Corporate",
    "issuer": "https://idp.example",
    "authorizationUrl": "https://idp.example/authorize",
    "tokenUrl": "https://idp.example/token",
    "jwksUrl": "https://idp.example/jwks",
    "userinfoUrl": "https://idp.example/userinfo",
    "logoutUrl": "https://idp.example/logout",
    "clientId": "keycloak",
    "clientSecret": "first-secret-of-the-provider",
    "defaultScopes": ["openid", "email"],
}

SAMPLES = {
    "provision:keycloak:IdentityProvider": Sample(
        PROVIDER,
        {
            "displayName": "",
            "enabled": False,
            "issuer": "https://other.example",
            "authorizationUrl": "https://other.example/authorize",
            "tokenUrl": "https://other.example/token",
            "jwksUrl": "https://other.example/jwks",
            "userinfoUrl": "",
            "logoutUrl": "https://other.example/logout",
            "clientId": "broker",
            "clientSecret": "second-secret-of-the-provider",
            "defaultScopes": ["openid"],
            "trustEmail": True,
            "storeToken": True,
            "hideOnLogin": True,
            "linkOnly": True,
            "pkceMethod": "none",
            "validateSignature": False,
            "syncMode": "FORCE",
            "firstLoginFlow": "first broker login",
            "organizationDomain": "corp.example",
            "redirectByDomain": True,
        },
    ),
    # A mapper does one thing: the other fields are tried in test_identity_providers.py.
    "provision:keycloak:IdentityProviderMapper": Sample(
        {
            "identityProvider": "corp-é",
            "name": "department / é",
            "claimToAttribute": {"claim": "org.department", "userAttribute": "department"},
        },
        {"claimToAttribute": {"claim": "dep", "userAttribute": "lastName"}, "syncMode": "FORCE"},
        needs=(("provision:keycloak:IdentityProvider", PROVIDER),),
    ),
}

"""Realms as people have them, each for other features: what ``POST /admin/realms`` takes, and what adoption leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class OldRealm:
    """A realm of somebody.

    Args:
        name: What is special about the realm.
        body: The realm as an import has it, without its name and keys.
        left_out: The phrases of ``provision adopt`` about what is in no stack file; ``REALM`` stands for the name.
    """

    name: str
    body: dict[str, Any]
    left_out: tuple[str, ...] = ()


def _mapper(name: str, type_: str, **config: str) -> dict[str, Any]:
    return {"name": name, "protocol": "openid-connect", "protocolMapper": type_, "config": config}


_WITHOUT_KEYCLOAKS_SCOPES: Final = (
    (
        "not here, but in a new realm: client scope AuthnContextClassRef, acr, address, basic, email, microprofile-jwt, "
        "organization, phone, profile, role_list, roles, saml_organization, service_account, web-origins"
    ),
    (
        "default client scopes of the realm: without AuthnContextClassRef, acr, basic, email, profile, role_list, roles, "
        "saml_organization, web-origins"
    ),
    "optional client scopes of the realm: without address, microprofile-jwt, organization, phone",
)
"""An import with scopes of its own gets none of Keycloak's, but for offline_access."""
OLD_REALMS: Final = (
    OldRealm("plain", {}),
    OldRealm(
        "headers-of-former-versions",
        {"browserSecurityHeaders": {"xFrameOptions": "DENY", "xXSSProtection": "1; mode=block"}},
        ("settings of the realm: browserSecurityHeaders.xXSSProtection",),
    ),
    OldRealm(
        "odd-names",
        {
            "displayName": "Héloïse & Söhne's",
            "clients": [
                {
                    "clientId": "with blank",
                    "publicClient": True,
                    "redirectUris": ["https://a.example.org/cb"],
                },
                {
                    "clientId": "l'été",
                    "publicClient": True,
                    "redirectUris": ["https://b.example.org/cb"],
                    "description": "",
                },
            ],
            "clientScopes": [{"name": "très bien", "protocol": "openid-connect", "attributes": {}}],
            "roles": {"realm": [{"name": "o'neil's"}, {"name": "50% off"}]},
            "groups": [{"name": "North & South", "attributes": {"città": ["è", "ü"]}}],
        },
        _WITHOUT_KEYCLOAKS_SCOPES,
    ),
    OldRealm(
        "service-account-without-its-scope",
        {
            "clients": [
                {
                    "clientId": "bot",
                    "secret": "a-secret-of-the-bot",
                    "standardFlowEnabled": False,
                    "serviceAccountsEnabled": True,
                    "defaultClientScopes": ["profile", "email"],
                    "optionalClientScopes": [],
                }
            ],
            "users": [
                {
                    "username": "robot",
                    "enabled": True,
                    "serviceAccountClientId": "bot",
                    "clientRoles": {"realm-management": ["view-users"]},
                }
            ],
        },
        (
            "default client scopes of the client bot: without acr, basic, roles, service_account, web-origins",
            (
                "optional client scopes of the client bot: without address, microprofile-jwt, offline_access, "
                "organization, phone"
            ),
            "secrets of the clients bot: another Keycloak makes new ones",
        ),
    ),
    OldRealm(
        "composites",
        {
            "clients": [
                {"clientId": "app", "publicClient": True, "redirectUris": ["https://app.example.org/cb"]},
                {"clientId": "old", "protocol": "saml"},
            ],
            "roles": {
                "realm": [
                    {"name": "reader"},
                    {
                        "name": "editor",
                        "composites": {"realm": ["reader"], "client": {"app": ["write"]}},
                        "attributes": {"level": ["2"]},
                    },
                    {"name": "of saml", "composites": {"client": {"old": ["enter"]}}},
                ],
                "client": {"app": [{"name": "write"}], "old": [{"name": "enter"}]},
            },
        },
        (
            "client old (saml)",
            (
                "realm role of saml in realm REALM: clientComposites is left as it is "
                "(it names the client role old/enter, which is left out)"
            ),
        ),
    ),
    OldRealm(
        "groups",
        {
            "roles": {"realm": [{"name": "staff"}]},
            "groups": [
                {
                    "name": "everyone",
                    "description": "All of us",
                    "realmRoles": ["staff"],
                    "subGroups": [{"name": "night/shift", "attributes": {"hours": ["22-6"]}}],
                }
            ],
            "defaultGroups": ["/everyone"],
        },
        ("settings of the realm: defaultGroups", "group /everyone in realm REALM: description"),
    ),
    OldRealm(
        "identity-providers",
        {
            "identityProviders": [
                {
                    "alias": "corp",
                    "providerId": "oidc",
                    "config": {
                        "clientId": "kc",
                        "clientSecret": "a-secret-of-the-broker",
                        "authorizationUrl": "https://corp.example.org/a",
                        "tokenUrl": "https://corp.example.org/t",
                        "prompt": "login",
                    },
                },
                {"alias": "gh", "providerId": "github", "config": {"clientId": "x", "clientSecret": "y"}},
            ],
            "identityProviderMappers": [
                {
                    "name": "dep",
                    "identityProviderAlias": "corp",
                    "identityProviderMapper": "oidc-user-attribute-idp-mapper",
                    "config": {"claim": "dep", "user.attribute": "dep", "syncMode": "INHERIT"},
                }
            ],
        },
        (
            "identity provider gh (github)",
            "identity provider corp in realm REALM: config.prompt",
            (
                "clientSecret of the identity provider corp: it stays; another Keycloak needs it "
                "(`provision secret set objects.IdentityProvider/corp.clientSecret -s STACK`)"
            ),
        ),
    ),
    OldRealm(
        "mappers",
        {
            "clientScopes": [
                {
                    "name": "tools",
                    "protocol": "openid-connect",
                    "protocolMappers": [
                        _mapper(
                            "untyped",
                            "oidc-usermodel-attribute-mapper",
                            **{"user.attribute": "dep", "claim.name": "dep", "access.token.claim": "true"},
                        ),
                        _mapper("nameless", "oidc-usermodel-attribute-mapper", **{"user.attribute": "dep"}),
                        _mapper("of a script", "script-none.js"),
                    ],
                }
            ],
        },
        (
            *_WITHOUT_KEYCLOAKS_SCOPES,
            (
                "user attribute mapper tools/nameless in realm REALM: claimName: is too short: it must have 1 characters or "
                "more"
            ),
            (
                "generic protocol mapper tools/of a script in realm REALM: the type of the mapper of a script is not installed "
                "in this Keycloak"
            ),
        ),
    ),
    OldRealm(
        "clients-that-no-kind-can-say",
        {
            "clients": [
                {
                    "clientId": "x509",
                    "clientAuthenticatorType": "client-x509",
                    "standardFlowEnabled": False,
                    "serviceAccountsEnabled": True,
                    "attributes": {"x509.subjectdn": "CN=x"},
                },
                {"clientId": "bearer", "bearerOnly": True},
                {"clientId": "api"},
                {
                    "clientId": "odd",
                    "publicClient": True,
                    "redirectUris": ["https://l.example.org/"],
                    "attributes": {"client.session.idle.timeout": "abc"},
                    "protocolMappers": [
                        _mapper(
                            "aud",
                            "oidc-audience-mapper",
                            **{"included.custom.audience": "https://mcp.example.org/mcp"},
                        )
                    ],
                },
            ]
        },
        (
            "client api in realm REALM: standardFlow is left as it is (standardFlow needs redirectUris)",
            "client bearer in realm REALM: bearerOnly",
            "client x509 in realm REALM: attributes.x509.subjectdn",
            (
                "client x509 in realm REALM: clientAuthenticator is left as it is "
                "(it must be client-secret, client-secret-jwt or client-jwt)"
            ),
            "secrets of the clients api, bearer, x509: another Keycloak makes new ones",
            "client odd in realm REALM: clientSessionIdleTimeout: must be a whole number",
            "audience mapper odd/aud in realm REALM: it belongs to the client odd, which is left out",
        ),
    ),
    OldRealm(
        "settings-without-a-kind",
        {
            "otpPolicyType": "totp",
            "otpPolicyAlgorithm": "HmacSHA1",
            "otpPolicyLookAheadWindow": 1,
            "otpPolicyPeriod": 30,
            "otpPolicyInitialCounter": 0,
            "otpPolicyDigits": 8,
            "internationalizationEnabled": True,
            "supportedLocales": ["en", "de"],
            "localizationTexts": {"de": {"hello": "Grüß Gott"}},
            "smtpServer": {
                "host": "mail.example.org",
                "from": "kc@example.org",
                "auth": "true",
                "user": "kc",
                "password": "a-mail-password",
                "debug": "true",
            },
            "attributes": {"own.setting": "1"},
            "requiredActions": [
                {
                    "alias": "TERMS_AND_CONDITIONS",
                    "name": "Terms",
                    "providerId": "TERMS_AND_CONDITIONS",
                    "enabled": True,
                }
            ],
        },
        (
            "required action TERMS_AND_CONDITIONS: changed",
            (
                "not here, but in a new realm: required action CONFIGURE_RECOVERY_AUTHN_CODES, CONFIGURE_TOTP, UPDATE_EMAIL, "
                "UPDATE_PASSWORD, UPDATE_PROFILE, VERIFY_EMAIL, VERIFY_PROFILE, delete_credential, idp_link, "
                "update_user_locale, webauthn-register, webauthn-register-passwordless"
            ),
            ("settings of the realm: attributes.own.setting, otpPolicyDigits, otpSupportedApplications"),
            "mail server in realm REALM: smtpServer.debug",
            (
                "password of the mail server: it stays; another Keycloak needs it "
                "(`provision secret set objects.MailServer.password -s STACK`)"
            ),
        ),
    ),
    OldRealm(
        "federation-and-authorization",
        {
            "components": {
                "org.keycloak.storage.UserStorageProvider": [
                    {
                        "name": "ldap",
                        "providerId": "ldap",
                        "config": {
                            "enabled": ["false"],
                            "vendor": ["other"],
                            "connectionUrl": ["ldap://localhost:1389"],
                            "usersDn": ["ou=u"],
                            "usernameLDAPAttribute": ["uid"],
                            "rdnLDAPAttribute": ["uid"],
                            "uuidLDAPAttribute": ["entryUUID"],
                            "userObjectClasses": ["person"],
                            "authType": ["none"],
                            "editMode": ["READ_ONLY"],
                        },
                    }
                ]
            },
            "clients": [
                {
                    "clientId": "guarded",
                    "standardFlowEnabled": False,
                    "serviceAccountsEnabled": True,
                    "authorizationServicesEnabled": True,
                }
            ],
        },
        (
            "client guarded in realm REALM: authorizationServicesEnabled",
            "secrets of the clients guarded: another Keycloak makes new ones",
        ),
    ),
    OldRealm(
        "scope-mappings",
        {
            "roles": {
                "realm": [{"name": "extra"}],
                "client": {"narrow": [{"name": "of its own"}]},
            },
            "clients": [
                {
                    "clientId": "narrow",
                    "publicClient": True,
                    "fullScopeAllowed": False,
                    "redirectUris": ["https://n.example.org/"],
                }
            ],
            "scopeMappings": [{"client": "narrow", "roles": ["extra"]}],
            "clientScopeMappings": {"narrow": [{"client": "narrow", "roles": ["of its own"]}]},
        },
        (),
    ),
    OldRealm(
        "policies-and-profile",
        {
            "clientProfiles": {
                "profiles": [
                    {
                        "name": "strict",
                        "executors": [
                            {"executor": "pkce-enforcer", "configuration": {"auto-configure": True}}
                        ],
                    }
                ]
            },
            "clientPolicies": {
                "policies": [
                    {
                        "name": "all",
                        "enabled": True,
                        "conditions": [{"condition": "any-client", "configuration": {}}],
                        "profiles": ["strict"],
                    }
                ]
            },
            "components": {
                "org.keycloak.userprofile.UserProfileProvider": [
                    {
                        "providerId": "declarative-user-profile",
                        "config": {
                            "kc.user.profile.config": [
                                (
                                    '{"attributes":[{"name":"username"},{"name":"email"},{"name":"dep","displayName":"Dep"}],'
                                    '"groups":[{"name":"work","displayHeader":"Work"}]}'
                                )
                            ]
                        },
                    }
                ]
            },
        },
        ("user profile: groups",),
    ),
)

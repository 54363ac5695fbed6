"""The objects that Keycloak makes by itself, as of the version in ``keycloak/version.py``.

``make keycloak VERSION=…`` compares these constants with a fresh Keycloak of another version and names the constants to
change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class BuiltinScope(NamedTuple):
    """A client scope for OpenID Connect that Keycloak makes in every realm.

    Args:
        name: The scope's name.
        membership: The scope's place among the realm's scopes, or None.
        in_token: Whether the token's ``scope`` names the scope.
    """

    name: str
    membership: str | None
    in_token: bool


ADMIN_CLI: Final = "admin-cli"
"""The public client of every realm that takes passwords, for ``kcadm``."""
KEYCLOAK_CLIENTS: Final = frozenset(
    {"account", "account-console", ADMIN_CLI, "broker", "realm-management", "security-admin-console"}
)
"""The clients of every realm; master has a client for each realm instead of ``realm-management``."""
CLIENTS_OF_FEATURES: Final = frozenset({"admin-permissions"})
"""The clients that Keycloak makes in a realm when one of its features is switched on there."""
POWERFUL_CLIENTS: Final = frozenset({"broker", "realm-management"})
"""The clients among Keycloak's own whose roles give access to the realm, or to the tokens of its identity providers."""
_REALM_CLIENT_SUFFIX: Final = "-realm"
"""The suffix of master's clients that hold the roles for the administration of one realm each."""
OPENID_SCOPES: Final = (
    BuiltinScope("acr", "default", in_token=False),
    BuiltinScope("address", "optional", in_token=True),
    BuiltinScope("basic", "default", in_token=False),
    BuiltinScope("email", "default", in_token=True),
    BuiltinScope("microprofile-jwt", "optional", in_token=True),
    BuiltinScope("offline_access", "optional", in_token=True),
    BuiltinScope("organization", "optional", in_token=True),
    BuiltinScope("phone", "optional", in_token=True),
    BuiltinScope("profile", "default", in_token=True),
    BuiltinScope("roles", "default", in_token=False),
    BuiltinScope("service_account", None, in_token=False),
    BuiltinScope("web-origins", "default", in_token=False),
)
"""The client scopes of every realm, for OpenID Connect."""
SAML_SCOPES: Final = frozenset({"AuthnContextClassRef", "role_list", "saml_organization"})
"""The client scopes of every realm, for SAML."""
KEYCLOAK_SCOPES: Final = frozenset(scope.name for scope in OPENID_SCOPES) | SAML_SCOPES
"""The names of all client scopes of every realm."""
SCOPE_MAPPERS: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    ("AudienceResolveMapper", {"scope": "roles", "name": "audience resolve", "addToAccessToken": True}),
    ("RealmRoleMapper", {"scope": "roles", "name": "realm roles", "claimName": "realm_access.roles"}),
    (
        "ClientRoleMapper",
        {"scope": "roles", "name": "client roles", "claimName": "resource_access.${client_id}.roles"},
    ),
    ("RealmRoleMapper", {"scope": "microprofile-jwt", "name": "groups", "claimName": "groups"}),
)
"""The mappers in these scopes that write audiences or roles: kind and properties."""
SERVICE_ACCOUNT_MAPPERS: Final = frozenset({"Client ID", "Client Host", "Client IP Address"})
"""The mappers that Keycloak adds to a client with a service account."""
REALM_ROLES: Final = frozenset({"offline_access", "uma_authorization"})
"""The roles of every realm, beside its default role."""
MASTER_ROLES: Final = frozenset({"admin", "create-realm"})
"""The roles that only master has."""
HARMLESS_MAPPERS: Final = (
    "oidc-address-mapper",
    "oidc-full-name-mapper",
    "oidc-sha256-pairwise-sub-mapper",
    "oidc-usermodel-attribute-mapper",
    "oidc-usermodel-property-mapper",
    "saml-role-list-mapper",
    "saml-user-attribute-mapper",
    "saml-user-property-mapper",
)
"""The types of mappers that a self-registered client may have."""
REGISTRATION_POLICIES: Final[tuple[tuple[str, str, Mapping[str, Any]], ...]] = (
    ("TrustedHostsPolicy", "anonymous", {}),
    ("ConsentRequiredPolicy", "anonymous", {}),
    ("FullScopeDisabledPolicy", "anonymous", {}),
    ("MaxClientsPolicy", "anonymous", {"maxClients": 200}),
    *(
        (kind, registration, values)
        for registration in ("anonymous", "authenticated")
        for kind, values in (
            ("AllowedProtocolMappersPolicy", {"allowedProtocolMapperTypes": HARMLESS_MAPPERS}),
            ("AllowedClientScopesPolicy", {"allowDefaultScopes": True}),
            ("RegistrationWebOriginsPolicy", {}),
        )
    ),
)
"""The policies for registration of every realm: kind, kind of registration, and properties."""
FLOWS: Final = frozenset(
    {"browser", "clients", "direct grant", "docker auth", "first broker login", "registration"}
    | {"reset credentials", "saml ecp"}
)
"""The authentication flows of every realm."""
SUB_FLOWS: Final = frozenset(
    {
        "Reset - Conditional OTP",
        "Account verification options",
        "Browser - Conditional 2FA",
        "Organization",
        "Browser - Conditional Organization",
        "Handle Existing Account",
        "registration form",
        "User creation or linking",
        "Verify Existing Account by Re-authentication",
        "First broker login - Conditional 2FA",
        "forms",
        "Direct Grant - Conditional OTP",
        "First Broker Login - Conditional Organization",
    }
)
"""The sub-flows of those flows."""
AUTHENTICATORS: Final = frozenset(
    {
        "allow-access-authenticator",
        "auth-conditional-otp-form",
        "auth-cookie",
        "auth-otp-form",
        "auth-password-form",
        "auth-recovery-authn-code-form",
        "auth-spnego",
        "auth-username-form",
        "auth-username-password-form",
        "auth-x509-client-username-form",
        "client-jwt",
        "client-secret",
        "client-secret-jwt",
        "client-x509",
        "conditional-client-scope",
        "conditional-credential",
        "conditional-level-of-authentication",
        "conditional-sub-flow-executed",
        "conditional-user-attribute",
        "conditional-user-configured",
        "conditional-user-role",
        "deny-access-authenticator",
        "direct-grant-auth-x509-username",
        "direct-grant-validate-otp",
        "direct-grant-validate-password",
        "direct-grant-validate-username",
        "docker-http-basic-authenticator",
        "federated-jwt",
        "http-basic-authenticator",
        "identity-provider-redirector",
        "idp-add-organization-member",
        "idp-auto-link",
        "idp-confirm-link",
        "idp-confirm-override-link",
        "idp-create-user-if-unique",
        "idp-detect-existing-broker-user",
        "idp-email-verification",
        "idp-review-profile",
        "idp-username-password-form",
        "organization",
        "registration-page-form",
        "registration-password-action",
        "registration-recaptcha-action",
        "registration-recaptcha-enterprise",
        "registration-terms-and-conditions",
        "registration-user-creation",
        "reset-credential-email",
        "reset-credentials-choose-user",
        "reset-otp",
        "reset-password",
        "user-session-limits",
        "webauthn-authenticator",
        "webauthn-authenticator-passwordless",
    }
)
"""The steps that flows may have, by the ids of their providers."""
PKCE_PROFILES: Final = frozenset(
    {
        "fapi-1-baseline",
        "fapi-2-dpop-message-signing",
        "fapi-2-dpop-security-profile",
        "fapi-2-message-signing",
        "fapi-2-security-profile",
        "oauth-2-1-for-confidential-client",
        "oauth-2-1-for-public-client",
    }
)
"""Keycloak's own client profiles that ask for PKCE."""


def ldap_mappers(federation: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the mappers that Keycloak makes with an LDAP user federation: type and settings by name.

    Args:
        federation: The ``config`` of the federation.
    """

    def setting(name: str) -> str:
        return str((federation.get(name) or [""])[0])

    mode = setting("editMode")
    fixed, asks = mode in {"READ_ONLY", "UNSYNCED"}, mode != "UNSYNCED"

    def attribute(
        user: str, ldap: str, *, asked: bool = asks, needed: bool = False, read_only: bool = fixed
    ) -> dict[str, Any]:
        values = {
            "user.model.attribute": user,
            "ldap.attribute": ldap,
            "read.only": _switch(read_only),
            "always.read.value.from.ldap": _switch(asked),
            "is.mandatory.in.ldap": _switch(needed),
        }
        return _ldap_mapper("user-attribute-ldap-mapper", values)

    login, is_ad = setting("usernameLDAPAttribute"), setting("vendor") == "ad"
    made = {
        "username": attribute("username", login, asked=False, needed=True),
        "last name": attribute("lastName", "sn", needed=True),
        "email": attribute("email", "mail", asked=False),
        "creation date": attribute(
            "createTimestamp", "whenCreated" if is_ad else "createTimestamp", read_only=True
        ),
        "modify date": attribute(
            "modifyTimestamp", "whenChanged" if is_ad else "modifyTimestamp", read_only=True
        ),
        "Kerberos principal attribute mapper": _ldap_mapper("kerberos-principal-attribute-mapper", {}),
    }
    if is_ad:
        settings = {"always.read.enabled.value.from.ldap": _switch(asks)}
        made["MSAD account controls"] = _ldap_mapper("msad-user-account-control-mapper", settings)
    if setting("rdnLDAPAttribute").lower() != "cn":
        made["first name"] = attribute("firstName", "cn", needed=True)
    elif login.lower() == "cn" or mode == "WRITABLE":
        made["first name"] = attribute("firstName", "givenName", needed=True)
        made["username-cn"] = attribute("username", "cn", asked=False, needed=True)
    else:
        settings = {
            "ldap.full.name.attribute": "cn",
            "read.only": _switch(fixed),
            "write.only": _switch(not fixed),
        }
        made["full name"] = _ldap_mapper("full-name-ldap-mapper", settings)
    return made


def _ldap_mapper(type_: str, settings: Mapping[str, str]) -> dict[str, Any]:
    return {"providerId": type_, "config": {name: [value] for name, value in settings.items()}}


def _switch(on: bool) -> str:  # noqa: FBT001 - the one value
    return str(on).lower()


def default_role(realm: str) -> str:
    """Return the name of the role that Keycloak gives to every user of a realm."""
    return f"default-roles-{realm.lower()}"


def is_client(realm: object, client_id: str) -> bool:
    """Return whether Keycloak makes the client itself."""
    return client_id in KEYCLOAK_CLIENTS | CLIENTS_OF_FEATURES or is_realm_client(realm, client_id)


def is_realm_client(realm: object, client_id: str) -> bool:
    """Return whether the client is a client of master that holds the roles for the administration of one realm."""
    return realm == "master" and client_id.endswith(_REALM_CLIENT_SUFFIX)


def is_role(realm: str, name: str) -> bool:
    """Return whether Keycloak makes the realm role itself."""
    return name in REALM_ROLES | {default_role(realm)} or (realm == "master" and name in MASTER_ROLES)

"""Changes that somebody makes behind a stack's back, one declaration for each: all of them concern what has no field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.keycloak.api.session import Session

    Make = Callable[[Session, str], None]


@dataclass(frozen=True)
class Behind:
    """A change through the Admin API.

    Args:
        what: The object that is changed.
        change: The change, in words.
        make: Makes the change in a realm.
        undone_by: The option of ``up`` that undoes it.
    """

    what: str
    change: str
    make: Make
    undone_by: str = "--refresh"


def _client(client_id: str, *, attributes: dict[str, str] | None = None, **values: Any) -> Make:
    def make(session: Session, realm: str) -> None:
        raw = session.get(realm, "clients", clientId=client_id)[0]
        more = {"attributes": raw["attributes"] | attributes} if attributes else {}
        session.put(realm, "clients", raw["id"], body=raw | values | more)

    return make


def _realm(*, attributes: dict[str, str] | None = None, **values: Any) -> Make:
    def make(session: Session, realm: str) -> None:
        raw = session.get(realm)
        more = {"attributes": raw["attributes"] | attributes} if attributes else {}
        session.put(realm, body=raw | values | more)

    return make


def _policy(provider: str, sub_type: str = "anonymous", config: dict[str, list[str]] | None = None) -> Make:
    """Change the settings of a policy for registration, or delete the policy."""

    def make(session: Session, realm: str) -> None:
        for item in session.get(realm, "components"):
            if (item["providerId"], item.get("subType")) == (provider, sub_type):
                where = ("components", item["id"])
                if config is None:
                    session.delete(realm, *where)
                else:
                    session.put(realm, *where, body=item | {"config": item["config"] | config})

    return make


def _key(provider: str) -> Make:
    def make(session: Session, realm: str) -> None:
        for item in session.get(realm, "components"):
            if item["providerId"] == provider:
                session.put(
                    realm,
                    "components",
                    item["id"],
                    body=item | {"config": item["config"] | {"active": ["false"]}},
                )

    return make


def _scope_id(session: Session, realm: str, name: str) -> str:
    return next(item["id"] for item in session.get(realm, "client-scopes") if item["name"] == name)


def _mapper(scope: str, provider: str, config: dict[str, str]) -> Make:
    def make(session: Session, realm: str) -> None:
        body = {"name": "theirs", "protocol": "openid-connect", "protocolMapper": provider, "config": config}
        where = ("client-scopes", _scope_id(session, realm, scope), "protocol-mappers", "models")
        session.post(realm, *where, body=body)

    return make


def _mapper_of_client(client_id: str) -> Make:
    def make(session: Session, realm: str) -> None:
        config = {"included.custom.audience": "https://theirs.example", "access.token.claim": "true"}
        body = {"name": "theirs", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper"}
        owner = session.get(realm, "clients", clientId=client_id)[0]["id"]
        session.post(realm, "clients", owner, "protocol-mappers", "models", body=body | {"config": config})

    return make


def _admin_role(session: Session, realm: str) -> tuple[str, dict[str, Any]]:
    owner = session.get(realm, "clients", clientId="realm-management")[0]["id"]
    return owner, session.get(realm, "clients", owner, "roles", "realm-admin")


def _mapped_to_client(client_id: str) -> Make:
    def make(session: Session, realm: str) -> None:
        owner, role = _admin_role(session, realm)
        client = session.get(realm, "clients", clientId=client_id)[0]["id"]
        session.post(realm, "clients", client, "scope-mappings", "clients", owner, body=[role])

    return make


def _mapped_to_scope(name: str) -> Make:
    def make(session: Session, realm: str) -> None:
        owner, role = _admin_role(session, realm)
        session.post(
            realm,
            "client-scopes",
            _scope_id(session, realm, name),
            "scope-mappings",
            "clients",
            owner,
            body=[role],
        )

    return make


def _text(session: Session, realm: str) -> None:
    session.post(
        realm, "localization", "en", body={"loginAccountTitle": "Send your password to x@example.org"}
    )


def _in_default_role(session: Session, realm: str) -> None:
    _, role = _admin_role(session, realm)
    default = session.get(realm, "roles", f"default-roles-{realm}")
    session.post(realm, "roles-by-id", default["id"], "composites", body=[role])


def _default_group(session: Session, realm: str) -> None:
    made = session.post(realm, "groups", body={"name": "theirs"})
    session.put(realm, "default-groups", made, body={})


def _scope_of_client(client_id: str, scope: str, *, add: str = "", take: str = "") -> Make:
    def make(session: Session, realm: str) -> None:
        client = session.get(realm, "clients", clientId=client_id)[0]["id"]
        member = _scope_id(session, realm, scope)
        if take:
            session.delete(realm, "clients", client, f"{take}-client-scopes", member)
        if add:
            session.put(realm, "clients", client, f"{add}-client-scopes", member, body={})

    return make


def _scope_of_realm(scope: str, kind: str) -> Make:
    def make(session: Session, realm: str) -> None:
        session.delete(realm, f"default-{kind}-client-scopes", _scope_id(session, realm, scope))

    return make


def _action(alias: str, **values: Any) -> Make:
    def make(session: Session, realm: str) -> None:
        where = ("authentication", "required-actions", alias)
        session.put(realm, *where, body=session.get(realm, *where) | values)

    return make


def _copied_flow(session: Session, realm: str) -> None:
    session.post(realm, "authentication", "flows", "browser", "copy", body={"newName": "theirs"})


def _federation(session: Session, realm: str) -> None:
    config = {
        "vendor": ["other"],
        "connectionUrl": ["ldap://127.0.0.1:1"],
        "usersDn": ["ou=people"],
        "authType": ["none"],
        "usernameLDAPAttribute": ["uid"],
        "rdnLDAPAttribute": ["uid"],
        "uuidLDAPAttribute": ["entryUUID"],
        "userObjectClasses": ["person"],
        "editMode": ["READ_ONLY"],
    }
    body = {
        "name": "theirs",
        "providerId": "ldap",
        "providerType": "org.keycloak.storage.UserStorageProvider",
    }
    session.post(realm, "components", body=body | {"parentId": session.realm_id(realm), "config": config})


def _identity_provider(session: Session, realm: str) -> None:
    config = {
        "clientId": "x",
        "clientSecret": "x",
        "tokenUrl": "https://example.org/t",
        "authorizationUrl": "https://example.org/a",
    }
    body = {"alias": "theirs", "providerId": "oidc", "trustEmail": True, "config": config}
    session.post(realm, "identity-provider", "instances", body=body)


def _second_policy(session: Session, realm: str) -> None:
    for item in session.get(realm, "components"):
        if (item["providerId"], item.get("subType")) == ("trusted-hosts", "anonymous"):
            body = {key: value for key, value in item.items() if key != "id"}
            session.post(realm, "components", body=body | {"name": "theirs"})


def _unmanaged_attributes(session: Session, realm: str) -> None:
    profile = session.get(realm, "users", "profile") | {"unmanagedAttributePolicy": "ENABLED"}
    session.put(realm, "users", "profile", body=profile)


_SMTP = {"host": "mail.example.org", "from": "x@example.org", "auth": "true", "user": "x", "password": "x-1"}
CLIENT = "mcp-client"
SCOPE = "mcp:tools"
CHANGES = (
    *(
        Behind(f"client {CLIENT}", change, make)
        for change, make in (
            ("CIBA", _client(CLIENT, attributes={"oidc.ciba.grant.enabled": "true"})),
            (
                "pushed authorization requests required",
                _client(CLIENT, attributes={"require.pushed.authorization.requests": "true"}),
            ),
            (
                "tokens bound to certificates",
                _client(CLIENT, attributes={"tls.client.certificate.bound.access.tokens": "true"}),
            ),
            ("tokens bound to DPoP", _client(CLIENT, attributes={"dpop.bound.access.tokens": "true"})),
            ("request.uris", _client(CLIENT, attributes={"request.uris": "https://example.org/r"})),
            ("acr.loa.map", _client(CLIENT, attributes={"acr.loa.map": '{"gold":"1"}'})),
            ("at+jwt header", _client(CLIENT, attributes={"access.token.header.type.rfc9068": "true"})),
            ("logo", _client(CLIENT, attributes={"logoUri": "https://example.org/logo"})),
            ("notBefore", _client(CLIENT, notBefore=2000000000)),
            ("surrogateAuthRequired", _client(CLIENT, surrogateAuthRequired=True)),
            (
                "offline_access in every token",
                _scope_of_client(CLIENT, "offline_access", take="optional", add="default"),
            ),
            ("offline_access taken away", _scope_of_client(CLIENT, "offline_access", take="optional")),
            ("basic taken away", _scope_of_client(CLIENT, "basic", take="default")),
        )
    ),
    Behind(
        f"client {CLIENT}", "roles of realm-management in its tokens", _mapped_to_client(CLIENT), "--prune"
    ),
    Behind(
        f"client scope {SCOPE}", "roles of realm-management in its tokens", _mapped_to_scope(SCOPE), "--prune"
    ),
    *(
        Behind("client scope basic", change, make, undone)
        for change, make, undone in (
            ("roles of realm-management in its tokens", _mapped_to_scope("basic"), "--refresh"),
            (
                "a mapper that writes an audience",
                _mapper(
                    "basic",
                    "oidc-audience-mapper",
                    {"included.custom.audience": "x", "access.token.claim": "true"},
                ),
                "--prune",
            ),
            (
                "a mapper that gives a role",
                _mapper("basic", "oidc-hardcoded-role-mapper", {"role": "realm-management.realm-admin"}),
                "--prune",
            ),
        )
    ),
    *(
        Behind("realm", change, make)
        for change, make in (
            ("notBefore", _realm(notBefore=2000000000)),
            ("browser flow", _realm(browserFlow="registration")),
            ("direct grant flow", _realm(directGrantFlow="browser")),
            ("reset credentials flow", _realm(resetCredentialsFlow="browser")),
            ("codes of OTP may be used again", _realm(otpPolicyCodeReusable=True)),
            ("digits of OTP", _realm(otpPolicyDigits=8)),
            (
                "WebAuthn verification",
                _realm(webAuthnPolicyPasswordlessUserVerificationRequirement="discouraged"),
            ),
            ("a mail server", _realm(smtpServer=_SMTP)),
            ("a text of the login page", _text),
            ("user-managed access", _realm(userManagedAccessAllowed=True)),
            ("lifespan of tokens of the implicit flow", _realm(accessTokenLifespanForImplicitFlow=86400)),
            ("lifespan of pushed requests", _realm(attributes={"parRequestUriLifespan": "86400"})),
            ("acr.loa.map", _realm(attributes={"acr.loa.map": '{"gold":"1"}'})),
            ("owner's mark", _realm(attributes={"provision.owner": "x"})),
            ("realm-admin for everybody", _in_default_role),
            ("a default group", _default_group),
            ("OTP for everybody", _action("CONFIGURE_TOTP", defaultAction=True)),
            ("UPDATE_PASSWORD off", _action("UPDATE_PASSWORD", enabled=False)),
            ("VERIFY_EMAIL off", _action("VERIFY_EMAIL", enabled=False)),
            ("basic not for new clients", _scope_of_realm("basic", "default")),
            ("offline_access not for new clients", _scope_of_realm("offline_access", "optional")),
            ("HMAC key passive", _key("hmac-generated")),
            ("AES key passive", _key("aes-generated")),
        )
    ),
    Behind("policies for registration", "a second policy of trusted hosts", _second_policy, "--prune"),
    Behind("realm", "unmanaged attributes of users", _unmanaged_attributes, "--prune"),
    Behind("realm", "an identity provider", _identity_provider, "--prune"),
    Behind("realm", "an LDAP federation", _federation, "--prune"),
    Behind("realm", "a copied flow", _copied_flow, "--prune"),
    *(
        Behind("policies for registration", change, make)
        for change, make in (
            ("more clients", _policy("max-clients", config={"max-clients": ["100000"]})),
            ("max-clients deleted", _policy("max-clients")),
            ("consent-required deleted", _policy("consent-required")),
            ("full-scope deleted", _policy("scope")),
            ("mapper types deleted", _policy("allowed-protocol-mappers")),
            (
                "mapper types widened",
                _policy(
                    "allowed-protocol-mappers",
                    "authenticated",
                    {"allowed-protocol-mapper-types": ["oidc-hardcoded-role-mapper"]},
                ),
            ),
            ("allowed scopes deleted (authenticated)", _policy("allowed-client-templates", "authenticated")),
            ("web origins deleted", _policy("registration-web-origins")),
            ("web origins of anybody", _policy("registration-web-origins", config={"web-origins": ["*"]})),
        )
    ),
    *(
        Behind(f"client {client}", change, make)
        for client in ("account", "account-console", "admin-cli")
        for change, make in (
            ("redirect URIs of anybody", _client(client, redirectUris=["*"])),
            ("web origins of anybody", _client(client, webOrigins=["*"])),
            ("all roles", _client(client, fullScopeAllowed=client != "admin-cli")),
            ("implicit flow", _client(client, implicitFlowEnabled=True)),
        )
        if (client, change) != ("admin-cli", "all roles")
    ),
    Behind(
        "client admin-cli", "logo", _client("admin-cli", attributes={"logoUri": "https://theirs.example"})
    ),
    Behind("client admin-cli", "a mapper", _mapper_of_client("admin-cli"), "--prune"),
)
"""Each change, made alone on a realm as a stack made it."""

"""A comparison of Keycloak's built-in objects with the constants in ``provision/keycloak/builtin.py``."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from provision.core.registry import catalogue
from provision.keycloak import builtin
from provision.keycloak.bases.key_providers import key_providers
from provision.keycloak.bases.registration_policy import PROVIDER_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provision.keycloak.api.session import Session

_ROLE_AND_AUDIENCE_MAPPERS = (
    "AudienceMapper",
    "AudienceResolveMapper",
    "RealmRoleMapper",
    "ClientRoleMapper",
)
_SERVICE_ACCOUNT = "with-a-service-account"


class Difference(NamedTuple):
    """A constant that does not match Keycloak.

    Args:
        constant: The constant's name in the module.
        missing: The objects that Keycloak makes and the constant lacks.
        surplus: The objects that the constant holds and Keycloak does not make.
    """

    constant: str
    missing: tuple[Any, ...]
    surplus: tuple[Any, ...]

    def __str__(self) -> str:
        parts = [
            f"{word} {', '.join(map(str, items))}"
            for word, items in (("lacks", self.missing), ("has too much:", self.surplus))
            if items
        ]
        return f"{self.constant} {'; '.join(parts)}"


def differences(session: Session) -> list[Difference]:
    """Return each constant that differs from a fresh realm, which is made for the comparison and removed.

    Args:
        session: The Admin API of a Keycloak, as an administrator of master.
    """
    realm = f"fresh-{secrets.token_hex(4)}"
    keys = {"org.keycloak.keys.KeyProvider": key_providers()}
    session.post("", body={"realm": realm, "enabled": True, "components": keys})
    try:
        compared = [_compared(*item) for item in _facts(session, realm)]
    finally:
        session.delete(realm)
    return [item for item in compared if item.missing or item.surplus]


def _compared(constant: str, expected: Iterable[Any], found: Iterable[Any]) -> Difference:
    said, made = set(expected), set(found)
    return Difference(constant, tuple(sorted(made - said, key=str)), tuple(sorted(said - made, key=str)))


def _facts(session: Session, realm: str) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
    """Yield a constant's name, its content, and Keycloak's own objects."""
    clients = {item["clientId"] for item in session.list(realm, "clients")}
    yield "KEYCLOAK_CLIENTS", builtin.KEYCLOAK_CLIENTS, clients
    of_master = {item["clientId"] for item in session.list("master", "clients", clientId=f"{realm}-realm")}
    yield "_REALM_CLIENT_SUFFIX", {f"{realm}{builtin._REALM_CLIENT_SUFFIX}"}, of_master
    everybody = session.get(realm)["defaultRole"]["name"]
    yield "default_role", {builtin.default_role(realm)}, {everybody}
    roles = {item["name"] for item in session.get(realm, "roles")} - {everybody}
    yield "REALM_ROLES", builtin.REALM_ROLES, roles
    of_master = {item["name"] for item in session.get("master", "roles")}
    yield "MASTER_ROLES", builtin.MASTER_ROLES, of_master - roles - {builtin.default_role("master")}
    yield from _scopes(session, realm)
    yield from _policies(session, realm)
    profiles = session.get(realm, "client-policies", "profiles", **{"include-global-profiles": "true"})
    with_pkce = {
        item["name"]
        for item in profiles["globalProfiles"]
        if any(executor["executor"] == "pkce-enforcer" for executor in item["executors"])
    }
    yield "PKCE_PROFILES", builtin.PKCE_PROFILES, with_pkce
    body = {"clientId": _SERVICE_ACCOUNT, "serviceAccountsEnabled": True, "publicClient": False}
    session.post(realm, "clients", body=body)
    (client,) = session.list(realm, "clients", clientId=_SERVICE_ACCOUNT)
    mappers = {item["name"] for item in client.get("protocolMappers", ())}
    # Older versions add more, and the clients that they made keep it.
    yield "SERVICE_ACCOUNT_MAPPERS", builtin.SERVICE_ACCOUNT_MAPPERS & mappers, mappers


def _scopes(session: Session, realm: str) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
    scopes = {item["name"]: item for item in session.get(realm, "client-scopes")}
    membership = {
        item["name"]: kind
        for kind in ("default", "optional")
        for item in session.get(realm, f"default-{kind}-client-scopes")
    }
    openid = {
        builtin.BuiltinScope(
            name, membership.get(name), item["attributes"].get("include.in.token.scope") != "false"
        )
        for name, item in scopes.items()
        if item["protocol"] == "openid-connect"
    }
    yield "OPENID_SCOPES", builtin.OPENID_SCOPES, openid
    saml = {name for name, item in scopes.items() if item["protocol"] == "saml"}
    yield "SAML_SCOPES", builtin.SAML_SCOPES, saml
    kinds = {catalogue()[f"provision:keycloak:{kind}"].provider: kind for kind in _ROLE_AND_AUDIENCE_MAPPERS}
    mappers = {
        (kinds[mapper["protocolMapper"]], name, mapper["name"])
        for name, item in scopes.items()
        for mapper in item.get("protocolMappers", ())
        if mapper["protocolMapper"] in kinds
    }
    said = {(kind, values["scope"], values["name"]) for kind, values in builtin.SCOPE_MAPPERS}
    yield "SCOPE_MAPPERS", said, mappers


def _policies(session: Session, realm: str) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
    kinds = {
        calls.provider_id: token.rpartition(":")[2]
        for token, calls in catalogue().items()
        if getattr(calls, "provider_id", "") and token.endswith("Policy")
    }
    found = session.get(realm, "components", type=PROVIDER_TYPE)
    there = {(kinds.get(item["providerId"], item["providerId"]), item["subType"]) for item in found}
    yield "REGISTRATION_POLICIES", {item[:2] for item in builtin.REGISTRATION_POLICIES}, there
    allowed = {
        mapper for item in found for mapper in item.get("config", {}).get("allowed-protocol-mapper-types", ())
    }
    yield "HARMLESS_MAPPERS", builtin.HARMLESS_MAPPERS, allowed

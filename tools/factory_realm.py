"""The record of a fresh realm in ``provision/keycloak/factory_realm.json``, made from a running Keycloak.

``make keycloak VERSION=…`` writes the record anew.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision.keycloak import factory_realm
from provision.keycloak.bases.key_providers import key_providers

if TYPE_CHECKING:
    from provision.keycloak.api.session import Session


def record(session: Session) -> dict[str, Any]:
    """Return what Keycloak makes of a fresh realm, and of a new object of each sort, without ids.

    Args:
        session: The Admin API of a Keycloak, as an administrator of master; a realm is made and removed.
    """
    realm = f"fresh-{secrets.token_hex(4)}"
    keys = {factory_realm.KEYS: key_providers()}
    session.post("", body={"realm": realm, "enabled": True, "components": keys})
    try:
        exported = session.export(realm)
        profile = session.get(realm, "users", "profile")
        _make_one_of_each(session, realm)
        new = _new(session, realm)
    finally:
        session.delete(realm)
    del exported["components"], exported["keycloakVersion"]
    found = _ordered(factory_realm.without_ids({"realm": exported, "profile": profile, "new": new}))
    made: dict[str, Any] = json.loads(json.dumps(found).replace(realm, factory_realm.PLACE))
    return made


_NEW = "new"


def _ordered(value: Any) -> Any:
    """Return plain data in which the lists are in one order, because Keycloak keeps none."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return sorted(map(_ordered, value), key=json.dumps) if isinstance(value, list) else value


def write(session: Session) -> None:
    """Write the record into its file.

    Args:
        session: The Admin API of a Keycloak, as an administrator of master.
    """
    text = json.dumps(record(session), indent=1, sort_keys=True, ensure_ascii=False)
    _FILE.write_text(f"{text}\n", encoding="utf-8")


_FILE = Path(factory_realm.__file__).with_suffix(".json")


def _make_one_of_each(session: Session, realm: str) -> None:
    session.post(realm, "clients", body={"clientId": _NEW})
    session.post(realm, "client-scopes", body={"name": _NEW, "protocol": "openid-connect"})
    session.post(realm, "roles", body={"name": _NEW})
    session.post(realm, "groups", body={"name": _NEW})
    provider = {"clientId": "c", "tokenUrl": "https://a.example/t", "authorizationUrl": "https://a.example/a"}
    session.post(
        realm,
        "identity-provider",
        "instances",
        body={"alias": _NEW, "providerId": "oidc", "config": provider},
    )


def _new(session: Session, realm: str) -> dict[str, Any]:
    """Return the representation of an object that was made with nothing but its name, by kind."""
    (client,) = session.get(realm, "clients", clientId=_NEW)
    del client["secret"], client["attributes"]["client.secret.creation.time"], client["access"]
    (scope,) = (item for item in session.get(realm, "client-scopes") if item["name"] == _NEW)
    role = session.get(realm, "roles", _NEW)
    return {
        "Client": client,
        "ClientScope": scope,
        "RealmRole": role,
        "ClientRole": role,
        "Group": session.get(realm, "group-by-path", _NEW),
        "IdentityProvider": session.get(realm, "identity-provider", "instances", _NEW),
    }

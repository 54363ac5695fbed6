"""The successors of a realm's keys, and the removal of keys that no token needs any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision.keycloak.key_rotation import rotate

_DAY = 86400


class _Realm:
    """A stand-in for the Admin API of one realm."""

    clients: tuple[dict[str, Any], ...] = ()

    def __init__(self, *providers: dict[str, Any], **settings: int) -> None:
        self.providers = {str(number): item | {"id": str(number)} for number, item in enumerate(providers)}
        self.settings = settings

    def get(self, realm: str) -> dict[str, Any]:
        assert realm == "mcp"
        return self.settings

    def list(self, realm: str, *path: str, **query: str):
        if path == ("clients",):
            return iter(self.clients)
        assert (realm, path, query) == ("mcp", ("components",), {"type": "org.keycloak.keys.KeyProvider"})
        return iter([*self.providers.values()])

    def post(self, realm: str, *path: str, body: dict[str, Any]) -> str:
        name = str(len(self.providers))
        self.providers[name] = body | {"id": name}
        return name

    def put(self, realm: str, *path: str, body: dict[str, Any]) -> None:
        self.providers[path[1]] = body

    def delete(self, realm: str, *path: str) -> None:
        del self.providers[path[1]]

    def named(self) -> dict[str, dict[str, Any]]:
        return {item["name"]: item for item in self.providers.values()}

    def active(self) -> set[str]:
        return {name for name, item in self.named().items() if item["config"]["active"] == ["true"]}


def _key(name: str, kind: str = "rsa-generated", *, active: bool = True, **config: str) -> dict[str, Any]:
    settings = {"priority": "100", "active": str(active).lower(), **config}
    return {
        "name": name,
        "providerId": kind,
        "parentId": "the realm's id",
        "config": {key: [value] for key, value in settings.items()},
    }


def _ago(days: float) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y%m%dT%H%M%SZ}"


@pytest.mark.parametrize(
    ("kind", "successor", "kept"),
    [
        ("rsa", "rsa-generated", {}),
        ("rsa-enc", "rsa-enc-generated", {"algorithm": "RSA-OAEP"}),
        ("rsa-generated", "rsa-generated", {"algorithm": "PS256", "keySize": "4096"}),
        ("ecdsa-generated", "ecdsa-generated", {"ecdsaEllipticCurveKey": "P-384"}),
        ("hmac-generated", "hmac-generated", {"algorithm": "HS512", "secretSize": "128"}),
        ("aes-generated", "aes-generated", {"secretSize": "32"}),
    ],
)
def test_a_successor_is_of_the_same_kind_and_comes_first(kind, successor, kept):
    realm = _Realm(_key("old", kind, privateKey="**********", kid="x", **kept))
    (rotated,) = rotate(realm, "mcp", ())
    made = realm.named()[rotated.successor]
    assert made["providerId"] == successor
    assert made["parentId"] == "the realm's id"
    assert {name: values[0] for name, values in made["config"].items()} == {
        **kept,
        "priority": "101",
        "enabled": "true",
        "active": "true",
    }
    assert realm.active() == {rotated.successor}
    assert realm.named()["old"]["config"]["privateKey"] == ["**********"], "Keycloak takes it as unchanged"


def test_keys_for_other_algorithms_each_get_a_successor():
    realm = _Realm(_key("a", algorithm="RS256"), _key("b", algorithm="PS256"), _key("c", algorithm="RS256"))
    rotated = rotate(realm, "mcp", ())
    assert {item.name for item in rotated} == {"a", "b", "c"}
    assert len(realm.active()) == 2


def test_what_is_passive_disabled_declared_or_of_another_kind_is_left_alone():
    realm = _Realm(
        _key("passive", algorithm="RS512", active=False),
        _key("disabled", algorithm="RS384", enabled="false"),
        _key("declared", algorithm="PS512"),
        _key("keystore", "java-keystore"),
    )
    before = dict(realm.providers)
    told = rotate(realm, "mcp", {"declared"})
    found = {item.name: item for item in told}
    assert set(found) == {"declared", "keystore"}
    assert "the stack file declares it" in str(found["declared"])
    assert "java-keystore" in str(found["keystore"])
    assert realm.providers == before


@pytest.mark.parametrize(("days", "left"), [(29, True), (31, False)])
def test_a_former_key_is_removed_once_its_last_token_has_expired(days, left):
    realm = _Realm(
        _key("rsa", "rsa", active=False, **{"provision.retired": _ago(days)}),
        _key(f"rsa-{_ago(days)}"),
        ssoSessionMaxLifespan=_DAY,
        offlineSessionIdleTimeout=30 * _DAY,
    )
    rotate(realm, "mcp", ())
    assert ("rsa" in realm.named()) is left


@pytest.mark.parametrize(("lifetime", "left"), [(str(90 * _DAY), True), ("60", False), ("-1", False)])
def test_a_former_key_stays_for_the_tokens_of_a_client_with_a_longer_lifetime(lifetime, left):
    realm = _Realm(
        _key("rsa", "rsa", active=False, **{"provision.retired": _ago(31)}),
        _key(f"rsa-{_ago(31)}"),
        offlineSessionIdleTimeout=30 * _DAY,
    )
    realm.clients = ({"clientId": "a"}, {"clientId": "b", "attributes": {"access.token.lifespan": lifetime}})
    rotate(realm, "mcp", ())
    assert ("rsa" in realm.named()) is left


@pytest.mark.parametrize("when", [None, "", "yesterday"])
def test_a_key_that_somebody_else_made_passive_stays(when):
    marked = {} if when is None else {"provision.retired": when}
    realm = _Realm(
        _key("theirs", active=False, **marked), _key(f"rsa-{_ago(90)}"), ssoSessionMaxLifespan=_DAY
    )
    rotate(realm, "mcp", ())
    assert "theirs" in realm.named()


def test_a_key_that_is_active_again_stays():
    realm = _Realm(_key("back", **{"provision.retired": _ago(90)}), ssoSessionMaxLifespan=_DAY)
    rotate(realm, "mcp", ())
    assert "back" in realm.named()


def test_a_declared_key_that_does_not_sign_keeps_no_other_from_its_successor():
    realm = _Realm(_key("declared", priority="0"), _key("signs", algorithm="RS256"))
    (rotated,) = rotate(realm, "mcp", {"declared"})
    assert rotated.name == "signs"
    assert realm.active() == {"declared", rotated.successor}


def test_names_do_not_grow_from_rotation_to_rotation():
    realm = _Realm(_key(f"rsa-{_ago(1)}"))
    (rotated,) = rotate(realm, "mcp", ())
    assert rotated.successor is not None
    assert len(rotated.successor) == len(f"rsa-{_ago(1)}")
    assert rotated.until is not None
    assert rotated.as_json()["until"] == rotated.until.isoformat()

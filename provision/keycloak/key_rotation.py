"""The rotation of a realm's keys (Keycloak Server Administration Guide, "Rotating keys").

The successor of a key has a higher priority, so it signs the new tokens. The former key becomes passive: it verifies the
tokens that it signed. Once all of these have expired, it is removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.keycloak.objects.realm_key import PROVIDER_TYPE, STAMPED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from provision.keycloak.api.session import Session

_SUCCESSORS = {"rsa": "rsa-generated", "rsa-enc": "rsa-enc-generated"}
"""The providers of keys that were given to Keycloak, and the providers that generate such keys."""
_DEFAULTS = {"rsa-generated": "RS256", "rsa-enc-generated": "RSA-OAEP"}
"""The algorithms of key providers that name none."""
_GENERATED = {
    *("rsa-generated", "rsa-enc-generated", "ecdsa-generated", "ecdh-generated", "eddsa-generated"),
    *("hmac-generated", "aes-generated"),
}
_SETTINGS = {
    *("algorithm", "keySize", "secretSize"),
    *("ecdsaEllipticCurveKey", "ecdhEllipticCurveKey", "eddsaEllipticCurveKey", "ecdhAlgorithm"),
}
"""The settings that a successor shares with the former key."""
_STAMP = "%Y%m%dT%H%M%SZ"
_RETIRED = "provision.retired"
"""The setting of a key that a rotation made passive: when."""
_LIFETIMES = (
    "accessTokenLifespan",
    "accessTokenLifespanForImplicitFlow",
    "ssoSessionMaxLifespan",
    "ssoSessionMaxLifespanRememberMe",
    "clientSessionMaxLifespan",
    "offlineSessionIdleTimeout",
    "clientOfflineSessionIdleTimeout",
    "actionTokenGeneratedByAdminLifespan",
    "actionTokenGeneratedByUserLifespan",
)
"""The realm's settings, in seconds, of how long a token may live; an offline token is signed anew with each refresh."""


_LIFETIMES_OF_CLIENTS = (
    "access.token.lifespan",
    "client.session.max.lifespan",
    "client.offline.session.idle.timeout",
    "client.offline.session.max.lifespan",
)
"""The attributes of a client that stand for settings of the realm."""


@dataclass(frozen=True)
class RotatedKey:
    """What became of a key.

    Args:
        realm: The realm's name.
        name: The key provider's name.
        successor: The name of the key provider that took its place; None for a key that was removed or left alone.
        until: The time until which the former key verifies tokens; None if it has no successor.
        left_alone: Why the key was left alone; None if it was not.
    """

    realm: str
    name: str
    successor: str | None = None
    until: datetime | None = None
    left_alone: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        until = None if self.until is None else self.until.isoformat()
        return {
            "realm": self.realm,
            "name": self.name,
            "successor": self.successor,
            "until": until,
            "leftAlone": self.left_alone,
        }

    def __str__(self) -> str:
        """Return a line for the screen."""
        if self.left_alone is not None:
            return f"key {self.name} of realm {self.realm} is as before: {self.left_alone}"
        if self.until is None:
            return f"key {self.name} of realm {self.realm} is removed: all tokens that it signed have expired"
        return f"key {self.successor} of realm {self.realm} replaces {self.name}, which verifies its tokens until {self.until:%Y-%m-%d %H:%M}Z"


def rotate(session: Session, realm: str, declared: Collection[str]) -> list[RotatedKey]:
    """Give each key that signs or encrypts in a realm a successor, and remove the former keys that no valid token needs.

    After an interruption, the next rotation goes on: what it finds active gets a successor.

    Args:
        session: The Admin API.
        realm: The realm.
        declared: The names of the keys that the stack file declares, which are left alone.

    Raises:
        KeycloakError: Keycloak refused; the keys that are already rotated stay so.
    """
    life = _longest_life(session.get(realm) or {}, session.list(realm, "clients"))
    providers = list(session.list(realm, "components", type=PROVIDER_TYPE))
    return [
        *_without_expired(session, realm, providers, datetime.now(UTC) - life),
        *_succeeded(session, realm, providers, declared, life),
    ]


def _succeeded(
    session: Session,
    realm: str,
    providers: Sequence[Mapping[str, Any]],
    declared: Collection[str],
    life: timedelta,
) -> Iterator[RotatedKey]:
    """Give the active keys of each algorithm one successor.

    Args:
        session: The Admin API.
        realm: The realm.
        providers: The realm's key providers.
        declared: The names of the keys that are left alone.
        life: How long a token of a former key may be valid.
    """
    now = datetime.now(UTC)
    for active in _active(providers):
        first = active[0]  # the one of the highest priority is in use
        if first["name"] in declared:
            why = "the stack file declares it; declare its successor there"
        elif _kind(first) not in _GENERATED:
            why = f"Keycloak can't make a key of type {first['providerId']}; replace it where it comes from"
        else:
            successor = _successor(first, now)
            session.post(realm, "components", body=successor)
            for former in [item for item in active if item["name"] not in declared]:
                settings = {**former["config"], "active": ["false"], _RETIRED: [f"{now:{_STAMP}}"]}
                session.put(realm, "components", former["id"], body={**former, "config": settings})
                yield RotatedKey(realm, former["name"], successor["name"], now + life)
            continue
        yield from (RotatedKey(realm, item["name"], left_alone=why) for item in active)


def _active(providers: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return the active key providers of each algorithm, the highest priority first."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in providers:
        if _is_on(item, "active") and _is_on(item, "enabled"):
            kind = _kind(item)
            found.setdefault((kind, _setting(item, "algorithm") or _DEFAULTS.get(kind, "")), []).append(item)
    return [sorted(group, key=_priority, reverse=True) for group in found.values()]


def _without_expired(
    session: Session, realm: str, providers: Sequence[Mapping[str, Any]], before: datetime
) -> Iterator[RotatedKey]:
    """Remove each key that a rotation made passive so long ago that no token of it is valid."""
    for item in providers:
        retired = _time(_setting(item, _RETIRED))
        if retired is not None and retired < before and not _is_on(item, "active"):
            session.delete(realm, "components", item["id"])
            yield RotatedKey(realm, item["name"])


def _successor(former: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the representation of the key provider that takes the place of another one."""
    kept = {name: values for name, values in former["config"].items() if name in _SETTINGS}
    return {
        "name": f"{STAMPED.sub('', former['name'])}-{now:{_STAMP}}",
        "parentId": former["parentId"],
        "providerId": _kind(former),
        "providerType": PROVIDER_TYPE,
        "config": {**kept, "priority": [str(_priority(former) + 1)], "enabled": ["true"], "active": ["true"]},
    }


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _longest_life(realm: Mapping[str, Any], clients: Iterable[Mapping[str, Any]]) -> timedelta:
    """Return how long a token of the realm may live: a client may have lifetimes of its own."""
    known = [realm.get(name) for name in _LIFETIMES]
    known += [(item.get("attributes") or {}).get(name) for item in clients for name in _LIFETIMES_OF_CLIENTS]
    return timedelta(seconds=max(int(text) for text in ("0", *map(str, known)) if text.isdecimal()))


def _kind(provider: Mapping[str, Any]) -> str:
    name = str(provider["providerId"])
    return _SUCCESSORS.get(name, name)


def _priority(provider: Mapping[str, Any]) -> int:
    return int(_setting(provider, "priority") or 0)


def _is_on(provider: Mapping[str, Any], name: str) -> bool:
    return (_setting(provider, name) or "true") == "true"


def _setting(provider: Mapping[str, Any], name: str) -> str:
    return str((provider.get("config", {}).get(name) or [""])[0])

"""The rotation of a realm's keys (Keycloak Server Administration Guide, "Rotating keys").

The successor of a key has a higher priority, so it makes the new tokens. The former key becomes passive: it verifies the
tokens that it made. Once all of these have expired, it is removed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.keycloak.objects.realm_key import PROVIDER_TYPE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.api.session import Session

_SUCCESSORS = {"rsa": "rsa-generated", "rsa-enc": "rsa-enc-generated"}
"""The providers of keys that were given to Keycloak, and the providers that generate such keys."""
_GENERATED = {
    *("rsa-generated", "rsa-enc-generated", "ecdsa-generated", "ecdh-generated", "eddsa-generated"),
    *("hmac-generated", "aes-generated"),
}
_SETTINGS = {
    *("algorithm", "keySize", "secretSize", "keyUse"),
    *("ecdsaEllipticCurveKey", "ecdhEllipticCurveKey", "eddsaEllipticCurveKey", "ecdhAlgorithm"),
}
"""The settings that a successor shares with the former key."""
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMPED = re.compile(r"-(\d{8}T\d{6}Z)$")
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
"""The realm's settings, in seconds, of how long a token may live; an offline token gets a new key with each refresh."""


@dataclass(frozen=True)
class RotatedKey:
    """What became of a key.

    Args:
        name: The key provider's name.
        successor: The name of the key provider that took its place; None for a key that was removed or left alone.
        until: The time until which the former key verifies tokens; None if it verifies none.
        declared: Whether the stack file declares the key, which is left alone then.
    """

    name: str
    successor: str | None = None
    until: datetime | None = None
    declared: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        until = None if self.until is None else self.until.isoformat()
        return {"name": self.name, "successor": self.successor, "until": until, "declared": self.declared}

    def __str__(self) -> str:
        """Return a line for the screen."""
        if self.declared:
            return f"key {self.name} is as before: the stack file declares it; declare its successor there"
        if self.successor is None:
            return f"key {self.name} is removed; every token that it made has expired"
        return f"key {self.successor} takes the place of {self.name}, which verifies its tokens until {self.until:%Y-%m-%d %H:%M}Z"


def rotate(session: Session, realm: str, declared: Collection[str]) -> list[RotatedKey]:
    """Give each active key of a realm a successor, and remove the former keys that no valid token needs.

    After an interruption, the next rotation goes on: what it finds active gets a successor.

    Args:
        session: The Admin API.
        realm: The realm.
        declared: The names of the keys that the stack file declares, which are left alone.

    Raises:
        KeycloakError: Keycloak refused; the keys that are already rotated stay so.
    """
    now = datetime.now(UTC)
    life = _longest_life(session.get(realm) or {})
    providers = list(session.list(realm, "components", type=PROVIDER_TYPE))
    return [
        *_removed(session, realm, _Keys(providers, declared), now - life),
        *_succeeded(session, realm, _Keys(providers, declared), now, now + life),
    ]


@dataclass(frozen=True)
class _Keys:
    """The key providers of a realm, grouped by what their keys are for."""

    providers: list[Mapping[str, Any]]
    declared: Collection[str]

    def groups(self) -> list[list[Mapping[str, Any]]]:
        """Return the providers that can stand in for each other, the highest priority first."""
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for item in self.providers:
            kind = _SUCCESSORS.get(item["providerId"], item["providerId"])
            if kind in _GENERATED:
                found.setdefault((kind, _setting(item, "algorithm")), []).append(item)
        return [sorted(group, key=_priority, reverse=True) for group in found.values()]


def _succeeded(
    session: Session, realm: str, keys: _Keys, now: datetime, until: datetime
) -> Iterator[RotatedKey]:
    for group in keys.groups():
        active = [item for item in group if _is_on(item, "active") and _is_on(item, "enabled")]
        if any(item["name"] in keys.declared for item in active):
            yield from (
                RotatedKey(item["name"], declared=True) for item in active if item["name"] in keys.declared
            )
            continue
        if not active:
            continue
        successor = _successor(active[0], now) | {"parentId": active[0]["parentId"]}
        session.post(realm, "components", body=successor)
        for former in active:
            passive = {**former, "config": {**former["config"], "active": ["false"]}}
            session.put(realm, "components", former["id"], body=passive)
            yield RotatedKey(former["name"], successor["name"], until)


def _removed(session: Session, realm: str, keys: _Keys, before: datetime) -> Iterator[RotatedKey]:
    """Remove each passive key whose successor was made so long ago that no token of the former key is valid."""
    for group in keys.groups():
        made = sorted(stamp for item in group if (stamp := _made_at(item)) is not None)
        for item in group:
            own = _made_at(item)
            later = [stamp for stamp in made if own is None or stamp > own]
            passive = not _is_on(item, "active") and item["name"] not in keys.declared
            if passive and later and later[0] < before:
                session.delete(realm, "components", item["id"])
                yield RotatedKey(item["name"])


def _successor(former: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the representation of the key provider that takes the place of another one."""
    kind = _SUCCESSORS.get(former["providerId"], former["providerId"])
    kept = {name: values for name, values in former["config"].items() if name in _SETTINGS}
    if kind != former["providerId"]:
        kept.pop("keyUse", None)
    return {
        "name": f"{_STAMPED.sub('', former['name'])}-{now:{_STAMP}}",
        "providerId": kind,
        "providerType": PROVIDER_TYPE,
        "config": {**kept, "priority": [str(_priority(former) + 1)], "enabled": ["true"], "active": ["true"]},
    }


def _made_at(provider: Mapping[str, Any]) -> datetime | None:
    """Return when a rotation made a key, as its name tells; None for any other key."""
    found = _STAMPED.search(provider["name"])
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _longest_life(realm: Mapping[str, Any]) -> timedelta:
    return timedelta(seconds=max(int(realm.get(name) or 0) for name in _LIFETIMES))


def _priority(provider: Mapping[str, Any]) -> int:
    return int(_setting(provider, "priority") or 0)


def _is_on(provider: Mapping[str, Any], name: str) -> bool:
    return (_setting(provider, name) or "true") == "true"


def _setting(provider: Mapping[str, Any], name: str) -> str:
    return str((provider.get("config", {}).get(name) or [""])[0])

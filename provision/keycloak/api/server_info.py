"""The abilities of the running Keycloak: its providers and features (Admin REST API, ``/admin/serverinfo``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from provision._lib.errors import UnsupportedError
from provision.keycloak.api.session import KeycloakError, Session

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class LackingError(KeycloakError, UnsupportedError):
    """The error for a provider that Keycloak lacks."""


_known: WeakKeyDictionary[Session, Mapping[str, Any]] = WeakKeyDictionary()


def require(session: Session, spi: str, provider: str, feature: str = "") -> None:
    """Raise an error if Keycloak lacks a provider; do nothing if Keycloak does not list its providers.

    Args:
        session: The Admin API.
        spi: The kind of the provider, for example ``client-policy-executor``.
        provider: The provider's id.
        feature: The feature that brings the provider, if that feature is off by default.

    Raises:
        LackingError: Keycloak has no such provider.
    """
    info = _info(session)
    offered = info.get("providers", {}).get(spi, {}).get("providers", {})
    if not info.get("providers") or provider in offered:
        return
    kind = spi.rsplit("-", 1)[-1]
    what = f"Keycloak at {session.url} has no {kind} {provider!r}"
    states = {item["name"].lower().replace("_", "-"): item["enabled"] for item in info.get("features") or ()}
    if feature and states.get(feature) is False:
        raise LackingError(
            f"{what}: its feature {feature!r} is off.", f"Build Keycloak with --features={feature}."
        )
    if feature:
        raise LackingError(
            f"{what}.", f"Use a version that has the feature and build it with --features={feature}."
        )
    raise LackingError(f"{what}.", f"It has {', '.join(sorted(offered))}.")


def offered(session: Session, spi: str) -> Collection[str] | None:
    """Return the ids of the providers of a kind, or None if Keycloak does not list them."""
    providers = _info(session).get("providers", {})
    return list(providers[spi]["providers"]) if spi in providers else None


def version(session: Session) -> str:
    """Return the version of Keycloak; empty if this service account may not see it."""
    return str(_info(session).get("systemInfo", {}).get("version", ""))


def _info(session: Session) -> Mapping[str, Any]:
    if session not in _known:
        _known[session] = session.server_info() or {}
    return _known[session]

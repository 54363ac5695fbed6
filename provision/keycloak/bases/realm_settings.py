"""Changes of single settings of a realm (Admin REST API, "Realms Admin")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provision.keycloak.api.session import KeycloakError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.keycloak.api.session import Session

RESET_WHEN_LEFT_OUT: Final = ("oauth2DeviceCodeLifespan", "oauth2DevicePollingInterval")
"""The settings that get Keycloak's defaults in every PUT of a realm that does not name them."""


def put_settings(session: Session, realm: str, settings: Mapping[str, Any]) -> None:
    """Change settings of a realm; all other settings stay unchanged.

    Args:
        session: The Admin API.
        realm: The realm's name.
        settings: The settings, as they stand in the realm's representation.

    Raises:
        KeycloakError: There is no such realm.
    """
    there = session.get(realm)
    if there is None:
        raise KeycloakError(f"There is no realm {realm}.", "Declare the realm first.")
    told = {name: there[name] for name in RESET_WHEN_LEFT_OUT if name in there}
    session.put(realm, body={**told, **settings, "realm": realm})

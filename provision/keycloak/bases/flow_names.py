"""The authentication flows of a realm by their aliases; Keycloak itself often names them by id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.keycloak.api.session import KeycloakError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.keycloak.api.session import Session

FLOWS: Final = ("authentication", "flows")
"""The path of a realm's flows."""


def flow_ids(session: Session, realm: str) -> dict[str, str]:
    """Return Keycloak's ids of a realm's flows, without sub-flows, by alias."""
    return {item["alias"]: item["id"] for item in session.get(realm, *FLOWS) or ()}


def require_flows(session: Session, realm: str, aliases: Iterable[str]) -> dict[str, str]:
    """Return the ids of a realm's flows by alias, if certain flows are among them: Keycloak's own answer is an internal error.

    Args:
        session: The Admin API.
        realm: The realm.
        aliases: The flows that must exist; an empty alias stands for none.

    Raises:
        KeycloakError: A flow does not exist.
    """
    wanted = {*aliases} - {""}
    if not wanted:
        return {}
    found = flow_ids(session, realm)
    if missing := sorted(wanted - found.keys()):
        raise KeycloakError(
            f"There is no authentication flow {missing[0]!r} in realm {realm}.", f"It has {', '.join(found)}."
        )
    return found

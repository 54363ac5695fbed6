"""The user with whom a developer logs in to the admin console of a Keycloak that a stack started."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.keycloak.api.session import Session

USERNAME = "console"
_PASSWORD_BYTES = 18


def renew(session: Session, realm: str) -> str:
    """Make the user with a new password, in the place of the user from before, and return the password.

    The sessions and the password of the user from before end. The password is kept nowhere.

    Args:
        session: The Admin API, as a service account that may do everything.
        realm: The realm of the administrators.

    Raises:
        KeycloakError: Keycloak refuses the user or the role.
    """
    for former in session.get(realm, "users", username=USERNAME, exact="true") or ():
        session.delete(realm, "users", former["id"])
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    user = session.post(
        realm,
        "users",
        body={
            "username": USERNAME,
            "enabled": True,
            # Without these, Keycloak asks for them at the first login.
            "firstName": "Console",
            "lastName": "User",
            "email": f"{USERNAME}@localhost.localdomain",
            "emailVerified": True,
            "credentials": [{"type": "password", "value": password, "temporary": False}],
        },
    )
    role = session.get(realm, "roles", "admin")
    session.post(realm, "users", user, "role-mappings", "realm", body=[role])
    return password

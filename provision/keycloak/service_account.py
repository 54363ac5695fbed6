"""The secret of the service account that provisioning uses (client credentials)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from provision.keycloak.connection import Connection


def change_secret(connection: Connection, secret: str) -> None:
    """Give the service account another secret; Keycloak accepts the former one no longer.

    Do nothing if Keycloak accepts only the new secret, as it does after a run that was interrupted.

    Args:
        connection: The connection with the former secret.
        secret: The new secret. The former one again proves that the account may change its secret.

    Raises:
        ProvisionError: Keycloak accepts neither secret, or the account may not change its own client.
    """
    from provision.keycloak.api.session import LoginRefusedError, Session

    realm, client_id = connection.auth_realm, connection.client_id
    session = Session(connection)
    try:
        found = session.get(realm, "clients", clientId=client_id)
    except LoginRefusedError:
        if accepts(connection.model_copy(update={"client_secret": secret})):
            return
        raise
    if not found:
        raise ProvisionError(
            f"The service account {client_id} does not see its own client in realm {realm}.",
            "It needs the role manage-clients there; or change the secret in the admin console.",
        )
    session.put(realm, "clients", found[0]["id"], body={**found[0], "secret": secret})


def accepts(connection: Connection) -> bool:
    """Return whether Keycloak lets the service account in.

    Raises:
        KeycloakError: There is no telling: Keycloak is away, or is not what answers.
    """
    from provision.keycloak.api.session import ForbiddenError, LoginRefusedError, Session

    try:
        Session(connection).get(connection.auth_realm, "clients", clientId=connection.client_id)
    except LoginRefusedError:
        return False
    except ForbiddenError:  # it is in, and may do little
        return True
    return True

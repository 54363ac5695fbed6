"""The facts about a Keycloak's data that Keycloak itself tells, wherever it runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from provision.keycloak.api.admin_api import AdminApi
    from provision.keycloak.connection import Connection


@dataclass(frozen=True)
class DataFacts:
    """The facts about a Keycloak's data.

    Args:
        version: The version of the Keycloak that has the data.
        data_id: The identity of the data; see :func:`data_id`.
        client: The row id of the client that is the service account of this connection.
        user: The row id of that service account's user.
    """

    version: str
    data_id: str
    client: str
    user: str

    @classmethod
    def of(cls, connection: Connection, mark: str) -> DataFacts:
        """Return the facts about the data of a Keycloak that runs, and mark the service account in the data.

        Args:
            connection: The connection to the Keycloak, whose service account is the one to mark.
            mark: The attribute of the service account's client that is the mark.

        Raises:
            KeycloakError: Keycloak does not answer.
            ProvisionError: The service account may not see its own client or the server's version.
        """
        from provision.keycloak.api.session import Session

        session, realm = Session(connection), connection.auth_realm
        clients = session.get(realm, "clients", clientId=connection.client_id)
        version = (session.server_info() or {}).get("systemInfo", {}).get("version")
        if not clients or not version:
            raise ProvisionError(
                f"The service account {connection.client_id} may not see what a backup needs.",
                f"It needs the role admin in realm {realm}.",
            )
        client, attributes = clients[0], clients[0].get("attributes") or {}
        if mark not in attributes:
            body = {**client, "attributes": {**attributes, mark: "true"}}
            session.put(realm, "clients", client["id"], body=body)
        user = session.get(realm, "clients", client["id"], "service-account-user")["id"]
        return cls(version, data_id(session), client["id"], user)


def data_id(session: AdminApi) -> str:
    """Return the identity of a Keycloak's data: a digest of the ids of the master realm's keys, in hex.

    Data that was made anew has other keys (Server Administration Guide, "Configuring realm keys"); data that was copied
    has the same.

    Args:
        session: The Admin API of the Keycloak.
    """
    keys = session.get("master", "keys")["keys"]
    providers = sorted({key["providerId"] for key in keys})
    return hashlib.sha256(" ".join(providers).encode()).hexdigest()[:16]

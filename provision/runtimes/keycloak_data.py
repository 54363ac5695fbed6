"""What a backup holds of a Keycloak, which :meth:`.Runtime.put_data` lays out again."""

from __future__ import annotations

from dataclasses import dataclass, field

ADMIN_MARK = "provision.admin"
"""The attribute of the admin service account's client, by which a container finds it under any name and id."""


@dataclass(frozen=True)
class KeycloakData:
    """Keycloak's data as it travels in a backup.

    Args:
        database: Keycloak's H2 database file, closed.
        data_id: The identity of the data, the same wherever the data goes; see :mod:`provision.keycloak.data_facts`.
        client: The row id of the client that is the admin service account.
        user: The row id of that service account's user.
    """

    database: bytes = field(repr=False)
    data_id: str
    client: str
    user: str

"""What a backup holds of a Keycloak: :meth:`.Runtime.take_data` returns it, :meth:`.Runtime.put_data` takes it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class KeycloakData:
    """Keycloak's data as it travels in a backup.

    Args:
        database: Keycloak's H2 database file, closed.
        version: The version of Keycloak that wrote the file.
        data_id: The deployment's ``data_id``, which stays the same wherever the data goes.
        client: The row id of the client that is the admin service account.
        user: The row id of that service account's user.
    """

    database: bytes = field(repr=False)
    version: str
    data_id: str
    client: str
    user: str

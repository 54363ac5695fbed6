"""Keycloak's data as :meth:`.Runtime.take_data` copies it for a backup, and as :meth:`.Runtime.put_data` lays it out again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision._lib.errors import ProvisionError

ADMIN_MARK = "provision.admin"
"""The attribute of the admin service account's client, by which a container finds it under any name and id."""


@dataclass(frozen=True)
class Copied:
    """A copy of Keycloak's data, which is whole whether Keycloak came back or not.

    Args:
        database: Keycloak's H2 database file, closed.
        seconds: The time that Keycloak was away, in seconds.
        fault: Why Keycloak is not back, or None if it is.
    """

    database: bytes = field(repr=False)
    seconds: float
    fault: ProvisionError | None = None


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

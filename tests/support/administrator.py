"""The Admin API of a stack that is up, as the stack's own service account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection

if TYPE_CHECKING:
    from tests.support.stack_cli import StackCli


def administrator(stack: StackCli) -> tuple[Session, str]:
    """Return a session of the stack's service account, and the name of the stack's realm."""
    outputs = stack.json("status", "--show-secrets")
    admin, url = outputs["admin"], outputs["issuer"].partition("/realms/")[0]
    connection = Connection(url=url, client_id=admin["client_id"], client_secret=admin["client_secret"])
    return Session(connection), outputs["realm"]

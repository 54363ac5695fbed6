"""A running stack seen from outside, with the means of the proofs: registration, logins, tool calls."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision.verify import Target
from provision.verify.context import Context, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stack_cli import StackCli


@contextmanager
def outside(stack: StackCli) -> Iterator[Context]:
    """A proof's context; leaving it ends the logins and removes what was made."""
    shown = stack.json("status", "--show-secrets")
    (server,) = shown["servers"]
    at = urlsplit(shown["issuer"])
    run = Run(
        Target(
            issuer=shown["issuer"],
            realm=shown["realm"],
            server_url=server["url"],
            scopes=tuple(server["scopes"]),
            introspection_client_id=server["introspection"]["client_id"],
            introspection_client_secret=server["introspection"]["client_secret"],
            demo_username=shown["demo_user"]["username"],
            demo_password=shown["demo_user"]["password"],
            public_client_id=shown["clients"][0]["client_id"],
            keycloak_url=f"{at.scheme}://{at.netloc}",
            admin_client_id=shown["admin"]["client_id"],
            admin_client_secret=shown["admin"]["client_secret"],
        )
    )
    try:
        yield Context(run)
    finally:
        run.end()

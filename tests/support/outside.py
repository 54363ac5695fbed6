"""An outside view of a running stack, with the means of the proofs: registration, logins, tool calls."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from provision.verify.authorization_code import Login, log_in
from provision.verify.context import Context, Run
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stack_cli import StackCli

REDIRECT = "http://localhost:33419/callback"
"""The redirect URI of the pre-registered client and of clients like Claude Code; nothing listens there."""


@contextmanager
def outside(stack: StackCli, server: str | None = None) -> Iterator[Context]:
    """Return a proof's context; leaving it ends the logins and removes the temporary objects.

    Args:
        stack: The stack, which is up.
        server: The MCP server, if the stack has several.
    """
    run = Run(stack.target(server))
    try:
        yield Context(run)
    finally:
        run.end()


def logged_in(context: Context, client_id: str = "mcp-client", **more: tuple[str, ...]) -> Login:
    """Return the demo user's login to a client, by default to the pre-registered one."""
    return log_in(context, context.need(authorization_server_metadata), client_id, REDIRECT, **more)

"""A client that names no scope registers itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.check import Evidence, check
from provision.verify.client_registration import (
    LOOPBACK_REDIRECT,
    RegisteredClient,
    like_claude_code,
    register,
)
from provision.verify.connection import text
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata

if TYPE_CHECKING:
    from provision.verify.context import Context


@check(
    "registration",
    "A client registers itself without naming a scope",
    place=40,
    applies=lambda target: target.registration,
)
def registration(context: Context) -> Evidence[RegisteredClient]:
    """Prove that a client can register anonymously with a loopback redirect, like Claude Code (RFC 7591 section 3)."""
    server = context.need(authorization_server_metadata)
    document = register(context, server.registration_endpoint, like_claude_code(context))
    client = RegisteredClient(text(document, "client_id"), LOOPBACK_REDIRECT)
    return Evidence("a public client as Claude Code registers it, redirect on localhost", client)

"""Nobody can register a client if the stack forbids registration."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from provision.verify.check import Evidence, check
from provision.verify.client_registration import like_claude_code, remove_later
from provision.verify.connection import json_object, refusal
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata

if TYPE_CHECKING:
    from provision.verify.context import Context


@check(
    "registration-off",
    "Nobody can register a client",
    place=55,
    applies=lambda target: not target.registration,
)
def registration_off(context: Context) -> Evidence[None]:
    """Prove that a harmless registration with a loopback redirect is refused (RFC 7591 section 3.2.2)."""
    endpoint = context.need(authorization_server_metadata).registration_endpoint
    response = context.http.post(endpoint, json=like_claude_code(context))
    if response.status_code == HTTPStatus.CREATED:
        remove_later(context, json_object(response, "registration"))
        raise Failed("a client could register itself")
    if response.status_code not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Failed(f"a registration got {refusal(response)}, which is no refusal")
    return Evidence(f"HTTP {response.status_code} for a registration", None)

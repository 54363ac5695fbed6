"""A client with a redirect to a foreign host may not register."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from provision.verify.check import Evidence, check
from provision.verify.client_registration import like_claude_code, remove_later
from provision.verify.connection import json_object, refusal
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.proofs.registration import registration

if TYPE_CHECKING:
    from provision.verify.context import Context

_FOREIGN = "https://evil.example/cb"
_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@check(
    "registration-refused",
    "A client with a redirect to a foreign host can't register",
    place=60,
    applies=lambda target: target.registration,
)
def registration_refused(context: Context) -> Evidence[None]:
    """Prove that a registration is refused if only its redirect is foreign (RFC 7591 sections 3.2.2 and 5)."""
    context.need(registration)
    endpoint = context.need(authorization_server_metadata).registration_endpoint
    body = like_claude_code(context, _FOREIGN)
    response = context.http.post(endpoint, json=body)
    if response.status_code in _REFUSALS:
        return Evidence(f"redirect to {_FOREIGN}: HTTP {response.status_code}", None)
    if response.status_code == HTTPStatus.CREATED:
        remove_later(context, json_object(response, "registration"))
        raise Failed(f"a client that redirects to {_FOREIGN} could register itself")
    raise Failed(f"a foreign redirect got {refusal(response)}, which is no refusal")

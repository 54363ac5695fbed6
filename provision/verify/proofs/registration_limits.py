"""A client that registers itself gets no secret and no redirect that stands for several addresses."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from provision.verify.check import Evidence, check
from provision.verify.client_registration import LOOPBACK_REDIRECT, like_claude_code, register, remove_later
from provision.verify.connection import json_object, refusal, text
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.proofs.registration import registration

if TYPE_CHECKING:
    import httpx

    from provision.verify.context import Context

_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_INEXACT = {"redirect_uris": ["http://localhost/*"]}
_FORBIDDEN: dict[str, dict[str, Any]] = {
    "a client with a secret": {"token_endpoint_auth_method": "client_secret_basic"},
    "a redirect with a wildcard": _INEXACT,
    "a redirect of an unknown scheme": {"redirect_uris": ["provision-verify://localhost/callback"]},
}
"""What is wrong with a registration, and the part of the request that makes it so; the host is a trusted one."""
_LATER = "a change to a redirect with a wildcard"


@check(
    "registration-limits",
    "A client that registers itself gets neither a secret nor an inexact redirect",
    place=62,
    applies=lambda target: target.registration,
)
def registration_limits(context: Context) -> Evidence[None]:
    """Prove that such a registration is refused, and such a change of a registration (RFC 7591 section 3.2.2, RFC 7592 section 2.2)."""
    context.need(registration)
    endpoint = context.need(authorization_server_metadata).registration_endpoint
    granted = []
    for what, change in _FORBIDDEN.items():
        response = context.http.post(endpoint, json=like_claude_code(context) | change)
        if response.status_code == HTTPStatus.CREATED:
            remove_later(context, json_object(response, "registration"))
        granted += _granted(what, response)
    granted += _granted(_LATER, _changed(context, endpoint))
    if granted:
        raise Failed(f"granted to a client that registers itself: {', '.join(granted)}")
    return Evidence(f"refused: {', '.join([*_FORBIDDEN, _LATER])}", None)


def _changed(context: Context, endpoint: str) -> httpx.Response:
    """Return the answer to a client that registered properly and then changes its redirect (RFC 7592 section 2.2)."""
    body = like_claude_code(context, LOOPBACK_REDIRECT)
    made = register(context, endpoint, body)
    bearer = {"Authorization": f"Bearer {text(made, 'registration_access_token')}"}
    changed = {**body, **_INEXACT, "client_id": text(made, "client_id")}
    return context.http.put(text(made, "registration_client_uri"), json=changed, headers=bearer)


def _granted(what: str, response: httpx.Response) -> list[str]:
    """Return what was granted: the given words, or nothing if the answer is a refusal.

    Raises:
        Failed: The answer is neither.
    """
    if response.status_code in _REFUSALS:
        return []
    if response.is_success:
        return [what]
    raise Failed(f"{what}: {refusal(response)}, which is no refusal")

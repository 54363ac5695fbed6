"""A token as the proofs see it: its claims, with the signature unchecked."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from provision.verify.connection import text, texts
from provision.verify.errors import Failed


@dataclass(frozen=True)
class Claims:
    """The claims of a JWT access token (RFC 9068 section 2.2).

    Args:
        issuer: ``iss``.
        subject: ``sub``; empty if the token has none.
        audience: ``aud``.
        scopes: ``scope``, split.
        issued: ``iat``, in seconds since the epoch.
        expires: ``exp``, in seconds since the epoch.
    """

    issuer: str
    subject: str
    audience: tuple[str, ...]
    scopes: tuple[str, ...]
    issued: int
    expires: int


def claims(token: str) -> Claims:
    """Return the claims of a token.

    Args:
        token: A JWT in compact form (RFC 7519 section 3).

    Raises:
        Failed: The token is not a JWT.
    """
    return from_document(payload(token))


def from_document(document: dict[str, Any]) -> Claims:
    """Return the claims in a token's payload or an introspection answer (RFC 7662 section 2.2)."""
    return Claims(
        issuer=text(document, "iss"),
        subject=text(document, "sub"),
        audience=texts(document, "aud"),
        scopes=tuple(text(document, "scope").split()),
        issued=_number(document, "iat"),
        expires=_number(document, "exp"),
    )


def payload(token: str) -> dict[str, Any]:
    """Return the decoded payload of a JWT.

    Raises:
        Failed: The token is not a JWT.
    """
    try:
        part = token.split(".")[1]
        document = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        document = None
    if not isinstance(document, dict):
        raise Failed("the access token is not a JWT")
    return document


def _number(document: dict[str, Any], key: str) -> int:
    value = document.get(key)
    return int(value) if isinstance(value, int | float) else 0

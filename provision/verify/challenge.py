"""The challenge of a protected resource (RFC 6750 section 3, RFC 9728 section 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_WORD}))')
_BEARER = re.compile(r"(?:^|,)\s*bearer(?:\s+|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Challenge:
    """A ``Bearer`` challenge.

    Args:
        resource_metadata: The URL of the protected resource's metadata; empty if not given.
        scopes: The scopes that the challenge asks for.
        error: The error code; empty if the request had no token.
    """

    resource_metadata: str
    scopes: tuple[str, ...]
    error: str


def bearer_challenge(header: str) -> Challenge | None:
    """Return the ``Bearer`` challenge of a ``WWW-Authenticate`` header (RFC 9110 section 11.6.1), or None.

    Args:
        header: The header's value.
    """
    scheme = _BEARER.search(header)
    if scheme is None:
        return None
    found = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
        for name, quoted, plain in _PARAMETER.findall(header[scheme.end() :])
    }
    return Challenge(
        resource_metadata=found.get("resource_metadata", ""),
        scopes=tuple(found.get("scope", "").split()),
        error=found.get("error", ""),
    )

"""The claims that this server demands of a token, for both kinds of verifiers."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Asymmetric ones only: with HMAC, anybody who can verify can also sign.
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
# RFC 7519 section 2, NumericDate: seconds. Beyond this number not every second can be told in JSON (RFC 8259 section 6).
_LATEST = 2**53
# The tolerance for an authorization server's clock that runs ahead, in seconds.
NOT_BEFORE_LEEWAY = 5.0


def refusal_reason(claims: Mapping[str, Any], *, issuer: str, audience: str) -> str | None:
    """Return why a token is refused, or None if it is accepted (scopes are not checked here).

    Args:
        claims: The claims, already vouched for by a signature or by the authorization server. Of the values of
            ``typ`` only ``Bearer`` means an access token; ``Refresh`` and ``ID`` do not.
        issuer: The required issuer, compared exactly (RFC 8414 section 3.3).
        audience: The required audience, compared exactly (RFC 8707).
    """
    now = time()
    not_before, typ = claims.get("nbf", 0), claims.get("typ")
    checks = (
        ("wrong_issuer", claims.get("iss") != issuer),
        ("wrong_audience", audience not in _audiences(claims.get("aud"))),
        ("no_expiry", not _is_date(claims.get("exp"))),
        ("expired", _is_date(claims.get("exp")) and claims["exp"] <= now),
        ("not_yet_valid", not _is_date(not_before) or not_before > now + NOT_BEFORE_LEEWAY),
        ("wrong_token_type", not isinstance(typ, str) or typ.lower() != "bearer"),
        # A token bound to a key (DPoP, mutual TLS) proves nothing without the proof of possession.
        ("bound_to_a_key", claims.get("cnf") is not None),
    )
    return next((reason for reason, fails in checks if fails), None)


def _audiences(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _is_date(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LATEST

"""A token that Keycloak did not make is refused."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Any

from provision.verify.access_token import payload
from provision.verify.check import Evidence, check
from provision.verify.proofs.token import token
from provision.verify.refusal import must_refuse

if TYPE_CHECKING:
    from provision.verify.context import Context


@check("refused-garbage", "A token that nobody issued is refused", place=120)
def refused_garbage(context: Context) -> Evidence[None]:
    """Prove that random text, an altered token and a token with the algorithm ``none`` are refused (RFC 8725 section 3.1)."""
    good = context.need(token)
    header, content, signature = good.split(".")
    longer = {**payload(good), "exp": payload(good)["exp"] + 3600}
    must_refuse(context, secrets.token_urlsafe(32), "random text")
    must_refuse(context, f"{header}.{_part(longer)}.{signature}", "a token with changed content")
    must_refuse(context, f"{_part({'alg': 'none', 'typ': 'JWT'})}.{content}.", "a token without a signature")
    return Evidence("401 for random text, for changed content and for a missing signature", None)


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

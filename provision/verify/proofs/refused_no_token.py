"""Nothing is allowed without a token in the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.check import Evidence, check
from provision.verify.mcp_session import ask
from provision.verify.proofs.token import token
from provision.verify.refusal import must_be_401

if TYPE_CHECKING:
    from provision.verify.context import Context


@check("refused-no-token", "A request without a token in its header is refused", place=110)
def refused_no_token(context: Context) -> Evidence[None]:
    """Prove that no token, and a good token in the query, are refused (RFC 6750 section 2.3)."""
    http, url = context.http, context.target.server_url
    answers = {
        "a request without a token": ask(http, url),
        "a token in the query": ask(http, url, params={"access_token": context.need(token)}),
    }
    for what, answer in answers.items():
        must_be_401(context.target, answer, what)
    return Evidence("401 without a token and with a good one in the query", None)

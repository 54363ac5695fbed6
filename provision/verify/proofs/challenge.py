"""A client that comes without a token learns where to get one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.challenge import bearer_challenge
from provision.verify.check import Evidence, check
from provision.verify.connection import well_known
from provision.verify.errors import Failed
from provision.verify.mcp_session import ask
from provision.verify.refusal import must_be_401

if TYPE_CHECKING:
    from provision.verify.context import Context


@check("challenge", "A request without a token is told where to get one", place=30)
def challenge(context: Context) -> Evidence[None]:
    """Prove that a 401 challenge names the metadata (RFC 9728 section 5.1) and the scopes (RFC 6750 section 3)."""
    target = context.target
    response = ask(context.http, target.server_url)
    must_be_401(target, response, "a request without a token")
    found = bearer_challenge(response.headers.get("WWW-Authenticate", ""))
    if found is None:
        raise Failed("the 401 carries no Bearer challenge")
    expected = well_known(target.server_url, "oauth-protected-resource")
    if found.resource_metadata != expected:
        raise Failed(f"resource_metadata is {found.resource_metadata or 'missing'}, not {expected}")
    missing = set(target.scopes) - set(found.scopes)
    if missing:
        raise Failed(f"the challenge does not ask for {' '.join(sorted(missing))}")
    if "offline_access" in found.scopes:
        raise Failed("the challenge asks for offline_access")
    return Evidence(f"401 with resource_metadata and scope {' '.join(found.scopes)}", None)

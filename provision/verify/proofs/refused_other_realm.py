"""A token of another realm of the same Keycloak is refused."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from provision._lib.errors import AlreadyExistsError
from provision.verify.access_token import claims
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.refusal import must_refuse
from provision.verify.service_client import service_client
from provision.verify.temporary import Kind

if TYPE_CHECKING:
    from provision.verify.context import Context

_OTHER = "master"


@check("refused-other-realm", "A token of another realm is refused", place=140)
def refused_other_realm(context: Context) -> Evidence[None]:
    """Prove that a token with the right audience and scope but another realm's issuer is refused (RFC 9068 section 4).

    The admin service account's own token has another issuer too, but a server under examination must never see that token.
    """
    target = context.target
    if target.realm == _OTHER:
        raise Failed("the stack uses the master realm; give it a realm of its own")
    with ExitStack() as stack:
        for scope in target.scopes:
            stack.enter_context(_scope(context, scope))
        audience = tuple({target.server_url, target.introspection_client_id})
        client = stack.enter_context(service_client(context, _OTHER, scopes=target.scopes, audience=audience))
        token = client.token()
        found = claims(token)
        if target.server_url not in found.audience or found.issuer == target.issuer:
            raise Failed("the other realm's token is not what this proof needs")
        must_refuse(context, token, f"a token of realm {_OTHER}")
        extras = "audience and scope" if set(target.scopes) <= set(found.scopes) else "audience"
    return Evidence(f"401 for a token of realm {_OTHER} that has the right {extras}", None)


def _scope(context: Context, name: str) -> ExitStack:
    """Make a temporary client scope of that name in the other realm, or use an existing one."""
    stack = ExitStack()
    body = {
        "name": name,
        "description": context.temporary.name(),
        "protocol": "openid-connect",
        "attributes": {"include.in.token.scope": "true"},
    }
    with suppress(AlreadyExistsError):
        stack.enter_context(context.temporary.made(Kind.SCOPE, _OTHER, body))
    return stack

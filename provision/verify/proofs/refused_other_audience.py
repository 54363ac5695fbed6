"""A token for another resource is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.access_token import claims
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.proofs.introspection import introspected, introspection
from provision.verify.proofs.token import token as good_token
from provision.verify.refusal import must_refuse
from provision.verify.service_client import service_client

if TYPE_CHECKING:
    from provision.verify.context import Context
    from provision.verify.target import Target

_OTHER = "https://other.example/mcp"


@check("refused-other-audience", "A token for another audience is refused", place=150)
def refused_other_audience(context: Context) -> Evidence[None]:
    """Prove that active tokens of this realm for other audiences are refused (RFC 8707 section 2, RFC 9068 section 4).

    The first token is for another resource and lacks this server's scope, so a server could refuse it for that reason.
    The second has the scope: it was good for this server until token exchange narrowed its audience (RFC 8693 section 2.1).
    """
    target = context.target
    introspecting = [target.introspection_client_id] * (target.introspection_client_id != target.server_url)
    with service_client(context, target.realm, audience=(_OTHER, *introspecting)) as client:
        _refused(context, client.token(), "a token for another resource")
    exchanging = {"standard.token.exchange.enabled": "true"}
    with service_client(context, target.realm, scopes=target.scopes, attributes=exchanging) as client:
        narrowed = client.narrowed(client.token(), (client.client_id, *introspecting))
        if not narrowed:
            return Evidence("401 for a token for another resource; Keycloak does not narrow tokens", None)
        if set(claims(narrowed).scopes).isdisjoint(target.scopes):
            context.need(good_token)  # this proof is not about tokens that never have the scope
            raise Failed("the narrowed token is not what this proof needs: it lost its scope")
        _refused(context, narrowed, "a token with the scope whose audience was narrowed to others")
    return Evidence("401 for a token for another resource and for one that was narrowed to others", None)


def _refused(context: Context, token: str, what: str) -> None:
    target: Target = context.target
    if target.server_url in claims(token).audience:
        raise Failed(f"Keycloak put {target.server_url} into {what}")
    if target.introspection_client_id in claims(token).audience:
        _must_be_active(context, token, what)
    must_refuse(context, token, what)


def _must_be_active(context: Context, token: str, what: str) -> None:
    """Check that the token is active, so that only its audience can be the reason for a refusal."""
    try:
        active = introspected(context, token).get("active") is True
    except Failed:
        active = False
    if not active:
        context.need(introspection)
        raise Failed(f"Keycloak says that {what} is not active, so its refusal would prove nothing")

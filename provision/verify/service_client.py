"""A temporary client that gets tokens for itself (client credentials, RFC 6749 section 4.4)."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.verify.connection import json_object, text
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.temporary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import httpx

    from provision.verify.context import Context

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a token type
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@dataclass(frozen=True)
class ServiceClient:
    """A temporary confidential client.

    Args:
        context: The context of the proof.
        token_endpoint: The token endpoint.
        client_id: The client's id.
        secret: The client's secret.
    """

    context: Context
    token_endpoint: str
    client_id: str
    secret: str = field(repr=False)

    def token(self) -> str:
        """Return a new access token.

        Raises:
            Failed: The server issued none.
        """
        document = json_object(
            self._post({"grant_type": "client_credentials"}), "the temporary client's token"
        )
        token = text(document, "access_token")
        if not token:
            raise Failed("the temporary client got no access token")
        return token

    def narrowed(self, token: str, audience: Sequence[str]) -> str:
        """Return the token narrowed to one audience (RFC 8693 section 2.1); empty if Keycloak does not exchange tokens."""
        answer = self._post(
            {
                "grant_type": _EXCHANGE,
                "subject_token": token,
                "subject_token_type": _ACCESS_TOKEN,
                "audience": list(audience),
            }
        )
        return text(answer.json(), "access_token") if answer.is_success else ""

    def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        own = {"client_id": self.client_id, "client_secret": self.secret}
        return self.context.http.post(self.token_endpoint, data={**body, **own})


@contextmanager
def service_client(
    context: Context,
    realm: str,
    *,
    scopes: Sequence[str] = (),
    audience: Sequence[str] = (),
    attributes: Mapping[str, str] | None = None,
) -> Iterator[ServiceClient]:
    """Make a client without any role in a realm; leaving the context removes the client.

    Args:
        context: The context of the proof.
        realm: The realm's name.
        scopes: The scopes of the client's tokens besides ``basic``.
        audience: Audiences of the client's tokens besides its own id and the scopes' audiences.
        attributes: Further attributes of the client.
    """
    client_id, secret = context.temporary.name(), secrets.token_urlsafe(24)
    mappers = [_audience_mapper("included.client.audience", client_id)]
    mappers += [_audience_mapper("included.custom.audience", value) for value in audience]
    body = {
        "clientId": client_id,
        "name": "Temporary client of a verification",
        "secret": secret,
        "publicClient": False,
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "fullScopeAllowed": False,
        "defaultClientScopes": ["basic", *scopes],
        "optionalClientScopes": [],
        "protocolMappers": mappers,
        "attributes": dict(attributes or {}),
    }
    if realm == context.target.realm:
        endpoint = context.need(authorization_server_metadata).token_endpoint
    else:
        endpoint = f"{context.target.connection.url}/realms/{realm}/protocol/openid-connect/token"
    with context.temporary.made(Kind.CLIENT, realm, body):
        yield ServiceClient(context, endpoint, client_id, secret)


def _audience_mapper(kind: str, value: str) -> dict[str, Any]:
    return {
        "name": f"audience {value}",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {kind: value, "access.token.claim": "true"},
    }

"""The realm describes itself to clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision._lib.urls import host, is_loopback, is_plain
from provision.verify.check import Evidence, check
from provision.verify.connection import json_object, text, texts, well_known
from provision.verify.errors import Failed

if TYPE_CHECKING:
    from provision.verify.context import Context

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint", "introspection_endpoint")


@dataclass(frozen=True)
class AuthorizationServer:
    """The content of the metadata.

    Args:
        authorization_endpoint: The address for the login of users.
        token_endpoint: The address that exchanges codes for tokens.
        registration_endpoint: The address for the registration of clients.
        introspection_endpoint: The address where the server introspects tokens.
        end_session_endpoint: The address that ends a login; empty if not given.
        names_itself: Whether authorization responses carry ``iss`` (RFC 9207 section 3).
    """

    authorization_endpoint: str
    token_endpoint: str
    registration_endpoint: str
    introspection_endpoint: str
    end_session_endpoint: str
    names_itself: bool


@check("authorization-server-metadata", "The realm publishes its authorization server metadata", place=20)
def authorization_server_metadata(context: Context) -> Evidence[AuthorizationServer]:
    """Prove that both forms of metadata exist and name PKCE S256 and registration.

    Sources: RFC 8414 section 3.1, OpenID Connect Discovery section 4.
    """
    issuer = context.target.issuer
    document = {}
    for url in (
        well_known(issuer, "oauth-authorization-server"),
        f"{issuer}/.well-known/openid-configuration",
    ):
        document = json_object(context.http.get(url), url)
        _examine(url, document, issuer)
    server = AuthorizationServer(
        **{name: text(document, name) for name in _ENDPOINTS},
        end_session_endpoint=text(document, "end_session_endpoint"),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )
    return Evidence(f"issuer {issuer}, PKCE S256, registration endpoint; both forms", server)


def _examine(url: str, document: dict[str, Any], issuer: str) -> None:
    # RFC 8414 section 3.3: identical, no slash more or less.
    if document.get("issuer") != issuer:
        raise Failed(f"{url}: issuer is {document.get('issuer')}, not {issuer}")
    if "S256" not in texts(document, "code_challenge_methods_supported"):
        raise Failed(f"{url}: code_challenge_methods_supported has no S256")
    for name in _ENDPOINTS:
        address = text(document, name)
        if not address:
            raise Failed(f"{url}: there is no {name}")
        here = is_plain(address) and is_loopback(host(address))
        if not (address.startswith("https://") or here):
            raise Failed(f"{url}: {name} is neither https nor on this machine")

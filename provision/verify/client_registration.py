"""Dynamic client registration as MCP clients do it (RFC 7591)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from provision.config import mcp_clients
from provision.verify.connection import json_object, text, texts
from provision.verify.errors import Failed
from provision.verify.temporary import Kind

if TYPE_CHECKING:
    from provision.verify.context import Context

LOOPBACK_REDIRECT = "http://localhost:33419/callback"
"""The redirect URI of a client like Claude Code; nothing listens there, the redirect is read and not followed."""


@dataclass(frozen=True)
class RegisteredClient:
    """A client that registered itself.

    Args:
        client_id: The client's id, assigned by Keycloak.
        redirect_uri: The redirect URI that the client will use.
    """

    client_id: str
    redirect_uri: str


def like_claude_code(context: Context, redirect_uri: str = LOOPBACK_REDIRECT) -> dict[str, Any]:
    """Return the registration request of a client that names no scope.

    Args:
        context: Supplies the client's name.
        redirect_uri: The client's redirect URI.
    """
    return {
        "client_name": f"{context.temporary.name()} (as Claude Code registers)",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }


def like_vs_code(context: Context) -> dict[str, Any]:
    """Return the registration request of a client that names its scopes and has redirect URIs on several hosts.

    Args:
        context: Supplies the name and the scopes.
    """
    client = mcp_clients.catalogue()["vscode"]
    return {
        "client_name": f"{context.temporary.name()} (as VS Code registers)",
        "client_uri": "https://code.visualstudio.com",
        "redirect_uris": [*client.redirect_uris, *client.other_redirect_uris],
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "response_types": ["code"],
        "scope": " ".join(context.target.scopes),
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }


def register(context: Context, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send a registration request; the client is removed at the end of the run.

    Args:
        context: The context of the proof.
        endpoint: The registration endpoint.
        body: The request (RFC 7591 section 3.1).

    Returns:
        The registered metadata (RFC 7591 section 3.2.1).

    Raises:
        Failed: The server refused the request.
    """
    answer = context.http.post(endpoint, json=body)
    document = json_object(answer, f"registration for {' '.join(body['redirect_uris'])}")
    remove_later(context, document)
    if text(document, "client_secret") or text(document, "token_endpoint_auth_method") != "none":
        raise Failed("the client asked to be public (token_endpoint_auth_method none) and was not made so")
    if set(texts(document, "redirect_uris")) != set(body["redirect_uris"]):
        raise Failed("the registered redirect URIs are not those that were asked for")
    return document


def remove_later(context: Context, document: dict[str, Any]) -> None:
    """Schedule a registered client for removal at the end of the run.

    Args:
        context: The context of the proof.
        document: The server's answer to the registration.
    """
    client_id = text(document, "client_id")
    address, access = text(document, "registration_client_uri"), text(document, "registration_access_token")

    def remove() -> None:
        # RFC 7592 section 2.3
        if address and access:
            gone = context.http.delete(address, headers={"Authorization": f"Bearer {access}"})
            if gone.status_code == HTTPStatus.NO_CONTENT:
                return
        session = context.session()
        for found in session.get(context.target.realm, "clients", clientId=client_id) or ():
            session.delete(context.target.realm, "clients", found["id"])

    context.temporary.remove_later(Kind.CLIENT, f"registered client {client_id}", remove)

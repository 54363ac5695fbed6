"""An application on the official MCP SDK's client, and its user with a browser."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata
from pydantic import AnyUrl

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.browser import Browser, Redirect

_LONG_AGO = 1.0
_PATIENCE_SECONDS = 30


class Storage:
    """The client's store for its registration and tokens: in memory."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


class Sent(httpx2.AsyncBaseTransport):
    """A recorder that sends requests and keeps them, including the login's."""

    def __init__(self) -> None:
        self._transport = httpx2.AsyncHTTPTransport(trust_env=False)
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.requests.append(request)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def messages(self) -> list[str]:
        """Return the methods of the MCP messages."""
        bodies = [_json(request) for request in self.requests]
        return [body["method"] for body in bodies if "jsonrpc" in body]

    def registrations(self) -> list[dict[str, Any]]:
        """Return the bodies of the dynamic client registrations (RFC 7591)."""
        return [body for body in map(_json, self.requests) if "redirect_uris" in body]

    def grants(self) -> list[str]:
        """Return the grant types of the token requests."""
        forms = [parse_qs(request.content.decode()) for request in self.requests if not _json(request)]
        return [form["grant_type"][0] for form in forms if "grant_type" in form]

    def discovered(self) -> list[str]:
        """Return the requested well-known addresses, in order."""
        paths = [urlsplit(str(request.url)).path for request in self.requests]
        return [path for path in paths if path.startswith("/.well-known/")]


class Application:
    """An application that calls tools for its user; its store outlives its connections.

    Args:
        server_url: The MCP server.
        user: The user's ``username`` and ``password``.
        browser: The user's browser.
        redirect: The redirect URI.
        mode: The client's protocol mode: ``legacy`` or ``auto``.
    """

    def __init__(
        self, server_url: str, user: dict[str, str], browser: Browser, redirect: Redirect, mode: str
    ) -> None:
        self.storage = Storage()
        self.sent = Sent()
        self.consents: list[str] = []
        self.errors: list[str] = []
        self._server_url = server_url
        self._user = user
        self._browser = browser
        self._redirect = redirect
        self._mode = mode
        self._provider: Any = None

    def use_registered(self, client_id: str) -> None:
        """Use a client that was registered beforehand."""
        self.storage.client = OAuthClientInformationFull(
            client_id=client_id,
            redirect_uris=[AnyUrl(self._redirect.uri)],
            token_endpoint_auth_method="none",
        )

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Connect as after a start of the application: only the stored data is known."""
        self.sent = Sent()
        self._provider = OAuthClientProvider(
            server_url=self._server_url,
            client_metadata=OAuthClientMetadata(
                client_name="End-to-end test",
                redirect_uris=[AnyUrl(self._redirect.uri)],
                grant_types=["authorization_code", "refresh_token"],
                token_endpoint_auth_method="none",
            ),
            storage=self.storage,
            redirect_handler=self._open_browser,
            callback_handler=self._come_back,
        )
        async with httpx2.AsyncClient(
            auth=self._provider, transport=self.sent, timeout=_PATIENCE_SECONDS
        ) as http:
            transport = streamable_http_client(self._server_url, http_client=http)
            async with Client(transport, mode=self._mode) as client:
                yield client

    def let_time_pass(self) -> None:
        """Make the client believe that its access token has expired."""
        self._provider.context.token_expiry_time = _LONG_AGO

    async def _open_browser(self, url: str) -> None:
        self._browser.open(url)
        if self._redirect.arrived():  # Keycloak refused before asking the user
            return
        # This client asks for offline access, and Keycloak keeps no session in the browser for such a login.
        self._browser.log_in(self._user["username"], self._user["password"])
        self.consents.append(self._browser.consent())

    async def _come_back(self) -> AuthorizationCodeResult:
        answer = self._redirect.wait()
        if "error" in answer:
            self.errors.append(answer["error"])
        return AuthorizationCodeResult(
            code=answer.get("code", ""), state=answer.get("state"), iss=answer.get("iss")
        )


def _json(request: httpx2.Request) -> dict[str, Any]:
    """Return the JSON object in a request's body, or an empty one if there is none."""
    try:
        document = json.loads(request.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}

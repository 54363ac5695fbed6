"""A client of the MCP server: JSON-RPC over streamable HTTP (MCP 2025-11-25, "Transports").

The official SDK's client is not used: its import alone takes longer than all proofs together.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from provision.server.options import SCOPES_OF_TOOL
from provision.verify.connection import refusal, text
from provision.verify.errors import Failed

if TYPE_CHECKING:
    import httpx

PROTOCOL_VERSION = "2025-11-25"
_SESSION = "Mcp-Session-Id"
_ACCEPT = "application/json, text/event-stream"
_MOST_PAGES = 100


def ask(
    http: httpx.Client, url: str, token: str | None = None, *, session: str = "", **more: Any
) -> httpx.Response:
    """Send the smallest request that only an authorized client may make.

    Args:
        http: The client.
        url: The MCP server's URL.
        token: The bearer token; None for none.
        session: The id of the request's session; empty for none.
        more: Further arguments of the request.
    """
    headers = {"Accept": _ACCEPT, "MCP-Protocol-Version": PROTOCOL_VERSION}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if session:
        headers[_SESSION] = session
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    return http.post(url, headers=headers, json=body, **more)


def let_in(response: httpx.Response) -> bool:
    """Return whether the request passed the authorization, even if the answer is an error of another kind."""
    return response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and response.status_code not in {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
    }


def refused(response: httpx.Response) -> bool:
    """Return whether the request was refused, by the answer's status or by an error in its body."""
    told = set[str]().union(*_messages(response)) if response.is_success else set()
    return response.is_client_error or ("error" in told and "result" not in told)


@dataclass
class McpSession:
    """A session, opened by its first use; the server may keep no sessions.

    Args:
        http: The client.
        url: The MCP server's URL.
        token: The bearer token.
    """

    http: httpx.Client
    url: str
    token: str

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._headers = {"Accept": _ACCEPT, "Authorization": f"Bearer {self.token}"}

    def __enter__(self) -> Self:
        """Open the session (MCP 2025-11-25, "Lifecycle")."""
        hello = {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "provision-verify", "version": "1"},
        }
        answer = self._call("initialize", hello)
        self._headers["MCP-Protocol-Version"] = text(answer, "protocolVersion")
        self._post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    def __exit__(self, *_: object) -> None:
        """End the session, if the server keeps one."""
        if self.id:
            self.http.delete(self.url, headers=self._headers)

    @property
    def id(self) -> str:
        """The server's id of the session; empty if the server keeps no sessions."""
        return self._headers.get(_SESSION, "")

    def tools(self) -> tuple[str, ...]:
        """Return the names of the tools, of all pages (MCP 2025-11-25, "Pagination").

        Raises:
            Failed: The server has no end of pages.
        """
        names: list[str] = []
        cursor: dict[str, Any] = {}
        for _ in range(_MOST_PAGES):
            page = self._call("tools/list", cursor)
            listed = page.get("tools")
            names += [text(tool, "name") for tool in listed] if isinstance(listed, list) else []
            if not text(page, "nextCursor"):
                return tuple(names)
            cursor = {"cursor": page["nextCursor"]}
        raise Failed(f"tools/list: there are more than {_MOST_PAGES} pages")

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool and return its structured result.

        Raises:
            Failed: The tool failed.
        """
        answer = self._call("tools/call", {"name": tool, "arguments": arguments})
        structured = answer.get("structuredContent")
        if answer.get("isError") or not isinstance(structured, dict):
            raise Failed(f"{tool} did not give a structured result")
        return structured

    def attempt(self, tool: str, arguments: dict[str, Any]) -> httpx.Response:
        """Call a tool that may be refused, and return the unchecked answer."""
        return self._send("tools/call", {"name": tool, "arguments": arguments})

    def ask_for_scopes(self, tool: str) -> httpx.Response:
        """Ask whether a call of a tool would be refused, without the call, and return the unchecked answer.

        A server that does not know the question answers with an error and runs nothing.
        """
        return self._send(SCOPES_OF_TOOL, {"name": tool})

    def _send(self, method: str, params: dict[str, Any]) -> httpx.Response:
        message = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        return self.http.post(self.url, headers=self._headers, json=message)

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        response = self._post({"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params})
        if session := response.headers.get(_SESSION):
            self._headers[_SESSION] = session
        for message in _messages(response):
            if isinstance(message.get("error"), dict):
                raise Failed(f"{method}: {text(message['error'], 'message') or 'error'}")
            if isinstance(message.get("result"), dict):
                result: dict[str, Any] = message["result"]
                return result
        raise Failed(f"{method}: the answer holds no result")

    def _post(self, message: dict[str, Any]) -> httpx.Response:
        response = self.http.post(self.url, headers=self._headers, json=message)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise Failed(f"{message['method']}: {refusal(response)}")
        return response


def _messages(response: httpx.Response) -> list[dict[str, Any]]:
    """Return the JSON-RPC messages of an answer, whether one JSON object or a stream of events."""
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        events = response.text.replace("\r\n", "\n").split("\n\n")
        texts = [
            "\n".join(line[5:].lstrip() for line in event.split("\n") if line.startswith("data:"))
            for event in events
        ]
    else:
        texts = [response.text]
    try:
        messages = [json.loads(item) for item in texts if item]
    except ValueError:
        return []
    return [message for message in messages if isinstance(message, dict)]

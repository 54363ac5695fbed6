"""Scopes that single tools need besides those of the server: HTTP 403 with all that the call needs, for a step-up.

Sources: MCP authorization specification, "Scope Challenge Handling" and "Runtime Insufficient Scope Errors"; RFC 6750 section 3.1.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser

from provision.server.audit import current_request

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST_BYTES = 4 * 1024 * 1024
"""The library below refuses a longer body, too."""


class ToolScopes:
    """Looks into each authenticated request which tool it calls.

    Args:
        app: What handles the request.
        path: Path of the MCP endpoint.
        scopes: The scopes that every request needs.
        tool_scopes: The further scopes of each tool that needs some.
        resource_metadata: URL of the protected resource metadata, for challenges.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        path: str,
        scopes: Collection[str],
        tool_scopes: Mapping[str, Collection[str]],
        resource_metadata: str,
    ) -> None:
        self._app = app
        self._path = path
        self._scopes = scopes
        self._tool_scopes = tool_scopes
        self._resource_metadata = resource_metadata

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        user = scope.get("user")
        if not isinstance(user, AuthenticatedUser):  # it is answered with 401 further in
            await self._app(scope, receive, send)
            return
        messages, body = await read(receive)
        tools = list(called(body))
        needed = self._needed(tools)
        if needed <= {*self._scopes} or needed <= {*user.access_token.scopes}:
            await self._app(scope, again(messages, receive), send)
            return
        current_request().tool = next(tool for tool in tools if self._tool_scopes.get(tool))
        asked = " ".join([*self._scopes, *sorted(needed - {*self._scopes})])
        challenge = f'Bearer error="insufficient_scope", scope="{asked}", resource_metadata="{self._resource_metadata}"'
        await send(
            {
                "type": "http.response.start",
                "status": 403,
                "headers": [(b"www-authenticate", challenge.encode())],
            }
        )
        await send({"type": "http.response.body", "body": b""})

    def _needed(self, tools: list[str]) -> set[str]:
        """All scopes that the calls of a body need; none for what is no call, which the application answers."""
        needed: set[str] = set()
        for tool in tools:
            if further := self._tool_scopes.get(tool):
                needed |= {*self._scopes, *further}
        return needed


def called(body: bytes) -> Iterator[str]:
    """The tools that a message calls, or each message of a batch (MCP 2025-03-26).

    Args:
        body: A request's body; one that is no message calls nothing.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    for message in document if isinstance(document, list) else [document]:
        if not isinstance(message, dict) or message.get("method") != "tools/call":
            continue
        params = message.get("params")
        if isinstance(params, dict) and isinstance(params.get("name"), str):
            yield params["name"]


async def read(receive: Receive) -> tuple[list[Message], bytes]:
    """The messages of a request's body up to the longest that is looked at, and what is in them.

    Args:
        receive: Where they come from.
    """
    messages: list[Message] = []
    size = 0
    while size <= _MOST_BYTES:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    return messages, b"".join(message.get("body", b"") for message in messages)


def again(messages: list[Message], receive: Receive) -> Receive:
    """Receives the same messages once more, then what comes after them.

    Args:
        messages: What was read.
        receive: Where the rest comes from.
    """
    waiting = iter(messages)

    async def again() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return again

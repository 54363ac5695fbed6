"""The scopes that single tools need besides the server's: HTTP 403 with all scopes of the call, for a step-up.

A request of the method :data:`provision.server.options.SCOPES_OF_TOOL` is judged as a call of the tool that it names, and
answered here. It shows the check without a call: no MCP server runs a tool for a method that it does not know.

Sources: MCP authorization specification, "Scope Challenge Handling" and "Runtime Insufficient Scope Errors";
RFC 6750 section 3.1.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser

from provision.server.audit import current_request
from provision.server.challenge import HEADER, further_scopes_needed
from provision.server.json_rpc import MESSAGE
from provision.server.options import SCOPES_OF_TOOL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send


class ToolScopes:
    """Middleware that checks the scopes of the called tool; :class:`provision.server.json_rpc.JsonRpcOnly` reads the message.

    Args:
        app: The handler of the request.
        scopes: The scopes that every request needs.
        tool_scopes: The further scopes of each tool that needs any.
        resource_metadata: URL of the protected resource metadata, for challenges.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        scopes: Collection[str],
        tool_scopes: Mapping[str, Collection[str]],
        resource_metadata: str,
    ) -> None:
        self._app = app
        self._scopes = scopes
        self._tool_scopes = tool_scopes
        self._resource_metadata = resource_metadata

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        message = scope.get(MESSAGE)
        user, question = scope.get("user"), _question(message)
        tool = called(message) if question is None else _named(question)
        further = self._tool_scopes.get(tool or "")
        if not further or not isinstance(user, AuthenticatedUser):
            await self._app(scope, receive, send)
            return
        needed = {*self._scopes, *further}
        asked = (*self._scopes, *sorted(needed - {*self._scopes}))
        if needed <= {*user.access_token.scopes}:
            if question is None:
                await self._app(scope, receive, send)
            else:
                await _answer(send, question["id"], asked)
            return
        current_request().tool = tool
        challenge = further_scopes_needed(asked, self._resource_metadata)
        await send(
            {
                "type": "http.response.start",
                "status": 403,
                "headers": [(HEADER, challenge)],
            }
        )
        await send({"type": "http.response.body", "body": b""})


def called(message: Any) -> str | None:
    """Return the tool that a message calls, or None if it calls none.

    Args:
        message: A JSON-RPC message from :mod:`provision.server.json_rpc`; None if there is none.
    """
    return _named(message) if message is not None and message.get("method") == "tools/call" else None


def _question(message: Any) -> Mapping[str, Any] | None:
    """Return a message that asks for the scopes of a tool, or None if it does not."""
    asks = message is not None and message.get("method") == SCOPES_OF_TOOL and "id" in message
    return message if asks else None


def _named(message: Any) -> str | None:
    name = message.get("params", {}).get("name")
    return name if isinstance(name, str) else None


async def _answer(send: Send, request: int | str, scopes: tuple[str, ...]) -> None:
    document = {"jsonrpc": "2.0", "id": request, "result": {"scopes": scopes}}
    content = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})

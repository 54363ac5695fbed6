"""A check that refuses any body that is not a JSON-RPC message, before anything acts on it.

The message that was checked is handed on, written anew: another parser cannot read another message out of the same bytes.

Sources: MCP specification, "Streamable HTTP" (an input that cannot be accepted gets an HTTP error,
with a JSON-RPC error response as its body); JSON-RPC 2.0 section 5.1; RFC 9110 sections 8.3.1 and 15.5.16.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from pydantic_core import from_json, to_json

from provision.server.audit import current_request

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MESSAGE = "provision.message"
"""The key of the message in the request's scope, for the inner layers."""

_JSON = b"application/json"
# RFC 9110 sections 5.6.2, 5.6.4, 5.6.6 and 8.3.1; possessive, so that no header makes the search long.
_WORD = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_QUOTED = rb'"(?:[\t \x21\x23-\x5B\x5D-\x7E\x80-\xFF]|\\[\t \x21-\x7E\x80-\xFF])*+"'
_PARAMETER = rb"(" + _WORD + rb")=(" + _WORD + rb"|" + _QUOTED + rb")"
_MEDIA_TYPE = re.compile(
    rb"(" + _WORD + rb"/" + _WORD + rb")((?:[\t ]*+;[\t ]*+(?:" + _PARAMETER + rb")?)*+)[\t ]*+"
)
_PARAMETERS = re.compile(_PARAMETER)
_PARSE_ERROR = (-32700, "Parse error")
_INVALID_REQUEST = (-32600, "Invalid Request")


class JsonRpcOnly:
    """Middleware that reads each authenticated POST to any path and passes on single JSON-RPC messages.

    Args:
        app: The handler of the message.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400 or 415."""
        user = scope.get("user")
        if (
            scope["type"] != "http"
            or scope["method"] != "POST"
            or not isinstance(user, AuthenticatedUser)  # an inner layer answers 401
        ):
            await self._app(scope, receive, send)
            return
        if not _is_plain_json(scope["headers"]):
            current_request().reason = "unsupported_media_type"
            await send({"type": "http.response.start", "status": 415, "headers": [(b"accept", _JSON)]})
            await send({"type": "http.response.body", "body": b""})
            return
        body = await _whole_body(receive)
        if body is None:
            current_request().reason = (
                current_request().reason or "request_cut_off"
            )  # or the body was too large
            await _answer(send, _INVALID_REQUEST)
            return
        try:
            message = from_json(body, allow_inf_nan=False)
            checked = _written(message)
        except ValueError:
            await _answer(send, _PARSE_ERROR)
            return
        if not _is_message(message):
            await _answer(send, _INVALID_REQUEST)
            return
        headers = [
            *((name, value) for name, value in scope["headers"] if name not in _OF_THE_BODY),
            (b"content-type", _JSON),
            (b"content-length", str(len(checked)).encode()),
        ]
        await self._app({**scope, MESSAGE: message, "headers": headers}, _again(checked, receive), send)


_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding", b"transfer-encoding"})


def _written(message: Any) -> bytes:
    """Return a document as JSON.

    Raises:
        ValueError: The document has a number that is too large for a float.
    """
    text = to_json(message)
    if b"Infinity" in text:  # a string may hold the word
        from_json(text, allow_inf_nan=False)
    return text


def _is_plain_json(headers: list[tuple[bytes, bytes]]) -> bool:
    kinds, encodings = (
        [value for name, value in headers if name == wanted]
        for wanted in (b"content-type", b"content-encoding")
    )
    plain = all(encoding.strip().lower() == b"identity" for encoding in encodings)
    return plain and len(kinds) == 1 and (kinds[0] == _JSON or _is_json_in_utf_8(kinds[0]))


def _is_json_in_utf_8(kind: bytes) -> bool:
    match = _MEDIA_TYPE.fullmatch(kind)
    if match is None or match[1].lower() != _JSON:
        return False
    parameters = _PARAMETERS.findall(match[2])
    return all(
        value.strip(b'"').lower() == b"utf-8" for name, value in parameters if name.lower() == b"charset"
    )


async def _whole_body(receive: Receive) -> bytes | None:
    """Return the body, or None if the client left before its end; the outermost layer limits the length."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a channel that receives the body once more, then the following messages."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _is_message(document: Any) -> bool:
    """Return whether a document is one message: not a batch, which MCP has not allowed since 2025-06-18."""
    if not isinstance(document, dict) or document.get("jsonrpc") != "2.0":
        return False
    if "id" in document and (isinstance(document["id"], bool) or not isinstance(document["id"], int | str)):
        return False
    if "method" in document:
        return isinstance(document["method"], str) and isinstance(document.get("params", {}), dict)
    result, error = document.get("result"), document.get("error")
    if error is None:
        return "id" in document and isinstance(result, dict)
    return (
        isinstance(error, dict) and type(error.get("code")) is int and isinstance(error.get("message"), str)
    )


async def _answer(send: Send, error: tuple[int, str]) -> None:
    code, message = error
    document = {
        "jsonrpc": "2.0",
        "id": None,
        "error": {
            "code": code,
            "message": message,
            "data": {"correlation_id": current_request().correlation_id},
        },
    }
    content = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": content})

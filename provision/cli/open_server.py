"""A look at an MCP server of the user's own that has just come up: does it ask for a token?"""

from __future__ import annotations

import json
import ssl
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision._lib.hints import hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.config.stack_config import StackConfig
    from provision.stack.outputs import StackOutputs

_SECONDS = 2.0
_MESSAGE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def warnings(outputs: StackOutputs, config: StackConfig) -> Iterator[str]:
    """Yield a line about each server of the user's own that this stack runs and that asks for no token.

    Args:
        outputs: The stack's outputs.
        config: The stack file's settings.
    """
    own = {server.name: server for server in config.mcp_servers if server.command or server.image}
    for server in outputs.servers:
        if server.name not in own:
            continue
        ca_file = own[server.name].ca_file
        status = status_without_token(server.url, None if ca_file is None else str(ca_file))
        if status not in {None, HTTPStatus.UNAUTHORIZED}:
            yield (
                f"{server.name} answers a request without a token with HTTP {status}, not 401: put it behind"
                f" provision.server.serve (docs/servers.md); {hint('verify')} examines it"
            )


def status_without_token(url: str, ca_file: str | None = None) -> int | None:
    """Return the status of the answer to a request for the list of tools without a token; None if there is no answer.

    Args:
        url: The server's URL.
        ca_file: A PEM bundle with the authority of the server's certificate; None for the system's trust store.
    """
    parts = urlsplit(url)
    connection = (
        HTTPSConnection(parts.netloc, timeout=_SECONDS, context=ssl.create_default_context(cafile=ca_file))
        if parts.scheme == "https"
        else HTTPConnection(parts.netloc, timeout=_SECONDS)
    )
    try:
        connection.request("POST", parts.path, _MESSAGE, _HEADERS)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()

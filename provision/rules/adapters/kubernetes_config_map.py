"""An MCP server's settings file in a Kubernetes ConfigMap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.adapters.program import is_hidden
from provision.rules.adapters.server_settings import FIELDS, mcp_server, read, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.declared import Resource
    from provision.rules.thing import Thing

_OF_A_SERVER = {"verifier", "introspection_url", "jwks_url"}
"""One of these tells an MCP server's settings from another file with a URL and an issuer."""


def things(resource: Resource) -> Iterator[Thing]:
    """The server whose settings it holds, if it holds any."""
    data = resource.properties.get("data")
    if data is None or is_hidden(data):
        return
    for name, content in data.items():
        settings = read(content)
        if settings is not None and _OF_A_SERVER & settings.keys():
            paths = dict.fromkeys(FIELDS, f"data.{name}")
            yield mcp_server(resource.name, told(settings), own=None, paths=paths)

"""The reader of an MCP server's settings file in a Kubernetes ConfigMap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.sources.adapters.program import is_hidden
from provision.rules.sources.adapters.server_settings import FIELDS, mcp_server, properties_of_settings, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.model import Resource
    from provision.rules.sources.resource_input import ResourceInput

_OF_A_SERVER = {"verifier", "introspection_url", "jwks_url"}
"""The keys that distinguish an MCP server's settings from any other file with a URL and an issuer."""


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the server whose settings the ConfigMap holds, if any."""
    data = declared.properties.get("data")
    if data is None or is_hidden(data):
        return
    for name, content in data.items():
        settings = read(content)
        if settings is not None and _OF_A_SERVER & settings.keys():
            paths = dict.fromkeys(FIELDS, f"data.{name}")
            yield mcp_server(declared.name, properties_of_settings(settings), own=None, paths=paths)

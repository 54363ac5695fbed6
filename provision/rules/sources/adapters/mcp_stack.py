"""The reader of a stack component: its purpose, and servers that run elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.model import Resource
from provision.rules.sources.adapters.program import is_hidden, seen
from provision.rules.sources.adapters.server_settings import ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.sources.resource_input import ResourceInput


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the stack, and the servers known only by their address."""
    yield Resource("Stack", declared.name, declared.properties, defaults={"plainSecrets": []})
    for server in seen(declared.properties.get("serversElsewhere")):
        known = (
            dict.fromkeys(("name", "url", "scopes", "toolScopes"), server) if is_hidden(server) else server
        )
        yield Resource("McpServer", declared.name, {**ELSEWHERE, **known}, paths={"url": "server.url"})

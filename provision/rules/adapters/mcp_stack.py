"""The component of a stack: what the stack is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.adapters.program import is_hidden, seen
from provision.rules.adapters.server_settings import ELSEWHERE
from provision.rules.thing import Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.declared import Resource


def things(resource: Resource) -> Iterator[Thing]:
    """The stack, and the servers of which it knows the address alone."""
    yield Thing("Stack", resource.name, resource.properties, defaults={"plainSecrets": []})
    for server in seen(resource.properties.get("serversElsewhere")):
        known = (
            dict.fromkeys(("name", "url", "scopes", "toolScopes"), server) if is_hidden(server) else server
        )
        yield Thing("McpServer", resource.name, {**ELSEWHERE, **known}, paths={"url": "server.url"})

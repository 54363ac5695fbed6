"""Clients of resource servers, which introspect tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.helpers.audiences import client_audience
from provision.rules.model import Inconclusive

if TYPE_CHECKING:
    from provision.rules.definition import RuleContext
    from provision.rules.model import Resource

BESIDE = ("McpServer", "AudienceMapper")
"""Kinds for ``beside`` of a rule that calls `introspects`."""


def introspects(client: Resource, context: RuleContext) -> bool:
    """Return whether a client belongs to a resource server.

    Keycloak introspects a token only for clients in its audience (the fix of CVE-2026-37979). So a client
    introspects if an MCP server is configured with it, or if an audience mapper puts it into tokens.

    Args:
        client: The client.
        context: The client's surroundings.

    Raises:
        Inconclusive: A server or mapper that cannot be seen may name the client.
    """
    name, realm = client.get("clientId"), client.get("realm")
    if next(context.of("McpServer", introspectionClientId=name), None) is not None:
        return True
    hidden: Inconclusive | None = None
    for mapper in context.of("AudienceMapper", realm=realm):
        try:
            if client_audience(mapper) == name:
                return True
        except Inconclusive as error:
            hidden = hidden or error
    if hidden is not None:
        raise hidden
    return False

"""Which clients are those of resource servers: that ask Keycloak about tokens, and that tokens are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import client_audience
from provision.rules.thing import UndecidedError

if TYPE_CHECKING:
    from provision.rules.rule import Scene
    from provision.rules.thing import Thing

BESIDE = ("McpServer", "AudienceMapper")
"""What rules that ask it have to name in ``beside``."""


def introspects(client: Thing, scene: Scene) -> bool:
    """Whether a client is a resource server's.

    Keycloak tells a client only of tokens that it is an audience of (its fix for CVE-2026-37979), so the client that
    introspects is one that an MCP server is set up with or one that an audience mapper puts into tokens.

    Args:
        client: The client.
        scene: What stands around it.

    Raises:
        UndecidedError: A server or a mapper may name it, but can't be seen yet.
    """
    name, realm = client.get("clientId"), client.get("realm")
    if next(scene.of("McpServer", introspectionClientId=name), None) is not None:
        return True
    hidden: UndecidedError | None = None
    for mapper in scene.of("AudienceMapper", realm=realm):
        try:
            if client_audience(mapper) == name:
                return True
        except UndecidedError as error:
            hidden = hidden or error
    if hidden is not None:
        raise hidden
    return False

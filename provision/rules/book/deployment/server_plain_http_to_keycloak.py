"""An MCP server reaches Keycloak over HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.urls import host, is_loopback, is_plain
from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="server-plain-http-to-keycloak",
    severity="high",
    title="An MCP server reaches Keycloak over HTTPS",
    why="Introspection sends the user's token and the server's secret, and whoever changes the key set on its way makes tokens of their own. "
    "RFC 7662, section 4, wants TLS.",
    fix="introspection_url and jwks_url: https addresses of Keycloak",
    see="https://datatracker.ietf.org/doc/html/rfc7662#section-4",
    on=("McpServer",),
    parameters={"plainHosts": [], "plainNamesWithoutDots": True},
    in_production={"plainNamesWithoutDots": False},
    breaks=(
        (Set(Where("McpServer"), {"introspectionUrl": "http://login.example.org/realms/mcp"}),),
        (Set(Where("McpServer"), {"jwksUrl": "http://login.example.org/realms/mcp"}),),
    ),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """Plain HTTP stays on this machine or, for trying things out, in a network of containers.

    A bare host is not plain HTTP; what begins like it and is no URL is in no place where that is allowed.
    """
    for path in ("introspectionUrl", "jwksUrl"):
        url = server.get(path)
        if url and is_plain(url) and not _allowed(host(url), scene):
            yield Violation(path, f"asks {host(url) or 'what is no URL'} in clear")


def _allowed(name: str, scene: Scene) -> bool:
    # Names without dots are of a container network: no other machine answers to them.
    inside = bool(name) and scene.parameters["plainNamesWithoutDots"] and not {".", ":"} & set(name)
    return inside or is_loopback(name) or name in scene.parameters["plainHosts"]

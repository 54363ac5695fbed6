"""An MCP server's metadata names the issuer of the tokens that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="server-metadata",
    severity="high",
    title="An MCP server's metadata names the issuer of the tokens that it takes",
    why="Clients log their users in where the metadata says. If it names another authorization server, users type their passwords there, "
    "and tokens that come back are refused, or are another party's.",
    fix="authorization_servers: the issuer alone",
    see="https://datatracker.ietf.org/doc/html/rfc9728#section-2",
    on=("McpServer",),
    breaks=((Set(Where("McpServer"), {"authorizationServers": ["https://other.example.org/realms/mcp"]}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """What it names is what it checks."""
    del scene
    issuers = server.get("issuers")
    for named in server.items("authorizationServers"):
        if named not in issuers:
            yield Violation("authorizationServers", f"names {named}, whose tokens it does not take")

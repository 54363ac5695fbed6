"""An MCP server knows whose tokens it takes."""

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
    id="server-issuer",
    severity="high",
    title="An MCP server knows whose tokens it takes",
    why="Without an issuer to compare with, a token of another realm, or of another Keycloak with the same key set, is as good as one of the right realm.",
    fix="issuer: https://login.example.org/realms/mcp",
    see="https://datatracker.ietf.org/doc/html/rfc9068#section-4",
    on=("McpServer",),
    breaks=(
        (Set(Where("McpServer"), {"issuer": None, "issuers": [], "authorizationServers": []}),),
        (
            Set(
                Where("McpServer"),
                {"issuers": ["http://localhost:8080/realms/mcp", "https://other.example.org/realms/mcp"]},
            ),
        ),
    ),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """It is told one issuer: with several, a token of one realm opens what another one's users own."""
    del scene
    issuers = server.get("issuers")
    if not issuers:
        yield Violation("issuer", "takes tokens of any issuer")
    elif len(issuers) > 1:
        yield Violation("issuers", "takes tokens of several issuers")
